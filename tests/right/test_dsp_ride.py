"""The ride against an independent loudness range: what it promises, when it leaves alone, and that no block shows."""

import numpy as np
import pytest
from scipy import signal

from farm.dsp.ride import Ride
from farm.measure.k_weighting import HIGHPASS_48K, SHELF_48K

RATE_HZ = 48_000


def run(audio: np.ndarray, ride: Ride, size: int = 65_536) -> np.ndarray:
    parts = [ride.push(audio[start : start + size]).copy() for start in range(0, len(audio), size)]
    return np.concatenate([*parts, ride.flush()])


def song(levels_db: list[float], seconds_each: float, seed: int = 3) -> np.ndarray:
    """Noise with a beat, in parts of different level."""
    generator = np.random.default_rng(seed)
    frames = round(seconds_each * RATE_HZ)
    gains = np.repeat(10.0 ** (np.array(levels_db) / 20.0), frames)
    beat = 0.3 + np.exp(-((np.arange(len(gains)) / RATE_HZ * 2.0) % 1.0) * 4.0)
    return (generator.standard_normal((len(gains), 2)) * (0.1 * gains * beat)[:, None]).astype(np.float32)


def short_term_lufs(audio: np.ndarray) -> np.ndarray:
    """BS.1770 and Tech 3341 by scipy: the loudness of 3 s each 100 ms."""
    sections = [[stage.b0, stage.b1, stage.b2, 1.0, stage.a1, stage.a2] for stage in (SHELF_48K, HIGHPASS_48K)]
    power = np.sum(signal.sosfilt(sections, audio.astype(np.float64), axis=0) ** 2, axis=1)
    sums = np.concatenate([[0.0], np.cumsum(power)])[:: RATE_HZ // 10]
    return -0.691 + 10.0 * np.log10(np.maximum(sums[30:] - sums[:-30], 1e-12) / (3 * RATE_HZ))


def range_lu(audio: np.ndarray) -> float:
    """Tech 3342, 2: 10th to 95th percentile above the gate."""
    levels = short_term_lufs(audio)
    levels = levels[levels > -70.0]
    levels = levels[levels > 10.0 * np.log10(np.mean(10.0 ** (levels / 10.0))) - 20.0]
    return float(np.diff(np.percentile(levels, [10.0, 95.0]))[0])


UNEVEN = song([0.0, -4.0, -9.0, -2.0, -12.0, -6.0, 0.0, -8.0], 8.0)
PIVOT_LUFS = float(short_term_lufs(UNEVEN).max()) - 3.0


@pytest.mark.parametrize("factor", [0.5, 0.75, 1.25, 1.5])
def test_the_loudness_range_becomes_so_many_times_what_it_was(factor: float) -> None:
    before = range_lu(UNEVEN)
    after = range_lu(run(UNEVEN, Ride(factor, PIVOT_LUFS, 12.0, RATE_HZ)))
    assert before > 8.0
    assert after == pytest.approx(factor * before, abs=max(0.5, 0.1 * factor * before))


@pytest.mark.parametrize("factor", [0.5, 1.5])
def test_the_gain_stays_within_its_bound_and_moves_slowly(factor: float) -> None:
    out = run(UNEVEN, Ride(factor, PIVOT_LUFS, 2.0, RATE_HZ))
    gain_db = 20.0 * np.log10(np.abs(out[:, 0]) / np.abs(UNEVEN[:, 0]))
    assert np.abs(gain_db).max() < 2.0 + 1e-3
    assert np.abs(gain_db).max() > 1.9
    assert np.abs(gain_db[4_800:] - gain_db[:-4_800]).max() < 1.0, "dB in 100 ms"


def test_a_factor_of_one_changes_no_bit() -> None:
    assert run(UNEVEN, Ride(1.0, PIVOT_LUFS, 6.0, RATE_HZ)).tobytes() == UNEVEN.tobytes()


def test_a_song_as_loud_as_the_pivot_keeps_its_level() -> None:
    even = song([0.0], 10.0)
    pivot = float(np.median(short_term_lufs(even)))
    assert np.abs(run(even, Ride(0.5, pivot, 6.0, RATE_HZ)) / even - 1.0).max() < 0.03


def test_the_gain_follows_the_loudness_around_each_moment() -> None:
    """A step up and one down are mirror images, and so are their gains: as much ahead as behind."""
    steps = np.full((RATE_HZ * 20, 2), 0.01, np.float32)
    steps[RATE_HZ * 8 : RATE_HZ * 12] = 0.1
    steps[1::2] *= -1.0
    gain = run(steps, Ride(0.5, -20.0, 12.0, RATE_HZ))[:, 0] / steps[:, 0]
    assert np.abs(gain - gain[::-1]).max() < 0.01
    assert gain.max() / gain.min() > 2.0


def test_noise_floors_and_fade_outs_are_not_pulled_up() -> None:
    quiet = np.concatenate([song([0.0], 8.0), song([-50.0], 12.0), np.zeros((RATE_HZ * 6, 2), np.float32)])
    pivot = float(np.median(short_term_lufs(quiet[: 8 * RATE_HZ])))
    out = run(quiet, Ride(0.5, pivot, 12.0, RATE_HZ))
    floor = slice(12 * RATE_HZ, 18 * RATE_HZ)
    assert np.array_equal(out[floor], quiet[floor])
    assert not out[-RATE_HZ:].any()


@pytest.mark.parametrize("frames", [0, 1, 4_799, 4_800, 9_601, 70_000, 144_001])
def test_as_many_frames_come_out_as_went_in_and_short_songs_are_ridden_evenly(frames: int) -> None:
    audio = song([-6.0], 4.0)[:frames]
    out = run(audio, Ride(0.5, -20.0, 6.0, RATE_HZ))
    assert out.shape == audio.shape
    assert np.isfinite(out).all()


@pytest.mark.parametrize("size", [63, 4_800, 4_801, 100_000])
def test_blocks_change_no_bit(size: int) -> None:
    audio = UNEVEN[: 14 * RATE_HZ + 17]
    whole = run(audio, Ride(0.6, PIVOT_LUFS, 6.0, RATE_HZ), len(audio))
    assert run(audio, Ride(0.6, PIVOT_LUFS, 6.0, RATE_HZ), size).tobytes() == whole.tobytes()


@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 192_000])
def test_what_is_held_back_is_two_seconds_whatever_the_length(rate_hz: int) -> None:
    ride = Ride(0.6, -20.0, 6.0, rate_hz)
    block = np.full((rate_hz, 2), 0.1, np.float32)
    returned = sum(len(ride.push(block)) for _ in range(30))
    assert 30 * rate_hz - returned == pytest.approx(2.0 * rate_hz, abs=0.11 * rate_hz)

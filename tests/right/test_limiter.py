"""The limiter never lets a peak exceed its limit, is smooth, and is nothing but a delay when nothing has to be done."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from farm.dsp.limiter import Limiter
from farm.dsp.limiter_character import CHARACTER_NAMES, CHARACTERS, TRANSPARENT, LimiterSettings

Signal = NDArray[np.float32]
RATE_HZ = 48_000


MANY = [LimiterSettings(name, link) for name in CHARACTER_NAMES for link in (0.0, 0.4, 1.0)]
"""Every character, with its channels apart, half together and together."""


def sample_peaks(signal: Signal, lanes: int) -> NDArray[np.float32]:
    levels = np.abs(signal)
    return np.ascontiguousarray(levels if lanes == 2 else levels.max(axis=1, keepdims=True))


def limited(
    signal: Signal,
    settings: LimiterSettings = TRANSPARENT,
    *,
    gain: float = 1.0,
    limit: float = 0.5,
    size: int = 65_536,
    rate_hz: int = RATE_HZ,
) -> Signal:
    """Return the signal behind the limiter, its latency taken off."""
    limiter = Limiter(rate_hz, gain=gain, limit=limit, settings=settings)
    late = limiter.latency_frames
    out = np.concatenate([signal, np.zeros((late, 2), np.float32)])
    peaks = sample_peaks(out, limiter.lanes)
    for start in range(0, len(out), size):
        limiter.process(out[start : start + size], peaks[start : start + size])
    return out[late:]


def spiky(frames: int, seed: int = 1) -> Signal:
    generator = np.random.default_rng(seed)
    signal = generator.standard_normal((frames, 2)) * 0.2
    signal[generator.random(frames) < 0.002] *= 8.0
    return signal.astype(np.float32)


@pytest.mark.parametrize("limiter", MANY)
@pytest.mark.parametrize("size", [1, 63, 511, 512, 513, 4096])
def test_block_sizes_change_nothing(size: int, limiter: LimiterSettings) -> None:
    signal = spiky(12_000)
    assert np.array_equal(limited(signal, limiter, size=size), limited(signal, limiter))


@pytest.mark.parametrize("size", [1, 1_000])
def test_what_it_reports_does_not_depend_on_the_block_size(size: int) -> None:
    signal = spiky(20_000)
    reports = []
    for block in (size, len(signal)):
        limiter = Limiter(8_000, gain=2.0, limit=0.5)
        for start in range(0, len(signal), block):
            piece = signal[start : start + block].copy()
            limiter.process(piece, sample_peaks(piece, 1))
        reports.append((limiter.max_reduction_db, limiter.mean_reduction_db, limiter.reduction_db))
    assert reports[0] == reports[1]
    assert len(reports[0][2]) == 3
    assert max(reports[0][2]) == pytest.approx(reports[0][0], abs=0.051)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    gain=st.floats(0.01, 30.0),
    limit=st.floats(0.01, 1.0),
    rate_hz=st.sampled_from((8_000, 44_100, 96_000)),
    limiter=st.sampled_from(MANY),
)
def test_no_sample_exceeds_the_limit(
    seed: int, gain: float, limit: float, rate_hz: int, limiter: LimiterSettings
) -> None:
    out = limited(spiky(3_000, seed), limiter, gain=gain, limit=limit, rate_hz=rate_hz)
    assert np.abs(out).max() <= limit * (1.0 + 1e-6)


@settings(max_examples=40, deadline=None)
@given(
    peaks=st.lists(st.tuples(st.integers(0, 1_999), st.floats(0.6, 40.0)), min_size=1, max_size=6),
    limiter=st.sampled_from(MANY),
)
def test_sparse_peaks_are_held_whatever_their_distance(
    peaks: list[tuple[int, float]], limiter: LimiterSettings
) -> None:
    signal = np.full((2_000, 2), 0.1, np.float32)
    for place, level in peaks:
        signal[place, place % 2] = level
    out = limited(signal, limiter)
    assert np.abs(out).max() <= 0.5 * (1.0 + 1e-6)
    lone, level = min(peaks)
    if len(peaks) == 1:
        assert np.abs(out[lone]).max() == pytest.approx(0.5, rel=1e-5), "no more is taken than has to be"


@pytest.mark.parametrize("limiter", MANY)
def test_nothing_to_do_is_bit_exact(limiter: LimiterSettings) -> None:
    signal = (np.random.default_rng(2).uniform(-0.5, 0.5, (5_000, 2))).astype(np.float32)
    assert np.array_equal(limited(signal, limiter, limit=0.5), signal)
    assert np.array_equal(limited(signal, limiter, limit=1.0, gain=2.0), signal * np.float32(2.0))


@pytest.mark.parametrize("limiter", MANY)
def test_it_comes_to_rest_exactly_after_a_peak(limiter: LimiterSettings) -> None:
    signal = np.full((6 * RATE_HZ, 2), 0.1, np.float32)
    signal[100] = 1.0
    out = limited(signal, limiter)
    assert np.array_equal(out[-1000:], signal[-1000:])


def test_linked_channels_get_the_same_gain() -> None:
    signal = spiky(8_000)
    signal[:, 1] = signal[:, 0] * np.float32(0.25)
    out = limited(signal, gain=3.0)
    np.testing.assert_allclose(out[:, 1], out[:, 0] * 0.25, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("link", [0.0, 0.25, 0.5, 0.75])
def test_link_is_the_share_of_the_others_reduction(link: float) -> None:
    """Of linear gain: where one channel is halved, the quiet one keeps 1 - link / 2."""
    signal = np.full((RATE_HZ, 2), 0.1, np.float32)
    signal[:, 0] = 1.0
    out = limited(signal, LimiterSettings(link=link))[RATE_HZ // 2 : -1_000]
    assert out[:, 0] == pytest.approx(0.5, rel=1e-6)
    assert out[:, 1] == pytest.approx(0.1 * (1.0 - link / 2.0), rel=1e-6)


def test_a_link_just_below_1_sounds_like_1() -> None:
    signal = spiky(8_000)
    signal[:, 1] *= np.float32(0.2)
    nearly = limited(signal, LimiterSettings(link=1.0 - 1e-9), gain=3.0)
    np.testing.assert_allclose(nearly, limited(signal, gain=3.0), atol=1e-6)


def test_a_fixed_release_returns_with_its_time_constant() -> None:
    signal = np.full((RATE_HZ, 2), 0.25, np.float32)
    peak, release_ms = RATE_HZ // 4, 100.0
    signal[peak] = 1.0
    limiter = LimiterSettings(attack_ms=3.0, hold_ms=0.0, release_ms=release_ms)
    gain = limited(signal, limiter)[:, 0] / signal[:, 0]
    look_ahead = round(3.0 * RATE_HZ / 1000.0)
    assert gain[peak] == pytest.approx(0.5, rel=1e-5)
    assert np.all(gain[: peak - look_ahead - 40] == 1.0)
    assert np.max(np.abs(np.diff(gain))) < 0.5 * 3.0 / look_ahead, "no steeper than the middle of the smoothing"
    after = gain[peak + look_ahead + round(release_ms * RATE_HZ / 1000.0)]
    assert after == pytest.approx(1.0 - 0.5 * np.exp(-1.0), abs=0.02)


@pytest.mark.parametrize("character", CHARACTER_NAMES)
def test_a_hold_keeps_the_gain_down(character: str) -> None:
    signal = np.full((RATE_HZ, 2), 0.25, np.float32)
    peak, hold = 10_000, round(0.02 * RATE_HZ)
    signal[peak] = 1.0
    gain = limited(signal, LimiterSettings(character, hold_ms=20.0))[:, 0] / signal[:, 0]
    assert gain[peak : peak + hold] == pytest.approx(0.5, rel=1e-5)
    assert gain[peak + hold + RATE_HZ // 50] > 0.55


def recovered(character: str, held_ms: float) -> float:
    """Return the share of a reduction that is gone 100 ms after what caused it for so long."""
    signal = np.full((3 * RATE_HZ, 2), 0.1, np.float32)
    end = RATE_HZ + round(held_ms * RATE_HZ / 1000.0)
    signal[RATE_HZ : end + 1] = 1.0
    return float(2.0 * limited(signal, LimiterSettings(character))[end + RATE_HZ // 10, 0] / 0.1 - 1.0)


@pytest.mark.parametrize("character", CHARACTER_NAMES)
def test_the_gain_returns_quickly_after_a_transient_and_slowly_after_more(character: str) -> None:
    assert recovered(character, 0.0) > 0.7
    assert recovered(character, 1_500.0) < recovered(character, 0.0) - 0.1


def test_characters_differ_as_their_names_say() -> None:
    transparent, punchy, loud = (recovered(name, 1_500.0) for name in CHARACTER_NAMES)
    assert max(transparent, punchy) < loud
    assert CHARACTERS["punchy"].attack_ms < CHARACTERS["transparent"].attack_ms


def distortion(character: str, hz: float) -> float:
    """Return the power outside of a sine that is limited by 6 dB, by fitting the sine: a ratio of amplitudes."""
    time = np.arange(3 * RATE_HZ) / RATE_HZ
    sine = np.sin(2.0 * np.pi * hz * time)
    limiter = LimiterSettings(character)
    out = limited(np.repeat(sine[:, None], 2, axis=1).astype(np.float32), limiter)[2 * RATE_HZ : -RATE_HZ // 10, 0]
    waves = np.stack([sine, np.cos(2.0 * np.pi * hz * time)], axis=1)[2 * RATE_HZ : -RATE_HZ // 10]
    fit, left = np.linalg.lstsq(waves, out, rcond=None)[:2]
    return float(np.sqrt(left[0] / len(out)) / np.sqrt((fit**2).sum() / 2.0))


def test_a_bass_is_bent_little_unless_it_has_to_be_loud() -> None:
    assert distortion("transparent", 50.0) < 0.005
    assert max(distortion("transparent", 30.0), distortion("punchy", 30.0)) < 0.6 * distortion("loud", 30.0)


def test_it_reports_how_much_it_took() -> None:
    signal = np.full((3 * RATE_HZ, 2), 0.1, np.float32)
    signal[: RATE_HZ * 95 // 100] = 1.0
    limiter = Limiter(RATE_HZ, gain=1.0, limit=0.5)
    assert limiter.max_reduction_db == limiter.mean_reduction_db == 0.0
    assert limiter.reduction_db == ()
    limiter.process(signal, sample_peaks(signal, 1))
    assert limiter.max_reduction_db == pytest.approx(6.02, abs=0.01)
    assert 0.5 < limiter.mean_reduction_db < 2.5
    assert limiter.reduction_db[0] == 6.0
    assert 0.0 < limiter.reduction_db[1] < 6.0
    assert len(limiter.reduction_db) == 3

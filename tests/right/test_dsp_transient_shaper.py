"""The transient shaper against its law in plain Python, and what follows from it."""

import math

import numpy as np
import pytest
from dynamics_oracle import furthest_db, hold_peaks, noise, steady, to_db, to_linear

from farm.dsp.processor import CONTROL_FRAMES, Adjustable
from farm.dsp.transient_shaper import TransientShaper

RATE_HZ = 48_000


def shape(audio: np.ndarray, attack_db: float, sustain_db: float, rate_hz: int = RATE_HZ) -> np.ndarray:
    out = audio.copy()
    TransientShaper({"attack_db": attack_db, "sustain_db": sustain_db}, rate_hz).process(out)
    return out


def hits(frames: int, seed: int, rate_hz: int = RATE_HZ) -> np.ndarray:
    """A hit each 100 ms, of changing level, that dies away."""
    time = np.arange(frames) / rate_hz
    level = np.exp(-(time % 0.1) / 0.02) * (0.3 + 0.2 * np.floor(time / 0.1) % 0.7)
    return (noise(frames, seed, 0.3) * level[:, None]).astype(np.float32)


def follow(peaks: np.ndarray, up_ms: float, down_ms: float, rate_hz: int) -> np.ndarray:
    up, down = (math.exp(-1000.0 / (time_ms * rate_hz)) for time_ms in (up_ms, down_ms))
    state, envelope = 1e-9, np.empty(len(peaks))
    for index, peak in enumerate(np.maximum(peaks, 1e-9)):
        keep = up if peak > state else down
        state = keep * state + (1.0 - keep) * peak
        envelope[index] = state
    return envelope


def gains_as_written_db(audio: np.ndarray, attack_db: float, sustain_db: float, rate_hz: int) -> np.ndarray:
    peaks = hold_peaks(audio, round(12.5 * rate_hz / 1000.0))
    fast = follow(peaks, 1.0, 20.0, rate_hz)
    attack = np.clip(to_db(fast / follow(peaks, 30.0, 20.0, rate_hz)) / 12.0, 0.0, 1.0)
    sustain = np.clip(to_db(follow(peaks, 1.0, 400.0, rate_hz) / fast) / 12.0, 0.0, 1.0)
    return np.clip(attack_db * attack + sustain_db * sustain, -15.0, 15.0)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
@pytest.mark.parametrize(("attack_db", "sustain_db"), [(9.0, 0.0), (0.0, 9.0), (-15.0, 6.0), (15.0, -15.0)])
def test_sample_by_sample_it_is_the_law_in_plain_python(attack_db: float, sustain_db: float, rate_hz: int) -> None:
    audio = hits(16_000, seed=31, rate_hz=rate_hz)
    gains_db = gains_as_written_db(audio, attack_db, sustain_db, rate_hz)
    assert np.ptp(gains_db) > 4.0
    expected = audio * to_linear(gains_db)[:, None]
    assert furthest_db(shape(audio, attack_db, sustain_db, rate_hz), expected) < 0.0005


def test_a_change_of_level_changes_no_gain() -> None:
    audio = hits(20_000, seed=32)
    gains_db = to_db(shape(audio, 9.0, 6.0) / audio)
    for change_db in (-60.0, -17.3, 20.0):
        shifted = (audio * to_linear(change_db)).astype(np.float32)
        assert np.abs(to_db(shape(shifted, 9.0, 6.0) / shifted) - gains_db).max() < 0.001


def test_0_and_0_change_no_bit() -> None:
    audio = hits(20_000, seed=33)
    assert shape(audio, 0.0, 0.0).tobytes() == audio.tobytes()


@pytest.mark.parametrize("hz", [41.0, 440.0, 9_000.0])
def test_a_steady_tone_is_let_alone(hz: float) -> None:
    tone = 0.5 * np.sin(2.0 * np.pi * hz * np.arange(2 * RATE_HZ) / RATE_HZ)
    audio = np.column_stack([tone, tone]).astype(np.float32)
    late = slice(RATE_HZ, None)
    assert np.abs(shape(audio, 15.0, 15.0)[late] - audio[late]).max() < 0.5 * (to_linear(0.05) - 1.0)


@pytest.mark.parametrize("attack_db", [-15.0, -6.0, 6.0, 15.0])
def test_where_a_sound_begins_it_gets_the_whole_attack_and_loses_it_again(attack_db: float) -> None:
    """After a step the late envelope is 1 - exp(-t / 30 ms) of the fast one: 12 dB below it for 8.7 ms."""
    audio = np.concatenate([np.zeros((4_800, 2), np.float32), steady(-20.0, 24_000)])
    gains_db = to_db(shape(audio, attack_db, 0.0)[4_800:, 0] / audio[4_800:, 0])
    whole = round(-0.03 * math.log(1.0 - to_linear(-12.0)) * RATE_HZ)
    assert gains_db[: whole - 2] == pytest.approx(attack_db, abs=0.01)
    assert gains_db[1_439] == pytest.approx(attack_db * -to_db(1.0 - math.exp(-1.0)) / 12.0, abs=0.01)
    assert gains_db[-1] == pytest.approx(0.0, abs=0.001)


@pytest.mark.parametrize("sustain_db", [-15.0, 6.0])
def test_where_a_sound_dies_away_it_gets_the_sustain(sustain_db: float) -> None:
    """The fast envelope falls by 8.7 dB each 20 ms after the hold, the long one each 400 ms."""
    audio = np.concatenate([steady(0.0, 24_000), steady(-80.0, 9_600)])
    gains_db = to_db(shape(audio, 0.0, sustain_db)[:, 0] / audio[:, 0])
    let_go = 24_000 + 600
    assert gains_db[let_go - 1] == pytest.approx(0.0, abs=0.01)
    share = to_db(math.exp(-20.0 / 400.0) / math.exp(-1.0)) / 12.0
    assert gains_db[let_go + 959] == pytest.approx(sustain_db * share, abs=0.01)
    assert gains_db[let_go + 2_000] == pytest.approx(sustain_db, abs=0.001)


def test_no_gain_exceeds_15_db() -> None:
    audio = hits(40_000, seed=34)
    gains_db = to_db(shape(audio, 15.0, 15.0) / audio)
    assert gains_db.max() == pytest.approx(15.0, abs=0.001)
    assert to_db(shape(audio, -15.0, -15.0) / audio).min() == pytest.approx(-15.0, abs=0.001)


def test_both_channels_get_the_same_gain() -> None:
    audio = hits(20_000, seed=35) * np.array([1.0, 0.03], np.float32)
    gains = shape(audio, 12.0, -9.0) / audio
    assert gains[:, 0] == pytest.approx(gains[:, 1], rel=1e-6)


def adjusted(audio: np.ndarray, changes: dict[int, tuple[float, float]], size: int = CONTROL_FRAMES) -> np.ndarray:
    out, shaper = audio.copy(), TransientShaper({"attack_db": 0.0, "sustain_db": 0.0}, RATE_HZ)
    assert isinstance(shaper, Adjustable)
    for start in range(0, len(out), CONTROL_FRAMES):
        if start // CONTROL_FRAMES in changes:
            attack_db, sustain_db = changes[start // CONTROL_FRAMES]
            shaper.adjust({"attack_db": attack_db, "sustain_db": sustain_db})
        period = out[start : start + CONTROL_FRAMES]
        for begin in range(0, len(period), size):
            shaper.process(period[begin : begin + size])
    return out


def test_amounts_move_evenly_in_db() -> None:
    """80 ms after a sound has gone its sustain share is 1: the gain is the amount itself."""
    audio = np.concatenate([steady(0.0, 6_400), steady(-80.0, 6_400)])
    gains_db = to_db(adjusted(audio, {160: (0.0, 9.0)})[:, 0] / audio[:, 0])
    assert (gains_db[:10_240] == 0.0).all()
    assert gains_db[10_240:10_304] == pytest.approx(9.0 * np.arange(1, 65) / 64.0, abs=0.001)
    assert gains_db[10_303:] == pytest.approx(9.0, abs=0.001)


def test_equal_parameters_change_no_bit() -> None:
    audio = hits(9_000, seed=36)
    same = dict.fromkeys(range(1, 140), (6.0, -3.0))
    assert adjusted(audio, {0: (6.0, -3.0), **same})[64:].tobytes() == shape(audio, 6.0, -3.0)[64:].tobytes()


@pytest.mark.parametrize("size", [1, 63])
def test_moving_parameters_do_not_see_the_block_size(size: int) -> None:
    audio = hits(3_000, seed=37)
    changes = {period: (period / 4.0, -period / 5.0) for period in range(2, 45)}
    assert adjusted(audio, changes, size).tobytes() == adjusted(audio, changes).tobytes()

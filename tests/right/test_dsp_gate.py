"""The gate against its law in plain Python: when it opens and closes, how far, how fast, and by what."""

import math
from typing import Any

import numpy as np
import pytest
from dynamics_oracle import butterworth, delay, furthest_db, hold_peaks, noise, smooth, steady, to_db, to_linear

from farm.dsp.gate import Gate
from farm.dsp.processor import CONTROL_FRAMES, Adjustable, Keyed

RATE_HZ = 48_000
SETTINGS: dict[str, Any] = {
    "threshold_db": -30.0,
    "hysteresis_db": 6.0,
    "ratio": 3.0,
    "range_db": 50.0,
    "attack_ms": 1.0,
    "hold_ms": 10.0,
    "release_ms": 50.0,
    "look_ahead_ms": 0.0,
    "key_highpass_hz": None,
    "key_lowpass_hz": None,
}


def gate(audio: np.ndarray, rate_hz: int = RATE_HZ, **changes: Any) -> np.ndarray:
    out = audio.copy()
    Gate({**SETTINGS, **changes}, rate_hz).process(out)
    return out


def gate_as_written(
    audio: np.ndarray, rate_hz: int = RATE_HZ, key: np.ndarray | None = None, **changes: Any
) -> np.ndarray:
    params = {**SETTINGS, **changes}
    heard = (audio if key is None else key).astype(np.float64)
    for kind in ("highpass", "lowpass"):
        if params[f"key_{kind}_hz"] is not None:
            heard = butterworth(heard, kind, params[f"key_{kind}_hz"], rate_hz)
    held = hold_peaks(heard, round(params["hold_ms"] * rate_hz / 1000.0))
    is_open, wanted_db = False, np.empty(len(held))
    for index, level_db in enumerate(to_db(np.maximum(held, 1e-30))):
        edge_db = params["threshold_db"] - (params["hysteresis_db"] if is_open else 0.0)
        is_open = level_db >= edge_db
        below_db = max(0.0, params["threshold_db"] - level_db)
        wanted_db[index] = 0.0 if is_open else min(params["range_db"], (params["ratio"] - 1.0) * below_db)
    start_db = params["range_db"] if params["ratio"] > 1.0 else 0.0
    reductions_db = smooth(wanted_db, params["release_ms"], params["attack_ms"], rate_hz, start_db)
    late = delay(audio.astype(np.float64), round(params["look_ahead_ms"] * rate_hz / 1000.0))
    return np.asarray(late * to_linear(-reductions_db)[:, None])


def bursts(frames: int, seed: int) -> np.ndarray:
    """Noise that comes and goes around the threshold."""
    swell_db = -30.0 + 20.0 * np.sin(np.arange(frames) / 400.0)
    return (noise(frames, seed, level=0.5) * to_linear(swell_db)[:, None]).astype(np.float32)


LAWS: dict[str, dict[str, Any]] = {
    "expander": {},
    "gate": {"ratio": 100.0, "range_db": 90.0, "attack_ms": 0.05, "release_ms": 5.0},
    "no hold": {"hold_ms": 0.0},
    "no hysteresis": {"hysteresis_db": 0.0, "hold_ms": 3.0},
    "look-ahead": {"look_ahead_ms": 4.0},
    "filtered": {"key_highpass_hz": 500.0, "key_lowpass_hz": 8_000.0},
    "opens slowly": {"attack_ms": 80.0, "release_ms": 5.0},
}


def tolerance_db(name: str) -> float:
    """Levels are good to 0.00006 dB, and the ratio multiplies that."""
    return 0.0005 + 0.00006 * float({**SETTINGS, **LAWS[name]}["ratio"])


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("name", LAWS)
def test_sample_by_sample_it_is_the_law_in_plain_python(name: str, rate_hz: int) -> None:
    audio = bursts(8_000, seed=21)
    expected = gate_as_written(audio, rate_hz, **LAWS[name])
    assert furthest_db(gate(audio, rate_hz, **LAWS[name]), expected, -160.0) < tolerance_db(name)


@pytest.mark.parametrize("name", LAWS)
def test_a_key_alone_opens_it(name: str) -> None:
    key, audio = bursts(8_000, seed=22), steady(0.0, 8_000)
    untouched, out = key.copy(), audio.copy()
    Gate({**SETTINGS, **LAWS[name]}, RATE_HZ).process_keyed(out, key)
    assert furthest_db(out, gate_as_written(audio, key=key, **LAWS[name])) < tolerance_db(name)
    assert np.abs(out).min() < 0.5 * np.abs(out).max()
    assert key.tobytes() == untouched.tobytes()


@pytest.mark.parametrize("ratio", [1.0, 1.5, 4.0, 100.0])
def test_closed_it_has_the_curve_of_an_expander(ratio: float) -> None:
    for level_db in np.arange(-90.0, -30.5, 3.7):
        out = gate(steady(level_db, 20_000), ratio=ratio, attack_ms=5.0, release_ms=5.0)
        reduction_db = min(50.0, (ratio - 1.0) * (-30.0 - level_db))
        assert to_db(out[-1, 0]) == pytest.approx(level_db - reduction_db, abs=0.001)


def test_it_opens_at_the_threshold_and_closes_below_it_by_the_hysteresis() -> None:
    steps_db = [-40.0, -33.0, -30.5, -29.9, -33.0, -35.9, -36.1, -33.0, -29.9]
    audio = np.concatenate([steady(level_db, 9_600) for level_db in steps_db])
    gains_db = to_db(gate(audio, release_ms=10.0)[9_599::9_600, 0] / audio[9_599::9_600, 0])
    expected_db = [-20.0, -6.0, -1.0, 0.0, 0.0, 0.0, -12.2, -6.0, 0.0]
    assert gains_db == pytest.approx(expected_db, abs=0.002)


def test_open_it_changes_no_bit() -> None:
    audio = np.concatenate([steady(-20.0, 2_000), noise(20_000, seed=23, level=0.3)])
    assert gate(audio)[2_000:].tobytes() == audio[2_000:].tobytes()


@pytest.mark.parametrize("hold_ms", [0.0, 5.0, 200.0])
def test_it_holds_for_the_time_that_it_is_told(hold_ms: float) -> None:
    audio = np.concatenate([steady(-20.0, 9_600), steady(-60.0, 24_000)])
    gains = gate(audio, hold_ms=hold_ms)[:, 0] / audio[:, 0]
    closing = 9_600 + round(hold_ms * RATE_HZ / 1000.0)
    assert (gains[5_000:closing] == 1.0).all()
    assert (np.diff(gains[closing - 1 : closing + 1_000]) < 0.0).all()


def test_a_low_tone_does_not_make_a_held_gate_chatter() -> None:
    tone = to_linear(-29.0) * np.sin(2.0 * np.pi * 41.0 * np.arange(RATE_HZ) / RATE_HZ)
    audio = np.column_stack([tone, tone]).astype(np.float32)
    assert gate(audio, hold_ms=20.0)[12_000:].tobytes() == audio[12_000:].tobytes()
    assert gate(audio, hold_ms=0.0)[12_000:].tobytes() != audio[12_000:].tobytes()


@pytest.mark.parametrize("attack_ms", [0.5, 20.0])
def test_after_the_attack_time_37_percent_of_the_reduction_are_left(attack_ms: float) -> None:
    audio = steady(0.0, 9_600)
    reduction_db = -to_db(gate(audio, attack_ms=attack_ms)[:, 0])
    assert reduction_db[round(attack_ms * RATE_HZ / 1000.0) - 1] == pytest.approx(50.0 * math.exp(-1.0), abs=0.02)


def test_after_the_release_time_63_percent_of_the_reduction_are_there() -> None:
    audio = np.concatenate([steady(0.0, 9_600), steady(-80.0, 9_600)])
    reduction_db = -to_db(gate(audio, release_ms=30.0, hold_ms=0.0)[:, 0] / audio[:, 0])
    assert reduction_db[9_600 + 1_439] == pytest.approx(50.0 * (1.0 - math.exp(-1.0)), abs=0.02)


def test_both_channels_get_the_same_gain() -> None:
    audio = bursts(9_000, seed=24) * np.array([1.0, 0.01], np.float32)
    gains = gate(audio) / audio
    assert gains[:, 0] == pytest.approx(gains[:, 1], rel=1e-6)


@pytest.mark.parametrize("rate_hz", [44_100, 96_000])
def test_look_ahead_opens_before_the_sound(rate_hz: int) -> None:
    audio = np.concatenate([np.zeros((5_000, 2), np.float32), steady(-6.0, 20_000)])
    processor, out = Gate({**SETTINGS, "look_ahead_ms": 5.0}, rate_hz), audio.copy()
    processor.process(out)
    assert processor.latency_frames == round(0.005 * rate_hz)
    onset = out[5_000 + processor.latency_frames, 0]
    assert to_db(onset / audio[-1, 0]) == pytest.approx(-50.0 * math.exp(-5.0), abs=0.02)


def adjusted(audio: np.ndarray, changes: dict[int, dict[str, Any]], size: int = CONTROL_FRAMES) -> np.ndarray:
    out, processor = audio.copy(), Gate(SETTINGS, RATE_HZ)
    assert isinstance(processor, Adjustable)
    assert isinstance(processor, Keyed)
    for start in range(0, len(out), CONTROL_FRAMES):
        if start // CONTROL_FRAMES in changes:
            processor.adjust({**SETTINGS, **changes[start // CONTROL_FRAMES]})
        period = out[start : start + CONTROL_FRAMES]
        for begin in range(0, len(period), size):
            processor.process(period[begin : begin + size])
    return out


def test_equal_parameters_change_no_bit() -> None:
    audio = bursts(8_000, seed=25)
    assert adjusted(audio, {period: {} for period in range(125)}).tobytes() == gate(audio).tobytes()


@pytest.mark.parametrize("size", [1, 63])
def test_moving_parameters_do_not_see_the_block_size(size: int) -> None:
    audio = bursts(4_000, seed=26)
    changes = {
        period: {"threshold_db": -20.0 - period / 3.0, "hold_ms": abs(period - 30.0), "ratio": 1.0 + period}
        for period in range(2, 60)
    }
    assert adjusted(audio, changes, size).tobytes() == adjusted(audio, changes).tobytes()


def test_a_hold_that_moves_counts_from_the_peaks_that_are_still_held() -> None:
    """Shortened 5 ms after the last peak from 10 to 2 ms: it closes at once; lengthened to 100 ms: after that."""
    audio = np.concatenate([steady(-20.0, 6_400), steady(-60.0, 12_800)])
    for hold_ms, closing in ((2.0, 104 * CONTROL_FRAMES), (100.0, 6_400 + 4_800)):
        gains = adjusted(audio, {104: {"hold_ms": hold_ms}})[:, 0] / audio[:, 0]
        assert (gains[5_000:closing] == 1.0).all()
        assert (np.diff(gains[closing - 1 : closing + 500]) < 0.0).all()


def test_a_threshold_that_jumps_moves_the_gain_at_the_speed_of_the_release() -> None:
    audio = steady(-20.0, 9_600)
    gains_db = to_db(adjusted(audio, {50: {"threshold_db": -10.0}})[:, 0] / audio[:, 0])
    assert gains_db[3_199] == 0.0
    assert gains_db[3_200 + 2_399] == pytest.approx(-20.0 * (1.0 - math.exp(-1.0)), abs=0.02)
    assert np.abs(np.diff(gains_db[3_199:])).max() < 20.0 * 1.01 / (0.05 * RATE_HZ)

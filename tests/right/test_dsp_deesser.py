"""The de-esser: what it hears and does against scipy's filters and a compressor's law; idle it does nothing."""

from typing import Any

import numpy as np
import pytest
from dynamics_oracle import butterworth, find_reductions_db, furthest_db, noise, to_db, to_linear
from scipy import signal

from farm.dsp.crossover import ShelfSplit
from farm.dsp.deesser import Deesser
from farm.dsp.processor import CONTROL_FRAMES, Adjustable

RATE_HZ = 48_000
SETTINGS: dict[str, Any] = {
    "hz": 6_000.0,
    "threshold_db": -30.0,
    "ratio": 4.0,
    "attack_ms": 1.0,
    "release_ms": 60.0,
    "range_db": 12.0,
    "mode": "split",
}
OF_A_COMPRESSOR = {"knee_db": 0.0, "detector": "peak", "link": 1.0, "key_highpass_hz": None, "key_lowpass_hz": None}


def deess(audio: np.ndarray, rate_hz: int = RATE_HZ, **changes: Any) -> np.ndarray:
    out = audio.copy()
    Deesser({**SETTINGS, **changes}, rate_hz).process(out)
    return out


def second_order(audio: np.ndarray, numerator: list[float], hz: float, rate_hz: int) -> np.ndarray:
    """An analogue filter with Butterworth's denominator, by scipy's bilinear transform, pre-warped at `hz`."""
    warped = 2.0 * rate_hz * np.tan(np.pi * hz / rate_hz)
    powers = np.array([1.0 / warped**2, 1.0 / warped, 1.0])
    b, a = signal.bilinear(numerator * powers, [1.0, np.sqrt(2.0), 1.0] * powers, rate_hz)
    return np.asarray(signal.lfilter(b, a, audio.astype(np.float64), axis=0))


def gains_as_written(audio: np.ndarray, rate_hz: int, **changes: Any) -> np.ndarray:
    params = {**SETTINGS, **changes}
    high = butterworth(audio, "highpass", params["hz"], rate_hz)
    return np.asarray(to_linear(-find_reductions_db(high, {**params, **OF_A_COMPRESSOR}, rate_hz)))


LAWS: dict[str, dict[str, Any]] = {
    "default": {},
    "low, hard": {"hz": 2_000.0, "ratio": 100.0, "range_db": 24.0},
    "high, slow": {"hz": 12_000.0, "attack_ms": 20.0, "threshold_db": -40.0},
}


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("name", LAWS)
def test_wide_it_is_a_compressor_that_hears_the_top(name: str, rate_hz: int) -> None:
    audio = noise(5_000, seed=51)
    gains = gains_as_written(audio, rate_hz, **LAWS[name])
    assert furthest_db(deess(audio, rate_hz, mode="wide", **LAWS[name]), audio * gains) < 0.001
    assert to_db(gains.min()) < -6.0


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("name", LAWS)
def test_split_it_lowers_the_top_wholly_and_the_corner_by_half(name: str, rate_hz: int) -> None:
    audio, hz = noise(5_000, seed=52), LAWS[name].get("hz", 6_000.0)
    gains = gains_as_written(audio, rate_hz, **LAWS[name])
    low = second_order(audio, [0.0, 0.0, 1.0], hz, rate_hz)
    middle = second_order(audio, [0.0, np.sqrt(2.0), 0.0], hz, rate_hz)
    high = second_order(audio, [1.0, 0.0, 0.0], hz, rate_hz)
    expected = low + np.sqrt(gains) * middle + gains * high
    assert np.abs(deess(audio, rate_hz, **LAWS[name]) - expected).max() < 2e-5
    assert np.abs(audio - expected).max() > 0.1


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
def test_held_down_the_split_is_a_shelf_without_a_bump(rate_hz: int) -> None:
    """All of the range, for good: the response is that of a second-order shelf with half its gain at 6 kHz."""
    audio = noise(60_000, seed=53, level=0.2)
    out = deess(audio, rate_hz, threshold_db=-80.0, ratio=100.0, attack_ms=0.1, release_ms=5_000.0)
    half = to_linear(-6.0)
    shelf = second_order(audio, [half * half, np.sqrt(2.0) * half, 1.0], 6_000.0, rate_hz)
    residual = (out - shelf)[20_000:]
    assert to_db(np.sqrt(np.mean(residual**2)) / np.sqrt(np.mean(shelf**2))) < -55.0
    impulse = np.zeros((1 << 14, 1))
    impulse[0] = 1.0
    response = second_order(impulse, [half * half, np.sqrt(2.0) * half, 1.0], 6_000.0, rate_hz)[:, 0]
    magnitude_db = to_db(np.abs(np.fft.rfft(response)))
    assert magnitude_db.max() < 1e-6
    assert (np.diff(magnitude_db) < 1e-9).all()


@pytest.mark.parametrize("mode", ["split", "wide"])
def test_idle_it_changes_no_bit(mode: str) -> None:
    audio = noise(20_000, seed=54, level=0.002)
    assert deess(audio, mode=mode).tobytes() == audio.tobytes()


def test_a_loud_low_voice_alone_changes_nothing() -> None:
    tone = 0.5 * np.sin(2.0 * np.pi * 200.0 * np.arange(20_000) / RATE_HZ)
    tone *= np.minimum(1.0, np.arange(20_000) / 5_000)
    audio = np.column_stack([tone, tone]).astype(np.float32)
    assert deess(audio).tobytes() == audio.tobytes()
    loud_top = audio[:, ::-1] + noise(20_000, seed=55, level=0.3)
    assert deess(loud_top).tobytes() != loud_top.tobytes()


@pytest.mark.parametrize("range_db", [0.0, 6.0, 20.0])
def test_no_more_than_the_range_is_taken(range_db: float) -> None:
    audio = noise(20_000, seed=56, level=0.5)
    gains_db = to_db(deess(audio, mode="wide", range_db=range_db, threshold_db=-70.0, ratio=50.0) / audio)
    assert gains_db.min() == pytest.approx(-range_db, abs=0.2)
    assert gains_db.min() > -range_db - 0.001


def test_both_channels_get_the_same_gain() -> None:
    audio = noise(9_000, seed=57) * np.array([1.0, 0.02], np.float32)
    gains = deess(audio, mode="wide") / audio
    assert gains[:, 0] == pytest.approx(gains[:, 1], rel=1e-6)
    assert to_db(gains.min()) < -6.0


@pytest.mark.parametrize("rate_hz", [44_100, 96_000])
def test_after_the_tail_nothing_rings(rate_hz: int) -> None:
    split = ShelfSplit(2_000.0, rate_hz)
    audio = np.concatenate([noise(2_000, seed=58), np.zeros((split.tail_frames + 100, 2), np.float32)])
    high, middle = np.empty_like(audio), np.empty_like(audio)
    split.split(audio, high, middle)
    assert np.abs(high[2_000 + split.tail_frames :]).max() < to_linear(-90.0) * 0.3
    assert np.abs(middle[2_000 + split.tail_frames :]).max() < to_linear(-90.0) * 0.3


def adjusted(audio: np.ndarray, changes: dict[int, dict[str, Any]], size: int = CONTROL_FRAMES) -> np.ndarray:
    out, processor = audio.copy(), Deesser(SETTINGS, RATE_HZ)
    assert isinstance(processor, Adjustable)
    for start in range(0, len(out), CONTROL_FRAMES):
        if start // CONTROL_FRAMES in changes:
            processor.adjust({**SETTINGS, **changes[start // CONTROL_FRAMES]})
        period = out[start : start + CONTROL_FRAMES]
        for begin in range(0, len(period), size):
            processor.process(period[begin : begin + size])
    return out


def test_equal_parameters_change_no_bit() -> None:
    audio = noise(6_000, seed=59)
    assert adjusted(audio, {period: {} for period in range(90)}).tobytes() == deess(audio).tobytes()


@pytest.mark.parametrize("size", [1, 63])
def test_moving_parameters_do_not_see_the_block_size(size: int) -> None:
    audio = noise(3_000, seed=60)
    changes = {
        period: {"hz": 3_000.0 + 100.0 * period, "threshold_db": -20.0 - period, "range_db": float(period)}
        for period in range(2, 45)
    }
    assert adjusted(audio, changes, size).tobytes() == adjusted(audio, changes).tobytes()


def test_a_frequency_that_moves_makes_no_click() -> None:
    """Held down by a loud top, a tone's gain goes from one shelf's to the other's in small steps."""
    tone = 0.5 * np.sin(2.0 * np.pi * 9_000.0 * np.arange(32_000) / RATE_HZ)
    audio = np.column_stack([tone, tone]).astype(np.float32)
    sweep = {period: {"hz": 4_000.0 + 16.0 * period, "release_ms": 5_000.0} for period in range(500)}
    out = adjusted(audio, sweep)[:, 0].astype(np.float64)
    envelope_db = to_db(np.abs(signal.hilbert(out))[8_000:-2_000])
    assert np.ptp(envelope_db) > 2.0
    assert np.abs(np.diff(envelope_db[::16])).max() < 0.1

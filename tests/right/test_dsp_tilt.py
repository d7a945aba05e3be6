"""The tilt and the DC filter against their analogue prototypes."""

from typing import Any

import numpy as np
import pytest
from scipy import signal

from farm.dsp.dc_filter import DcFilter
from farm.dsp.processor import Adjustable
from farm.dsp.tilt import Tilt

RATES_HZ = [44_100, 48_000, 96_000]
OFF_DB = {44_100: 0.2, 48_000: 0.13, 96_000: 0.05}
"""What the design promises for gains to 12 dB."""


def measure_response(processor: Adjustable, rate_hz: int, at_hz: np.ndarray) -> np.ndarray:
    impulse = np.zeros((rate_hz * 3, 2), np.float32)
    impulse[0] = 1.0, 0.5
    processor.process(impulse)
    assert np.abs(impulse[:, 0] - 2.0 * impulse[:, 1]).max() < 1e-6
    left = impulse[:, 0].astype(np.float64)
    if all(float(hz).is_integer() for hz in at_hz):  # on the grid of the transform
        return np.fft.rfft(left)[[3 * int(hz) for hz in at_hz]]
    return np.array([np.dot(left, np.exp(-2j * np.pi * hz / rate_hz * np.arange(len(left)))) for hz in at_hz])


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("hz", [650.0, 4_000.0])
@pytest.mark.parametrize("gain_db", [-12.0, -1.0, 6.0, 12.0])
def test_highs_go_up_and_lows_down_around_the_frequency(gain_db: float, hz: float, rate_hz: int) -> None:
    """H(s) = (A s + 1) / (s + A), A half of the gain."""
    amplitude = 10.0 ** (gain_db / 40.0)
    at_hz = np.round(np.concatenate([[hz], np.geomspace(10.0, 18_000.0, 60)]))
    measured_db = 20 * np.log10(np.abs(measure_response(Tilt({"gain_db": gain_db, "hz": hz}, rate_hz), rate_hz, at_hz)))
    _, expected = signal.freqs([amplitude, 1.0], [1.0, amplitude], worN=at_hz / hz)
    assert np.abs(measured_db - 20 * np.log10(np.abs(expected))).max() < OFF_DB[rate_hz]
    assert measured_db[0] == pytest.approx(0.0, abs=1e-3)
    assert measured_db[1] == pytest.approx(-gain_db / 2, abs=0.01)


def test_the_opposite_tilt_undoes_it() -> None:
    audio = np.random.default_rng(1).standard_normal((20_000, 2)).astype(np.float32)
    twice = audio.copy()
    Tilt({"gain_db": 9.0, "hz": 650.0}, 48_000).process(twice)
    assert np.abs(twice - audio).max() > 0.5
    Tilt({"gain_db": -9.0, "hz": 650.0}, 48_000).process(twice)
    assert np.abs(twice - audio).max() < 3e-6


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("hz", [1.0, 5.0, 40.0])
def test_the_dc_filter_is_a_first_order_high_pass(hz: float, rate_hz: int) -> None:
    at_hz = np.array([0.0, hz / 4, hz, 4 * hz, 1_000.0, 18_000.0])
    response = measure_response(DcFilter({"hz": hz}, rate_hz), rate_hz, at_hz)
    _, expected = signal.freqs([1.0, 0.0], [1.0, 1.0], worN=at_hz / hz)
    assert np.abs(response[0]) < 1e-4
    assert np.abs(20 * np.log10(np.abs(response[1:] / expected[1:]))).max() < 0.01
    assert np.abs(np.degrees(np.angle(response[1:5] / expected[1:5]))).max() < 0.1


def test_the_dc_filter_takes_an_offset_out_and_leaves_the_sound() -> None:
    time = np.arange(96_000) / 48_000
    swing = 0.3 * np.sin(2 * np.pi * 100.0 * time)
    audio = np.repeat(swing + 0.2, 2).reshape(-1, 2).astype(np.float32)
    DcFilter({"hz": 5.0}, 48_000).process(audio)
    end = audio[48_000:, 0].astype(np.float64)
    assert abs(end.mean()) < 1e-6
    assert np.sqrt(2 * np.mean(end**2)) == pytest.approx(0.3 / np.sqrt(1 + (5 / 100) ** 2), abs=1e-4)


MOVES: dict[str, tuple[type, dict[str, Any], dict[str, Any]]] = {
    "tilt": (Tilt, {"gain_db": 0.0, "hz": 650.0}, {"gain_db": 12.0, "hz": 900.0}),
    "dc_filter": (DcFilter, {"hz": 5.0}, {"hz": 35.0}),
}


@pytest.mark.parametrize("name", MOVES)
def test_equal_parameters_change_no_bit(name: str) -> None:
    build, params, _ = MOVES[name]
    audio = np.random.default_rng(2).standard_normal((6_400, 2)).astype(np.float32)
    still, asked = audio.copy(), audio.copy()
    build(params, 48_000).process(still)
    processor = build(params, 48_000)
    for start in range(0, len(audio), 64):
        processor.adjust(dict(params))
        processor.process(asked[start : start + 64])
    assert asked.tobytes() == still.tobytes()


@pytest.mark.parametrize("pieces", [1, 63, 64])
@pytest.mark.parametrize("name", MOVES)
def test_a_move_does_not_step_and_arrives_whatever_the_blocks(name: str, pieces: int) -> None:
    build, first, last = MOVES[name]
    time = np.arange(96_000) / 48_000
    audio = np.repeat(0.5 * np.sin(2 * np.pi * 50.0 * time), 2).reshape(-1, 2).astype(np.float32)
    outs = []
    for size in (pieces, 64):
        out, processor = audio.copy(), build(first, 48_000)
        for period, start in enumerate(range(0, 32_000, 64)):
            if 250 <= period <= 350:
                part = (period - 250) / 100
                processor.adjust({key: first[key] + part * (last[key] - first[key]) for key in first})
            for begin in range(start, start + 64, size):
                processor.process(out[begin : min(begin + size, start + 64)])
        processor.process(out[32_000:])
        outs.append(out)
    assert outs[0].tobytes() == outs[1].tobytes()
    assert np.abs(np.diff(outs[0], 3, axis=0))[4_800:].max() < 2e-4
    always = audio.copy()
    build(last, 48_000).process(always)
    assert np.abs(outs[0] - always)[80_000:].max() < 1e-5
    assert np.abs(outs[0] - always)[:16_000].max() > 0.01

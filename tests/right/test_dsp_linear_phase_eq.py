"""The linear-phase EQ and the convolver under it against analogue prototypes and scipy's convolution."""

import math
from typing import Any

import numpy as np
import pytest
from scipy import signal

from farm.dsp.convolver import Convolver
from farm.dsp.fir_filter import FirFilter
from farm.dsp.linear_phase_eq import LinearPhaseEq

RATES_HZ = [44_100, 48_000, 96_000]
LATENCY_FRAMES = {"short": 2_047 + 4_096, "medium": 8_191 + 8_192, "long": 32_767 + 8_192}
"""Half the response and a hop of the transforms, to 48 kHz; twice that and a frame at 96."""

LOWEST_HZ = {"short": 60.0, "medium": 20.0, "long": 10.0}


def build(bands: list[dict[str, Any]], length: str, rate_hz: int) -> LinearPhaseEq:
    return LinearPhaseEq({"bands": bands, "length": length}, rate_hz)


def impulse_response(bands: list[dict[str, Any]], length: str, rate_hz: int) -> tuple[np.ndarray, int]:
    processor = build(bands, length, rate_hz)
    late = processor.latency_frames
    audio = np.zeros((2 * late + 1, 2), np.float32)
    audio[0] = 1.0, -0.5
    processor.process(audio)
    assert np.abs(audio[:, 0] + 2.0 * audio[:, 1]).max() < 1e-6
    return audio[:, 0].astype(np.float64), late


def zero_phase_response(response: np.ndarray, late: int, rate_hz: int, at_hz: np.ndarray) -> np.ndarray:
    time = (np.arange(len(response)) - late) / rate_hz
    return np.array([np.dot(response, np.exp(-2j * np.pi * hz * time)) for hz in at_hz])


def analogue_gain_db(band: dict[str, Any], at_hz: np.ndarray) -> np.ndarray:
    """The cookbook's prototypes, as they stand there."""
    kind, q = band["kind"], band.get("q", 1.0)
    if kind in ("highpass", "lowpass"):
        numerator, denominator = signal.butter(band["slope_db_oct"] // 6, 1.0, kind, analog=True)
    else:
        amplitude = 10.0 ** (band["gain_db"] / 40.0)
        root = math.sqrt(amplitude) / q
        numerator, denominator = {
            "bell": ([1, amplitude / q, 1], [1, 1 / (amplitude * q), 1]),
            "lowshelf": ([amplitude, amplitude * root, amplitude**2], [amplitude, root, 1]),
            "highshelf": ([amplitude**2, amplitude * root, amplitude], [1, root, amplitude]),
            "tilt": ([amplitude, 1], [1, amplitude]),
        }[kind]
    _, response = signal.freqs(numerator, denominator, worN=np.asarray(at_hz) / band["hz"])
    return 20.0 * np.log10(np.abs(response))


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("length", LATENCY_FRAMES)
def test_the_levels_are_the_analogue_ones_and_nothing_turns(length: str, rate_hz: int) -> None:
    lowest_hz = LOWEST_HZ[length]
    bands: list[dict[str, Any]] = [
        {"kind": "lowshelf", "hz": lowest_hz, "gain_db": -6.0, "q": 0.707},
        {"kind": "bell", "hz": 300.0, "gain_db": 9.0, "q": 1.4},
        {"kind": "bell", "hz": 15_000.0, "gain_db": -7.0, "q": 2.0},
        {"kind": "highshelf", "hz": 12_000.0, "gain_db": 6.0, "q": 0.6},
        {"kind": "tilt", "hz": 700.0, "gain_db": -4.0},
        {"kind": "lowpass", "hz": 16_000.0, "slope_db_oct": 12},
    ]
    at_hz = np.geomspace(lowest_hz, 18_000.0, 80)
    response, late = impulse_response(bands, length, rate_hz)
    measured = zero_phase_response(response, late, rate_hz, at_hz)
    expected_db = sum(analogue_gain_db(band, at_hz) for band in bands)
    assert 20 * np.log10(np.abs(measured)) == pytest.approx(expected_db, abs=0.1)
    inner = at_hz > 4 * lowest_hz
    assert 20 * np.log10(np.abs(measured[inner])) == pytest.approx(expected_db[inner], abs=0.01)
    assert np.abs(np.degrees(np.angle(measured))).max() < 0.01


@pytest.mark.parametrize("length", LATENCY_FRAMES)
@pytest.mark.parametrize(
    "band",
    [
        {"kind": "bell", "gain_db": 12.0, "q": 1.0},
        {"kind": "lowshelf", "gain_db": 12.0, "q": 0.707},
        {"kind": "highpass", "slope_db_oct": 12},
    ],
)
def test_a_band_is_true_from_the_lowest_usable_frequency_on(band: dict[str, Any], length: str) -> None:
    hz = LOWEST_HZ[length]
    band = {**band, "hz": hz}
    at_hz = np.array([0.5, 0.7, 0.9, 1.0, 1.1, 1.4, 2.0, 5.0]) * hz
    response, late = impulse_response([band], length, 48_000)
    measured = zero_phase_response(response, late, 48_000, at_hz)
    assert 20 * np.log10(np.abs(measured)) == pytest.approx(analogue_gain_db(band, at_hz), abs=0.1)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("length", LATENCY_FRAMES)
def test_the_impulse_response_is_symmetric_around_the_latency(length: str, rate_hz: int) -> None:
    bands = [{"kind": "bell", "hz": 2_000.0, "gain_db": 9.0, "q": 1.0}]
    response, late = impulse_response(bands, length, rate_hz)
    expected = LATENCY_FRAMES[length] if rate_hz <= 48_000 else 2 * LATENCY_FRAMES[length] + 1
    assert late == expected
    assert np.argmax(np.abs(response)) == late
    assert np.abs(response - response[::-1]).max() < 1e-6


@pytest.mark.parametrize("length", LATENCY_FRAMES)
def test_flat_is_a_delay_to_the_bit_and_nulls_against_its_twin(length: str) -> None:
    flat = [{"kind": "bell", "hz": 500.0, "gain_db": 0.0, "q": 1.0}, {"kind": "tilt", "hz": 500.0, "gain_db": 0.0}]
    processor = build(flat, length, 48_000)
    late = LATENCY_FRAMES[length]
    assert processor.latency_frames == late
    audio = np.random.default_rng(2).standard_normal((late + 5_000, 2)).astype(np.float32)
    out = audio.copy()
    for start in range(0, len(out), 3_001):
        processor.process(out[start : start + 3_001])
    assert not out[:late].any()
    assert out[late:].tobytes() == audio[:-late].tobytes()


def test_a_cut_undoes_a_boost() -> None:
    audio = np.random.default_rng(3).standard_normal((40_000, 2)).astype(np.float32)
    out = audio.copy()
    for gain_db in (9.0, -9.0):
        build([{"kind": "bell", "hz": 1_500.0, "gain_db": gain_db, "q": 1.0}], "short", 48_000).process(out)
    late = 2 * LATENCY_FRAMES["short"]
    assert np.abs(out[late + 5_000 :] - audio[5_000:-late]).max() < 1e-5


@pytest.mark.parametrize("length", LATENCY_FRAMES)
@pytest.mark.parametrize("size", [64, 8_193, 65_536])
def test_it_does_not_see_the_block_size(length: str, size: int) -> None:
    bands = [{"kind": "highpass", "hz": 90.0, "slope_db_oct": 24}]
    audio = np.random.default_rng(4).standard_normal((100_000, 2)).astype(np.float32)
    whole, cut = audio.copy(), audio.copy()
    build(bands, length, 48_000).process(whole)
    processor = build(bands, length, 48_000)
    for start in range(0, len(cut), size):
        processor.process(cut[start : start + size])
    assert whole.tobytes() == cut.tobytes()
    assert whole[LATENCY_FRAMES[length] :].any()


@pytest.mark.parametrize(("taps", "frames"), [(1, 64), (63, 64), (64, 64), (65, 64), (1_000, 64), (5_000, 1_024)])
@pytest.mark.parametrize("is_stereo", [False, True])
def test_the_convolver_is_scipys_convolution_a_hop_late(taps: int, frames: int, is_stereo: bool) -> None:
    random = np.random.default_rng(5)
    response = random.standard_normal((taps, 2) if is_stereo else taps)
    audio = random.standard_normal((20_000, 2)).astype(np.float32)
    expected = signal.fftconvolve(audio.astype(np.float64), response.reshape(taps, -1), axes=0)[: len(audio)]
    convolver = Convolver(response, history_frames=frames, hop_frames=frames)
    out = audio.copy()
    for start in range(0, len(out), 777):
        convolver.process(out[start : start + 777])
    assert not out[:frames].any()
    assert np.abs(out[frames:] - expected[:-frames]).max() < 2e-6 * np.abs(expected).max()


@pytest.mark.parametrize("size", [777, 4_000, 20_000])
def test_a_filter_over_a_stream_gives_as_many_frames_as_it_took(size: int) -> None:
    random = np.random.default_rng(6)
    response, audio = random.standard_normal((500, 2)), random.standard_normal((20_000, 2)).astype(np.float32)
    stream = FirFilter(response, history_frames=512, hop_frames=1536)
    parts = [stream.push(audio[start : start + size]).copy() for start in range(0, len(audio), size)]
    out = np.concatenate([*parts, stream.flush()])
    expected = signal.fftconvolve(audio.astype(np.float64), response, axes=0)[: len(audio)]
    assert out.shape == audio.shape
    assert np.abs(out - expected).max() < 2e-6 * np.abs(expected).max()


def test_a_response_in_parts_needs_a_hop_as_long_as_its_parts() -> None:
    with pytest.raises(ValueError, match="hop"):
        Convolver(np.ones(100), history_frames=64, hop_frames=192)

"""True peak reads what EBU Tech 3341 asks for, and what a finer interpolation by other means finds."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import signal as oracle

from farm.measure.interpolator import choose_interpolator
from farm.measure.peaks import Peaks
from farm.measure.true_peak import PeakEnvelope, StrictTruePeak

Signal = NDArray[np.float32]
RATES_HZ = (44_100, 48_000, 88_200, 96_000, 192_000)
UNDER_DB, OVER_DB = 0.4, 0.2
"""Tech 3341, cases 15 to 23."""


def read(signal: Signal, rate_hz: int = 48_000) -> float | None:
    meter = Peaks(rate_hz, signal.shape[1])
    meter.push(signal)
    return meter.finish()


def stereo(wave: NDArray[np.float64]) -> Signal:
    return np.repeat(wave[:, None], 2, axis=1).astype(np.float32)


def fade(wave: NDArray[np.float64], rate_hz: int) -> NDArray[np.float64]:
    """Fade in and out over 10 ms."""
    frames = rate_hz // 100
    ramp = np.minimum(np.arange(len(wave)), np.arange(len(wave))[::-1]) / frames
    return wave * np.minimum(1.0, ramp)


def oracle_dbtp(signal: Signal) -> float:
    """Return the peak of scipy's resampling by 16."""
    return float(20.0 * np.log10(np.abs(oracle.resample_poly(signal.astype(np.float64), 16, 1, axis=0)).max()))


TONES = {
    "15": (4, 0.50, 0.0, -6.0),
    "16": (4, 0.50, 45.0, -6.0),
    "17": (6, 0.50, 60.0, -6.0),
    "18": (8, 0.50, 67.5, -6.0),
    "19": (4, 1.41, 45.0, 3.0),
}


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("case", TONES)
def test_tones_pass_ebu_tech_3341(case: str, rate_hz: int) -> None:
    division, amplitude, phase, expected = TONES[case]
    wave = amplitude * np.sin(2.0 * np.pi * np.arange(rate_hz // 2) / division + np.deg2rad(phase))
    reading = read(stereo(fade(wave, rate_hz)), rate_hz)
    assert reading is not None
    assert expected - UNDER_DB <= reading <= expected + OVER_DB


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("offset", range(4))
def test_a_single_high_period_passes_ebu_tech_3341_cases_20_to_23(offset: int, rate_hz: int) -> None:
    fine = 4
    tone = 0.5 * np.sin(2.0 * np.pi * np.arange(fine * 6 * 1000) / (fine * 6))
    period = np.sin(2.0 * np.pi * np.arange(fine * 4) / (fine * 4))
    wave = fade(np.concatenate([tone, period, tone]), fine * rate_hz)
    wave = oracle.filtfilt(oracle.firwin(255, 0.98 / fine), 1.0, wave)[offset::fine]
    reading = read(stereo(wave), rate_hz)
    assert reading is not None
    assert -UNDER_DB <= reading <= OVER_DB


def test_it_agrees_with_scipy_on_noise_and_squares() -> None:
    generator = np.random.default_rng(4)
    noise = generator.standard_normal((20_000, 2)) * 0.2
    square = stereo(0.7 * np.sign(np.sin(2.0 * np.pi * 997.0 * np.arange(20_000) / 48_000)))
    for signal in (noise.astype(np.float32), square):
        assert read(signal) == pytest.approx(oracle_dbtp(signal), abs=0.1)


def test_the_strict_meter_never_reads_lower_than_scipy_or_the_plain_meter() -> None:
    generator = np.random.default_rng(5)
    for shape in (np.sign, np.tanh, np.positive):
        signal = np.ascontiguousarray(0.5 * shape(generator.standard_normal((30_000, 2)) * 2.0), np.float32)
        meter = StrictTruePeak()
        meter.push(signal)
        strict = meter.finish()
        plain = read(signal)
        assert strict is not None
        assert plain is not None
        assert strict >= plain
        assert strict >= oracle_dbtp(signal) - 0.01


@pytest.mark.parametrize("meter_class", [lambda: Peaks(48_000), StrictTruePeak])
def test_block_sizes_change_nothing(meter_class: Callable[[], Peaks | StrictTruePeak]) -> None:
    signal = (np.random.default_rng(6).standard_normal((9_000, 2)) * 0.3).astype(np.float32)
    readings = set()
    for size in (1, 63, 64, 65, 4096, 9_000):
        meter = meter_class()
        for start in range(0, len(signal), size):
            meter.push(signal[start : start + size])
        readings.add(meter.finish())
    assert len(readings) == 1


def test_passing_over_quiet_pieces_misses_nothing() -> None:
    generator = np.random.default_rng(7)
    loudness = np.repeat(10.0 ** generator.uniform(-3.0, 0.0, 300), 100)
    signal = (generator.uniform(-1.0, 1.0, (30_000, 2)) * loudness[:, None]).astype(np.float32)
    pieces = [signal[max(0, start - 50) : start + 150] for start in range(0, len(signal), 100)]
    peaks = [peak for peak in map(read, pieces[1:-1]) if peak is not None]
    assert read(signal) == pytest.approx(max(peaks), abs=0.1)
    envelope = PeakEnvelope(48_000)
    out = np.empty(len(signal) + 24, np.float32)
    envelope.follow(np.concatenate([signal, np.zeros((24, 2), np.float32)]), out)
    assert read(signal) == pytest.approx(20.0 * np.log10(float(out.max())), abs=1e-6)


def test_the_envelope_covers_each_frame_and_the_points_after_it() -> None:
    signal = (np.random.default_rng(8).standard_normal((3_000, 2)) * 0.3).astype(np.float32)
    envelope = PeakEnvelope(48_000)
    late = envelope.latency_frames
    out = np.empty(len(signal) + late, np.float32)
    envelope.follow(np.concatenate([signal, np.zeros((late, 2), np.float32)]), out)
    fine = np.abs(oracle.resample_poly(signal.astype(np.float64), 8, 1, axis=0)).reshape(len(signal), 8, 2)
    expected = fine.max(axis=(1, 2))
    assert np.max(np.abs(out[late:] - expected)) < 0.03
    assert np.all(out[late:] >= np.abs(signal).max(axis=1))


def sine_error_db(rate_hz: int, hz: float) -> tuple[float, float]:
    """Return how far a single crest of a sine may be read too low and too high, wherever it lies between two samples.

    Closed form, from what each point does to that frequency.
    """
    tables, turn = choose_interpolator(rate_hz), 2.0 * np.pi * hz / rate_hz
    distance = np.arange(tables.taps // 2)
    before, after = np.exp(-1j * turn * distance), np.exp(1j * turn * (1 + distance))
    even, odd = tables.even.astype(float), tables.odd.astype(float)
    early = (even + odd) @ before + (even - odd) @ after
    late = (even - odd) @ before + (even + odd) @ after
    fractions = np.arange(1, len(even) + 1) / (2 * len(even))
    places = np.concatenate([[0.0, 1.0], fractions, 1.0 - fractions])
    points = np.concatenate([[1.0, np.exp(1j * turn)], early, late])
    crests = np.linspace(0.0, 1.0, 101)
    readings = np.abs((points[:, None] * np.exp(-1j * turn * crests)).real).max(axis=0)
    assert np.all(np.abs(places) <= 1.0)
    return float(-20.0 * np.log10(readings.min())), float(20.0 * np.log10(np.abs(points).max()))


@pytest.mark.parametrize(("rate_hz", "up_to_hz"), [(44_100, 18_000), *((rate_hz, 20_000) for rate_hz in RATES_HZ[1:])])
def test_no_crest_of_a_sine_is_read_more_than_0_17_db_low_or_0_01_db_high(rate_hz: int, up_to_hz: int) -> None:
    errors = [sine_error_db(rate_hz, hz) for hz in np.linspace(100.0, up_to_hz, 150)]
    under, over = np.max(errors, axis=0)
    assert under <= 0.17
    assert over <= 0.01


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_the_meter_reads_bursts_within_its_stated_error(rate_hz: int) -> None:
    generator = np.random.default_rng(9)
    t = np.arange(rate_hz // 100) - rate_hz / 200.0
    for hz in generator.uniform(1_000.0, 15_000.0, 12):
        crest = generator.uniform()
        swell = np.exp(-(((t - crest) / (rate_hz / 1_500.0)) ** 2))
        reading = read(stereo(0.5 * swell * np.cos(2.0 * np.pi * hz * (t - crest) / rate_hz)), rate_hz)
        assert reading is not None
        assert -6.03 - 0.17 <= reading <= -6.02 + 0.01


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_points_that_are_passed_over_hold_no_peak(rate_hz: int) -> None:
    generator = np.random.default_rng(10)
    beats = np.exp(-np.arange(4 * rate_hz) % (rate_hz // 2) / (rate_hz / 10.0))
    white = generator.standard_normal((4 * rate_hz, 2)) * 0.2
    high = np.sin(np.pi * 0.97 * np.arange(4 * rate_hz))[:, None] * [0.5, 0.4]
    for signal in (white * beats[:, None], np.clip(white * 4.0, -0.7, 0.7), high + 0.1 * white):
        block = np.ascontiguousarray(signal, np.float32)
        envelope = PeakEnvelope(rate_hz)
        padded = np.concatenate([block, np.zeros((100, 2), np.float32)])
        every = np.empty(len(padded), np.float32)
        envelope.follow(padded, every)
        meter = Peaks(rate_hz)
        meter.push(block)
        assert meter.finish() == pytest.approx(20.0 * np.log10(float(every.max())), abs=0.005)
        late, hop = envelope.latency_frames, rate_hz / 10.0
        windows = [every[round(w * hop) + late : round((w + 30) * hop) + late].max() for w in range(11)]
        assert 20.0 * np.log10(meter.window_peaks()[:11] / windows) == pytest.approx(0.0, abs=0.05)


def test_silence_has_no_peak() -> None:
    assert read(np.zeros((1000, 2), np.float32)) is None
    assert read(np.zeros((0, 2), np.float32)) is None


def test_the_sample_peak_is_that_of_the_samples() -> None:
    signal = np.array([[0.1, -0.5], [0.25, 0.0]], np.float32)
    meter = Peaks(48_000)
    meter.push(signal)
    assert meter.sample_peak_dbfs() == pytest.approx(20.0 * np.log10(0.5))

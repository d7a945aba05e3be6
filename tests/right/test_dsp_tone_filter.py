"""The tone filter against scipy: its magnitude, its phase, its convolution."""

import numpy as np
import pytest
from scipy import interpolate, signal

from farm.dsp.tone_filter import ToneFilter, design_minimum_phase, interpolate_gains

BANDS_HZ = [20.0 * 2 ** (third / 3) for third in range(31)]
SMOOTH_DB = [3.0 * np.sin(third / 4) for third in range(31)]


def run(audio: np.ndarray, gains_db: list[float], rate_hz: int = 48_000) -> np.ndarray:
    tone = ToneFilter(BANDS_HZ, gains_db, rate_hz)
    ready = tone.push(audio).copy()
    return np.concatenate([ready, tone.flush()])


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000, 192_000])
def test_the_magnitude_follows_the_curve_at_the_band_centres(rate_hz: int) -> None:
    audio = np.zeros((40_000, 2), np.float32)
    audio[0] = 1.0, -0.25
    out = run(audio, SMOOTH_DB, rate_hz).astype(np.float64)
    _, response = signal.freqz(out[:, 0], worN=BANDS_HZ, fs=rate_hz)
    assert np.abs(20 * np.log10(np.abs(response)) - SMOOTH_DB).max() < 0.1
    assert np.abs(out[:, 1] + out[:, 0] / 4).max() < 1e-6


def test_the_filter_is_minimum_phase() -> None:
    """Its phase is the Hilbert transform of its log magnitude, and its energy comes at once."""
    taps = design_minimum_phase(BANDS_HZ, SMOOTH_DB, 48_000)
    spectrum = np.fft.fft(taps, 1 << 17)
    expected = -np.imag(signal.hilbert(np.log(np.abs(spectrum))))
    assert np.abs(np.angle(spectrum * np.exp(-1j * expected))).max() < 1e-3
    assert np.argmax(np.abs(taps)) == 0


def test_the_stream_is_the_convolution_and_as_long_as_its_input() -> None:
    audio = np.random.default_rng(11).standard_normal((70_001, 2)).astype(np.float32)
    out = run(audio, SMOOTH_DB)
    taps = design_minimum_phase(BANDS_HZ, SMOOTH_DB, 48_000)
    expected = signal.fftconvolve(audio.astype(np.float64), taps[:, None], axes=0)[: len(audio)]
    assert out.shape == audio.shape
    assert 20 * np.log10(np.abs(out - expected).max() / np.abs(expected).max()) < -120.0


def test_a_constant_gain_is_that_gain_without_delay() -> None:
    audio = np.random.default_rng(12).standard_normal((5_000, 2)).astype(np.float32)
    assert np.abs(run(audio, [6.0] * 31) - audio * 10 ** (6 / 20)).max() < 2e-6


def test_flat_says_so() -> None:
    assert ToneFilter(BANDS_HZ, [0.0] * 31, 48_000).is_flat
    assert not ToneFilter(BANDS_HZ, SMOOTH_DB, 48_000).is_flat


def test_between_the_bands_the_curve_is_scipys_monotone_cubic_and_flat_beyond() -> None:
    gains_db = list(np.random.default_rng(13).uniform(-3, 3, 31))
    inside = np.geomspace(BANDS_HZ[2], BANDS_HZ[-3], 500)
    oracle = interpolate.PchipInterpolator(np.log(BANDS_HZ), gains_db)
    assert interpolate_gains(BANDS_HZ, gains_db, inside) == pytest.approx(oracle(np.log(inside)), abs=1e-9)
    outside = interpolate_gains(BANDS_HZ, gains_db, np.array([0.0, 5.0, 20_480.0, 24_000.0]))
    assert outside == pytest.approx([gains_db[0], gains_db[0], gains_db[-1], gains_db[-1]])

"""The tone filter against scipy: its magnitude, its phase, its convolution."""

import numpy as np
import pytest
from scipy import signal

from farm.dsp.band_gains import interpolate_gains
from farm.dsp.tone_filter import ToneFilter, design_linear_phase, design_minimum_phase
from farm.measure.bands import LTAS_BANDS_HZ

BANDS_HZ = [20.0 * 2 ** (third / 3) for third in range(31)]
SMOOTH_DB = [3.0 * np.sin(third / 4) for third in range(31)]
OTHER_DB = [2.0 * np.cos(third / 5) for third in range(31)]
UNEVEN_DB = np.random.default_rng(10).uniform(-6.0, 6.0, len(LTAS_BANDS_HZ)).tolist()
PHASES = ("minimum", "linear")


def run(audio: np.ndarray, tone: ToneFilter, size: int = 65_536) -> np.ndarray:
    parts = [tone.push(audio[start : start + size]).copy() for start in range(0, len(audio), size)]
    return np.concatenate([*parts, tone.flush()])


def noise(frames: int, seed: int = 11) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((frames, 2)).astype(np.float32)


def gain_db(response: np.ndarray, rate_hz: int) -> np.ndarray:
    _, gains = signal.freqz(response, worN=LTAS_BANDS_HZ, fs=rate_hz)
    return 20 * np.log10(np.abs(gains))


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 88_200, 96_000, 192_000])
def test_the_magnitude_is_what_is_asked_for_at_the_band_centres_even_if_neighbours_differ(
    rate_hz: int, phase: str
) -> None:
    middle = rate_hz // 2
    audio = np.zeros((2 * middle, 2), np.float32)
    audio[middle] = 1.0, -0.25
    out = run(audio, ToneFilter(LTAS_BANDS_HZ, UNEVEN_DB, rate_hz, phase=phase)).astype(np.float64)
    inside = np.array([39.0 < hz < 16_500.0 for hz in LTAS_BANDS_HZ])
    assert np.abs(gain_db(out[:, 0], rate_hz) - UNEVEN_DB)[inside].max() < 0.1
    assert np.abs(out[:, 1] + out[:, 0] / 4).max() < 1e-6


def test_the_filter_is_minimum_phase() -> None:
    """Its phase is the Hilbert transform of its log magnitude, and its energy comes at once."""
    taps = design_minimum_phase(BANDS_HZ, SMOOTH_DB, 48_000, 16_384)
    spectrum = np.fft.fft(taps, 1 << 17)
    expected = -np.imag(signal.hilbert(np.log(np.abs(spectrum))))
    assert np.abs(np.angle(spectrum * np.exp(-1j * expected))).max() < 1e-3
    assert np.argmax(np.abs(taps)) == 0


def test_the_linear_phase_response_is_symmetric_around_its_frame() -> None:
    audio = np.zeros((100_000, 2), np.float32)
    audio[50_000] = 1.0
    out = run(audio, ToneFilter(BANDS_HZ, SMOOTH_DB, 48_000, phase="linear"))[1:]
    assert np.argmax(np.abs(out[:, 0])) == 50_000 - 1
    assert np.abs(out[:, 0] - out[::-1, 0]).max() < 1e-6


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("frames", [1, 10_000, 170_001])
def test_the_stream_is_the_convolution_and_as_long_as_its_input(phase: str, frames: int) -> None:
    audio = noise(frames)
    out = run(audio, ToneFilter(BANDS_HZ, SMOOTH_DB, 48_000, phase=phase))
    taps, late = design_minimum_phase(BANDS_HZ, SMOOTH_DB, 48_000, 16_384), 0
    if phase == "linear":
        taps, late = design_linear_phase(BANDS_HZ, SMOOTH_DB, 48_000, 32_768), 16_383
    expected = signal.fftconvolve(audio.astype(np.float64), taps[:, None], axes=0)[late : late + len(audio)]
    assert out.shape == audio.shape
    assert 20 * np.log10(np.abs(out - expected).max() / np.abs(expected).max()) < -120.0


@pytest.mark.parametrize("phase", PHASES)
def test_mid_and_side_go_each_through_its_own_curve(phase: str) -> None:
    audio = noise(100_000)
    out = run(audio, ToneFilter(BANDS_HZ, SMOOTH_DB, 48_000, side_db=OTHER_DB, phase=phase))
    turn = np.array([[1.0, 1.0], [1.0, -1.0]], np.float32)
    mid_side = audio @ turn
    mid = run(mid_side, ToneFilter(BANDS_HZ, SMOOTH_DB, 48_000, phase=phase))[:, :1]
    side = run(mid_side, ToneFilter(BANDS_HZ, OTHER_DB, 48_000, phase=phase))[:, 1:]
    expected = np.concatenate([mid, side], axis=1) @ (turn / 2.0)
    assert 20 * np.log10(np.abs(out - expected).max() / np.abs(expected).max()) < -120.0


def test_the_same_curve_for_the_side_is_no_curve_for_the_side() -> None:
    audio = noise(20_000)
    plain = run(audio, ToneFilter(BANDS_HZ, SMOOTH_DB, 48_000))
    assert np.array_equal(run(audio, ToneFilter(BANDS_HZ, SMOOTH_DB, 48_000, side_db=SMOOTH_DB)), plain)


def test_what_is_in_the_middle_stays_in_the_middle() -> None:
    audio = np.repeat(noise(100_000)[:, :1], 2, axis=1)
    out = run(audio, ToneFilter(BANDS_HZ, [0.0] * 31, 48_000, side_db=OTHER_DB))
    assert 20 * np.log10(np.abs(out - audio).max() / np.abs(audio).max()) < -120.0


@pytest.mark.parametrize("size", [64, 4_097, 50_000])
def test_blocks_change_no_bit_of_a_linear_phase_with_a_side_of_its_own(size: int) -> None:
    audio = noise(120_000)
    whole = run(audio, ToneFilter(BANDS_HZ, SMOOTH_DB, 48_000, side_db=OTHER_DB, phase="linear"), len(audio))
    cut = run(audio, ToneFilter(BANDS_HZ, SMOOTH_DB, 48_000, side_db=OTHER_DB, phase="linear"), size)
    assert cut.tobytes() == whole.tobytes()


def test_a_constant_gain_is_that_gain_without_delay() -> None:
    audio = noise(5_000)
    assert np.abs(run(audio, ToneFilter(BANDS_HZ, [6.0] * 31, 48_000)) - audio * 10 ** (6 / 20)).max() < 2e-6


def test_flat_says_so() -> None:
    assert ToneFilter(BANDS_HZ, [0.0] * 31, 48_000).is_flat
    assert not ToneFilter(BANDS_HZ, SMOOTH_DB, 48_000).is_flat
    assert not ToneFilter(BANDS_HZ, [0.0] * 31, 48_000, side_db=OTHER_DB).is_flat


def test_at_its_middle_a_band_has_its_gain_between_bands_a_smooth_step_and_beyond_nothing_changes() -> None:
    bands_hz, gains_db = [100.0, 200.0, 400.0], [1.0, -3.0, 2.0]
    assert interpolate_gains(bands_hz, gains_db, np.array(bands_hz)) == pytest.approx(gains_db)
    assert interpolate_gains(bands_hz, gains_db, np.array([0.0, 5.0, 1e5])) == pytest.approx([1.0, 1.0, 2.0])
    halfway = np.sqrt([100.0 * 200.0, 200.0 * 400.0])
    assert interpolate_gains(bands_hz, gains_db, halfway) == pytest.approx([-1.0, -0.5])
    near = 100.0 * 2.0 ** np.array([0.1, 0.2, 0.8, 0.9])
    assert interpolate_gains(bands_hz, gains_db, near) == pytest.approx([1.0, 1.0, -3.0, -3.0], abs=1e-9)
    rising = interpolate_gains([100.0, 200.0], [0.0, 6.0], np.geomspace(100.0, 200.0, 300))
    assert np.all(np.diff(rising) >= 0.0)

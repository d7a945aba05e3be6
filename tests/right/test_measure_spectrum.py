"""The long-term spectrum agrees with Welch's method, and tells of tone alone: neither of level nor of silence."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import signal as oracle

from farm.measure.bands import LTAS_BANDS_HZ, LTAS_EDGES_HZ, NOMINAL_HZ
from farm.measure.spectrum import FLOOR_DB, Ltas, Spectrum

Signal = NDArray[np.float32]


def measure(signal: Signal, rate_hz: int, size: int = 65_536) -> Spectrum:
    meter = Ltas(rate_hz, signal.shape[1])
    for start in range(0, len(signal), size):
        meter.push(signal[start : start + size])
    return meter.finish()


def read(signal: Signal, rate_hz: int, size: int = 65_536) -> NDArray[np.float64]:
    return np.array(measure(signal, rate_hz, size).ltas_db)


def pink(rate_hz: int, seconds: float, channels: int = 2) -> Signal:
    """Noise that falls by about 3 dB an octave."""
    generator = np.random.default_rng(11)
    white = generator.standard_normal((round(rate_hz * seconds), channels))
    numerator = [0.049922035, -0.095993537, 0.050612699, -0.004408786]
    denominator = [1.0, -2.494956002, 2.017265875, -0.522189400]
    return (oracle.lfilter(numerator, denominator, white, axis=0) * 0.5).astype(np.float32)


def welch_db(signal: Signal, rate_hz: int) -> NDArray[np.float64]:
    """Return third-octave levels of Welch's estimate, power sum of the channels."""
    hz, density = oracle.welch(signal.astype(np.float64), rate_hz, nperseg=16_384, axis=0, detrend=False)
    fine = np.linspace(0.0, rate_hz / 2.0, 400_000)
    power = np.interp(fine, hz, density.sum(axis=1))
    edges = itertools.pairwise(LTAS_EDGES_HZ)
    return 10.0 * np.log10([power[(fine >= low) & (fine < high)].sum() for low, high in edges])


def test_bands_are_the_nominal_ones() -> None:
    assert len(LTAS_BANDS_HZ) == len(NOMINAL_HZ) == len(LTAS_EDGES_HZ) - 1 == 30
    assert pytest.approx(NOMINAL_HZ, rel=0.012) == LTAS_BANDS_HZ
    assert LTAS_BANDS_HZ[NOMINAL_HZ.index(1000.0)] == pytest.approx(1000.0, rel=1e-12)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
def test_it_agrees_with_welch(rate_hz: int) -> None:
    signal = pink(rate_hz, 12.0)
    measured, expected = read(signal, rate_hz), welch_db(signal, rate_hz)
    difference = (measured - measured.mean()) - (expected - expected.mean())
    assert np.max(np.abs(difference[6:])) < 0.3
    assert np.max(np.abs(difference)) < 1.5, "few bins, and few of them independent, below 100 Hz"


def test_a_sine_lies_in_its_band_at_the_level_of_its_k_weighting() -> None:
    wave = 0.3 * np.sin(2.0 * np.pi * 1000.0 * np.arange(48_000 * 4) / 48_000)
    measured = read(np.repeat(wave[:, None], 2, axis=1).astype(np.float32), 48_000)
    band = NOMINAL_HZ.index(1000.0)
    assert measured[band] == pytest.approx(-0.691, abs=0.1), "the K-weighting lifts 1 kHz by 0.69 dB"
    assert np.max(np.delete(measured, band)) < -40.0


@settings(max_examples=15, deadline=None)
@given(gain_db=st.floats(-30.0, 20.0))
def test_a_gain_changes_nothing(gain_db: float) -> None:
    signal = pink(44_100, 4.0)
    scaled = signal * np.float32(10.0 ** (gain_db / 20.0))
    assert read(scaled, 44_100) == pytest.approx(read(signal, 44_100), abs=0.002)


def test_quiet_parts_and_silence_do_not_count() -> None:
    loud = pink(48_000, 9.0)
    generator = np.random.default_rng(12)
    hiss = (generator.standard_normal((48_000 * 20, 2)) * 0.001).astype(np.float32)
    with_hiss = read(np.concatenate([loud, hiss]), 48_000)
    assert with_hiss == pytest.approx(read(loud, 48_000), abs=0.5)


def test_phase_between_channels_does_not_count() -> None:
    signal = pink(48_000, 4.0)
    turned = signal * np.array([1.0, -1.0], np.float32)
    assert read(turned, 48_000) == pytest.approx(read(signal, 48_000), abs=0.002)


def test_a_beat_counts_the_same_whenever_it_falls() -> None:
    """A click a second, at any place of the windows: as loud against the tone below it as by its energy."""
    tone = 0.01 * np.sin(2.0 * np.pi * 200.0 * np.arange(48_000 * 30) / 48_000)
    levels = []
    for first in range(0, 12_288, 3_072):
        signal = tone.copy()
        signal[first + 4_000 :: 12_288] += 0.5
        levels.append(read(np.stack([signal, signal], axis=1).astype(np.float32), 48_000))
    highs = np.array(levels)[:, NOMINAL_HZ.index(4000.0)] - np.array(levels)[:, NOMINAL_HZ.index(200.0)]
    assert np.ptp(highs) < 0.2


def test_block_sizes_change_nothing() -> None:
    signal = pink(44_100, 1.5)
    whole = read(signal, 44_100)
    for size in (63, 64, 65, 4096):
        assert np.array_equal(read(signal, 44_100, size), whole)


def test_a_stereo_copy_of_a_mono_signal_has_its_tone() -> None:
    mono = pink(48_000, 4.0, channels=1)
    assert read(np.repeat(mono, 2, axis=1), 48_000) == pytest.approx(read(mono, 48_000), abs=0.002)
    assert read(np.repeat(mono, 3, axis=1), 48_000) == pytest.approx(read(mono, 48_000), abs=0.002)


def test_an_offset_has_no_tone_and_takes_none_away() -> None:
    assert read(np.full((200_000, 2), 0.5, np.float32), 48_000).size == 0
    signal = 0.3 * pink(48_000, 4.0)
    assert read(signal + np.float32(0.3), 48_000) == pytest.approx(read(signal, 48_000), abs=0.01)


def test_silence_has_no_tone_and_bands_above_nyquist_are_empty() -> None:
    assert read(np.zeros((200_000, 2), np.float32), 48_000).size == 0
    assert read(np.zeros((10, 2), np.float32), 48_000).size == 0
    assert read(pink(22_050, 4.0), 22_050)[-1] == FLOOR_DB


def test_mid_and_side_are_the_spectra_of_their_signals() -> None:
    """Relative to the same level: each band of the mid is as far from the whole as in Welch's estimate."""
    signal = pink(48_000, 30.0) * np.array([1.0, 0.4], np.float32)
    signal[:, 1] += 0.5 * signal[:, 0]
    mid_side = (signal @ np.array([[0.5, 0.5], [0.5, -0.5]])).astype(np.float32)
    spectrum = measure(signal, 48_000)
    whole = welch_db(signal, 48_000)
    for measured, column in ((spectrum.ltas_mid_db, 0), (spectrum.ltas_side_db, 1)):
        expected = welch_db(mid_side[:, column : column + 1], 48_000) - whole
        difference = np.array(measured) - spectrum.ltas_db - expected
        assert np.max(np.abs(difference[6:])) < 0.25
        assert np.max(np.abs(difference)) < 0.5, "few bins below 100 Hz"


def test_mid_and_side_add_up_to_half_of_both_channels() -> None:
    """|M|² + |S|² = (|L|² + |R|²) / 2, whatever the channels."""
    spectrum = measure(pink(44_100, 4.0), 44_100)
    summed = 10.0 ** (np.array(spectrum.ltas_mid_db) / 10.0) + 10.0 ** (np.array(spectrum.ltas_side_db) / 10.0)
    assert 10.0 * np.log10(2.0 * summed) == pytest.approx(np.array(spectrum.ltas_db), abs=0.002)


def test_a_mono_signal_in_stereo_has_no_side() -> None:
    spectrum = measure(np.repeat(pink(48_000, 4.0, channels=1), 2, axis=1), 48_000)
    assert set(spectrum.ltas_side_db) == {FLOOR_DB}
    assert spectrum.low_correlation == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("channels", [1, 3, 6])
def test_what_is_not_stereo_has_neither_mid_nor_side(channels: int) -> None:
    spectrum = measure(pink(48_000, 2.0, channels), 48_000)
    assert len(spectrum.ltas_db) == 30
    assert (spectrum.ltas_mid_db, spectrum.ltas_side_db, spectrum.low_correlation) == ((), (), None)


def test_the_low_correlation_is_that_of_the_low_passed_signal() -> None:
    signal = pink(48_000, 12.0)
    signal[:, 1] = 0.3 * signal[:, 1] - 0.5 * signal[:, 0]
    sections = oracle.butter(8, [20.0, 120.0], "bandpass", fs=48_000, output="sos")
    lows = oracle.sosfilt(sections, signal.astype(np.float64), axis=0)
    assert measure(signal, 48_000).low_correlation == pytest.approx(np.corrcoef(lows.T)[0, 1], abs=0.02)


def test_highs_and_a_dc_offset_say_nothing_of_the_lows() -> None:
    wave = np.sin(2.0 * np.pi * 60.0 * np.arange(48_000 * 4) / 48_000)
    high = np.sin(2.0 * np.pi * 3000.0 * np.arange(48_000 * 4) / 48_000)
    turned = np.stack([0.1 * wave + 0.3 * high + 0.2, -0.1 * wave + 0.3 * high + 0.2], axis=1).astype(np.float32)
    assert measure(turned, 48_000).low_correlation == pytest.approx(-1.0, abs=1e-3)


def test_a_dead_channel_and_a_song_without_lows_have_no_low_correlation() -> None:
    signal = pink(48_000, 4.0)
    assert measure(signal * np.array([1.0, 0.0], np.float32), 48_000).low_correlation is None
    high = np.sin(2.0 * np.pi * 3000.0 * np.arange(48_000 * 4) / 48_000).astype(np.float32)
    assert measure(np.stack([high, high], axis=1), 48_000).low_correlation is None


def test_a_song_of_one_chunk_and_of_one_window_has_a_spectrum() -> None:
    signal = pink(48_000, 12.0)
    for frames in (16_384, 48_000):
        assert read(signal[:frames], 48_000)[8:] == pytest.approx(read(signal, 48_000)[8:], abs=3.0)
    assert measure(signal[:16_383], 48_000) == Spectrum()

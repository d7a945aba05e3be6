"""The long-term spectrum agrees with Welch's method, and tells of tone alone: neither of level nor of silence."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import signal as oracle

from farm.measure.bands import LTAS_BANDS_HZ, LTAS_EDGES_HZ, NOMINAL_HZ
from farm.measure.spectrum import FLOOR_DB, Ltas

Signal = NDArray[np.float32]


def read(signal: Signal, rate_hz: int, size: int = 65_536) -> NDArray[np.float64]:
    meter = Ltas(rate_hz, signal.shape[1])
    for start in range(0, len(signal), size):
        meter.push(signal[start : start + size])
    return np.array(meter.finish())


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


def test_block_sizes_change_nothing() -> None:
    signal = pink(44_100, 1.5)
    whole = read(signal, 44_100)
    for size in (63, 64, 65, 4096):
        assert np.array_equal(read(signal, 44_100, size), whole)


def test_a_stereo_copy_of_a_mono_signal_has_its_tone() -> None:
    mono = pink(48_000, 4.0, channels=1)
    assert read(np.repeat(mono, 2, axis=1), 48_000) == pytest.approx(read(mono, 48_000), abs=0.002)
    assert read(np.repeat(mono, 3, axis=1), 48_000) == pytest.approx(read(mono, 48_000), abs=0.002)


def test_silence_has_no_tone_and_bands_above_nyquist_are_empty() -> None:
    assert read(np.zeros((200_000, 2), np.float32), 48_000).size == 0
    assert read(np.zeros((10, 2), np.float32), 48_000).size == 0
    assert read(pink(22_050, 4.0), 22_050)[-1] == FLOOR_DB

"""The soft clipper: nothing below its bend, never more than its depth, no corner, and few aliases."""

import numpy as np
import pytest
from numpy.typing import NDArray

from farm.dsp.soft_clip import SoftClip, clip_peaks

Signal = NDArray[np.float32]
RATE_HZ = 48_000


def clipped(signal: Signal, *, knee: float = 0.5, depth_db: float = 3.0, size: int = 65_536) -> Signal:
    """Return the signal behind the clipper, its latency taken off."""
    clip = SoftClip(knee=knee, depth_db=depth_db)
    out = np.concatenate([signal, np.zeros((clip.latency_frames, 2), np.float32)])
    for start in range(0, len(out), size):
        clip.process(out[start : start + size])
    return out[clip.latency_frames :]


def sine(hz: float, level: float) -> Signal:
    wave = level * np.sin(2.0 * np.pi * hz * np.arange(RATE_HZ) / RATE_HZ)
    return np.stack([wave, -wave], axis=1).astype(np.float32)


@pytest.mark.parametrize("size", [1, 63, 512, 513, 4096])
def test_block_sizes_change_nothing(size: int) -> None:
    signal = (0.4 * np.random.default_rng(1).standard_normal((4_000, 2))).astype(np.float32)
    assert np.array_equal(clipped(signal, size=size), clipped(signal))


def test_below_the_bend_no_bit_changes() -> None:
    signal = sine(3_000.0, 0.5 * 10.0 ** (-3.0 / 20.0) * 0.999)
    assert np.array_equal(clipped(signal), signal)


@pytest.mark.parametrize("depth_db", [0.5, 3.0, 6.0])
def test_the_depth_is_the_most_that_is_taken_off(depth_db: float) -> None:
    """Of a slow sine, which is the curve itself: at the knee half of the depth, or little more; far above it, all."""
    for level, least_db, most_db in ((0.5, 0.1 * depth_db, 0.6 * depth_db), (4.0, depth_db, depth_db)):
        out = np.abs(clipped(sine(100.0, level), depth_db=depth_db)).max()
        assert least_db - 0.01 <= 20.0 * np.log10(level / out) <= most_db + 0.01


@pytest.mark.parametrize("depth_db", [0.1, 1.0, 3.0, 6.0, 12.0])
def test_the_curve_rises_everywhere_without_a_corner(depth_db: float) -> None:
    levels = np.linspace(0.0, 4.0, 40_001)
    slope = np.diff(clip_peaks(levels, knee=1.0, depth_db=depth_db)) / np.diff(levels)
    assert slope.min() > 0.0
    assert np.abs(np.diff(slope)).max() < 0.02


def test_a_knee_plus_depth_comes_down_to_the_knee() -> None:
    """So the limiter behind it has nothing to do for peaks that exceed its limit by no more than the depth."""
    levels = np.array([0.1, 10.0 ** (3.0 / 20.0), 10.0])
    out = clip_peaks(levels, knee=1.0, depth_db=3.0)
    assert out == pytest.approx([0.1, 1.0, 10.0 * 10.0 ** (-3.0 / 20.0)])
    assert clip_peaks(levels, knee=1.0, depth_db=0.0) is levels


@pytest.mark.parametrize(("hz", "most_db"), [(2_000.0, -91.0), (5_000.0, -71.0), (9_000.0, -63.0)])
def test_aliases_are_as_low_as_stated(hz: float, most_db: float) -> None:
    """Below 20 kHz, all that is no harmonic: half a hertz off, so that no alias falls on one."""
    out = clipped(sine(hz + 0.5, 0.5 * 10.0 ** (3.0 / 20.0)))[:, 0]
    spectrum = np.abs(np.fft.rfft(out * np.blackman(len(out)))) ** 2
    frequencies = np.arange(len(spectrum))
    harmonics = (hz + 0.5) * np.arange(1, 13)
    own = np.abs(frequencies[:, None] - harmonics).min(axis=1) < 40.0
    aliases = spectrum[~own & (frequencies < 20_000)].sum()
    assert 10.0 * np.log10(aliases / spectrum.sum()) < most_db


def test_it_reports_the_most_it_took_off() -> None:
    clip = SoftClip(knee=0.5, depth_db=2.0)
    assert clip.clipped_db == 0.0
    clip.process(sine(100.0, 0.39))
    assert clip.clipped_db == 0.0
    clip.process(sine(100.0, 0.5))
    assert 0.2 < clip.clipped_db < 1.2
    clip.process(sine(100.0, 2.0))
    assert clip.clipped_db == pytest.approx(2.0, abs=1e-6)

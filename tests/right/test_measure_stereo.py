"""Offset, correlation and width are those of the samples."""

import numpy as np
import pytest
from numpy.typing import NDArray

from farm.measure.loudness import Loudness
from farm.measure.stereo import Moments

Signal = NDArray[np.float32]


def read(signal: Signal, size: int = 65_536) -> Moments:
    meter = Loudness(48_000, signal.shape[1])
    for start in range(0, len(signal), size):
        meter.push(signal[start : start + size])
    return meter.moments()


def noise(channels: int = 2, frames: int = 50_000) -> Signal:
    return (np.random.default_rng(41).standard_normal((frames, channels)) * 0.1 + 0.01).astype(np.float32)


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_the_offset_is_the_mean_of_each_channel(channels: int) -> None:
    signal = noise(channels)
    assert read(signal).dc_offsets() == pytest.approx(signal.astype(np.float64).mean(axis=0), rel=1e-9)


def test_correlation_and_width_are_those_that_numpy_finds() -> None:
    signal = noise() @ np.array([[1.0, 0.4], [0.0, 0.7]], np.float32)
    left, right = signal.astype(np.float64).T
    moments = read(np.ascontiguousarray(signal))
    expected = np.sum(left * right) / np.sqrt(np.sum(left**2) * np.sum(right**2))
    assert moments.correlation() == pytest.approx(expected, rel=1e-9)
    width_db = 10.0 * np.log10(np.sum((left - right) ** 2) / np.sum((left + right) ** 2))
    assert moments.side_to_mid_db() == pytest.approx(width_db, abs=1e-6)


def test_same_and_opposite_channels_are_the_ends_of_the_scale() -> None:
    mono = noise(1)
    same, opposite = np.repeat(mono, 2, axis=1), mono * np.array([1.0, -1.0], np.float32)
    assert read(same).correlation() == pytest.approx(1.0, abs=1e-12)
    assert read(opposite).correlation() == pytest.approx(-1.0, abs=1e-12)
    assert read(same).side_to_mid_db() is None
    assert read(opposite).side_to_mid_db() is None


def test_a_dead_channel_has_no_correlation_and_as_much_side_as_mid() -> None:
    signal = noise()
    signal[:, 1] = 0.0
    assert read(signal).correlation() is None
    assert read(signal).side_to_mid_db() == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("channels", [1, 3])
def test_what_is_not_stereo_has_neither(channels: int) -> None:
    assert read(noise(channels)).correlation() is None
    assert read(noise(channels)).side_to_mid_db() is None


def test_no_frames_have_no_offset() -> None:
    assert read(np.zeros((0, 2), np.float32)).dc_offsets() == ()
    assert read(np.zeros((0, 2), np.float32)).correlation() is None


def test_block_sizes_change_nothing() -> None:
    signal = noise(frames=5_000)
    assert {read(signal, size) for size in (1, 63, 64, 65, 4_096, 5_000)} == {read(signal)}

"""The limiter never lets a peak exceed its limit, is smooth, and is nothing but a delay when nothing has to be done."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from farm.dsp.limiter import LOOK_AHEAD_MS, RELEASE_MS, Limiter

Signal = NDArray[np.float32]
RATE_HZ = 48_000


def sample_peaks(signal: Signal) -> NDArray[np.float32]:
    return np.ascontiguousarray(np.abs(signal).max(axis=1))


def limited(
    signal: Signal, *, gain: float = 1.0, limit: float = 0.5, size: int = 65_536, rate_hz: int = RATE_HZ
) -> Signal:
    """Return the signal behind the limiter, its latency taken off."""
    limiter = Limiter(rate_hz, gain=gain, limit=limit)
    late = limiter.latency_frames
    out = np.concatenate([signal, np.zeros((late, 2), np.float32)])
    peaks = sample_peaks(out)
    for start in range(0, len(out), size):
        limiter.process(out[start : start + size], peaks[start : start + size])
    return out[late:]


def spiky(frames: int, seed: int = 1) -> Signal:
    generator = np.random.default_rng(seed)
    signal = generator.standard_normal((frames, 2)) * 0.2
    signal[generator.random(frames) < 0.002] *= 8.0
    return signal.astype(np.float32)


@pytest.mark.parametrize("size", [1, 63, 64, 65, 4096])
def test_block_sizes_change_nothing(size: int) -> None:
    signal = spiky(12_000)
    assert np.array_equal(limited(signal, size=size), limited(signal))


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    gain=st.floats(0.01, 30.0),
    limit=st.floats(0.01, 1.0),
    rate_hz=st.sampled_from((8_000, 44_100, 96_000)),
)
def test_no_sample_exceeds_the_limit(seed: int, gain: float, limit: float, rate_hz: int) -> None:
    out = limited(spiky(3_000, seed), gain=gain, limit=limit, rate_hz=rate_hz)
    assert np.abs(out).max() <= limit * (1.0 + 1e-6)


@settings(max_examples=20, deadline=None)
@given(peaks=st.lists(st.tuples(st.integers(0, 1_999), st.floats(0.6, 40.0)), min_size=1, max_size=6))
def test_sparse_peaks_are_held_whatever_their_distance(peaks: list[tuple[int, float]]) -> None:
    signal = np.full((2_000, 2), 0.1, np.float32)
    for place, level in peaks:
        signal[place, place % 2] = level
    out = limited(signal)
    assert np.abs(out).max() <= 0.5 * (1.0 + 1e-6)
    lone, level = min(peaks)
    if len(peaks) == 1:
        assert np.abs(out[lone]).max() == pytest.approx(0.5, rel=1e-5), "no more is taken than has to be"


def test_nothing_to_do_is_bit_exact() -> None:
    signal = (np.random.default_rng(2).uniform(-0.5, 0.5, (5_000, 2))).astype(np.float32)
    assert np.array_equal(limited(signal, limit=0.5), signal)
    assert np.array_equal(limited(signal, limit=1.0, gain=2.0), signal * np.float32(2.0))


def test_it_comes_to_rest_exactly_after_a_peak() -> None:
    signal = np.full((3 * RATE_HZ, 2), 0.1, np.float32)
    signal[100] = 1.0
    out = limited(signal)
    assert np.array_equal(out[-1000:], signal[-1000:])


def test_both_channels_get_the_same_gain() -> None:
    signal = spiky(8_000)
    signal[:, 1] = signal[:, 0] * np.float32(0.25)
    out = limited(signal, gain=3.0)
    np.testing.assert_allclose(out[:, 1], out[:, 0] * 0.25, rtol=1e-6, atol=1e-9)


def test_the_gain_is_down_in_time_and_returns_with_the_release() -> None:
    signal = np.full((RATE_HZ, 2), 0.25, np.float32)
    peak = RATE_HZ // 4
    signal[peak] = 1.0
    gain = limited(signal)[:, 0] / signal[:, 0]
    look_ahead = round(LOOK_AHEAD_MS * RATE_HZ / 1000.0)
    assert gain[peak] == pytest.approx(0.5, rel=1e-5)
    assert np.all(gain[: peak - look_ahead - 40] == 1.0)
    assert np.max(np.abs(np.diff(gain))) < 0.5 * 3.0 / look_ahead, "no steeper than the middle of the smoothing"
    after = gain[peak + look_ahead + round(RELEASE_MS * RATE_HZ / 1000.0)]
    assert after == pytest.approx(1.0 - 0.5 * np.exp(-1.0), abs=0.02)


def test_it_reports_how_much_it_took() -> None:
    signal = np.full((RATE_HZ, 2), 1.0, np.float32)
    limiter = Limiter(RATE_HZ, gain=1.0, limit=0.5)
    assert limiter.max_reduction_db == limiter.mean_reduction_db == 0.0
    limiter.process(signal, sample_peaks(signal))
    assert limiter.max_reduction_db == pytest.approx(6.02, abs=0.01)
    assert limiter.mean_reduction_db == pytest.approx(6.02, abs=0.2)

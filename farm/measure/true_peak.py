"""True peak: the highest level between the samples, found by interpolation (ITU-R BS.1770-5, Annex 2).

The interpolators are windowed sincs with zeros at the sample instants, so the samples themselves are among the points.
For a sine of any frequency below 0.4 of the rate, the worst that can be missed is the distance to the nearest point:
0.17 dB with 8 points a sample, 0.69 dB with 4, of which 0.17 dB remain if the rate is doubled and the content is not.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.kernel import kernel, kernel_part
from farm.units import linear_to_db

_PIECE_FRAMES = 128
"""Frames that are interpolated, or passed over, together."""


@dataclass(frozen=True, slots=True)
class Interpolator:
    """A symmetric windowed sinc, `points` a sample.

    Points at the fractions p/points and 1 - p/points of a sample share their sums: with s and d the sum and difference
    of the samples left and right at the same distance, they are even[p-1]·s + odd[p-1]·d and even[p-1]·s - odd[p-1]·d.
    Both tables are `(points / 2, taps / 2)`; the middle point is the last row, whose odd part is 0.
    """

    even: NDArray[np.float32]
    odd: NDArray[np.float32]
    reach: float
    """No point exceeds this many times the largest of the samples around it."""

    @property
    def taps(self) -> int:
        return 2 * self.even.shape[1]


def build_interpolator(points: int, taps: int, beta: float) -> Interpolator:
    """Return an interpolator with an even number of points; taps are samples around each point, Kaiser window."""
    half = taps // 2
    fractions = np.arange(1, points // 2 + 1)[:, None] / points
    left = _windowed_sinc(fractions + np.arange(half), half, beta)
    right = _windowed_sinc(1.0 - fractions + np.arange(half), half, beta)
    unity = left.sum(axis=1, keepdims=True) + right.sum(axis=1, keepdims=True)
    left, right = left / unity, right / unity
    reach = float(np.max(np.abs(left).sum(axis=1) + np.abs(right).sum(axis=1)))
    padding = ((0, 0), (0, -half % 4))
    even, odd = (np.pad(part, padding).astype(np.float32) for part in ((left + right) / 2.0, (left - right) / 2.0))
    return Interpolator(even, odd, reach * (1.0 + 1e-4))


def _windowed_sinc(distance: NDArray[np.float64], half: int, beta: float) -> NDArray[np.float64]:
    inside = np.clip(1.0 - (distance / half) ** 2, 0.0, None)
    window: NDArray[np.float64] = np.sinc(distance) * np.i0(beta * np.sqrt(inside)) / np.i0(beta)
    return window


def choose_interpolator(rate_hz: int) -> Interpolator:
    """Return the meter's interpolator: 8 points a sample up to 50 kHz, 4 up to 100 kHz, 2 above."""
    points = 8 if rate_hz <= 50_000 else 4 if rate_hz <= 100_000 else 2
    return build_interpolator(points, 24, 7.0)


@kernel_part
def _find_largest(bits, start, stop):  # type: ignore[no-untyped-def]
    """Magnitudes of floats are ordered as their bits, and an integer maximum may be taken in any order."""
    largest = np.int32(0)
    for index in range(start, stop):
        largest = max(largest, bits[index] & np.int32(0x7FFFFFFF))
    return largest


@kernel_part
def _fold(samples, first, count, folded):  # type: ignore[no-untyped-def]
    """Write sums and differences of the samples k to the left and k to the right of each point's interval."""
    for k in range(folded.shape[1]):
        left, right = samples[first - k : first - k + count], samples[first + 1 + k : first + 1 + k + count]
        sums, differences = folded[0, k], folded[1, k]
        for j in range(count):
            sums[j] = left[j] + right[j]
            differences[j] = left[j] - right[j]


@kernel_part
def _weigh(coefficients, folded, count, out):  # type: ignore[no-untyped-def]
    """Write the sum of the folded rows times their coefficients, four rows in registers at a time."""
    out[:count] = np.float32(0.0)
    for k in range(0, coefficients.shape[0], 4):
        c0, c1, c2, c3 = coefficients[k], coefficients[k + 1], coefficients[k + 2], coefficients[k + 3]
        f0, f1, f2, f3 = folded[k], folded[k + 1], folded[k + 2], folded[k + 3]
        for j in range(count):
            out[j] = out[j] + c0 * f0[j] + c1 * f1[j] + c2 * f2[j] + c3 * f3[j]


@kernel_part
def _interpolate(samples, first, count, even, odd, folded, part, envelope):  # type: ignore[no-untyped-def]
    """Raise envelope[j] to the highest point from sample first + j to the next, for j below count."""
    _fold(samples, first, count, folded)
    evens, odds = part[0], part[1]
    middle = even.shape[0] - 1
    for row in range(middle):
        _weigh(even[row], folded[0], count, evens)
        _weigh(odd[row], folded[1], count, odds)
        for j in range(count):
            # max(|e + o|, |e - o|) = |e| + |o|
            envelope[j] = max(envelope[j], abs(evens[j]) + abs(odds[j]))
    _weigh(even[middle], folded[0], count, evens)
    for j in range(count):
        envelope[j] = max(envelope[j], abs(evens[j]))


@kernel("void(float32[:, ::1], float32[:, ::1], int64)")
def _take_block(block: Block, rows: NDArray[np.float32], history: int) -> None:
    """Write the block's channels into rows, behind their history."""
    for frame in range(block.shape[0]):
        for channel in range(block.shape[1]):
            rows[channel, history + frame] = block[frame, channel]


@kernel(
    "float32(float32[:, ::1], int32[:, ::1], int64, float32[:, ::1], float32[:, ::1], float64,"
    " float32[:, :, ::1], float32[:, ::1], float32[::1], float32)"
)
def _find_peak(  # type: ignore[no-untyped-def]
    rows, bits, frames, even, odd, reach, folded, part, envelope, peak
):
    """Return the highest of peak and all points; a piece that cannot exceed what was found already is passed over."""
    half = even.shape[1]
    envelope_bits = envelope.view(np.int32)
    largest = np.empty(1, np.int32)
    as_float = largest.view(np.float32)
    for channel in range(rows.shape[0]):
        for start in range(0, frames, envelope.shape[0]):
            count = min(envelope.shape[0], frames - start)
            largest[0] = _find_largest(bits[channel], start, start + count + 2 * half - 1)
            if as_float[0] * reach <= peak:
                continue
            for j in range(count):
                envelope[j] = abs(rows[channel, start + half - 1 + j])
            _interpolate(rows[channel], start + half - 1, count, even, odd, folded, part, envelope)
            largest[0] = _find_largest(envelope_bits, 0, count)
            peak = max(peak, as_float[0])
    return peak


@kernel(
    "void(float32[:, ::1], int32[:, ::1], int64, float32[:, ::1], float32[:, ::1], float64,"
    " float32[:, :, ::1], float32[:, ::1], float32[::1], float64, float32[::1])"
)
def _follow_peaks(  # type: ignore[no-untyped-def]
    rows, bits, frames, even, odd, reach, folded, part, envelope, floor, out
):
    """Write the highest point from each frame to the next, of all channels; below the floor the samples are enough."""
    half = even.shape[1]
    largest = np.empty(1, np.int32)
    as_float = largest.view(np.float32)
    for start in range(0, frames, envelope.shape[0]):
        count = min(envelope.shape[0], frames - start)
        for j in range(count):
            envelope[j] = np.float32(0.0)
        for channel in range(rows.shape[0]):
            for j in range(count):
                envelope[j] = max(envelope[j], abs(rows[channel, start + half - 1 + j]))
            largest[0] = _find_largest(bits[channel], start, start + count + 2 * half - 1)
            if as_float[0] * reach > floor:
                _interpolate(rows[channel], start + half - 1, count, even, odd, folded, part, envelope)
        for j in range(count):
            out[start + j] = envelope[j]


class _History:
    """The last samples of each channel, kept before the block's own, and room for the kernels."""

    def __init__(self, interpolator: Interpolator, channels: int) -> None:
        self.length = interpolator.taps - 1
        self.rows: NDArray[np.float32] = np.zeros((channels, self.length + BLOCK_FRAMES), np.float32)
        self.bits = self.rows.view(np.int32)
        self.work = (
            interpolator.even,
            interpolator.odd,
            interpolator.reach,
            np.empty((2, interpolator.taps // 2, _PIECE_FRAMES), np.float32),
            np.empty((2, _PIECE_FRAMES), np.float32),
            np.empty(_PIECE_FRAMES, np.float32),
        )

    def take(self, block: Block) -> None:
        _take_block(block, self.rows, self.length)

    def drop(self, frames: int) -> None:
        self.rows[:, : self.length] = self.rows[:, frames : frames + self.length].copy()


class TruePeak:
    """The highest point of a stream of `(frames, channels)` blocks, and its highest sample.

    Passing over quiet pieces is exact: the sum of the interpolator's magnitudes bounds what a piece can reach.
    """

    def __init__(self, rate_hz: int, channels: int = 2, interpolator: Interpolator | None = None) -> None:
        self._history = _History(interpolator or choose_interpolator(rate_hz), channels)
        self._channels = channels
        self._peak = 0.0

    def push(self, block: Block) -> None:
        """Take a `(frames, channels)` C-contiguous block of any number of frames."""
        for start in range(0, len(block), BLOCK_FRAMES):
            piece = block[start : start + BLOCK_FRAMES]
            self._history.take(piece)
            history = self._history
            self._peak = _find_peak(history.rows, history.bits, len(piece), *history.work, self._peak)
            history.drop(len(piece))

    def finish(self) -> float | None:
        """Return the true peak in dBTP, what rings on after the last sample included; None for silence."""
        self.push(np.zeros((self._history.length, self._channels), np.float32))
        return linear_to_db(self._peak) if self._peak > 0.0 else None


class PeakEnvelope:
    """The highest point between each frame and the next, over all channels: what a limiter has to hold down.

    `out[i]` belongs to the frame `latency_frames` before the block's frame i. Where nothing can exceed `floor`
    (linear) the samples stand in for the points.
    """

    def __init__(self, interpolator: Interpolator, channels: int = 2, floor: float = 0.0) -> None:
        self._history = _History(interpolator, channels)
        self._floor = floor
        self.latency_frames = interpolator.taps // 2

    def follow(self, block: Block, out: NDArray[np.float32]) -> None:
        """Take a `(frames, channels)` block and fill the first `frames` values of `out`."""
        for start in range(0, len(block), BLOCK_FRAMES):
            piece = block[start : start + BLOCK_FRAMES]
            history = self._history
            history.take(piece)
            _follow_peaks(history.rows, history.bits, len(piece), *history.work, self._floor, out[start:])
            history.drop(len(piece))


def peak_error_db(points: int) -> float:
    """Return how far a sine at the Nyquist frequency can be under-read with that many points a sample, in dB."""
    return -linear_to_db(math.cos(math.pi / (2.0 * points)))

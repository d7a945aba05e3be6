"""True peak: the highest level between the samples, found by interpolation (ITU-R BS.1770-5, Annex 2).

The interpolators are windowed sincs with zeros at the sample instants, so the samples themselves are among the points.
The most that points can miss of a sine is the distance to the nearest one, at worst (close to the Nyquist frequency)
0.17 dB with 8 points a sample and 0.69 dB with 4 (Annex 2, attachment 1). At 96 kHz, 4 points are as good as 8 at
48 kHz for everything up to 24 kHz. The meter itself is in `farm.measure.peaks`; here are those that hold ceilings.
"""

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.kernel import kernel, kernel_part
from farm.measure.interpolator import build_interpolator, choose_interpolator
from farm.units import linear_to_db

Floats = NDArray[np.float32]
Bits = NDArray[np.int32]

_PIECE_FRAMES = 128
"""Frames that are interpolated, or passed over, together."""

_COARSE_SLACK = 1.42
"""Two points a sample miss 3 dB of a sine at most (1 / cos(pi / 4))."""

_TABLE = "float32[:, ::1]"
_ROOM = "float32[:, :, ::1], float32[:, ::1], float32[::1]"


@kernel_part
def _find_largest(bits: Bits, start: int, stop: int) -> np.int32:
    """Magnitudes of floats are ordered as their bits, and an integer maximum may be taken in any order.

    Over a slice, whose indices cannot be negative, that becomes vector instructions.
    """
    piece = bits[start:stop]
    largest = np.int32(0)
    for index in range(piece.size):
        largest = max(largest, np.int32(piece[index] & np.int32(0x7FFFFFFF)))
    return largest


@kernel_part
def _fold(samples: Floats, first: int, count: int, half: int, folded: Floats) -> None:
    """Write sums and differences of the samples k to the left and k to the right of each point's interval."""
    for k in range(half):
        left, right = samples[first - k : first - k + count], samples[first + 1 + k : first + 1 + k + count]
        sums, differences = folded[0, k], folded[1, k]
        for j in range(count):
            sums[j] = left[j] + right[j]
            differences[j] = left[j] - right[j]


@kernel_part
def _weigh(coefficients: Floats, folded: Floats, count: int, out: Floats) -> None:
    """Write the sum of the folded rows times their coefficients, four rows in registers at a time."""
    out[:count] = np.float32(0.0)
    for k in range(0, coefficients.shape[0], 4):
        c0, c1, c2, c3 = coefficients[k], coefficients[k + 1], coefficients[k + 2], coefficients[k + 3]
        f0, f1, f2, f3 = folded[k], folded[k + 1], folded[k + 2], folded[k + 3]
        for j in range(count):
            out[j] = out[j] + c0 * f0[j] + c1 * f1[j] + c2 * f2[j] + c3 * f3[j]


@kernel_part
def _interpolate(
    samples: Floats, first: int, count: int, even: Floats, odd: Floats, folded: Floats, part: Floats, envelope: Floats
) -> None:
    """Raise envelope[j] to the highest point from sample first + j to the next, for j below count."""
    _fold(samples, first, count, even.shape[1], folded)
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
def _take_block(block: Block, rows: Floats, history: int) -> None:
    """Write the block's channels into rows, behind their history; stereo in a form that becomes vector instructions."""
    if block.shape[1] == 2:
        samples, left, right = block.reshape(block.size), rows[0, history:], rows[1, history:]
        for frame in range(samples.size // 2):
            left[frame] = samples[2 * frame]
            right[frame] = samples[2 * frame + 1]
    else:
        for frame in range(block.shape[0]):
            for channel in range(block.shape[1]):
                rows[channel, history + frame] = block[frame, channel]


@kernel(
    f"float32({_TABLE}, int32[:, ::1], int64, int64, UniTuple({_TABLE}, 4), UniTuple({_TABLE}, 4), float64[::1],"
    f" float64, {_ROOM}, float32)"
)
def _find_peak(
    rows: Floats,
    bits: Bits,
    frames: int,
    centre: int,
    evens: tuple[Floats, ...],
    odds: tuple[Floats, ...],
    slacks: NDArray[np.float64],
    reach: float,
    folded: Floats,
    part: Floats,
    envelope: Floats,
    peak: np.float32,
) -> np.float32:
    """Return the highest of peak and all points.

    A piece that cannot exceed what was found already is passed over. Several interpolators are asked in turn, until
    one finds the piece lower than the peak by more than its slack.
    """
    envelope_bits = envelope.view(np.int32)
    largest = np.empty(1, np.int32)
    as_float = largest.view(np.float32)
    for channel in range(rows.shape[0]):
        for start in range(0, frames, envelope.shape[0]):
            count = min(envelope.shape[0], frames - start)
            largest[0] = _find_largest(bits[channel], start, start + count + 2 * centre + 1)
            if as_float[0] * reach <= peak:
                continue
            first = start + centre
            for stage in range(len(evens)):
                for j in range(count):
                    envelope[j] = abs(rows[channel, first + j])
                _interpolate(rows[channel], first, count, evens[stage], odds[stage], folded, part, envelope)
                largest[0] = _find_largest(envelope_bits, 0, count)
                peak = max(peak, as_float[0])
                if as_float[0] * slacks[stage] <= peak:
                    break
    return peak


@kernel(
    f"void({_TABLE}, int32[:, ::1], int64, int64, UniTuple({_TABLE}, 2), UniTuple({_TABLE}, 2), float64, float64,"
    f" {_ROOM}, float32[::1])"
)
def _follow_peaks(
    rows: Floats,
    bits: Bits,
    frames: int,
    centre: int,
    evens: tuple[Floats, ...],
    odds: tuple[Floats, ...],
    reach: float,
    floor: float,
    folded: Floats,
    part: Floats,
    envelope: Floats,
    out: Floats,
) -> None:
    """Write the highest point from each frame to the next, of all channels.

    A piece that cannot reach the floor is left with its samples, or with the points of the first interpolator.
    """
    envelope_bits = envelope.view(np.int32)
    largest = np.empty(1, np.int32)
    as_float = largest.view(np.float32)
    for start in range(0, frames, envelope.shape[0]):
        count = min(envelope.shape[0], frames - start)
        first = start + centre
        out[start : start + count] = np.float32(0.0)
        for channel in range(rows.shape[0]):
            for j in range(count):
                envelope[j] = abs(rows[channel, first + j])
            largest[0] = _find_largest(bits[channel], start, start + count + 2 * centre + 1)
            if as_float[0] * reach > floor:
                if floor > 0.0:
                    _interpolate(rows[channel], first, count, evens[0], odds[0], folded, part, envelope)
                    largest[0] = _find_largest(envelope_bits, 0, count)
                if floor == 0.0 or as_float[0] * _COARSE_SLACK > floor:
                    _interpolate(rows[channel], first, count, evens[1], odds[1], folded, part, envelope)
            for j in range(count):
                out[start + j] = max(out[start + j], envelope[j])


class _History:
    """The channels of a block, each behind the last samples before it; and room for the kernels."""

    def __init__(self, taps: int, channels: int) -> None:
        self.length, self.centre = taps - 1, taps // 2 - 1
        self.rows: Floats = np.zeros((channels, self.length + BLOCK_FRAMES), np.float32)
        self.bits: Bits = self.rows.view(np.int32)
        self.room = (
            np.empty((2, taps // 2, _PIECE_FRAMES), np.float32),
            np.empty((2, _PIECE_FRAMES), np.float32),
            np.empty(_PIECE_FRAMES, np.float32),
        )

    def take(self, block: Block) -> None:
        _take_block(block, self.rows, self.length)

    def drop(self, frames: int) -> None:
        self.rows[:, : self.length] = self.rows[:, frames : frames + self.length].copy()


class StrictTruePeak:
    """The true peak of a stream of blocks as the strictest of several meters reads it: proof that a ceiling is held.

    Meters that all conform differ by up to 0.3 dB on sound that is rich close to the Nyquist frequency, as their
    interpolators are short (high points below it) or long (high points at it). This one asks both kinds, at 16 points
    a sample (0.04 dB), wherever two coarser ones come within 3 and 0.8 dB of the highest point so far. Passing over
    quiet pieces changes nothing: the sum of the interpolator's magnitudes bounds what they can reach.
    """

    def __init__(self, channels: int = 2) -> None:
        stages = [
            (build_interpolator(2, 24, 7.0), _COARSE_SLACK),
            (build_interpolator(8, 24, 7.0), 1.1),
            (build_interpolator(16, 20, 5.0), 1.1),
            (build_interpolator(16, 32, 9.0), 1.0),
        ]
        self._history = _History(max(stage.taps for stage, _ in stages), channels)
        self._tables = (
            tuple(stage.even for stage, _ in stages),
            tuple(stage.odd for stage, _ in stages),
            np.array([slack for _, slack in stages]),
            max(stage.reach for stage, _ in stages),
        )
        self._channels = channels
        self._peak = np.float32(0.0)

    def push(self, block: Block) -> None:
        """Take a `(frames, channels)` C-contiguous block of any number of frames."""
        history = self._history
        for start in range(0, len(block), BLOCK_FRAMES):
            piece = block[start : start + BLOCK_FRAMES]
            history.take(piece)
            self._peak = _find_peak(
                history.rows, history.bits, len(piece), history.centre, *self._tables, *history.room, self._peak
            )
            history.drop(len(piece))

    def finish(self) -> float | None:
        """Return the true peak in dBTP, what rings on after the last sample included; None for silence."""
        self.push(np.zeros((self._history.length, self._channels), np.float32))
        return linear_to_db(float(self._peak)) if self._peak > 0.0 else None


class PeakEnvelope:
    """The highest point between each frame and the next, over all channels: what a limiter has to hold down.

    `out[i]` belongs to the frame `latency_frames` before the block's frame i. Below `floor`, linear, values may be
    those of the samples alone: nothing above it is missed, and quiet pieces cost little.
    """

    def __init__(self, rate_hz: int, channels: int = 2, floor: float = 0.0) -> None:
        fine = choose_interpolator(rate_hz)
        coarse = build_interpolator(2, fine.taps, 7.0)
        self._tables = (coarse.even, fine.even), (coarse.odd, fine.odd), fine.reach, floor
        self._history = _History(fine.taps, channels)
        self.latency_frames = fine.taps // 2

    def follow(self, block: Block, out: Floats) -> None:
        """Take a `(frames, channels)` block and fill the first `frames` values of `out`."""
        history = self._history
        for start in range(0, len(block), BLOCK_FRAMES):
            piece = block[start : start + BLOCK_FRAMES]
            history.take(piece)
            _follow_peaks(
                history.rows, history.bits, len(piece), history.centre, *self._tables, *history.room, out[start:]
            )
            history.drop(len(piece))

"""True and sample peak of a stream, over all of it and over time (ITU-R BS.1770-5, Annex 2).

As `farm.measure.true_peak` says it, with the same points, found in the order in which most of them can be passed over:
first the one halfway between two samples, then, where it comes close to the peak known so far, those at the quarters,
then the others.
"""

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.kernel import kernel, kernel_part
from farm.measure.interpolator import build_interpolator, choose_interpolator
from farm.measure.true_peak import _find_largest, _interpolate, _take_block
from farm.units import linear_to_db

Floats = NDArray[np.float32]
Bits = NDArray[np.int32]

CELLS_PER_SECOND = 10
"""Peaks are kept for cells of 100 ms, the hop of the short-term loudness; their ends are rounded to pieces."""

WINDOW_CELLS = 30
"""The cells of 3 s."""

_PIECE_FRAMES = 64
"""Frames whose highest sample is remembered. More than the taps of an interpolator on one side of a point."""
_RUN_FRAMES = 4 * _PIECE_FRAMES
_SHARE_FRAMES = 32

_HALVES_MISS, _QUARTERS_MISS = 1.42, 1.1
"""What a peak may exceed the points near it by, at 2 and at 4 points a sample: a sine at the Nyquist frequency does by
1 / cos(pi / 4) = 1.415 and 1 / cos(pi / 8) = 1.083; the rest is for what the interpolator's end does near there."""

_AHEAD_CELLS = WINDOW_CELLS // 2 - 1
_LEAD_PIECES = 2
"""Silence before the first sample: a point may lie before it, and its piece has a neighbour."""

_MAGNITUDE = np.int32(0x7FFFFFFF)
_TABLE = "float32[:, ::1]"


@kernel("int32(int32[:, ::1], int64, int64, int32[:, ::1])")
def _raise_tops(bits: Bits, start: int, stop: int, tops: Bits) -> np.int32:
    """Raise the pieces' tops to the samples from start to stop, and return the highest of these.

    Magnitudes of floats are ordered as their bits.
    """
    highest = np.int32(0)
    for channel in range(bits.shape[0]):
        first = start
        while first < stop:
            piece = first // _PIECE_FRAMES
            end = min(stop, (piece + 1) * _PIECE_FRAMES)
            samples = bits[channel, first:end]
            top = tops[channel, piece]
            for j in range(samples.size):
                top = max(top, np.int32(samples[j] & _MAGNITUDE))
            tops[channel, piece] = top
            highest = max(highest, top)
            first = end
    return highest


@kernel_part
def _find_halves(row: Floats, first: int, count: int, middle: Floats, out: Floats, bits: Bits) -> np.int32:
    """Fill `out` with the highest of each sample, the next, and the point between them; return the highest's bits."""
    out[:count] = np.float32(0.0)
    for k in range(0, middle.size, 4):
        c0, c1, c2, c3 = middle[k], middle[k + 1], middle[k + 2], middle[k + 3]
        left, right = first - k, first + 1 + k
        l0, l1 = row[left : left + count], row[left - 1 : left - 1 + count]
        l2, l3 = row[left - 2 : left - 2 + count], row[left - 3 : left - 3 + count]
        r0, r1 = row[right : right + count], row[right + 1 : right + 1 + count]
        r2, r3 = row[right + 2 : right + 2 + count], row[right + 3 : right + 3 + count]
        for j in range(count):
            near = c0 * (l0[j] + r0[j]) + c1 * (l1[j] + r1[j])
            out[j] = out[j] + near + c2 * (l2[j] + r2[j]) + c3 * (l3[j] + r3[j])
    here, there = row[first : first + count].view(np.int32), row[first + 1 : first + 1 + count].view(np.int32)
    highest = np.int32(0)
    for j in range(count):
        samples = max(np.int32(here[j] & _MAGNITUDE), np.int32(there[j] & _MAGNITUDE))
        bits[j] = max(np.int32(bits[j] & _MAGNITUDE), samples)
        highest = max(highest, bits[j])
    return highest


@kernel(
    f"void({_TABLE}, int32[:, ::1], int64[::1], UniTuple({_TABLE}, 2), UniTuple({_TABLE}, 2), float64,"
    f" float32[:, :, ::1], {_TABLE}, float32[::1], float32[::1])"
)
def _raise_peaks(
    rows: Floats,
    tops: Bits,
    edges: NDArray[np.int64],
    evens: tuple[Floats, Floats],
    odds: tuple[Floats, Floats],
    reach: float,
    folded: Floats,
    part: Floats,
    envelope: Floats,
    peaks: Floats,
) -> None:
    """Raise the peak of each cell, the pieces between two edges, to its highest point.

    Points are looked for where they may exceed what the peak is already: by runs of pieces first, then by shares.
    """
    bits = envelope.view(np.int32)
    found = np.empty(1, np.int32)
    level = found.view(np.float32)
    halves = evens[0][evens[0].shape[0] - 1]
    for cell in range(peaks.size):
        peak = peaks[cell]
        for channel in range(rows.shape[0]):
            row = rows[channel]
            piece = edges[cell]
            while piece < edges[cell + 1]:
                stop = piece
                while stop < edges[cell + 1] and stop - piece < _RUN_FRAMES // _PIECE_FRAMES:
                    found[0] = max(tops[channel, stop - 1], tops[channel, stop], tops[channel, stop + 1])
                    if level[0] * reach <= peak:
                        break
                    stop += 1
                if stop == piece:
                    piece += 1
                    continue
                first, count = piece * _PIECE_FRAMES, (stop - piece) * _PIECE_FRAMES
                piece = stop
                found[0] = _find_halves(row, first, count, halves, envelope, bits)
                peak = max(peak, level[0])
                if level[0] * _HALVES_MISS <= peak:
                    continue
                for start in range(0, count, _SHARE_FRAMES):
                    share, share_bits = envelope[start : start + _SHARE_FRAMES], bits[start : start + _SHARE_FRAMES]
                    found[0] = _find_largest(share_bits, 0, _SHARE_FRAMES)
                    if level[0] * _HALVES_MISS <= peak:
                        continue
                    for stage in range(2):
                        _interpolate(row, first + start, _SHARE_FRAMES, evens[stage], odds[stage], folded, part, share)
                        found[0] = _find_largest(share_bits, 0, _SHARE_FRAMES)
                        peak = max(peak, level[0])
                        if level[0] * _QUARTERS_MISS <= peak:
                            break
        peaks[cell] = peak


class Peaks:
    """The highest point of a stream of `(frames, channels)` blocks, its highest sample, and both over time.

    To find every point of every cell would cost several times as much as it does to know the highest of any 3 s. So a
    cell is looked into as soon as its surroundings are known, and only for what exceeds them. That follows from the
    stream alone, not from how it is cut: cells end at whole pieces, and always wait for as many cells behind them.
    """

    def __init__(self, rate_hz: int, channels: int = 2) -> None:
        fine = choose_interpolator(rate_hz)
        coarse = build_interpolator(4, fine.taps, 7.0) if rate_hz <= 50_000 else fine
        self._tables = (coarse.even, fine.even), (coarse.odd, fine.odd), fine.reach
        self._room = (
            np.empty((2, fine.taps // 2, _SHARE_FRAMES), np.float32),
            np.empty((2, _SHARE_FRAMES), np.float32),
            np.empty(_RUN_FRAMES, np.float32),
        )
        self._rate_hz, self._channels = rate_hz, channels
        pieces = (2 * BLOCK_FRAMES + 4 * rate_hz) // _PIECE_FRAMES
        self._rows: Floats = np.zeros((channels, pieces * _PIECE_FRAMES), np.float32)
        self._tops: Bits = np.zeros((channels, pieces), np.int32)
        self._first_piece, self._filled = 0, _LEAD_PIECES * _PIECE_FRAMES
        self._samples: list[float] = []
        self._points: list[float] = []
        self._sample_peak = np.zeros(1, np.int32)

    def push(self, block: Block) -> None:
        """Take a `(frames, channels)` C-contiguous block of any number of frames."""
        for start in range(0, len(block), BLOCK_FRAMES):
            self._push_piece(block[start : start + BLOCK_FRAMES])

    def finish(self) -> float | None:
        """Return the true peak in dBTP, what rings on after the last sample included; None for silence."""
        self._push_piece(np.zeros(((_LEAD_PIECES + 1) * _PIECE_FRAMES, self._channels), np.float32))
        self._raise_cells(len(self._samples))
        rest = np.array([self._edges(len(self._points)), self._first_piece + self._filled // _PIECE_FRAMES - 1])
        peak = np.array([max(self._points, default=0.0)], np.float32)
        self._raise(rest, peak)
        return linear_to_db(float(peak[0])) if peak[0] > 0.0 else None

    def sample_peak_dbfs(self) -> float | None:
        """Return the highest sample so far in dBFS; None for silence."""
        peak = float(self._sample_peak.view(np.float32)[0])
        return linear_to_db(peak) if peak > 0.0 else None

    def sample_peaks(self) -> Floats:
        """Return the highest sample (linear) of each whole cell so far."""
        return np.array(self._samples, np.float32)

    def window_peaks(self) -> Floats:
        """Return the true peak (linear) of each 3 s that are complete, one a cell; call it after `finish`."""
        points = np.array(self._points, np.float32)
        if len(points) < WINDOW_CELLS:
            return points[:0]
        highest: Floats = np.lib.stride_tricks.sliding_window_view(points, WINDOW_CELLS).max(axis=1)
        return highest

    def _push_piece(self, block: Block) -> None:
        if self._filled + len(block) > self._rows.shape[1]:
            self._drop()
        end = self._filled + len(block)
        _take_block(block, self._rows, self._filled)
        highest = _raise_tops(self._rows.view(np.int32), self._filled, end, self._tops)
        self._sample_peak[0] = max(self._sample_peak[0], highest)
        self._filled = end
        self._end_cells(self._first_piece + end // _PIECE_FRAMES)
        if len(self._samples) - len(self._points) > 2 * _AHEAD_CELLS:
            self._raise_cells(len(self._samples) - _AHEAD_CELLS)

    def _end_cells(self, pieces: int) -> None:
        """Keep the highest samples of the cells that end within that many pieces."""
        first = len(self._samples)
        whole = pieces * _PIECE_FRAMES * CELLS_PER_SECOND // self._rate_hz
        edges = self._edges(np.arange(first, whole + 2))
        edges = edges[edges <= pieces] - self._first_piece
        if edges.size > 1:
            tops = np.maximum.reduceat(self._tops[:, : edges[-1]].max(axis=0), edges[:-1])
            self._samples += tops.view(np.float32).tolist()

    def _raise_cells(self, cells: int) -> None:
        """Find the peaks of the cells up to that many, from what every 3 s that hold a cell are known to reach.

        Such 3 s hold half of themselves on the cell's one side or on its other side.
        """
        first, half = len(self._points), _AHEAD_CELLS
        known = np.full(cells - first + 2 * half, np.inf, np.float32)
        there = self._samples[max(0, first - half) : cells + half]
        start = max(0, half - first)
        known[start : start + len(there)] = there
        highest = np.lib.stride_tricks.sliding_window_view(known, half + 1).max(axis=1)
        peaks = np.minimum(highest[: cells - first], highest[half:])
        peaks = np.where(np.isinf(peaks), known[half : half + cells - first], peaks)
        self._raise(self._edges(np.arange(first, cells + 1)), peaks)
        self._points += peaks.tolist()

    def _raise(self, edges: NDArray[np.int64], peaks: Floats) -> None:
        _raise_peaks(self._rows, self._tops, edges - self._first_piece, *self._tables, *self._room, peaks)

    def _edges(self, cells: NDArray[np.int64] | int) -> NDArray[np.int64]:
        """Return the pieces, counted from the start of the stream, that cells begin with; the first takes the lead."""
        pieces = _LEAD_PIECES + np.rint(np.multiply(cells, self._rate_hz / (CELLS_PER_SECOND * _PIECE_FRAMES)))
        return np.where(np.equal(cells, 0), 1, pieces).astype(np.int64)

    def _drop(self) -> None:
        """Move what is still needed to the front."""
        kept = int(self._edges(len(self._points))) - 1 - self._first_piece
        pieces = -(-self._filled // _PIECE_FRAMES) - kept
        self._rows[:, : pieces * _PIECE_FRAMES] = self._rows[:, kept * _PIECE_FRAMES : (kept + pieces) * _PIECE_FRAMES]
        self._tops[:, :pieces] = self._tops[:, kept : kept + pieces]
        self._tops[:, pieces:] = 0
        self._first_piece += kept
        self._filled -= kept * _PIECE_FRAMES

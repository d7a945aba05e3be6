"""The true peak as the strictest of several meters reads it: for proof that a ceiling is held.

Meters that all conform differ by up to 0.3 dB on sound that is rich close to the Nyquist frequency, and converters by
more: an interpolator of 20 samples sees less of it than one of 96. On finished music, which was low-passed on its way,
they agree within 0.01 dB; on what was clipped at its own rate they don't. This one takes the highest of three.
"""

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.kernel import kernel, kernel_part
from farm.measure.interpolator import Interpolator, build_interpolator
from farm.units import linear_to_db

Floats = NDArray[np.float32]

_POINTS = 16
"""A sine between the points is missed by 0.04 dB at most (BS.1770-5, Annex 2, attachment 1)."""

_FILTERS = ((20, 5.0), (32, 9.0), (96, 9.0))
"""Taps, and the beta of their Kaiser windows."""

_TAPS = 96
_CENTRE = _TAPS // 2 - 1
_PIECE_FRAMES = 128

_COARSE_TAPS = 24
_SLACK = 1.5
"""Half-way points and samples miss 3 dB of a sine at most, and a short filter some of what is near Nyquist."""

_ROUGH = 0.5
"""Where neighbouring samples differ by more of the peak, the highest interval nearby need not look the highest."""


@kernel_part
def _follow_coarsely(row: Floats, first: int, count: int, taps: Floats, out: Floats) -> None:
    """Write the highest of each sample, the point half-way to the next, and the next."""
    out[:count] = np.float32(0.0)
    for k in range(0, taps.size, 4):
        t0, t1, t2, t3 = taps[k], taps[k + 1], taps[k + 2], taps[k + 3]
        left, right = row[first - k - 3 :], row[first + 1 + k :]
        for j in range(count):
            near = t0 * (left[j + 3] + right[j]) + t1 * (left[j + 2] + right[j + 1])
            out[j] += near + (t2 * (left[j + 1] + right[j + 2]) + t3 * (left[j] + right[j + 3]))
    for j in range(count):
        out[j] = max(abs(out[j]), max(abs(row[first + j]), abs(row[first + j + 1])))


@kernel_part
def _find_finely(row: Floats, start: int, table: Floats, sums: Floats) -> np.float32:
    """Return the highest of all points of all filters in one interval, whose first tap is at `start`."""
    sums[:] = np.float32(0.0)
    for k in range(0, table.shape[0], 8):
        near = row[start + k : start + k + 8]
        s0, s1, s2, s3, s4, s5, s6, s7 = near[0], near[1], near[2], near[3], near[4], near[5], near[6], near[7]
        t = table[k : k + 8]
        for point in range(sums.size):
            first = (t[0, point] * s0 + t[1, point] * s1) + (t[2, point] * s2 + t[3, point] * s3)
            second = (t[4, point] * s4 + t[5, point] * s5) + (t[6, point] * s6 + t[7, point] * s7)
            sums[point] += first + second
    highest = np.float32(0.0)
    for point in range(sums.size):
        highest = max(highest, abs(sums[point]))
    return highest


@kernel(
    "float32(float32[:, ::1], int32[:, ::1], int64, float32[::1], float32[:, ::1], float64, float32[::1], float32[::1],"
    " float32)"
)
def _find_peak(
    rows: Floats,
    bits: NDArray[np.int32],
    frames: int,
    taps: Floats,
    table: Floats,
    reach: float,
    coarse: Floats,
    sums: Floats,
    peak: np.float32,
) -> np.float32:
    """Return the highest of peak and all points.

    Only intervals as high as their neighbours, or rough, and near the highest so far are looked at closely; pieces that
    cannot exceed it are passed over. Magnitudes of floats are ordered as their bits.
    """
    largest = np.empty(1, np.int32)
    as_float = largest.view(np.float32)
    for channel in range(rows.shape[0]):
        row = rows[channel]
        for start in range(0, frames, coarse.size):
            count = min(coarse.size, frames - start)
            highest = np.int32(0)
            for i in range(start, start + count + table.shape[0]):
                highest = max(highest, np.int32(bits[channel, i] & np.int32(0x7FFFFFFF)))
            largest[0] = highest
            if as_float[0] * reach <= peak:
                continue
            _follow_coarsely(row, start + _CENTRE, count, taps, coarse)
            roughest = np.float32(0.0)
            for i in range(start, start + count + table.shape[0] - 1):
                roughest = max(roughest, abs(row[i + 1] - row[i]))
            for j in range(count):
                level = coarse[j]
                if level * _SLACK <= peak:
                    continue
                lower = (j > 0 and coarse[j - 1] > level) or (j + 1 < count and coarse[j + 1] > level)
                if lower and roughest < _ROUGH * peak:
                    continue
                peak = max(peak, _find_finely(row, start + j, table, sums))
    return peak


class CeilingPeak:
    """The highest point of a stream of `(frames, channels)` blocks."""

    def __init__(self, channels: int = 2) -> None:
        filters = [build_interpolator(_POINTS, taps, beta) for taps, beta in _FILTERS]
        self._table = np.ascontiguousarray(np.concatenate([_spread(each) for each in filters], axis=1))
        self._taps = build_interpolator(2, _COARSE_TAPS, 7.0).even[0].copy()
        self._reach = max(each.reach for each in filters)
        self._rows = np.zeros((channels, _TAPS + BLOCK_FRAMES), np.float32)
        self._room = np.empty(_PIECE_FRAMES, np.float32), np.empty(self._table.shape[1], np.float32)
        self._channels, self._peak = channels, np.float32(0.0)

    def push(self, block: Block) -> None:
        """Take a `(frames, channels)` block of any number of frames."""
        for start in range(0, len(block), BLOCK_FRAMES):
            piece = block[start : start + BLOCK_FRAMES]
            rows, frames = self._rows, len(piece)
            rows[:, _TAPS : _TAPS + frames] = piece.T
            self._peak = _find_peak(
                rows, rows.view(np.int32), frames, self._taps, self._table, self._reach, *self._room, self._peak
            )
            rows[:, :_TAPS] = rows[:, frames : frames + _TAPS].copy()

    def finish(self) -> float | None:
        """Return the true peak in dBTP, what rings on after the last sample included; None for silence."""
        self.push(np.zeros((_TAPS, self._channels), np.float32))
        return linear_to_db(float(self._peak)) if self._peak > 0.0 else None


def _spread(interpolator: Interpolator) -> Floats:
    """Return the weight of each of _TAPS samples in each of the points from a sample to before the next."""
    half = interpolator.even.shape[1]
    table = np.zeros((_TAPS, _POINTS), np.float32)
    left, right = table[_CENTRE - half + 1 : _CENTRE + 1][::-1], table[_CENTRE + 1 : _CENTRE + 1 + half]
    left[0, 0] = 1.0
    for point in range(1, _POINTS):
        row, sign = (point - 1, 1.0) if point <= _POINTS // 2 else (_POINTS - point - 1, -1.0)
        even, odd = interpolator.even[row], np.float32(sign) * interpolator.odd[row]
        left[:, point], right[:, point] = even + odd, even - odd
    return table

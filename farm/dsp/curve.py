"""A parameter that moves: breakpoints, and how it goes from each of them to the next."""

import bisect
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from farm.audio.kernel import kernel, kernel_part

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FOREVER = 1 << 62

_LINEAR, _HOLD, _SMOOTH, _FAST, _SLOW = range(5)
SHAPES = {"linear": _LINEAR, "hold": _HOLD, "smooth": _SMOOTH, "fast": _FAST, "slow": _SLOW}
"""With t from 0 to 1 between two points: t, 0, t^2 (3 - 2 t), 1 - (1 - t)^2, t^2."""


class Curve:
    """Points are (frame, value, shape) in the order of time; nothing moves before the first and after the last.

    A jump (behind a hold, or between points in one place) is spread evenly over `glide_frames`, so that it does not
    click. A value depends on its frame alone.
    """

    def __init__(self, points: Sequence[tuple[int, float, str]], glide_frames: int = 0) -> None:
        self._places = sorted({point[0] for point in points})
        firsts = {place: value for place, value, _ in reversed(points)}
        lasts = {place: (value, SHAPES[shape]) for place, value, shape in points}
        self._glide = glide_frames
        self._frames = np.array(self._places, np.int64)
        self._shapes = np.array([lasts[place][1] for place in self._places], np.int64)
        # rows: where a segment starts, where the one before it arrives, and what is really heard at its beginning
        self._values = np.array([[lasts[place][0], firsts[place], firsts[place]] for place in self._places])
        for index in range(1, len(self._places)):
            if self._shapes[index - 1] == _HOLD:
                self._values[index, 1] = self._values[index - 1, 0]
            heard = _value_within(
                self._frames, self._values, self._shapes, glide_frames, index - 1, self._places[index]
            )
            self._values[index, 2] = heard

    def fill(self, first_frame: int, out: Floats) -> None:
        """Write the values of consecutive frames."""
        _fill(self._frames, self._values, self._shapes, self._glide, self._segment(first_frame), first_frame, out)

    def value(self, frame: int) -> float:
        """Return the value at a frame."""
        out = np.empty(1)
        self.fill(frame, out)
        return float(out[0])

    def constant_until(self, frame: int) -> int:
        """Return the first frame after `frame` that may have another value; `frame` itself while it moves."""
        index = self._segment(frame)
        if index < 0:
            return self._places[0]
        start, _, heard = self._values[index]
        if heard != start and frame < self._places[index] + self._glide:
            return frame
        if index + 1 == len(self._places):
            return FOREVER
        rests = self._shapes[index] == _HOLD or start == self._values[index + 1, 1]
        return self._places[index + 1] if rests else frame

    def _segment(self, frame: int) -> int:
        return bisect.bisect_right(self._places, frame) - 1


@kernel_part
def _shape(kind: int, part: float) -> float:
    if kind == _SMOOTH:
        return part * part * (3.0 - 2.0 * part)
    if kind == _FAST:
        return 1.0 - (1.0 - part) * (1.0 - part)
    if kind == _SLOW:
        return part * part
    return part


@kernel_part
def _segment_value(frames: Integers, values: Floats, shapes: Integers, glide: int, index: int, frame: int) -> float:
    value: float = values[index, 0]
    past = frame - frames[index]
    if index + 1 < frames.size and shapes[index] != _HOLD:
        part = past / (frames[index + 1] - frames[index])
        value += (values[index + 1, 1] - value) * _shape(shapes[index], part)
    if past < glide and values[index, 2] != values[index, 0]:
        value = values[index, 2] + (value - values[index, 2]) * (past / glide)
    return value


@kernel("float64(int64[::1], float64[:, ::1], int64[::1], int64, int64, int64)")
def _value_within(frames: Integers, values: Floats, shapes: Integers, glide: int, index: int, frame: int) -> float:
    return float(_segment_value(frames, values, shapes, glide, index, frame))


@kernel("void(int64[::1], float64[:, ::1], int64[::1], int64, int64, int64, float64[::1])")
def _fill(
    frames: Integers, values: Floats, shapes: Integers, glide: int, segment: int, first_frame: int, out: Floats
) -> None:
    for index in range(out.size):
        frame = first_frame + index
        while segment + 1 < frames.size and frames[segment + 1] <= frame:
            segment += 1
        if segment < 0:
            out[index] = values[0, 1]
        else:
            out[index] = _segment_value(frames, values, shapes, glide, segment, frame)

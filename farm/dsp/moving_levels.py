"""Levels inside a processor that move: one value of each for every frame of a chunk."""

import numpy as np
from numpy.typing import NDArray

from farm.audio.kernel import kernel
from farm.dsp.processor import CONTROL_FRAMES

Floats = NDArray[np.float64]


class MovingLevels:
    """Linear levels that move evenly to each new set of values over a control period."""

    def __init__(self, levels: Floats, chunk_frames: int) -> None:
        """`levels` are what it begins with; no chunk is longer than `chunk_frames`."""
        self._levels = np.array([levels, levels])
        self._left = np.zeros(1, np.int64)
        self._room = np.empty((len(levels), chunk_frames))

    def move_to(self, goal: Floats) -> None:
        """Move to a set of levels over the frames that follow."""
        if not np.array_equal(goal, self._levels[1]):
            self._levels[1], self._left[0] = goal, CONTROL_FRAMES

    def advance(self, frames: int) -> Floats:
        """Return the levels of the next frames, `(levels, chunk_frames)`, valid until the next call."""
        _move(self._levels, self._left, frames, self._room)
        return self._room


@kernel("void(float64[:,::1], int64[::1], int64, float64[:,::1])")
def _move(levels: Floats, left: NDArray[np.int64], frames: int, out: Floats) -> None:
    """Write each frame's levels: evenly from row 0, the present, to row 1, the goal, over `left` frames."""
    for frame in range(frames):
        if left[0] > 1:
            for which in range(levels.shape[1]):
                levels[0, which] += (levels[1, which] - levels[0, which]) / left[0]
            left[0] -= 1
        elif left[0] == 1:
            levels[0, :] = levels[1, :]
            left[0] = 0
        for which in range(levels.shape[1]):
            out[which, frame] = levels[0, which]

"""A plain gain, and one that moves."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel
from farm.dsp.processor import CONTROL_FRAMES
from farm.dsp.sum import scale
from farm.units import db_to_linear


class MovingGain:
    """A linear gain that moves evenly to each new value over a control period. A gain of 1 changes no bit."""

    def __init__(self, gain: float) -> None:
        self._gains = np.array([gain, gain])
        self._left = np.zeros(1, np.int64)

    def move_to(self, gain: float) -> None:
        """Move to a gain over the frames that follow."""
        if gain != self._gains[1]:
            self._gains[1], self._left[0] = gain, CONTROL_FRAMES

    def process(self, block: Block) -> None:
        """Scale a `(frames, 2)` block in place."""
        moving = min(len(block), int(self._left[0]))
        if moving:
            _scale_moving(block[:moving], self._gains, self._left)
        scale(block[moving:], self._gains[0], self._gains[0])


class Gain:
    """Params: `gain_db`. 0 dB changes no bit."""

    latency_frames = 0
    tail_frames = 0

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        self._gain = MovingGain(db_to_linear(float(params["gain_db"])))

    def adjust(self, params: Mapping[str, Any]) -> None:
        """Move to another gain."""
        self._gain.move_to(db_to_linear(float(params["gain_db"])))

    def process(self, block: Block) -> None:
        """Scale a `(frames, 2)` block in place."""
        self._gain.process(block)


@kernel("void(float32[:,::1], float64[::1], int64[::1])")
def _scale_moving(block: Block, gains: NDArray[np.float64], left: NDArray[np.int64]) -> None:
    """Scale by a gain that goes from the first, the present, evenly to the second over `left` frames."""
    for frame in range(block.shape[0]):
        gains[0] = gains[1] if left[0] == 1 else gains[0] + (gains[1] - gains[0]) / left[0]
        left[0] -= 1
        gain = np.float32(gains[0])
        block[frame, 0] *= gain
        block[frame, 1] *= gain

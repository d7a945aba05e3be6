"""Fades at both ends of a piece of audio."""

import math
from dataclasses import dataclass

import numpy as np

from farm.audio.blocks import Block
from farm.audio.kernel import kernel

_SHAPES = {"linear": 0, "equal_power": 1, "smooth": 2}


@dataclass(frozen=True, slots=True)
class Fades:
    """A fade of n frames has the gains 0/n, 1/n ... (n-1)/n at its beginning, through its shape, and n/n ... 1/n at the
    end: the last n frames of one piece and the first n of the next add up to the same level (`linear`), or to the same
    power (`equal_power`)."""

    in_frames: int = 0
    out_frames: int = 0
    in_shape: str = "linear"
    out_shape: str = "linear"

    def apply(self, block: Block, first: int, length: int, gain: float = 1.0) -> None:
        """Fade a `(frames, 2)` block in place that begins at the frame `first` of a piece of `length` frames.

        `gain` is linear. `length` matters to a fade-out alone.
        """
        if gain != 1.0 or self.in_frames or self.out_frames:
            shapes = _SHAPES[self.in_shape], _SHAPES[self.out_shape]
            _fade(block, gain, first, length, self.in_frames, self.out_frames, *shapes)


@kernel("void(float32[:, ::1], float64, int64, int64, int64, int64, int64, int64)")
def _fade(
    block: Block,
    gain: float,
    first: int,
    length: int,
    fade_in: int,
    fade_out: int,
    in_shape: int,
    out_shape: int,
) -> None:
    """Apply gain and fades to frames `first`... of a clip; `length` matters to a fade-out alone."""
    for index in range(block.shape[0]):
        place = first + index
        level = gain
        for fade in range(2):
            frames = fade_in if fade == 0 else fade_out
            part = place if fade == 0 else length - place
            if frames > 0 and part < frames:
                shape = in_shape if fade == 0 else out_shape
                share = part / frames
                if shape == 1:
                    share = math.sin(share * math.pi / 2.0)
                elif shape == 2:
                    share = share * share * (3.0 - 2.0 * share)
                level *= share
        block[index, 0] *= np.float32(level)
        block[index, 1] *= np.float32(level)

"""Whether float samples are really integers of 16 or 24 bits: then they can be delivered without dither."""

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel


@kernel("int64(float32[::1], float32)")
def _count_inexact(samples: NDArray[np.float32], full_scale: np.float32) -> int:
    """Count samples that are no integer, or out of range, once multiplied by full scale.

    Full scale is a power of two: the product, its range and its nearest integer are exact in float32.
    """
    count = 0
    for i in range(samples.size):
        value = samples[i] * full_scale
        count += int((value != np.rint(value)) | (value < -full_scale) | (value > full_scale - np.float32(1.0)))
    return count


class ExactBits:
    """Follows a stream of blocks and remembers the shortest word length that still holds every sample."""

    def __init__(self) -> None:
        self.bits: int | None = 16
        """16, 24, or None if neither is exact so far."""

    def push(self, block: Block) -> None:
        """Take a `(frames, channels)` C-contiguous block."""
        samples = block.reshape(-1)
        if self.bits == 16 and _count_inexact(samples, np.float32(2.0**15)):
            self.bits = 24
        # What was exact in 16 bits before is exact in 24.
        if self.bits == 24 and _count_inexact(samples, np.float32(2.0**23)):
            self.bits = None

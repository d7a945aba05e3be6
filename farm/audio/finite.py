"""NaN and infinity, found fast: they would spread through every sum after them."""

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel

_INFINITY_BITS = 0x7F80_0000


@kernel("int32(int32[::1])")
def _largest_magnitude(bits: NDArray[np.int32]) -> np.int32:
    """As integers without their sign, floats keep their order, and infinity and NaN lie above all others."""
    largest = np.int32(0)
    for i in range(bits.size):
        largest = max(largest, np.int32(bits[i] & 0x7FFFFFFF))
    return largest


def find_not_finite(block: Block) -> int | None:
    """Return the first frame of a C-contiguous `(frames, channels)` block that is NaN or infinite, or None."""
    if _largest_magnitude(block.reshape(-1).view(np.int32)) < _INFINITY_BITS:
        return None
    return int(np.argmax(~np.isfinite(block).all(axis=1)))

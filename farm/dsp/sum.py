"""Adding streams: what faders, pans, sends and buses come down to. Plain float32, one rounding each operation."""

from farm.audio.blocks import Block
from farm.audio.kernel import kernel


def add_scaled(total: Block, block: Block, left: float, right: float) -> None:
    """Add `block` times a linear gain for each channel to `total`, both `(frames, 2)`. A gain of 1 adds it bit for bit.

    The order of the calls is the order of the sum, and with it part of the result.
    """
    _add_scaled(total, block, left, right)


def scale(block: Block, left: float, right: float) -> None:
    """Multiply a `(frames, 2)` block in place by a linear gain for each channel."""
    if left != 1.0 or right != 1.0:
        _scale(block, left, right)


@kernel("void(float32[:,::1], float32[:,::1], float32, float32)")
def _add_scaled(total: Block, block: Block, left: float, right: float) -> None:
    for index in range(block.shape[0]):
        total[index, 0] += block[index, 0] * left
        total[index, 1] += block[index, 1] * right


@kernel("void(float32[:,::1], float32, float32)")
def _scale(block: Block, left: float, right: float) -> None:
    for index in range(block.shape[0]):
        block[index, 0] *= left
        block[index, 1] *= right

"""Adding streams: what faders, pans, sends and buses come down to. Plain float32, one rounding each operation."""

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel

Gains = NDArray[np.float32]
"""Linear gains from left to left, right to left, left to right, right to right; `(4,)`, or `(frames, 4)` if moving."""


def add_scaled(total: Block, block: Block, left: float, right: float) -> None:
    """Add `block` times a linear gain for each channel to `total`, both `(frames, 2)`. A gain of 1 adds it bit for bit.

    The order of the calls is the order of the sum, and with it part of the result.
    """
    _add_scaled(total, block, left, right)


def add_placed(total: Block, block: Block, gains: Gains) -> None:
    """Add `block` with its channels placed by `gains` to `total`, both `(frames, 2)`.

    Bit for bit the same whether equal gains come once or for every frame.
    """
    if gains.ndim == 2:
        _add_moving(total, block, gains)
    elif gains[1] == 0.0 and gains[2] == 0.0:
        _add_scaled(total, block, gains[0], gains[3])
    else:
        _add_crossed(total, block, gains)


def scale(block: Block, left: float, right: float) -> None:
    """Multiply a `(frames, 2)` block in place by a linear gain for each channel."""
    if left != 1.0 or right != 1.0:
        _scale(block, left, right)


def place(block: Block, gains: Gains) -> None:
    """Replace a `(frames, 2)` block by its channels placed by `gains`, `(4,)`."""
    _place(block, gains)


@kernel("void(float32[:,::1], float32[:,::1], float32, float32)")
def _add_scaled(total: Block, block: Block, left: float, right: float) -> None:
    for index in range(block.shape[0]):
        total[index, 0] += block[index, 0] * left
        total[index, 1] += block[index, 1] * right


@kernel("void(float32[:,::1], float32[:,::1], float32[::1])")
def _add_crossed(total: Block, block: Block, gains: Gains) -> None:
    for index in range(block.shape[0]):
        left, right = block[index, 0], block[index, 1]
        total[index, 0] += left * gains[0] + right * gains[1]
        total[index, 1] += left * gains[2] + right * gains[3]


@kernel("void(float32[:,::1], float32[:,::1], float32[:,::1])")
def _add_moving(total: Block, block: Block, gains: Gains) -> None:
    for index in range(block.shape[0]):
        left, right = block[index, 0], block[index, 1]
        total[index, 0] += left * gains[index, 0] + right * gains[index, 1]
        total[index, 1] += left * gains[index, 2] + right * gains[index, 3]


@kernel("void(float32[:,::1], float32, float32)")
def _scale(block: Block, left: float, right: float) -> None:
    for index in range(block.shape[0]):
        block[index, 0] *= left
        block[index, 1] *= right


@kernel("void(float32[:,::1], float32[::1])")
def _place(block: Block, gains: Gains) -> None:
    for index in range(block.shape[0]):
        left, right = block[index, 0], block[index, 1]
        block[index, 0] = left * gains[0] + right * gains[1]
        block[index, 1] = left * gains[2] + right * gains[3]

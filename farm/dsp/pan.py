"""Where a channel sits between left and right."""

import math

import numpy as np
from numpy.typing import NDArray

from farm.audio.kernel import kernel, kernel_part

Floats = NDArray[np.float64]

CONSTANT_POWER_DB = -3.0

BALANCE, PLACED, DUAL = range(3)
"""How a channel is placed: a stereo one by balance, a mono one by the pan law, or each side of a stereo one by it."""

Matrix = tuple[float, float, float, float]
"""Linear gains from left to left, right to left, left to right, right to right."""


def pan_gains(pan: float, mono: bool, law_db: float = CONSTANT_POWER_DB) -> tuple[float, float]:
    """Return the linear gains of left and right for a pan from -1 (left) over 0 (centre) to 1 (right).

    A mono stem is placed by the pan law: cosine and sine of a quarter turn, to the power of `law_db` / -3. So for -3
    (constant power) each side has -3.01 dB at the centre, for -4.5 half as much again, for -6 -6.02 dB (both sides add
    up to 1 there); 0 dB at a side always. A stereo stem is balanced: 0 dB at the centre, the near side stays, and the
    far side falls as constant power falls from its centre, min(1, sqrt(2) * cosine or sine). At a side the other
    channel is silent, exactly.
    """
    gains = placing_matrix(PLACED if mono else BALANCE, pan, 1.0, law_db)
    return gains[0], gains[3]


def placing_matrix(
    kind: int, pan: float, width: float, law_db: float, dual_pan: tuple[float, float] = (-1.0, 1.0)
) -> Matrix:
    """Return the gains of a channel: its side is scaled by `width` first, then it is placed."""
    out = np.empty((1, 4))
    fill_placing(kind, np.array([pan]), np.array([width]), law_db, dual_pan, out)
    return (float(out[0, 0]), float(out[0, 1]), float(out[0, 2]), float(out[0, 3]))


def fill_placing(
    kind: int, pans: Floats, widths: Floats, law_db: float, dual_pan: tuple[float, float], out: Floats
) -> None:
    """Write the gains for each frame into `out`, `(frames, 4)`."""
    _fill_placing(kind, pans, widths, law_db / CONSTANT_POWER_DB, dual_pan[0], dual_pan[1], out)


@kernel_part
def _left_gain(pan: float, power: float) -> float:
    if pan >= 1.0:
        return 0.0
    gain = math.cos((pan + 1.0) * math.pi / 4.0)
    return gain if power == 1.0 else gain**power


@kernel_part
def _right_gain(pan: float, power: float) -> float:
    if pan <= -1.0:
        return 0.0
    gain = math.sin((pan + 1.0) * math.pi / 4.0)
    return gain if power == 1.0 else gain**power


@kernel("void(int64, float64[::1], float64[::1], float64, float64, float64, float64[:, ::1])")
def _fill_placing(
    kind: int, pans: Floats, widths: Floats, power: float, left_pan: float, right_pan: float, out: Floats
) -> None:
    from_centre = math.sqrt(2.0)
    for index in range(out.shape[0]):
        pan, width = pans[index], widths[index]
        if kind == DUAL:
            left_left, left_right = _left_gain(left_pan, power), _right_gain(left_pan, power)
            right_left, right_right = _left_gain(right_pan, power), _right_gain(right_pan, power)
        else:
            left_left, right_right = _left_gain(pan, power), _right_gain(pan, power)
            left_right = right_left = 0.0
            if kind == BALANCE:
                left_left = 1.0 if pan <= 0.0 else min(1.0, from_centre * _left_gain(pan, 1.0))
                right_right = 1.0 if pan >= 0.0 else min(1.0, from_centre * _right_gain(pan, 1.0))
        same, other = (1.0 + width) / 2.0, (1.0 - width) / 2.0
        out[index, 0] = same * left_left + other * right_left
        out[index, 1] = other * left_left + same * right_left
        out[index, 2] = same * left_right + other * right_right
        out[index, 3] = other * left_right + same * right_right

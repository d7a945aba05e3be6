"""Where a strip sits between left and right."""

import math


def pan_gains(pan: float, mono: bool) -> tuple[float, float]:
    """Return the linear gains of left and right for a pan from -1 (left) over 0 (centre) to 1 (right).

    A mono stem is placed with constant power: cosine and sine of a quarter turn, so -3.01 dB each at the centre and
    0 dB at a side. A stereo stem is balanced: 0 dB at the centre, the near side stays, and the far side falls as the
    same law falls from its centre, min(1, sqrt(2) * cosine or sine). At a side the other channel is silent, exactly.
    """
    angle = (pan + 1.0) * math.pi / 4.0
    left = math.cos(angle) if pan < 1.0 else 0.0
    right = math.sin(angle) if pan > -1.0 else 0.0
    if mono:
        return left, right
    from_centre = math.sqrt(2.0)
    return (1.0 if pan <= 0.0 else min(1.0, from_centre * left)), (1.0 if pan >= 0.0 else min(1.0, from_centre * right))

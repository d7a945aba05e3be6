"""Levels and times: one place that converts them. A bare float is linear amplitude."""

import math

CD_FRAMES_PER_SECOND = 75
"""Red Book: a CD frame (sector) is 1/75 s."""


def db_to_linear(level_db: float) -> float:
    """Return the amplitude ratio of a level in dB."""
    return math.pow(10.0, level_db / 20.0)


def linear_to_db(ratio: float) -> float:
    """Return the level in dB of an amplitude ratio; minus infinity for 0."""
    return 20.0 * math.log10(ratio) if ratio > 0.0 else -math.inf


def round_to(value: float, step: float) -> float:
    """Return value rounded to the nearest multiple of step, free of binary dust (0.1 stays 0.1)."""
    return round(round(value / step) * step, 6)


def seconds_to_clock(seconds: float) -> str:
    """Return a duration as people write it on a sleeve: `3:07`."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}"

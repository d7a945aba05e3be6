"""Curves over the third-octave bands: levels as powers, bands that hold nothing, gains as they are handed out."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from farm.units import round_to

_STEP_DB = 0.1
"""Gains of bands are rounded, so that one song's small change leaves the others' finished audio alone."""

EMPTY_DB = -80.0
"""A band that far below the song's level holds what the word length or a lossy codec left: nothing to match."""

Curve = NDArray[np.float64]
"""One value for each band; NaN where there is nothing."""


def levels_to_powers(levels_db: Sequence[float]) -> Curve:
    """Return the power ratio of each level in dB."""
    powers: Curve = 10.0 ** (np.array(levels_db, np.float64) / 10.0)
    return powers


def known_levels_db(levels_db: tuple[float, ...]) -> Curve:
    """Return the levels of bands that hold something, NaN for the others."""
    levels = np.array(levels_db)
    return np.where(levels > EMPTY_DB, levels, np.nan)


def round_curve(gains_db: Curve) -> tuple[float, ...]:
    """Return the gains rounded, () if that leaves none."""
    rounded = tuple(round_to(float(gain), _STEP_DB) for gain in gains_db)
    return rounded if any(rounded) else ()

"""The gates of programme loudness, and the loudness of what passes them (ITU-R BS.1770-5): numbers only."""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

OFFSET_LU = -0.691
"""BS.1770-5, Annex 1, eq. 2: 997 Hz at 0 dBFS in one channel reads -3.01 LUFS."""

ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0


def lufs_to_power(level_lufs: float) -> float:
    """Return the channel-weighted mean square of a loudness."""
    return math.pow(10.0, (level_lufs - OFFSET_LU) / 10.0)


def power_to_lufs(power: float) -> float:
    """Return the loudness of a channel-weighted mean square above 0."""
    return OFFSET_LU + 10.0 * math.log10(power)


def integrate(block_clufs: Iterable[int]) -> float | None:
    """Return the loudness of gating blocks pooled from any number of songs; None if none is above -70 LUFS.

    `block_clufs` are hundredths of LUFS, as in Measurement.block_clufs: an album's loudness is that of its songs
    played as one programme, but for the blocks across the borders.
    """
    levels_lufs = np.fromiter(block_clufs, np.float64) / 100.0
    return gate(10.0 ** ((levels_lufs - OFFSET_LU) / 10.0))


def gate(powers: Floats) -> float | None:
    """Return the loudness of gating blocks of these powers, None if none is above -70 LUFS: gated absolutely, then
    relatively to the mean of what is left (BS.1770-5, Annex 1, eq. 4 to 7)."""
    loud = powers[powers > lufs_to_power(ABSOLUTE_GATE_LUFS)]
    if not loud.size:
        return None
    loud = loud[loud > loud.mean() * 10.0 ** (RELATIVE_GATE_LU / 10.0)]
    return power_to_lufs(float(loud.mean()))

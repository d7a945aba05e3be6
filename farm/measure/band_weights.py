"""What the K-weighting makes of a third-octave spectrum: loudness from thirty numbers."""

import cmath
import math
from functools import cache

from farm.measure.bands import LTAS_BANDS_HZ
from farm.measure.k_weighting import STANDARD_RATE_HZ, Biquad, design_k_weighting


@cache
def band_weights() -> tuple[float, ...]:
    """Return the power gain of the K-weighting (ITU-R BS.1770-5, Annex 1) at the middle of each of LTAS_BANDS_HZ."""
    shelf, highpass = design_k_weighting(STANDARD_RATE_HZ)
    return tuple(_power_gain(shelf, hz) * _power_gain(highpass, hz) for hz in LTAS_BANDS_HZ)


def _power_gain(section: Biquad, hz: float) -> float:
    z = cmath.exp(-2j * math.pi * hz / STANDARD_RATE_HZ)
    response = (section.b0 + z * (section.b1 + z * section.b2)) / (1.0 + z * (section.a1 + z * section.a2))
    return abs(response) ** 2

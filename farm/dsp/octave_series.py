"""Logarithm and power of 2 as polynomials, so that every machine computes the same bits."""

import math

import numpy as np

LOG2_SERIES = tuple(
    np.float32(factor) for factor in (1.44268325, -0.72044237, 0.469301686, -0.303389664, 0.146433611, -0.03459521)
)
"""log2(1 + t) / t for 0 <= t < 1, Chebyshev interpolation of degree 5: off by 0.00006 dB at most."""

EXP2_SERIES = tuple(
    np.float32(factor) for factor in (0.69314695, 0.240214869, 0.0554094489, 0.00934564856, 0.00100433738)
)
"""(2^t - 1) / t for -1 < t <= 0, Chebyshev interpolation of degree 4: off by 0.000005 dB at most, and 2^0 is 1."""

DB_PER_OCTAVE = np.float32(20.0 * math.log10(2.0))
OCTAVES_PER_DB = np.float32(1.0 / (20.0 * math.log10(2.0)))

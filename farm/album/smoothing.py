"""Smoothing of a third-octave curve, as finely as the ear tells bands apart: single peaks are notes, not tone."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_WIDER_BELOW_HZ = 200.0
"""Up from here an auditory filter is a third of an octave wide or less, below it is wider."""

_WIDTHS_A_SIGMA = 2.0 * np.sqrt(2.0 * np.log(2.0))
"""Width at half height of a bell curve, in its standard deviations."""


def smooth_bands(bands_hz: Floats, values_db: Floats, octaves: float) -> Floats:
    """Return each band's mean with its neighbours under a bell curve `octaves` wide at half its height, 0 for none.

    Below 200 Hz it is wider, as the ear's filters are: B. R. Glasberg and B. C. J. Moore, "Derivation of auditory
    filter shapes from notched-noise data" (1990), eq. 3.
    """
    if not octaves:
        return values_db
    places = np.log2(bands_hz)
    wider = np.maximum(1.0, _ear_octaves(bands_hz) / _ear_octaves(np.array(_WIDER_BELOW_HZ)))
    distance = (places - places[:, None]) * _WIDTHS_A_SIGMA / (octaves * wider[:, None])
    weights = np.exp(-0.5 * distance**2)
    smooth: Floats = weights @ values_db / weights.sum(axis=1)
    return smooth


def _ear_octaves(hz: Floats) -> Floats:
    """Return about how many octaves an auditory filter is wide: its width over its centre."""
    octaves: Floats = (24.7 * (4.37 * hz / 1000.0 + 1.0) / hz) / np.log(2.0)
    return octaves

"""What a tone filter does to a song's loudness, from its spectrum: without samples."""

from collections.abc import Sequence

import numpy as np

from farm.album.aim import Curve
from farm.measure.band_weights import band_weights
from farm.records import Measurement

_DIGITS = 3


def loudness_change_lu(song: Measurement, tone_db: Sequence[float], side_db: Sequence[float]) -> float:
    """Return by how much gains in dB a band change the loudness of a song's loud parts; `side_db` is () where the side
    has the same gains as the mid."""
    if not song.ltas_db or not (any(tone_db) or any(side_db)):
        return 0.0
    gains = _powers(tone_db or (0.0,) * len(song.ltas_db))
    before = np.array(band_weights()) * _powers(song.ltas_db)
    if side_db and song.ltas_side_db:
        mid, side = _powers(song.ltas_mid_db), _powers(song.ltas_side_db)
        gains = (mid * gains + side * _powers(side_db)) / np.maximum(mid + side, np.finfo(np.float64).tiny)
    return round(float(10.0 * np.log10(np.sum(before * gains) / np.sum(before))), _DIGITS)


def _powers(levels_db: Sequence[float]) -> Curve:
    powers: Curve = 10.0 ** (np.array(levels_db, np.float64) / 10.0)
    return powers

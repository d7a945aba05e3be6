"""How far the songs of an album are from each other, before and after matching."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from farm.measure.bands import LTAS_BANDS_HZ
from farm.records import Measurement

_COMPARED_HZ = tuple(hz for hz in LTAS_BANDS_HZ if 60.0 <= hz <= 12000.0)
"""Tone is compared where every record has content."""


@dataclass(frozen=True, slots=True)
class Spread:
    """`loudness_lu` is the loudest song's distance from the quietest. `tone_db` is the distance between the songs' most
    and least third-octave level, each song's spectrum taken relative to its own mean from 60 Hz to 12 kHz, averaged
    over these bands; `worst_tone_db` is that of the band `worst_tone_hz`, where it is largest. None with fewer than
    two songs that are not silent."""

    loudness_lu: float | None = None
    tone_db: float | None = None
    worst_tone_db: float | None = None
    worst_tone_hz: float | None = None


def measure_spread(songs: Sequence[Measurement]) -> Spread:
    """Return the spread of these songs."""
    levels = [song.integrated_lufs for song in songs if song.integrated_lufs is not None]
    loudness_lu = max(levels) - min(levels) if len(levels) > 1 else None
    curves = [_centred(song.ltas_db) for song in songs if song.ltas_db]
    if len(curves) < 2:
        return Spread(loudness_lu)
    by_band = [max(band) - min(band) for band in zip(*curves, strict=True)]
    return Spread(loudness_lu, fmean(by_band), max(by_band), _COMPARED_HZ[by_band.index(max(by_band))])


def _centred(ltas_db: Sequence[float]) -> list[float]:
    inside = [db for hz, db in zip(LTAS_BANDS_HZ, ltas_db, strict=True) if hz in _COMPARED_HZ]
    mean = fmean(inside)
    return [db - mean for db in inside]

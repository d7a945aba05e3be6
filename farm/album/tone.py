"""Tone matching: how each song's spectrum is brought towards the album's, or towards reference records'."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from farm.measure.bands import LTAS_BANDS_HZ
from farm.plan.spec import ToneSpec
from farm.records import Measurement
from farm.units import round_to

TONE_STEP_DB = 0.1
"""Tone gains are rounded, so that one song's small change leaves the others' finished audio alone."""

Curve = NDArray[np.float64]

_SMOOTHING = (0.25, 0.5, 0.25)
"""Weights of a band and its neighbours: single-band peaks are notes, not tone."""


def tone_curves_db(
    tone: ToneSpec | None, songs: Mapping[int, Measurement], references: Sequence[Measurement]
) -> dict[int, tuple[float, ...]]:
    """Return for each song's number a gain in dB for each band of LTAS_BANDS_HZ, () where nothing is to be changed.

    The curve aimed at is the median of the songs' level-independent spectra, or the weighted mean of the references'.
    A song without a spectrum (silence) is left alone, and so is a lone song without references.
    """
    curves = {number: np.array(song.ltas_db) for number, song in songs.items() if song.ltas_db}
    if tone is None or (not tone.references and len(curves) < 2):
        return dict.fromkeys(songs, ())
    aim = _aim(tone, curves, references)
    return {number: _gains(tone, aim - curves[number]) if number in curves else () for number in songs}


def _aim(tone: ToneSpec, curves: Mapping[int, Curve], references: Sequence[Measurement]) -> Curve:
    if not tone.references:
        return np.asarray(np.median(np.stack(list(curves.values())), axis=0), np.float64)
    weighted = [(r.ltas_db, spec.weight) for r, spec in zip(references, tone.references, strict=True) if r.ltas_db]
    spectra, weights = zip(*weighted, strict=True)
    return np.asarray(np.average(np.array(spectra), axis=0, weights=weights), np.float64)


def _gains(tone: ToneSpec, difference_db: Curve) -> tuple[float, ...]:
    """Smooth, centre, scale, fade out beyond the range, bound and round a difference to a tone filter's gains."""
    bands_hz = np.array(LTAS_BANDS_HZ)
    inside = (bands_hz >= tone.low_hz) & (bands_hz <= tone.high_hz)
    if not inside.any():
        return ()
    smooth = np.convolve(np.pad(difference_db, 1, mode="edge"), _SMOOTHING, mode="valid")
    centred = smooth - np.mean(smooth[inside])
    octaves_out = np.maximum(np.log2(tone.low_hz / bands_hz), np.log2(bands_hz / tone.high_hz)).clip(0.0, 1.0)
    edge = centred[np.clip(np.arange(len(bands_hz)), *np.flatnonzero(inside)[[0, -1]])]
    gains = np.clip(tone.amount * edge * (1.0 - octaves_out), -tone.max_db, tone.max_db)
    rounded = tuple(round_to(float(gain), TONE_STEP_DB) for gain in gains)
    return rounded if any(rounded) else ()

"""Tone matching: how each song's spectrum is brought towards the album's, or towards reference records'."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from farm.album.aim import Programme, find_aim, gather_programmes
from farm.album.curve import Curve, known_levels_db, levels_to_powers, round_curve
from farm.album.smoothing import smooth_bands
from farm.album.width import width_curves_db
from farm.dsp.band_gains import solve_band_gains
from farm.measure.bands import LTAS_BANDS_HZ, LTAS_EDGES_HZ
from farm.plan.match_spec import MatchSpec, ReferenceSpec, ToneSpec
from farm.records import Measurement


def tone_curves_db(
    match: MatchSpec, songs: Mapping[int, Measurement], references: Mapping[ReferenceSpec, Measurement]
) -> dict[int, tuple[float, ...]]:
    """Return for each song's number a gain in dB for each band of LTAS_BANDS_HZ, () where nothing is to be changed.

    The curve aimed at is the median of the songs' level-independent spectra, or the weighted mean of the references'.
    Songs are taken with the width that they are going to have. A song without a spectrum (silence) is left alone.
    """
    curves: dict[int, tuple[float, ...]] = dict.fromkeys(songs, ())
    tone = match.tone
    if tone is None:
        return curves
    programmes, aim = _find_aim(match, tone, songs, references)
    for programme in programmes:
        own = spectrum_db(programme.measurement)
        if aim is not None and own is not None:
            curves |= dict.fromkeys(programme.numbers, _gains(tone, programme.tone, programme.measurement, aim - own))
    return curves


def tone_aim_db(
    match: MatchSpec, songs: Mapping[int, Measurement], references: Mapping[ReferenceSpec, Measurement]
) -> Curve | None:
    """Return the spectrum that is aimed at, NaN in bands where nobody has anything; None without an aim."""
    return _find_aim(match, match.tone, songs, references)[1] if match.tone else None


def _find_aim(
    match: MatchSpec,
    tone: ToneSpec,
    songs: Mapping[int, Measurement],
    references: Mapping[ReferenceSpec, Measurement],
) -> tuple[list[Programme], Curve | None]:
    widths_db = width_curves_db(match, songs, references)
    widened = {number: _widened(song, widths_db[number]) for number, song in songs.items()}
    programmes = gather_programmes(match, widened)
    return programmes, find_aim(programmes, tone.references, references, spectrum_db)


def spectrum_db(song: Measurement) -> Curve | None:
    """Return what tone is matched by, NaN in bands that hold nothing; None for silence."""
    return known_levels_db(song.ltas_db) if song.ltas_db else None


def _widened(song: Measurement, width_db: tuple[float, ...]) -> Measurement:
    """Return a song with the spectrum that it has once its side is changed."""
    if not width_db or not song.ltas_mid_db:
        return song
    mid, side = levels_to_powers(song.ltas_mid_db), levels_to_powers(song.ltas_side_db)
    change = (mid + side * levels_to_powers(width_db)) / np.maximum(mid + side, np.finfo(np.float64).tiny)
    return replace(song, ltas_db=tuple((np.array(song.ltas_db) + 10.0 * np.log10(change)).tolist()))


def _gains(tone: ToneSpec, amount: float, song: Measurement, difference_db: Curve) -> tuple[float, ...]:
    """Smooth, centre, scale and bound a difference, and return the rounded gains that change the song by it.

    It fades out over an octave beyond the range. A band without a difference follows its neighbours, but one that is
    empty in the song is not raised.
    """
    bands_hz = np.array(LTAS_BANDS_HZ)
    inside = (bands_hz >= tone.low_hz) & (bands_hz <= tone.high_hz) & ~np.isnan(difference_db)
    if not inside.any():
        return ()
    smooth = smooth_bands(bands_hz[inside], difference_db[inside], tone.smoothing_octaves)
    centred = np.interp(np.log(bands_hz), np.log(bands_hz[inside]), smooth - smooth.mean())
    octaves_out = np.maximum(np.log2(tone.low_hz / bands_hz), np.log2(bands_hz / tone.high_hz)).clip(0.0, 1.0)
    is_empty = np.isnan(known_levels_db(song.ltas_db))
    lowest = np.where(octaves_out < 1.0, -tone.max_cut_db, 0.0)
    highest = np.where((octaves_out < 1.0) & ~is_empty, tone.max_boost_db, 0.0)
    wanted = np.clip(amount * centred * (1.0 - octaves_out), lowest, highest)
    return round_curve(solve_band_gains(LTAS_EDGES_HZ, np.array(song.ltas_db), wanted, lowest, highest))

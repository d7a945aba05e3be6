"""What the songs of an album are brought towards: the middle of their own, or reference records."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from farm.plan.spec import MatchSpec, ReferenceSpec, SongMatchSpec
from farm.records import Measurement
from farm.units import round_to

TONE_STEP_DB = 0.1
"""Gains of bands are rounded, so that one song's small change leaves the others' finished audio alone."""

EMPTY_DB = -80.0
"""A band that far below the song's level holds what the word length or a lossy codec left: nothing to match."""

Curve = NDArray[np.float64]
"""One value for each band; NaN where there is nothing."""

Read = Callable[[Measurement], Curve | None]
"""What is looked at; None where a recording says nothing of it."""


@dataclass(frozen=True, slots=True)
class Programme:
    """Songs that share one trim: one, or those that are joined, measured as a whole.

    The amounts are the smallest of its songs', so that one that is to be left alone is. It is part of the average if
    one of its songs is.
    """

    numbers: tuple[int, ...]
    measurement: Measurement
    tone: float
    width: float
    dynamics: float
    in_average: bool


def gather_programmes(match: MatchSpec, songs: Mapping[int, Measurement]) -> list[Programme]:
    """Return the album's programmes. Song 1 has the first of the spec's settings; without any, all have defaults."""
    settings = {number: match.song(number) for number in songs}
    runs: dict[tuple[str, int], list[int]] = defaultdict(list)
    for number in sorted(songs):
        joined = settings[number].joined
        runs[("alone", number) if joined is None else ("joined", joined)].append(number)
    return [_programme({number: songs[number] for number in run}, [settings[n] for n in run]) for run in runs.values()]


def _programme(songs: Mapping[int, Measurement], settings: Sequence[SongMatchSpec]) -> Programme:
    return Programme(
        tuple(songs),
        _pool(list(songs.values())),
        min(setting.tone for setting in settings),
        min(setting.width for setting in settings),
        min(setting.dynamics for setting in settings),
        any(setting.in_average for setting in settings),
    )


def _pool(songs: Sequence[Measurement]) -> Measurement:
    """Return what songs measure together: each counts by its duration, whatever its level."""
    audible = [song for song in songs if song.ltas_db]
    if len(songs) == 1 or not audible:
        return songs[0]
    ranges = [song.loudness_range_lu for song in audible if song.loudness_range_lu is not None]
    stereo = [song for song in audible if song.ltas_side_db]
    return replace(
        audible[0],
        duration_seconds=sum(song.duration_seconds for song in songs),
        loudness_range_lu=fmean(ranges) if ranges else None,
        ltas_db=_pool_spectra([song.ltas_db for song in audible], audible),
        ltas_mid_db=_pool_spectra([song.ltas_mid_db for song in stereo], stereo),
        ltas_side_db=_pool_spectra([song.ltas_side_db for song in stereo], stereo),
    )


def _pool_spectra(spectra_db: Sequence[tuple[float, ...]], songs: Sequence[Measurement]) -> tuple[float, ...]:
    if not spectra_db:
        return ()
    seconds = [song.duration_seconds for song in songs]
    powers = np.average(10.0 ** (np.array(spectra_db) / 10.0), axis=0, weights=seconds)
    return tuple((10.0 * np.log10(powers)).tolist())


def find_aim(
    programmes: Sequence[Programme],
    specs: Sequence[ReferenceSpec],
    references: Mapping[ReferenceSpec, Measurement],
    read: Read,
) -> Curve | None:
    """Return the weighted mean of the references, or without any the median of the programmes in the average.

    The median does not follow one song that is far off. If no programme is in the average, all are. None if there is
    nothing to aim at; NaN in a band where nobody has anything.
    """
    if specs:
        led = [(curve, spec.weight) for spec in specs if (curve := read(references[spec])) is not None]
        return _by_band(led, lambda values, weights: float(np.average(values, weights=weights)))
    chosen = [programme for programme in programmes if programme.in_average] or programmes
    own = [(curve, 1.0) for programme in chosen if (curve := read(programme.measurement)) is not None]
    return _by_band(own, lambda values, _: float(np.median(values)))


def _by_band(curves: Sequence[tuple[Curve, float]], combine: Callable[[Curve, Curve], float]) -> Curve | None:
    """Return what `combine` makes of each band's values and their weights, those left out that are NaN."""
    if not curves:
        return None
    values, weights = np.array([curve for curve, _ in curves]), np.array([weight for _, weight in curves])
    known = ~np.isnan(values)
    return np.array(
        [
            combine(band[there], weights[there]) if there.any() else np.nan
            for band, there in zip(values.T, known.T, strict=True)
        ]
    )


def known_levels_db(levels_db: tuple[float, ...]) -> Curve:
    """Return the levels of bands that hold something, NaN for the others."""
    levels = np.array(levels_db)
    return np.where(levels > EMPTY_DB, levels, np.nan)


def round_curve(gains_db: Curve) -> tuple[float, ...]:
    """Return the gains rounded, () if that leaves none."""
    rounded = tuple(round_to(float(gain), TONE_STEP_DB) for gain in gains_db)
    return rounded if any(rounded) else ()

"""What the songs of an album are brought towards: the middle of their own, or reference records."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np

from farm.album.curve import Curve, levels_to_powers
from farm.album.programme import find_programmes
from farm.plan.match_spec import MatchSpec, ReferenceSpec, SongMatchSpec
from farm.records import Measurement

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
    return [
        _programme({number: songs[number] for number in numbers}, [match.song(number) for number in numbers])
        for numbers in find_programmes(match, songs)
    ]


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
    powers = np.average([levels_to_powers(levels_db) for levels_db in spectra_db], axis=0, weights=seconds)
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

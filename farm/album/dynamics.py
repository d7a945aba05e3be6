"""Dynamics matching: how much wider or narrower each song's loudness range is to be."""

from collections.abc import Mapping

import numpy as np

from farm.album.aim import find_aim, gather_programmes
from farm.album.curve import Curve
from farm.plan.match_spec import MatchSpec, ReferenceSpec
from farm.records import Measurement
from farm.units import round_to

_FACTOR_STEP = 0.01
"""Factors are rounded, so that one song's small change leaves the others' finished audio alone."""

LEAST_FACTOR, MOST_FACTOR = 0.5, 1.5
"""Beyond these a slow ride is heard as a fader that somebody moves."""

_EVEN_LU = 1.0
"""A song whose loudness ranges over less than that has no louder and softer parts to bring apart or together."""


def range_factors(
    match: MatchSpec, songs: Mapping[int, Measurement], references: Mapping[ReferenceSpec, Measurement]
) -> dict[int, float]:
    """Return for each song's number the factor on its loudness range (EBU Tech 3342), 1 for no change.

    What is aimed at is the median of the songs' ranges, or the weighted mean of the references'.
    """
    return {
        number: round_to(min(max(factor, LEAST_FACTOR), MOST_FACTOR), _FACTOR_STEP)
        for number, factor in unbound_range_factors(match, songs, references).items()
    }


def unbound_range_factors(
    match: MatchSpec, songs: Mapping[int, Measurement], references: Mapping[ReferenceSpec, Measurement]
) -> dict[int, float]:
    """Return the factors that would be needed, be they heard as a moving fader or not."""
    factors = dict.fromkeys(songs, 1.0)
    if match.dynamics is None:
        return factors
    programmes = gather_programmes(match, songs)
    aim = find_aim(programmes, match.dynamics.references, references, _range_lu)
    for programme in programmes:
        own = _range_lu(programme.measurement)
        if aim is not None and own is not None and own[0] >= _EVEN_LU:
            factor = 1.0 + programme.dynamics * (float(aim[0] / own[0]) - 1.0)
            factors |= dict.fromkeys(programme.numbers, factor)
    return factors


def _range_lu(song: Measurement) -> Curve | None:
    return None if song.loudness_range_lu is None else np.array([song.loudness_range_lu])

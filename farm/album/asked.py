"""What the album asked of each song, beside the trim that came of it: a verdict compares it with what was reached."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from farm.album.curve import Curve
from farm.album.dynamics import unbound_range_factors
from farm.album.level import level_gains_db
from farm.album.tone import tone_aim_db, tone_curves_db
from farm.album.width import width_aim_db, width_curves_db
from farm.plan.match_spec import MatchSpec, ReferenceSpec
from farm.records import Measurement

_DIGITS = 3


@dataclass(frozen=True, slots=True)
class CurveAsked:
    """dB a band of LTAS_BANDS_HZ: what is aimed at, None where nobody has anything, and what would have to be changed
    for it were there no bounds, () for nothing."""

    aim_db: tuple[float | None, ...]
    unbound_db: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """`unheld_lufs` is the loudness that the song would have without a limit on its loudest 3 s, and `range_lu` the
    loudness range without bounds. What is None was not asked for."""

    unheld_lufs: float | None = None
    range_lu: float | None = None
    tone: CurveAsked | None = None
    width: CurveAsked | None = None


def ask_songs(
    spec: MatchSpec, songs: Mapping[int, Measurement], references: Mapping[ReferenceSpec, Measurement]
) -> dict[int, Asked]:
    """Return what was asked of each song, by its number."""
    gains_db = level_gains_db(replace(spec, max_short_term_lufs=None), songs, references)
    factors = unbound_range_factors(spec, songs, references)
    tones, widths = _tones(spec, songs, references), _widths(spec, songs, references)
    return {
        number: Asked(
            unheld_lufs=_raised(song.loudness_lufs(spec.loudness_measure), gains_db[number]),
            range_lu=_scaled(song.loudness_range_lu, factors[number]) if spec.song(number).dynamics else None,
            tone=tones.get(number) if spec.song(number).tone else None,
            width=widths.get(number) if spec.song(number).width else None,
        )
        for number, song in songs.items()
    }


def asked_from(facts: Mapping[str, Any]) -> Asked:
    """Return what was asked from its JSON facts."""
    curves = {
        name: CurveAsked(**{key: tuple(v) for key, v in facts[name].items()})
        for name in ("tone", "width")
        if facts[name]
    }
    return Asked(facts["unheld_lufs"], facts["range_lu"], **curves)


def asked_facts(asked: Mapping[int, Asked]) -> dict[str, object]:
    """Return what was asked as JSON facts."""
    return {str(number): asdict(each) for number, each in asked.items()}


def _tones(
    spec: MatchSpec, songs: Mapping[int, Measurement], references: Mapping[ReferenceSpec, Measurement]
) -> dict[int, CurveAsked]:
    aim = tone_aim_db(spec, songs, references)
    if spec.tone is None or aim is None:
        return {}
    unbound = replace(spec, tone=replace(spec.tone, max_boost_db=math.inf, max_cut_db=math.inf))
    curves = tone_curves_db(unbound, songs, references)
    return {number: CurveAsked(_plain(aim), curves[number]) for number in songs}


def _widths(
    spec: MatchSpec, songs: Mapping[int, Measurement], references: Mapping[ReferenceSpec, Measurement]
) -> dict[int, CurveAsked]:
    aim = width_aim_db(spec, songs, references)
    if spec.width is None or aim is None:
        return {}
    curves = width_curves_db(replace(spec, width=replace(spec.width, max_db=math.inf)), songs, references)
    return {number: CurveAsked(_plain(aim), curves[number]) for number in songs}


def _plain(aim: Curve) -> tuple[float | None, ...]:
    return tuple(None if math.isnan(value) else round(float(value), _DIGITS) for value in aim)


def _raised(lufs: float | None, gain_db: float | None) -> float | None:
    return None if lufs is None or gain_db is None else round(lufs + gain_db, _DIGITS)


def _scaled(range_lu: float | None, factor: float) -> float | None:
    return None if range_lu is None else round(range_lu * factor, _DIGITS)

"""How far a frozen album has moved away from what would be decided today."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from farm.graph.task import Made, Result
from farm.plan.deliver import MATCH
from farm.plan.match_spec import MatchSpec
from farm.plan.node import Plan, PlannedSong
from farm.records import Trim, trim_from
from farm.report.figures import DIGITS

LEVEL_WORTH_TELLING_LU = 0.2
TONE_WORTH_TELLING_DB = 0.5
"""Beyond these a song's drift is warned of: about what can be heard when songs follow each other."""


@dataclass(frozen=True, slots=True)
class Drift:
    """What deciding a song today would change: its loudness by `level_lu`, None if only one of both decisions has one,
    and its tone, mid or side, by `tone_db` in the band that differs most. `frozen` is False for a song that no trim is
    written down for: it is decided today."""

    song: int
    title: str
    frozen: bool
    level_lu: float | None
    tone_db: float

    @property
    def is_audible(self) -> bool:
        """Whether it is worth a warning."""
        level_lu = self.level_lu
        return level_lu is None or abs(level_lu) > LEVEL_WORTH_TELLING_LU or self.tone_db > TONE_WORTH_TELLING_DB


def find_drifts(plan: Plan, songs: Sequence[PlannedSong], results: Mapping[str, Result]) -> tuple[Drift, ...] | None:
    """Return the drift of each song that was matched, None for an album that is not frozen, or was not matched."""
    spec = next(node.spec for node in plan.nodes if node.id == MATCH)
    made = results.get(MATCH)
    if not (isinstance(spec, MatchSpec) and spec.frozen and isinstance(made, Made)):
        return None
    frozen = {each.song for each in spec.frozen.songs}
    trims, today = (made.record.facts[key] for key in ("trims", "today"))
    return tuple(
        _drift(song, song.number in frozen, trim_from(trims[number]), trim_from(today[number]))
        for song in songs
        if (number := str(song.number)) in trims
    )


def drift_warnings(drifts: Sequence[Drift]) -> Iterator[str]:
    """Yield a line for each song that has drifted audibly, or has no trim written down."""
    for each in drifts:
        if not each.frozen:
            yield f"{each.title} is not frozen yet: it was decided beside the others (`farm freeze --song {each.song}`)"
        elif each.is_audible:
            yield f"{each.title} is frozen, and today would be decided {_told(each)} (`farm freeze --song {each.song}`)"


def drift_document(drifts: Sequence[Drift]) -> list[dict[str, Any]]:
    """Return drifts as JSON facts."""
    return [
        {
            "title": each.title,
            "frozen": each.frozen,
            "level_lu": each.level_lu,
            "tone_db": each.tone_db,
        }
        for each in drifts
    ]


def _drift(song: PlannedSong, frozen: bool, applied: Trim, today: Trim) -> Drift:
    return Drift(
        song.number, song.title, frozen, _level_lu(applied.goal_lufs, today.goal_lufs), _tone_db(applied, today)
    )


def _level_lu(applied_lufs: float | None, today_lufs: float | None) -> float | None:
    if applied_lufs is None or today_lufs is None:
        return 0.0 if applied_lufs is today_lufs else None
    return round(today_lufs - applied_lufs, DIGITS)


def _tone_db(applied: Trim, today: Trim) -> float:
    pairs = [
        *zip_longest(applied.tone_db, today.tone_db, fillvalue=0.0),
        *zip_longest(applied.side_db or applied.tone_db, today.side_db or today.tone_db, fillvalue=0.0),
    ]
    return round(max((abs(now - then) for then, now in pairs), default=0.0), DIGITS)


def _told(drift: Drift) -> str:
    if drift.level_lu is None:
        return "with another answer to whether it has a loudness"
    level = f"{abs(drift.level_lu):.1f} LU {'louder' if drift.level_lu > 0 else 'softer'}"
    return f"{level}, its tone by {drift.tone_db:.1f} dB at most"

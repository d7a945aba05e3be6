"""From the records of a render to the verdict on the album as a whole."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from farm.album.album_verdict import JudgedAlbum, judge_album
from farm.album.judged import Finding
from farm.album.level import aimed_lufs
from farm.graph.task import Made, Result
from farm.plan.deliver import MATCH
from farm.plan.match_spec import MatchSpec, references_of
from farm.plan.node import Plan, PlannedSong
from farm.records import measurement_from
from farm.report.judgement import Findings, finished_measurement, master_measurement, song_trim

Fact = TypeVar("Fact")
Results = Mapping[str, Result]


def judge_whole(plan: Plan, results: Results, verdicts: Mapping[int, Findings]) -> Finding | None:
    """Return the verdict on the album's loudness, None unless all of its songs were finished."""
    spec = next(node.spec for node in plan.nodes if node.id == MATCH)
    assert isinstance(spec, MatchSpec)
    if len(verdicts) < len(plan.songs):
        return None
    masters, trims, finished = (
        _read_all(plan.songs, master_measurement, results),
        _read_all(plan.songs, song_trim, results),
        _read_all(plan.songs, finished_measurement, results),
    )
    missed = tuple(number for number, findings in verdicts.items() if _misses_loudness(findings))
    return judge_album(JudgedAlbum(spec, masters, trims, finished, _asked_lufs(spec, results), missed))


def _asked_lufs(spec: MatchSpec, results: Results) -> float | None:
    """Return the loudness that the album as a whole is to have, None where only songs are to have one."""
    made = results.get(MATCH)
    if spec.loudness_mode != "album" or spec.loudness_measure != "integrated" or not isinstance(made, Made):
        return None
    facts = made.record.facts["references"]
    references = {each: measurement_from(facts[str(place)]) for place, each in enumerate(references_of(spec), start=1)}
    return aimed_lufs(spec, references)


def _misses_loudness(findings: Findings) -> bool:
    return any(finding.aspect == "loudness" and finding.status == "missed" for finding in findings)


def _read_all(
    songs: Sequence[PlannedSong], read: Callable[[PlannedSong, Results], Fact | None], results: Results
) -> dict[int, Fact]:
    """Return what is read of each song, by its number, where there is something."""
    return {song.number: fact for song in songs if (fact := read(song, results)) is not None}

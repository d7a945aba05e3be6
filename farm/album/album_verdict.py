"""The verdict on an album's loudness: all its songs one after another, as the mode `album` aims at them."""

from collections.abc import Mapping
from dataclasses import dataclass

from farm.album.aim import gather_programmes
from farm.album.judged import LOUDNESS_TOLERANCE_LU, Finding
from farm.measure.gating import integrate
from farm.plan.match_spec import MatchSpec
from farm.records import Measurement, Trim


@dataclass(frozen=True, slots=True)
class JudgedAlbum:
    """All songs of an album as mastered and as finished, by their numbers, and what was decided for them.

    `asked_lufs` is what the target says, None if it says nothing of the album as a whole. `missed` are the numbers of
    songs that have not the loudness that was decided for them.
    """

    match: MatchSpec
    masters: Mapping[int, Measurement]
    trims: Mapping[int, Trim]
    finished: Mapping[int, Measurement]
    asked_lufs: float | None
    missed: tuple[int, ...] = ()
    tolerance_lu: float = LOUDNESS_TOLERANCE_LU


def judge_album(album: JudgedAlbum) -> Finding:
    """Return whether the album has its loudness: that of the songs in the average, their gated blocks pooled."""
    asked = album.asked_lufs
    counted = _counted(album)
    reached = integrate(block for number in counted for block in album.finished[number].block_clufs)
    if asked is None or reached is None or abs(reached - asked) <= album.tolerance_lu:
        return Finding("loudness", "ok", asked, reached, "LUFS")
    missed = [number for number in counted if number in album.missed]
    return Finding("loudness", "missed" if missed else "warn", asked, reached, "LUFS", _why(album, asked, missed))


def _counted(album: JudgedAlbum) -> list[int]:
    """Return the songs that are in the average, or all if none is."""
    programmes = gather_programmes(album.match, album.finished)
    chosen = [programme for programme in programmes if programme.in_average] or programmes
    return [number for programme in chosen for number in programme.numbers]


def _why(album: JudgedAlbum, asked_lufs: float, missed: list[int]) -> str:
    if missed:
        return f"not all songs have theirs: {', '.join(map(str, missed))}"
    decided = integrate(
        block + round(100.0 * album.trims[number].gain_db)
        for number in _counted(album)
        for block in album.masters[number].block_clufs
    )
    if decided is None or abs(decided - asked_lufs) <= album.tolerance_lu:
        return "each song has its own: limiting and riding change how much of it counts"
    if album.match.frozen is not None:
        return "that is what was frozen"
    return "its songs are lowered: the loudest 3 s of one of them would be too loud"

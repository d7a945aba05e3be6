"""What the Red Book will say of a disc, before its songs are rendered: what is certain is an error, what is likely a
warning."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from farm.deliver.cd_layout import RedBookProblem, build_layout, find_layout_problems, find_long_pregap
from farm.errors import Diagnostic, ManifestError
from farm.manifest.diagnostics import Loc, Problem
from farm.manifest.document import Document
from farm.manifest.load import LoadedAlbum
from farm.manifest.red_book import CD_FRAME_SAMPLES, CD_RATE_HZ
from farm.plan.build import build_plan_with
from farm.plan.cd import DiscSpec
from farm.plan.lengths import SongLength, find_finished_lengths, find_lengths
from farm.plan.node import Node

_OF_SHORT_SONGS, _OF_LONG_SONGS = ("cd-track-short", "cd-index"), ("cd-too-long", "ddp-pregap")
"""What goes away, and what comes, when a song becomes longer."""

_CERTAIN, _LIKELY = "by its stems, however long effects ring on", "by its stems; how long effects ring on will show"

_SLACK_FRAMES = CD_FRAME_SAMPLES
"""For the rounding of lengths when rates are converted, and of marks to CD frames."""


@dataclass(frozen=True, slots=True)
class _Disc:
    """A disc, the numbers of its songs in the album, and how long they will be."""

    spec: DiscSpec
    songs: tuple[int, ...]
    lengths: tuple[SongLength, ...]

    def problems(self, lengths_frames: Sequence[int]) -> Iterator[RedBookProblem]:
        """Yield what would be wrong with songs of that length at 44.1 kHz."""
        layout = build_layout(self.spec.cd, lengths_frames)
        yield from find_layout_problems(layout)
        if self.spec.format == "ddp" and (problem := find_long_pregap(layout)):
            yield problem


def check_album_lengths(loaded: LoadedAlbum) -> tuple[Diagnostic, ...]:
    """Return what may turn out to be wrong with the discs of an album; nothing is hashed, headers are read.

    Raises ManifestError for what will be wrong in any case, AudioError for a file that has gone.
    """
    return check_disc_lengths(build_plan_with(None, loaded, lambda path: "").nodes, loaded.document)


def check_disc_lengths(nodes: Sequence[Node], document: Document) -> tuple[Diagnostic, ...]:
    """Return what may turn out to be wrong with the discs of a plan. Raises ManifestError for what certainly will.

    A disc with a song whose files do not tell how long they are is passed over.
    """
    found = [each for disc in _find_discs(nodes) for each in _find_problems(disc)]
    if errors := dict.fromkeys(problem for is_certain, problem in found if is_certain):
        raise ManifestError(document.diagnose(errors))
    return tuple(document.diagnose(dict.fromkeys(problem for _, problem in found)))


def _find_discs(nodes: Sequence[Node]) -> Iterator[_Disc]:
    specs = [(node, node.spec) for node in nodes if isinstance(node.spec, DiscSpec)]
    lengths = find_lengths(nodes) if specs else {}
    finishes = {node.id: node for node in nodes if node.kind == "finish"}
    for node, spec in specs:
        found = dict(_find_songs(node, finishes, lengths))
        known = tuple(length for length in found.values() if length)
        if len(known) == len(spec.cd.songs):
            yield _Disc(spec, tuple(found), known)


def _find_songs(
    disc: Node, finishes: Mapping[str, Node], masters: Mapping[int, SongLength]
) -> Iterator[tuple[int, SongLength | None]]:
    for need in disc.needs:
        if need.facet.startswith("outputs."):
            finish, place = finishes[need.node], int(need.facet.removeprefix("outputs."))
            yield (finish.song or 1) + place, find_finished_lengths(finish, masters)[place]


def _find_problems(disc: _Disc) -> Iterator[tuple[bool, Problem]]:
    """Yield what will be wrong with the likeliest lengths, and whether it will be with any lengths."""
    longest = disc.problems([_frames(each.most_seconds) + _SLACK_FRAMES for each in disc.lengths])
    shortest = disc.problems([max(0, _frames(each.least_seconds) - _SLACK_FRAMES) for each in disc.lengths])
    certain = {_identity(problem) for problem in longest if problem.code in _OF_SHORT_SONGS}
    certain |= {_identity(problem) for problem in shortest if problem.code in _OF_LONG_SONGS}
    for problem in disc.problems([_frames(each.likely_seconds) for each in disc.lengths]):
        is_certain = problem.severity == "error" and _identity(problem) in certain
        yield is_certain, _problem(disc, problem, _CERTAIN if is_certain else _LIKELY)


def _identity(problem: RedBookProblem) -> tuple[str, str, int | None]:
    return problem.severity, problem.code, problem.track


def _frames(seconds: float) -> int:
    return round(seconds * CD_RATE_HZ)


def _problem(disc: _Disc, problem: RedBookProblem, reckoned: str) -> Problem:
    message = f"{problem.message} ({reckoned})"
    if problem.track is None:
        return Problem(("album",), problem.code, message, problem.hint, at="key")
    hidden = len(disc.songs) - len(disc.spec.cd.tracks)
    first: Loc = ("song", disc.songs[0] - 1)
    song: Loc = ("song", disc.songs[hidden + problem.track - 1] - 1)
    locs: dict[str, Loc] = {"cd-index": (*song, "cd", "index_seconds"), "ddp-pregap": (*first, "cd", "hidden")}
    return Problem(locs.get(problem.code, song), problem.code, message, problem.hint)

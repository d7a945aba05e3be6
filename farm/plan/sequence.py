"""Which songs are finished together, and how each begins and ends."""

from collections.abc import Sequence
from dataclasses import replace

from farm.manifest.song import Edges, Song
from farm.plan.spec import EdgesSpec, TakeSpec

Run = tuple[int, ...]
"""Numbers of songs that follow each other without a silence between them."""


def find_runs(songs: Sequence[Song]) -> tuple[Run, ...]:
    """Return all songs by their numbers, in runs; most songs are a run of their own."""
    runs: list[list[int]] = [[1]]
    for number, before in enumerate(songs[:-1], start=2):
        if before.gapless or _overlap_seconds(before):
            runs[-1].append(number)
        else:
            runs.append([number])
    return tuple(tuple(run) for run in runs)


def find_joined(run: Run, songs: Sequence[Song]) -> tuple[Run, ...]:
    """Return a run in stretches of songs that are one recording."""
    stretches: list[list[int]] = []
    for number in run:
        if stretches and songs[number - 2].gapless:
            stretches[-1].append(number)
        else:
            stretches.append([number])
    return tuple(tuple(stretch) for stretch in stretches)


def take_specs(run: Run, songs: Sequence[Song]) -> tuple[TakeSpec, ...]:
    """Return how each song of a run begins, ends, and follows the one before it."""
    return tuple(_take(number, run, songs) for number in run)


def _take(number: int, run: Run, songs: Sequence[Song]) -> TakeSpec:
    """A joint is left as it is: nothing is cut off there and nothing fades, but for a crossfade."""
    song = songs[number - 1]
    before = songs[number - 2] if number != run[0] else None
    edges = _edges(song.edges)
    if before:
        edges = replace(
            edges, trim_head_dbfs=None, fade_in_seconds=before.crossfade_seconds, fade_in_shape=before.crossfade_shape
        )
    if number != run[-1]:
        edges = replace(
            edges, trim_tail_dbfs=None, fade_out_seconds=song.crossfade_seconds, fade_out_shape=song.crossfade_shape
        )
    return TakeSpec(
        edges,
        _overlap_seconds(before) if before else 0.0,
        joined=before is not None and before.gapless,
        title=song.title,
    )


def _overlap_seconds(song: Song) -> float:
    return song.overlap_seconds or song.crossfade_seconds


def _edges(edges: Edges) -> EdgesSpec:
    return EdgesSpec(
        trim_head_dbfs=edges.trim_head_dbfs,
        trim_tail_dbfs=edges.trim_tail_dbfs,
        head_seconds=edges.head_seconds,
        tail_seconds=edges.tail_seconds,
        fade_in_seconds=edges.fade_in_seconds,
        fade_out_seconds=edges.fade_out_seconds,
        fade_in_shape=edges.fade_in_shape,
        fade_out_shape=edges.fade_out_shape,
    )

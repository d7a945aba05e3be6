"""What of an album is asked for: which songs, up to which stage, and what is to run in any case."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Literal

from farm.errors import UsageError
from farm.plan.node import Node, Plan, PlannedSong
from farm.plan.song import master_id, mix_id

Stage = Literal["mix", "master", "finish"]
"""Where a render may stop: with the mixes, the masters, or the finished songs of the first deliverable's rate."""


def choose_songs(plan: Plan, wanted: Sequence[str]) -> tuple[PlannedSong, ...]:
    """Return the songs named by title or number, all if none is named, in the order of the album.

    Raises UsageError (song-unknown).
    """
    unknown = [name for name in wanted if not any(_is(song, name) for song in plan.songs)]
    if unknown:
        titles = ", ".join(f"{song.number} {song.title!r}" for song in plan.songs)
        raise UsageError(f"no song {unknown[0]!r} in the album", code="song-unknown", hint=f"there are {titles}")
    return tuple(song for song in plan.songs if not wanted or any(_is(song, name) for name in wanted))


def heard_nodes(songs: Iterable[PlannedSong], stage: Stage) -> Mapping[int, str]:
    """Return by the number of each song the node that leaves its sound at a stage."""
    ids = {"mix": mix_id, "master": master_id}
    return {song.number: ids[stage](song.number) if stage in ids else song.finish for song in songs}


def target_nodes(plan: Plan, songs: Sequence[PlannedSong], stage: Stage | None) -> list[str]:
    """Return the nodes to be made: those of the stage to stop at; else whole deliverables, or only the songs' files
    when some songs are left out."""
    if stage:
        return list(heard_nodes(songs, stage).values())
    trips = [song.codec_trip for song in songs if song.codec_trip]
    if len(songs) == len(plan.songs):
        return [*trips, *(deliverable.assemble for deliverable in plan.deliverables)]
    by_song = [deliverable for deliverable in plan.deliverables if not deliverable.whole]
    return [*trips, *(deliverable.encodes[song.number] for deliverable in by_song for song in songs)]


def forced_nodes(nodes: Sequence[Node], songs: Sequence[PlannedSong], wanted: Sequence[str]) -> frozenset[str]:
    """Return the ids of the nodes that are named by id, kind, or title or number of their song.

    `*`, `?` and `[a-z]` match as in file names. Those of songs that are not asked for are left alone. Raises UsageError
    (force-unknown).
    """
    titles: dict[int | None, str] = {song.number: song.title for song in songs}
    names = {node.id: _names(node, titles.get(node.song)) for node in nodes if node.song is None or node.song in titles}
    unknown = [pattern for pattern in wanted if not any(_matches(each, pattern) for each in names.values())]
    if unknown:
        kinds = ", ".join(dict.fromkeys(node.kind for node in nodes))
        hint = f"a task's id as `farm plan --json` lists it, a song's title or number, or a kind: {kinds}"
        raise UsageError(f"there is no task {unknown[0]!r} to force", code="force-unknown", hint=hint)
    return frozenset(node_id for node_id, each in names.items() if any(_matches(each, pattern) for pattern in wanted))


def _names(node: Node, title: str | None) -> list[str]:
    return [node.id, node.kind] + ([title, str(node.song)] if title is not None else [])


def _matches(names: Collection[str], pattern: str) -> bool:
    return any(fnmatchcase(name.casefold(), pattern.casefold()) or name == pattern for name in names)


def _is(song: PlannedSong, name: str) -> bool:
    return name == str(song.number) or name.casefold() == song.title.casefold()

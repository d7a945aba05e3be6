"""The chain of one album, in order: load, plan, run what changed, put the files in place, say what came of it."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from farm.deliver.assemble import AssembledFile, assemble
from farm.deliver.publish import Publication, publish
from farm.errors import UsageError
from farm.graph.events import Listener
from farm.graph.task import Made, Result, Work
from farm.manifest.load import load_album
from farm.plan.build import build_plan
from farm.plan.node import Plan, PlannedDeliverable, PlannedSong
from farm.plan.status import PlannedNode, needed_nodes, resolve_statuses
from farm.records import Record
from farm.report.summary import DeliveredFile
from farm.store.digests import FileDigests
from farm.store.local import LocalStore, open_store
from farm.store.lock import hold_lock


@dataclass(frozen=True, slots=True)
class Selection:
    """Which part of which album, with what store."""

    album: Path
    store: str
    audio: Path | None = None
    songs: tuple[str, ...] = ()
    """Titles or numbers; empty for all."""
    solo: tuple[str, ...] = ()
    """Strips and buses that alone are heard; empty for all."""


@dataclass(frozen=True, slots=True)
class Running:
    """Where and how a render runs; nothing here changes a sample."""

    out: Path
    on: str
    workers: int
    keep_going: bool = True


@dataclass(frozen=True, slots=True)
class Planned:
    """An album, the songs that are asked for, and what would happen to each node that they need."""

    plan: Plan
    songs: tuple[PlannedSong, ...]
    nodes: tuple[PlannedNode, ...]

    @property
    def whole(self) -> bool:
        """Whether all songs of the album are asked for."""
        return len(self.songs) == len(self.plan.songs)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a render came to; `results` holds every node that was asked for."""

    planned: Planned
    results: Mapping[str, Result]
    files: tuple[DeliveredFile, ...]
    wall_seconds: float


def plan_album(selection: Selection) -> Planned:
    """Return what a render would do; runs nothing. Raises ManifestError, AudioError, StoreError."""
    loaded = load_album(selection.album, audio=selection.audio, solo=selection.solo)
    store = open_store(selection.store)
    digests = FileDigests(store.digest_memory)
    digests.learn(loaded.audio_files())
    plan = build_plan(loaded, digests.xxh3)
    songs = _chosen_songs(plan, selection.songs)
    nodes = needed_nodes(plan.nodes, _targets(plan, songs))
    return Planned(plan, songs, resolve_statuses(nodes, store))


def render_album(selection: Selection, running: Running, on_start: Callable[[Planned], Listener]) -> Rendered:
    """Render what changed and deliver it. A song that fails is a Failed result, and the others are delivered.

    `on_start` is told the plan and returns the listener for its events. Raises FarmError for what concerns the whole
    album: an invalid manifest, an unreachable cluster or store, another render into the same place.
    """
    began = time.perf_counter()
    planned = plan_album(selection)
    store = open_store(selection.store)
    with hold_lock(running.out):
        results = _run(planned, store, running, on_start(planned))
        files = _publish(planned, results, store, running.out)
    return Rendered(planned, results, files, time.perf_counter() - began)


def _chosen_songs(plan: Plan, wanted: Sequence[str]) -> tuple[PlannedSong, ...]:
    """Return the songs named by title or number, all if none is named, in the order of the album."""
    unknown = [name for name in wanted if not any(_is(song, name) for song in plan.songs)]
    if unknown:
        titles = ", ".join(f"{song.number} {song.title!r}" for song in plan.songs)
        raise UsageError(f"no song {unknown[0]!r} in the album", code="song-unknown", hint=f"there are {titles}")
    return tuple(song for song in plan.songs if not wanted or any(_is(song, name) for name in wanted))


def _is(song: PlannedSong, name: str) -> bool:
    return name == str(song.number) or name.casefold() == song.title.casefold()


def _targets(plan: Plan, songs: Sequence[PlannedSong]) -> list[str]:
    """Return the nodes to be made: whole deliverables, or only the songs' files when some songs are left out."""
    if len(songs) == len(plan.songs):
        return [deliverable.assemble for deliverable in plan.deliverables]
    return [deliverable.encodes[song.number] for deliverable in plan.deliverables for song in songs]


def _run(planned: Planned, store: LocalStore, running: Running, listener: Listener) -> dict[str, Result]:
    """Run the nodes that may have changed. What makes sound is imported only if there are any."""
    reused = {each.node.id: each.record for each in planned.nodes if each.record}
    results: dict[str, Result] = {node_id: Made(record, reused=True) for node_id, record in reused.items()}
    due = [each.node for each in planned.nodes if not each.record]
    if not due:
        return results
    from farm.graph.backends import run_graph
    from farm.operations import OPERATIONS

    store.sweep()
    with store.scratch_file() as marker:
        stop_marker = None if running.keep_going else marker
        works = {node.id: Work(node, OPERATIONS[node.kind], store.url, stop_marker) for node in due}
        nodes = [each.node for each in planned.nodes]
        made = run_graph(nodes, works, reused, on=running.on, workers=running.workers, listener=listener)
    return results | made


def _publish(
    planned: Planned, results: Mapping[str, Result], store: LocalStore, out: Path
) -> tuple[DeliveredFile, ...]:
    """Put what was made into the output folder, deliverable by deliverable."""
    digests = FileDigests(store.digest_memory)
    delivered: list[DeliveredFile] = []
    for deliverable in planned.plan.deliverables:
        made = {number: results.get(node_id) for number, node_id in deliverable.encodes.items()}
        records = {number: result.record for number, result in made.items() if isinstance(result, Made)}
        files = _assembled(deliverable, planned, results, records)
        publications = [
            Publication(store.blob_path(records[file.song].outputs["file"].digest), file.name, file.sha256)
            for file in files
        ]
        complete = len(files) == len(planned.plan.songs)
        folder = out / deliverable.folder
        publish(folder, publications, digest_of_file=digests.sha256, complete=complete)
        delivered += [
            DeliveredFile(
                path=folder / file.name,
                format=deliverable.format,
                song=file.song,
                sha256=file.sha256,
                audio_sha256=records[file.song].facts["encoded"]["audio_sha256"],
            )
            for file in files
        ]
    return tuple(delivered)


def _assembled(
    deliverable: PlannedDeliverable,
    planned: Planned,
    results: Mapping[str, Result],
    records: Mapping[int, Record],
) -> list[AssembledFile]:
    """Return the deliverable's files: as assembled, or named one by one when only some songs were asked for."""
    if isinstance(result := results.get(deliverable.assemble), Made):
        return [AssembledFile(**facts) for facts in result.record.facts["files"]]
    digests = {number: record.outputs["file"].digest for number, record in records.items()}
    return assemble(deliverable.spec, digests)

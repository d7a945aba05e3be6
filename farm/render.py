"""The chain of one album, in order: load, plan, run what changed, put the files in place, say what came of it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from farm.deliver.cd_forecast import check_disc_lengths
from farm.errors import StoreError
from farm.graph.events import Event, Listener
from farm.graph.task import Failed, Made, Result, Work
from farm.manifest.load import load_album
from farm.plan.build import build_plan
from farm.plan.choice import Stage, choose_songs, forced_nodes, heard_nodes, target_nodes
from farm.plan.history import History
from farm.plan.node import Node, Plan, PlannedSong
from farm.plan.room import check_room
from farm.plan.status import PlannedNode, needed_nodes, resolve_statuses
from farm.store.digests import FileDigests
from farm.store.lease import hold_lease
from farm.store.local import LocalStore, open_store
from farm.store.lock import hold_lock
from farm.store.quarantine import BLOB_LOST, set_aside_damaged

if TYPE_CHECKING:
    from farm.report.summary import DeliveredFile

_MOST_RUNS = 3
"""How often a render begins anew when artifacts turn out to be damaged."""


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
    until: Stage | None = None
    """Where to stop, None to deliver."""
    force: tuple[str, ...] = ()
    """What runs although it is up to date: nodes by id, kind or song, with wildcards."""


@dataclass(frozen=True, slots=True)
class Running:
    """Where and how a render runs; nothing here changes a sample."""

    out: Path
    on: str
    workers: int
    keep_going: bool = True
    stale_marker: Path | None = None
    """Once this file is there the render is not wanted any more: nothing starts, and nothing is delivered."""

    @property
    def is_stale(self) -> bool:
        """Whether the render is not wanted any more."""
        return self.stale_marker is not None and self.stale_marker.exists()


@dataclass(frozen=True, slots=True)
class Planned:
    """An album, the songs that are asked for, and what would happen to each node that they need."""

    plan: Plan
    songs: tuple[PlannedSong, ...]
    nodes: tuple[PlannedNode, ...]
    history: History
    until: Stage | None = None

    @property
    def due(self) -> list[Node]:
        """The nodes that run, or may run."""
        return [each.node for each in self.nodes if not each.record]

    @property
    def heard(self) -> Mapping[int, str]:
        """The nodes that leave what is listened to, by song; none if it is delivered."""
        return heard_nodes(self.songs, self.until) if self.until else {}

    @property
    def whole(self) -> bool:
        """Whether all songs of the album are asked for."""
        return len(self.songs) == len(self.plan.songs)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a render came to; `results` holds every node that was asked for."""

    planned: Planned
    results: Mapping[str, Result]
    files: "tuple[DeliveredFile, ...]"
    wall_seconds: float
    is_stale: bool = False
    """Whether it was given up, as it was not wanted any more, before anything was delivered."""


def plan_album(selection: Selection) -> Planned:
    """Return what a render would do; runs nothing. Raises ManifestError, AudioError, StoreError."""
    loaded = load_album(selection.album, audio=selection.audio, solo=selection.solo)
    store = open_store(selection.store)
    digests = FileDigests(store.digest_memory)
    digests.learn(loaded.audio_files())
    plan = build_plan(loaded, digests.xxh3)
    check_disc_lengths(plan.nodes, loaded.document)
    songs = choose_songs(plan, selection.songs)
    targets = target_nodes(plan, songs, selection.until)
    nodes = needed_nodes(plan.nodes, targets)
    forced = forced_nodes(nodes, songs, selection.force)
    history = History(store, plan.path, selection.solo)
    heard = targets if selection.until else ()
    statuses = resolve_statuses(nodes, store, history, forced=forced, heard=heard)
    return Planned(plan, songs, statuses, history, selection.until)


def render_album(selection: Selection, running: Running, on_start: Callable[[Planned], Listener]) -> Rendered:
    """Render what changed and deliver it. A song that fails is a Failed result, and the others are delivered.

    `on_start` is told the plan and returns the listener for its events. Raises FarmError for what concerns the whole
    album: an invalid manifest, an unreachable cluster or store, another render into the same place.
    """
    began = time.perf_counter()
    planned = plan_album(selection)
    store = open_store(selection.store)
    with hold_lock(running.out), hold_lease(store):
        store.mark_used(each.record.key for each in planned.nodes if each.record)
        check_room(store, planned.nodes)
        seconds: dict[str, float] = {}
        results, files = _make(planned, store, running, _timed(on_start(planned), planned, seconds))
        records = {node_id: result.record for node_id, result in results.items() if isinstance(result, Made)}
        planned.history.remember(planned.plan, records, seconds)
        is_stale = running.is_stale and not files
    return Rendered(planned, results, files, time.perf_counter() - began, is_stale)


def _timed(listener: Listener, planned: Planned, seconds: dict[str, float]) -> Listener:
    """Return a listener that notes how long nodes take, and tells the other one of those that it was told are due."""
    due = {node.id for node in planned.due}

    def listen(event: Event) -> None:
        if event.event == "made" and event.seconds is not None:
            seconds[event.node] = event.seconds
        if event.node in due:  # a second run makes what the listener was never told of
            listener(event)

    return listen


def _make(
    planned: Planned, store: LocalStore, running: Running, listener: Listener
) -> "tuple[dict[str, Result], tuple[DeliveredFile, ...]]":
    """Run and publish. If an artifact turns out to be damaged, all that are reused are looked at, and what is lost is
    made again in a second run."""
    made: dict[str, Made] = {}
    for last in (False,) * (_MOST_RUNS - 1) + (True,):
        results = _run(planned, store, running, listener)
        results |= {node_id: each for node_id, each in made.items() if results[node_id] == replace(each, reused=True)}
        made = {node_id: each for node_id, each in results.items() if isinstance(each, Made) and not each.reused}
        if running.is_stale:
            return results, ()
        if last or not any(isinstance(each, Failed) and each.code == BLOB_LOST for each in results.values()):
            try:
                return _deliver(planned, results, store, running.out)
            except StoreError as error:
                if last or error.code != BLOB_LOST:
                    raise
        records = [each.record for each in results.values() if isinstance(each, Made)]
        set_aside_damaged(store, [artifact for record in records for artifact in record.outputs.values()])
        nodes = [each.node for each in planned.nodes]
        planned = replace(planned, nodes=resolve_statuses(nodes, store, heard=planned.heard.values()))
    raise AssertionError("the last run returns or raises")


def _run(planned: Planned, store: LocalStore, running: Running, listener: Listener) -> dict[str, Result]:
    """Run the nodes that may have changed. What makes sound is imported only if there are any."""
    reused = {each.node.id: each.record for each in planned.nodes if each.record}
    results: dict[str, Result] = {node_id: Made(record, reused=True) for node_id, record in reused.items()}
    if not planned.due:
        return results
    from farm.graph.backends import run_graph
    from farm.operations import OPERATIONS

    store.sweep()
    with store.scratch_file() as marker:
        works = {
            each.node.id: Work(
                node=each.node,
                operation=OPERATIONS[each.node.kind],
                store_url=store.url,
                stop_marker=None if running.keep_going else marker,
                stale_marker=running.stale_marker,
                forced=each.reason.code == "forced",
            )
            for each in planned.nodes
            if not each.record
        }
        nodes = [each.node for each in planned.nodes]
        made = run_graph(nodes, works, reused, on=running.on, workers=running.workers, listener=listener)
    return results | made


def _deliver(
    planned: Planned, results: dict[str, Result], store: LocalStore, out: Path
) -> "tuple[dict[str, Result], tuple[DeliveredFile, ...]]":
    """Put what was made into the output folder; what cannot be put there is a Failed result."""
    from farm.delivery import deliver_album, deliver_heard  # not for a plan, which is to answer at once

    if planned.until:
        heard = deliver_heard(planned.songs, planned.heard, planned.until, results, store, out)
        return results, tuple(heard)
    delivery = deliver_album(planned.plan, results, store, out, whole=planned.whole)
    return results | {failed.node: failed for failed in delivery.failures}, delivery.files

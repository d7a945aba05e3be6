"""What a person sees while a render runs: bars on a terminal, a line for each finished stage elsewhere."""

import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from farm.graph.events import Event, Listener
from farm.plan.node import Node, PlannedSong
from farm.plan.spec import GroupSpec

COST_OF_KIND = {
    "group": 1.0,
    "mix": 1.0,
    "master": 1.5,
    "match": 0.1,
    "finish": 4.0,
    "encode": 6.0,
    "continuous": 12.0,
    "codec": 6.0,
    "disc": 2.0,
    "assemble": 0.1,
}
"""Rough shares of the time, a group's for each of its stems: for the bar and its estimate only."""

_MOST_SONGS_SHOWN = 12

_ALBUM = 0
"""Stands for the number of a song where a node concerns the whole album."""


@contextmanager
def show_progress(songs: Sequence[PlannedSong], due: Sequence[Node]) -> Iterator[Listener]:
    """Yield a listener that shows how far the nodes that are due have come, on stderr."""
    if not due:
        yield lambda event: None
    elif sys.stderr.isatty():
        with _bars(songs, due) as listener:
            yield listener
    else:
        yield _lines(songs, due)


def _lines(songs: Sequence[PlannedSong], due: Sequence[Node]) -> Listener:
    """Return a listener that prints a line when a song's stage is done, or something failed."""
    left = Counter((node.song, node.kind) for node in due)
    titles: dict[int | None, str] = {song.number: song.title for song in songs} | {None: "album"}
    began = time.monotonic()

    def listener(event: Event) -> None:
        if event.event == "started":
            return
        left[event.song, event.kind] -= 1
        if event.event == "failed" or not left[event.song, event.kind]:
            outcome = "failed" if event.event == "failed" else "done"
            seconds = time.monotonic() - began
            print(f"{seconds:7.1f} s  {titles[event.song]}: {event.kind} {outcome}", file=sys.stderr)  # noqa: T201

    return listener


@contextmanager
def _bars(songs: Sequence[PlannedSong], due: Sequence[Node]) -> Iterator[Listener]:
    """Show a bar for the album and one for each song that is not done, with its stage and how many stems are in."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description:30}"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TextColumn("{task.fields[stage]:16}"),
        TimeRemainingColumn(),
    )
    nodes = {node.id: node for node in due}
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bars = {_ALBUM: progress.add_task("album", total=sum(map(_cost, due)), stage="")}
        for song in songs:
            cost = sum(_cost(node) for node in due if node.song == song.number)
            if cost:
                name = f"{song.number:2} {song.title}"[:30]
                shown = len(bars) <= _MOST_SONGS_SHOWN
                bars[song.number] = progress.add_task(name, total=cost, stage="waits", visible=shown)
        stages = _Stages(nodes)

        def listener(event: Event) -> None:
            stage, done = stages.follow(event), 0.0 if event.event == "started" else _cost(nodes[event.node])
            progress.update(bars[_ALBUM], advance=done)
            if event.song in bars:
                bar = bars[event.song]
                progress.update(bar, advance=done, stage=stage)
                if progress.tasks[progress.task_ids.index(bar)].finished:
                    progress.update(bar, visible=False)

        yield listener


class _Stages:
    """What each song is at, in words."""

    def __init__(self, nodes: Mapping[str, Node]) -> None:
        self._nodes = nodes
        self._stems: Counter[int | None] = Counter()
        self._all_stems: Counter[int | None] = Counter()
        for node in nodes.values():
            self._all_stems[node.song] += _stems(node)

    def follow(self, event: Event) -> str:
        """Take an event and return the stage of its song."""
        if event.event == "failed":
            return f"{event.kind} failed"
        if event.event != "started":
            self._stems[event.song] += _stems(self._nodes[event.node])
        if event.kind == "group":
            return f"stems {self._stems[event.song]}/{self._all_stems[event.song]}"
        return event.kind


def _stems(node: Node) -> int:
    return len(node.spec.strips) if isinstance(node.spec, GroupSpec) else 0


def _cost(node: Node) -> float:
    return COST_OF_KIND[node.kind] * max(1, _stems(node))

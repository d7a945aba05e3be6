"""What a person sees while a render runs: bars on a terminal, a line for each finished stage elsewhere."""

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from farm.graph.events import Event, Listener
from farm.plan.node import Node, PlannedSong

COST_OF_KIND = {"group": 3.0, "mix": 1.0, "master": 1.5, "match": 0.1, "finish": 4.0, "encode": 6.0, "assemble": 0.1}
"""Rough shares of the time, for the bar and its estimate only."""


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
    left = Counter((node.song, node.kind) for node in due)
    titles = {song.number: song.title for song in songs}
    began = time.monotonic()

    def listener(event: Event) -> None:
        if event.event == "started":
            return
        left[event.song, event.kind] -= 1
        if event.event == "failed" or not left[event.song, event.kind]:
            name = titles.get(event.song, "album") if event.song else "album"
            outcome = "failed" if event.event == "failed" else "done"
            print(f"{time.monotonic() - began:7.1f} s  {name}: {event.kind} {outcome}", file=sys.stderr)  # noqa: T201

    return listener


@contextmanager
def _bars(songs: Sequence[PlannedSong], due: Sequence[Node]) -> Iterator[Listener]:
    """Show one bar for the album and one for each song that is being worked on."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description:28}"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TextColumn("{task.fields[stage]:18}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        cost = {song.number: sum(_cost(node) for node in due if node.song == song.number) for song in songs}
        whole = progress.add_task("album", total=sum(map(_cost, due)), stage="")
        bars: dict[int, TaskID] = {
            song.number: progress.add_task(f"{song.number:2} {song.title}"[:28], total=cost[song.number], stage="waits")
            for song in songs
            if cost[song.number]
        }
        for bar in list(bars.values())[_MOST_BARS:]:
            progress.update(bar, visible=False)

        def listener(event: Event) -> None:
            bar = bars.get(event.song) if event.song else None
            done = 0.0 if event.event == "started" else COST_OF_KIND[event.kind]
            progress.update(whole, advance=done, stage=event.kind)
            if bar is not None:
                progress.update(bar, advance=done, stage=event.kind if event.event != "failed" else "failed")
                finished = progress.tasks[progress.task_ids.index(bar)].finished
                progress.update(bar, visible=not finished)

        yield listener


_MOST_BARS = 12


def _cost(node: Node) -> float:
    return COST_OF_KIND[node.kind]

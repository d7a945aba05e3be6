"""`farm render`: the album, rendered and delivered."""

import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from farm.cli.options import Album, Audio, Json, On, Out, Solo, Songs, Store, Workers, out_folder, store_url

if TYPE_CHECKING:
    from farm.graph.events import Event, Listener
    from farm.render import Planned

KeepGoing = Annotated[
    bool, typer.Option("--keep-going/--fail-fast", help="Go on with the other songs when one fails, or stop.")
]
Events = Annotated[
    Path | None, typer.Option("--events", metavar="FILE", help="Append one JSON object a line while running.")
]


def render(
    album: Album,
    out: Out = None,
    audio: Audio = None,
    store: Store = None,
    on: On = "threads",
    workers: Workers = None,
    song: Songs = None,
    solo: Solo = None,
    keep_going: KeepGoing = True,
    events: Events = None,
    as_json: Json = False,
) -> None:
    """Render what changed, deliver it, and say what came of it."""
    from farm.graph.workers import default_workers
    from farm.render import Running, Selection, render_album
    from farm.report.summary import summarise, summary_document
    from farm.report.table import summary_text

    selection = Selection(album, store_url(store), audio, tuple(song or ()), tuple(solo or ()))
    running = Running(out_folder(album, out, solo), on, workers or default_workers(), keep_going)
    with ExitStack() as stack:
        rendered = render_album(selection, running, _narrate(stack, events))
    planned = rendered.planned
    summary = summarise(planned.plan, planned.songs, rendered.results, rendered.files, rendered.wall_seconds)
    typer.echo(
        json.dumps(summary_document(summary), indent=2, ensure_ascii=False) if as_json else summary_text(summary)
    )
    raise typer.Exit(0 if summary.status == "ok" else 1)


def _narrate(stack: ExitStack, events: Path | None) -> "Callable[[Planned], Listener]":
    """Return what is told the plan and answers with the listener: progress on stderr, events into a file."""
    from farm.audio.kernel_cache import kernels_are_compiled
    from farm.graph.events import EventFile
    from farm.report.progress import show_progress

    def start(planned: "Planned") -> "Listener":
        due = [each.node for each in planned.nodes if each.record is None]
        if due:
            print(f"{planned.plan.album}: {len(due)} of {len(planned.nodes)} tasks to run", file=sys.stderr)  # noqa: T201
            if not kernels_are_compiled():
                print("the processors are compiled first, once on this machine: some 10 to 30 s", file=sys.stderr)  # noqa: T201
        show = stack.enter_context(show_progress(planned.songs, due))
        if events is None:
            return show
        file = stack.enter_context(EventFile(events))

        def both(event: "Event") -> None:
            show(event)
            file.write(event)

        return both

    return start

"""`farm render`: the album, rendered and delivered."""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from farm.cli.locking import Locked, Locking, WriteLock
from farm.cli.narration import narrate
from farm.cli.options import Album, Audio, Json, On, Out, Solo, Songs, Store, Until, Workers, out_folder, store_url
from farm.cli.outcome import draw_songs, outcome_document, summary_of
from farm.cli.plan import show_plan
from farm.cli.watch import watch_and_tell
from farm.errors import UsageError

if TYPE_CHECKING:
    from farm.render import Running, Selection

KeepGoing = Annotated[
    bool, typer.Option("--keep-going/--fail-fast", help="Go on with the other songs when one fails, or stop.")
]
Events = Annotated[
    Path | None, typer.Option("--events", metavar="FILE", help="Append one JSON object a line while running.")
]

Force = Annotated[
    list[str] | None,
    typer.Option(
        "--force",
        metavar="NODE",
        help="Run this although it is up to date: a task by its id or kind, or all of a song; * matches anything. Again"
        " for more.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would run and why, as `farm plan` does.")]
Watch = Annotated[
    bool,
    typer.Option("--watch", help="Render again whenever the manifest or a file that it names is saved, until Ctrl-C."),
]
Plot = Annotated[
    Path | None,
    typer.Option("--plot", metavar="FOLDER", help="Draw what matching and limiting did to each song, as SVG."),
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
    until: Until = None,
    force: Force = None,
    dry_run: DryRun = False,
    watch: Watch = False,
    keep_going: KeepGoing = True,
    events: Events = None,
    plot: Plot = None,
    locked: Locked = False,
    write_lock: WriteLock = False,
    as_json: Json = False,
) -> None:
    """Render what changed, deliver it, and say what came of it."""
    from farm.graph.workers import default_workers
    from farm.render import Running, Selection

    selection = Selection(
        album=album,
        store=store_url(store),
        audio=audio,
        songs=tuple(song or ()),
        solo=tuple(solo or ()),
        until=until,
        force=tuple(force or ()),
    )
    running = Running(out_folder(album, out, solo, until), on, workers or default_workers(), keep_going)
    locking = Locking(selection, running.out, locked, write_lock)
    if dry_run and watch:
        raise UsageError("--dry-run runs nothing that --watch could repeat", code="dry-watch", hint="give one of them")
    if dry_run or watch:
        locking.refuse_with("--dry-run" if dry_run else "--watch")
    if dry_run:
        show_plan(selection, as_json=as_json)
    elif watch:
        watch_and_tell(selection, running, events, plot, as_json=as_json)
    else:
        _render_once(selection, running, locking, events, plot, as_json=as_json)


def _render_once(
    selection: "Selection",
    running: "Running",
    locking: Locking,
    events: Path | None,
    plot: Path | None,
    *,
    as_json: bool,
) -> NoReturn:
    from farm.render import render_album
    from farm.report.table import summary_text

    with ExitStack() as stack:
        rendered = render_album(selection, running, locking.starting(narrate(stack, events)))
    summary = summary_of(rendered)
    lock_differences = locking.finish(rendered, well=not summary.errors)
    document = {**outcome_document(rendered, summary), "lock_differences": lock_differences}
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False) if as_json else summary_text(summary))
    draw_songs(rendered, plot)
    raise typer.Exit(0 if summary.status == "ok" and not lock_differences else 1)

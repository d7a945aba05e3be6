"""`farm deliver`: the files of an album that is finished already."""

import json
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING

import typer

from farm.cli.narration import narrate
from farm.cli.options import Album, Audio, Json, On, Out, Songs, Store, Workers, out_folder, store_url
from farm.cli.outcome import outcome_document, summary_of
from farm.errors import UsageError

if TYPE_CHECKING:
    from farm.graph.events import Listener
    from farm.render import Planned

_KINDS = ("finish", "encode", "continuous", "disc", "codec", "assemble")
"""What only makes files of songs that are mastered and matched; a new rate or ceiling is finished anew."""


def deliver(
    album: Album,
    out: Out = None,
    audio: Audio = None,
    store: Store = None,
    on: On = "threads",
    workers: Workers = None,
    song: Songs = None,
    as_json: Json = False,
) -> None:
    """Encode, tag and put in place what has been rendered; refuses where something would have to be rendered first."""
    from farm.graph.workers import default_workers
    from farm.render import Running, Selection, render_album
    from farm.report.table import summary_text

    selection = Selection(album, store_url(store), audio, tuple(song or ()))
    running = Running(out_folder(album, out, None), on, workers or default_workers())
    with ExitStack() as stack:
        tell = narrate(stack, None)

        def start(planned: "Planned") -> "Listener":
            _check_finished(planned)
            return tell(planned)

        rendered = render_album(selection, running, start)
    summary = summary_of(rendered)
    document = outcome_document(rendered, summary)
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False) if as_json else summary_text(summary))
    raise typer.Exit(0 if summary.status == "ok" else 1)


def _check_finished(planned: "Planned") -> None:
    """Raise UsageError (not-rendered) if songs would have to be mixed, mastered or matched."""
    due = [node for node in planned.due if node.kind not in _KINDS]
    if not due:
        return
    kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(node.kind for node in due).items())
    message = f"{len(due)} of {len(planned.nodes)} tasks would have to render first: {kinds}"
    hint = "`farm render` renders and delivers"
    raise UsageError(message, code="not-rendered", hint=hint, where=planned.plan.path)

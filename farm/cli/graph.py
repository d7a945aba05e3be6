"""`farm graph`: the tasks of an album and what depends on what, as a picture."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from farm.cli.options import Album, Audio, Solo, Songs, Store, Until, store_url
from farm.errors import UsageError

Form = Literal["svg", "dot", "mermaid"]

FormOption = Annotated[
    Form | None, typer.Option("--format", help="What to write.  [default: by the ending of --out, else svg]")
]
Picture = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Where to write it.  [default: stdout]")]

_ENDINGS: dict[str, Form] = {".svg": "svg", ".dot": "dot", ".gv": "dot", ".mmd": "mermaid", ".mermaid": "mermaid"}


def graph(
    album: Album,
    form: FormOption = None,
    out: Picture = None,
    audio: Audio = None,
    store: Store = None,
    song: Songs = None,
    solo: Solo = None,
    until: Until = None,
) -> None:
    """Draw the graph: what would run, what is up to date, and how long each task took when it last ran."""
    from farm.plan.estimate import last_seconds
    from farm.render import Selection, plan_album
    from farm.report.graph_picture import draw_graph
    from farm.report.graph_text import graph_as_dot, graph_as_mermaid

    planned = plan_album(Selection(album, store_url(store), audio, tuple(song or ()), tuple(solo or ()), until))
    seconds = last_seconds([each.node for each in planned.nodes], planned.history)
    write = {"svg": draw_graph, "dot": graph_as_dot, "mermaid": graph_as_mermaid}[form or _form_of(out)]
    text = write(planned.plan, planned.nodes, seconds)
    if out is None:
        typer.echo(text, nl=False)
    else:
        _write(out, text)


def _form_of(out: Path | None) -> Form:
    return _ENDINGS.get(out.suffix.lower(), "svg") if out else "svg"


def _write(out: Path, text: str) -> None:
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"cannot be written: {error.strerror or error}"
        raise UsageError(message, code="picture-unwritable", where=str(out)) from error

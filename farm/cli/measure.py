"""`farm measure`: what a meter says of audio files."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from farm.cli.options import Json, Workers
from farm.errors import FarmError, UsageError

if TYPE_CHECKING:
    from farm.measure.files import FileMeasurement

Everything = Annotated[bool, typer.Option("--all", help="Print every figure of each file, not one line.")]
Plot = Annotated[
    Path | None,
    typer.Option("--plot", metavar="DIR", help="Draw loudness, peaks and spectrum of each file as SVG in this folder."),
]


def measure(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Audio files.")],
    everything: Everything = False,
    plot: Plot = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Measure loudness, peaks, stereo, spectrum and edges of any audio file."""
    from farm.graph.workers import default_workers
    from farm.measure.files import measure_files
    from farm.report.measured import measured_document

    measured: list[FileMeasurement] = []
    failed = 0
    # The table has no spectrum, which takes more time than all the rest.
    for each in measure_files(files, workers or default_workers(), ltas=as_json or everything or plot is not None):
        if isinstance(each, FarmError):
            typer.echo(each.render(), err=True)
            failed = each.exit_code
        else:
            measured.append(each)
    if as_json:
        typer.echo(json.dumps([measured_document(each) for each in measured], indent=2, ensure_ascii=False))
    elif measured:
        typer.echo(_text(measured, everything))
    if plot:
        _draw(measured, plot)
    raise typer.Exit(failed)


def _text(measured: "list[FileMeasurement]", everything: bool) -> str:
    from farm.report.measured import measured_details, measured_table

    return "\n\n".join(map(measured_details, measured)) if everything else measured_table(measured)


def _draw(measured: "list[FileMeasurement]", folder: Path) -> None:
    from farm.report.measured import write_pictures

    try:
        for path in write_pictures(measured, folder):
            typer.echo(f"drew {path}", err=True)
    except OSError as error:
        raise UsageError(
            f"cannot draw: {error.strerror}", code="plot-unwritable", hint="name another folder", where=str(folder)
        ) from None

"""`farm measure`: what a meter says of audio files."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from farm.cli.options import Json
from farm.errors import FarmError

if TYPE_CHECKING:
    from farm.measure.files import FileMeasurement

_FIGURES = (
    "duration_seconds",
    "integrated_lufs",
    "loudness_range_lu",
    "max_momentary_lufs",
    "max_short_term_lufs",
    "true_peak_dbtp",
    "sample_peak_dbfs",
)


def measure(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Audio files.")], as_json: Json = False
) -> None:
    """Measure loudness, range and peaks of any audio file."""
    from farm.measure.files import measure_file

    measured: list[FileMeasurement] = []
    failed = 0
    for file in files:
        try:
            measured.append(measure_file(file, ltas=False))
        except FarmError as error:
            typer.echo(error.render(), err=True)
            failed = error.exit_code
    if as_json:
        typer.echo(json.dumps([_document(each) for each in measured], indent=2, ensure_ascii=False))
    elif measured:
        typer.echo(_text(measured))
    raise typer.Exit(failed)


def _document(each: "FileMeasurement") -> dict[str, object]:
    facts = asdict(each.measurement)
    head = {"file": str(each.path), "rate_hz": each.info.rate_hz, "channels": each.info.channels}
    return head | {name: round(facts[name], 3) if facts[name] is not None else None for name in _FIGURES}


def _text(measured: "list[FileMeasurement]") -> str:
    lines = ["  LUFS    LU  max M  max S   dBTP   dBFS"]
    for each in measured:
        m = each.measurement
        figures = (
            m.integrated_lufs,
            m.loudness_range_lu,
            m.max_momentary_lufs,
            m.max_short_term_lufs,
            m.true_peak_dbtp,
            m.sample_peak_dbfs,
        )
        widths = (6, 5, 6, 6, 6, 6)
        cells = (f"{'-':>{w}}" if v is None else f"{v:{w}.1f}" for v, w in zip(figures, widths, strict=True))
        lines.append(" ".join(cells) + f"  {each.path}")
    return "\n".join(lines)

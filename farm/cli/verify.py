"""`farm verify`: is a delivery what it says it is?"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from farm.cli.options import Json, Workers

if TYPE_CHECKING:
    from farm.deliver.finding import CheckedFile, CheckedFolder, Verification

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a delivery, or of one deliverable in it.")]

_DECIMALS = 2


def verify(folder: Folder, workers: Workers = None, as_json: Json = False) -> None:
    """Read a delivery back and compare it with what it says: checksums, tags, order, loudness, ceilings."""
    from farm.deliver.verify import verify_delivery
    from farm.graph.workers import default_workers

    with _progress() as on_read:
        verified = verify_delivery(folder, workers or default_workers(), on_read)
    typer.echo(json.dumps(_document(verified), indent=2, ensure_ascii=False) if as_json else _text(verified))
    raise typer.Exit(1 if verified.findings else 0)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Yield what is told how far it is: a bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("files"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("files", total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total)


def _document(verified: "Verification") -> dict[str, Any]:
    return {
        "status": "failed" if verified.findings else "ok",
        "folders": [
            {
                "folder": folder.name,
                "format": folder.document.deliverable.format if folder.document else None,
                "album_lufs": _rounded(folder.album_lufs),
                "files": [_file_document(file) for file in folder.files],
            }
            for folder in verified.folders
        ],
        "findings": [{"where": each.where, "code": each.code, "message": each.message} for each in verified.findings],
    }


def _file_document(file: "CheckedFile") -> dict[str, Any]:
    return {
        "name": file.name,
        "kind": file.kind,
        "rate_hz": file.rate_hz,
        "frames": file.frames,
        "duration_seconds": _rounded(file.duration_seconds),
        "integrated_lufs": _rounded(file.integrated_lufs),
        "true_peak_dbtp": _rounded(file.true_peak_dbtp),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)


def _text(verified: "Verification") -> str:
    lines = [line for folder in verified.folders for line in (*_folder_lines(folder), "")]
    lines += [f"{each.where}: {each.message} [{each.code}]" for each in verified.findings]
    files = _counted(sum(len(folder.files) for folder in verified.folders), "file")
    folders = _counted(len(verified.folders), "folder")
    outcome = _counted(len(verified.findings), "finding") if verified.findings else "all as it should be"
    return "\n".join([*lines, f"{files} of sound in {folders}: {outcome}"])


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def _folder_lines(folder: "CheckedFolder") -> Iterator[str]:
    asked = folder.document.deliverable if folder.document else None
    aimed = f" (target {asked.target_lufs:g}, {asked.loudness_mode}; {asked.ceiling_dbtp:g} dBTP)" if asked else ""
    yield f"{folder.name}: {_level(folder.album_lufs)} LUFS together{aimed}"
    for file in folder.files:
        minutes, seconds = divmod(round(file.duration_seconds), 60)
        levels = f"{_level(file.integrated_lufs)} LUFS {_level(file.true_peak_dbtp)} dBTP"
        yield f"  {minutes:3}:{seconds:02} {levels}  {file.name}"


def _level(level: float | None) -> str:
    return "     -" if level is None else f"{level:6.1f}"

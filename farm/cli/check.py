"""`farm check`: is the manifest right?"""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from farm.cli.options import Album, Audio, Json
from farm.errors import ManifestError

if TYPE_CHECKING:
    from farm.errors import Diagnostic
    from farm.manifest.load import LoadedAlbum

_KEYS = ("file", "line", "column", "key", "code", "message", "hint")


def check(album: Album, audio: Audio = None, as_json: Json = False) -> None:
    """Validate a manifest: every error with file, line and column."""
    from farm.manifest.load import load_album
    from farm.plan.frozen import load_frozen

    try:
        loaded = load_album(album, audio=audio)
        load_frozen(loaded)
        warnings = (*loaded.warnings, *_length_warnings(loaded))
    except ManifestError as error:
        if not as_json:
            raise
        typer.echo(json.dumps(diagnostic_documents(error), indent=2, ensure_ascii=False))
        raise typer.Exit(error.exit_code) from None
    if as_json:
        typer.echo("[]")
        return
    for warning in warnings:
        typer.echo(f"warning: {warning.render()}", err=True)
    songs = loaded.manifest.songs
    strips = sum(len(song.strips) for song in songs)
    typer.echo(f"{album}: {len(songs)} songs, {strips} strips, no errors")


def _length_warnings(loaded: "LoadedAlbum") -> "tuple[Diagnostic, ...]":
    """Return what may be wrong with how long the songs of a disc are; without a disc nothing is loaded for it."""
    if not any(deliver.is_disc for deliver in loaded.manifest.deliver):
        return ()
    from farm.deliver.cd_forecast import check_album_lengths

    return check_album_lengths(loaded)


def diagnostic_documents(error: ManifestError) -> list[dict[str, Any]]:
    """Return everything that is wrong with a manifest as JSON."""
    return [{key: asdict(diagnostic)[key] for key in _KEYS} for diagnostic in error.diagnostics]

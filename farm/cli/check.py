"""`farm check`: is the manifest right?"""

import json
from dataclasses import asdict

import typer

from farm.cli.options import Album, Audio, Json
from farm.errors import ManifestError

_KEYS = ("file", "line", "column", "key", "code", "message", "hint")


def check(album: Album, audio: Audio = None, as_json: Json = False) -> None:
    """Validate a manifest: every error with file, line and column."""
    from farm.manifest.load import load_album

    try:
        loaded = load_album(album, audio=audio)
    except ManifestError as error:
        if not as_json:
            raise
        found = [{key: asdict(diagnostic)[key] for key in _KEYS} for diagnostic in error.diagnostics]
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
        raise typer.Exit(error.exit_code) from None
    if as_json:
        typer.echo("[]")
        return
    songs = loaded.manifest.songs
    strips = sum(len(song.strips) for song in songs)
    typer.echo(f"{album}: {len(songs)} songs, {strips} strips, no errors")

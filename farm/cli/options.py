"""Options that several commands share, and what they default to."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

Album = Annotated[
    Path, typer.Argument(metavar="ALBUM", help="The album's manifest, or a folder that holds an album.toml.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else there.")]
Audio = Annotated[
    Path | None,
    typer.Option("--audio", metavar="DIR", help="Look relative stem paths up in this folder, not beside the manifest."),
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Where to deliver.  [default: delivery beside the manifest]")
]
Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="DIR",
        envvar="FARM_STORE",
        help="Where finished work is kept.  [default: the user's cache folder]",
    ),
]
Workers = Annotated[
    int | None, typer.Option("--workers", min=1, metavar="N", help="Tasks at a time.  [default: one a processor]")
]
On = Annotated[
    str,
    typer.Option("--on", metavar="PLACE", help="Where to run: threads, processes, or a dask scheduler's address."),
]
Songs = Annotated[
    list[str] | None,
    typer.Option("--song", metavar="SONG", help="Only this song, by title or number; again for more."),
]

Solo = Annotated[
    list[str] | None,
    typer.Option(
        "--solo",
        metavar="NAME",
        help="Hear only this strip, or what reaches this bus; again for more. Delivered into solo, not delivery.",
    ),
]

Until = Annotated[
    Literal["mix", "master", "finish"] | None,
    typer.Option(
        "--until",
        help="Stop there and deliver nothing: write the mixes, masters or finished songs as 32-bit float WAV to listen"
        " to, into listening, not delivery.",
    ),
]


def store_url(store: str | None) -> str:
    """Return the store that was asked for, else the one in the user's cache folder."""
    if store:
        return str(Path(store).expanduser().absolute())
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return str(Path(cache) / "farm" / "store")


def out_folder(album: Path, out: Path | None, solo: Sequence[str] | None, until: str | None = None) -> Path:
    """Return the folder that was asked for, else `delivery` beside the manifest, `solo` for what is not all of it, or
    `listening` for what is not finished."""
    beside = album if album.is_dir() else album.parent
    return (out or beside / ("solo" if solo else "listening" if until else "delivery")).absolute()

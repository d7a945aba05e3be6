"""The files that an album's text names: a change of one of them may change the album."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from farm.errors import ManifestError
from farm.manifest.files import expand_path
from farm.manifest.toml_file import TomlFile, load_toml

_LONGEST_PATH = 4096


def find_named_files(album: Path, audio: Path | None = None) -> frozenset[Path]:
    """Return an album's file, the files of its songs, and every path that a text in them may mean, there or not.

    Nothing of it has to be valid: what cannot be read names nothing. A text without an ending, such as a title, counts
    if there is such a file.
    """
    found = {album}
    for path in _toml_files(album):
        found.add(path)
        file = _read(path)
        for text in _texts(file.data if file else None):
            found.update(_paths(text, [folder for folder in (path.absolute().parent, audio) if folder]))
    return frozenset(found)


def _toml_files(album: Path) -> Iterator[Path]:
    """Yield the album's file and those that its songs are in."""
    yield album
    file = _read(album)
    songs = file.data.get("song") if file else None
    for song in songs if isinstance(songs, list) else ():
        if isinstance(song, dict) and isinstance(name := song.get("file"), str) and _may_be_path(name):
            yield expand_path(album.absolute().parent, name)


def _read(path: Path) -> TomlFile | None:
    try:
        return load_toml(path)
    except (OSError, ManifestError):
        return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _paths(text: str, folders: Sequence[Path]) -> Iterator[Path]:
    if not _may_be_path(text):
        return
    for folder in folders:
        path = expand_path(folder, text)
        if path.suffix or path.exists():
            yield path


def _may_be_path(text: str) -> bool:
    return 0 < len(text) < _LONGEST_PATH and text.isprintable()

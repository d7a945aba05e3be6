"""`album.frozen.toml`: an album's trims, written down. While the file is there they are applied as they are.

A song is recognised by its ISRC where the file has one, so that its title may change, else by title and version; of
several songs of one title the first in the file is the first on the album. Order and places may change either way.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from farm.errors import ManifestError, UsageError
from farm.manifest.diagnostics import Problem, suggest
from farm.manifest.document import Document
from farm.manifest.load import LoadedAlbum
from farm.manifest.song import Song
from farm.manifest.toml_file import TomlFile, load_toml
from farm.plan.beside import path_beside
from farm.plan.frozen_keys import check_frozen_keys, plain_isrc
from farm.plan.match_spec import FrozenSpec, FrozenTrim
from farm.records import Trim

_CURVES = ("tone_db", "side_db")
_NUMBERS = ("goal_lufs", "range_factor", "ride_max_db")
_TEXTS = ("goal_measure",)

Table = Mapping[str, Any]


def frozen_path(album: Path) -> Path:
    """Return where the trims of a manifest are written down, whether they are or not."""
    return path_beside(album, "album.frozen.toml", ".frozen.toml")


def load_frozen(loaded: LoadedAlbum) -> FrozenSpec | None:
    """Return the trims that are written down for an album, None if none are.

    Raises ManifestError with everything that is wrong with the file, UsageError if it cannot be read.
    """
    path = frozen_path(loaded.document.album.path)
    try:
        file = load_toml(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        raise UsageError(message, code="frozen-unreadable", where=str(path)) from None
    songs = loaded.manifest.songs
    numbers, problems = _find_songs(_tables(file), songs)
    problems = [*check_frozen_keys(file.data), *problems]
    if problems:
        raise ManifestError(_diagnosed(file, problems))
    trims = [_trim(file.data["song"][place], number, songs) for place, number in numbers.items()]
    album_lufs = file.data.get("album_lufs")
    return FrozenSpec(
        None if album_lufs is None else float(album_lufs), tuple(sorted(trims, key=lambda each: each.song))
    )


def freeze_trim(number: int, song: Song, trim: Trim) -> FrozenTrim:
    """Return what is written down of a song's trim: the rest follows from what the song measures."""
    return FrozenTrim(
        number,
        song.title,
        trim.goal_lufs,
        trim.tone_db,
        trim.side_db,
        trim.range_factor,
        trim.ride_max_db,
        trim.goal_measure,
    )


def _diagnosed(file: TomlFile, problems: Sequence[Problem]) -> list[Any]:
    diagnostics = Document(file, file.data, {}, frozenset()).diagnose(problems)
    return sorted(diagnostics, key=lambda each: (each.line, each.column))


def _tables(file: TomlFile) -> dict[int, Table]:
    """Return the tables of the songs by their places in the file, as far as they are tables."""
    songs = file.data.get("song")
    listed = songs if isinstance(songs, list) else []
    return {place: each for place, each in enumerate(listed) if isinstance(each, dict)}


def _trim(table: Table, number: int, songs: Sequence[Song]) -> FrozenTrim:
    curves = {key: tuple(map(float, table[key])) for key in _CURVES if key in table}
    numbers = {key: float(table[key]) for key in _NUMBERS if key in table}
    texts = {key: table[key] for key in _TEXTS if key in table}
    return FrozenTrim(number, songs[number - 1].title, **curves, **numbers, **texts)  # type: ignore[arg-type]


def _find_songs(tables: Mapping[int, Table], songs: Sequence[Song]) -> tuple[dict[int, int], list[Problem]]:
    """Return the song's number for each place in the file, and the places where there is none."""
    found: dict[int, int] = {}
    problems: list[Problem] = []
    for place, table in sorted(tables.items(), key=lambda item: "isrc" not in item[1]):  # what is certain comes first
        named = _named(table, songs)
        free = [number for number in named if number not in found.values()]
        if free:
            found[place] = free[0]
        else:
            problems += _unplaced(place, table, bool(named), songs)
    return found, problems


def _named(table: Table, songs: Sequence[Song]) -> list[int]:
    """Return the numbers of the songs that a table may mean."""
    if "isrc" in table:
        isrc = plain_isrc(table["isrc"])
        return [number for number, song in enumerate(songs, 1) if song.isrc is not None and song.isrc == isrc]
    wanted = (table.get("title"), table.get("version"))
    return [number for number, song in enumerate(songs, 1) if (song.title, song.version) == wanted]


def _unplaced(place: int, table: Table, is_twofold: bool, songs: Sequence[Song]) -> Iterator[Problem]:
    key = "isrc" if "isrc" in table else "title"
    said = table.get(key)
    if not isinstance(said, str) or (key == "isrc" and plain_isrc(said) is None):
        return  # reported as what it is
    shown = repr(said) if key == "isrc" else " ".join(map(repr, filter(None, (said, table.get("version")))))
    if is_twofold:
        yield Problem(("song", place, key), "frozen-song-twofold", f"the song {shown} is in the file already")
        return
    nearest = suggest(said, [song.title if key == "title" else song.isrc or "" for song in songs])
    hint = nearest or "remove its table, or write all trims down anew with `farm freeze`"
    message = f"the album has no song {'with the ISRC ' if key == 'isrc' else ''}{shown}"
    yield Problem(("song", place, key), "frozen-song-unknown", message, hint)

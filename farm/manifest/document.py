"""An album's TOML files as one document: songs that have a file of their own are put in their places."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from farm.errors import Diagnostic, ManifestError
from farm.manifest.diagnostics import Loc, Problem, format_loc, shorten
from farm.manifest.files import expand_path, hint_missing
from farm.manifest.table import check_text
from farm.manifest.toml_file import TomlFile, load_toml


@dataclass(frozen=True, slots=True)
class Document:
    """`data` is the album's, songs in place of `{file = ...}`; songs at `unreadable` indices are not to be judged."""

    album: TomlFile
    data: Mapping[str, Any]
    song_files: Mapping[int, TomlFile]
    unreadable: frozenset[int]

    @property
    def files(self) -> tuple[TomlFile, ...]:
        """The files that were read, the album's first, each once."""
        return tuple({file.path: file for file in (self.album, *self.song_files.values())}.values())

    def locate(self, loc: Loc) -> tuple[TomlFile, Loc]:
        """Return the file that holds a place of the document, and the place within it."""
        if len(loc) >= 2 and loc[0] == "song" and (file := self.song_files.get(int(loc[1]))):
            return file, loc[2:]
        return self.album, loc

    def folder(self, loc: Loc) -> Path:
        """Return the folder from which paths at a place are meant."""
        return self.locate(loc)[0].path.absolute().parent

    def position(self, loc: Loc) -> tuple[str, int, int] | None:
        """Return file, line and column of a value, or None if no file holds it."""
        file, inner = self.locate(loc)
        found = file.positions.find(inner)
        return (str(file.path), *found) if found else None

    def diagnose(self, problems: Iterable[Problem]) -> list[Diagnostic]:
        """Return problems with their positions."""
        return [self._diagnostic(problem) for problem in problems]

    def _diagnostic(self, problem: Problem) -> Diagnostic:
        file, loc = self.locate(problem.loc)
        line, column = file.positions.nearest(loc, at=problem.at)
        hint = shorten(problem.hint) if problem.hint else None
        return Diagnostic(
            file=str(file.path),
            line=line,
            column=column,
            key=shorten(format_loc(loc)),
            code=problem.code,
            message=shorten(problem.message),
            hint=hint,
            source_line=file.line(line),
        )


def load_document(path: Path) -> tuple[Document, list[Problem], list[Diagnostic]]:
    """Return the document of an album, with what is wrong with its song files.

    Raises ManifestError when the album's own file is not TOML, OSError when it cannot be read.
    """
    album = load_toml(path)
    read = _SongFiles(album)
    songs = album.data.get("song")
    data = dict(album.data)
    if isinstance(songs, list):
        data["song"] = [read.song(index, song) for index, song in enumerate(songs)]
    document = Document(album, data, read.files, frozenset(read.unreadable))
    return document, read.problems, read.diagnostics


class _SongFiles:
    """Reads the songs' files, each once."""

    def __init__(self, album: TomlFile) -> None:
        self.album = album
        self.files: dict[int, TomlFile] = {}
        self.unreadable: set[int] = set()
        self.problems: list[Problem] = []
        self.diagnostics: list[Diagnostic] = []
        self._known: dict[Path, TomlFile | None] = {}

    def song(self, index: int, written: Any) -> Any:
        """Return a song's table: as written, or read from the file that it names."""
        if not (isinstance(written, dict) and "file" in written):
            return written
        loc: Loc = ("song", index)
        for key in written.keys() - {"file"}:
            message = f"a song that has a file of its own takes no other key here, such as {key!r}"
            self.problems.append(
                Problem((*loc, key), "unknown-key", message, f"move {key} into the song's file", at="key")
            )
        file = self._file((*loc, "file"), written["file"])
        if file is None:
            self.unreadable.add(index)
            return None
        self.files[index] = file
        return file.data

    def _file(self, loc: Loc, written: Any) -> TomlFile | None:
        if not isinstance(written, str):
            self.problems.append(Problem(loc, "wrong-type", "file wants the path of a TOML file in quotes"))
            return None
        try:
            path = expand_path(self.album.path.parent, check_text(written))
        except ValueError as error:
            self.problems.append(Problem(loc, "bad-text", str(error)))
            return None
        if path not in self._known:
            self._known[path] = self._load(loc, path)
        return self._known[path]

    def _load(self, loc: Loc, path: Path) -> TomlFile | None:
        problem = _check_song_path(loc, path, self.album.path)
        if problem:
            self.problems.append(problem)
            return None
        try:
            file = load_toml(path)
        except ManifestError as error:
            self.diagnostics += error.diagnostics
            return None
        except OSError as error:
            message = f"the song's file cannot be read: {error.strerror}"
            self.problems.append(Problem(loc, "song-file-unreadable", message))
            return None
        if "file" in file.data:
            self.problems.append(self._nested(loc, file))
            return None
        return file

    def _nested(self, loc: Loc, file: TomlFile) -> Problem:
        written = file.data["file"]
        target = expand_path(file.path.parent, written) if isinstance(written, str) else None
        circular = target is not None and any(
            target.absolute() == other.absolute() for other in (file.path, self.album.path)
        )
        code = "song-file-circular" if circular else "song-file-nested"
        message = f"the song's file {file.path.name} names a file in turn"
        return Problem(loc, code, message, "a song's file holds the song's own keys: title, [[strip]]")


def _check_song_path(loc: Loc, path: Path, album: Path) -> Problem | None:
    try:
        if path.is_dir():
            return Problem(loc, "song-file-unreadable", f"the song's file is a folder: {path}")
        if not path.exists():
            return Problem(loc, "song-file-missing", f"there is no file {path}", hint_missing(path))
        if not path.is_file():
            return Problem(loc, "song-file-unreadable", f"the song's file is not a regular file: {path}")
        if path.samefile(album):
            message = "the song's file is the album's own file"
            return Problem(loc, "song-file-circular", message, "a song's file holds one song: title, [[strip]]")
    except OSError as error:
        return Problem(loc, "song-file-unreadable", f"the song's file cannot be read: {error.strerror}")
    return None

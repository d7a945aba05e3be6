"""From a path to an album that can be rendered, or to everything that is wrong with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from farm.errors import Diagnostic, ManifestError, UsageError
from farm.manifest.aims import check_aims, check_sequence
from farm.manifest.curves import check_automation, resolve_files
from farm.manifest.diagnostics import Loc, Problem
from farm.manifest.document import Document, load_document
from farm.manifest.inputs import check_inputs, check_processor_files
from farm.manifest.merge import resolve_manifest
from farm.manifest.models import Manifest
from farm.manifest.red_book import check_discs, warn_of_discs
from farm.manifest.releases import check_deliverables, check_isrcs, check_release
from farm.manifest.routing import check_routing
from farm.manifest.schema_problems import find_schema_problems
from farm.manifest.settings import Settings, check_master, check_presets
from farm.manifest.solo import solo_strips
from farm.manifest.song_view import songs_of, table_of
from farm.manifest.timing import check_sources, check_tempo

ALBUM_FILE = "album.toml"


@dataclass(frozen=True, slots=True)
class LoadedAlbum:
    """A valid album: settings merged, paths absolute. `files` are the TOML files it was read from, its own first."""

    path: Path
    manifest: Manifest
    files: tuple[Path, ...]
    document: Document = field(repr=False, compare=False)
    warnings: tuple[Diagnostic, ...] = ()
    """What is no error and yet may not be meant."""

    def audio_files(self) -> Iterator[Path]:
        """Yield the files that the strips play, without those of muted strips; a file may come more than once."""
        for song in self.manifest.songs:
            for strip in song.strips:
                if not strip.mute:
                    yield from (clip.file for clip in strip.clips) if strip.stem is None else (strip.stem,)

    def position(self, loc: Loc) -> tuple[str, int, int] | None:
        """Return file, line and column of a value by its keys in the manifest, ("song", 0, "strip", 2, "gain_db").

        None if the manifest does not write it: defaults, and what a preset supplies to a strip.
        """
        return self.document.position(loc)


def load_album(path: Path, *, audio: Path | None = None, solo: Sequence[str] = ()) -> LoadedAlbum:
    """Load the album of a file, or of the folder that holds its `album.toml`.

    Relative paths are meant from the folder of the file that names them, those of stems from `audio` if that is given.
    `solo` names the strips and buses that are to be heard, all if empty. Raises ManifestError with everything that is
    wrong, UsageError if there is no file to read or nothing of the name to solo.
    """
    path = find_album_file(path)
    try:
        document, problems, diagnostics = load_document(path)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", code="album-unreadable", where=str(path)) from None
    manifest, faults = find_schema_problems(document.data, document.unreadable)
    problems += [*faults, *_check(document, audio)]
    if manifest is not None:
        problems += [*check_automation(manifest, document), *check_tempo(manifest)]
        problems += check_processor_files(manifest, document)
    if problems or diagnostics or manifest is None:
        raise ManifestError(_sorted(document, [*diagnostics, *document.diagnose(problems)]))
    files = tuple(file.path.absolute() for file in document.files)
    resolved = resolve_manifest(resolve_files(manifest, document), document, audio and audio.absolute())
    files = tuple(file.path.absolute() for file in document.files)
    warnings = _sorted(document, document.diagnose(warn_of_discs(document.data)))
    return LoadedAlbum(path.absolute(), solo_strips(resolved, solo), files, document, tuple(warnings))


def find_album_file(path: Path) -> Path:
    """Return the album's file for a file or a folder. Raises UsageError if there is none."""
    if not path.exists():
        raise UsageError("there is no such file or folder", code="album-missing", where=str(path))
    if not path.is_dir():
        return path
    album = path / ALBUM_FILE
    if not album.is_file():
        hint = f"`farm init {path}` writes a starting album"
        raise UsageError(f"the folder holds no {ALBUM_FILE}", code="album-missing", hint=hint, where=str(path))
    return album


def _check(document: Document, audio: Path | None) -> Iterator[Problem]:
    """Yield what no single table can know. Every check passes over what it cannot read: that is reported already."""
    settings = Settings(document.data)
    for song in songs_of(document.data):
        yield from check_sources(song)
        yield from check_routing(song, settings)
        yield from check_presets(song, settings)
    yield from check_master(table_of(table_of(document.data, "defaults"), "master"), ("defaults", "master"), settings)
    yield from check_isrcs(document)
    yield from check_release(document.data)
    yield from check_aims(document.data)
    yield from check_sequence(document.data)
    yield from check_deliverables(document.data)
    yield from check_discs(document.data)
    yield from check_inputs(document, audio)


def _sorted(document: Document, diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """Return diagnostics in the order of the files and of their text, one for each place and code."""
    order = {str(file.path): place for place, file in enumerate(document.files)}
    first: dict[tuple[str, int, int, str], Diagnostic] = {}
    for each in diagnostics:
        first.setdefault((each.file, each.line, each.column, each.code), each)
    return sorted(first.values(), key=lambda each: (order.get(each.file, len(order)), each.line, each.column))

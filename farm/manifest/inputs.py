"""The files that an album is made from: each is looked at once, however often it is named."""

from collections.abc import Iterator
from pathlib import Path

from pydantic_core import PydanticCustomError

from farm.manifest.aims import references_of
from farm.manifest.curves import tables_within
from farm.manifest.diagnostics import Loc, Problem
from farm.manifest.document import Document
from farm.manifest.files import FileFault, Role, expand_path, find_fault, hint_missing
from farm.manifest.models import Manifest
from farm.manifest.processors.base import ProcessorParams
from farm.manifest.song_view import Raw, songs_of, table_of, tables_of, text_of
from farm.manifest.table import check_text

_MAX_SEARCHES = 50
"""A wrong folder makes every stem missing; finding the nearest name for thousands of them would take minutes."""


def check_inputs(document: Document, audio: Path | None) -> Iterator[Problem]:
    """Yield the stems, references and the cover that are missing or not what they should be."""
    looked_at: dict[tuple[Path, Role], FileFault | None] = {}
    searches = 0
    for loc, path, role in _inputs(document, audio):
        if (path, role) not in looked_at:
            looked_at[path, role] = find_fault(path, role)
        if fault := looked_at[path, role]:
            hint = "export the picture again" if fault.code == "cover-damaged" else None
            if fault.code.endswith("-missing") and searches < _MAX_SEARCHES:
                searches += 1
                hint = _hint(path, role, audio)
            yield Problem(loc, fault.code, fault.message, hint)


def check_processor_files(manifest: Manifest, document: Document) -> Iterator[Problem]:
    """Yield the files that processors name and that are missing or not what they should be."""
    for loc, table in tables_within(manifest, ()):
        for name, role in table.files.items() if isinstance(table, ProcessorParams) else ():
            if written := getattr(table, name):
                path = expand_path(document.folder(loc), written)
                if fault := find_fault(path, role):
                    hint = hint_missing(path) if fault.code.endswith("-missing") else None
                    yield Problem((*loc, name), fault.code, fault.message, hint)


def _hint(path: Path, role: Role, audio: Path | None) -> str | None:
    hint = hint_missing(path)
    if role != "stem" or (hint and hint.startswith(("did you", "a file"))):
        return hint
    where = f"stems are looked for in {audio}" if audio else "if the stems lie in another folder: --audio FOLDER"
    return f"{hint}; {where}" if hint else where


def _inputs(document: Document, audio: Path | None) -> Iterator[tuple[Loc, Path, Role]]:
    """Yield the files that the document names, as far as their paths can be read."""
    data, folder = document.data, document.album.path.parent
    if cover := _path_text(table_of(data, "album"), "cover"):
        yield ("album", "cover"), expand_path(folder, cover), "cover"
    for loc, reference in references_of(table_of(data, "target")):
        if file := _path_text(reference, "file"):
            yield (*loc, "file"), expand_path(folder, file), "reference"
    for song in songs_of(data):
        stems = audio or document.locate((*song.loc, "strip"))[0].path.parent
        for _, loc, strip in song.channels("strip"):
            if stem := _path_text(strip, "stem"):
                yield (*loc, "stem"), expand_path(stems, stem), "stem"
            for index, clip in tables_of(strip, "clips"):
                if file := _path_text(clip, "file"):
                    yield (*loc, "clips", index, "file"), expand_path(stems, file), "stem"


def _path_text(table: Raw, key: str) -> str | None:
    text = text_of(table, key)
    try:
        return check_text(text) if text else None
    except PydanticCustomError:
        return None

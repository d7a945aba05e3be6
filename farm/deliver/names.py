"""The names of delivered files: safe on every file system, and each only once in its folder."""

import re
import unicodedata
from collections.abc import Sequence

from farm.manifest.file_names import LONGEST_NAME_BYTES, safe_part
from farm.manifest.formats import FORMATS
from farm.plan.spec import TagSpec

_NUMBER = "{number:02}"
_EMPTY_BRACKETS = re.compile(r"\s*(\(\)|\[\])")
"""What is left of "{title} ({version})" where a song has no version."""


def file_names(template: str, format: str, songs: Sequence[TagSpec]) -> tuple[str, ...]:  # noqa: A002
    """Return the name of each song's file, in order. The template is one that the manifest has checked.

    A name that is taken already, also if it differs in case alone, gets ` (2)`, ` (3)`, ... `{number:02}` has as many
    digits as the last track of a disc where that takes more than two, so that names sort as the tracks do.
    """
    digits = max((len(str(song.track_total)) for song in songs), default=2)
    template = template.replace(_NUMBER, f"{{number:0{max(2, digits)}}}")
    extension = "." + FORMATS[format].ext
    taken: set[str] = set()
    names: list[str] = []
    for song in songs:
        stem = _fill_in(template.removesuffix(".{ext}"), song, FORMATS[format].ext)
        name = safe_name(stem, extension)
        count = 1
        while _folded(name) in taken:
            count += 1
            name = safe_name(stem, f" ({count}){extension}")
        taken.add(_folded(name))
        names.append(name)
    return tuple(names)


def safe_name(stem: str, ending: str) -> str:
    """Return stem + ending in Unicode NFC, at most LONGEST_NAME_BYTES of UTF-8; only the stem is changed for it."""
    return safe_part(stem, LONGEST_NAME_BYTES - len(ending.encode())) + ending


def _fill_in(template: str, song: TagSpec, extension: str) -> str:
    """Fill in a template; brackets around a version or an ISRC that there is not go with it."""
    filled = template.format(
        number=song.track_number,
        disc=song.disc_number,
        title=song.title,
        version=song.version or "",
        artist=song.artist,
        album=song.album,
        isrc=song.isrc or "",
        ext=extension,
    )
    return _EMPTY_BRACKETS.sub("", filled) if "{version}" in template or "{isrc}" in template else filled


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())

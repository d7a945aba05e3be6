"""The names of delivered files: safe on every file system, and each only once in its folder."""

import re
import unicodedata
from collections.abc import Sequence

from farm.manifest.formats import FORMATS
from farm.plan.spec import TagSpec

LONGEST_NAME_BYTES = 200
"""Most file systems take 255 bytes; the rest is for names that are put around this one (a temporary one, a copy)."""

_FORBIDDEN = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]')
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])\s*(\..*)?", re.IGNORECASE)
"""Windows keeps these for devices, whatever follows the first dot (Win32, Naming Files, Paths, and Namespaces)."""
_EMPTY_BRACKETS = re.compile(r"\s*(\(\)|\[\])")
"""What is left of "{title} ({version})" where a song has no version."""


def file_names(template: str, format: str, songs: Sequence[TagSpec]) -> tuple[str, ...]:  # noqa: A002
    """Return the name of each song's file, in order. The template is one that the manifest has checked.

    A name that is taken already, also if it differs in case alone, gets ` (2)`, ` (3)`, ...
    """
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
    clean = _FORBIDDEN.sub("-", unicodedata.normalize("NFC", stem)).strip(" .")
    clean = clean.encode()[: LONGEST_NAME_BYTES - len(ending.encode())].decode(errors="ignore").rstrip(" .\u200d")
    clean = clean or "untitled"
    return (f"_{clean}" if _RESERVED.fullmatch(clean) else clean) + ending


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

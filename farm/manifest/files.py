"""The files that a manifest names: where they are, and whether they begin as they should."""

import os
import stat
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from farm.manifest.diagnostics import find_nearest
from farm.manifest.picture import JPEG_MAGIC, PNG_MAGIC, find_damage

Role = Literal["stem", "reference", "cover", "impulse", "plugin", "preset", "state"]

_OF_THE_ALBUM = ("stem", "reference", "cover")
_AUDIO = ("stem", "reference", "impulse")
"""What has to begin like an audio file. A plug-in may be a folder, and only loading it tells whether it is one."""

_MAX_LISTED = 500
_HEAD_BYTES = 16


@dataclass(frozen=True, slots=True)
class FileFault:
    """What is wrong with a file; `code` begins with the role of the file, or with processor-file."""

    code: str
    message: str


def expand_path(folder: Path, written: str | Path) -> Path:
    """Return a written path from the folder that it is meant from; `~` is the home folder, absolute paths stay."""
    path = Path(written)
    if path.parts and path.parts[0].startswith("~"):
        try:
            path = path.expanduser()
        except RuntimeError:
            return folder / path
    return folder / path


def find_fault(path: Path, role: Role) -> FileFault | None:
    """Return what is wrong with a file, judged by its first bytes and never by its extension, or None.

    A cover is read whole.
    """
    code = role if role in _OF_THE_ALBUM else "processor-file"
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            if role == "plugin":
                return None
            return FileFault(f"{code}-is-folder", f"the {role} is a folder: {path}")
        if not stat.S_ISREG(status.st_mode):
            return FileFault(f"{code}-unreadable", f"the {role} is not a regular file: {path}")
        if status.st_size == 0:
            return FileFault(f"{code}-empty", f"the {role} has no bytes: {path}")
        with path.open("rb", buffering=0) as file:
            head = file.read(_HEAD_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return FileFault(f"{code}-missing", f"the {role} does not exist: {path}")
    except OSError as error:
        return FileFault(f"{code}-unreadable", f"the {role} cannot be read ({error.strerror}): {path}")
    if role == "cover":
        return _find_cover_fault(path, head)
    return (
        None
        if role not in _AUDIO or is_audio(head)
        else FileFault(f"{code}-not-audio", f"the {role} is not an audio file: {path}")
    )


def _find_cover_fault(path: Path, head: bytes) -> FileFault | None:
    if not head.startswith((JPEG_MAGIC, PNG_MAGIC)):
        return FileFault("cover-not-image", f"the cover is neither JPEG nor PNG: {path}")
    try:
        damage = find_damage(path.read_bytes())
    except OSError as error:
        return FileFault("cover-unreadable", f"the cover cannot be read ({error.strerror}): {path}")
    return None if damage is None else FileFault("cover-damaged", f"the cover is damaged, {damage}: {path}")


def is_audio(head: bytes) -> bool:
    """Say whether the first 16 bytes of a file are those of an audio file."""
    form = head[8:12]
    if head[:4] in (b"RIFF", b"RF64", b"BW64"):
        return form == b"WAVE"
    if head[:4] == b"FORM":
        return form in (b"AIFF", b"AIFC")
    if head[:4] in (b"fLaC", b"OggS", b"caff", b".snd", b"wvpk") or head[:3] == b"ID3" or head[4:8] == b"ftyp":
        return True
    return head[:4] == b"riff" or _is_mpeg_frame(head)


def _is_mpeg_frame(head: bytes) -> bool:
    """MPEG-1/2/2.5 layer II or III, or ADTS (ISO/IEC 11172-3, 2.4.1.3; 13818-7, 6.2.1).

    Layer I is left out: its sync word is also the byte order mark of UTF-16.
    """
    if len(head) < 4 or head[0] != 0xFF:
        return False
    if head[1] & 0xF6 == 0xF0:
        return True
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    return head[1] & 0xE0 == 0xE0 and version != 1 and layer in (1, 2) and head[2] >> 4 != 15 and head[2] >> 2 & 3 != 3


def hint_missing(path: Path) -> str | None:
    """Return how a missing file may be meant: the nearest name in its folder, or that the folder is missing too."""
    try:
        with os.scandir(path.parent) as entries:
            names = [entry.name for entry, _ in zip(entries, range(_MAX_LISTED), strict=False)]
    except FileNotFoundError:
        return f"the folder {path.parent} does not exist either"
    except OSError:
        return None
    wanted = unicodedata.normalize("NFC", path.name)
    for name in names:
        if unicodedata.normalize("NFC", name) == wanted:
            return "a file of that name is there, but its accents are composed in another way (Unicode NFC and NFD)"
    nearest = find_nearest(path.name, sorted(names))
    return f"did you mean {nearest!r}?" if nearest else None

"""Reading back what makes a WAV a Broadcast Wave Format file: `bext` version 2 (EBU Tech 3285), and `axml`."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_HEAD_BYTES, _CHUNK_HEAD_BYTES = 12, 8
_DS64 = b"ds64"
_UNKNOWN_SIZE = 0xFFFF_FFFF
_REFERENCE, _VERSION, _LOUDNESS = 288, 346, 412
_UNUSED_LEVEL = 0x7FFF
_LEAST_BYTES = 602
_AXML_ISRC = re.compile(rb"<(?:\w+:)?identifier>\s*ISRC:(\w+)\s*</(?:\w+:)?identifier>")


@dataclass(frozen=True, slots=True)
class Bext:
    """What the chunks say; None is not said."""

    version: int
    reference: str
    integrated_lufs: float | None
    true_peak_dbtp: float | None
    axml_isrc: str | None


def read_bext(path: Path) -> Bext | None:
    """Return the broadcast extension of a WAV or RF64, None if it has none. Raises OSError."""
    chunks = dict(read_chunks(path))
    bext = chunks.get(b"bext", b"")
    if len(bext) < _LEAST_BYTES:
        return None
    loudness, _, true_peak = struct.unpack_from("<3h", bext, _LOUDNESS)
    isrc = _AXML_ISRC.search(chunks.get(b"axml", b""))
    return Bext(
        version=struct.unpack_from("<H", bext, _VERSION)[0],
        reference=bext[_REFERENCE : _REFERENCE + 32].rstrip(b"\0").decode("ascii", errors="replace"),
        integrated_lufs=_level(loudness),
        true_peak_dbtp=_level(true_peak),
        axml_isrc=isrc[1].decode() if isrc else None,
    )


def read_chunks(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and content of the chunks of a WAV or RF64, but for its audio.

    The size of audio above 4 GiB stands in `ds64` (EBU Tech 3306). Raises OSError.
    """
    data_bytes = 0
    with path.open("rb") as file:
        file.seek(_HEAD_BYTES)
        while len(head := file.read(_CHUNK_HEAD_BYTES)) == _CHUNK_HEAD_BYTES:
            name, size = struct.unpack("<4sI", head)
            if name == b"data":
                size = data_bytes if size == _UNKNOWN_SIZE else size
                file.seek(size + size % 2, 1)
                continue
            body = file.read(size + size % 2)[:size]
            if name == _DS64 and len(body) >= 16:
                data_bytes = struct.unpack_from("<Q", body, 8)[0]
            yield name, body


def _level(hundredths: int) -> float | None:
    return None if hundredths == _UNUSED_LEVEL else hundredths / 100.0

"""Input files for tests of manifests: as small as their first bytes allow."""

import struct
import zlib
from pathlib import Path

WAV_HEAD = b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00"

_PNG_PARTS = {b"IHDR": struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0), b"IDAT": zlib.compress(b"\0\x80"), b"IEND": b""}
PNG = b"\x89PNG\r\n\x1a\n" + b"".join(
    struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    for name, body in _PNG_PARTS.items()
)
"""One grey pixel."""


def write_inputs(folder: Path) -> None:
    """Write stems, a cover, and files that are neither, into a folder."""
    for name in ("kick.wav", "lead.wav", "B\u00f6se Fee.wav"):
        (folder / name).write_bytes(WAV_HEAD)
    (folder / "empty.wav").touch()
    (folder / "notes.wav").write_text("the second take is the better one")
    (folder / "beach.txt").write_text("a beach")
    (folder / "cover.png").write_bytes(PNG)
    (folder / "cut.png").write_bytes(PNG[:-12])
    (folder / "folder.wav").mkdir(exist_ok=True)

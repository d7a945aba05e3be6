"""WAV, written in one pass: libsndfile would put the time of day into its float files.

The header is that of WAVE_FORMAT_PCM or IEEE_FLOAT, also for 24 bits: some programs read nothing from a stereo file
with an extensible header. Above 4 GiB it becomes an RF64 (EBU Tech 3306). Tags follow the audio.
"""

import struct
from collections.abc import Iterable
from pathlib import Path

from farm.deliver.riff_chunks import chunk

_UNKNOWN = 0xFFFF_FFFF
_LARGEST_RIFF = 0xFFFF_FFFF
_PCM, _FLOAT = 1, 3


def write_wav(
    target: Path,
    audio: Iterable[memoryview],
    *,
    frames: int,
    rate_hz: int,
    bits: int,
    before: bytes = b"",
    after: bytes = b"",
) -> None:
    """Write stereo samples, little-endian and packed: integers of 16 or 24 bits, or 32-bit float.

    `before` and `after` are whole chunks that stand before and behind the samples.
    """
    padding = bytes(data_bytes(frames, bits) % 2)
    with target.open("wb") as file:
        file.write(wav_header(frames=frames, rate_hz=rate_hz, bits=bits, tag_bytes=len(after), before=before))
        file.writelines(audio)
        file.write(padding + after)


def wav_header(*, frames: int, rate_hz: int, bits: int, tag_bytes: int, before: bytes = b"") -> bytes:
    """Return all that stands before the samples of a stereo file, the chunks `before` among it.

    `tag_bytes` are those of the chunks behind the samples.
    """
    frame_bytes = 2 * bits // 8
    size = data_bytes(frames, bits)
    form = struct.pack("<HHIIHH", _FLOAT if bits == 32 else _PCM, 2, rate_hz, rate_hz * frame_bytes, frame_bytes, bits)
    chunks = before + chunk(b"fmt ", form + (b"\0\0" if bits == 32 else b""))
    if bits == 32:
        chunks += chunk(b"fact", struct.pack("<I", min(frames, _UNKNOWN)))
    after = 8 + size + size % 2 + tag_bytes
    riff_bytes = 4 + len(chunks) + after
    if riff_bytes <= _LARGEST_RIFF:
        return struct.pack("<4sI4s", b"RIFF", riff_bytes, b"WAVE") + chunks + struct.pack("<4sI", b"data", size)
    ds64_bytes = 8 + 28
    ds64 = chunk(b"ds64", struct.pack("<QQQI", riff_bytes + ds64_bytes, size, frames, 0))
    data = struct.pack("<4sI", b"data", _UNKNOWN)
    return struct.pack("<4sI4s", b"RF64", _UNKNOWN, b"WAVE") + ds64 + chunks + data


def data_bytes(frames: int, bits: int) -> int:
    """Return the size of a stereo file's samples."""
    return frames * 2 * bits // 8

"""Where the samples are in a WAV or RF64 file, if they are plain PCM or float (EBU Tech 3306; Microsoft RIFF MCI)."""

import struct
from dataclasses import dataclass
from typing import BinaryIO

from farm.audio.speakers import Speakers, speakers_of_mask

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")
_UNKNOWN_SIZES = {0x7FFF_F000, 0x7FFF_FFFF, 0x7FFF_FFDB, 0xFFFF_FFFF, 0xFFFF_FFDB}
"""What programs that write to a pipe put where the size of the data belongs; the last of each pair less a header."""


@dataclass(frozen=True, slots=True)
class PcmLayout:
    """Interleaved little-endian samples: integers of `bits`, or 32-bit float. `stored_bytes` are those in the file."""

    container: str
    rate_hz: int
    channels: int
    bits: int
    is_float: bool
    start: int
    promised_bytes: int
    stored_bytes: int
    speakers: Speakers = ()

    @property
    def frame_bytes(self) -> int:
        return self.channels * self.bits // 8


@dataclass(frozen=True, slots=True)
class _Format:
    tag: int
    channels: int
    rate_hz: int
    frame_bytes: int
    bits: int
    mask: int = 0

    @property
    def plain(self) -> bool:
        """Whether samples fill their bytes and are of a kind that the compiled unpacking knows."""
        known = {_PCM: (16, 24, 32), _FLOAT: (32,)}.get(self.tag, ())
        return (
            self.bits in known
            and self.channels > 0
            and self.rate_hz > 0
            and self.frame_bytes == self.channels * self.bits // 8
        )


@dataclass(frozen=True, slots=True)
class _Chunks:
    form: _Format | None
    ds64: bytes
    data_start: int
    data_bytes: int


def find_pcm_layout(file: BinaryIO, file_bytes: int) -> PcmLayout | None:
    """Return where the samples are, or None for anything unusual: then a library shall look at the file."""
    head = file.read(12)
    if len(head) < 12 or head[:4] not in (b"RIFF", b"RF64", b"BW64") or head[8:] != b"WAVE":
        return None
    chunks = _find_chunks(file)
    if chunks is None or chunks.form is None or not chunks.form.plain:
        return None
    riff_bytes, promised = int.from_bytes(head[4:8], "little"), chunks.data_bytes
    if head[:4] != b"RIFF":
        if len(chunks.ds64) < 16:
            return None
        riff_bytes, wide_bytes = struct.unpack_from("<QQ", chunks.ds64)
        promised = wide_bytes if promised == 0xFFFF_FFFF else promised
    form = chunks.form
    stored = max(file_bytes - chunks.data_start, 0)
    if _is_unpatched(promised, stored, riff_bytes, chunks.data_start):
        promised = stored - stored % form.frame_bytes
    return PcmLayout(
        container="WAV" if head[:4] == b"RIFF" else "RF64",
        rate_hz=form.rate_hz,
        channels=form.channels,
        bits=form.bits,
        is_float=form.tag == _FLOAT,
        start=chunks.data_start,
        promised_bytes=promised,
        stored_bytes=min(stored, promised),
        speakers=speakers_of_mask(form.mask, form.channels) if form.channels > 2 else (),
    )


def _find_chunks(file: BinaryIO) -> _Chunks | None:
    """Walk to the data chunk; None if there is none. Chunks start at even places (a size is that without the pad)."""
    form, ds64, position = None, b"", 12
    while True:
        file.seek(position)
        head = file.read(8)
        if len(head) < 8:
            return None
        name, size = struct.unpack("<4sI", head)
        if name == b"data":
            return _Chunks(form, ds64, position + 8, size)
        if name == b"fmt ":
            form = _parse_format(file.read(min(size, 40)))
        elif name == b"ds64":
            ds64 = file.read(min(size, 28))
        position += 8 + size + size % 2


def _parse_format(body: bytes) -> _Format | None:
    if len(body) < 16:
        return None
    tag, channels, rate_hz, _, frame_bytes, bits = struct.unpack_from("<HHIIHH", body)
    mask = 0
    if tag == _EXTENSIBLE:
        if len(body) < 40 or body[26:40] != _GUID_TAIL:
            return None
        valid_bits, mask, tag = struct.unpack_from("<HIH", body, 18)
        if valid_bits not in (0, bits):
            return None
    return _Format(tag, channels, rate_hz, frame_bytes, bits, mask)


def _is_unpatched(promised: int, stored: int, riff_bytes: int, start: int) -> bool:
    """Whether the writer never came back to fill in the size: a stream, or a recorder that lost power.

    A size of 0 is meant if the container's own size reaches to the data or past it while nothing follows unexplained.
    """
    if promised == 0:
        riff_end = riff_bytes + 8
        return stored > 0 and (riff_end <= start or riff_bytes in _UNKNOWN_SIZES)
    return promised > stored and promised in _UNKNOWN_SIZES

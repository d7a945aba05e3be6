"""The audio of a compact disc as one file: finished songs at 16 bits, each in its place, and the silences."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from farm.audio.word_length import Dither
from farm.deliver.cd_layout import CdLayout
from farm.deliver.encode import Part
from farm.deliver.failure import explained
from farm.deliver.wav import wav_header
from farm.deliver.words import Piece, WordStream
from farm.manifest.red_book import CD_FRAME_BYTES, CD_FRAME_SAMPLES, CD_RATE_HZ
from farm.plan.cd import Container

_SAMPLE_BYTES = 4
_SILENCE = memoryview(bytes(100 * CD_FRAME_BYTES))


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file of a master, by its name in the delivery, with its digests in hex."""

    name: str
    size_bytes: int
    sha256: str
    md5: str


def write_image(
    parts: Sequence[Part], layout: CdLayout, target: Path, *, container: Container, first_cd_frame: int, dither: Dither
) -> WrittenFile:
    """Write the image at `target` from its CD frame `first_cd_frame` on: little-endian 16-bit stereo at 44.1 kHz.

    Only silence may be left out before. A song whose samples fit 16 bits passes unchanged; the others have the samples
    of their own 16-bit files. Raises DeliveryError (disk-full, ...) and AudioError.
    """
    left_out = first_cd_frame * CD_FRAME_SAMPLES
    frames = layout.lead_out_cd_frame * CD_FRAME_SAMPLES - left_out
    header = wav_header(frames=frames, rate_hz=CD_RATE_HZ, bits=16, tag_bytes=0) if container == "wav" else b""
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    size_bytes = 0
    with explained(target), target.open("wb") as file:
        for block in _blocks(header, layout.leading_frames - left_out, _pieces(parts, layout, dither)):
            sha256.update(block)
            md5.update(block)
            size_bytes += file.write(block)
    return WrittenFile(target.name, size_bytes, sha256.hexdigest(), md5.hexdigest())


def _pieces(parts: Sequence[Part], layout: CdLayout, dither: Dither) -> Iterator[Piece]:
    for part, place in zip(parts, layout.songs, strict=True):
        exact = part.exact_bits is not None and part.exact_bits <= 16
        yield Piece(part.source, part.frames, "none" if exact else dither, place.silence_frames)


def _blocks(header: bytes, leading_frames: int, pieces: Iterator[Piece]) -> Iterator[memoryview]:
    yield memoryview(header)
    left = leading_frames * _SAMPLE_BYTES
    while left > 0:
        yield _SILENCE[:left]
        left -= len(_SILENCE)
    yield from (block.packed for block in WordStream(tuple(pieces), bits=16))

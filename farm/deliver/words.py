"""The samples of a deliverable: finished songs at the word length of its format, and their digest."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.kernel import kernel
from farm.audio.raw_source import read_raw_blocks
from farm.audio.word_length import Dither, Quantiser, Words

Samples = NDArray[np.float32] | NDArray[np.int16] | NDArray[np.int32]
"""Blocks `(n, 2)` as encoders take them."""


class WordBlock(NamedTuple):
    """`samples` as libsndfile takes them, `(n, 2)`: float32, int16, or int32 with 24 bits at the top; and the same
    packed, little-endian, as a WAV holds them. Both are valid until the next block."""

    samples: Block | Words
    packed: memoryview


@dataclass(frozen=True, slots=True)
class Piece:
    """A finished song as raw float32 stereo, and so many frames of silence behind it."""

    source: Path
    frames: int
    dither: Dither
    gap_frames: int = 0


class WordStream:
    """Iterates over finished songs, one after another; when it is through, `sha256` is that of all packed samples.

    The dither depends on nothing but the word length, and begins anew with each song: another title or track number,
    the same samples; and a song has the same samples in a file of its own as in one of the whole album.
    """

    def __init__(self, pieces: Sequence[Piece], *, bits: int | None, rate_hz: int = 44_100) -> None:
        """`bits` None or 32 leaves the float samples as they are; `rate_hz` matters to shaped dither alone."""
        self._pieces, self._bits, self._rate_hz = pieces, bits, rate_hz
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    @property
    def frames(self) -> int:
        """How many frames there are in all."""
        return sum(piece.frames + piece.gap_frames for piece in self._pieces)

    def __iter__(self) -> Iterator[WordBlock]:
        for piece in self._pieces:
            for word_block in self._words(piece):
                self._hash.update(word_block.packed)
                yield word_block

    def _words(self, piece: Piece) -> Iterator[WordBlock]:
        blocks = read_raw_blocks(piece.source, frames=piece.frames)
        silence = _silence(piece.gap_frames)
        if self._bits in (None, 32):
            yield from self._floats(blocks)
            yield from self._floats(silence)
        else:
            yield from self._integers(blocks, self._bits or 0, piece.dither)
            yield from self._integers(silence, self._bits or 0, "none")

    def _floats(self, blocks: Iterator[Block]) -> Iterator[WordBlock]:
        for block in blocks:
            yield WordBlock(block, block.reshape(-1).view(np.uint8).data)

    def _integers(self, blocks: Iterator[Block], bits: int, dither: Dither) -> Iterator[WordBlock]:
        quantiser = Quantiser(bits, channels=2, dither=dither, seed=bits, rate_hz=self._rate_hz)
        packed = np.empty(0, np.uint8)
        for block in blocks:
            words = quantiser.push(block)
            if bits == 24 and packed.size < 3 * words.size:
                packed = np.empty(3 * words.size, np.uint8)
            yield WordBlock(words, pack_24(words, packed) if bits == 24 else words.reshape(-1).view(np.uint8).data)


def _silence(frames: int) -> Iterator[Block]:
    block: Block = np.zeros((min(frames, BLOCK_FRAMES), 2), np.float32)
    while frames:
        yield block[:frames]
        frames -= min(frames, len(block))


def pack_24(words: Words, packed: NDArray[np.uint8]) -> memoryview:
    """Drop the lowest byte of each word; `packed` has room for three bytes each."""
    out = packed[: 3 * words.size]
    _pack_24(words.reshape(-1), out)
    return out.data


@kernel("void(int32[::1], uint8[::1])")
def _pack_24(words: Words, packed: NDArray[np.uint8]) -> None:
    for i in range(words.size):
        packed[3 * i] = (words[i] >> 8) & 0xFF
        packed[3 * i + 1] = (words[i] >> 16) & 0xFF
        packed[3 * i + 2] = (words[i] >> 24) & 0xFF

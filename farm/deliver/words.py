"""The samples of a deliverable: a finished song at the word length of its format, and their digest."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel
from farm.audio.raw_source import read_raw_blocks
from farm.audio.word_length import Dither, Quantiser, Words


class WordBlock(NamedTuple):
    """`samples` as libsndfile takes them, `(n, 2)`: float32, int16, or int32 with 24 bits at the top; and the same
    packed, little-endian, as a WAV holds them. Both are valid until the next block."""

    samples: Block | Words
    packed: memoryview


class WordStream:
    """Iterates over a finished song; when it is through, `sha256` is the digest of all packed samples."""

    def __init__(self, source: Path, *, frames: int, bits: int | None, dither: Dither) -> None:
        """`bits` None or 32 leaves the float samples as they are."""
        self._source, self._frames, self._bits, self._dither = source, frames, bits, dither
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def __iter__(self) -> Iterator[WordBlock]:
        blocks = read_raw_blocks(self._source, frames=self._frames)
        for word_block in self._floats(blocks) if self._bits in (None, 32) else self._integers(blocks, self._bits or 0):
            self._hash.update(word_block.packed)
            yield word_block

    def _floats(self, blocks: Iterator[Block]) -> Iterator[WordBlock]:
        for block in blocks:
            yield WordBlock(block, block.reshape(-1).view(np.uint8).data)

    def _integers(self, blocks: Iterator[Block], bits: int) -> Iterator[WordBlock]:
        """The dither depends on nothing but the word length: another title or track number, the same samples."""
        quantiser = Quantiser(bits, channels=2, dither=self._dither, seed=bits)
        packed = np.empty(0, np.uint8)
        for block in blocks:
            words = quantiser.push(block)
            if bits == 24 and packed.size < 3 * words.size:
                packed = np.empty(3 * words.size, np.uint8)
            yield WordBlock(words, pack_24(words, packed) if bits == 24 else words.reshape(-1).view(np.uint8).data)


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

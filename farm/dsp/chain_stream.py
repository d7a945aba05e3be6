"""A stream through an insert chain whose latency is made up for: the chain runs that far ahead."""

from collections.abc import Callable

import numpy as np

from farm.audio.blocks import Block
from farm.dsp.chain import InsertChain


class ChainStream:
    """Reads what comes out of a chain, in step with what goes in; after the end of that, what rings on."""

    def __init__(self, read_into: Callable[[Block], int], chain: InsertChain, block_frames: int) -> None:
        """`read_into` fills a block of `(n, 2)` and returns the frames read: fewer than n only at the end."""
        self._read_into, self._chain = read_into, chain
        self._block: Block = np.empty((block_frames, 2), np.float32)
        self._ringing_left = chain.latency_frames + chain.tail_frames
        self._read_frames = 0
        self.given_frames = 0
        """How many frames have been given: where the next block begins."""
        self.body_frames = 0
        """How many frames of the last block came from the source; what follows them rings on."""
        for start in range(0, chain.latency_frames, block_frames):
            self._advance(min(block_frames, chain.latency_frames - start))

    def read(self) -> Block:
        """Return the next block `(frames, 2)`, valid until the next; shorter only at the end, empty after it."""
        block = self._advance(len(self._block))
        self.body_frames = min(len(block), max(0, self._read_frames - self.given_frames))
        self.given_frames += len(block)
        return block

    def _advance(self, wanted: int) -> Block:
        frames = self._read_into(self._block[:wanted])
        self._read_frames += frames
        if frames < wanted:
            ringing = min(wanted - frames, self._ringing_left)
            self._block[frames : frames + ringing] = 0.0
            self._ringing_left -= ringing
            frames += ringing
        block = self._block[:frames]
        self._chain.process(block)
        return block

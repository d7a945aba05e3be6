"""The end of a song: what rings on after the last sound is kept until it has died away."""

from collections.abc import Callable

import numpy as np

from farm.audio.blocks import Block
from farm.units import db_to_linear

TAIL_END_DBFS = -90.0
"""A tail ends with its last sample above this level."""

_TAIL_END = np.float32(db_to_linear(TAIL_END_DBFS))

LONGEST_TAIL_SECONDS = 30.0
"""However long an effect would ring, a tail is cut here."""


class TailTrimmer:
    """Passes on the body of a song as it comes, and its tail up to the last audible sample.

    Silence in the tail is held back until something audible follows, so a tail must be short: LONGEST_TAIL_SECONDS
    bounds it. Silence at its very end is never passed on.
    """

    def __init__(self, write: Callable[[Block], None]) -> None:
        self._write = write
        self._held: list[Block] = []

    def body(self, block: Block) -> None:
        """Pass on `(frames, channels)` of the song itself."""
        self._write(block)

    def tail(self, block: Block) -> None:
        """Take `(frames, channels)` of what rings on."""
        if not len(block):
            return
        self._held.append(block.copy())
        if np.max(np.abs(block), initial=0.0) > _TAIL_END:
            self._release()

    def _release(self) -> None:
        last = self._held.pop()
        for block in self._held:
            self._write(block)
        self._held.clear()
        end = int(np.flatnonzero(np.max(np.abs(last), axis=1) > _TAIL_END)[-1]) + 1
        self._write(last[:end])
        if end < len(last):
            self._held.append(last[end:])

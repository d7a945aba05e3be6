"""A stream held back by a fixed number of frames."""

import numpy as np

from farm.audio.blocks import Block


class DelayLine:
    """Holds back a stereo stream by `delay_frames`, silence first."""

    def __init__(self, delay_frames: int) -> None:
        self._held = np.zeros((delay_frames, 2), dtype=np.float32)
        self._spare = np.empty_like(self._held)
        self._oldest = 0

    def process(self, block: Block) -> None:
        """Replace a `(frames, 2)` block by what came `delay_frames` earlier."""
        size, start = len(self._held), 0
        while size and start < len(block):
            count = min(len(block) - start, size - self._oldest)
            held, fresh = self._held[self._oldest : self._oldest + count], block[start : start + count]
            self._spare[:count] = held
            held[:] = fresh
            fresh[:] = self._spare[:count]
            start += count
            self._oldest = (self._oldest + count) % size

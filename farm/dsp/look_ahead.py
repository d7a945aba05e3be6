"""Look-ahead: the sound is held back, and what listens to it is not."""

import numpy as np

from farm.audio.blocks import BLOCK_FRAMES, Block


class LookAhead:
    """Holds a stereo stream back by `delay_frames`, silence first."""

    def __init__(self, delay_frames: int) -> None:
        self._delay_frames = delay_frames
        self._stream = np.zeros((delay_frames, 2), dtype=np.float32)
        self._passed = 0

    def process(self, block: Block) -> Block:
        """Replace a `(frames, 2)` block by what came `delay_frames` earlier; return what it was.

        What is returned is the block itself if there is no delay, else it lasts until the next call.
        """
        delay, frames = self._delay_frames, len(block)
        if not delay:
            return block
        held = self._stream[self._passed : self._passed + delay]
        if len(self._stream) < delay + frames:
            self._stream = np.empty((delay + max(frames, BLOCK_FRAMES), 2), dtype=np.float32)
        self._stream[:delay] = held
        fresh = self._stream[delay : delay + frames]
        fresh[:] = block
        block[:] = self._stream[:frames]
        self._passed = frames
        return fresh

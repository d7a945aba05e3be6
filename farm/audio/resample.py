"""Sample-rate conversion with soxr, in a stream, without delay and with an exact length."""

import numpy as np
import soxr

from farm.audio.blocks import Block

_QUALITY = "VHQ"
"""28-bit precision: aliases and images stay below what a 24-bit file can hold, for 22 ns a frame where HQ (20 bits)
takes 14 to 24."""


def resampled_frames(frames: int, from_hz: int, to_hz: int) -> int:
    """Return how long a stream is at another rate: rounded to the nearest frame, halves up."""
    return (2 * frames * to_hz + from_hz) // (2 * from_hz)


class Resampler:
    """Converts a stream; what comes out depends on the samples alone, not on how they are cut into blocks.

    Output frame i is the input at the time i / to_hz: no delay. All output together is `resampled_frames` long.
    """

    def __init__(self, from_hz: int, to_hz: int, channels: int) -> None:
        self._from_hz, self._to_hz, self._channels = from_hz, to_hz, channels
        self._stream = soxr.ResampleStream(from_hz, to_hz, channels, dtype="float32", quality=_QUALITY)
        self._pushed = self._given = 0

    def push(self, block: Block) -> Block:
        """Take `(n, channels)` and return what is ready: any number of frames, also none."""
        self._pushed += len(block)
        ready: Block = self._stream.resample_chunk(block, last=False)
        self._given += len(ready)
        return ready

    def flush(self) -> Block:
        """Return the rest, cut or padded with zeros to the exact length; call it once, at the end."""
        rest: Block = self._stream.resample_chunk(np.empty((0, self._channels), np.float32), last=True)
        missing = resampled_frames(self._pushed, self._from_hz, self._to_hz) - self._given
        if missing <= len(rest):
            return rest[: max(missing, 0)]
        return np.concatenate([rest, np.zeros((missing - len(rest), self._channels), np.float32)])

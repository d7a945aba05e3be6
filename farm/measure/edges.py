"""Where a piece of audio begins and ends: silence, a wave that is cut in its middle, a click.

Figures of edges are about the file as it is: what stands before the first and behind the last frame is silence.
"""

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel
from farm.units import db_to_linear, linear_to_db

SILENCE_DBFS = -60.0
"""Below this a frame counts as silent, and a step or a click as inaudible."""

CLICK_WITHIN_SECONDS = 0.050
CLICK_CLEAR_SECONDS = 0.005
CLICK_OVER_DB = 20.0
"""A click stands 20 dB above all that is within 5 ms of it, on either side."""

_BINS_PER_SECOND = 4_000
"""Clicks are looked for in maxima of a quarter of a millisecond: one fills two of them at most."""
_CLEAR_BINS = round(CLICK_CLEAR_SECONDS * _BINS_PER_SECOND)
_STEP_OVER = 2.0
"""The first sample's height over the largest step that follows within 5 ms."""

_THRESHOLD = np.float32(db_to_linear(SILENCE_DBFS))

Floats = NDArray[np.float32]


@kernel("int64(float32[:, ::1], float32)")
def _find_loud(block: Block, threshold: np.float32) -> int:
    """Return the first frame with a sample at the threshold or above, or -1."""
    for frame in range(block.shape[0]):
        for channel in range(block.shape[1]):
            if abs(block[frame, channel]) >= threshold:
                return frame
    return -1


class Edges:
    """Follows a stream of `(frames, channels)` blocks and keeps its first and last 55 ms."""

    def __init__(self, rate_hz: int, channels: int = 2) -> None:
        self._rate_hz, self._frames = rate_hz, 0
        self._first_loud: int | None = None
        self._last_loud: int | None = None
        self._length = round((CLICK_WITHIN_SECONDS + CLICK_CLEAR_SECONDS) * rate_hz)
        self._head: Block = np.zeros((0, channels), np.float32)
        self._tail: Block = np.zeros((0, channels), np.float32)

    def push(self, block: Block) -> None:
        """Take a `(frames, channels)` C-contiguous block of any number of frames."""
        if len(self._head) < self._length:
            self._head = np.concatenate([self._head, block[: self._length - len(self._head)]])
        rest = max(0, self._length - len(block))
        self._tail = np.concatenate([self._tail[max(0, len(self._tail) - rest) :], block[-self._length :]])
        if self._first_loud is None:
            first = _find_loud(block, _THRESHOLD)
            self._first_loud = self._frames + first if first >= 0 else None
        if self._first_loud is not None:
            last = _find_last_loud(block)
            self._last_loud = self._frames + last if last >= 0 else self._last_loud
        self._frames += len(block)

    def silence_seconds(self) -> tuple[float, float]:
        """Return how long nothing reaches -60 dBFS at the beginning and at the end; all of it if nothing does."""
        if self._first_loud is None or self._last_loud is None:
            return self._frames / self._rate_hz, self._frames / self._rate_hz
        return self._first_loud / self._rate_hz, (self._frames - 1 - self._last_loud) / self._rate_hz

    def clicks_dbfs(self) -> tuple[float | None, float | None]:
        """Return the height of what clicks at the beginning and at the end, None where nothing does."""
        return _find_click(self._head, self._rate_hz), _find_click(self._tail[::-1], self._rate_hz)


def _find_last_loud(block: Block) -> int:
    """Return the last frame with a sample at the threshold or above, or -1; mostly it is among the last few."""
    end = len(block)
    while end > 0:
        start = max(0, end - 1024)
        loud = np.flatnonzero((np.abs(block[start:end]) >= _THRESHOLD).any(axis=1))
        if loud.size:
            return start + int(loud[-1])
        end = start
    return -1


def _find_click(edge: Block, rate_hz: int) -> float | None:
    """Return the height in dBFS of what clicks in the 55 ms from an edge inwards, or None.

    Either a channel begins in the middle of a wave: at -60 dBFS or above, and twice as high as any step from sample to
    sample in its next 5 ms, so that it does not go under in them. Or a click stands alone.
    """
    if not len(edge):
        return None
    steps = np.abs(np.diff(edge[: 1 + round(CLICK_CLEAR_SECONDS * rate_hz)], axis=0)).max(axis=0, initial=0.0)
    first = np.abs(edge[0])
    heights = first[first > _STEP_OVER * steps]
    height = max(float(heights.max(initial=0.0)), _find_lonely(np.abs(edge).max(axis=1), rate_hz))
    return linear_to_db(height) if height >= _THRESHOLD else None


def _find_lonely(levels: Floats, rate_hz: int) -> float:
    """Return the highest level within 50 ms of the edge that stands 20 dB above its surroundings, or 0."""
    frames = np.arange(0, len(levels), max(1.0, rate_hz / _BINS_PER_SECOND)).astype(np.int64)
    bins = np.maximum.reduceat(levels, frames)
    padded = np.pad(bins, _CLEAR_BINS)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * _CLEAR_BINS + 1).copy()
    around[:, _CLEAR_BINS - 1 : _CLEAR_BINS + 2] = 0.0
    lonely = bins > around.max(axis=1) * db_to_linear(CLICK_OVER_DB)
    within = round(CLICK_WITHIN_SECONDS * _BINS_PER_SECOND)
    return float(bins[:within][lonely[:within]].max(initial=0.0))

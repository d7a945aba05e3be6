"""Overs: where a decoded file exceeds its ceiling, at a sample or between two."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.source import open_audio
from farm.measure.true_peak import PeakEnvelope
from farm.units import db_to_linear, linear_to_db

MOST_LISTED = 100


@dataclass(frozen=True, slots=True)
class Over:
    """The highest point of a stretch above the ceiling: at the sample `frame`, counted from 0, or between it and the
    next. Channel 1 is left, 2 is right."""

    seconds: float
    frame: int
    channel: int
    between: bool
    value_dbtp: float


@dataclass(frozen=True, slots=True)
class Overs:
    """The earliest overs, MOST_LISTED at most, and how many there are."""

    listed: tuple[Over, ...]
    total: int


def find_overs(path: Path, ceiling_dbtp: float) -> Overs:
    """Return the overs of both channels of a stereo file, in the order of time."""
    with open_audio(path) as reader:
        rate_hz = reader.info.rate_hz
        lanes = [_Lane(channel, rate_hz, db_to_linear(ceiling_dbtp)) for channel in (1, 2)]
        block: Block = np.empty((BLOCK_FRAMES, 2), np.float32)
        while count := reader.read_into(block):
            for lane in lanes:
                lane.push(np.ascontiguousarray(block[:count, lane.channel - 1 : lane.channel]))
    for lane in lanes:
        lane.finish()
    earliest = sorted((over for lane in lanes for over in lane.found), key=lambda over: (over.frame, over.channel))
    return Overs(tuple(earliest[:MOST_LISTED]), sum(lane.total for lane in lanes))


class _Lane:
    """Follows one channel; a stretch may go on in the next block."""

    def __init__(self, channel: int, rate_hz: int, limit: float) -> None:
        self.channel, self.total = channel, 0
        self.found: list[Over] = []
        self._rate_hz, self._limit = rate_hz, limit
        self._envelope = PeakEnvelope(rate_hz, 1, floor=limit)
        self._late: Block = np.zeros((self._envelope.latency_frames, 1), np.float32)
        self._done = -self._envelope.latency_frames
        self._open: Over | None = None

    def push(self, block: Block) -> None:
        """Take a `(frames, 1)` block."""
        peaks = np.empty(len(block), np.float32)
        self._envelope.follow(block, peaks)
        samples = np.concatenate([self._late, block])
        for start, stop in _stretches(peaks > self._limit):
            self._take(peaks, samples[:, 0], start, stop)
        if self._open is not None and len(peaks) and peaks[-1] <= self._limit:
            self._close()
        self._late = samples[len(block) :]
        self._done += len(block)

    def finish(self) -> None:
        """Hear what rings on after the last sample."""
        self.push(np.zeros((self._envelope.latency_frames, 1), np.float32))
        self._close()

    def _take(self, peaks: NDArray[np.float32], samples: NDArray[np.float32], start: int, stop: int) -> None:
        if start > 0:
            self._close()
        place = start + int(np.argmax(peaks[start:stop]))
        over = self._over(float(peaks[place]), abs(float(samples[place])), self._done + place)
        if self._open is None or over.value_dbtp > self._open.value_dbtp:
            self._open = over

    def _over(self, peak: float, sample: float, frame: int) -> Over:
        return Over(frame / self._rate_hz, frame, self.channel, sample < peak, linear_to_db(peak))

    def _close(self) -> None:
        if self._open is None:
            return
        self.total += 1
        if len(self.found) < MOST_LISTED:
            self.found.append(self._open)
        self._open = None


def _stretches(over: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield begin and end of each run of True."""
    edges = np.flatnonzero(np.diff(over, prepend=False, append=False))
    for start, stop in edges.reshape(-1, 2):
        yield int(start), int(stop)

"""The soft clipper in front of the limiter: rounds peaks off, at four times the rate, by a stated number of decibels.

Its curve is x·g(|x|). The gain g is 1 up to `depth_db` below a knee, falls along a smoothstep over what is close to the
logarithm of the level, and stays at -`depth_db` from `depth_db` above the knee on: never more than that is taken off,
the curve has no corner, and it rises everywhere (up to 12 dB).
What is filtered is the difference that the curve makes, not the sound: below its bend no bit changes.
"""

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel
from farm.dsp.oversampler import CHUNK_FRAMES, Oversampler, Samples
from farm.units import db_to_linear, linear_to_db

_FACTOR = 4
_UNITY = 1 << 30


class SoftClip:
    """Bends what comes within `depth_db` of `knee`, linear, or exceeds it. Out comes what went in `latency_frames` ago.

    Measured for a sine at 48 kHz, 3 dB above the knee with a depth of 3 dB: aliases below 20 kHz are 93 dB down for
    2 kHz, 72 dB for 5 kHz, 64 dB for 9 kHz.
    """

    def __init__(self, *, knee: float, depth_db: float) -> None:
        self._oversampler = Oversampler(_FACTOR)
        self.latency_frames = self._oversampler.latency_frames
        self._delayed = np.zeros((self.latency_frames + CHUNK_FRAMES, 2), np.float32)
        ratio = db_to_linear(depth_db)
        self._curve = np.array([knee / ratio, knee, ratio / (ratio - 1.0), 1.0 - 1.0 / ratio])
        self._most = np.zeros(1, np.int64)

    @property
    def clipped_db(self) -> float:
        """The most that was taken off so far, 0 or more."""
        return -linear_to_db(1.0 - float(self._most[0]) / _UNITY) + 0.0

    def process(self, block: Block) -> None:
        """Clip a `(frames, 2)` block in place."""
        for start in range(0, len(block), CHUNK_FRAMES):
            chunk = block[start : start + CHUNK_FRAMES]
            high = self._oversampler.rise(chunk)
            _bend(high, len(chunk) * _FACTOR, self._curve, self._most)
            _add(chunk, self._oversampler.fall(high, len(chunk)), self._delayed)


def clip_peaks(peaks: NDArray[np.float64], *, knee: float, depth_db: float) -> NDArray[np.float64]:
    """Return what the curve makes of levels, 0 or more; a depth of 0 leaves them."""
    if depth_db == 0.0:
        return peaks
    ratio = db_to_linear(depth_db)
    place = np.clip(ratio / (ratio - 1.0) * (peaks - knee / ratio) / (peaks + knee), 0.0, 1.0)
    clipped: NDArray[np.float64] = peaks * (1.0 - (1.0 - 1.0 / ratio) * place * place * (3.0 - 2.0 * place))
    return clipped


@kernel("void(float64[:,::1], int64, float64[::1], int64[::1])")
def _bend(samples: Samples, count: int, curve: NDArray[np.float64], most: NDArray[np.int64]) -> None:
    """Replace each sample by what bending adds to it: exactly 0 below the bend."""
    low, knee, steepness, deepest = curve[0], curve[1], curve[2], curve[3]
    highest = most[0]
    for channel in range(samples.shape[0]):
        row = samples[channel]
        for i in range(count):
            level = abs(row[i])
            place = min(1.0, max(0.0, steepness * (level - low) / (level + knee)))
            missing = deepest * place * place * (3.0 - 2.0 * place)
            highest = max(highest, np.int64(missing * _UNITY))
            row[i] = -missing * row[i]
    most[0] = highest


@kernel("void(float32[:,::1], float64[:,::1], float32[:,::1])")
def _add(block: Block, difference: Samples, delayed: Block) -> None:
    """Replace the block by what came earlier and what bending adds to that."""
    frames, delay = block.shape[0], delayed.shape[0] - CHUNK_FRAMES
    for i in range(frames):
        delayed[delay + i, 0], delayed[delay + i, 1] = block[i, 0], block[i, 1]
    for i in range(frames):
        block[i, 0] = delayed[i, 0] + difference[0, i]
        block[i, 1] = delayed[i, 1] + difference[1, i]
    for i in range(delay):
        delayed[i, 0], delayed[i, 1] = delayed[frames + i, 0], delayed[frames + i, 1]

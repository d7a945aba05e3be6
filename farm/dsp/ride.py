"""The ride: a gain that moves as slowly as a hand on a fader, and makes a song's loudness range wider or narrower."""

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel
from farm.dsp.biquad import Section
from farm.dsp.cascade import Cascade
from farm.measure.gating import power_to_lufs
from farm.measure.k_weighting import design_k_weighting
from farm.units import db_to_linear

_STEPS_PER_SECOND = 10
_WINDOW_STEPS = 30
"""The loudness of 3 s (EBU Tech 3341, 2.2), half of it ahead: what the range is the range of (Tech 3342)."""

_SMOOTHING_STEPS = 11
"""The gain is smoothed over 1.1 s, so that a loud part is not heard coming."""

_GATE_LU = 20.0
_FADE_LU = 20.0
"""What is that far below the pivot is no music (Tech 3342, 2.2): raised no further, and after as much again not at all.
"""

_DEPTH = 1.08
"""The mean over 3 s of a level that is ridden changes less than the gain in its middle: by 0.90 to 0.95 of it in real
songs, steps of 12 dB among them."""

_LEAST_POWER = 1e-15
_GAIN_DIGITS = 4
"""Rounded far below what can be heard, so that the last bit of a logarithm does not change the audio."""

_BELL = [math.sin(math.pi * (i + 1) / (_SMOOTHING_STEPS + 1)) ** 2 for i in range(_SMOOTHING_STEPS)]
_SMOOTHING = [weight / sum(_BELL) for weight in _BELL]


class Ride:
    """A stereo stream through the ride. Frame n out belongs to frame n in; as many come out.

    The gain is about `factor` - 1 times the distance of the short-term loudness from `pivot_lufs`, within `max_db`. So
    the loudness range becomes `factor` times what it was, within 10 % or 0.5 LU, as long as the bound allows. What goes
    in is held back for 2 s.
    """

    def __init__(self, factor: float, pivot_lufs: float, max_db: float, rate_hz: int) -> None:
        self._factor, self._pivot_lufs, self._max_db = factor, pivot_lufs, max_db
        self._weighting = Cascade([Section(*stage) for stage in design_k_weighting(rate_hz)])
        self._step: Block = np.empty((round(rate_hz / _STEPS_PER_SECOND), 2), np.float32)
        self._filled = 0
        self._held: deque[Block] = deque()
        self._energies = deque([(0.0, 0)] * _WINDOW_STEPS, maxlen=_WINDOW_STEPS)
        self._heard = 0
        self._asked_db: deque[float] = deque(maxlen=_SMOOTHING_STEPS)
        self._gain: float | None = None

    def push(self, block: Block) -> Block:
        """Take a `(frames, 2)` block; return the `(frames, 2)` output that is ready, perhaps none."""
        ready: list[Block] = []
        start = 0
        while start < len(block):
            count = min(len(block) - start, len(self._step) - self._filled)
            self._step[self._filled : self._filled + count] = block[start : start + count]
            self._filled += count
            start += count
            if self._filled == len(self._step):
                ready += self._take_step()
        return np.concatenate(ready) if ready else np.empty((0, 2), np.float32)

    def flush(self) -> Block:
        """Return the output for what has been taken and not given back, and end the stream."""
        ready = self._take_step() if self._filled else []
        while self._held:
            ready += self._hear(0.0, 0)
        return np.concatenate(ready) if ready else np.empty((0, 2), np.float32)

    def _take_step(self) -> list[Block]:
        step = self._step[: self._filled]
        self._held.append(step.copy())
        self._weighting.process(step)
        self._filled = 0
        return self._hear(_find_energy(step), len(step))

    def _hear(self, energy: float, frames: int) -> list[Block]:
        """Take the weighted energy of a step; return the step that is ready, if there is one.

        Before the first step and behind the last one come steps of no frames.
        """
        self._energies.append((energy, frames))
        self._heard += 1
        if 2 * self._heard < _WINDOW_STEPS:
            return []
        asked_db = self._ask_db(sum(e for e, _ in self._energies) / sum(n for _, n in self._energies))
        if not self._asked_db:
            self._asked_db.extend([asked_db] * (_SMOOTHING_STEPS // 2))
        self._asked_db.append(asked_db)
        if len(self._asked_db) < _SMOOTHING_STEPS:
            return []
        gain_db = sum(weight * asked for weight, asked in zip(_SMOOTHING, self._asked_db, strict=True))
        before, self._gain = self._gain, db_to_linear(round(gain_db, _GAIN_DIGITS))
        return [] if before is None else [_ramp(self._held.popleft(), before, self._gain)]

    def _ask_db(self, power: float) -> float:
        """Return the gain for a short-term power; what is too soft for music is not raised."""
        over_lu = power_to_lufs(max(power, _LEAST_POWER)) - self._pivot_lufs
        gain_db = _DEPTH * (self._factor - 1.0) * max(over_lu, -_GATE_LU)
        gain_db = min(max(gain_db, -self._max_db), self._max_db)
        if gain_db <= 0.0:
            return gain_db
        return gain_db * min(max(1.0 + (over_lu + _GATE_LU) / _FADE_LU, 0.0), 1.0)


@kernel("float64(float32[:, ::1])")
def _find_energy(block: Block) -> float:
    """Return the sum of squares, in the frames' order."""
    energy = 0.0
    for i in range(block.shape[0]):
        energy += np.float64(block[i, 0]) ** 2 + np.float64(block[i, 1]) ** 2
    return energy


def _ramp(step: Block, before: float, after: float) -> Block:
    """Return a `(frames, 2)` step under a gain (linear) that moves evenly."""
    part: NDArray[np.float64] = (np.arange(len(step)) + 0.5) / len(step)
    return step * (before + (after - before) * part).astype(np.float32)[:, None]

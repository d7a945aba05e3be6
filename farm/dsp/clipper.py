"""The clipper: cuts off what exceeds a ceiling, at four times the rate."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel, kernel_part
from farm.dsp.delay_line import DelayLine
from farm.dsp.moving_levels import MovingLevels
from farm.dsp.oversampler import CHUNK_FRAMES, Oversampler, Samples
from farm.units import db_to_linear

_FACTOR = 4
_TANH_LIMIT = 20.0
"""Beyond it 1 - tanh is below the resolution of a float64."""


class Clipper:
    """Params: `ceiling_dbfs`, `softness` (0 to 1), `clamp`.

    With a softness of 0 the curve is straight up to the ceiling and flat from there. Else it begins to bend at
    `1 - softness` of the ceiling, linear, and approaches the ceiling as a hyperbolic tangent.

    What is filtered is the difference that the curve makes, not the sound: where nothing is clipped no bit changes.
    The filter rings where the sound is cut: the true peak exceeds the ceiling, measured by up to 0.6 dB for a sine of
    1 kHz that is 18 dB above it, 2 dB at 5 kHz, 3.7 dB for white noise. `clamp` cuts the samples once more at the base
    rate, so that none exceeds the ceiling; true peaks between them still do, by little less.
    """

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        self._oversampler = Oversampler(_FACTOR)
        self.latency_frames = self._oversampler.latency_frames
        self._straight = DelayLine(self.latency_frames)
        self._clamp = bool(params["clamp"])
        self._levels = MovingLevels(_levels(params), CHUNK_FRAMES)
        # The filters ring as long after their middle as before it.
        self.tail_frames = self.latency_frames

    def adjust(self, params: Mapping[str, Any]) -> None:
        """Move ceiling and softness evenly to new values; the clamp comes and goes at once."""
        self._clamp = bool(params["clamp"])
        self._levels.move_to(_levels(params))

    def process(self, block: Block) -> None:
        """Clip a `(frames, 2)` block in place."""
        for start in range(0, len(block), CHUNK_FRAMES):
            self._process_chunk(block[start : start + CHUNK_FRAMES])

    def _process_chunk(self, chunk: Block) -> None:
        levels = self._levels.advance(len(chunk))
        high = self._oversampler.rise(chunk)
        _clip(high, len(chunk), _FACTOR, levels)
        clipped = self._oversampler.fall(high, len(chunk))
        self._straight.process(chunk)
        _add(chunk, clipped, levels, self._clamp)


def _levels(params: Mapping[str, Any]) -> NDArray[np.float64]:
    """Return the ceiling and the share of it from which the curve bends, both linear."""
    return np.array([db_to_linear(float(params["ceiling_dbfs"])), 1.0 - float(params["softness"])])


@kernel_part
def _tanh(value: float) -> float:
    """(1 - e) / (1 + e) with e = exp(-2 x) for x >= 0, by its 256th root, a Taylor series, squared eight times."""
    root = min(value, _TANH_LIMIT) * (-2.0 / 256.0)
    series = 1.0 + root * (1.0 / 5.0 + root * (1.0 / 30.0 + root * (1.0 / 210.0 + root * (1.0 / 1680.0))))
    power = 1.0 + root * (1.0 + root * (1.0 / 2.0 + root * (1.0 / 6.0 + root * (1.0 / 24.0) * series)))
    power *= power
    power *= power
    power *= power
    power *= power
    power *= power
    power *= power
    power *= power
    power *= power
    return (1.0 - power) / (1.0 + power)


@kernel("void(float64[:,::1], int64, int64, float64[:,::1])")
def _clip(samples: Samples, frames: int, factor: int, levels: Samples) -> None:
    """Replace each sample by what clipping adds to it: exactly 0 below the bend."""
    for channel in range(2):
        row = samples[channel]
        for frame in range(frames):
            bend = levels[0, frame] * levels[1, frame]
            room = levels[0, frame] - bend
            per_room = 1.0 / room if room > 0.0 else 0.0
            for i in range(frame * factor, frame * factor + factor):
                over = abs(row[i]) - bend
                row[i] = -math.copysign(over - room * _tanh(over * per_room), row[i]) if over > 0.0 else 0.0


@kernel("void(float32[:,::1], float64[:,::1], float64[:,::1], boolean)")
def _add(block: Block, clipped: Samples, levels: Samples, clamp: bool) -> None:
    for frame in range(block.shape[0]):
        ceiling = levels[0, frame] if clamp else np.inf
        for channel in range(2):
            sample = block[frame, channel] + clipped[channel, frame]
            block[frame, channel] = min(max(sample, -ceiling), ceiling)

"""The phaser: pedalboard's, which is JUCE's, with six all-passes of the first order."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pedalboard

from farm.audio.blocks import Block
from farm.dsp.plugin_stream import Blend, PluginStream
from farm.units import db_to_linear

_STAGES = 6
_LOWEST_HZ, _HIGHEST_HZ, _HIGHEST_OF_RATE = 20.0, 20_000.0, 0.49
"""JUCE's all-passes move in here, evenly in octaves; at a depth of 1 by half of that range to each side."""

_SILENT = np.float32(1e-30)
_LEAST_FEEDBACK = 0.005
_RESIDUE_NEPERS = 3.0
"""What six poles in one place, without feedback, ring longer than one would."""


class Phaser:
    """Params: `rate_hz`, `depth` (0 to 1), `centre_frequency_hz`, `feedback` (-1 to 1, exclusive), `mix`.

    The output is `1 - mix` of the input and `mix` of what comes out of the all-passes. Both channels swing alike.
    """

    latency_frames = 0

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        mix = float(params["mix"])
        self._rate_hz = rate_hz
        self._plugin = pedalboard.Phaser(
            rate_hz=float(params["rate_hz"]),
            depth=float(params["depth"]),
            centre_frequency_hz=float(params["centre_frequency_hz"]),
            feedback=float(params["feedback"]),
            mix=1.0,
        )
        self._stream = PluginStream(self._plugin, rate_hz)
        self._blend = Blend(1.0 - mix, mix)
        self.tail_frames = _tail_frames(params, rate_hz)

    def adjust(self, params: Mapping[str, Any]) -> None:
        """Move the mix evenly. JUCE smooths depth and feedback over 50 ms; the rate changes from its present phase on;
        the centre frequency steps.
        """
        mix = float(params["mix"])
        self._plugin.rate_hz = float(params["rate_hz"])
        self._plugin.depth = float(params["depth"])
        self._plugin.centre_frequency_hz = float(params["centre_frequency_hz"])
        self._plugin.feedback = float(params["feedback"])
        self._blend.move(1.0 - mix, mix)
        self.tail_frames = max(self.tail_frames, _tail_frames(params, self._rate_hz))

    def process(self, block: Block) -> None:
        """Replace a `(frames, 2)` block by itself and its turned phases."""
        turned = self._stream.process(block)
        # In silence JUCE's all-passes come to rest at a denormal number.
        turned[np.abs(turned) < _SILENT] = 0.0
        self._blend.mix(block, turned)


def _tail_frames(params: Mapping[str, Any], rate_hz: int) -> int:
    """Return how long the slowest pole of the loop takes to fade by 90 dB, the all-passes where they are lowest.

    The loop's poles solve f ((w - s) / (w + s))^6 = 1; the slowest is real, s = -w (r - 1) / (r + 1), r = f^(-1/6).
    """
    highest_hz = min(_HIGHEST_HZ, _HIGHEST_OF_RATE * rate_hz)
    octaves = math.log(highest_hz / _LOWEST_HZ)
    centre = math.log(min(float(params["centre_frequency_hz"]), highest_hz) / _LOWEST_HZ) / octaves
    lowest_hz: float = _LOWEST_HZ * math.exp(octaves * max(0.0, centre - 0.5 * float(params["depth"])))
    feedback = abs(float(params["feedback"]))
    ratio: float = max(feedback, _LEAST_FEEDBACK) ** (-1.0 / _STAGES)
    decay = 2.0 * math.pi * lowest_hz * (ratio - 1.0) / (ratio + 1.0)
    nepers = math.log(db_to_linear(90.0)) - math.log(1.0 - feedback) + _RESIDUE_NEPERS
    return math.ceil(nepers / decay * rate_hz)

"""The chorus: pedalboard's, which is JUCE's."""

import math
from collections.abc import Mapping
from typing import Any

import pedalboard

from farm.audio.blocks import Block
from farm.dsp.delay import count_echoes
from farm.dsp.plugin_stream import Blend, PluginStream

_SWING_MS = 10.0
"""JUCE's delay swings by up to that much around its centre, at a depth of 1; it is never shorter than 1 ms."""


class Chorus:
    """Params: `rate_hz`, `depth` (0 to 1), `centre_delay_ms`, `feedback` (-1 to 1, exclusive), `mix`.

    The output is `1 - mix` of the input and `mix` of a copy whose delay swings by `depth` times 10 ms around its
    centre, `rate_hz` times a second. Both channels swing alike.
    """

    latency_frames = 0

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        mix = float(params["mix"])
        self._rate_hz = rate_hz
        self._plugin = pedalboard.Chorus(
            rate_hz=float(params["rate_hz"]),
            depth=float(params["depth"]),
            centre_delay_ms=float(params["centre_delay_ms"]),
            feedback=float(params["feedback"]),
            mix=1.0,
        )
        self._stream = PluginStream(self._plugin, rate_hz)
        self._blend = Blend(1.0 - mix, mix)
        self.tail_frames = _tail_frames(params, rate_hz)

    def adjust(self, params: Mapping[str, Any]) -> None:
        """Move the mix evenly. JUCE smooths depth and feedback over 50 ms; the rate changes from its present phase on;
        the centre delay steps.
        """
        mix = float(params["mix"])
        self._plugin.rate_hz = float(params["rate_hz"])
        self._plugin.depth = float(params["depth"])
        self._plugin.centre_delay_ms = float(params["centre_delay_ms"])
        self._plugin.feedback = float(params["feedback"])
        self._blend.move(1.0 - mix, mix)
        self.tail_frames = max(self.tail_frames, _tail_frames(params, self._rate_hz))

    def process(self, block: Block) -> None:
        """Replace a `(frames, 2)` block by itself and its moving copy."""
        self._blend.mix(block, self._stream.process(block))


def _tail_frames(params: Mapping[str, Any], rate_hz: int) -> int:
    longest_ms = float(params["centre_delay_ms"]) + _SWING_MS * float(params["depth"])
    return (math.ceil(longest_ms * rate_hz / 1000.0) + 1) * count_echoes(abs(float(params["feedback"])), 1.0)

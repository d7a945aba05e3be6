"""The echo: pedalboard's delay."""

import math
from collections.abc import Mapping
from typing import Any

import pedalboard

from farm.audio.blocks import Block
from farm.dsp.plugin_stream import PluginStream


class Delay:
    """Params: `time_ms` (below 30,000), `feedback` (0 to below 1), `mix`.

    The output is `1 - mix` of the input and `mix` of the echoes: the first at full level after `time_ms`, rounded to a
    whole frame, each later one `feedback` of the one before.
    """

    latency_frames = 0

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        feedback, mix = float(params["feedback"]), float(params["mix"])
        delay_frames = max(1, round(float(params["time_ms"]) * rate_hz / 1000.0))
        # pedalboard cuts the fraction of a frame off: half a frame more keeps rounding errors from costing a whole one
        seconds = (delay_frames + 0.5) / rate_hz
        self._plugin = PluginStream(pedalboard.Delay(delay_seconds=seconds, feedback=feedback, mix=mix), rate_hz)
        self.tail_frames = delay_frames * _count_echoes(feedback, mix)

    def process(self, block: Block) -> None:
        """Replace a `(frames, 2)` block by itself and its echoes."""
        block[:] = self._plugin.process(block)


def _count_echoes(feedback: float, mix: float) -> int:
    """Return how many echoes lie above -90 dB, if a steady input has piled them up: `mix * f^n / (1 - f)`."""
    if mix == 0.0:
        return 0
    if feedback == 0.0:
        return 1
    floor = 10.0 ** (-90.0 / 20.0)
    return 1 + max(0, math.ceil(math.log(floor * (1.0 - feedback) / mix) / math.log(feedback)))

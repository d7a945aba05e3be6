"""The bit crusher: pedalboard's."""

from collections.abc import Mapping
from typing import Any

import pedalboard

from farm.audio.blocks import Block
from farm.dsp.plugin_stream import PluginStream


class Bitcrush:
    """Params: `bits`. Rounds to multiples of 2^-bits of full scale, without dither; fractions of a bit are allowed."""

    latency_frames = 0
    tail_frames = 0

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        self._plugin = pedalboard.Bitcrush(bit_depth=float(params["bits"]))
        self._stream = PluginStream(self._plugin, rate_hz)

    def adjust(self, params: Mapping[str, Any]) -> None:
        """Take another grid, at once."""
        self._plugin.bit_depth = float(params["bits"])

    def process(self, block: Block) -> None:
        """Round a `(frames, 2)` block in place."""
        block[:] = self._stream.process(block)

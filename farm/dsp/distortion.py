"""The distortion: pedalboard's hyperbolic tangent at the base rate, aliases and all."""

from collections.abc import Mapping
from typing import Any

import pedalboard

from farm.audio.blocks import Block
from farm.dsp.gain import MovingGain
from farm.dsp.plugin_stream import PluginStream
from farm.units import db_to_linear


class Distortion:
    """Params: `drive_db`. The output is tanh(drive x): loud, up to full scale, as the drive is not compensated."""

    latency_frames = 0
    tail_frames = 0

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        # pedalboard's own drive would step: the gain in front is ours, and its drive stays at 0 dB.
        self._drive = MovingGain(db_to_linear(float(params["drive_db"])))
        self._stream = PluginStream(pedalboard.Distortion(drive_db=0.0), rate_hz)

    def adjust(self, params: Mapping[str, Any]) -> None:
        """Move the drive evenly to a new value."""
        self._drive.move_to(db_to_linear(float(params["drive_db"])))

    def process(self, block: Block) -> None:
        """Distort a `(frames, 2)` block in place."""
        self._drive.process(block)
        block[:] = self._stream.process(block)

"""A fixed gain."""

from collections.abc import Mapping
from typing import Any

from farm.audio.blocks import Block
from farm.dsp.sum import scale
from farm.units import db_to_linear


class Gain:
    """Params: `gain_db`. 0 dB changes no bit."""

    latency_frames = 0
    tail_frames = 0

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        self._gain = db_to_linear(float(params["gain_db"]))

    def process(self, block: Block) -> None:
        """Scale a `(frames, 2)` block in place."""
        scale(block, self._gain, self._gain)

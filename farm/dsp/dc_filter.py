"""The DC filter: takes out what does not swing, and leaves what can be heard."""

from collections.abc import Mapping
from typing import Any

from farm.audio.blocks import Block
from farm.dsp.biquad import highpass
from farm.dsp.cascade import Cascade

_SLOPE_DB_OCT = 6


class DcFilter:
    """Params: `hz`, where a first-order high-pass is 3 dB down."""

    latency_frames = 0

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._hz = float(params["hz"])
        self._cascade = Cascade(highpass(self._hz, _SLOPE_DB_OCT, rate_hz))

    @property
    def tail_frames(self) -> int:
        """Frames until the output is 90 dB below the input."""
        return self._cascade.tail_frames()

    def adjust(self, params: Mapping[str, Any]) -> None:
        """Move to another frequency over the next control period."""
        hz = float(params["hz"])
        if hz != self._hz:
            self._hz = hz
            self._cascade.move_to(highpass(hz, _SLOPE_DB_OCT, self._rate_hz))

    def process(self, block: Block) -> None:
        """Filter a `(frames, 2)` block in place."""
        self._cascade.process(block)

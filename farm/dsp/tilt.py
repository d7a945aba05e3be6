"""The tilt: the whole spectrum turned around one frequency."""

from collections.abc import Mapping
from typing import Any

from farm.audio.blocks import Block
from farm.dsp.eq import Eq


class Tilt:
    """Params: `gain_db`, `hz`. Far above `hz` half of the gain, far below it as much less, nothing at `hz`.

    The tilt band of the EQ, alone: 0 dB changes no bit, until it has moved.
    """

    latency_frames = 0

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        self._eq = Eq(_as_eq(params), rate_hz)

    @property
    def tail_frames(self) -> int:
        """Frames until the output is 90 dB below the input."""
        return self._eq.tail_frames

    def adjust(self, params: Mapping[str, Any]) -> None:
        """Move to new parameters over the next control period."""
        self._eq.adjust(_as_eq(params))

    def process(self, block: Block) -> None:
        """Filter a `(frames, 2)` block in place."""
        self._eq.process(block)


def _as_eq(params: Mapping[str, Any]) -> dict[str, Any]:
    return {"bands": [{"kind": "tilt", "hz": params["hz"], "gain_db": params["gain_db"]}]}

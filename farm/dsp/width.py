"""Stereo width: the side louder or softer, and nothing of it in the lows, while the mid stays what it is."""

from collections.abc import Mapping
from typing import Any

from farm.audio.blocks import Block
from farm.audio.kernel import kernel
from farm.dsp.biquad import highpass
from farm.dsp.cascade import Cascade

_SLOPE_DB_OCT = 12
"""Turns the side by 90 degrees at the corner. A steeper one turns it so far that left and right change places there."""


class Width:
    """Params: `amount` scales the side, (left - right) / 2: 0 is mono, 1 as it was. `mono_below_hz` high-passes it
    (Butterworth, 12 dB an octave), None does not. The mid, (left + right) / 2, is what it was, so mono listeners hear
    no change. An amount of 1 without `mono_below_hz` changes no bit.
    """

    latency_frames = 0

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        self._amount = float(params["amount"])
        mono_below_hz = params.get("mono_below_hz")
        sections = highpass(float(mono_below_hz), _SLOPE_DB_OCT, rate_hz) if mono_below_hz else []
        self._side_filter = Cascade([], sections) if sections else None
        self.tail_frames = self._side_filter.tail_frames() if self._side_filter else 0

    def process(self, block: Block) -> None:
        """Widen or narrow a `(frames, 2)` block in place."""
        if self._side_filter:
            _mix_channels(block, 0.5, 0.5, 0.5 * self._amount, -0.5 * self._amount)
            self._side_filter.process(block)
            _mix_channels(block, 1.0, 1.0, 1.0, -1.0)
        elif self._amount != 1.0:
            same, other = (1.0 + self._amount) / 2.0, (1.0 - self._amount) / 2.0
            _mix_channels(block, same, other, other, same)


@kernel("void(float32[:,::1], float32, float32, float32, float32)")
def _mix_channels(
    block: Block, left_to_first: float, right_to_first: float, left_to_second: float, right_to_second: float
) -> None:
    for index in range(block.shape[0]):
        left, right = block[index, 0], block[index, 1]
        block[index, 0] = left * left_to_first + right * right_to_first
        block[index, 1] = left * left_to_second + right * right_to_second

"""Stereo width: the side louder or softer, and nothing of it in the lows, while the mid stays what it is."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from farm.audio.blocks import Block
from farm.audio.kernel import kernel
from farm.dsp.biquad import Section, highpass
from farm.dsp.cascade import Cascade
from farm.dsp.processor import CONTROL_FRAMES

_SLOPE_DB_OCT = 12
"""Turns the side by 90 degrees at the corner. A steeper one turns it so far that left and right change places there."""


class Width:
    """Params: `amount` scales the side, (left - right) / 2: 0 is mono, 1 as it was. `mono_below_hz` high-passes it
    (Butterworth, 12 dB an octave), None does not. The mid, (left + right) / 2, is what it was, so mono listeners hear
    no change. An amount of 1 without `mono_below_hz` changes no bit.

    `adjust` takes another frequency, but neither takes the high-pass away nor puts one in.
    """

    latency_frames = 0

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._amount = self._amount_before = float(params["amount"])
        self._moving_frames = 0
        self._mono_below_hz = params.get("mono_below_hz")
        self._side_filter = Cascade([], self._find_sections()) if self._mono_below_hz else None

    @property
    def tail_frames(self) -> int:
        """Frames until the side's lows are 90 dB below the input."""
        return self._side_filter.tail_frames() if self._side_filter else 0

    def adjust(self, params: Mapping[str, Any]) -> None:
        """Move to a new amount and a new frequency over the next control period."""
        amount, mono_below_hz = float(params["amount"]), params.get("mono_below_hz")
        if amount != self._amount:
            self._amount_before, self._amount = self._amount, amount
            self._moving_frames = CONTROL_FRAMES
        if self._side_filter and mono_below_hz and mono_below_hz != self._mono_below_hz:
            self._mono_below_hz = mono_below_hz
            self._side_filter.move_to([], self._find_sections())

    def process(self, block: Block) -> None:
        """Widen or narrow a `(frames, 2)` block in place."""
        while self._moving_frames and len(block):
            count = min(self._moving_frames, len(block))
            amount = self._amount_before, self._amount - self._amount_before, CONTROL_FRAMES - self._moving_frames
            self._widen_moving(block[:count], *amount)
            self._moving_frames -= count
            block = block[count:]
        self._widen(block)

    def _widen(self, block: Block) -> None:
        if self._side_filter:
            _mix_channels(block, 0.5, 0.5, 0.5 * self._amount, -0.5 * self._amount)
            self._side_filter.process(block)
            _mix_channels(block, 1.0, 1.0, 1.0, -1.0)
        elif self._amount != 1.0:
            same, other = (1.0 + self._amount) / 2.0, (1.0 - self._amount) / 2.0
            _mix_channels(block, same, other, other, same)

    def _widen_moving(self, block: Block, before: float, change: float, passed: int) -> None:
        if self._side_filter:
            _split_moving(block, before, change / CONTROL_FRAMES, passed)
            self._side_filter.process(block)
            _mix_channels(block, 1.0, 1.0, 1.0, -1.0)
        else:
            _mix_moving(block, before, change / CONTROL_FRAMES, passed)

    def _find_sections(self) -> list[Section]:
        assert self._mono_below_hz
        return highpass(float(self._mono_below_hz), _SLOPE_DB_OCT, self._rate_hz)


@kernel("void(float32[:,::1], float32, float32, float32, float32)")
def _mix_channels(
    block: Block, left_to_first: float, right_to_first: float, left_to_second: float, right_to_second: float
) -> None:
    for index in range(block.shape[0]):
        left, right = block[index, 0], block[index, 1]
        block[index, 0] = left * left_to_first + right * right_to_first
        block[index, 1] = left * left_to_second + right * right_to_second


@kernel("void(float32[:,::1], float64, float64, int64)")
def _split_moving(block: Block, before: float, step: float, passed: int) -> None:
    """Make mid and scaled side of left and right, the scale a step further with each frame."""
    half = np.float32(0.5)
    for index in range(block.shape[0]):
        amount = np.float32(0.5 * (before + step * (passed + index + 1)))
        left, right = block[index, 0], block[index, 1]
        block[index, 0] = left * half + right * half
        block[index, 1] = left * amount - right * amount


@kernel("void(float32[:,::1], float64, float64, int64)")
def _mix_moving(block: Block, before: float, step: float, passed: int) -> None:
    """Widen, the amount a step further with each frame."""
    for index in range(block.shape[0]):
        amount = before + step * (passed + index + 1)
        same, other = np.float32((1.0 + amount) / 2.0), np.float32((1.0 - amount) / 2.0)
        left, right = block[index, 0], block[index, 1]
        block[index, 0] = left * same + right * other
        block[index, 1] = left * other + right * same

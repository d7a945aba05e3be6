"""The stereo enhancer: a side made of the mid, for sound that has little of its own."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.kernel import kernel
from farm.dsp.biquad import Section, allpass, highpass, lowpass
from farm.dsp.cascade import Cascade
from farm.dsp.processor import CONTROL_FRAMES

_SLOPE_DB_OCT = 12

_CENTRES_HZ = tuple(1000.0 * 2.0 ** (third / 3.0) for third in range(-8, 13))
"""A third of an octave apart from 157 Hz to 16 kHz. Each all-pass turns the phase once around, so within every octave
the copy is in phase with the mid three times and against it three times: on average they have nothing in common."""

_Q = 3.0
"""With it the phase turns evenly over the octaves, and in no third of an octave do copy and mid correlate by more than
0.03. The copy is late by four periods of each frequency: 17 ms at 250 Hz, 1 ms at 4 kHz. So an attack stays one, which
all-passes of one delay for all frequencies would smear."""


class StereoEnhance:
    """Params: `amount`, `low_hz`, `high_hz`. A copy of the mid, (left + right) / 2, between the two frequencies
    (Butterworth, 12 dB an octave each), its phases turned by all-passes, is added to left and taken from right.

    So their sum stays what it was, but for the rounding of both to float32: a mono listener hears the original. What
    was mono before has a correlation of (1 - amount^2) / (1 + amount^2) between the frequencies, and is louder by
    10 lg(1 + amount^2) dB there. An amount of 0 changes no bit.
    """

    latency_frames = 0

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._range_hz = _range_of(params)
        self._amount = self._amount_before = float(params["amount"])
        self._moving_frames = 0
        self._phases = Cascade(self._find_sections())
        self._copy: Block = np.empty((0, 2), np.float32)

    @property
    def tail_frames(self) -> int:
        """Frames until what joins the side is 90 dB below the input."""
        return self._phases.tail_frames()

    def adjust(self, params: Mapping[str, Any]) -> None:
        """Move to a new amount and new frequencies over the next control period."""
        amount, range_hz = float(params["amount"]), _range_of(params)
        if amount != self._amount:
            self._amount_before, self._amount = self._amount, amount
            self._moving_frames = CONTROL_FRAMES
        if range_hz != self._range_hz:
            self._range_hz = range_hz
            self._phases.move_to(self._find_sections())

    def process(self, block: Block) -> None:
        """Widen a `(frames, 2)` block in place."""
        for start in range(0, len(block), BLOCK_FRAMES):
            self._process_piece(block[start : start + BLOCK_FRAMES])

    def _process_piece(self, block: Block) -> None:
        if len(self._copy) < len(block):
            self._copy = np.empty((len(block), 2), np.float32)
        copy = self._copy[: len(block)]
        _take_mid(block, copy)
        self._phases.process(copy)
        moving = min(self._moving_frames, len(block))
        if moving:
            step = (self._amount - self._amount_before) / CONTROL_FRAMES
            passed = CONTROL_FRAMES - self._moving_frames
            _join_side(block[:moving], copy[:moving], self._amount_before, step, passed)
            self._moving_frames -= moving
        if self._amount != 0.0 and moving < len(block):
            _join_side(block[moving:], copy[moving:], self._amount, 0.0, 0)

    def _find_sections(self) -> list[Section]:
        low_hz, high_hz = self._range_hz
        cuts = highpass(low_hz, _SLOPE_DB_OCT, self._rate_hz) + lowpass(high_hz, _SLOPE_DB_OCT, self._rate_hz)
        return cuts + [allpass(hz, _Q, self._rate_hz) for hz in _CENTRES_HZ]


def _range_of(params: Mapping[str, Any]) -> tuple[float, float]:
    return float(params["low_hz"]), float(params["high_hz"])


@kernel("void(float32[:,::1], float32[:,::1])")
def _take_mid(block: Block, copy: Block) -> None:
    """Write the mid of a block into both columns of `copy`."""
    half = np.float32(0.5)
    for index in range(block.shape[0]):
        mid = block[index, 0] * half + block[index, 1] * half
        copy[index, 0] = mid
        copy[index, 1] = mid


@kernel("void(float32[:,::1], float32[:,::1], float64, float64, int64)")
def _join_side(block: Block, copy: Block, before: float, step: float, passed: int) -> None:
    """Add the copy to left and take it from right, its level a step further with each frame."""
    for index in range(block.shape[0]):
        side = copy[index, 0] * np.float32(before + step * (passed + index + 1))
        block[index, 0] += side
        block[index, 1] -= side

"""The delay: echoes that repeat, straight or from side to side, each one duller or thinner than the one before."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel, kernel_part
from farm.dsp.biquad import Section, highpass, lowpass
from farm.dsp.processor import CONTROL_FRAMES

_SLOPE_DB_OCT = 12
"""Butterworth: no filter of the loop is above 0 dB anywhere, so it stays stable at every feedback below 1."""

_HIGHEST_OF_NYQUIST = 0.98
"""No corner lies above; a low-pass up there is left out."""

_SILENT, _INAUDIBLE = 1e-30, 1e-20
"""What fades is set to 0: in the filters far below what the line still takes, so that no rounding goes round."""

_PASSING = Section(1.0, 0.0, 0.0, 0.0, 0.0)

Floats = NDArray[np.float64]


class Delay:
    """Params: `time_ms`, `feedback` (0 to below 1), `mix`, `ping_pong`, `highpass_hz`, `lowpass_hz` (None is off).

    The output is `1 - mix` of the input and `mix` of the echoes: the first at full level after `time_ms`, rounded to a
    whole frame, each later one `feedback` of the one before. The filters lie in the feedback, 12 dB an octave: the
    first echo is as the sound was, the second filtered once, the third twice. With `ping_pong` the echoes are those of
    the mono sum, (left + right) / 2, the first on the left, the second on the right, and so on.
    """

    latency_frames = 0

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._delay_frames = max(1, round(float(params["time_ms"]) * rate_hz / 1000.0))
        self._line = np.zeros((self._delay_frames, 2))
        self._place = np.zeros(2, np.int64)
        self._memory = np.zeros((4, 2))
        self.tail_frames = 0
        self._levels = np.ones((2, 3))
        self.adjust(params)
        self._levels[0], self._place[1] = self._levels[1], 0

    def adjust(self, params: Mapping[str, Any]) -> None:
        """Move feedback and mix evenly to new values; filters and `ping_pong` step; the time stays the first."""
        feedback, mix = float(params["feedback"]), float(params["mix"])
        goal = feedback, 1.0 - mix, mix
        if goal != tuple(self._levels[1]):
            self._levels[1], self._place[1] = goal, CONTROL_FRAMES
        self._ping_pong = bool(params["ping_pong"])
        sections = _build_filters(params, self._rate_hz)
        self._factors = np.array(sections)
        self._is_filtered = any(section != _PASSING for section in sections)
        ring_frames = sum(_ring_frames(section) for section in sections)
        tail_frames = (self._delay_frames + ring_frames) * count_echoes(feedback, mix)
        self.tail_frames = max(self.tail_frames, tail_frames)

    def process(self, block: Block) -> None:
        """Replace a `(frames, 2)` block by itself and its echoes."""
        _echo(
            block,
            self._line,
            self._place,
            self._levels,
            self._factors,
            self._memory,
            self._ping_pong,
            self._is_filtered,
        )


def _build_filters(params: Mapping[str, Any], rate_hz: int) -> list[Section]:
    """Return the high-pass and the low-pass of the loop; one that is off passes everything."""
    highest_hz = _HIGHEST_OF_NYQUIST * rate_hz / 2.0
    low_hz, high_hz = params["highpass_hz"], params["lowpass_hz"]
    low_cut = highpass(min(float(low_hz), highest_hz), _SLOPE_DB_OCT, rate_hz) if low_hz else [_PASSING]
    high_cut = lowpass(float(high_hz), _SLOPE_DB_OCT, rate_hz) if high_hz and high_hz < highest_hz else [_PASSING]
    return [*low_cut, *high_cut]


def _ring_frames(section: Section) -> int:
    """Return how long a filter of the loop takes to fade by 90 dB."""
    return math.ceil(math.log(10.0) * 90.0 / 20.0 / -math.log(section.pole_radius)) if section.pole_radius else 0


def count_echoes(feedback: float, mix: float) -> int:
    """Return how many echoes lie above -90 dB, if a steady input has piled them up: `mix * f^n / (1 - f)`."""
    if mix == 0.0:
        return 0
    if feedback == 0.0:
        return 1
    floor = 10.0 ** (-90.0 / 20.0)
    return 1 + max(0, math.ceil(math.log(floor * (1.0 - feedback) / mix) / math.log(feedback)))


@kernel_part
def _filter(value: float, factors: Floats, section: int, memory: Floats, channel: int) -> float:
    """One sample through one section, transposed direct form II."""
    near, far = 2 * section, 2 * section + 1
    out: float = factors[section, 0] * value + memory[near, channel]
    kept = factors[section, 1] * value - factors[section, 3] * out + memory[far, channel]
    memory[near, channel] = kept if abs(kept) > _SILENT else 0.0
    kept = factors[section, 2] * value - factors[section, 4] * out
    memory[far, channel] = kept if abs(kept) > _SILENT else 0.0
    return out


@kernel(
    "void(float32[:,::1], float64[:,::1], int64[::1], float64[:,::1], float64[:,::1], float64[:,::1], boolean, boolean)"
)
def _echo(
    block: Block,
    line: Floats,
    place: NDArray[np.int64],
    levels: Floats,
    factors: Floats,
    memory: Floats,
    ping_pong: bool,
    is_filtered: bool,
) -> None:
    """`place` holds where the line's oldest frame lies, and how many frames the levels have left to their goal."""
    at, left = place[0], place[1]
    for frame in range(block.shape[0]):
        if left > 0:
            for which in range(3):
                levels[0, which] += (levels[1, which] - levels[0, which]) / left
            left -= 1
            if left == 0:
                levels[0, :] = levels[1, :]
        feedback, dry, wet = levels[0, 0], levels[0, 1], levels[0, 2]
        first, second = np.float64(block[frame, 0]), np.float64(block[frame, 1])
        echo_first, echo_second = line[at, 0], line[at, 1]
        block[frame, 0] = dry * first + wet * echo_first
        block[frame, 1] = dry * second + wet * echo_second
        back_first, back_second = echo_first, echo_second
        if is_filtered:
            for section in range(factors.shape[0]):
                back_first = _filter(back_first, factors, section, memory, 0)
                back_second = _filter(back_second, factors, section, memory, 1)
        if ping_pong:
            back_first, back_second = back_second, back_first
            first, second = 0.5 * (first + second), np.float64(0.0)
        kept_first, kept_second = first + feedback * back_first, second + feedback * back_second
        line[at, 0] = kept_first if abs(kept_first) > _INAUDIBLE else 0.0
        line[at, 1] = kept_second if abs(kept_second) > _INAUDIBLE else 0.0
        at = at + 1 if at + 1 < line.shape[0] else 0
    place[0], place[1] = at, left

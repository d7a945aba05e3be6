"""The true-peak limiter: look-ahead, stereo-linked, smooth, and exact where it has nothing to do.

The gain is found at the base rate from the envelope of the interpolated peaks, and applied at the base rate: nothing
is sampled down again, which would raise peaks anew. Construction after Signalsmith ("Designing a straightforward
limiter", 2022): the lowest gain asked for within the look-ahead, released exponentially, smoothed by two box filters
in a row, never exceeds what any frame asks for. Gains are integers on the way: sums of them are exact, so the box
filters never drift, and a limiter at rest multiplies by exactly 1.
"""

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel
from farm.units import linear_to_db

LOOK_AHEAD_MS = 3.0
RELEASE_MS = 100.0
"""Time constant: after it, a gain is 63 % of the way back."""

_HOLD_FRAMES = 16
"""The gain is down that many frames before and after a peak: points between samples are made of that many."""

_UNITY = 1 << 30

Integers = NDArray[np.int64]


@kernel(
    "void(float32[:, ::1], float32[::1], float64, float64, float32[:, ::1], int64[::1], int64[::1], int64[::1],"
    " int64[::1], int64[::1], int64[::1], float64[::1])"
)
def _limit(
    block: Block,
    peaks: NDArray[np.float32],
    gain: float,
    limit: float,
    delayed: Block,
    asked: Integers,
    lowest_behind: Integers,
    first_box: Integers,
    second_box: Integers,
    places: Integers,
    state: Integers,
    reduction: NDArray[np.float64],
) -> None:
    """Limit in place. The moving minimum is that of a queue of two stacks: `asked` fills up while `lowest_behind`,
    the minima from each place of the full stack before it to its end, is used up. One loop, no search, per frame.
    """
    window, delay = asked.size, delayed.shape[0]
    unity = np.float64(first_box.size * second_box.size) * _UNITY
    ask_at, delay_at, first_at, second_at = places[0], places[1], places[2], places[3]
    lowest_ahead, released, first_sum, second_sum, keep = state[0], state[1], state[2], state[3], state[4]
    last_peak, lowest, total = reduction[0], reduction[1], reduction[2]
    for i in range(block.shape[0]):
        peak = np.float64(peaks[i])
        held = max(peak, last_peak) * gain
        last_peak = peak
        ask = np.int64(_UNITY * min(1.0, limit / held))
        asked[ask_at] = ask
        lowest_ahead = min(lowest_ahead, ask)
        lowest_gain = min(lowest_ahead, lowest_behind[ask_at + 1])
        ask_at += 1
        if ask_at == window:
            for place in range(window - 1, -1, -1):
                lowest_behind[place] = min(asked[place], lowest_behind[place + 1])
            ask_at, lowest_ahead = 0, _UNITY
        # One unit a frame on top of the exponential: the way back ends, at exactly 1.
        released = min(lowest_gain, released + (((_UNITY - released) * keep) >> 30) + 1)
        first_sum += released - first_box[first_at]
        first_box[first_at] = released
        first_at = first_at + 1 if first_at + 1 < first_box.size else 0
        second_sum += first_sum - second_box[second_at]
        second_box[second_at] = first_sum
        second_at = second_at + 1 if second_at + 1 < second_box.size else 0
        smooth = second_sum / unity
        lowest = min(lowest, smooth)
        total += smooth
        factor = gain * smooth
        left, right = delayed[delay_at, 0], delayed[delay_at, 1]
        delayed[delay_at, 0], delayed[delay_at, 1] = block[i, 0], block[i, 1]
        block[i, 0], block[i, 1] = np.float32(left * factor), np.float32(right * factor)
        delay_at = delay_at + 1 if delay_at + 1 < delay else 0
    places[0], places[1], places[2], places[3] = ask_at, delay_at, first_at, second_at
    state[0], state[1], state[2], state[3] = lowest_ahead, released, first_sum, second_sum
    reduction[0], reduction[1], reduction[2] = last_peak, lowest, total


class Limiter:
    """Applies a gain and holds the result at `limit_dbtp`, given the peaks of the input.

    The peaks of modulated sound differ from the modulated peaks by hundredths of dB, and meters differ: who promises a
    ceiling measures what comes out.
    """

    def __init__(self, rate_hz: int, *, gain: float, limit: float, release_ms: float = RELEASE_MS) -> None:
        """`gain` and `limit` are linear; after `release_ms` a gain is 63 % of the way back."""
        self.gain, self.limit = gain, limit
        look_ahead = max(4, round(LOOK_AHEAD_MS * rate_hz / 1000.0))
        self.latency_frames = look_ahead + _HOLD_FRAMES
        first, second = (look_ahead + 2) // 2, (look_ahead + 3) // 2
        window = look_ahead + 2 * _HOLD_FRAMES + 1
        self._memory = (
            np.zeros((self.latency_frames, 2), np.float32),
            np.full(window, _UNITY),
            np.full(window + 1, _UNITY),
            np.full(first, _UNITY),
            np.full(second, first * _UNITY),
            np.zeros(4, np.int64),
            np.array([_UNITY, _UNITY, first * _UNITY, first * second * _UNITY, _release(release_ms, rate_hz)]),
            np.array([0.0, 1.0, 0.0]),
        )
        self._frames, self._rate_hz = 0, rate_hz

    def set_release(self, release_ms: float) -> None:
        """Release with another time constant from here on."""
        self._memory[-2][4] = _release(release_ms, self._rate_hz)

    def process(self, block: Block, peaks: NDArray[np.float32]) -> None:
        """Replace a `(frames, 2)` block with the output, which is `latency_frames` late.

        `peaks[i]` is the highest point from the block's frame i to the next (`PeakEnvelope`), before the gain.
        """
        _limit(block, peaks, self.gain, self.limit, *self._memory)
        self._frames += len(block)

    @property
    def max_reduction_db(self) -> float:
        """The deepest reduction so far, 0 or more."""
        return -linear_to_db(float(self._memory[-1][1])) + 0.0

    @property
    def mean_reduction_db(self) -> float:
        """The mean gain so far as a reduction, 0 or more."""
        return -linear_to_db(float(self._memory[-1][2]) / self._frames) + 0.0 if self._frames else 0.0


def _release(release_ms: float, rate_hz: int) -> int:
    """Return the part of the way back that a gain goes in a frame, as an integer."""
    return int((1.0 - np.exp(-1000.0 / (release_ms * rate_hz))) * _UNITY)

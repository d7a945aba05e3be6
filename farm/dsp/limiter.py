"""The true-peak limiter: look-ahead, linked as far as asked, smooth, and exact where it has nothing to do.

The gain is found at the base rate from the envelope of the interpolated peaks, and applied at the base rate: nothing
is sampled down again, which would raise peaks anew. Construction after Signalsmith ("Designing a straightforward
limiter", 2022): the lowest gain asked for within the look-ahead, released, smoothed by two box filters in a row, never
exceeds what any frame asks for, however it is released. Gains are integers on the way: sums of them are exact, so the
box filters never drift, and a limiter at rest multiplies by exactly 1.
"""

import math

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel, kernel_part
from farm.dsp.limiter_character import TRANSPARENT, LimiterSettings
from farm.units import linear_to_db

_HOLD_FRAMES = 16
"""The gain is down that many frames before and after a peak: points between samples are made of that many."""

_UNITY = 1 << 30
_PIECE_FRAMES = 512
"""Frames that go through one step after the other together, in the first cache."""

_TALLY_BITS = 20
"""Left out of what is added up for the mean: 13 million hours fit."""

Peaks = NDArray[np.float32]
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@kernel_part
def _is_quiet(peaks: Peaks, start: int, count: int, last: Peaks, highest: float) -> bool:
    """Say whether no peak of the piece, nor the last one before it, asks for a reduction."""
    loudest = np.float32(0.0)
    for column in range(peaks.shape[1]):
        loudest = max(loudest, last[column])
    for i in range(start, start + count):
        for column in range(peaks.shape[1]):
            loudest = max(loudest, peaks[i, column])
    return bool(loudest <= highest)


@kernel_part
def _ask(peaks: Peaks, start: int, count: int, last: Peaks, highest: float, asks: Integers) -> None:
    """Write what each frame asks to be taken off, of _UNITY, in each lane."""
    for lane in range(peaks.shape[1]):
        column, row = peaks[start : start + count, lane], asks[lane]
        row[0] = np.int64(_UNITY * (1.0 - min(1.0, highest / np.float64(max(column[0], last[lane])))))
        for i in range(1, count):
            row[i] = np.int64(_UNITY * (1.0 - min(1.0, highest / np.float64(max(column[i], column[i - 1])))))
        for i in range(count):
            row[i] += row[i] > 0
        last[lane] = column[count - 1]


@kernel_part
def _link(asks: Integers, count: int, link: float) -> None:
    """Let each lane take part in what the other asks for beyond its own."""
    left, right = asks[0], asks[1]
    for i in range(count):
        most = max(left[i], right[i])
        left[i] += np.int64(math.ceil((most - left[i]) * link))
        right[i] += np.int64(math.ceil((most - right[i]) * link))


@kernel_part
def _hold(asks: Integers, count: int, asked: Integers, highest_behind: Integers, state: Integers) -> None:
    """Replace each ask by the highest within the window up to it: the maximum of a queue of two stacks. `asked` fills
    up while `highest_behind`, the maxima from each place of the full stack before it to its end, is used up.
    """
    place, highest, done = state[0], state[1], 0
    while done < count:
        run = min(count - done, asked.size - place)
        row, ahead, behind = asks[done : done + run], asked[place : place + run], highest_behind[place + 1 :]
        for i in range(run):
            ahead[i] = row[i]
            highest = max(highest, row[i])
            row[i] = max(highest, behind[i])
        place += run
        done += run
        if place == asked.size:
            for back in range(asked.size - 1, -1, -1):
                highest_behind[back] = max(asked[back], highest_behind[back + 1])
            place, highest = 0, 0
    state[0], state[1] = place, highest


@kernel_part
def _release(asks: Integers, count: int, keep: Integers, state: Integers, released: Integers) -> None:
    """Write how the reduction follows: up at once, down in the higher of two ways. Rounding down, each ends at 0."""
    release, settle, recover = keep[0], keep[1], keep[2]
    quick, slow = state[2], state[3]
    for i in range(count):
        quick = max(asks[i], (quick * release) >> 30)
        kept = settle if quick > slow else recover
        slow = (slow * kept + quick * (_UNITY - kept)) >> 30
        released[i] = max(quick, slow)
    state[2], state[3] = quick, slow


@kernel_part
def _smooth(first: Integers, second: Integers, count: int, state: Integers, gains: Floats, tally: Integers) -> None:
    """Write the gains: two box filters in a row, over what was written behind the past of the first."""
    first_size, second_size = first.size - _PIECE_FRAMES, second.size - _PIECE_FRAMES
    full = np.float64(first_size * second_size * _UNITY)
    first_sum, second_sum, most, total = state[4], state[5], tally[0], tally[1]
    for i in range(count):
        first_sum += first[first_size + i] - first[i]
        second[second_size + i] = first_sum
        second_sum += first_sum - second[i]
        most = max(most, second_sum)
        total += second_sum >> _TALLY_BITS
        gains[i] = 1.0 - second_sum / full
    for i in range(first_size):
        first[i] = first[count + i]
    for i in range(second_size):
        second[i] = second[count + i]
    state[4], state[5], tally[0], tally[1] = first_sum, second_sum, most, total


@kernel_part
def _apply(block: Peaks, count: int, gain: float, gains: Floats, delayed: Peaks) -> None:
    """Multiply what came earlier by its gains, in place; interleaved."""
    left, right, delay = gains[0], gains[gains.shape[0] - 1], delayed.size - 2 * _PIECE_FRAMES
    for i in range(2 * count):
        delayed[delay + i] = block[i]
    for i in range(count):
        block[2 * i] = np.float32(delayed[2 * i] * (gain * left[i]))
        block[2 * i + 1] = np.float32(delayed[2 * i + 1] * (gain * right[i]))
    for i in range(delay):
        delayed[i] = delayed[2 * count + i]


@kernel(
    "void(float32[::1], float32[:, ::1], float64, float64, float64, float32[::1], int64[:, ::1], int64[:, ::1],"
    " int64[:, ::1], int64[:, ::1], int64[:, ::1], int64[::1], float32[::1], int64[:, ::1], float64[:, ::1],"
    " int64[::1], int64[::1], int64[::1])"
)
def _limit(
    block: Peaks,
    peaks: Peaks,
    gain: float,
    limit: float,
    link: float,
    delayed: Peaks,
    asked: Integers,
    highest_behind: Integers,
    first_box: Integers,
    second_box: Integers,
    state: Integers,
    keep: Integers,
    last: Peaks,
    asks: Integers,
    gains: Floats,
    clock: Integers,
    deepest: Integers,
    tally: Integers,
) -> None:
    """Limit an interleaved block in place, a piece at a time. `clock` holds the frames that went out, and the rate.

    A lane is at rest when its last sum is 0: then nothing is left in its queue and boxes, their places do not matter,
    and a piece that asks for nothing leaves all as it is.
    """
    lanes, first_size, frames, highest = (
        peaks.shape[1],
        first_box.shape[1] - _PIECE_FRAMES,
        block.size // 2,
        limit / gain,
    )
    start = 0
    while start < frames:
        second = max(0, clock[0] // clock[1])
        count = min(_PIECE_FRAMES, frames - start, (second + 1) * clock[1] - clock[0])
        resting = _is_quiet(peaks, start, count, last, highest)
        for lane in range(lanes):
            resting = resting and state[lane, 5] == 0
        if resting:
            gains[:, :count] = 1.0
            last[:] = peaks[start + count - 1]
        else:
            _ask(peaks, start, count, last, highest, asks)
            if lanes > 1:
                _link(asks, count, link)
            tally[0] = deepest[second]
            for lane in range(lanes):
                _hold(asks[lane], count, asked[lane], highest_behind[lane], state[lane])
                _release(asks[lane], count, keep, state[lane], first_box[lane, first_size:])
                _smooth(first_box[lane], second_box[lane], count, state[lane], gains[lane], tally)
            deepest[second] = tally[0]
        _apply(block[2 * start :], count, gain, gains, delayed)
        clock[0] += count
        start += count


class Limiter:
    """Applies a gain and holds the result at `limit`, given the peaks of the input.

    The peaks of modulated sound differ from the modulated peaks by hundredths of dB, and meters differ: who promises a
    ceiling measures what comes out. Attack and hold make the latency, which is the same for all releases.
    """

    def __init__(
        self,
        rate_hz: int,
        *,
        gain: float,
        limit: float,
        settings: LimiterSettings = TRANSPARENT,
        peaks_late_frames: int = 0,
    ) -> None:
        """`gain` and `limit` are linear. Peaks may come that much later than the frames they belong to."""
        self.gain, self.limit, self._link = gain, limit, settings.link
        self.lanes = 1 if settings.link == 1.0 else 2
        """The columns of peaks that `process` takes: one for both channels, or one for each."""
        self._rate_hz, times = rate_hz, settings.resolve()
        look_ahead = max(4, _frames(times.attack_ms, rate_hz))
        self.latency_frames = look_ahead + _HOLD_FRAMES + peaks_late_frames
        first, second = (look_ahead + 2) // 2, (look_ahead + 3) // 2
        window = look_ahead + 2 * _HOLD_FRAMES + 1 + _frames(times.hold_ms, rate_hz)
        self._keep = np.empty(3, np.int64)
        self._memory = (
            np.zeros(2 * (self.latency_frames + _PIECE_FRAMES), np.float32),
            np.zeros((self.lanes, window), np.int64),
            np.zeros((self.lanes, window + 1), np.int64),
            np.zeros((self.lanes, first + _PIECE_FRAMES), np.int64),
            np.zeros((self.lanes, second + _PIECE_FRAMES), np.int64),
            np.zeros((self.lanes, 6), np.int64),
            self._keep,
            np.zeros(self.lanes, np.float32),
            np.empty((self.lanes, _PIECE_FRAMES), np.int64),
            np.empty((self.lanes, _PIECE_FRAMES)),
        )
        self._clock = np.array([-self.latency_frames, rate_hz])
        self._full = first * second * _UNITY
        self._deepest, self._tally = np.zeros(1, np.int64), np.zeros(2, np.int64)
        self.set_release(settings)

    def set_release(self, settings: LimiterSettings) -> None:
        """Release as these settings say from here on."""
        times = settings.resolve()
        self._keep[:] = [_rate(ms, self._rate_hz) for ms in (times.release_ms, times.settle_ms, times.recover_ms)]

    def process(self, block: Block, peaks: Peaks) -> None:
        """Replace a `(frames, 2)` block with the output, which is `latency_frames` late.

        `peaks`, `(frames, lanes)`, are the highest points from the block's frames to the next, before the gain, of both
        channels or of each (`PeakEnvelope`).
        """
        seconds = max(0, int(self._clock[0]) + len(block)) // self._rate_hz + 1
        if seconds > len(self._deepest):
            self._deepest = np.concatenate([self._deepest, np.zeros(seconds, np.int64)])
        _limit(
            block.reshape(-1),
            peaks,
            self.gain,
            self.limit,
            self._link,
            *self._memory,
            self._clock,
            self._deepest,
            self._tally,
        )

    @property
    def reduction_db(self) -> tuple[float, ...]:
        """The deepest reduction of each second that came out so far, to 0.1 dB, 0 or more."""
        seconds = -(-max(0, int(self._clock[0])) // self._rate_hz)
        return tuple((np.round(-20.0 * np.log10(1.0 - self._deepest[:seconds] / self._full), 1) + 0.0).tolist())

    @property
    def max_reduction_db(self) -> float:
        """The deepest reduction so far, 0 or more."""
        return -linear_to_db(1.0 - float(self._deepest.max()) / self._full) + 0.0

    @property
    def mean_reduction_db(self) -> float:
        """The mean gain so far as a reduction, 0 or more."""
        heard = self.lanes * (int(self._clock[0]) + self.latency_frames)
        missing = float(self._tally[1]) * 2.0**_TALLY_BITS / self._full
        return -linear_to_db(1.0 - missing / heard) + 0.0 if heard else 0.0


def _frames(ms: float, rate_hz: int) -> int:
    return round(ms * rate_hz / 1000.0)


def _rate(time_ms: float, rate_hz: int) -> int:
    """Return what is left of a way after a frame with this time constant, as an integer."""
    return int(math.exp(-1000.0 / (time_ms * rate_hz)) * _UNITY)

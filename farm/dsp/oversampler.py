"""Oversampling for what bends the waveform: 2, 4 or 8 times the rate, by half-band filters one after the other.

A waveshaper makes harmonics beyond Nyquist, which come back as aliases; at a higher rate there is room for them, and
the way down takes them out. Half-band FIRs: F. Mintzer, "On half-band, third-band, and Nth-band FIR filters and their
design", IEEE Trans. ASSP 30 (1982). Every other tap is 0, so one of the two phases is a plain delay, on the way up and
on the way down. Linear phase; windows after J. F. Kaiser (1974).

Measured, way up and down together, of the whole chain: flat within 0.001 dB to 19.5 kHz at 44.1 kHz, to 21.2 kHz at
48 kHz. The first filter is 100 dB down from 24.4 kHz (26.5 kHz) on, the others 90 dB where the images of all below
that lie. Right at Nyquist, as with every half-band, the first is only 6 dB down: what is made between Nyquist and its
stop band folds back above 19.7 kHz (21.5 kHz).
"""

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel

CHUNK_FRAMES = 512
"""Frames at the base rate that go up, through the shaper and down together: eight times that still fits the cache."""

_SIDE_TAPS = (32, 8, 8)
"""Taps on each side of the middle of the odd phase, for 2, 4 and 8 times the rate; multiples of 4, which the kernels
take together. The first filter has to be steep, the others have room."""

_KAISER_BETA = 10.6
"""For 105 dB (Kaiser's formula, 0.1102 (A - 8.7))."""

Samples = NDArray[np.float64]


class Oversampler:
    """Takes stereo to `factor` times the rate and back, in chunks of at most CHUNK_FRAMES.

    `rise` gives planar float64 to work on in place; `fall` takes it down again. What comes down is `latency_frames`
    late, a whole number; no sample depends on how the stream is cut. Both give their room, `(2, factor * CHUNK_FRAMES)`
    and `(2, CHUNK_FRAMES)` or more, of which the first `factor * frames` and `frames` columns count.
    """

    def __init__(self, factor: int) -> None:
        """`factor` is 2, 4 or 8."""
        stages = {2: 1, 4: 2, 8: 3}[factor]
        self._ups: list[_Up] = []
        self._downs: list[_Down] = []
        self.latency_frames = 0
        for stage in range(stages):
            side = _SIDE_TAPS[stage]
            # Both ways together, counted at the rate below, have to be a multiple of that rate's factor.
            late = -(-(2 * side - 1) >> stage) << stage
            self._ups.append(_Up(side, CHUNK_FRAMES << stage))
            self._downs.append(_Down(side, late - side, CHUNK_FRAMES << stage))
            self.latency_frames += late >> stage

    def rise(self, block: Block) -> Samples:
        """Return a `(frames, 2)` block at the higher rate; valid until the next call."""
        _take(block, self._ups[0].rows, self._ups[0].history)
        frames = len(block)
        for index, up in enumerate(self._ups):
            following = self._ups[index + 1] if index + 1 < len(self._ups) else None
            target, start = (following.rows, following.history) if following else (up.out, 0)
            _rise(up.rows, up.history, frames, up.taps, up.odd, target, start)
            frames *= 2
        return self._ups[-1].out

    def fall(self, samples: Samples, frames: int) -> Samples:
        """Return what `rise` gave for so many frames, after the shaper, at the base rate; valid until the next call."""
        length = frames << len(self._downs)
        for down in reversed(self._downs):
            length //= 2
            _fall(samples, down.evens, down.odds, down.late, length, down.taps, down.out)
            samples = down.out
        return samples


class _Up:
    """One doubling: the rate below in `rows`, behind `history` samples of before; `side` samples late."""

    def __init__(self, side: int, frames: int) -> None:
        self.taps = design_half_band(side)
        self.history = 2 * side - 1
        self.rows = np.zeros((2, self.history + frames))
        self.odd = np.empty(frames)
        self.out = np.empty((2, 2 * frames))


class _Down:
    """One halving, `late` samples of the rate below late."""

    def __init__(self, side: int, late: int, frames: int) -> None:
        self.taps = design_half_band(side)
        self.late = late
        self.evens = np.zeros((2, late + side + frames))
        self.odds = np.zeros((2, late + side + frames))
        self.out = np.empty((2, frames))


def design_half_band(side_taps: int) -> Samples:
    """Return one half of the odd phase of an interpolating half-band filter, the taps next to the middle first.

    Its sum is 1/2: a constant passes exactly. The even phase is a 1 in the middle.
    """
    distance = np.arange(side_taps) + 0.5
    window = np.i0(_KAISER_BETA * np.sqrt(1.0 - (distance / side_taps) ** 2))
    taps = np.sinc(distance) * window
    half: Samples = 0.5 * taps / taps.sum()
    return half


@kernel("void(float32[:,::1], float64[:,::1], int64)")
def _take(block: Block, rows: Samples, history: int) -> None:
    for frame in range(block.shape[0]):
        rows[0, history + frame] = block[frame, 0]
        rows[1, history + frame] = block[frame, 1]


@kernel("void(float64[:,::1], int64, int64, float64[::1], float64[::1], float64[:,::1], int64)")
def _rise(rows: Samples, history: int, frames: int, taps: Samples, odd: Samples, target: Samples, start: int) -> None:
    """Write twice the samples into the target, and keep the last ones for the next chunk."""
    side = taps.size
    for channel in range(2):
        row, out = rows[channel], target[channel]
        middle = history - side
        odd[:frames] = 0.0
        for k in range(0, side, 4):
            left, right = row[middle - k - 3 :], row[middle + 1 + k :]
            tap0, tap1, tap2, tap3 = taps[k], taps[k + 1], taps[k + 2], taps[k + 3]
            for n in range(frames):
                near = tap0 * (left[n + 3] + right[n]) + tap1 * (left[n + 2] + right[n + 1])
                odd[n] += near + (tap2 * (left[n + 1] + right[n + 2]) + tap3 * (left[n] + right[n + 3]))
        for n in range(frames):
            out[start + 2 * n] = row[middle + n]
            out[start + 2 * n + 1] = odd[n]
        for n in range(history):
            row[n] = row[frames + n]


@kernel("void(float64[:,::1], float64[:,::1], float64[:,::1], int64, int64, float64[::1], float64[:,::1])")
def _fall(samples: Samples, evens: Samples, odds: Samples, late: int, frames: int, taps: Samples, out: Samples) -> None:
    """Write half as many samples, and keep the last ones for the next chunk."""
    side = taps.size
    history = late + side
    for channel in range(2):
        source, even, odd, down = samples[channel], evens[channel], odds[channel], out[channel]
        for n in range(frames):
            even[history + n] = source[2 * n]
            odd[history + n] = source[2 * n + 1]
        middle = history - late
        for n in range(frames):
            down[n] = 0.5 * even[middle + n]
        for k in range(0, side, 4):
            left, right = odd[middle - k - 4 :], odd[middle + k :]
            tap0, tap1, tap2, tap3 = 0.5 * taps[k], 0.5 * taps[k + 1], 0.5 * taps[k + 2], 0.5 * taps[k + 3]
            for n in range(frames):
                near = tap0 * (left[n + 3] + right[n]) + tap1 * (left[n + 2] + right[n + 1])
                down[n] += near + (tap2 * (left[n + 1] + right[n + 2]) + tap3 * (left[n] + right[n + 3]))
        for n in range(history):
            even[n] = even[frames + n]
            odd[n] = odd[frames + n]

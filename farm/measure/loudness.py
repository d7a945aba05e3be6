"""Programme loudness (ITU-R BS.1770-5), momentary and short-term loudness (EBU Tech 3341), range (EBU Tech 3342)."""

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel, kernel_part
from farm.audio.speakers import Speakers
from farm.audio.stereo_pair import both, load_pair, multiply, multiply_add, store_pair
from farm.measure.k_weighting import Biquad, channel_weights, design_k_weighting
from farm.measure.step_powers import STEPS_PER_SECOND, StepPowers
from farm.measure.stereo import Moments

Floats = NDArray[np.float64]

_VANISHED = 1e-30
"""Filter memory below this is cleared at the end of a step, before denormal numbers make silence slow."""


_ADD = "void(float32[:, ::1], float64[::1], float64[:, ::1], int64[::1], float64[:, ::1], float64[::1])"


@kernel_part
def _end_step(memory: Floats, place: NDArray[np.int64], energies: Floats) -> None:
    for channel in range(memory.shape[1]):
        energies[place[1], channel] = memory[4, channel]
        memory[4, channel] = 0.0
        for row in range(4):
            if abs(memory[row, channel]) < _VANISHED:
                memory[row, channel] = 0.0
    place[1] += 1


@kernel(_ADD)
def _add_stereo(
    block: Block, coefficients: Floats, memory: Floats, place: NDArray[np.int64], energies: Floats, product: Floats
) -> None:
    """Filter both channels as one pair and add their energies to the steps; `place` is (frames done, step, rate).

    A stage's memory follows from its input and itself, without waiting for its output, which takes a quarter less time.
    The moments ride along in what the filters leave idle.
    """
    b0, b1, b2 = both(coefficients[0]), both(coefficients[1]), both(coefficients[2])
    a1, a2 = both(coefficients[3]), both(coefficients[4])
    d0, d1, d2 = both(coefficients[5]), both(coefficients[6]), both(coefficients[7])
    c1, c2 = both(coefficients[8]), both(coefficients[9])
    one = both(1.0)
    frame = 0
    while frame < block.shape[0]:
        end = ((place[1] + 1) * place[2] + STEPS_PER_SECOND // 2) // STEPS_PER_SECOND
        stop = min(block.shape[0], frame + end - place[0])
        s1, s2, t1, t2 = load_pair(memory, 0), load_pair(memory, 1), load_pair(memory, 2), load_pair(memory, 3)
        energy, total, square, cross = load_pair(memory, 4), load_pair(memory, 5), load_pair(memory, 6), product[0]
        for i in range(frame, stop):
            x = load_pair(block, i)
            y = multiply_add(b0, x, s1)
            next_s1 = multiply_add(a1, s1, multiply_add(b1, x, s2))
            s2 = multiply_add(a2, s1, multiply(b2, x))
            s1 = next_s1
            z = multiply_add(d0, y, t1)
            next_t1 = multiply_add(c1, t1, multiply_add(d1, y, t2))
            t2 = multiply_add(c2, t1, multiply(d2, y))
            t1 = next_t1
            energy = multiply_add(z, z, energy)
            total = multiply_add(one, x, total)
            square = multiply_add(x, x, square)
            cross += np.float64(block[i, 0]) * np.float64(block[i, 1])
        store_pair(memory, 0, s1)
        store_pair(memory, 1, s2)
        store_pair(memory, 2, t1)
        store_pair(memory, 3, t2)
        store_pair(memory, 4, energy)
        store_pair(memory, 5, total)
        store_pair(memory, 6, square)
        product[0] = cross
        place[0] += stop - frame
        frame = stop
        if place[0] == end:
            _end_step(memory, place, energies)


@kernel(_ADD)
def _add_channels(
    block: Block, coefficients: Floats, memory: Floats, place: NDArray[np.int64], energies: Floats, product: Floats
) -> None:
    """The same for any number of channels, one after the other; without the product, which only a pair has."""
    b0, b1, b2, a1, a2 = coefficients[0], coefficients[1], coefficients[2], coefficients[3], coefficients[4]
    d0, d1, d2, c1, c2 = coefficients[5], coefficients[6], coefficients[7], coefficients[8], coefficients[9]
    frame = 0
    while frame < block.shape[0]:
        end = ((place[1] + 1) * place[2] + STEPS_PER_SECOND // 2) // STEPS_PER_SECOND
        stop = min(block.shape[0], frame + end - place[0])
        for channel in range(block.shape[1]):
            s1, s2, t1, t2 = memory[0, channel], memory[1, channel], memory[2, channel], memory[3, channel]
            energy, total, square = memory[4, channel], memory[5, channel], memory[6, channel]
            for i in range(frame, stop):
                x = np.float64(block[i, channel])
                y = b0 * x + s1
                next_s1 = a1 * s1 + (b1 * x + s2)
                s2 = a2 * s1 + b2 * x
                s1 = next_s1
                z = d0 * y + t1
                next_t1 = c1 * t1 + (d1 * y + t2)
                t2 = c2 * t1 + d2 * y
                t1 = next_t1
                energy += z * z
                total += x
                square += x * x
            memory[0, channel], memory[1, channel], memory[2, channel], memory[3, channel] = s1, s2, t1, t2
            memory[4, channel], memory[5, channel], memory[6, channel] = energy, total, square
        place[0] += stop - frame
        frame = stop
        if place[0] == end:
            _end_step(memory, place, energies)


class Loudness:
    """A loudness meter for a stream of `(frames, channels)` blocks, 1 to 8 channels, in the order of WAVE files unless
    `speakers` says what they are for.

    It keeps one energy a channel for each 10 ms: 48 kB a minute for stereo at most, whatever the rate.
    """

    def __init__(self, rate_hz: int, channels: int = 2, speakers: Speakers = ()) -> None:
        """Raises AudioError as `channel_weights` does."""
        self._weights = np.array(channel_weights(channels, speakers))
        self._add = _add_stereo if channels == 2 else _add_channels
        self._coefficients = np.array([value for stage in design_k_weighting(rate_hz) for value in _unfold(stage)])
        self._memory = np.zeros((7, channels))
        self._product = np.zeros(1)
        self._place = np.array([0, 0, rate_hz])
        self._energies = np.empty((1024, channels))

    def push(self, block: Block) -> None:
        """Take a `(frames, channels)` C-contiguous block of finite samples, of any number of frames."""
        steps = int(self._place[1]) + len(block) * STEPS_PER_SECOND // int(self._place[2]) + 2
        if steps > len(self._energies):
            longer = np.empty((2 * steps, len(self._weights)))
            longer[: len(self._energies)] = self._energies
            self._energies = longer
        self._add(block, self._coefficients, self._memory, self._place, self._energies, self._product)

    def finish(self) -> "StepPowers":
        """Return what was heard, step by step; an incomplete last step is left out."""
        steps, rate_hz = int(self._place[1]), int(self._place[2])
        ends = (np.arange(steps + 1) * rate_hz + STEPS_PER_SECOND // 2) // STEPS_PER_SECOND
        ends[0] = 0
        return StepPowers(self._energies[:steps] @ self._weights, ends)

    def moments(self) -> Moments:
        """Return the sums over all samples so far, without any filter."""
        product = float(self._product[0]) if len(self._weights) == 2 else None
        return Moments(int(self._place[0]), tuple(self._memory[5].tolist()), tuple(self._memory[6].tolist()), product)


def _unfold(section: Biquad) -> tuple[float, ...]:
    """Return b0, then what input and memory give to the memory: b1 - a1 b0, b2 - a2 b0, -a1, -a2."""
    b0, b1, b2, a1, a2 = section
    return b0, b1 - a1 * b0, b2 - a2 * b0, -a1, -a2

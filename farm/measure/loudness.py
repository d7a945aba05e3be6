"""Programme loudness (ITU-R BS.1770-5), momentary and short-term loudness (EBU Tech 3341), range (EBU Tech 3342)."""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel, kernel_part
from farm.audio.stereo_pair import both, load_pair, multiply, multiply_add, store_pair
from farm.measure.k_weighting import CHANNEL_WEIGHTS, design_k_weighting

Floats = NDArray[np.float64]

OFFSET_LU = -0.691
"""BS.1770-5, Annex 1, eq. 2: 997 Hz at 0 dBFS in one channel reads -3.01 LUFS."""

ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
RANGE_GATE_LU = -20.0
"""EBU Tech 3342, 2.2."""

STEPS_PER_SECOND = 100
"""Energies are kept for each 10 ms: Tech 3341's tests 10 and 13 ask for maxima that a hop of 100 ms would miss."""

_HOP_STEPS = 10
"""Gating blocks and the windows of the range start every 100 ms (75 % and 96.7 % overlap)."""
_MOMENTARY_STEPS = 40
_SHORT_TERM_STEPS = 300

_VANISHED = 1e-30
"""Filter memory below this is cleared at the end of a step, before denormal numbers make silence slow."""


@kernel_part
def _end_step(memory: Floats, place: NDArray[np.int64], energies: Floats) -> None:
    for channel in range(memory.shape[1]):
        energies[place[1], channel] = memory[4, channel]
        memory[4, channel] = 0.0
        for row in range(4):
            if abs(memory[row, channel]) < _VANISHED:
                memory[row, channel] = 0.0
    place[1] += 1


@kernel("void(float32[:, ::1], float64[::1], float64[:, ::1], int64[::1], float64[:, ::1])")
def _add_stereo(block: Block, coefficients: Floats, memory: Floats, place: NDArray[np.int64], energies: Floats) -> None:
    """Filter both channels as one pair and add their energies to the steps; `place` is (frames done, step, rate)."""
    b0, b1, b2 = both(coefficients[0]), both(coefficients[1]), both(coefficients[2])
    a1, a2 = both(-coefficients[3]), both(-coefficients[4])
    d0, d1, d2 = both(coefficients[5]), both(coefficients[6]), both(coefficients[7])
    c1, c2 = both(-coefficients[8]), both(-coefficients[9])
    frame = 0
    while frame < block.shape[0]:
        end = ((place[1] + 1) * place[2] + STEPS_PER_SECOND // 2) // STEPS_PER_SECOND
        stop = min(block.shape[0], frame + end - place[0])
        s1, s2, t1, t2 = load_pair(memory, 0), load_pair(memory, 1), load_pair(memory, 2), load_pair(memory, 3)
        energy = load_pair(memory, 4)
        for i in range(frame, stop):
            x = load_pair(block, i)
            y = multiply_add(b0, x, s1)
            s1 = multiply_add(a1, y, multiply_add(b1, x, s2))
            s2 = multiply_add(a2, y, multiply(b2, x))
            z = multiply_add(d0, y, t1)
            t1 = multiply_add(c1, z, multiply_add(d1, y, t2))
            t2 = multiply_add(c2, z, multiply(d2, y))
            energy = multiply_add(z, z, energy)
        store_pair(memory, 0, s1)
        store_pair(memory, 1, s2)
        store_pair(memory, 2, t1)
        store_pair(memory, 3, t2)
        store_pair(memory, 4, energy)
        place[0] += stop - frame
        frame = stop
        if place[0] == end:
            _end_step(memory, place, energies)


@kernel("void(float32[:, ::1], float64[::1], float64[:, ::1], int64[::1], float64[:, ::1])")
def _add_channels(
    block: Block, coefficients: Floats, memory: Floats, place: NDArray[np.int64], energies: Floats
) -> None:
    """The same for any number of channels, one after the other."""
    b0, b1, b2, a1, a2 = coefficients[0], coefficients[1], coefficients[2], coefficients[3], coefficients[4]
    d0, d1, d2, c1, c2 = coefficients[5], coefficients[6], coefficients[7], coefficients[8], coefficients[9]
    frame = 0
    while frame < block.shape[0]:
        end = ((place[1] + 1) * place[2] + STEPS_PER_SECOND // 2) // STEPS_PER_SECOND
        stop = min(block.shape[0], frame + end - place[0])
        for channel in range(block.shape[1]):
            s1, s2, t1, t2 = memory[0, channel], memory[1, channel], memory[2, channel], memory[3, channel]
            energy = memory[4, channel]
            for i in range(frame, stop):
                x = np.float64(block[i, channel])
                y = b0 * x + s1
                s1 = b1 * x + s2 - a1 * y
                s2 = b2 * x - a2 * y
                z = d0 * y + t1
                t1 = d1 * y + t2 - c1 * z
                t2 = d2 * y - c2 * z
                energy += z * z
            memory[0, channel], memory[1, channel], memory[2, channel], memory[3, channel] = s1, s2, t1, t2
            memory[4, channel] = energy
        place[0] += stop - frame
        frame = stop
        if place[0] == end:
            _end_step(memory, place, energies)


class Loudness:
    """A loudness meter for a stream of `(frames, channels)` blocks, 1 to 8 channels in the order of WAVE files.

    It keeps one energy a channel for each 10 ms: 48 kB a minute for stereo at most, whatever the rate.
    """

    def __init__(self, rate_hz: int, channels: int = 2) -> None:
        self._weights = np.array(CHANNEL_WEIGHTS[channels])
        self._add = _add_stereo if channels == 2 else _add_channels
        self._coefficients = np.array([value for stage in design_k_weighting(rate_hz) for value in stage])
        self._memory = np.zeros((5, channels))
        self._place = np.array([0, 0, rate_hz])
        self._energies = np.empty((1024, channels))

    def push(self, block: Block) -> None:
        """Take a `(frames, channels)` C-contiguous block of finite samples, of any number of frames."""
        steps = int(self._place[1]) + len(block) * STEPS_PER_SECOND // int(self._place[2]) + 2
        if steps > len(self._energies):
            longer = np.empty((2 * steps, len(self._weights)))
            longer[: len(self._energies)] = self._energies
            self._energies = longer
        self._add(block, self._coefficients, self._memory, self._place, self._energies)

    def finish(self) -> "StepPowers":
        """Return what was heard, step by step; an incomplete last step is left out."""
        steps, rate_hz = int(self._place[1]), int(self._place[2])
        ends = (np.arange(steps + 1) * rate_hz + STEPS_PER_SECOND // 2) // STEPS_PER_SECOND
        ends[0] = 0
        return StepPowers(self._energies[:steps] @ self._weights, ends)


class StepPowers:
    """The channel-weighted energy of each 10 ms of a programme, and the loudness measures that follow from it."""

    def __init__(self, energies: Floats, ends: NDArray[np.int64]) -> None:
        self._energies, self._ends = energies, ends
        self._sums = np.concatenate(([0.0], np.cumsum(energies)))

    @property
    def steps(self) -> int:
        """How many steps were heard to their end."""
        return len(self._energies)

    def scaled(self, gains: Floats | float) -> "StepPowers":
        """Return the powers with a gain (linear) on all, or on each step."""
        return StepPowers(self._energies * np.square(gains), self._ends)

    def _window_powers(self, window: int, hop: int) -> Floats:
        """Return the mean power of every window that is complete."""
        starts = np.arange(0, len(self._sums) - window, hop)
        powers: Floats = (self._sums[starts + window] - self._sums[starts]) / (
            self._ends[starts + window] - self._ends[starts]
        )
        return powers

    def integrated_lufs(self) -> float | None:
        """Return the programme loudness; None if no gating block of 400 ms lies above -70 LUFS (BS.1770-5, Annex 1)."""
        return _gate(self._window_powers(_MOMENTARY_STEPS, _HOP_STEPS))

    def block_clufs(self) -> tuple[int, ...]:
        """Return the loudness of every gating block above -70 LUFS, in hundredths of LUFS: what an album pools."""
        powers = self._window_powers(_MOMENTARY_STEPS, _HOP_STEPS)
        loud = powers[powers > lufs_to_power(ABSOLUTE_GATE_LUFS)]
        return tuple(np.rint(1000.0 * np.log10(loud) + 100.0 * OFFSET_LU).astype(int).tolist())

    def max_momentary_lufs(self) -> float | None:
        """Return the highest loudness of any 400 ms (Tech 3341, 2.2), looked for every 10 ms."""
        return _highest(self._window_powers(_MOMENTARY_STEPS, 1))

    def max_short_term_lufs(self) -> float | None:
        """Return the highest loudness of any 3 s (Tech 3341, 2.2), looked for every 10 ms."""
        return _highest(self._window_powers(_SHORT_TERM_STEPS, 1))

    def loudness_range_lu(self) -> float | None:
        """Return the loudness range: 10th to 95th percentile of the gated short-term loudness (Tech 3342, 2)."""
        powers = self._window_powers(_SHORT_TERM_STEPS, _HOP_STEPS)
        loud = powers[powers > lufs_to_power(ABSOLUTE_GATE_LUFS)]
        if not loud.size:
            return None
        loud = loud[loud > loud.mean() * 10.0 ** (RANGE_GATE_LU / 10.0)]
        low, high = np.percentile(10.0 * np.log10(loud), (10.0, 95.0))
        return float(high - low)


def lufs_to_power(level_lufs: float) -> float:
    """Return the channel-weighted mean square of a loudness."""
    return math.pow(10.0, (level_lufs - OFFSET_LU) / 10.0)


def power_to_lufs(power: float) -> float:
    """Return the loudness of a channel-weighted mean square above 0."""
    return OFFSET_LU + 10.0 * math.log10(power)


def integrate(block_clufs: Iterable[int]) -> float | None:
    """Return the loudness of gating blocks pooled from any number of songs; None if none is above -70 LUFS.

    `block_clufs` are hundredths of LUFS, as in Measurement.block_clufs: an album's loudness is that of its songs
    played as one programme, but for the blocks across the borders.
    """
    levels_lufs = np.fromiter(block_clufs, np.float64) / 100.0
    return _gate(10.0 ** ((levels_lufs - OFFSET_LU) / 10.0))


def _gate(powers: Floats) -> float | None:
    """Gate absolutely, then relatively to the mean of what is left (BS.1770-5, Annex 1, eq. 4 to 7)."""
    loud = powers[powers > lufs_to_power(ABSOLUTE_GATE_LUFS)]
    if not loud.size:
        return None
    loud = loud[loud > loud.mean() * 10.0 ** (RELATIVE_GATE_LU / 10.0)]
    return power_to_lufs(float(loud.mean()))


def _highest(powers: Floats) -> float | None:
    highest = float(powers.max(initial=0.0))
    return power_to_lufs(highest) if highest > 0.0 else None

"""Crossovers: a stream as bands that can be put together again.

Filters are state-variable ones in the trapezoidal form of V. Zavalishin, "The Art of VA Filter Design" (2018), chapter
3: their memory means the same whatever the frequency, so that it can move while they run. In the z domain they equal
the bilinear transform, pre-warped at the frequency. All are of second order with Butterworth's Q.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel, kernel_part
from farm.audio.stereo_pair import both, load_pair, multiply, multiply_add, store_pair

Doubles = NDArray[np.float64]

_CHUNK_FRAMES = 1024
"""That often in the stream, not in a block, memory is looked at for what has become too small."""

_SILENT = 1e-30
_FADE = math.log(1e6)
"""90 dB, and 30 for poles that coincide, as those of two equal filters in series do."""


class BandSplit:
    """Linkwitz-Riley crossovers of fourth order (24 dB an octave) in a row, the lowest first.

    S. Linkwitz, "Active crossover networks for noncoincident drivers", J. Audio Eng. Soc. 24 (1976): both sides are -6
    dB at the crossover and in phase. What they add up to is an all-pass of second order; each band below a crossover is
    sent through that of its own, so all bands together are the product of the all-passes: magnitude 1 everywhere.
    """

    def __init__(self, crossovers_hz: Sequence[float], rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self.adjust(crossovers_hz)
        count = len(crossovers_hz)
        self._split_memory = np.zeros((count, 6, 2))
        self._pass_memory = np.zeros((count, count, 2, 2))
        self._phase = 0

    def adjust(self, crossovers_hz: Sequence[float]) -> None:
        """Move the crossovers; there have to be as many as before."""
        self._factors = np.array([_design(float(hz), self._rate_hz) for hz in crossovers_hz])

    @property
    def tail_frames(self) -> int:
        """Frames until each band's output has fallen by 90 dB after the end of the input: its filters' times add up."""
        return sum(3 * _fade_frames(factors[0]) for factors in self._factors)

    def split(self, block: Block, bands: NDArray[np.float32]) -> None:
        """Write the bands of a `(frames, 2)` block, the lowest first, into `bands`, `(crossovers + 1, frames, 2)`."""
        rest = bands[-1]
        rest[:] = block
        phase = self._phase
        for number, factors in enumerate(self._factors):
            _split_band(rest, bands[number], factors, self._split_memory[number], phase)
            for lower in range(number):
                _pass_all(bands[lower], factors, self._pass_memory[number, lower], phase)
        self._phase = (phase + len(block)) % _CHUNK_FRAMES


class ShelfSplit:
    """The top of a stream: what a gain for it has to be applied to, so that the whole becomes a high shelf.

    A Butterworth filter's denominator is 1 + sqrt(2) s + s^2; these three over it are low, middle and high, together 1.
    `input + (g - 1) high + (sqrt(g) - 1) middle` is a shelf of gain g, half of it in dB at the frequency, without a
    bump, and the input itself, bit for bit, if g is 1.
    """

    def __init__(self, hz: float, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self.adjust(hz)
        self._memory = np.zeros((2, 2))
        self._phase = 0

    def adjust(self, hz: float) -> None:
        """Move the frequency."""
        self._factors = np.array(_design(hz, self._rate_hz))

    @property
    def tail_frames(self) -> int:
        """Frames until the output has fallen by 90 dB after the end of the input."""
        return _fade_frames(self._factors[0])

    def split(self, block: Block, high: Block, middle: Block) -> None:
        """Write the two parts of a `(frames, 2)` block into arrays of the same shape."""
        _split_shelf(block, high, middle, self._factors, self._memory, self._phase)
        self._phase = (self._phase + len(block)) % _CHUNK_FRAMES


def _design(hz: float, rate_hz: int) -> tuple[float, float, float]:
    """Return the factors of a filter: g, 1 / (1 + g (g + k)), and that times g, with k = sqrt(2)."""
    g = math.tan(math.pi * hz / rate_hz)
    share = 1.0 / (1.0 + g * (g + math.sqrt(2.0)))
    return g, share, g * share


def _fade_frames(g: float) -> int:
    """Return the frames that the filter's poles take to fade by `_FADE`."""
    real, imaginary = -g * math.sqrt(0.5), g * math.sqrt(0.5)
    radius = math.hypot(1.0 + real, imaginary) / math.hypot(1.0 - real, imaginary)
    return math.ceil(2.0 - _FADE / math.log(max(radius, 1e-9)))


@kernel_part
def _load_factors(factors: Doubles) -> tuple[Any, ...]:
    """Return g, 2 g, the two shares, 2, -1 and -k for both channels each."""
    g = factors[0]
    return both(g), both(2.0 * g), both(factors[1]), both(factors[2]), both(2.0), both(-1.0), both(-math.sqrt(2.0))


@kernel_part
def _step(frame: Any, first: Any, second: Any, factors: tuple[Any, ...]) -> tuple[Any, Any, Any, Any]:
    """Return the band-pass (over sqrt(2)) and low-pass of a frame, and the filter's memory after it."""
    g, twice_g, share, g_share, two, minus = factors[0], factors[1], factors[2], factors[3], factors[4], factors[5]
    change = multiply_add(minus, second, frame)
    band = multiply_add(g_share, change, multiply(share, first))
    low = multiply_add(g, band, second)
    first = multiply_add(two, band, multiply(minus, first))
    second = multiply_add(twice_g, band, second)
    return band, low, first, second


@kernel_part
def _forget_silence(memory: Doubles) -> None:
    """Set what is below -600 dB to 0: long before it could become denormal, which costs a hundred times the time."""
    for row in range(memory.shape[0]):
        for lane in range(2):
            if abs(memory[row, lane]) < _SILENT:
                memory[row, lane] = 0.0


@kernel("void(float32[:,::1], float32[:,::1], float64[::1], float64[:,::1], int64)")
def _split_band(rest: Block, below: Block, factors: Doubles, memory: Doubles, phase: int) -> None:
    """Leave in `rest` what is above the crossover, and write into `below` what is below it.

    The first filter's outputs, once more through a filter each: the squares of Butterworth's low- and high-pass.
    """
    both_factors = _load_factors(factors)
    minus, minus_k = both_factors[5], both_factors[6]
    start, frames = 0, rest.shape[0]
    while start < frames:
        count = min(_CHUNK_FRAMES - phase, frames - start)
        one_first, one_second = load_pair(memory, 0), load_pair(memory, 1)
        low_first, low_second = load_pair(memory, 2), load_pair(memory, 3)
        high_first, high_second = load_pair(memory, 4), load_pair(memory, 5)
        for index in range(start, start + count):
            frame = load_pair(rest, index)
            band, low, one_first, one_second = _step(frame, one_first, one_second, both_factors)
            high = multiply_add(minus_k, band, multiply_add(minus, low, frame))
            _, low, low_first, low_second = _step(low, low_first, low_second, both_factors)
            store_pair(below, index, low)
            band, low, high_first, high_second = _step(high, high_first, high_second, both_factors)
            store_pair(rest, index, multiply_add(minus_k, band, multiply_add(minus, low, high)))
        store_pair(memory, 0, one_first)
        store_pair(memory, 1, one_second)
        store_pair(memory, 2, low_first)
        store_pair(memory, 3, low_second)
        store_pair(memory, 4, high_first)
        store_pair(memory, 5, high_second)
        start += count
        phase += count
        if phase == _CHUNK_FRAMES:
            phase = 0
            _forget_silence(memory)


@kernel("void(float32[:,::1], float64[::1], float64[:,::1], int64)")
def _pass_all(block: Block, factors: Doubles, memory: Doubles, phase: int) -> None:
    """Send a band through the all-pass that a crossover adds up to."""
    both_factors = _load_factors(factors)
    minus_2k = multiply(both_factors[4], both_factors[6])
    start, frames = 0, block.shape[0]
    while start < frames:
        count = min(_CHUNK_FRAMES - phase, frames - start)
        first, second = load_pair(memory, 0), load_pair(memory, 1)
        for index in range(start, start + count):
            frame = load_pair(block, index)
            band, _, first, second = _step(frame, first, second, both_factors)
            store_pair(block, index, multiply_add(minus_2k, band, frame))
        store_pair(memory, 0, first)
        store_pair(memory, 1, second)
        start += count
        phase += count
        if phase == _CHUNK_FRAMES:
            phase = 0
            _forget_silence(memory)


@kernel("void(float32[:,::1], float32[:,::1], float32[:,::1], float64[::1], float64[:,::1], int64)")
def _split_shelf(block: Block, high: Block, middle: Block, factors: Doubles, memory: Doubles, phase: int) -> None:
    both_factors = _load_factors(factors)
    minus, minus_k = both_factors[5], both_factors[6]
    start, frames = 0, block.shape[0]
    while start < frames:
        count = min(_CHUNK_FRAMES - phase, frames - start)
        first, second = load_pair(memory, 0), load_pair(memory, 1)
        for index in range(start, start + count):
            frame = load_pair(block, index)
            band, low, first, second = _step(frame, first, second, both_factors)
            store_pair(middle, index, multiply(minus, multiply(minus_k, band)))
            store_pair(high, index, multiply_add(minus, low, multiply_add(minus_k, band, frame)))
        store_pair(memory, 0, first)
        store_pair(memory, 1, second)
        start += count
        phase += count
        if phase == _CHUNK_FRAMES:
            phase = 0
            _forget_silence(memory)

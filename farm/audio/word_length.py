"""Word-length reduction: float to integers, rounded to nearest, with dither that repeats."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel

Dither = Literal["tpdf", "none"]
Words = NDArray[np.int16] | NDArray[np.int32]


@kernel("uint64(uint64)")
def _mix(counter: np.uint64) -> np.uint64:
    """The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection whose outputs pass as random."""
    z = counter
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@kernel(
    "void(float32[::1], int16[::1], float64, int64, uint64, uint64, boolean)",
    "void(float32[::1], int32[::1], float64, int64, uint64, uint64, boolean)",
)
def _quantise(
    samples: NDArray[np.float32],
    out: Words,
    full_scale: float,
    step: int,
    key: np.uint64,
    first: np.uint64,
    dithered: bool,
) -> None:
    """TPDF: the difference of two uniform numbers of 1 LSB each, drawn from the place of the sample in the song."""
    weyl = np.uint64(0x9E3779B97F4A7C15)
    for i in range(samples.size):
        value = np.float64(samples[i]) * full_scale
        if dithered:
            bits = _mix(key + (first + np.uint64(i)) * weyl)
            value += (np.float64(bits >> np.uint64(32)) - np.float64(bits & np.uint64(0xFFFFFFFF))) * 2.0**-32
        value = min(max(np.rint(value), -full_scale), full_scale - 1.0)
        out[i] = np.int64(value) * step


class Quantiser:
    """Turns blocks into integers: int16 for 16 bits; int32 for 24, in the upper bits as libsndfile wants them.

    Dither is triangular, +-1 LSB at most, independent between channels. It follows from the seed, the frame and the
    channel alone, so it is the same however the stream is cut. What exceeds full scale is clipped. A sample that is
    exactly an integer passes unchanged without dither.
    """

    def __init__(self, bits: int, channels: int, dither: Dither, seed: int) -> None:
        if bits not in (16, 24):
            raise ValueError(f"{bits} bits: 16 or 24 are offered")
        if dither not in ("tpdf", "none"):
            raise ValueError(f"{dither!r} is no dither: tpdf or none")
        self._bits, self._channels = bits, channels
        self._dithered = dither == "tpdf"
        self._key = np.uint64(_mix(np.uint64(seed)))
        self._samples = 0
        self._words = _empty_words(0, bits)

    def push(self, block: Block) -> Words:
        """Take `(n, channels)` C-contiguous float32, return `(n, channels)` words: valid until the next push."""
        if self._words.size < block.size:
            self._words = _empty_words(block.size, self._bits)
        words = self._words[: block.size]
        full_scale = 2.0 ** (self._bits - 1)
        step = 1 if self._bits == 16 else 256
        first = np.uint64(self._samples)
        _quantise(block.reshape(-1), words, full_scale, step, self._key, first, self._dithered)
        self._samples += block.size
        return words.reshape(-1, self._channels)


def _empty_words(size: int, bits: int) -> Words:
    return np.empty(size, np.int16) if bits == 16 else np.empty(size, np.int32)

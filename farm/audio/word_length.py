"""Word-length reduction: float to integers, rounded to nearest, with dither that repeats."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel, kernel_part

Dither = Literal["tpdf", "shaped", "none"]
Words = NDArray[np.int16] | NDArray[np.int32]

_MINIMALLY_AUDIBLE = (2.033, -2.165, 1.959, -1.590, 0.6149)
"""S. P. Lipshitz, J. Vanderkooy, R. A. Wannamaker, "Minimally Audible Noise Shaping", J. Audio Eng. Soc. 39 (1991): the
five coefficients for 44.1 kHz. The noise is lowest around 4 kHz and rises towards 20 kHz, by 12 dB in all."""

_ABOVE_HEARING = (2.0, -1.0)
"""Two zeros at 0 Hz, (1 - 1/z)^2: where the rate has room above 20 kHz the noise moves there, 8 dB more in all."""

_ROOMY_HZ = 88_200


def shaping_coefficients(rate_hz: int) -> tuple[float, ...]:
    """Return c of the noise filter 1 - c[0]/z - c[1]/z^2 - ... that shaped dither has at a sample rate."""
    return _ABOVE_HEARING if rate_hz >= _ROOMY_HZ else _MINIMALLY_AUDIBLE


@kernel_part
def _mix(counter: np.uint64) -> np.uint64:
    """The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection whose outputs pass as random."""
    z = counter
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@kernel_part
def _tpdf(key: np.uint64, place: np.uint64) -> float:
    """TPDF: the difference of two uniform numbers of 1 LSB each, drawn from the place of the sample in the song."""
    bits = _mix(key + place * np.uint64(0x9E3779B97F4A7C15))
    return (np.float64(bits >> np.uint64(32)) - np.float64(bits & np.uint64(0xFFFFFFFF))) * 2.0**-32


@kernel("uint64(uint64)")
def _key_of(seed: np.uint64) -> np.uint64:
    return _mix(seed)


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
    for i in range(samples.size):
        value = np.float64(samples[i]) * full_scale
        if dithered:
            value += _tpdf(key, first + np.uint64(i))
        value = min(max(np.rint(value), -full_scale), full_scale - 1.0)
        out[i] = np.int64(value) * step


@kernel(
    "void(float32[:, ::1], int16[:, ::1], float64, int64, uint64, uint64, float64[::1], float64[:, ::1])",
    "void(float32[:, ::1], int32[:, ::1], float64, int64, uint64, uint64, float64[::1], float64[:, ::1])",
)
def _quantise_shaped(
    block: Block,
    out: Words,
    full_scale: float,
    step: int,
    key: np.uint64,
    first: np.uint64,
    coefficients: NDArray[np.float64],
    errors: NDArray[np.float64],
) -> None:
    """Feed the error of each sample, dither included, back into the next ones; `errors[channel, 0]` is the last.

    The error is that of rounding alone: what is clipped is not fed back, or loud passages would make the loop unstable.
    """
    channels = block.shape[1]
    for frame in range(block.shape[0]):
        for channel in range(channels):
            wanted = np.float64(block[frame, channel]) * full_scale
            for k in range(coefficients.size):
                wanted -= coefficients[k] * errors[channel, k]
            place = first + np.uint64(frame * channels + channel)
            rounded = np.rint(wanted + _tpdf(key, place))
            for k in range(coefficients.size - 1, 0, -1):
                errors[channel, k] = errors[channel, k - 1]
            errors[channel, 0] = rounded - wanted
            out[frame, channel] = np.int64(min(max(rounded, -full_scale), full_scale - 1.0)) * step


class Quantiser:
    """Turns blocks into integers: int16 for 16 bits; int32 for 24, in the upper bits as libsndfile wants them.

    Dither is triangular, +-1 LSB at most, independent between channels. It follows from the seed, the frame and the
    channel alone, so it is the same however the stream is cut. Where it is shaped, it passes with the rounding through
    the filter of the sample rate. What exceeds full scale is clipped. A sample that is exactly an integer passes
    unchanged without dither.
    """

    def __init__(self, bits: int, channels: int, dither: Dither, seed: int, *, rate_hz: int = 44_100) -> None:
        """`rate_hz` matters to shaped dither alone."""
        if bits not in (16, 24):
            raise ValueError(f"{bits} bits: 16 or 24 are offered")
        if dither not in get_args(Dither):
            raise ValueError(f"{dither!r} is no dither: {', '.join(get_args(Dither))}")
        self._bits, self._channels, self._dither = bits, channels, dither
        self._key = np.uint64(_key_of(np.uint64(seed)))
        self._samples = 0
        self._words = _empty_words(0, bits)
        self._coefficients = np.array(shaping_coefficients(rate_hz))
        self._errors = np.zeros((channels, self._coefficients.size))

    def push(self, block: Block) -> Words:
        """Take `(n, channels)` C-contiguous float32, return `(n, channels)` words: valid until the next push."""
        if self._words.size < block.size:
            self._words = _empty_words(block.size, self._bits)
        words = self._words[: block.size].reshape(-1, self._channels)
        scale = 2.0 ** (self._bits - 1), 1 if self._bits == 16 else 256
        place = self._key, np.uint64(self._samples)
        if self._dither == "shaped":
            _quantise_shaped(block, words, *scale, *place, self._coefficients, self._errors)
        else:
            _quantise(block.reshape(-1), words.reshape(-1), *scale, *place, self._dither == "tpdf")
        self._samples += block.size
        return words


def _empty_words(size: int, bits: int) -> Words:
    return np.empty(size, np.int16) if bits == 16 else np.empty(size, np.int32)

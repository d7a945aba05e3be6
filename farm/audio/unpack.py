"""Integer samples to float: value / 2 ** (bits - 1). A 24-bit integer is exact in float32, a 32-bit one is rounded."""

import numpy as np
from numpy.typing import NDArray

from farm.audio.kernel import kernel

_SCALE_16 = np.float32(2.0**-15)
_SCALE_32 = np.float32(2.0**-31)


@kernel("void(int16[::1], float32[::1])")
def unpack_int16(words: NDArray[np.int16], out: NDArray[np.float32]) -> None:
    for i in range(out.size):
        out[i] = np.float32(words[i]) * _SCALE_16


@kernel("void(int32[::1], float32[::1])")
def unpack_int32(words: NDArray[np.int32], out: NDArray[np.float32]) -> None:
    for i in range(out.size):
        out[i] = np.float32(words[i]) * _SCALE_32


@kernel("void(uint32[::1], uint8[::1], float32[::1])")
def unpack_int24(words: NDArray[np.uint32], raw: NDArray[np.uint8], out: NDArray[np.float32]) -> None:
    """Four samples lie in three words: each is shifted to the top of 32 bits. `words` and `raw` are the same memory."""
    quads = out.size // 4
    for i in range(quads):
        first, second, third = words[3 * i], words[3 * i + 1], words[3 * i + 2]
        out[4 * i] = np.float32(np.int32(np.uint32(first << 8))) * _SCALE_32
        out[4 * i + 1] = np.float32(np.int32(np.uint32(((first >> 16) & 0xFF00) | (second << 16)))) * _SCALE_32
        out[4 * i + 2] = np.float32(np.int32(np.uint32(((second >> 8) & 0xFFFF00) | (third << 24)))) * _SCALE_32
        out[4 * i + 3] = np.float32(np.int32(np.uint32(third & 0xFFFFFF00))) * _SCALE_32
    for i in range(4 * quads, out.size):
        top = (np.uint32(raw[3 * i]) << 8) | (np.uint32(raw[3 * i + 1]) << 16) | (np.uint32(raw[3 * i + 2]) << 24)
        out[i] = np.float32(np.int32(np.uint32(top))) * _SCALE_32

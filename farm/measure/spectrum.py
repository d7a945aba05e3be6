"""The long-term average spectrum (LTAS) of the loud parts, in third-octave bands: a song's tone as thirty numbers."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.measure.bands import LTAS_BANDS_HZ, LTAS_EDGES_HZ
from farm.measure.k_weighting import STANDARD_RATE_HZ, Biquad, design_k_weighting
from farm.measure.loudness import ABSOLUTE_GATE_LUFS, RELATIVE_GATE_LU, power_to_lufs

FLOOR_DB = -120.0
"""What a band holds at least, relative to the level: bands above the Nyquist frequency hold this."""

_CHUNK_SECONDS = 3.0
_BANDS_WITHOUT_DUST = 3
"""Digits: FFTs differ in the last bits from one processor to the next; thousandths of dB do not."""


class Ltas:
    """The average spectrum of a stream of `(frames, channels)` blocks.

    Windows of a third of a second (Hann, overlapping by a quarter) are transformed, the powers of all channels added
    (so phase between them does not matter) and pooled by bands over chunks of 3 s. The loud chunks, those above a
    relative gate as in BS.1770, are averaged. It keeps thirty numbers a chunk.
    """

    def __init__(self, rate_hz: int, channels: int = 2) -> None:
        self._length = 1 << max(8, 14 + round(math.log2(rate_hz / 46_000)))
        self._hop = self._length * 3 // 4
        self._bin_hz = rate_hz / self._length
        self._windows_a_chunk = max(1, round(_CHUNK_SECONDS * rate_hz / self._hop))
        self._window = (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(self._length) / self._length)).astype(np.float32)
        self._frames: Block = np.zeros((self._length, channels + channels % 2), np.float32)
        self._channels, self._filled = channels, 0
        self._powers = np.zeros(self._length)
        self._windows = 0
        self._chunks: list[NDArray[np.float64]] = []

    def push(self, block: Block) -> None:
        """Take a `(frames, channels)` block of finite samples, of any number of frames."""
        start = 0
        while start < len(block):
            count = min(len(block) - start, self._length - self._filled)
            self._frames[self._filled : self._filled + count, : self._channels] = block[start : start + count]
            self._filled += count
            start += count
            if self._filled == self._length:
                self._add_window()

    def finish(self) -> tuple[float, ...]:
        """Return dB a band of LTAS_BANDS_HZ, relative to the K-weighted level of the same parts.

        A gain on the input changes nothing. Returns () if nothing is above -70 LUFS, or there is less than one window.
        """
        if self._windows:
            self._end_chunk()
        if not self._chunks:
            return ()
        chunks = np.array(self._chunks)
        weighted = chunks @ _k_weights()
        audible = weighted > weighted.max() * 10.0 ** (ABSOLUTE_GATE_LUFS / 10.0)
        if weighted.max() == 0.0 or power_to_lufs(weighted.max()) <= ABSOLUTE_GATE_LUFS:
            return ()
        loud = weighted > weighted[audible].mean() * 10.0 ** (RELATIVE_GATE_LU / 10.0)
        powers = chunks[loud].mean(axis=0) / weighted[loud].mean()
        levels_db = 10.0 * np.log10(np.maximum(powers, 10.0 ** (FLOOR_DB / 10.0)))
        return tuple(np.round(levels_db, _BANDS_WITHOUT_DUST).tolist())

    def _add_window(self) -> None:
        for pair in self._pairs():
            spectrum = np.fft.fft(pair * self._window)
            self._powers += spectrum.real**2 + spectrum.imag**2
        self._windows += 1
        overlap = self._length - self._hop
        self._frames[:overlap] = self._frames[self._hop :]
        self._filled = overlap
        if self._windows == self._windows_a_chunk:
            self._end_chunk()

    def _pairs(self) -> Iterator[NDArray[np.complex64]]:
        """Yield two channels as the real and imaginary part of one signal: one transform does for both."""
        for first in range(0, self._frames.shape[1], 2):
            yield np.ascontiguousarray(self._frames[:, first : first + 2]).view(np.complex64)[:, 0]

    def _end_chunk(self) -> None:
        """Powers at +f and -f add up to those of both channels; a bin across an edge is shared by its bands."""
        half = self._length // 2
        powers = self._powers[:half].copy()
        powers[1:] += self._powers[:half:-1]
        scale = self._windows * self._length * float(np.sum(self._window.astype(np.float64) ** 2))
        sums = np.concatenate(([0.0], np.cumsum(powers))) / scale
        at_edges = np.interp(np.array(LTAS_EDGES_HZ) / self._bin_hz + 0.5, np.arange(half + 1), sums)
        self._chunks.append(np.diff(at_edges))
        self._powers[:] = 0.0
        self._windows = 0


def _k_weights() -> NDArray[np.float64]:
    """Return the power gain of the K-weighting at the middle of each band."""
    first, second = design_k_weighting(STANDARD_RATE_HZ)
    z = np.exp(-2j * np.pi * np.array(LTAS_BANDS_HZ) / STANDARD_RATE_HZ)
    return _power_gain(first, z) * _power_gain(second, z)


def _power_gain(section: Biquad, z: NDArray[np.complex128]) -> NDArray[np.float64]:
    response = (section.b0 + z * (section.b1 + z * section.b2)) / (1.0 + z * (section.a1 + z * section.a2))
    gain: NDArray[np.float64] = np.abs(response) ** 2
    return gain

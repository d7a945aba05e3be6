"""The long-term average spectrum (LTAS) of the loud parts, in third-octave bands: a song's tone as thirty numbers, and
its width as thirty more."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel
from farm.audio.transform import fft
from farm.measure.bands import LTAS_BANDS_HZ, LTAS_EDGES_HZ
from farm.measure.gating import ABSOLUTE_GATE_LUFS, RELATIVE_GATE_LU, power_to_lufs
from farm.measure.k_weighting import STANDARD_RATE_HZ, Biquad, design_k_weighting

Floats = NDArray[np.float64]

FLOOR_DB = -120.0
"""What a band holds at least, relative to the level: bands above the Nyquist frequency hold this."""

_CHUNK_SECONDS = 3.0
_DIGITS = 3
"""Digits: FFTs differ in the last bits from one processor to the next; thousandths of dB do not."""

_WINDOWS_AT_ONCE = 8
"""Several transforms at a time are a third of the work of as many one by one."""

_LOWS_HZ = (20.0, 120.0)
"""Where the correlation of the lows is looked at: from above a DC offset to where bass is expected in the middle."""

_PRESENT = 1e-6
"""Lows 60 dB below the level, or in one channel 60 dB below both, are no lows."""


@dataclass(frozen=True, slots=True)
class Spectrum:
    """dB a band of LTAS_BANDS_HZ, relative to the K-weighted level of the same parts: a gain changes nothing.

    `ltas_db` is of all channels, `ltas_mid_db` of (left + right) / 2, `ltas_side_db` of (left - right) / 2;
    `low_correlation` that of left and right from 20 to 120 Hz. () and None where there is none: silence, too short,
    and but for `ltas_db` not stereo.
    """

    ltas_db: tuple[float, ...] = ()
    ltas_mid_db: tuple[float, ...] = ()
    ltas_side_db: tuple[float, ...] = ()
    low_correlation: float | None = None


class Ltas:
    """The average spectrum of a stream of `(frames, channels)` blocks.

    Windows of a third of a second, overlapping by a quarter, are transformed, the powers of all channels added (so
    phase between them does not matter) and pooled by bands over chunks of 3 s. Every moment counts the same, in
    whichever windows it lies; an offset (DC) does not count. The loud chunks, those above a relative gate as in
    BS.1770, are averaged. It keeps some hundred numbers a chunk.
    """

    def __init__(self, rate_hz: int, channels: int = 2) -> None:
        self._length = 1 << max(8, 14 + round(math.log2(rate_hz / 46_000)))
        self._hop = self._length * 3 // 4
        self._windows_a_chunk = max(1, round(_CHUNK_SECONDS * rate_hz / self._hop))
        self._window = _window(self._length, self._length - self._hop)
        self._scale = self._length * float(np.sum(self._window.astype(np.float64) ** 2))
        self._edge_bins = np.array([*LTAS_EDGES_HZ, *_LOWS_HZ]) * self._length / rate_hz + 0.5
        capacity = self._length + (_WINDOWS_AT_ONCE - 1) * self._hop
        self._frames: Block = np.zeros((capacity, channels + channels % 2), np.float32)
        self._work = np.empty((self._frames.shape[1] // 2, _WINDOWS_AT_ONCE, self._length), np.complex64)
        self._channels, self._filled = channels, 0
        self._powers = np.zeros((3, self._length // 2))
        self._windows = 0
        self._chunks: list[Floats] = []

    def push(self, block: Block) -> None:
        """Take a `(frames, channels)` block of finite samples, of any number of frames."""
        start = 0
        while start < len(block):
            count = min(len(block) - start, len(self._frames) - self._filled)
            self._frames[self._filled : self._filled + count, : self._channels] = block[start : start + count]
            self._filled += count
            start += count
            if self._filled == len(self._frames):
                self._add_windows(_WINDOWS_AT_ONCE)

    def finish(self) -> Spectrum:
        """Return what was heard above -70 LUFS; nothing of silence, or of less than one window."""
        if self._filled >= self._length:
            self._add_windows(1 + (self._filled - self._length) // self._hop)
        if self._windows:
            self._end_chunk()
        if not self._chunks:
            return Spectrum()
        chunks = np.array(self._chunks)
        weighted = chunks[:, 0, : len(LTAS_BANDS_HZ)] @ _k_weights()
        audible = weighted > weighted.max() * 10.0 ** (ABSOLUTE_GATE_LUFS / 10.0)
        if weighted.max() == 0.0 or power_to_lufs(weighted.max()) <= ABSOLUTE_GATE_LUFS:
            return Spectrum()
        loud = weighted > weighted[audible].mean() * 10.0 ** (RELATIVE_GATE_LU / 10.0)
        sums, products, differences = chunks[loud].mean(axis=0) / weighted[loud].mean()
        if self._channels != 2:
            return Spectrum(_levels_db(sums))
        return Spectrum(
            _levels_db(sums),
            _levels_db((sums + products) / 4.0),
            _levels_db((sums - products) / 4.0),
            _correlation(sums[-1], products[-1], differences[-1]),
        )

    def _add_windows(self, count: int) -> None:
        """Transform and add the first windows of the frames, and keep what the next one needs of them."""
        spectra = self._work[:, :count]
        _cut_windows(self._frames, self._hop, self._window, spectra)
        spectra = fft(spectra)
        for window in range(count):
            for pair in spectra[:, window]:
                _add_powers(pair, self._powers)
            self._windows += 1
            if self._windows == self._windows_a_chunk:
                self._end_chunk()
        rest = self._filled - count * self._hop
        self._frames[:rest] = self._frames[count * self._hop : self._filled]
        self._filled = rest

    def _end_chunk(self) -> None:
        """Keep sums over the bands, and over the lows behind them; a bin across an edge is shared by its bands."""
        bins = self._powers.shape[1]
        sums = np.zeros((3, bins + 1))
        np.cumsum(self._powers, axis=1, out=sums[:, 1:])
        at_edges = np.array([np.interp(self._edge_bins, np.arange(bins + 1), row) for row in sums])
        between = np.delete(np.diff(at_edges, axis=1), len(LTAS_BANDS_HZ), axis=1)
        self._chunks.append(between / (self._windows * self._scale))
        self._powers[:] = 0.0
        self._windows = 0


@kernel(
    "void(float32[:, ::1], int64, float32[::1], complex64[:, :, ::1])",
    "void(float32[:, ::1], int64, float32[::1], complex64[:, :, :])",
)
def _cut_windows(frames: Block, hop: int, window: NDArray[np.float32], spectra: NDArray[np.complex64]) -> None:
    """Write two channels, their means left out, as the real and imaginary part of one signal: one transform does for
    both."""
    for pair in range(spectra.shape[0]):
        for place in range(spectra.shape[1]):
            first = place * hop
            left_sum, right_sum = 0.0, 0.0
            for i in range(window.size):
                left_sum += np.float64(frames[first + i, 2 * pair])
                right_sum += np.float64(frames[first + i, 2 * pair + 1])
            left_mean, right_mean = np.float32(left_sum / window.size), np.float32(right_sum / window.size)
            for i in range(window.size):
                left = frames[first + i, 2 * pair] - left_mean
                right = frames[first + i, 2 * pair + 1] - right_mean
                spectra[pair, place, i] = complex(window[i] * left, window[i] * right)


@kernel("void(complex64[::1], float64[:, ::1])")
def _add_powers(spectrum: NDArray[np.complex64], powers: Floats) -> None:
    """Add, one-sided, |L|² + |R|², 2 Re(L R*) and |L|² - |R|² of each bin.

    With Z the spectrum of l + jr these are (|Z(f)|² + |Z(-f)|²) / 2, and the imaginary and the real part of
    Z(f) Z(-f), the first and the last doubled for the negative frequencies.
    """
    powers[0, 0] += np.float64(spectrum[0].real) ** 2 + np.float64(spectrum[0].imag) ** 2
    for i in range(1, powers.shape[1]):
        up, down = spectrum[i], spectrum[spectrum.size - i]
        a, b = np.float64(up.real), np.float64(up.imag)
        c, d = np.float64(down.real), np.float64(down.imag)
        powers[0, i] += a * a + b * b + c * c + d * d
        powers[1, i] += 2.0 * (a * d + b * c)
        powers[2, i] += 2.0 * (a * c - b * d)


def _window(length: int, overlap: int) -> NDArray[np.float32]:
    """Return ones between quarters of a sine: where windows overlap, their squares add up to 1.

    A Hann window would hear beats that fall between two windows less than others.
    """
    fade = np.sin(0.5 * np.pi * (np.arange(overlap) + 0.5) / overlap)
    return np.concatenate([fade, np.ones(length - 2 * overlap), fade[::-1]]).astype(np.float32)


def _levels_db(powers: Floats) -> tuple[float, ...]:
    bands = np.maximum(powers[: len(LTAS_BANDS_HZ)], 10.0 ** (FLOOR_DB / 10.0))
    return tuple(np.round(10.0 * np.log10(bands), _DIGITS).tolist())


def _correlation(total: float, product: float, difference: float) -> float | None:
    """Return the correlation of two channels from the sum of their powers, twice their product, and the difference."""
    if total < _PRESENT or total - abs(difference) < _PRESENT * total:
        return None
    return round(float(product / math.sqrt((total + difference) * (total - difference))), _DIGITS)


def _k_weights() -> Floats:
    """Return the power gain of the K-weighting at the middle of each band."""
    first, second = design_k_weighting(STANDARD_RATE_HZ)
    z = np.exp(-2j * np.pi * np.array(LTAS_BANDS_HZ) / STANDARD_RATE_HZ)
    return _power_gain(first, z) * _power_gain(second, z)


def _power_gain(section: Biquad, z: NDArray[np.complex128]) -> Floats:
    response = (section.b0 + z * (section.b1 + z * section.b2)) / (1.0 + z * (section.a1 + z * section.a2))
    gain: Floats = np.abs(response) ** 2
    return gain

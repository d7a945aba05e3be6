"""Pitch shift: a phase vocoder that moves each peak of the spectrum, and what surrounds it, to its new place.

J. Laroche, M. Dolson, "New phase-vocoder techniques for pitch-shifting, harmonizing and other exotic effects", IEEE
Workshop on Applications of Signal Processing to Audio and Acoustics (1999). A peak's surroundings keep their phases to
the peak ("identity phase locking"), and both channels turn alike, so the stereo picture stays. pedalboard's PitchShift
cannot run as a stream: its priming delay is emptied at each call (0.9.26).
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel, kernel_part

_WINDOW_AT_48K = 2048
"""Frames, twice as many for each octave of the rate above: 23 Hz a bin, and 43 ms that a transient is smeared over."""

_OVERLAP = 4
"""Windows over each frame. Peaks move by whole bins and their phases by the exact frequency: what that leaves of
amplitude modulation is 51 dB down at this overlap (Laroche and Dolson, section 4.3)."""

_REACH_BINS = 2
"""A peak is higher than that many bins on each side: the main lobe of the window."""

Floats = NDArray[np.float64]
Spectra = NDArray[np.complex128]


class PitchShift:
    """Params: `semitones`. Changes the pitch and not the speed; at 0 it is a delay, to float precision.

    The transforms lie where the stream's count of frames says, so the result does not depend on the blocks.
    """

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        size = _WINDOW_AT_48K * 2 ** max(0, math.ceil(math.log2(rate_hz / 48_000)))
        self._hop = size // _OVERLAP
        self.latency_frames = size
        self.tail_frames = size
        self._window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(size) / size)
        # The squares of overlapping Hann windows add up to 3/8 of their number.
        self._back_window = self._window / (0.375 * _OVERLAP)
        self._taken = np.zeros((2, size))
        self._sum = np.zeros((2, size))
        self._ready = np.zeros((self._hop, 2), np.float32)
        self._filled = 0
        bins = size // 2 + 1
        self._before = np.zeros((2, bins), np.complex128)
        self._shifted = np.zeros((2, bins), np.complex128)
        self._turns = np.zeros(bins)
        self._new_turns = np.zeros(bins)
        self._energies = np.zeros(bins)
        self._peaks = np.zeros(bins, np.int64)
        self.adjust(params)

    def adjust(self, params: Mapping[str, Any]) -> None:
        """Take another interval from the next window on; the phases go on from where they are."""
        self._ratio = 2.0 ** (float(params["semitones"]) / 12.0)

    def process(self, block: Block) -> None:
        """Replace a `(frames, 2)` block by what was taken `latency_frames` before, shifted."""
        start, size = 0, self._taken.shape[1]
        while start < len(block):
            count = min(len(block) - start, self._hop - self._filled)
            part, place = block[start : start + count], size - self._hop + self._filled
            self._taken[:, place : place + count] = part.T
            part[:] = self._ready[self._filled : self._filled + count]
            self._filled += count
            start += count
            if self._filled == self._hop:
                self._shift_window()

    def _shift_window(self) -> None:
        hop = self._hop
        spectra = np.fft.rfft(self._taken * self._window)
        _shift(
            spectra,
            self._before,
            self._shifted,
            self._turns,
            self._new_turns,
            self._energies,
            self._peaks,
            hop,
            self._ratio,
        )
        self._before = spectra
        self._turns, self._new_turns = self._new_turns, self._turns
        self._sum += np.fft.irfft(self._shifted) * self._back_window
        self._ready[:] = self._sum[:, :hop].T
        self._sum[:, :-hop] = self._sum[:, hop:]
        self._sum[:, -hop:] = 0.0
        self._taken[:, :-hop] = self._taken[:, hop:]
        self._filled = 0


@kernel_part
def _loss(bins: float) -> float:
    """Return what is left of a sine that lies off by a part of a bin, behind both windows: Hann's square's spectrum."""
    if abs(bins) < 1e-9:
        return 1.0
    square = bins * bins
    windows = 1.0 + 4.0 / 3.0 * square / (1.0 - square) - 1.0 / 3.0 * square / (4.0 - square)
    return math.sin(math.pi * bins) / (math.pi * bins) * windows


@kernel(
    "void(complex128[:,::1], complex128[:,::1], complex128[:,::1], float64[::1], float64[::1], float64[::1],"
    " int64[::1], int64, float64)"
)
def _shift(
    spectra: Spectra,
    before: Spectra,
    shifted: Spectra,
    turns: Floats,
    new_turns: Floats,
    energies: Floats,
    peaks: NDArray[np.int64],
    hop: int,
    ratio: float,
) -> None:
    """Write the shifted spectra. `turns` are the phases by which each bin's surroundings were turned in the window
    before, in radians; `energies` and `peaks` are room.
    """
    bins = energies.size
    size = 2 * (bins - 1)
    for b in range(bins):
        left, right = spectra[0, b], spectra[1, b]
        energies[b] = left.real * left.real + left.imag * left.imag + right.real * right.real + right.imag * right.imag
        shifted[0, b], shifted[1, b] = 0.0, 0.0
        new_turns[b] = turns[b]
    count = 0
    for b in range(bins):
        is_peak = energies[b] > 0.0
        for near in range(max(0, b - _REACH_BINS), min(bins, b + _REACH_BINS + 1)):
            if energies[near] > energies[b] or (energies[near] == energies[b] and near < b):
                is_peak = False
        if is_peak:
            peaks[count] = b
            count += 1
    first = 0
    for which in range(count):
        peak = peaks[which]
        last = bins - 1 if which + 1 == count else (peak + peaks[which + 1]) // 2
        # The phase that the peak has gained since the window before, beyond what its bin's own frequency gains.
        gained = spectra[0, peak] * before[0, peak].conjugate() + spectra[1, peak] * before[1, peak].conjugate()
        bin_gain = 2.0 * math.pi * ((peak * hop) % size) / size
        excess = math.atan2(gained.imag, gained.real) - bin_gain
        excess -= 2.0 * math.pi * math.floor(excess / (2.0 * math.pi) + 0.5)
        radians = (ratio - 1.0) * (2.0 * math.pi * peak / size + excess / hop)
        turn = turns[peak] + radians * hop
        turn -= 2.0 * math.pi * math.floor(turn / (2.0 * math.pi) + 0.5)
        wanted = radians * size / (2.0 * math.pi)
        move = math.floor(wanted + 0.5)
        # The phase is right in the middle of the window; a move by a bin turns it by half a circle from there.
        gain = (1.0 if move % 2 == 0 else -1.0) / _loss(wanted - move)
        factor = complex(gain * math.cos(turn), gain * math.sin(turn))
        for b in range(first, last + 1):
            new_turns[b] = turn
            target = b + move
            if 0 <= target < bins:
                shifted[0, target] += spectra[0, b] * factor
                shifted[1, target] += spectra[1, b] * factor
        first = last + 1

"""Convolution with a long response, by FFT: overlap-save, its transforms where the stream's count of frames says.

So the result does not depend on how a stream is cut into blocks. Left and right are the real and the imaginary part of
one complex signal, which is how a stereo block lies in memory: one transform filters both (T. G. Stockham, "High-speed
convolution and correlation", 1966). A response longer than the history in front of each hop is cut into parts as long
as a hop, whose products with the spectra of the hops before add up.
"""

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel
from farm.audio.transform import fft, ifft


class Convolver:
    """A stereo stream convolved with a response in single precision, in place, `hop_frames` late; at rest at first."""

    def __init__(self, response: NDArray[np.float64], *, history_frames: int, hop_frames: int) -> None:
        """`response`: `(taps,)` for both channels or `(taps, 2)`, one for each.

        `hop_frames` new frames go into each transform, and `history_frames` before them; both together are best a power
        of two. With more taps than `history_frames`, the hop has to be as long as the history.
        """
        self._history, self._hop = history_frames, hop_frames
        self._spectra = find_spectra(response, history_frames, history_frames + hop_frames)
        parts = self._spectra.shape[1]
        self._past = np.zeros((parts, history_frames + hop_frames), dtype=np.complex64)
        self._newest = 0
        self._window = np.zeros((history_frames + hop_frames, 2), dtype=np.float32)
        self._work = np.empty(history_frames + hop_frames, dtype=np.complex64)
        self._ready = np.zeros((hop_frames, 2), dtype=np.float32)
        self._filled = 0

    def process(self, block: Block) -> None:
        """Replace a `(frames, 2)` block by the output of `hop_frames` ago, silence at first."""
        start = 0
        while start < len(block):
            count = min(len(block) - start, self._hop - self._filled)
            fresh, ready = block[start : start + count], self._ready[self._filled : self._filled + count]
            self._take(fresh)
            fresh[:] = ready
            start += count
            if self._filled == self._hop:
                self._filter_window(self._ready)

    def _take(self, fresh: Block) -> None:
        place = self._history + self._filled
        self._window[place : place + len(fresh)] = fresh
        self._filled += len(fresh)

    def _filter_window(self, target: Block) -> None:
        parts = len(self._past)
        self._newest = (self._newest - 1) % parts
        self._past[self._newest] = fft(self._window.reshape(-1).view(np.complex64).copy())
        for part in range(parts):
            past = self._past[(self._newest + part) % parts].view(np.float32)
            same = self._spectra[0, part].view(np.float32)
            if part == 0:
                multiply(past, same, self._work.view(np.float32))
            else:
                multiply_add(past, same, self._work.view(np.float32))
            if len(self._spectra) > 1:
                multiply_add_mirrored(past, self._spectra[1, part].view(np.float32), self._work.view(np.float32))
        target[:] = ifft(self._work)[self._history :].view(np.float32).reshape(-1, 2)
        self._window[: self._history] = self._window[self._hop :]
        self._filled = 0


def find_spectra(
    response: NDArray[np.float64], part_frames: int, points: int, mid_side: bool = False
) -> NDArray[np.complex64]:
    """Return `(1 or 2, parts, points)`: what multiplies the spectrum of left + j right, and what its mirror image.

    With different responses the spectrum of left is half the sum of both, that of j right half the difference; so the
    first is the mean of the two responses' spectra and the second half their difference. Mid and side as channels hold
    the sum and the difference of left and right: then the second works on right + j left, which is j times the mirror
    image.
    """
    parts = max(1, -(-len(response) // part_frames))
    if parts > 1 and points != 2 * part_frames:
        raise ValueError("a response in parts needs a hop as long as the history")
    columns = response.reshape(len(response), -1)
    rows = [columns[:, 0]] if columns.shape[1] == 1 else [columns.mean(axis=1), (columns[:, 0] - columns[:, 1]) / 2.0]
    if mid_side:
        rows[1] = rows[1] * 1j
    spectra = np.empty((len(rows), parts, points), dtype=np.complex64)
    for row, taps in enumerate(rows):
        for part in range(parts):
            spectra[row, part] = np.fft.fft(taps[part * part_frames : (part + 1) * part_frames], points)
    return spectra


@kernel("void(float32[::1], float32[::1], float32[::1])")
def multiply(spectrum: NDArray[np.float32], response: NDArray[np.float32], product: NDArray[np.float32]) -> None:
    """Multiply interleaved complex numbers; numpy's own product rounds as the processor's vectors do."""
    for i in range(0, spectrum.size, 2):
        product[i] = spectrum[i] * response[i] - spectrum[i + 1] * response[i + 1]
        product[i + 1] = spectrum[i] * response[i + 1] + spectrum[i + 1] * response[i]


@kernel("void(float32[::1], float32[::1], float32[::1])")
def multiply_add(spectrum: NDArray[np.float32], response: NDArray[np.float32], total: NDArray[np.float32]) -> None:
    """Add the product of interleaved complex numbers."""
    for i in range(0, spectrum.size, 2):
        total[i] += spectrum[i] * response[i] - spectrum[i + 1] * response[i + 1]
        total[i + 1] += spectrum[i] * response[i + 1] + spectrum[i + 1] * response[i]


@kernel("void(float32[::1], float32[::1], float32[::1])")
def multiply_add_mirrored(
    spectrum: NDArray[np.float32], response: NDArray[np.float32], total: NDArray[np.float32]
) -> None:
    """Add the product with the conjugate of the spectrum's mirror image, frequency -f for f."""
    size = spectrum.size
    for i in range(0, size, 2):
        mirror = size - i if i > 0 else 0
        total[i] += spectrum[mirror] * response[i] + spectrum[mirror + 1] * response[i + 1]
        total[i + 1] += spectrum[mirror] * response[i + 1] - spectrum[mirror + 1] * response[i]

"""A long response over a stream that may wait: overlap-save with several transforms at a time, which costs a third of
one at a time, as the processor's vectors then work on all of them alike."""

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.transform import fft, ifft
from farm.dsp.convolver import find_spectra, multiply, multiply_add_mirrored

_WINDOWS_AT_ONCE = 4


class FirFilter:
    """A stereo stream convolved with a response, in single precision. Frame n out belongs to frame n in, and as many
    come out; what comes out does not depend on how the stream is cut. `push` and `flush` return views that hold until
    the next call."""

    def __init__(
        self, response: NDArray[np.float64], *, history_frames: int, hop_frames: int, mid_side: bool = False
    ) -> None:
        """`response`: `(taps,)` for both channels or `(taps, 2)`, one for each, or with `mid_side` for mid and side; no
        more than `history_frames` taps, which together with `hop_frames` are best a power of two."""
        points = history_frames + hop_frames
        self._spectra = find_spectra(response, history_frames, points, mid_side)[:, 0]
        self._history, self._hop = history_frames, hop_frames
        self._frames = np.zeros((history_frames + _WINDOWS_AT_ONCE * hop_frames, 2), np.float32)
        self._windows = np.empty((_WINDOWS_AT_ONCE, points), np.complex64)
        self._products = np.empty((_WINDOWS_AT_ONCE, points), np.complex64)
        self._ready = np.empty((0, 2), np.float32)
        self._filled = 0

    def push(self, block: Block) -> Block:
        """Take a `(frames, 2)` block; return the `(frames, 2)` output that is ready, perhaps none."""
        whole = _WINDOWS_AT_ONCE * self._hop
        self._reserve((self._filled + len(block)) // whole * whole)
        start, done = 0, 0
        while start < len(block):
            count = min(len(block) - start, whole - self._filled)
            place = self._history + self._filled
            self._frames[place : place + count] = block[start : start + count]
            self._filled += count
            start += count
            if self._filled == whole:
                self._filter(_WINDOWS_AT_ONCE, self._ready[done : done + whole])
                self._frames[: self._history] = self._frames[whole:]
                self._filled = 0
                done += whole
        return self._ready[:done]

    def flush(self) -> Block:
        """Return the output for what has been taken and not given back, and end the stream."""
        windows = -(-self._filled // self._hop)
        self._frames[self._history + self._filled :] = 0.0
        self._reserve(windows * self._hop)
        self._filter(windows, self._ready[: windows * self._hop])
        return self._ready[: self._filled]

    def _reserve(self, frames: int) -> None:
        if len(self._ready) < frames:
            self._ready = np.empty((frames, 2), np.float32)

    def _filter(self, windows: int, target: Block) -> None:
        """Write what comes out of the first windows."""
        if not windows:
            return
        stereo = self._frames.reshape(-1).view(np.complex64)
        points = self._windows.shape[1]
        for window, row in enumerate(self._windows[:windows]):
            row[:] = stereo[window * self._hop : window * self._hop + points]
        spectra = fft(self._windows[:windows])
        for spectrum, product in zip(spectra, self._products, strict=False):
            multiply(spectrum.view(np.float32), self._spectra[0].view(np.float32), product.view(np.float32))
            if len(self._spectra) > 1:
                mirrored = self._spectra[1].view(np.float32)
                multiply_add_mirrored(spectrum.view(np.float32), mirrored, product.view(np.float32))
        for window, row in enumerate(ifft(self._products[:windows])):
            target[window * self._hop : (window + 1) * self._hop] = row[self._history :].view(np.float32).reshape(-1, 2)

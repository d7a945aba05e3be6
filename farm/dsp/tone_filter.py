"""The tone filter: a FIR whose magnitude follows a third-octave curve, run by FFT; the side may have its own curve."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.dsp.band_gains import interpolate_gains
from farm.dsp.fir_filter import FirFilter

_FRAMES_AT_48K = {"minimum": 16_384, "linear": 32_768}
"""Taps, and one more for the linear phase, whose response goes both ways. Long enough for neighbouring third octaves to
differ by 10 dB at 40 Hz: with half as many taps a band is missed by 0.15 dB, with a quarter by 0.5 dB."""

_HOPS_OF_FRAMES = 3
"""New frames for each transform, in lengths of the filter; with its own length before them the transform has 2^n."""

_DESIGN_OVERSAMPLING = 4
"""Points of the design grid for each tap: keeps the cepstrum, which never ends, from folding over onto itself."""

_TAP_DIGITS = 10
"""Taps are rounded far below what can be heard, so that the last bit of a cosine does not change the audio."""

_FADE_PART = 8
"""The last eighth of each side fades out, so that cutting the response off leaves no ripple."""


class ToneFilter:
    """A stereo stream through the filter. Frame n out belongs to frame n in; as many come out.

    The result does not depend on the blocks. `push` and `flush` return views that hold until the next call.
    """

    def __init__(
        self,
        bands_hz: Sequence[float],
        gains_db: Sequence[float],
        rate_hz: int,
        *,
        side_db: Sequence[float] | None = None,
        phase: str = "minimum",
    ) -> None:
        """`bands_hz` ascending, `gains_db` at these; between them monotone cubics over log frequency, beyond flat.

        () stands for 0 dB in all bands. With `side_db` the gains are those of left + right, and these those of
        left - right. `phase`: with `minimum` nothing sounds before its time, with `linear` no frequency is late.
        """
        flat = (0.0,) * len(bands_hz)
        mid = tuple(gains_db) or flat
        side = mid if side_db is None else tuple(side_db) or flat
        curves = [mid] if side == mid else [mid, side]
        self.is_flat = not any(map(any, curves))
        frames = _FRAMES_AT_48K[phase] << max(0, math.ceil(math.log2(rate_hz / 48_000)))
        design = design_minimum_phase if phase == "minimum" else design_linear_phase
        responses = [design(bands_hz, curve, rate_hz, frames) for curve in curves]
        self._filter = FirFilter(
            np.stack(responses, axis=1) if len(responses) > 1 else responses[0],
            history_frames=frames,
            hop_frames=_HOPS_OF_FRAMES * frames,
            mid_side=len(responses) > 1,
        )
        self._late_frames = 0 if phase == "minimum" else frames // 2 - 1
        self._early_frames = self._late_frames

    def push(self, block: Block) -> Block:
        """Take a `(frames, 2)` block; return the `(frames, 2)` output that is ready, perhaps none."""
        return self._without_delay(self._filter.push(block))

    def flush(self) -> Block:
        """Return the output for what has been taken and not given back, and end the stream."""
        if not self._late_frames:
            return self._filter.flush()
        ready = self.push(np.zeros((self._late_frames, 2), np.float32)).copy()
        return np.concatenate([ready, self._without_delay(self._filter.flush())])

    def _without_delay(self, ready: Block) -> Block:
        """Drop what comes out before the first frame's own place in a linear-phase response."""
        early = min(self._early_frames, len(ready))
        self._early_frames -= early
        return ready[early:]


def design_minimum_phase(
    bands_hz: Sequence[float], gains_db: Sequence[float], rate_hz: int, taps: int
) -> NDArray[np.float64]:
    """Return the `(taps,)` of the response whose energy comes first.

    Folded cepstrum: A. V. Oppenheim, R. W. Schafer, "Discrete-Time Signal Processing", 3rd ed., section 13.
    """
    points = _DESIGN_OVERSAMPLING * taps
    cepstrum = np.fft.irfft(_log_magnitude(bands_hz, gains_db, rate_hz, points), points)
    cepstrum[1 : points // 2] *= 2.0
    cepstrum[points // 2 + 1 :] = 0.0
    return _fade_out(np.fft.irfft(np.exp(np.fft.rfft(cepstrum)), points)[:taps])


def design_linear_phase(
    bands_hz: Sequence[float], gains_db: Sequence[float], rate_hz: int, frames: int
) -> NDArray[np.float64]:
    """Return `frames - 1` taps, symmetric."""
    points = _DESIGN_OVERSAMPLING * frames
    magnitude = np.exp(_log_magnitude(bands_hz, gains_db, rate_hz, points))
    half = _fade_out(np.fft.irfft(magnitude, points)[: frames // 2])
    return np.concatenate([half[:0:-1], half])


def _log_magnitude(
    bands_hz: Sequence[float], gains_db: Sequence[float], rate_hz: int, points: int
) -> NDArray[np.float64]:
    """Return the natural logarithm of the gain at the frequencies of a real transform of so many points."""
    grid_hz = np.arange(points // 2 + 1, dtype=np.float64) * (rate_hz / points)
    return interpolate_gains(bands_hz, gains_db, grid_hz) * (math.log(10.0) / 20.0)


def _fade_out(half: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what goes out from the middle of a response, its end faded, rounded."""
    fade = len(half) // _FADE_PART
    window = 0.5 + 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / fade)
    return np.round(np.concatenate([half[:-fade], half[-fade:] * window]), _TAP_DIGITS)

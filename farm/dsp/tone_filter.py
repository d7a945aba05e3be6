"""The tone filter: a minimum-phase FIR whose magnitude follows a third-octave curve, run by FFT."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.dsp.convolver import Convolver

_TAPS_AT_48K = 4096
_HOPS_OF_TAPS = 7
"""New frames for each transform, in lengths of the filter; with its own length before them the transform has 2^n."""

_DESIGN_OVERSAMPLING = 16
"""Points of the design grid for each tap: keeps the cepstrum, which never ends, from folding over onto itself."""

_TAP_DIGITS = 10
"""Taps are rounded far below what can be heard, so that the last bit of a cosine does not change the audio."""

_FADE_PART = 8
"""The last eighth of the taps fades out, so that cutting the response off leaves no ripple."""


class ToneFilter:
    """A stereo stream through the filter. Frame n out belongs to frame n in; as many come out.

    The result does not depend on the blocks. `push` and `flush` return views that hold until the next call.
    """

    def __init__(self, bands_hz: Sequence[float], gains_db: Sequence[float], rate_hz: int) -> None:
        """`bands_hz` ascending, `gains_db` at these; between them monotone cubics over log frequency, beyond flat."""
        self.is_flat = not any(gains_db)
        response = design_minimum_phase(bands_hz, gains_db, rate_hz)
        self._convolver = Convolver(response, history_frames=len(response), hop_frames=_HOPS_OF_TAPS * len(response))

    def push(self, block: Block) -> Block:
        """Take a `(frames, 2)` block; return the `(frames, 2)` output that is ready, perhaps none."""
        return self._convolver.push(block)

    def flush(self) -> Block:
        """Return the output for what has been taken and not given back, and end the stream."""
        return self._convolver.flush()


def design_minimum_phase(bands_hz: Sequence[float], gains_db: Sequence[float], rate_hz: int) -> NDArray[np.float64]:
    """Return the taps: 4,096 up to 48 kHz, twice as many for each octave of the rate above.

    Folded cepstrum: A. V. Oppenheim, R. W. Schafer, "Discrete-Time Signal Processing", 3rd ed., section 13.
    """
    taps = _TAPS_AT_48K * 2 ** max(0, math.ceil(math.log2(rate_hz / 48_000)))
    points = _DESIGN_OVERSAMPLING * taps
    grid_hz = np.arange(points // 2 + 1, dtype=np.float64) * (rate_hz / points)
    log_magnitude = interpolate_gains(bands_hz, gains_db, grid_hz) * (math.log(10.0) / 20.0)
    cepstrum = np.fft.irfft(log_magnitude, points)
    cepstrum[1 : points // 2] *= 2.0
    cepstrum[points // 2 + 1 :] = 0.0
    response: NDArray[np.float64] = np.fft.irfft(np.exp(np.fft.rfft(cepstrum)), points)[:taps]
    fade = taps // _FADE_PART
    response[-fade:] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / fade)
    return np.round(response, _TAP_DIGITS)


def interpolate_gains(
    bands_hz: Sequence[float], gains_db: Sequence[float], at_hz: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the gain in dB at each frequency: monotone cubics over log frequency, flat outside the outermost bands.

    Slopes after F. N. Fritsch and J. Butland, "A method for constructing local monotone piecewise cubic interpolants"
    (1984), so the curve never swings beyond what was asked for; at both ends they are 0.
    """
    places, gains = np.log(np.asarray(bands_hz, dtype=np.float64)), np.asarray(gains_db, dtype=np.float64)
    steps = np.diff(places)
    rises = np.diff(gains) / steps
    before, after = rises[:-1], rises[1:]
    near, far = steps[:-1] + 2.0 * steps[1:], 2.0 * steps[:-1] + steps[1:]
    product = before * after
    mean = (near + far) * product / np.where(product > 0.0, near * after + far * before, 1.0)
    slopes = np.concatenate([[0.0], np.where(product > 0.0, mean, 0.0), [0.0]])
    place = np.clip(np.log(np.maximum(at_hz, 1e-3)), places[0], places[-1])
    index = np.clip(np.searchsorted(places, place, side="right") - 1, 0, len(places) - 2)
    step = steps[index]
    part = (place - places[index]) / step
    left = gains[index] * (1.0 + 2.0 * part) + slopes[index] * step * part
    right = gains[index + 1] * (3.0 - 2.0 * part) - slopes[index + 1] * step * (1.0 - part)
    result: NDArray[np.float64] = left * (1.0 - part) ** 2 + right * part**2
    return result

"""The linear-phase equaliser: the bands of the EQ by their levels alone, every frequency late by the same time."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.dsp.biquad import find_prototypes
from farm.dsp.convolver import Convolver
from farm.dsp.delay_line import DelayLine

_FRAMES_AT_48K = {"short": 4096, "medium": 16_384, "long": 65_536}
"""Up to 48 kHz; twice as many for each octave of the rate above. One more than there are taps."""

_LONGEST_HOP_AT_48K = 8192

_DESIGN_OVERSAMPLING = 4
"""Points of the design grid for each tap: the response, which never ends, hardly folds over onto itself."""

_TAP_DIGITS = 10
"""Taps are rounded far below what can be heard, so that the last bit of a cosine does not change the audio."""

_FADE_PART = 4
"""The last quarter of each half fades out, so that cutting the response off leaves no ripple."""


class LinearPhaseEq:
    """Params: `bands` as those of the EQ, without all-passes; `length`: short, medium or long.

    The magnitude is the product of the bands' analogue prototypes (`farm.dsp.biquad`), to 18 kHz and beyond. How far
    down it is followed within 0.1 dB is a matter of length: bells of 12 dB with a Q of 1, shelves and cuts of 12 dB an
    octave from 60, 20 and 10 Hz on; bells with a Q of 3 and cuts of 48 dB an octave from 200, 50 and 12 Hz on. Up to 48
    kHz there are 4,095, 16,383 or 65,535 taps.

    The output is late by half the response and by the hop of the transforms: 6,143, 16,383 or 40,959 frames up to 48
    kHz. So the impulse response is symmetric around `latency_frames`, to the bit of
    its taps. With no band that changes anything it is a delay, and no bit changes.
    """

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        octaves = max(0, math.ceil(math.log2(rate_hz / 48_000)))
        frames = _FRAMES_AT_48K[params["length"]] << octaves
        hop = min(frames, _LONGEST_HOP_AT_48K << octaves)
        half = frames // 2 - 1
        self.latency_frames = half + hop
        bands = [band for band in params["bands"] if band.get("gain_db") != 0.0]
        self._stream: Convolver | DelayLine
        if bands:
            response = design_linear_phase(bands, frames, rate_hz)
            self._stream = Convolver(response, history_frames=hop, hop_frames=hop)
            self.tail_frames = half
        else:
            self._stream = DelayLine(self.latency_frames)
            self.tail_frames = 0

    def process(self, block: Block) -> None:
        """Replace a `(frames, 2)` block by what came `latency_frames` earlier, filtered."""
        self._stream.process(block)


def design_linear_phase(bands: Sequence[Mapping[str, Any]], frames: int, rate_hz: int) -> NDArray[np.float64]:
    """Return `frames - 1` taps, symmetric, with the product of the bands' magnitudes."""
    points = _DESIGN_OVERSAMPLING * frames
    grid_hz = np.arange(points // 2 + 1, dtype=np.float64) * (rate_hz / points)
    magnitude = np.ones(len(grid_hz))
    for band in bands:
        for prototype in find_prototypes(band):
            magnitude *= prototype.magnitude(grid_hz / float(band["hz"]))
    half = np.fft.irfft(magnitude, points)[: frames // 2]
    fade = len(half) // _FADE_PART
    half[-fade:] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / fade)
    half = np.round(half, _TAP_DIGITS)
    return np.concatenate([half[:0:-1], half])

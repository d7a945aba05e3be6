"""Saturation: a curve that bends the waveform, at eight times the rate."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel, kernel_part
from farm.dsp.delay_line import DelayLine
from farm.dsp.moving_levels import MovingLevels
from farm.dsp.oversampler import CHUNK_FRAMES, Oversampler, Samples
from farm.units import db_to_linear

_FACTOR = 8
"""Aliases of a 5 kHz sine of -6 dBFS at a drive of 24 dB, at 48 kHz: -60 dB at 4 times the rate, -105 dB at 8."""

_CURVES = {"tanh": 0, "soft": 1, "tube": 2}
_BIAS = 0.35
"""Where on the hyperbolic tangent the tube rests: a second harmonic of 0.17 times the driven level."""

_DC_HZ = 5.0
_SILENT = 1e-30

_TANH_LIMIT = 20.0
"""Beyond it 1 - tanh is below the resolution of a float64."""


class Saturation:
    """Params: `drive_db`, `curve` ("tanh", "soft", "tube"), `mix` (0 to 1), `output_db`.

    The drive is compensated: f(drive x) / drive, with f'(0) = 1. So quiet sound keeps its level at every drive, and
    loud sound approaches a ceiling of full scale over drive. f is tanh(x) for "tanh"; x / sqrt(1 + x^2) for "soft",
    which begins to bend earlier and reaches the ceiling later; for "tube" tanh(x + b) - tanh(b) over its slope, with
    even harmonics, their constant part taken out by a high-pass of 5 Hz, 6 dB an octave.

    The output is `1 - mix` of the input and `mix` of the bent sound with its `output_db`. What is filtered is the
    difference that the curve makes, not the sound: what is not bent comes out as it came, up to Nyquist.
    """

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        self._oversampler = Oversampler(_FACTOR)
        self.latency_frames = self._oversampler.latency_frames
        self._straight = DelayLine(self.latency_frames)
        self._keep = math.exp(-2.0 * math.pi * _DC_HZ / rate_hz)
        self._dc = np.zeros((2, 2))
        self._curve = _CURVES[params["curve"]]
        self._levels = MovingLevels(_levels(params), CHUNK_FRAMES)
        self._driven = np.empty(_FACTOR * CHUNK_FRAMES)
        self.tail_frames = self._find_tail(params)

    def adjust(self, params: Mapping[str, Any]) -> None:
        """Move drive, mix and output evenly to new values; another curve comes at once."""
        self._curve = _CURVES[params["curve"]]
        self._levels.move_to(_levels(params))
        self.tail_frames = max(self.tail_frames, self._find_tail(params))

    def process(self, block: Block) -> None:
        """Saturate a `(frames, 2)` block in place."""
        for start in range(0, len(block), CHUNK_FRAMES):
            self._process_chunk(block[start : start + CHUNK_FRAMES])

    def _find_tail(self, params: Mapping[str, Any]) -> int:
        """The filters ring as long after their middle as before it, and the tube's high-pass until it is 90 dB down."""
        if params["curve"] != "tube":
            return self.latency_frames
        fade_db = 90.0 + max(0.0, float(params["output_db"]))
        return self.latency_frames + math.ceil(math.log(db_to_linear(fade_db)) / -math.log(self._keep))

    def _process_chunk(self, chunk: Block) -> None:
        frames = len(chunk)
        levels = self._levels.advance(frames)
        high = self._oversampler.rise(chunk)
        _bend(high, frames, _FACTOR, self._curve, levels, self._driven)
        bent = self._oversampler.fall(high, frames)
        if self._curve == _CURVES["tube"]:
            _remove_dc(bent, frames, self._keep, self._dc)
        self._straight.process(chunk)
        _mix(chunk, bent, levels)


def _levels(params: Mapping[str, Any]) -> NDArray[np.float64]:
    """Return the drive, the factor on the input, and the factor on what the curve adds to it; all linear."""
    mix = float(params["mix"])
    wet = mix * db_to_linear(float(params["output_db"]))
    return np.array([db_to_linear(float(params["drive_db"])), 1.0 - mix + wet, wet])


@kernel_part
def _tanh(value: float) -> float:
    """(1 - e) / (1 + e) with e = exp(-2 |x|), which is its 256th root, a Taylor series, squared eight times.

    Plain arithmetic: it runs in vectors, and gives the same bits on every machine. Off by 3e-14 at most.
    """
    size = abs(value)
    root = (size if size < _TANH_LIMIT else _TANH_LIMIT) * (-2.0 / 256.0)
    series = 1.0 + root * (1.0 / 5.0 + root * (1.0 / 30.0 + root * (1.0 / 210.0 + root * (1.0 / 1680.0))))
    power = 1.0 + root * (1.0 + root * (1.0 / 2.0 + root * (1.0 / 6.0 + root * (1.0 / 24.0) * series)))
    power *= power
    power *= power
    power *= power
    power *= power
    power *= power
    power *= power
    power *= power
    power *= power
    return math.copysign((1.0 - power) / (1.0 + power), value)


@kernel("void(float64[:,::1], int64, int64, int64, float64[:,::1], float64[::1])")
def _bend(samples: Samples, frames: int, factor: int, curve: int, levels: Samples, driven: NDArray[np.float64]) -> None:
    """Replace each sample by what the curve adds to it."""
    rest = _tanh(_BIAS)
    for channel in range(2):
        row = samples[channel]
        for frame in range(frames):
            for i in range(frame * factor, frame * factor + factor):
                driven[i] = levels[0, frame] * row[i]
        if curve == 0:
            for i in range(frames * factor):
                driven[i] = _tanh(driven[i])
        elif curve == 1:
            for i in range(frames * factor):
                driven[i] = driven[i] / math.sqrt(1.0 + driven[i] * driven[i])
        else:
            for i in range(frames * factor):
                driven[i] = (_tanh(driven[i] + _BIAS) - rest) / (1.0 - rest * rest)
        for frame in range(frames):
            back = 1.0 / levels[0, frame]
            for i in range(frame * factor, frame * factor + factor):
                row[i] = driven[i] * back - row[i]


@kernel("void(float64[:,::1], int64, float64, float64[:,::1])")
def _remove_dc(samples: Samples, frames: int, keep: float, memory: Samples) -> None:
    """High-pass in place; `memory` holds each channel's last input and output."""
    scale = 0.5 * (1.0 + keep)
    for channel in range(2):
        row, last, out = samples[channel], memory[channel, 0], memory[channel, 1]
        for i in range(frames):
            out = keep * out + scale * (row[i] - last)
            last = row[i]
            # Far from audible, and far from the denormal numbers that it would fade into.
            out = out if abs(out) > _SILENT else 0.0
            row[i] = out
        memory[channel, 0], memory[channel, 1] = last, out


@kernel("void(float32[:,::1], float64[:,::1], float64[:,::1])")
def _mix(block: Block, bent: Samples, levels: Samples) -> None:
    for frame in range(block.shape[0]):
        straight, wet = levels[1, frame], levels[2, frame]
        block[frame, 0] = straight * block[frame, 0] + wet * bent[0, frame]
        block[frame, 1] = straight * block[frame, 1] + wet * bent[1, frame]

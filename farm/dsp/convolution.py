"""Convolution with an impulse response from a file: a room, a plate, a loudspeaker."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.finite import find_not_finite
from farm.audio.resample import Resampler
from farm.audio.source import open_audio
from farm.dsp.convolver import Convolver
from farm.dsp.delay_line import DelayLine
from farm.dsp.plugin_stream import Blend
from farm.errors import AudioError
from farm.units import db_to_linear

LONGEST_SECONDS = 20.0

_PARTS = 16
_SHORTEST_HOP, _LONGEST_HOP = 4096, 65_536
"""The response in about so many parts, each a hop long: fewer cost more latency, more cost more time."""

_LEAST_LEAD = 256
"""Frames in front of a response that is converted to another rate: the converter's filter rings before a sound, too."""


class Convolution:
    """Params: `impulse`, the path of a mono or stereo file of at most 20 s; `mix`; `gain_db`.

    The output is `1 - mix` of the input and `mix` of its convolution with the response as the file has it, times the
    gain; left with left and right with right. A response at another sample rate keeps its frequency response.
    Raises AudioError as `open_audio` does, and impulse-channels, impulse-too-long, impulse-silent, audio-not-finite.
    """

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        response, lead_frames = load_response(Path(params["impulse"]), rate_hz)
        hop = 2 ** math.ceil(math.log2(len(response) / _PARTS))
        hop = min(max(hop, _SHORTEST_HOP), _LONGEST_HOP)
        self._convolver = Convolver(response, history_frames=hop, hop_frames=hop)
        self.latency_frames = hop + lead_frames
        self.tail_frames = len(response)
        self._straight = DelayLine(self.latency_frames)
        self._blend = Blend(*_gains(params))
        self._wet = np.empty((0, 2), np.float32)

    def adjust(self, params: Mapping[str, Any]) -> None:
        """Move mix and gain evenly to new values; the response stays the first."""
        self._blend.move(*_gains(params))

    def process(self, block: Block) -> None:
        """Replace a `(frames, 2)` block by itself and its convolution, both `latency_frames` late."""
        if len(self._wet) < len(block):
            self._wet = np.empty((len(block), 2), np.float32)
        wet = self._wet[: len(block)]
        wet[:] = block
        self._convolver.process(wet)
        self._straight.process(block)
        self._blend.mix(block, wet)


def load_response(path: Path, rate_hz: int) -> tuple[NDArray[np.float64], int]:
    """Return the response at `rate_hz`, `(taps,)` or `(taps, 2)`, and how many of its frames lie before its start."""
    audio, from_hz = _read(path)
    lead_frames = 0
    if from_hz != rate_hz:
        # As long as the lead is a whole number of frames at both rates.
        common = math.gcd(from_hz, rate_hz)
        times = math.ceil(_LEAST_LEAD * common / min(from_hz, rate_hz))
        lead_frames = times * rate_hz // common
        lead = np.zeros((times * from_hz // common, audio.shape[1]), np.float32)
        resampler = Resampler(from_hz, rate_hz, audio.shape[1])
        audio = np.concatenate([resampler.push(np.concatenate([lead, audio, lead])), resampler.flush()])
    response = audio.astype(np.float64) * (from_hz / rate_hz)
    return (response[:, 0] if response.shape[1] == 1 else response), lead_frames


def _read(path: Path) -> tuple[Block, int]:
    """Return the file's frames and its rate."""
    with open_audio(path) as reader:
        channels, rate_hz = reader.info.channels, reader.info.rate_hz
        if channels > 2:
            raise AudioError(
                f"the impulse response has {channels} channels: it has to be mono or stereo",
                code="impulse-channels",
                hint="export the channels that you need as a stereo file",
                where=str(path),
            )
        longest = int(LONGEST_SECONDS * rate_hz)
        blocks, frames = [], 0
        while frames <= longest:
            block = np.empty((BLOCK_FRAMES, channels), np.float32)
            count = reader.read_into(block)
            blocks.append(block[:count])
            frames += count
            if count < len(block):
                break
    audio = np.concatenate(blocks)
    _check(audio, longest, path)
    return audio, rate_hz


def _check(audio: Block, longest: int, path: Path) -> None:
    if len(audio) > longest:
        message, code, hint = f"is longer than {LONGEST_SECONDS:g} s", "impulse-too-long", "cut its end off"
    elif find_not_finite(audio) is not None:
        message, code, hint = "holds a sample that is not a finite number", "audio-not-finite", "export it again"
    elif not audio.any():
        message, code, hint = "is silent", "impulse-silent", "is it the right file?"
    else:
        return
    raise AudioError(f"the impulse response {message}", code=code, hint=hint, where=str(path))


def _gains(params: Mapping[str, Any]) -> tuple[float, float]:
    mix = float(params["mix"])
    return 1.0 - mix, mix * db_to_linear(float(params["gain_db"]))

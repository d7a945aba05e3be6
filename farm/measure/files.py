"""Measuring a file, whatever its format."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.source import AudioInfo, open_audio
from farm.errors import AudioError
from farm.measure.meter import Meter
from farm.records import Measurement


@dataclass(frozen=True, slots=True)
class FileMeasurement:
    """What a file says of itself, and what its audio measures."""

    path: Path
    info: AudioInfo
    frames: int
    """Frames that were decoded; a header may promise others for lossy formats."""
    measurement: Measurement


def measure_file(path: Path, *, ltas: bool = True) -> FileMeasurement:
    """Decode a file once and measure it. Raises AudioError if it cannot be read or measured, naming the file."""
    with open_audio(path) as audio:
        info = audio.info
        buffer: Block = np.empty((BLOCK_FRAMES, info.channels), np.float32)
        frames = 0
        try:
            meter = Meter(info.rate_hz, info.channels, ltas=ltas)
            while count := audio.read_into(buffer):
                meter.push(buffer[:count])
                frames += count
        except AudioError as error:
            raise AudioError(error.message, code=error.code, hint=error.hint, where=str(path)) from error
    return FileMeasurement(path, info, frames, meter.finish())

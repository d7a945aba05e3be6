"""Measuring files, whatever their format."""

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.source import AudioInfo, open_audio
from farm.errors import AudioError, FarmError
from farm.measure.meter import Meter, Series
from farm.records import Measurement


@dataclass(frozen=True, slots=True)
class FileMeasurement:
    """What a file says of itself, and what its audio measures."""

    path: Path
    info: AudioInfo
    frames: int
    """Frames that were decoded; a header may promise others for lossy formats."""
    measurement: Measurement
    series: Series


def measure_file(
    path: Path, *, ltas: bool = True, from_seconds: float | None = None, to_seconds: float | None = None
) -> FileMeasurement:
    """Decode a file once and measure it, or the part between two times of it.

    Raises AudioError, naming the file, if it cannot be read or measured, and (`audio-range`) if the part is not in it.
    """
    with open_audio(path) as audio:
        info = audio.info
        first = round((from_seconds or 0.0) * info.rate_hz)
        left = sys.maxsize if to_seconds is None else round(to_seconds * info.rate_hz) - first
        buffer: Block = np.empty((BLOCK_FRAMES, info.channels), np.float32)
        frames = 0
        try:
            meter = Meter(info.rate_hz, info.channels, ltas=ltas, speakers=info.speakers)
            before = audio.skip(first)
            while count := audio.read_into(buffer[: min(BLOCK_FRAMES, left - frames)]):
                meter.push(buffer[:count])
                frames += count
            if (first and not frames) or (to_seconds is not None and frames < left):
                raise _out_of_range(from_seconds, to_seconds, (before + frames) / info.rate_hz)
        except AudioError as error:
            raise AudioError(error.message, code=error.code, hint=error.hint, where=str(path)) from error
    return FileMeasurement(path, info, frames, meter.finish(), meter.series())


def _out_of_range(from_seconds: float | None, to_seconds: float | None, lasts_seconds: float) -> AudioError:
    part = f"from {from_seconds or 0:g} s" + ("" if to_seconds is None else f" to {to_seconds:g} s")
    return AudioError(
        f"the part {part} is not in it: it lasts {lasts_seconds:.2f} s",
        code="audio-range",
        hint="choose from_seconds and to_seconds within its length",
    )


def measure_files(paths: Sequence[Path], workers: int, *, ltas: bool = True) -> Iterator[FileMeasurement | FarmError]:
    """Measure several files at a time and yield in their order what they measure, or why one cannot be measured."""

    def measure(path: Path) -> FileMeasurement | FarmError:
        try:
            return measure_file(path, ltas=ltas)
        except FarmError as error:
            return error

    with ThreadPoolExecutor(min(workers, len(paths))) as pool:
        yield from pool.map(measure, paths)

"""What a song is before it is driven: its energy, its peaks, and a file of the highest point of each frame."""

from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from farm.audio.kernel import kernel
from farm.audio.raw_source import read_raw_blocks
from farm.dsp.true_peak_limiter import LanePeaks
from farm.measure.loudness import Loudness
from farm.measure.step_powers import STEPS_PER_SECOND, StepPowers


@dataclass(frozen=True, slots=True)
class Song:
    """A raw stereo file, and what was heard of it."""

    source: Path
    frames: int
    rate_hz: int
    powers: StepPowers
    step_peaks: NDArray[np.float64]
    """The highest sample of each 10 ms."""

    @property
    def highest_sample(self) -> float:
        """Linear; 0 for silence."""
        return float(self.step_peaks.max(initial=0.0))


@dataclass(frozen=True, slots=True)
class PeakFile:
    """The true peaks of a song: `(frames, lanes)` little-endian float32. Those below `floor` are approximate."""

    path: Path
    lanes: int
    floor: float
    highest: float


def listen(source: Path, frames: int, rate_hz: int) -> Song:
    """Measure a song's energy and highest samples, step by step."""
    loudness, done = Loudness(rate_hz), 0
    step_peaks = np.zeros(frames * STEPS_PER_SECOND // rate_hz + 2)
    for block in read_raw_blocks(source, frames=frames):
        loudness.push(block)
        _raise_steps(block, done, rate_hz, step_peaks)
        done += len(block)
    return Song(source, frames, rate_hz, loudness.finish(), step_peaks)


def follow_peaks(song: Song, path: Path, lanes: int, floor: float) -> PeakFile:
    """Write the peaks of each frame. The highest is exact whatever the floor."""
    floor = min(floor, song.highest_sample)
    with path.open("wb") as file:
        highest = _write_peaks(song, LanePeaks(song.rate_hz, lanes, floor), file)
    return PeakFile(path, lanes, floor, highest)


def _write_peaks(song: Song, envelope: LanePeaks, file: BinaryIO) -> float:
    late, highest = envelope.latency_frames, 0.0
    silence = np.zeros((late, 2), np.float32)
    for block in chain(read_raw_blocks(song.source, frames=song.frames), [silence]):
        peaks = envelope.follow(block)
        kept = peaks[min(late, len(peaks)) :]
        late -= min(late, len(peaks))
        file.write(kept.data.cast("B") if len(kept) else b"")
        highest = max(highest, float(kept.max(initial=0.0)))
    return highest


@kernel("void(float32[:, ::1], int64, int64, float64[::1])")
def _raise_steps(block: NDArray[np.float32], first: int, rate_hz: int, steps: NDArray[np.float64]) -> None:
    """Raise the peak of each step to those of its frames; steps may differ from the meter's by a frame."""
    frame, frames = 0, block.shape[0]
    while frame < frames:
        step = (first + frame) * STEPS_PER_SECOND // rate_hz
        end = min(frames, ((step + 1) * rate_hz + STEPS_PER_SECOND - 1) // STEPS_PER_SECOND - first)
        highest = np.float32(0.0)
        for i in range(frame, end):
            highest = max(highest, max(abs(block[i, 0]), abs(block[i, 1])))
        steps[step] = max(steps[step], np.float64(highest))
        frame = end

"""Finishing: a master with its trim, at a delivery rate, limited to its ceiling at the loudness asked for."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.resample import Resampler
from farm.dsp.drive import Driven, drive
from farm.dsp.tone_filter import ToneFilter
from farm.measure.bands import LTAS_BANDS_HZ
from farm.measure.meter import Meter
from farm.plan.spec import FinishSpec
from farm.records import Artifact, Measurement
from farm.store.artifact import create_artifact, open_artifact
from farm.store.local import LocalStore


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished song: its audio, what it measures, and what reaching its goal took."""

    audio: Artifact
    measurement: Measurement
    driven: Driven


def finish_song(
    spec: FinishSpec,
    master: Artifact,
    store: LocalStore,
    *,
    goal_lufs: float | None,
    tone_db: tuple[float, ...],
    block_frames: int = BLOCK_FRAMES,
) -> Finished:
    """Apply a trim: tone filter, sample-rate conversion, then gain and true-peak limiter towards the goal."""
    with store.scratch_file() as prepared, store.scratch_file() as peaks:
        frames = _prepare(spec, master, store, tone_db, prepared, block_frames)
        meter = Meter(spec.rate_hz)
        with create_artifact(store, spec.rate_hz) as writer:

            def keep(block: Block) -> None:
                writer.write(block)
                meter.push(block)

            driven = drive(
                prepared,
                keep,
                scratch=peaks,
                frames=frames,
                rate_hz=spec.rate_hz,
                goal_lufs=goal_lufs,
                ceiling_dbtp=spec.ceiling_dbtp,
            )
    return Finished(writer.finished(), meter.finish(), driven)


def _prepare(
    spec: FinishSpec,
    master: Artifact,
    store: LocalStore,
    tone_db: tuple[float, ...],
    target: Path,
    block_frames: int,
) -> int:
    """Write the master through the tone filter and at the delivery rate, raw; return its frames."""
    stages = [stage for stage in (_tone_filter(master, tone_db), _resampler(master, spec.rate_hz)) if stage]
    block = np.empty((block_frames, 2), np.float32)
    frames = 0
    with open_artifact(store, master) as reader, target.open("wb") as file:
        while count := reader.read_into(block):
            passed: Block = block[:count]
            for stage in stages:
                passed = stage.push(passed)
            with store.access():
                file.write(np.ascontiguousarray(passed).data)
            frames += len(passed)
        for position, stage in enumerate(stages):
            passed = stage.flush()
            for later in stages[position + 1 :]:
                passed = later.push(passed)
            with store.access():
                file.write(np.ascontiguousarray(passed).data)
            frames += len(passed)
    return frames


def _tone_filter(master: Artifact, tone_db: tuple[float, ...]) -> ToneFilter | None:
    return ToneFilter(LTAS_BANDS_HZ, tone_db, master.rate_hz) if any(tone_db) else None


def _resampler(master: Artifact, rate_hz: int) -> Resampler | None:
    return Resampler(master.rate_hz, rate_hz, channels=2) if rate_hz != master.rate_hz else None

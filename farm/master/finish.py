"""Finishing: masters with their trims, at a delivery rate, limited to their ceiling at the loudness asked for."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.dsp.drive import Driven, drive
from farm.dsp.limiter_character import LimiterSettings
from farm.master.run import prepare_run
from farm.master.stretch import Take
from farm.measure.meter import Meter
from farm.plan.spec import FinishSpec
from farm.records import Artifact, Measurement
from farm.store.artifact import ArtifactWriter, create_artifact
from farm.store.local import LocalStore


@dataclass(frozen=True, slots=True)
class FinishedSong:
    """A finished song's audio, and what it measures."""

    audio: Artifact
    measurement: Measurement


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run of finished songs, and what reaching their goal took."""

    songs: tuple[FinishedSong, ...]
    driven: Driven


def finish_run(
    spec: FinishSpec, takes: Sequence[Take], store: LocalStore, *, block_frames: int = BLOCK_FRAMES
) -> FinishedRun:
    """Apply the trims of songs that are finished together: tone filter, ride, edges, overlaps, sample-rate conversion,
    then one gain and one true-peak limiter through all of them, towards their common goal.

    The songs, one after another, are the run sample for sample: where one ends the next one begins.
    """
    with store.scratch_file() as prepared, store.scratch_file() as peaks:
        run = prepare_run(spec, takes, store, prepared, block_frames=block_frames)
        meters = [Meter(spec.rate_hz) for _ in takes]
        with ExitStack() as stack:
            writers = [stack.enter_context(create_artifact(store, spec.rate_hz)) for _ in takes]
            splitter = _Splitter(run.starts, writers, meters)
            driven = drive(
                prepared,
                splitter.push,
                scratch=peaks,
                frames=run.frames,
                rate_hz=spec.rate_hz,
                goal_lufs=takes[0].trim.run_goal_lufs,
                measure=takes[0].trim.goal_measure,
                ceiling_dbtp=spec.ceiling_dbtp,
                limiter=LimiterSettings(**asdict(spec.limiter)),
            )
    songs = [FinishedSong(writer.finished(), meter.finish()) for writer, meter in zip(writers, meters, strict=True)]
    return FinishedRun(tuple(songs), driven)


class _Splitter:
    """Hands each song its part of a stream."""

    def __init__(self, starts: Sequence[int], writers: Sequence[ArtifactWriter], meters: Sequence[Meter]) -> None:
        self._ends = [*starts[1:], None]
        self._writers, self._meters = writers, meters
        self._song = self._done = 0

    def push(self, block: Block) -> None:
        while len(block):
            end = self._ends[self._song]
            part = block if end is None else block[: end - self._done]
            self._writers[self._song].write(part)
            self._meters[self._song].push(part)
            self._done += len(part)
            block = block[len(part) :]
            if self._done == end:
                self._song += 1

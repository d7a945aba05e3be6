"""A run of songs before the limiter: laid out in time, added up where they overlap, at the delivery rate."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from farm.audio.blocks import Block
from farm.audio.raw_source import read_raw_blocks
from farm.audio.resample import Resampler, resampled_frames
from farm.errors import AudioError
from farm.master.stretch import Stretch, Take, find_stretches, play_stretch
from farm.plan.spec import FinishSpec
from farm.records import Trim
from farm.store.local import LocalStore
from farm.units import db_to_linear

_FRAME_BYTES = 8


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """Raw stereo at the delivery rate. Song i is the frames from `starts[i]` to the next one's start."""

    frames: int
    starts: tuple[int, ...]


def prepare_run(
    spec: FinishSpec, takes: Sequence[Take], store: LocalStore, target: Path, *, block_frames: int
) -> PreparedRun:
    """Write a run to `target`, with its trims, before gain and limiter.

    Raises AudioError (overlap-too-long) when songs overlap by more than one of them lasts.
    """
    stretches = find_stretches(takes, store)
    begins = _lay_out(stretches)
    rate_hz = takes[0].master.rate_hz
    with store.scratch_file() as mixed:

        def play(stretch: Stretch) -> Iterator[Block]:
            gain = db_to_linear(_relative_db(stretch.takes[0].trim, takes[0].trim))
            return play_stretch(stretch, store, gain=gain, phase=spec.tone_phase, block_frames=block_frames)

        if len(stretches) == 1:
            blocks = play(stretches[0])
        else:
            mixed.touch()
            for stretch, begin in zip(stretches, begins, strict=True):
                _add(play(stretch), begin, mixed, store)
            blocks = read_raw_blocks(mixed, frames=begins[-1] + stretches[-1].frames)
        if spec.rate_hz != rate_hz:
            blocks = _resampled(blocks, rate_hz, spec.rate_hz)
        frames = _write(blocks, target, store)
    return PreparedRun(frames, _song_starts(stretches, begins, rate_hz, spec.rate_hz))


def _relative_db(trim: Trim, first: Trim) -> float:
    """Return by how much a song is raised before the gain that all have in common, so that each has its own loudness:
    what its tone filter changes is made up for."""
    return (trim.gain_db - trim.tone_lu) - (first.gain_db - first.tone_lu)


def _lay_out(stretches: Sequence[Stretch]) -> list[int]:
    """Return the frame at which each stretch begins."""
    begins = [0]
    for before, stretch in pairwise(stretches):
        take = stretch.takes[0]
        overlap = round(take.spec.overlap_seconds * take.master.rate_hz)
        shorter = min(before.lengths[-1], stretch.lengths[0])
        if overlap > shorter:
            raise AudioError(
                f"two songs overlap by {take.spec.overlap_seconds:g} s, and one of them lasts only "
                f"{shorter / take.master.rate_hz:.2f} s",
                code="overlap-too-long",
                hint="shorten overlap_seconds or crossfade_seconds of the first of them",
            )
        begins.append(begins[-1] + before.frames - overlap)
    return begins


def _song_starts(stretches: Sequence[Stretch], begins: Sequence[int], from_hz: int, to_hz: int) -> tuple[int, ...]:
    starts = []
    for stretch, begin in zip(stretches, begins, strict=True):
        for length in stretch.lengths:
            starts.append(resampled_frames(begin, from_hz, to_hz))
            begin += length
    return tuple(starts)


def _add(blocks: Iterator[Block], begin: int, target: Path, store: LocalStore) -> None:
    """Add blocks to what the file holds from the frame `begin` on; it grows as needed."""
    with target.open("r+b") as file:
        file.seek(begin * _FRAME_BYTES)
        for block in blocks:
            place = file.tell()
            there = np.frombuffer(file.read(block.nbytes), "<f4").reshape(-1, 2)
            block[: len(there)] += there
            file.seek(place)
            with store.access():
                file.write(np.ascontiguousarray(block).data)


def _resampled(blocks: Iterator[Block], from_hz: int, to_hz: int) -> Iterator[Block]:
    resampler = Resampler(from_hz, to_hz, channels=2)
    for block in blocks:
        yield resampler.push(block)
    yield resampler.flush()


def _write(blocks: Iterator[Block], target: Path, store: LocalStore) -> int:
    frames = 0
    with target.open("wb") as file:
        for block in blocks:
            if len(block):
                with store.access():
                    file.write(np.ascontiguousarray(block).data)
                frames += len(block)
    return frames

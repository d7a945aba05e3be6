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
from farm.master.stretch import Stretch, Take, check_fades, find_stretches, play_stretch
from farm.measure.loudness import Loudness
from farm.plan.spec import FinishSpec
from farm.store.local import LocalStore
from farm.units import db_to_linear

_FRAME_BYTES = 8

_DIGITS = 3
"""Gains are whole thousandths of a decibel, so that the last bit of a logarithm does not change the audio."""


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """Raw stereo at the delivery rate. Song i is the frames from `starts[i]` to the next one's start."""

    frames: int
    starts: tuple[int, ...]


def prepare_run(
    spec: FinishSpec, takes: Sequence[Take], store: LocalStore, target: Path, *, block_frames: int
) -> PreparedRun:
    """Write a run to `target`, with its trims, before gain and limiter.

    Raises AudioError when songs overlap by more than one of them lasts (overlap-too-long), or fade for longer than they
    last (fade-too-long).
    """
    stretches = find_stretches(takes, store)
    begins = _lay_out(stretches)
    for stretch in stretches:
        check_fades(stretch)
    rate_hz = takes[0].master.rate_hz
    with store.scratch_file() as mixed:

        def play(stretch: Stretch, gain: float = 1.0) -> Iterator[Block]:
            return play_stretch(stretch, store, gain=gain, phase=spec.tone_phase, block_frames=block_frames)

        if len(stretches) == 1:
            blocks = play(stretches[0])
        else:
            mixed.touch()
            gains_db = [_gain_db(stretch, play(stretch)) for stretch in stretches]
            for stretch, begin, gain_db in zip(stretches, begins, gains_db, strict=True):
                _add(play(stretch, db_to_linear(gain_db - gains_db[0])), begin, mixed, store)
            blocks = read_raw_blocks(mixed, frames=begins[-1] + stretches[-1].frames)
        if spec.rate_hz != rate_hz:
            blocks = _resampled(blocks, rate_hz, spec.rate_hz)
        frames = _write(blocks, target, store)
    return PreparedRun(frames, _song_starts(stretches, begins, rate_hz, spec.rate_hz))


def _gain_db(stretch: Stretch, blocks: Iterator[Block]) -> float:
    """Return the gain that brings a stretch to its own goal as it was played: what filter, ride and fades changed is
    made up for. Without a goal it is the trim's."""
    trim, loudness = stretch.takes[0].trim, Loudness(stretch.takes[0].master.rate_hz)
    if trim.joined_goal_lufs is None:
        return trim.gain_db
    for block in blocks:
        loudness.push(block)
    played_lufs = loudness.finish().loudness_lufs(trim.goal_measure)
    return trim.gain_db if played_lufs is None else round(trim.joined_goal_lufs - played_lufs, _DIGITS)


def _lay_out(stretches: Sequence[Stretch]) -> list[int]:
    """Return the frame at which each stretch begins."""
    begins = [0]
    for before, stretch in pairwise(stretches):
        take = stretch.takes[0]
        overlap = round(take.spec.overlap_seconds * take.master.rate_hz)
        ends = (before.takes[-1], before.lengths[-1]), (take, stretch.lengths[0])
        shorter, length = min(ends, key=lambda end: end[1])
        if overlap > length:
            first, second = (each.spec.title for each, _ in ends)
            raise AudioError(
                f"{first} and {second} overlap by {take.spec.overlap_seconds:g} s, and {shorter.spec.title} lasts only "
                f"{length / take.master.rate_hz:.2f} s",
                code="overlap-too-long",
                hint=f"shorten overlap_seconds or crossfade_seconds of {first}",
                where=first,
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

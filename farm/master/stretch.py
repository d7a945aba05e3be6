"""A stretch of masters that are one recording, with their common trim: what runs in front of the limiter."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from farm.audio.blocks import Block
from farm.audio.fades import Fades
from farm.dsp.ride import Ride
from farm.dsp.tone_filter import ToneFilter
from farm.errors import AudioError
from farm.master.edges import find_edges
from farm.measure.bands import LTAS_BANDS_HZ
from farm.plan.spec import TakeSpec
from farm.records import Artifact, Trim
from farm.store.artifact import open_artifact
from farm.store.local import LocalStore


@dataclass(frozen=True, slots=True)
class Take:
    """A song of a run: its master, the trim that the album decided, and how it begins, ends and follows."""

    spec: TakeSpec
    master: Artifact
    trim: Trim


@dataclass(frozen=True, slots=True)
class Stretch:
    """Songs that go on from each other; `edges` are the frames of each master that are kept."""

    takes: tuple[Take, ...]
    edges: tuple[tuple[int, int], ...]

    @property
    def lengths(self) -> tuple[int, ...]:
        """The frames of each song."""
        return tuple(end - begin for begin, end in self.edges)

    @property
    def frames(self) -> int:
        return sum(self.lengths)


def find_stretches(takes: Sequence[Take], store: LocalStore) -> tuple[Stretch, ...]:
    """Return a run in stretches: a take that is joined belongs to that of the one before it."""
    stretches: list[list[Take]] = []
    for take in takes:
        if take.spec.joined:
            stretches[-1].append(take)
        else:
            stretches.append([take])
    return tuple(
        Stretch(tuple(stretch), tuple(find_edges(take.spec.edges, take.master, store) for take in stretch))
        for stretch in stretches
    )


def check_fades(stretch: Stretch) -> None:
    """Raise AudioError (fade-too-long) for a fade that is longer than the song that it is in, and for two that leave a
    stretch at no time at its level."""
    first, last = stretch.takes[0], stretch.takes[-1]
    fade_in_seconds, fade_out_seconds = first.spec.edges.fade_in_seconds, last.spec.edges.fade_out_seconds
    _check_fade(first, "in", fade_in_seconds, stretch.lengths[0])
    _check_fade(last, "out", fade_out_seconds, stretch.lengths[-1])
    if first is last and fade_in_seconds + fade_out_seconds > stretch.frames / first.master.rate_hz:
        raise _fade_too_long(first, f"fades in and out for {fade_in_seconds + fade_out_seconds:g}", stretch.frames)


def _check_fade(take: Take, direction: str, seconds: float, frames: int) -> None:
    if seconds > frames / take.master.rate_hz:
        raise _fade_too_long(take, f"fades {direction} for {seconds:g}", frames)


def _fade_too_long(take: Take, does: str, frames: int) -> AudioError:
    return AudioError(
        f"{take.spec.title} {does} s, and lasts only {frames / take.master.rate_hz:.2f} s",
        code="fade-too-long",
        hint="shorten its fades in edges, or the crossfades that it is in",
        where=take.spec.title,
    )


def play_stretch(stretch: Stretch, store: LocalStore, *, gain: float, phase: str, block_frames: int) -> Iterator[Block]:
    """Yield `(frames, 2)` blocks, as many frames as the stretch has, each block valid until the next.

    Tone filter and ride run through all of it; `gain` is linear.
    """
    first, rate_hz = stretch.takes[0], stretch.takes[0].master.rate_hz
    trim, begins, ends = first.trim, first.spec.edges, stretch.takes[-1].spec.edges
    fades = Fades(
        round(begins.fade_in_seconds * rate_hz),
        round(ends.fade_out_seconds * rate_hz),
        begins.fade_in_shape,
        ends.fade_out_shape,
    )
    blocks = _read(stretch, store, block_frames)
    if any(trim.tone_db) or any(trim.side_db):
        side_db = trim.side_db or None
        blocks = _through(ToneFilter(LTAS_BANDS_HZ, trim.tone_db, rate_hz, side_db=side_db, phase=phase), blocks)
    if trim.range_factor != 1.0 and trim.pivot_lufs is not None:
        blocks = _through(Ride(trim.range_factor, trim.pivot_lufs, trim.ride_max_db, rate_hz), blocks)
    done = 0
    for block in blocks:
        fades.apply(block, done, stretch.frames, gain)
        done += len(block)
        yield block


def _read(stretch: Stretch, store: LocalStore, block_frames: int) -> Iterator[Block]:
    buffer: Block = np.empty((block_frames, 2), np.float32)
    for take, (begin, end) in zip(stretch.takes, stretch.edges, strict=True):
        with open_artifact(store, take.master) as reader:
            reader.skip(begin)
            left = end - begin
            while left and (count := reader.read_into(buffer[:left])):
                yield buffer[:count]
                left -= count


def _through(stage: ToneFilter | Ride, blocks: Iterator[Block]) -> Iterator[Block]:
    for block in blocks:
        if len(passed := stage.push(block)):
            yield passed
    if len(rest := stage.flush()):
        yield rest

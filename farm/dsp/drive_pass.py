"""A pass of a song through gain, soft clipper and limiter, and what it measures."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np

from farm.audio.blocks import Block
from farm.audio.raw_source import read_raw_blocks
from farm.dsp.drive_survey import PeakFile, Song, follow_peaks
from farm.dsp.limiter import Limiter
from farm.dsp.limiter_character import LimiterSettings
from farm.dsp.true_peak_limiter import TruePeakLimiter
from farm.measure.ceiling_peak import CeilingPeak
from farm.measure.loudness import Loudness
from farm.units import db_to_linear, linear_to_db

_CERTAIN_DB = 1.0
"""If the plain meter sees this much room, the strict one need not be asked: they differ by less."""

_SPARE_DB = 2.0
"""Peaks are found for that much more drive than was asked for: the passes that follow need them there."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A setting, and what came out of it."""

    gain_db: float
    limit_db: float
    loudness_lufs: float | None
    """By the measure that the goal is in."""
    true_peak_dbtp: float | None
    max_reduction_db: float = 0.0
    mean_reduction_db: float = 0.0

    def lowered(self, by_db: float) -> "Trial":
        """Return what the same drive gives with everything lower by so much: exactly the same shape."""
        loudness, peak = self.loudness_lufs, self.true_peak_dbtp
        return replace(
            self,
            gain_db=self.gain_db - by_db,
            limit_db=self.limit_db - by_db,
            loudness_lufs=None if loudness is None else loudness - by_db,
            true_peak_dbtp=None if peak is None else peak - by_db,
        )


class DrivePass:
    """One way of a song through gain, clipper and limiter; a plain gain where nothing exceeds what they let through."""

    def __init__(
        self, song: Song, peaks: PeakFile, settings: LimiterSettings, *, gain_db: float, limit_db: float
    ) -> None:
        gain, limit = db_to_linear(gain_db), db_to_linear(limit_db)
        self._song, self._peaks, self._gain = song, peaks, gain
        self._plain = peaks.highest * gain * db_to_linear(settings.soft_clip_db) <= limit
        self._stream: TruePeakLimiter | None = None
        if settings.soft_clip_db > 0.0 and not self._plain:
            floor = limit / gain
            self._stream = TruePeakLimiter(song.rate_hz, gain=gain, limit=limit, settings=settings, floor=floor)
        self._limiter = (
            self._stream.limiter if self._stream else Limiter(song.rate_hz, gain=gain, limit=limit, settings=settings)
        )

    def play(self) -> Iterator[Block]:
        """Yield the song's frames, without the latency; each block is valid until the next."""
        if self._plain:
            for block in read_raw_blocks(self._song.source, frames=self._song.frames):
                yield block if self._gain == 1.0 else np.multiply(block, np.float32(self._gain), out=block)
            return
        late = self._stream.latency_frames if self._stream else self._limiter.latency_frames
        silence = np.zeros((late, 2), np.float32)
        for block in self._clipped(self._stream, silence) if self._stream else self._limited(silence):
            yield block[min(late, len(block)) :]
            late -= min(late, len(block))

    def _clipped(self, stream: TruePeakLimiter, silence: Block) -> Iterator[Block]:
        """The clipper changes the peaks, so they are found anew."""
        for block in chain(read_raw_blocks(self._song.source, frames=self._song.frames), [silence]):
            stream.process(block)
            yield block

    def _limited(self, silence: Block) -> Iterator[Block]:
        song, lanes = self._song, self._limiter.lanes
        blocks = read_raw_blocks(song.source, frames=song.frames)
        peaks = read_raw_blocks(self._peaks.path, frames=song.frames, channels=lanes)
        for block, highest in chain(zip(blocks, peaks, strict=True), [(silence, silence[:, :lanes].copy())]):
            self._limiter.process(block, highest)
            yield block

    def measure(self, measure: str) -> Trial:
        """Play it to the meters."""
        loudness, peak = Loudness(self._song.rate_hz), CeilingPeak()
        for block in self.play():
            loudness.push(block)
            peak.push(block)
        return Trial(
            linear_to_db(self._gain),
            linear_to_db(self._limiter.limit),
            loudness.finish().loudness_lufs(measure),
            peak.finish(),
            self._limiter.max_reduction_db,
            self._limiter.mean_reduction_db,
        )

    @property
    def reduction_db(self) -> tuple[float, ...]:
        """The deepest reduction of each second that was played, to 0.1 dB; empty if it was a plain gain."""
        seconds = -(-self._song.frames // self._song.rate_hz)
        return self._limiter.reduction_db[:seconds]

    @property
    def clipped_db(self) -> float:
        """The most that the clipper took off."""
        return self._stream.clip.clipped_db if self._stream and self._stream.clip else 0.0


class DrivePasses:
    """Passes of one song with one setting after the other. Its peaks are found once, and lie in a file."""

    def __init__(self, song: Song, settings: LimiterSettings, scratch: Path, measure: str = "integrated") -> None:
        self.song, self.settings, self._scratch, self.loudness_measure = song, settings, scratch, measure
        self._peaks: PeakFile | None = None

    def prepare(self, gain_db: float, limit_db: float) -> DrivePass:
        """Return a pass with that setting, which has not been played."""
        peaks = self._find_peaks(db_to_linear(limit_db - gain_db))
        return DrivePass(self.song, peaks, self.settings, gain_db=gain_db, limit_db=limit_db)

    def measure(self, gain_db: float, limit_db: float) -> Trial:
        """Measure what a setting gives: by arithmetic if nothing comes near the limit, else by a pass."""
        highest_dbtp = linear_to_db(self._find_peaks(db_to_linear(limit_db - gain_db)).highest) + gain_db
        if highest_dbtp <= limit_db - max(_CERTAIN_DB, self.settings.soft_clip_db):
            loudness = self.song.powers.scaled(db_to_linear(gain_db)).loudness_lufs(self.loudness_measure)
            return Trial(gain_db, limit_db, loudness, highest_dbtp if math.isfinite(highest_dbtp) else None)
        return replace(
            self.prepare(gain_db, limit_db).measure(self.loudness_measure), gain_db=gain_db, limit_db=limit_db
        )

    def _find_peaks(self, threshold: float) -> PeakFile:
        """Return the peaks, all those above the threshold, linear, exact."""
        if self._peaks is None or threshold < self._peaks.floor:
            lanes = 1 if self.settings.link == 1.0 else 2
            self._peaks = follow_peaks(self.song, self._scratch, lanes, threshold * db_to_linear(-_SPARE_DB))
        return self._peaks

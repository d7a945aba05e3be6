"""Driving a song to a loudness under a true-peak ceiling: the gain in front of the limiter is found by measuring."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.kernel import kernel
from farm.audio.raw_source import read_raw_blocks
from farm.dsp.drive_model import DriveModel
from farm.dsp.limiter import RELEASE_MS, Limiter
from farm.errors import AudioError
from farm.measure.loudness import STEPS_PER_SECOND, Loudness, StepPowers
from farm.measure.true_peak import PeakEnvelope, StrictTruePeak
from farm.units import db_to_linear, linear_to_db

MARGIN_DB = 0.05
"""The output stays this far below its ceiling: for rounding to 16 bits with dither, and for meters of other makes."""

MOST_GAIN_DB = 24.0
"""What is quieter than this below its goal stays below it."""

TOLERANCE_LU = 0.02
_CLOSE_ENOUGH_LU = 0.015
_MOST_PASSES = 8

_SAME_DRIVE_DB = 0.01
"""A pass that differs by less from an earlier one would not come closer."""

_WORTH_LU_PER_DB = 0.03
"""Where a dB of drive brings less loudness than this, it only bends the sound."""
_LEAST_EASE_DB = 2.0

_USUAL_OVERSHOOT_DB = 0.01
"""By which modulated peaks exceed the limit: taken off beforehand, it saves a pass."""

_DIGITS = 3
"""Settings are whole thousandths of a decibel, so that the last bit of a logarithm does not change the audio."""

_CERTAIN_DB = 1.0
"""If the plain meter sees this much room, the strict one need not be asked: they differ by less."""


@dataclass(frozen=True, slots=True)
class Driven:
    """What reaching the goal took."""

    gain_db: float
    """Applied before the limiter."""
    integrated_lufs: float | None
    true_peak_dbtp: float | None
    max_reduction_db: float
    mean_reduction_db: float
    reached: bool
    """The loudness is within TOLERANCE_LU of the goal, or there was none."""


@dataclass(frozen=True, slots=True)
class _Song:
    """A raw stereo file, its peaks file, and what was measured of it in the first pass."""

    source: Path
    peaks: Path
    frames: int
    rate_hz: int
    powers: StepPowers
    step_peaks: NDArray[np.float64]
    highest: float


@dataclass(frozen=True, slots=True)
class _Trial:
    """A setting, and what came out of it."""

    gain_db: float
    limit_db: float
    integrated_lufs: float | None
    true_peak_dbtp: float | None
    max_reduction_db: float
    mean_reduction_db: float

    def lowered(self, by_db: float) -> "_Trial":
        """Return what the same drive gives with everything lower by so much: exactly the same shape."""
        loudness, peak = self.integrated_lufs, self.true_peak_dbtp
        return _Trial(
            self.gain_db - by_db,
            self.limit_db - by_db,
            None if loudness is None else loudness - by_db,
            None if peak is None else peak - by_db,
            self.max_reduction_db,
            self.mean_reduction_db,
        )


def drive(
    source: Path,
    sink: Callable[[Block], None],
    *,
    scratch: Path,
    frames: int,
    rate_hz: int,
    goal_lufs: float | None,
    ceiling_dbtp: float,
    max_gain_db: float = MOST_GAIN_DB,
) -> Driven:
    """Push the song into `sink` at the goal's loudness, its true peaks below the ceiling; same frames, in place.

    `source` holds `frames` of raw little-endian float32 stereo. Blocks are `(frames, 2)`, valid until the next. Without
    a goal the gain is 0 dB, and what needs no limiting passes bit for bit; so does a song without loudness (silence,
    less than 400 ms). If the goal cannot be reached, the output is the nearest to it with the least gain, and `reached`
    is False. A file of 4 bytes a frame comes and goes at `scratch`. Raises AudioError if frames are missing.
    """
    try:
        song = _survey(source, scratch, frames, rate_hz)
        if song.powers.integrated_lufs() is None:
            trial, reached = _find_safe(song, ceiling_dbtp - MARGIN_DB), goal_lufs is None
        elif goal_lufs is None:
            trial, reached = _find_safe(song, ceiling_dbtp - MARGIN_DB), True
        else:
            trial = _find_loud(song, goal_lufs, ceiling_dbtp - MARGIN_DB, max_gain_db)
            reached = trial.integrated_lufs is not None and abs(goal_lufs - trial.integrated_lufs) <= TOLERANCE_LU
        for block in _play(song, trial.gain_db, _limiter(song, trial.gain_db, trial.limit_db)):
            sink(block)
    finally:
        scratch.unlink(missing_ok=True)
    return Driven(
        trial.gain_db,
        trial.integrated_lufs,
        trial.true_peak_dbtp,
        trial.max_reduction_db,
        trial.mean_reduction_db,
        reached,
    )


def _find_safe(song: _Song, highest_dbtp: float) -> _Trial:
    """Return the setting that holds the ceiling at a gain of 0 dB."""
    limit_db = highest_dbtp
    trial = _try(song, 0.0, limit_db, highest_dbtp)
    for _ in range(_MOST_PASSES - 1):
        over_db = _over_db(trial, highest_dbtp)
        if over_db <= 0.0:
            return trial
        limit_db -= _round_up(over_db + _USUAL_OVERSHOOT_DB / 10.0)
        trial = _try(song, 0.0, limit_db, highest_dbtp)
    return trial.lowered(_round_up(max(0.0, _over_db(trial, highest_dbtp))))


def _find_loud(song: _Song, goal_lufs: float, highest_dbtp: float, max_gain_db: float) -> _Trial:
    """Return the setting whose loudness is nearest to the goal under the ceiling.

    Limiting does not know about absolute level, so all passes tell of one curve, loudness over drive (gain - limit),
    with the limit at 0 dB; and what overshoots is mended by lowering all, which costs loudness, then by more drive.
    """
    model = DriveModel(song.powers, song.step_peaks)
    limit_db = highest_dbtp - _USUAL_OVERSHOOT_DB
    trials: dict[float, _Trial] = {}
    for _ in range(_MOST_PASSES):
        drive_db = round(model.find_drive_db(goal_lufs - limit_db, max_gain_db - limit_db), _DIGITS)
        if any(abs(drive_db - tried_db) < _SAME_DRIVE_DB for tried_db in trials):
            break
        trial = _try(song, drive_db + limit_db, limit_db, highest_dbtp)
        model.learn(drive_db, _loudness(trial) - limit_db)
        trials[drive_db] = trial = trial.lowered(_round_up(max(0.0, _over_db(trial, highest_dbtp))))
        limit_db = trial.limit_db
        if abs(goal_lufs - _loudness(trial)) <= _CLOSE_ENOUGH_LU:
            break
    nearest = min(trials.values(), key=lambda trial: abs(goal_lufs - _loudness(trial)))
    return nearest if _loudness(nearest) >= goal_lufs - TOLERANCE_LU else _ease(song, nearest, highest_dbtp)


def _ease(song: _Song, trial: _Trial, highest_dbtp: float) -> _Trial:
    """Return the setting for a goal out of reach, without the last of the drive if that brought next to nothing."""
    step_db = trial.max_reduction_db / 2.0
    while step_db > _LEAST_EASE_DB:
        eased = _try(song, trial.gain_db - step_db, trial.limit_db, highest_dbtp)
        eased = eased.lowered(max(0.0, _over_db(eased, highest_dbtp)))
        if _loudness(eased) >= _loudness(trial) - _WORTH_LU_PER_DB * step_db:
            trial = eased
        step_db /= 2.0
    return trial


def _round_up(db: float) -> float:
    return math.ceil(db * 10.0**_DIGITS) / 10.0**_DIGITS


def _loudness(trial: _Trial) -> float:
    return -math.inf if trial.integrated_lufs is None else trial.integrated_lufs


def _over_db(trial: _Trial, highest_dbtp: float) -> float:
    return -math.inf if trial.true_peak_dbtp is None else trial.true_peak_dbtp - highest_dbtp


def _try(song: _Song, gain_db: float, limit_db: float, highest_dbtp: float) -> _Trial:
    """Measure what a setting gives: by arithmetic if nothing comes near the ceiling, else by a pass."""
    peak_dbtp = linear_to_db(song.highest) + gain_db
    if peak_dbtp <= min(limit_db, highest_dbtp) - _CERTAIN_DB:
        loudness = song.powers.scaled(db_to_linear(gain_db)).integrated_lufs()
        return _Trial(gain_db, limit_db, loudness, peak_dbtp if song.highest else None, 0.0, 0.0)
    limiter = _limiter(song, gain_db, limit_db)
    loudness_meter, peak_meter = Loudness(song.rate_hz), StrictTruePeak()
    for block in _play(song, gain_db, limiter):
        loudness_meter.push(block)
        peak_meter.push(block)
    integrated_lufs = loudness_meter.finish().integrated_lufs()
    reductions = limiter.max_reduction_db, limiter.mean_reduction_db
    return _Trial(gain_db, limit_db, integrated_lufs, peak_meter.finish(), *reductions)


def _limiter(song: _Song, gain_db: float, limit_db: float) -> Limiter:
    gain, limit = db_to_linear(gain_db), db_to_linear(limit_db)
    return Limiter(song.rate_hz, gain=gain, limit=limit, release_ms=RELEASE_MS)


def _play(song: _Song, gain_db: float, limiter: Limiter) -> Iterator[Block]:
    """Yield the song through the limiter, without its latency; through a plain gain if nothing exceeds the limit."""
    if song.highest * limiter.gain <= limiter.limit:
        for block in read_raw_blocks(song.source, frames=song.frames):
            yield block if limiter.gain == 1.0 else np.multiply(block, np.float32(limiter.gain), out=block)
        return
    late = limiter.latency_frames
    room = np.empty(BLOCK_FRAMES, np.float32)
    with song.peaks.open("rb") as file:
        for block in read_raw_blocks(song.source, frames=song.frames):
            peaks = room[: len(block)]
            if file.readinto(peaks.data.cast("B")) != peaks.nbytes:
                raise AudioError("the peaks file is cut short", code="audio-truncated", where=str(song.peaks))
            limiter.process(block, peaks)
            yield block[min(late, len(block)) :]
            late -= min(late, len(block))
    rest = np.zeros((limiter.latency_frames, 2), np.float32)
    limiter.process(rest, np.zeros(len(rest), np.float32))
    yield rest[late:]


def _survey(source: Path, peaks: Path, frames: int, rate_hz: int) -> _Song:
    """Measure the song once, and write the peak of each frame."""
    loudness, envelope = Loudness(rate_hz), PeakEnvelope(rate_hz)
    step_peaks = np.zeros(frames * STEPS_PER_SECOND // rate_hz + 2)
    late, done, highest = envelope.latency_frames, 0, 0.0
    room = np.empty(BLOCK_FRAMES, np.float32)
    with peaks.open("wb") as file:

        def keep(block: Block, skip: int) -> None:
            nonlocal done, highest
            envelope.follow(block, room)
            kept = room[skip : len(block)]
            if len(kept):
                file.write(kept.data.cast("B"))
                _raise_steps(kept, done, rate_hz, step_peaks)
                highest = max(highest, float(kept.max()))
                done += len(kept)

        for block in read_raw_blocks(source, frames=frames):
            loudness.push(block)
            keep(block, min(late, len(block)))
            late -= min(late, len(block))
        keep(np.zeros((envelope.latency_frames, 2), np.float32), late)
    powers = loudness.finish()
    return _Song(source, peaks, frames, rate_hz, powers, step_peaks[: powers.steps], highest)


@kernel("void(float32[::1], int64, int64, float64[::1])")
def _raise_steps(peaks: NDArray[np.float32], first: int, rate_hz: int, steps: NDArray[np.float64]) -> None:
    """Raise the peak of each step to those of its frames; steps may differ from the meter's by a frame."""
    for i in range(peaks.size):
        step = (first + i) * STEPS_PER_SECOND // rate_hz
        steps[step] = max(steps[step], np.float64(peaks[i]))

"""Driving a song to a loudness under a true-peak ceiling: the gain in front of the limiter is found by measuring."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from farm.audio.blocks import Block
from farm.dsp.drive_model import DriveModel
from farm.dsp.drive_pass import DrivePasses, Trial
from farm.dsp.drive_survey import listen
from farm.dsp.limiter_character import MOST_GAIN_DB, TRANSPARENT, LimiterSettings

MARGIN_DB = 0.05
"""The output stays this far below its ceiling: for rounding to 16 bits with dither, and for meters of other makes."""

TOLERANCE_LU = 0.02
"""A goal within reach is met that well."""

REACHED_LU = 0.1
"""A goal that is missed by no more counts as reached: nobody hears the difference."""

_CLOSE_ENOUGH_LU = 0.015
_MOST_PASSES = 8

_SAME_DRIVE_DB = 0.01
"""A pass that differs by less from an earlier one would not come closer."""

_MOST_EASE_LU = 0.1
_SAFELY_REACHED_LU = 0.08
"""How much loudness may be given up in all where the drive near its end does little but bend the sound: the last tenth
of a LU can cost ten dB of it. A goal that counts as reached still does, even if a codec takes a little."""
_LEAST_EASE_DB = 2.0

_USUAL_OVERSHOOT_DB = 0.04
"""By which modulated peaks exceed the limit: taken off beforehand, it saves a pass."""

_DIGITS = 3
"""Settings are whole thousandths of a decibel, so that the last bit of a logarithm does not change the audio."""


@dataclass(frozen=True, slots=True)
class Driven:
    """What reaching the goal took."""

    gain_db: float
    """Applied before the limiter."""
    loudness_lufs: float | None
    """By the measure that the goal is in."""
    true_peak_dbtp: float | None
    max_reduction_db: float
    mean_reduction_db: float
    reached: bool
    """The loudness is within REACHED_LU of the goal, or there was none."""
    clipped_db: float = 0.0
    """The most that the soft clipper took off a point between samples."""
    reduction_db: tuple[float, ...] = ()
    """The limiter's deepest reduction in each second, to 0.1 dB; empty if all passed with a plain gain."""


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
    limiter: LimiterSettings = TRANSPARENT,
    measure: str = "integrated",
) -> Driven:
    """Push the song into `sink` at the goal's loudness, its true peaks below the ceiling; same frames, in place.

    `source` holds `frames` of raw little-endian float32 stereo. Blocks are `(frames, 2)`, valid until the next.
    `measure` says what the goal is of: `integrated`, all of it, or `short-term`, the loudest 3 s. Without a goal the
    gain is 0 dB, and what needs no limiting passes bit for bit; so does a song without loudness (silence, less than
    400 ms, or 3 s). If the goal cannot be reached, the output is next to the nearest to it with the least gain, and
    `reached` is False. A file of 4 bytes a frame, 8 unless the channels are linked wholly, comes and goes at `scratch`.
    Raises AudioError if frames are missing.
    """
    try:
        passes = DrivePasses(listen(source, frames, rate_hz), limiter, scratch, measure)
        trial = _find_setting(passes, goal_lufs, ceiling_dbtp - MARGIN_DB, max_gain_db)
        last = passes.prepare(trial.gain_db, trial.limit_db)
        for block in last.play():
            sink(block)
    finally:
        scratch.unlink(missing_ok=True)
    return Driven(
        trial.gain_db,
        trial.loudness_lufs,
        trial.true_peak_dbtp,
        trial.max_reduction_db,
        trial.mean_reduction_db,
        goal_lufs is None or abs(goal_lufs - _loudness(trial)) <= REACHED_LU,
        last.clipped_db,
        last.reduction_db,
    )


def _find_setting(passes: DrivePasses, goal_lufs: float | None, highest_dbtp: float, max_gain_db: float) -> Trial:
    if goal_lufs is None or passes.song.powers.loudness_lufs(passes.loudness_measure) is None:
        return _find_safe(passes, highest_dbtp)
    return _find_loud(passes, goal_lufs, highest_dbtp, max_gain_db)


def _find_safe(passes: DrivePasses, highest_dbtp: float) -> Trial:
    """Return the setting that holds the ceiling at a gain of 0 dB."""
    limit_db = highest_dbtp
    trial = passes.measure(0.0, limit_db)
    for _ in range(_MOST_PASSES - 1):
        over_db = _over_db(trial, highest_dbtp)
        if over_db <= 0.0:
            return trial
        limit_db -= _round_up(over_db + _USUAL_OVERSHOOT_DB / 40.0)
        trial = passes.measure(0.0, limit_db)
    return trial.lowered(_round_up(max(0.0, _over_db(trial, highest_dbtp))))


def _find_loud(passes: DrivePasses, goal_lufs: float, highest_dbtp: float, max_gain_db: float) -> Trial:
    """Return the setting whose loudness is nearest to the goal under the ceiling.

    Limiting does not know about absolute level, so all passes tell of one curve, loudness over drive (gain - limit),
    with the limit at 0 dB; and what overshoots is mended by lowering all, which costs loudness, then by more drive.
    """
    model = DriveModel(passes.song.powers, passes.song.step_peaks, passes.settings, passes.loudness_measure)
    limit_db = highest_dbtp - _USUAL_OVERSHOOT_DB
    trials: dict[float, Trial] = {}
    for _ in range(_MOST_PASSES):
        drive_db = round(model.find_drive_db(goal_lufs - limit_db, max_gain_db - limit_db), _DIGITS)
        if any(abs(drive_db - tried_db) < _SAME_DRIVE_DB for tried_db in trials):
            break
        trial = passes.measure(drive_db + limit_db, limit_db)
        model.learn(drive_db, _loudness(trial) - limit_db)
        trials[drive_db] = trial = trial.lowered(_round_up(max(0.0, _over_db(trial, highest_dbtp))))
        limit_db = trial.limit_db
        if abs(goal_lufs - _loudness(trial)) <= _CLOSE_ENOUGH_LU:
            break
    nearest = min(trials.values(), key=lambda trial: abs(goal_lufs - _loudness(trial)))
    best_lufs = _loudness(nearest)
    if best_lufs >= goal_lufs - TOLERANCE_LU:
        return nearest
    is_reached = best_lufs >= goal_lufs - REACHED_LU
    least_lufs = goal_lufs - _SAFELY_REACHED_LU if is_reached else best_lufs - _MOST_EASE_LU
    return _ease(passes, nearest, highest_dbtp, least_lufs)


def _ease(passes: DrivePasses, trial: Trial, highest_dbtp: float, least_lufs: float) -> Trial:
    """Return the setting for a goal out of reach, without the last of the drive if that brought next to nothing."""
    step_db = trial.max_reduction_db / 2.0
    while step_db > _LEAST_EASE_DB:
        eased = passes.measure(trial.gain_db - _round_up(step_db), trial.limit_db)
        eased = eased.lowered(_round_up(max(0.0, _over_db(eased, highest_dbtp))))
        if _loudness(eased) >= least_lufs:
            trial = eased
        step_db /= 2.0
    return trial


def _round_up(db: float) -> float:
    return math.ceil(db * 10.0**_DIGITS) / 10.0**_DIGITS


def _loudness(trial: Trial) -> float:
    return -math.inf if trial.loudness_lufs is None else trial.loudness_lufs


def _over_db(trial: Trial, highest_dbtp: float) -> float:
    return -math.inf if trial.true_peak_dbtp is None else trial.true_peak_dbtp - highest_dbtp

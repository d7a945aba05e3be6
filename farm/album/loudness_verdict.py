"""The verdict on a song's loudness: whether it is what the album decided, and if not, why."""

from collections.abc import Iterator
from math import fsum

from farm.album.judged import Finding, JudgedSong, Status
from farm.dsp.limiter_character import MOST_GAIN_DB
from farm.measure.gating import ABSOLUTE_GATE_LUFS, RELATIVE_GATE_LU
from farm.records import Measurement

AUDIBLE_LIMITING_DB = 0.1
"""A limiter that takes off less is not what holds a song back."""

_SAME_GAIN_DB = 0.1
"""A gain that near to the most is the most: what overshot the ceiling was taken off it again."""

_LOUD_PART = 0.5
"""If less of a song than this makes its loudness, that is worth saying."""

_BLOCKS_PER_SECOND = 10
"""BS.1770-5 gating blocks of 400 ms overlap by 75 %: a second has ten, less three in all."""


def judge_loudness(song: JudgedSong) -> Finding:
    """Return whether a song has the loudness that was decided for it, and why not."""
    goal, reached = song.goal_lufs, song.finished.loudness_lufs(song.measure)
    if goal is None or reached is None:
        missing = _why_no_loudness(song.finished) if song.level_asked or reached is None else None
        return _finding(song, "warn" if missing else "ok", goal, reached, missing)
    if abs(reached - goal) > song.tolerance_lu:
        why = _why_short(song, goal, reached) if reached < goal else _why_loud(song, goal, reached)
        return _finding(song, "warn" if song.in_run and song.run_reached else "missed", goal, reached, why)
    if song.unheld_lufs is not None and song.unheld_lufs - goal > song.tolerance_lu:
        return _finding(song, "warn", song.unheld_lufs, reached, _why_held(song, goal, song.unheld_lufs))
    return _finding(song, "ok", goal, reached)


def _finding(
    song: JudgedSong, status: Status, asked_lufs: float | None, reached_lufs: float | None, why: str | None = None
) -> Finding:
    """The measure is named where it is not that of the whole song."""
    subject = None if song.measure == "integrated" else song.measure
    return Finding("loudness", status, asked_lufs, reached_lufs, "LUFS", why, subject)


def _why_no_loudness(measured: Measurement) -> str:
    if measured.sample_peak_dbfs is None:
        return "silence: has no loudness"
    if measured.duration_seconds < 0.4:
        return "shorter than 400 ms: has no loudness"
    if measured.integrated_lufs is None:
        return f"nowhere louder than {ABSOLUTE_GATE_LUFS:g} LUFS: has no loudness"
    if measured.max_short_term_lufs is None:
        return "shorter than 3 s: has no short-term loudness"
    return "has no loudness as mastered: its level was left alone"


def _why_short(song: JudgedSong, goal_lufs: float, reached_lufs: float) -> str:
    """The limiter is not to blame where a run of songs is as loud as asked, nor where no more gain is applied."""
    taken_db = song.limiter.max_reduction_db
    if song.in_run and song.run_reached:
        why = _why_in_run(song)
    elif song.limiter.gain_db >= MOST_GAIN_DB - _SAME_GAIN_DB:
        why = f"{MOST_GAIN_DB:.1f} dB of gain is the most that is applied"
    elif taken_db >= AUDIBLE_LIMITING_DB:
        needed_db = taken_db + goal_lufs - reached_lufs
        why = (
            f"the limiter would have had to take off more than {needed_db:.1f} dB; "
            f"at {song.ceiling_dbtp:.1f} dBTP it reaches {reached_lufs:.1f} LUFS"
        )
    else:
        why = _why_in_run(song) if song.in_run else f"{goal_lufs - reached_lufs:.1f} LU softer than asked"
    part = _loud_part(song.finished)
    return (
        why
        if part >= _LOUD_PART or song.measure != "integrated"
        else f"{why}; all but {part:.0%} of it is too quiet to count"
    )


def _why_loud(song: JudgedSong, goal_lufs: float, reached_lufs: float) -> str:
    return _why_in_run(song) if song.in_run else f"{reached_lufs - goal_lufs:.1f} LU louder than asked"


def _why_in_run(song: JudgedSong) -> str:
    if song.joined:
        return "finished together with the songs that it is joined to: they share one gain"
    return "overlaps with other songs: they sound in its file, and one limiter goes through all of them"


def _why_held(song: JudgedSong, goal_lufs: float, unheld_lufs: float) -> str:
    most, own, master = (
        song.max_short_term_lufs,
        song.master.max_short_term_lufs,
        song.master.loudness_lufs(song.measure),
    )
    lowered = f"lowered by {unheld_lufs - goal_lufs:.1f} dB"
    if most is None or own is None or master is None or own + goal_lufs - master < most - song.tolerance_lu:
        return f"{lowered} with all others: another song's loudest 3 s would be too loud"
    return f"{lowered}: its loudest 3 s would be above {most:.1f} LUFS"


def _loud_part(measured: Measurement) -> float:
    """Return how much of a song, 0 to 1, makes its loudness: what the gates of BS.1770-5 let through."""
    if measured.integrated_lufs is None:
        return 0.0
    powers: list[float] = [10.0 ** (clufs / 1000.0) for clufs in measured.block_clufs]
    gate: float = fsum(powers) / max(1, len(powers)) * 10.0 ** (RELATIVE_GATE_LU / 10.0)
    loud = sum(power > gate for power in powers)
    return loud / max(1.0, measured.duration_seconds * _BLOCKS_PER_SECOND - 3.0)


def judge_short_term(song: JudgedSong) -> Iterator[Finding]:
    """Yield whether its loudest 3 s are within the limit, if there is one."""
    most, reached = song.max_short_term_lufs, song.finished.max_short_term_lufs
    if most is None or reached is None:
        return
    if reached <= most + song.tolerance_lu:
        yield Finding("short-term", "ok", most, reached, "LUFS")
    else:
        whole = song.finished.integrated_lufs
        why = None if whole is None else f"its loudest 3 s lie {reached - whole:.1f} LU above its loudness"
        yield Finding("short-term", "missed", most, reached, "LUFS", why)

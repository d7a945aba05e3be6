"""The verdict on a finished song: what was asked of it, what it came to, and why it is not that."""

from collections.abc import Iterator
from math import fsum
from typing import Literal

from farm.album.judged import CurveFacts, DecodedFile, Finding, JudgedSong
from farm.measure.bands import NOMINAL_HZ
from farm.measure.gating import ABSOLUTE_GATE_LUFS, RELATIVE_GATE_LU
from farm.records import Measurement
from farm.units import linear_to_db

_AUDIBLE_LIMITING_DB = 0.1
"""A limiter that takes off less is not what holds a song back."""

_LOUD_PART = 0.5
"""If less of a song than this makes its loudness, that is worth saying."""

_BOUND_WORTH_TELLING_DB = 1.0
"""By which a bound cuts a tone curve short before that is said; a mastering engineer moves bands by less."""

_DISTANCE_TOLERANCE_DB = 0.1
_RANGE_TOLERANCE_LU = 0.5
_RANGE_TOLERANCE = 0.1

_BACK_OFF_WORTH_TELLING_DB = 1.0

_LONG_HEAD_SECONDS = 1.0
_LONG_TAIL_SECONDS = 5.0
"""Silence that a listener takes for a gap, not for a breath or a tail."""

_LEAST_CORRELATION = -0.2
_MOST_DC_DBFS = -60.0
_ONE_SIDED_DB = 0.01
"""If one channel is silent, mid and side are equally strong."""

_BLOCKS_PER_SECOND = 10
"""BS.1770-5 gating blocks of 400 ms overlap by 75 %: a second has ten, less three in all."""

_SHARED_GAIN = "finished together with the songs it runs into: they share one gain"


def judge_song(song: JudgedSong) -> tuple[Finding, ...]:
    """Return all findings on a song, those that are as asked too: loudness first, then ceiling, limiter, the rest."""
    loudness = _loudness(song)
    return (
        loudness,
        *_short_term(song),
        _ceiling(song),
        *_limiting(song),
        *_curve("tone", song.tone),
        *_curve("width", song.width),
        *_dynamics(song),
        *(finding for file in song.decoded for finding in _decoded(song, file, loudness)),
        *_edges(song),
        *_stereo(song),
        *_dc(song),
    )


def _loudness(song: JudgedSong) -> Finding:
    goal, reached = song.goal_lufs, song.finished.integrated_lufs
    if goal is None or reached is None:
        missing = _why_no_loudness(song.finished) if song.level_asked or reached is None else None
        return Finding("loudness", "warn" if missing else "ok", goal, reached, "LUFS", missing)
    if abs(reached - goal) > song.tolerance_lu:
        why = _why_short(song, goal, reached) if reached < goal else _why_loud(song, goal, reached)
        return Finding("loudness", "warn" if song.in_run and song.run_reached else "missed", goal, reached, "LUFS", why)
    if song.unheld_lufs is not None and song.unheld_lufs - goal > song.tolerance_lu:
        return Finding("loudness", "warn", song.unheld_lufs, reached, "LUFS", _why_held(song, goal, song.unheld_lufs))
    return Finding("loudness", "ok", goal, reached, "LUFS")


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
    taken_db = song.limiter.max_reduction_db
    if taken_db >= _AUDIBLE_LIMITING_DB:
        needed_db = taken_db + goal_lufs - reached_lufs
        why = (
            f"the limiter would have had to take off more than {needed_db:.1f} dB; "
            f"at {song.ceiling_dbtp:.1f} dBTP it reaches {reached_lufs:.1f} LUFS"
        )
    elif song.in_run:
        why = _SHARED_GAIN
    else:
        why = f"{song.limiter.gain_db:.1f} dB of gain is the most that is applied"
    part = _loud_part(song.finished)
    return why if part >= _LOUD_PART else f"{why}; all but {part:.0%} of it is too quiet to count"


def _why_loud(song: JudgedSong, goal_lufs: float, reached_lufs: float) -> str:
    return _SHARED_GAIN if song.in_run else f"{reached_lufs - goal_lufs:.1f} LU louder than asked"


def _why_held(song: JudgedSong, goal_lufs: float, unheld_lufs: float) -> str:
    most, own, master = song.max_short_term_lufs, song.master.max_short_term_lufs, song.master.integrated_lufs
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


def _short_term(song: JudgedSong) -> Iterator[Finding]:
    most, reached = song.max_short_term_lufs, song.finished.max_short_term_lufs
    if most is None or reached is None:
        return
    if reached <= most + song.tolerance_lu:
        yield Finding("short-term", "ok", most, reached, "LUFS")
    else:
        whole = song.finished.integrated_lufs
        why = None if whole is None else f"its loudest 3 s lie {reached - whole:.1f} LU above its loudness"
        yield Finding("short-term", "missed", most, reached, "LUFS", why)


def _ceiling(song: JudgedSong) -> Finding:
    return _peak("ceiling", song.finished.true_peak_dbtp, song.ceiling_dbtp, None)


def _peak(aspect: Literal["ceiling", "codec"], peak: float | None, ceiling_dbtp: float, subject: str | None) -> Finding:
    if peak is None or peak <= ceiling_dbtp:
        return Finding(aspect, "ok", ceiling_dbtp, peak, "dBTP", None, subject)
    return Finding(aspect, "missed", ceiling_dbtp, peak, "dBTP", f"{peak - ceiling_dbtp:.2f} dB over", subject)


def _limiting(song: JudgedSong) -> Iterator[Finding]:
    most, taken = song.max_reduction_db, song.limiter.max_reduction_db
    if most is None or taken <= most:
        yield Finding("limiting", "ok", most, taken, "dB")
    else:
        yield Finding("limiting", "missed" if song.over_reduction_fails else "warn", most, taken, "dB", _why_over(song))
    if song.limiter.clipped_db > 0.0:
        yield Finding("limiting", "ok", None, song.limiter.clipped_db, "dB", None, "soft clip")


def _why_over(song: JudgedSong) -> str | None:
    peak, lufs = song.master.true_peak_dbtp, song.master.integrated_lufs
    if song.goal_lufs is None or peak is None or lufs is None:
        return None
    room = song.ceiling_dbtp - song.goal_lufs
    return f"the master's peaks stand {peak - lufs:.1f} dB above its loudness, and there is room for {room:.1f}"


def _curve(aspect: Literal["tone", "width"], curve: CurveFacts | None) -> Iterator[Finding]:
    """Judge by the distance to the aim: `asked` is what it was before, which it must not exceed."""
    if curve is None:
        return
    before, after, why = curve.distance_before_db, curve.distance_after_db, _why_bounded(curve)
    if after > before + _DISTANCE_TOLERANCE_DB:
        why = f"it is farther from what is aimed at than before, by {after - before:.1f} dB"
    yield Finding(aspect, "warn" if why else "ok", before, after, "dB", why)


def _why_bounded(curve: CurveFacts) -> str | None:
    rows = zip(NOMINAL_HZ, curve.asked_db, curve.applied_db, strict=False)
    hz, asked, applied = max(rows, key=lambda row: abs(row[1] - row[2]), default=(0.0, 0.0, 0.0))
    if abs(asked - applied) < _BOUND_WORTH_TELLING_DB:
        return None
    return f"at {hz:g} Hz {asked:+.1f} dB would have been needed, {applied:+.1f} dB was allowed"


def _dynamics(song: JudgedSong) -> Iterator[Finding]:
    asked, reached, before = song.range_asked_lu, song.finished.loudness_range_lu, song.master.loudness_range_lu
    if asked is None or reached is None:
        return
    well = abs(reached - asked) <= max(_RANGE_TOLERANCE_LU, _RANGE_TOLERANCE * asked)
    why = None if well or before is None else f"its range was {before:.1f} LU before"
    yield Finding("dynamics", "ok" if well else "warn", asked, reached, "LU", why)


def _decoded(song: JudgedSong, file: DecodedFile, loudness: Finding) -> Iterator[Finding]:
    """Judge a lossy file by what it decodes to: by the song's goal, or by the song itself if that missed its goal."""
    aim = song.goal_lufs if loudness.status == "ok" else song.finished.integrated_lufs
    lufs = file.integrated_lufs
    if aim is not None and lufs is not None:
        well = abs(lufs - aim) <= song.tolerance_lu
        why = None if well else f"the file decodes to {abs(lufs - aim):.1f} LU {'more' if lufs > aim else 'less'}"
        yield Finding("codec", "ok" if well else "missed", aim, lufs, "LUFS", why, file.name)
    yield _peak("codec", file.true_peak_dbtp, file.ceiling_dbtp, file.name)
    if file.backed_off_db > _BACK_OFF_WORTH_TELLING_DB:
        why = "taken off the song so that the decoded file keeps its ceiling; a higher bit rate needs less"
        yield Finding("codec", "warn", _BACK_OFF_WORTH_TELLING_DB, file.backed_off_db, "dB", why, file.name)
    if file.lowered_db > 0.0:
        why = "limiting did not keep the decoded file below its ceiling: it was turned down, off the album's balance"
        yield Finding("codec", "warn", 0.0, file.lowered_db, "dB", why, file.name)


def _edges(song: JudgedSong) -> Iterator[Finding]:
    edges = song.edges
    if not edges.head_open:
        yield from _silence("head", edges.head_silence_seconds, _LONG_HEAD_SECONDS)
        yield from _click("head", edges.head_click_dbfs, "it begins in the middle of a wave: fade it in")
    if not edges.tail_open:
        yield from _silence("tail", edges.tail_silence_seconds, _LONG_TAIL_SECONDS)
        yield from _click("tail", edges.tail_click_dbfs, "it ends in the middle of a wave: fade it out")


def _silence(end: str, seconds: float, most_seconds: float) -> Iterator[Finding]:
    if seconds > most_seconds:
        yield Finding("edges", "warn", most_seconds, seconds, "s", "silence that is no part of the gap", end)


def _click(end: str, step_dbfs: float | None, why: str) -> Iterator[Finding]:
    if step_dbfs is not None:
        yield Finding("edges", "warn", None, step_dbfs, "dBFS", why, end)


def _stereo(song: JudgedSong) -> Iterator[Finding]:
    correlation, side_to_mid_db = song.stereo.correlation, song.stereo.side_to_mid_db
    if correlation is None and side_to_mid_db is not None and abs(side_to_mid_db) < _ONE_SIDED_DB:
        yield Finding("stereo", "warn", None, None, "", "one channel is silent")
    if correlation is not None and correlation < _LEAST_CORRELATION:
        why = "the channels are out of phase: much of it is lost in mono"
        yield Finding("stereo", "warn", _LEAST_CORRELATION, correlation, "", why, "correlation")


def _dc(song: JudgedSong) -> Iterator[Finding]:
    for channel, offset in enumerate(song.stereo.dc_offset, start=1):
        level_dbfs = linear_to_db(abs(offset))
        if level_dbfs > _MOST_DC_DBFS:
            why = "it costs headroom and clicks at the edges: put a dc_filter into the master"
            yield Finding("dc", "warn", _MOST_DC_DBFS, level_dbfs, "dBFS", why, f"channel {channel}")

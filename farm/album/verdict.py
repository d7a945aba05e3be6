"""The verdict on a finished song: what was asked of it, what it came to, and why it is not that."""

from collections.abc import Iterator
from typing import Literal

from farm.album.dynamics import LEAST_FACTOR, MOST_FACTOR
from farm.album.judged import CurveFacts, DecodedFile, Finding, JudgedSong, RangeFacts, StereoFacts
from farm.album.loudness_verdict import AUDIBLE_LIMITING_DB, judge_loudness, judge_short_term
from farm.measure.bands import NOMINAL_HZ
from farm.units import linear_to_db

_BOUND_WORTH_TELLING_DB = 1.0
"""By which a bound cuts a tone curve short before that is said; a mastering engineer moves bands by less."""

_DISTANCE_TOLERANCE_DB = 0.1
_RANGE_TOLERANCE_LU = 0.5
_RANGE_TOLERANCE = 0.1
_RANGE_DUST_LU = 0.01
"""Ranges are told in tenths, and kept in thousandths."""

_BACK_OFF_WORTH_TELLING_DB = 1.0

_LONG_HEAD_SECONDS = 1.0
_LONG_TAIL_SECONDS = 5.0
"""Silence that a listener takes for a gap, not for a breath or a tail."""

_LEAST_CORRELATION = -0.2
_MOST_DC_DBFS = -60.0
_ONE_SIDED_DB = 0.01
"""If one channel is silent, mid and side are equally strong."""


def judge_song(song: JudgedSong) -> tuple[Finding, ...]:
    """Return all findings on a song, those that are as asked too: loudness first, then ceiling, limiter, the rest."""
    loudness = judge_loudness(song)
    return (
        loudness,
        *judge_short_term(song),
        _ceiling(song),
        *_limiting(song),
        *_curve("tone", song.tone),
        *_curve("width", song.width),
        *_without_side(song),
        *_dynamics(song),
        *(finding for file in song.decoded for finding in _decoded(song, file)),
        *_edges(song),
        *_stereo(song),
        *_dc(song),
    )


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
    if song.in_run:
        return "limited together with the songs that it runs into"
    if song.goal_lufs is None:
        return None
    return f"its loudness takes {song.limiter.gain_db:+.1f} dB in front of the limiter"


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


def _without_side(song: JudgedSong) -> Iterator[Finding]:
    if song.has_no_side:
        why = "one channel is silent" if _is_one_sided(song.stereo) else "mono"
        yield Finding("width", "warn", None, None, "dB", f"{why}: left alone")


def _dynamics(song: JudgedSong) -> Iterator[Finding]:
    dynamics, reached, before = song.dynamics, song.finished.loudness_range_lu, song.master.loudness_range_lu
    if dynamics is None or reached is None or before is None:
        return
    asked = dynamics.asked_lu
    well = abs(reached - asked) <= max(_RANGE_TOLERANCE_LU, _RANGE_TOLERANCE * asked)
    why = None if well else f"its range was {before:.1f} LU before{_why_range(song, dynamics, before, reached)}"
    yield Finding("dynamics", "ok" if well else "warn", asked, reached, "LU", why)


def _why_range(song: JudgedSong, dynamics: RangeFacts, before_lu: float, reached_lu: float) -> str:
    """Return what stood in the way, as far as it is known: the bounds come before the limiter."""
    bound = LEAST_FACTOR if dynamics.asked_lu < before_lu else MOST_FACTOR
    if abs(dynamics.asked_lu - before_lu) > abs(bound - 1.0) * before_lu + _RANGE_DUST_LU:
        return f", and {bound:g} times that is the {'least' if bound < 1.0 else 'most'} that it is led to"
    ride_db = abs(dynamics.applied_factor - 1.0) * before_lu
    if ride_db > dynamics.max_db:
        return f": that takes a ride of {ride_db:.1f} dB, and {dynamics.max_db:.1f} dB is the most"
    if song.limiter.max_reduction_db >= AUDIBLE_LIMITING_DB and reached_lu < dynamics.asked_lu:
        return f": the limiter took up to {song.limiter.max_reduction_db:.1f} dB off its loud parts"
    return ""


def _decoded(song: JudgedSong, file: DecodedFile) -> Iterator[Finding]:
    """Judge a lossy file by what it decodes to: it is to be as loud as the song, which is judged by its own goal. Where
    that was left alone, so is the file."""
    aim, lufs = song.finished.integrated_lufs if song.goal_lufs is not None else None, file.integrated_lufs
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
    """A song that is silence from end to end has no edges: that it is silent is said of its loudness."""
    edges = song.edges
    if edges.head_silence_seconds >= song.finished.duration_seconds:
        return
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
    correlation = song.stereo.correlation
    if _is_one_sided(song.stereo):
        yield Finding("stereo", "warn", None, None, "", "one channel is silent")
    if correlation is not None and correlation < _LEAST_CORRELATION:
        why = "the channels are out of phase: much of it is lost in mono"
        yield Finding("stereo", "warn", _LEAST_CORRELATION, correlation, "", why, "correlation")


def _is_one_sided(stereo: StereoFacts) -> bool:
    side_to_mid_db = stereo.side_to_mid_db
    return stereo.correlation is None and side_to_mid_db is not None and abs(side_to_mid_db) < _ONE_SIDED_DB


def _dc(song: JudgedSong) -> Iterator[Finding]:
    for channel, offset in enumerate(song.stereo.dc_offset, start=1):
        level_dbfs = linear_to_db(abs(offset))
        if level_dbfs > _MOST_DC_DBFS:
            why = "it costs headroom and clicks at the edges: put a dc_filter into the master"
            yield Finding("dc", "warn", _MOST_DC_DBFS, level_dbfs, "dBFS", why, f"channel {channel}")

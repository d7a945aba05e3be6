"""A picture of what matching and finishing did to each song: spectra, the curves applied, what the limiter took."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from farm.album.asked import asked_from
from farm.deliver.names import safe_name
from farm.graph.task import Made, Result
from farm.measure.bands import LTAS_BANDS_HZ
from farm.plan.deliver import MATCH
from farm.plan.node import PlannedSong
from farm.plan.song import master_id
from farm.records import Measurement, Trim, measurement_from
from farm.report.chart import (
    COLORS,
    Axis,
    Panel,
    clock_ticks,
    draw_chart,
    draw_curve,
    draw_grid,
    draw_legend,
    draw_level,
    draw_text,
    even_ticks,
)
from farm.report.judgement import finished_measurement, song_trim

_WIDTH, _HEIGHT = 1000, 590
_HZ = tuple(
    (31.25 * 2**octave, name)
    for octave, name in enumerate(["31", "63", "125", "250", "500", "1k", "2k", "4k", "8k", "16k"])
)
_BEFORE, _AFTER, _AIM, _SIDE, _REDUCTION = COLORS[4], COLORS[0], COLORS[1], COLORS[3], COLORS[2]


def write_song_pictures(songs: Sequence[PlannedSong], results: Mapping[str, Result], folder: Path) -> list[Path]:
    """Write an SVG for each finished song into a folder, `NUMBER TITLE.svg`; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for song in songs:
        if picture := _draw_song(song, results):
            path = folder / safe_name(f"{song.number:02} {song.title}", ".svg")
            path.write_text(picture, encoding="utf-8")
            written.append(path)
    return written


def _draw_song(song: PlannedSong, results: Mapping[str, Result]) -> str | None:
    finish, master, match = (results.get(each) for each in (song.finish, master_id(song.number), MATCH))
    after, trim = finished_measurement(song, results), song_trim(song, results)
    if after is None or trim is None or not isinstance(master, Made) or not isinstance(match, Made):
        return None
    before = measurement_from(master.record.facts["measurement"])
    asked = asked_from(match.record.facts["asked"][str(song.number)])
    driven = finish.record.facts["driven"] if isinstance(finish, Made) else {}
    pieces = [
        draw_text(20, 28, f"{song.number}  {song.title}", "t"),
        draw_text(20, 47, _headline(before, after, trim, driven), "s"),
        *_draw_spectra(before, after, asked.tone.aim_db if asked.tone else None),
        *_draw_curves(trim),
        *_draw_reduction(driven.get("reduction_db", ())),
    ]
    return draw_chart(_WIDTH, _HEIGHT, f"Matching and limiting of {song.title}", pieces)


def _headline(before: Measurement, after: Measurement, trim: Trim, driven: Mapping[str, Any]) -> str:
    measure = "" if trim.goal_measure == "integrated" else f" ({trim.goal_measure})"
    figures = [
        (before.loudness_lufs(trim.goal_measure), f"LUFS{measure} as mastered"),
        (trim.goal_lufs, "asked for"),
        (after.loudness_lufs(trim.goal_measure), "finished"),
        (after.true_peak_dbtp, "dBTP"),
        (driven.get("max_reduction_db"), "dB taken off by the limiter at most"),
    ]
    return ", ".join(f"{value:.1f} {name}" for value, name in figures if value is not None)


def _draw_spectra(before: Measurement, after: Measurement, aim_db: Sequence[float | None] | None) -> Iterator[str]:
    curves = [("as mastered", _BEFORE, before.ltas_db), ("finished", _AFTER, after.ltas_db)]
    shown = [level for _, _, curve in curves for level in curve if level > -70.0]
    low, high = (min(shown) - 3.0, max(shown) + 3.0) if shown else (-60.0, 0.0)
    panel = Panel(56, 100, 900, 200, _hz_axis(), _axis(low, high))
    yield draw_text(20, 82, "Spectrum of the loud parts, dB a third octave", "t")
    yield from draw_grid(panel)
    for _, color, curve in curves:
        if curve:
            yield draw_curve(panel, zip(LTAS_BANDS_HZ, curve, strict=True), color)
    names = [(name, color) for name, color, curve in curves if curve]
    if aim_db:
        known = [(hz, level) for hz, level in zip(LTAS_BANDS_HZ, aim_db, strict=True) if level is not None]
        yield draw_curve(panel, known, _AIM, 1.2)
        names.append(("aimed at", _AIM))
    yield from draw_legend(380, 82, names)


def _draw_curves(trim: Trim) -> Iterator[str]:
    """Yield the tone filter; mid and side are one curve where they do not differ."""
    nothing = (0.0,) * len(LTAS_BANDS_HZ)
    mid, side = trim.tone_db or nothing, trim.side_db
    reach = max(3.0, *(abs(gain) for gain in (*mid, *side)))
    panel = Panel(56, 362, 420, 180, _hz_axis(), _axis(-reach, reach))
    yield draw_text(20, 344, "Tone filter, dB", "t")
    yield from draw_grid(panel)
    yield draw_curve(panel, zip(LTAS_BANDS_HZ, mid, strict=True), _AFTER)
    if side:
        yield draw_curve(panel, zip(LTAS_BANDS_HZ, side, strict=True), _SIDE)
        yield from draw_legend(180, 344, [("mid", _AFTER), ("side", _SIDE)])


def _draw_reduction(reduction_db: Sequence[float]) -> Iterator[str]:
    """Yield the limiter's deepest reduction in each second, hanging from above."""
    deepest = max(6.0, *reduction_db, 0.0)
    seconds = max(1.0, float(len(reduction_db)))
    panel = Panel(536, 362, 420, 180, Axis(0.0, seconds, clock_ticks(seconds)), _axis(-deepest, 0.0))
    yield draw_text(500, 344, "Limiter, dB", "t")
    yield from draw_grid(panel)
    points = [(second + 0.5, -taken) for second, taken in enumerate(reduction_db)]
    if points:
        yield draw_curve(panel, points, _REDUCTION)
    yield draw_level(panel, 0.0, _REDUCTION)


def _hz_axis() -> Axis:
    return Axis(20.0, 20_000.0, _HZ, logarithmic=True)


def _axis(low: float, high: float) -> Axis:
    return Axis(low, high, [(level, f"{level:g}") for level in even_ticks(low, high, 6)])

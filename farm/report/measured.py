"""What `farm measure` shows: figures as JSON, as a table, as a list; and a picture of a song."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from farm.measure.bands import LTAS_BANDS_HZ, NOMINAL_HZ
from farm.report.chart import (
    COLORS,
    Axis,
    Panel,
    clock_ticks,
    draw_area,
    draw_chart,
    draw_curve,
    draw_grid,
    draw_legend,
    draw_level,
    draw_text,
    even_ticks,
    thin_out,
)
from farm.report.figures import cell, rounded
from farm.units import db_to_linear, linear_to_db, seconds_to_clock

if TYPE_CHECKING:
    from farm.measure.files import FileMeasurement

_OFFSET_DIGITS = 7
_MOST_POINTS = 600

_KEYS = (
    "duration_seconds",
    "integrated_lufs",
    "loudness_range_lu",
    "max_momentary_lufs",
    "max_short_term_lufs",
    "true_peak_dbtp",
    "sample_peak_dbfs",
    "plr_lu",
    "min_psr_lu",
    "correlation",
    "low_correlation",
    "side_to_mid_db",
    "head_silence_seconds",
    "tail_silence_seconds",
    "head_click_dbfs",
    "tail_click_dbfs",
)

_COLUMNS = (
    ("  LUFS", "integrated_lufs"),
    ("   LU", "loudness_range_lu"),
    (" max M", "max_momentary_lufs"),
    (" max S", "max_short_term_lufs"),
    ("  dBTP", "true_peak_dbtp"),
    ("  dBFS", "sample_peak_dbfs"),
)

_DETAILS = (
    ("integrated loudness", "integrated_lufs", "LUFS", 1),
    ("loudness range", "loudness_range_lu", "LU", 1),
    ("highest momentary", "max_momentary_lufs", "LUFS", 1),
    ("highest short-term", "max_short_term_lufs", "LUFS", 1),
    ("true peak", "true_peak_dbtp", "dBTP", 2),
    ("sample peak", "sample_peak_dbfs", "dBFS", 2),
    ("peak to loudness", "plr_lu", "LU", 1),
    ("lowest peak to short-term", "min_psr_lu", "LU", 1),
    ("correlation", "correlation", "", 2),
    ("correlation below 120 Hz", "low_correlation", "", 2),
    ("side to mid", "side_to_mid_db", "dB", 1),
    ("silence at the beginning", "head_silence_seconds", "s", 3),
    ("silence at the end", "tail_silence_seconds", "s", 3),
    ("click at the beginning", "head_click_dbfs", "dBFS", 1),
    ("click at the end", "tail_click_dbfs", "dBFS", 1),
)


def measured_document(each: "FileMeasurement") -> dict[str, object]:
    """Return the JSON of one file; what does not exist (silence, too short) is null."""
    facts = asdict(each.measurement)
    head = {"file": str(each.path), "rate_hz": each.info.rate_hz, "channels": each.info.channels}
    figures = {name: rounded(facts[name]) for name in _KEYS}
    offsets = [rounded(offset, _OFFSET_DIGITS) for offset in each.measurement.dc_offset]
    bands = {f"{hz:g}": level for hz, level in zip(NOMINAL_HZ, each.measurement.ltas_db, strict=False)}
    return head | figures | {"dc_offset": offsets, "ltas_db": bands}


def measured_table(measured: "Sequence[FileMeasurement]") -> str:
    """Return a line for each file."""
    lines = [" ".join(title for title, _ in _COLUMNS)]
    for each in measured:
        cells = (cell(getattr(each.measurement, name), len(title)) for title, name in _COLUMNS)
        lines.append(" ".join(cells) + f"  {each.path}")
    return "\n".join(lines)


def measured_details(each: "FileMeasurement") -> str:
    """Return all figures of one file, a line for each."""
    info, m = each.info, each.measurement
    length = seconds_to_clock(m.duration_seconds)
    channels = f"{info.channels} channel{'s' * (info.channels != 1)}"
    lines = [str(each.path), f"  {info.format}, {info.rate_hz} Hz, {channels}, {length}"]
    for label, name, unit, digits in _DETAILS:
        value = getattr(m, name)
        shown = "-" if value is None else f"{value:.{digits}f} {unit}".rstrip()
        lines.append(f"  {label:26} {shown}")
    lines.append(f"  {'offset':26} {', '.join(map(_offset, m.dc_offset)) or '-'}")
    lines.append(f"  {'exact in':26} {f'{m.exact_bits} bits' if m.exact_bits else 'floating point only'}")
    bands = [f"{hz:g} Hz {db:.1f}" for hz, db in zip(NOMINAL_HZ, m.ltas_db, strict=False)]
    rows = [", ".join(bands[first : first + 6]) for first in range(0, len(bands), 6)]
    names = ["spectrum in dB", *[""] * len(rows)]
    return "\n".join([*lines, *(f"  {name:26} {row}" for name, row in zip(names, rows, strict=False))])


def write_pictures(measured: "Sequence[FileMeasurement]", folder: Path) -> list[Path]:
    """Write an SVG for each file into a folder, named as the file is; names that occur again are numbered."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for each in measured:
        path, number = folder / f"{each.path.name}.svg", 2
        while path in written:
            path, number = folder / f"{each.path.name} {number}.svg", number + 1
        path.write_text(draw_measured(each), encoding="utf-8")
        written.append(path)
    return written


def draw_measured(each: "FileMeasurement") -> str:
    """Return loudness and peaks over time and the spectrum of a file as SVG."""
    m = each.measurement
    pieces = [
        draw_text(20, 28, each.path.name, "t"),
        draw_text(20, 47, _headline(each), "s"),
        *_draw_loudness(each),
        *_draw_peaks(each),
        *_draw_spectrum(m.ltas_db),
        *_draw_stereo(each),
    ]
    return draw_chart(1000, 560, f"Loudness, peaks and spectrum of {each.path.name}", pieces)


def _headline(each: "FileMeasurement") -> str:
    m = each.measurement
    figures = [
        (m.integrated_lufs, "LUFS integrated"),
        (m.loudness_range_lu, "LU range"),
        (m.true_peak_dbtp, "dBTP"),
        (m.plr_lu, "LU peak to loudness"),
        (m.min_psr_lu, "LU lowest peak to short-term"),
    ]
    shown = [f"{value:.1f} {name}" for value, name in figures if value is not None]
    return ", ".join([seconds_to_clock(m.duration_seconds), *shown])


def _draw_loudness(each: "FileMeasurement") -> Iterator[str]:
    m, series = each.measurement, each.series
    heard = [float(level) for level in series.short_term_lufs if level > -70.0]
    high = 5.0 * math.ceil((m.max_momentary_lufs if m.max_momentary_lufs is not None else 0.0) / 5.0)
    low = max(high - 60.0, min([high - 20.0, *(5.0 * math.floor(level / 5.0) for level in heard)]))
    panel = Panel(56, 100, 590, 220, _time_axis(m.duration_seconds), _level_axis(low, high))
    yield draw_text(20, 82, "Loudness in LUFS", "t")
    names = [("momentary, 400 ms", COLORS[4]), ("short-term, 3 s", COLORS[0])]
    yield from draw_grid(panel)
    # A window is drawn at its middle.
    yield _over_time(panel, series.momentary_lufs.tolist(), series.step_seconds, 0.2, COLORS[4], 1.0)
    yield _over_time(panel, series.short_term_lufs.tolist(), series.step_seconds, 1.5, COLORS[0], 2.0)
    if m.integrated_lufs is not None:
        yield draw_level(panel, m.integrated_lufs, COLORS[1])
        names.append((f"integrated, {m.integrated_lufs:.1f}", COLORS[1]))
    yield from draw_legend(180, 82, names)


def _draw_peaks(each: "FileMeasurement") -> Iterator[str]:
    m, series = each.measurement, each.series
    high = max(0.0, 3.0 * math.ceil((m.true_peak_dbtp if m.true_peak_dbtp is not None else 0.0) / 3.0)) + 3.0
    panel = Panel(56, 392, 590, 130, _time_axis(m.duration_seconds), _level_axis(high - 30.0, high))
    yield draw_text(20, 374, "Highest sample in dBFS", "t")
    yield from draw_grid(panel)
    points = thin_out(series.sample_peak_dbfs.tolist(), _MOST_POINTS)
    if points:
        step = series.step_seconds
        yield draw_area(panel, [((index + 0.5) * step, level) for index, level in points], COLORS[2])
    if m.true_peak_dbtp is not None:
        yield draw_level(panel, m.true_peak_dbtp, COLORS[1])
        yield from draw_legend(220, 374, [(f"true peak, {m.true_peak_dbtp:.1f} dBTP", COLORS[1])])


def _draw_spectrum(ltas_db: Sequence[float]) -> Iterator[str]:
    names = [(31.5, "31.5"), (125.0, "125"), (500.0, "500"), (2000.0, "2k"), (8000.0, "8k")]
    panel = Panel(706, 100, 270, 220, Axis(20.0, 20_000.0, names, logarithmic=True), _level_axis(-60.0, 0.0))
    yield draw_text(676, 82, "Spectrum, dB a third octave", "t")
    yield from draw_grid(panel)
    if ltas_db:
        yield draw_curve(panel, zip(LTAS_BANDS_HZ, ltas_db, strict=True), COLORS[0])
    yield draw_text(panel.left + panel.width, panel.top + panel.height + 34, "Hz", "s", "end")


def _draw_stereo(each: "FileMeasurement") -> Iterator[str]:
    """Yield the figures that no curve shows."""
    m = each.measurement
    yield draw_text(676, 374, "Stereo and edges", "t")
    shown = [
        ("correlation", m.correlation, "{:.2f}"),
        ("correlation below 120 Hz", m.low_correlation, "{:.2f}"),
        ("side to mid", m.side_to_mid_db, "{:.1f} dB"),
        ("silence at the beginning", m.head_silence_seconds, "{:.2f} s"),
        ("silence at the end", m.tail_silence_seconds, "{:.2f} s"),
        ("click at the beginning", m.head_click_dbfs, "{:.1f} dBFS"),
        ("click at the end", m.tail_click_dbfs, "{:.1f} dBFS"),
    ]
    for row, (label, value, form) in enumerate(shown):
        y = 400 + 20 * row
        yield draw_text(676, y, label)
        yield draw_text(976, y, "-" if value is None else form.format(value), "", "end")


def _over_time(
    panel: Panel, levels: Sequence[float], step_seconds: float, shift_seconds: float, color: str, width: float
) -> str:
    points = ((index * step_seconds + shift_seconds, level) for index, level in thin_out(levels, _MOST_POINTS))
    return draw_curve(panel, points, color, width)


def _time_axis(seconds: float) -> Axis:
    return Axis(0.0, max(seconds, 0.1), clock_ticks(seconds))


def _level_axis(low: float, high: float) -> Axis:
    return Axis(low, high, [(level, f"{level:g}") for level in even_ticks(low, high, 6)])


def _offset(offset: float) -> str:
    """Return an offset in dBFS; below what 24 bits can tell it is none."""
    return f"{linear_to_db(abs(offset)):.1f} dBFS" if abs(offset) > db_to_linear(-144.0) else "none"

"""The pieces that a chart is drawn from, as SVG: panels with axes, curves, legends. No library, no script, no font."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Colours that people with any colour vision can tell apart (Okabe and Ito, 2008)."""

INK, GRID = "#333333", "#dddddd"

Ticks = Sequence[tuple[float, str]]
Points = Iterable[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Axis:
    """A range of values, and those that are labelled. A logarithmic one is above 0."""

    low: float
    high: float
    ticks: Ticks = ()
    logarithmic: bool = False

    def share(self, value: float) -> float:
        """Return where a value lies: 0 at the low end, 1 at the high one; what is outside lies at its end."""
        low, high, value = (math.log(v) if self.logarithmic else v for v in (self.low, self.high, self._within(value)))
        return (value - low) / (high - low)

    def _within(self, value: float) -> float:
        least, most = min(self.low, self.high), max(self.low, self.high)
        return max(least, min(most, value))


@dataclass(frozen=True, slots=True)
class Panel:
    """A rectangle of pixels with an axis on each side; `y_axis` runs upwards."""

    left: float
    top: float
    width: float
    height: float
    x_axis: Axis
    y_axis: Axis

    def x(self, value: float) -> float:
        """Return the pixel of a value, from the left edge of the chart."""
        return self.left + self.width * self.x_axis.share(value)

    def y(self, value: float) -> float:
        """Return the pixel of a value, from the top edge of the chart."""
        return self.top + self.height * (1.0 - self.y_axis.share(value))


def draw_chart(width: int, height: int, title: str, pieces: Iterable[str]) -> str:
    """Return a whole SVG file; the title is what is read aloud in its place."""
    style = "text{font:13px system-ui,sans-serif;fill:" + INK + "} .t{font-weight:600} .s{font-size:11px}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    about = f"<title>{escape(title)}</title><style>{style}</style>"
    return "\n".join([head, about, f'<rect width="{width}" height="{height}" fill="white"/>', *pieces, "</svg>", ""])


def draw_grid(panel: Panel) -> Iterator[str]:
    """Yield a line and a label for each tick of both axes."""
    right, bottom = panel.left + panel.width, panel.top + panel.height
    for value, label in panel.y_axis.ticks:
        yield draw_line(panel.left, panel.y(value), right, panel.y(value))
        yield draw_text(panel.left - 6, panel.y(value) + 4, label, "s", "end")
    for value, label in panel.x_axis.ticks:
        yield draw_line(panel.x(value), panel.top, panel.x(value), bottom)
        yield draw_text(panel.x(value), bottom + 18, label, "s", "middle")


def draw_curve(panel: Panel, points: Points, color: str, width: float = 2.0) -> str:
    """Return a line through points, in the order of their x."""
    path = " ".join(f"{panel.x(x):.1f},{panel.y(y):.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="{width:g}" stroke-linejoin="round"/>'


def draw_area(panel: Panel, points: Points, color: str) -> str:
    """Return the area between points and the bottom of the panel."""
    placed = [(panel.x(x), panel.y(y)) for x, y in points]
    bottom = panel.top + panel.height
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in [(placed[0][0], bottom), *placed, (placed[-1][0], bottom)])
    return f'<polygon points="{path}" fill="{color}" fill-opacity="0.35"/>'


def draw_level(panel: Panel, value: float, color: str) -> str:
    """Return a dashed line across the panel at a value."""
    y, right = panel.y(value), panel.left + panel.width
    return (
        f'<line x1="{panel.left:.1f}" y1="{y:.1f}" x2="{right:.1f}" y2="{y:.1f}" stroke="{color}" stroke-width="1.5"'
        ' stroke-dasharray="6 4"/>'
    )


def draw_legend(left: float, top: float, entries: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a short line in its colour and a name for each (name, colour), in a row."""
    for name, color in entries:
        yield draw_line(left, top - 4, left + 16, top - 4, color, 2.5)
        yield draw_text(left + 21, top, name, "s")
        left += 38 + 6.2 * len(name)


def draw_text(x: float, y: float, text: str, style: str = "", anchor: str = "start") -> str:
    """Return a text whose baseline starts (or has its middle or end) there. Styles: t is a title, s is small."""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{style}" text-anchor="{anchor}">{escape(text)}</text>'


def draw_line(x1: float, y1: float, x2: float, y2: float, color: str = GRID, width: float = 1.0) -> str:
    """Return a straight line between two pixels."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}" stroke-width="{width}"/>'


def draw_dot(x: float, y: float, fill: str, stroke: str) -> str:
    """Return a dot around a pixel."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{fill}" stroke="{stroke}" stroke-width="2.5"/>'


def even_ticks(low: float, high: float, at_most: int) -> list[float]:
    """Return multiples of 1, 2 or 5 times a power of ten within a range, as many as allowed."""
    size = 10.0 ** math.floor(math.log10((high - low) / at_most))
    step = next(size * factor for factor in (1, 2, 5, 10) if (high - low) / (size * factor) <= at_most)
    return [round(number * step, 9) for number in range(math.ceil(low / step), math.floor(high / step) + 1)]


def clock_ticks(seconds: float, at_most: int = 8) -> list[tuple[float, str]]:
    """Return times from 0 on with their names, `1:30`, at whole steps that people count in."""
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
    step = next((each for each in steps if seconds / each <= at_most), 3600 * math.ceil(seconds / 3600 / at_most))
    return [(float(at), f"{at // 60}:{at % 60:02}") for at in range(0, math.floor(seconds) + 1, step)]


def thin_out(values: Sequence[float], at_most: int) -> list[tuple[float, float]]:
    """Return (index, value) pairs, no more than that many: the highest of each stretch, at its middle."""
    count = min(len(values), at_most)
    edges = [round(number * len(values) / count) for number in range(count + 1)] if count else [0]
    return [((start + stop - 1) / 2.0, max(values[start:stop])) for start, stop in pairwise(edges)]

"""Draws how the songs of a rendered album came together, as docs/borrowed-weather.svg shows it, from the figures in the
store: `.venv/bin/python ci/draw_picture.py ALBUM [STORE] > PICTURE.svg`."""

import math
import sys
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from farm.cli.options import store_url
from farm.measure.bands import LTAS_BANDS_HZ
from farm.plan.song import master_id
from farm.records import Measurement, measurement_from
from farm.render import Selection, plan_album

WIDTH, HEIGHT = 960, 330
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
LOW_HZ, HIGH_HZ = 60.0, 12000.0
TONE_RANGE_DB = (-24.0, 16.0)
INK, GRID = "#333333", "#dddddd"


class Song(NamedTuple):
    title: str
    color: str
    master: Measurement
    finished: Measurement


class Panel(NamedTuple):
    """A rectangle with a range of values on each axis."""

    left: float
    width: float
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    top: float = 62.0
    height: float = 210.0

    def x(self, value: float) -> float:
        low, high = self.x_range
        return self.left + self.width * (value - low) / (high - low)

    def y(self, value: float) -> float:
        low, high = self.y_range
        return self.top + self.height * (high - value) / (high - low)


def main() -> None:
    album, *store = sys.argv[1:]
    songs = _load_songs(Path(album), store_url(store[0] if store else None))
    sys.stdout.write("\n".join(_picture(songs)) + "\n")


def _load_songs(album: Path, store: str) -> list[Song]:
    planned = plan_album(Selection(album, store))
    records = {each.node.id: each.record for each in planned.nodes if each.record}
    if len(records) < len(planned.nodes):
        sys.exit("the album is not rendered in this store: farm render it first")

    def measured(node_id: str) -> Measurement:
        return measurement_from(records[node_id].facts["measurement"])

    return [
        Song(
            song.title,
            COLORS[song.number % len(COLORS) - 1],
            measured(master_id(song.number)),
            measured(planned.plan.finishes[song.number]),
        )
        for song in planned.songs
    ]


def _picture(songs: Sequence[Song]) -> Iterator[str]:
    style = "text{font:13px system-ui,sans-serif;fill:" + INK + "} .t{font-weight:600} .s{font-size:11px}"
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
    yield f"<title>Loudness and tone of the songs before and after matching</title><style>{style}</style>"
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
    yield from _loudness(songs)
    for title, left, curves in (
        ("Tone of the masters", 390, [each.master for each in songs]),
        ("Tone as delivered", 685, [each.finished for each in songs]),
    ):
        yield from _tone(title, left, curves, [each.color for each in songs])
    yield "</svg>"


def _loudness(songs: Sequence[Song]) -> Iterator[str]:
    levels = [lufs for song in songs for each in song[2:] if (lufs := each.integrated_lufs) is not None]
    panel = Panel(20, 310, (math.floor(min(levels)) - 1.0, math.ceil(max(levels)) + 1.0), (len(songs), 0.0))
    yield _text(panel.left, 24, "Loudness in LUFS", "t")
    yield _text(panel.left, 42, "hollow: master, filled: as delivered", "s")
    for lufs in range(int(panel.x_range[0]) + 1, int(panel.x_range[1]), 2):
        yield _line(panel.x(lufs), panel.top, panel.x(lufs), panel.top + panel.height)
        yield _text(panel.x(lufs), panel.top + panel.height + 18, f"{lufs}", "s", "middle")
    for row, song in enumerate(songs):
        y = panel.y(row + 0.65)
        before, after = song.master.integrated_lufs, song.finished.integrated_lufs
        if before is None or after is None:
            continue
        yield _text(panel.left, panel.y(row + 0.3), song.title)
        yield _line(panel.x(before), y, panel.x(after), y, song.color, 2.5)
        yield _dot(panel.x(before), y, "white", song.color)
        yield _dot(panel.x(after), y, song.color, song.color)
        for x, lufs in ((panel.x(before), before), (panel.x(after), after)):
            yield _text(x, y + 20, f"{lufs:.1f}", "s", "middle")


def _tone(title: str, left: float, measured: Sequence[Measurement], colors: Sequence[str]) -> Iterator[str]:
    panel = Panel(left, 255, (math.log10(LOW_HZ), math.log10(HIGH_HZ)), TONE_RANGE_DB)
    yield _text(left, 24, title, "t")
    yield _text(left, 42, "third octaves, dB around each song's mean", "s")
    for db in (-20, -10, 0, 10):
        yield _line(left, panel.y(db), left + panel.width, panel.y(db))
        yield _text(left - 6, panel.y(db) + 4, f"{db:+d}" if db else "0", "s", "end")
    for hz, name in ((100, "100 Hz"), (1000, "1 kHz"), (10000, "10 kHz")):
        yield _line(panel.x(math.log10(hz)), panel.top, panel.x(math.log10(hz)), panel.top + panel.height)
        yield _text(panel.x(math.log10(hz)), panel.top + panel.height + 18, name, "s", "middle")
    for each, color in zip(measured, colors, strict=True):
        points = " ".join(f"{panel.x(math.log10(hz)):.1f},{panel.y(db):.1f}" for hz, db in _curve(each.ltas_db))
        yield f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2" stroke-linejoin="round"/>'


def _curve(ltas_db: Sequence[float]) -> list[tuple[float, float]]:
    inside = [(hz, db) for hz, db in zip(LTAS_BANDS_HZ, ltas_db, strict=True) if LOW_HZ <= hz <= HIGH_HZ]
    mean = fmean(db for _, db in inside)
    lowest, highest = TONE_RANGE_DB
    return [(hz, max(lowest, min(highest, db - mean))) for hz, db in inside]


def _text(x: float, y: float, text: str, style: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{style}" text-anchor="{anchor}">{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, color: str = GRID, width: float = 1.0) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}" stroke-width="{width}"/>'


def _dot(x: float, y: float, fill: str, stroke: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{fill}" stroke="{stroke}" stroke-width="2.5"/>'


if __name__ == "__main__":
    main()

"""Draws how the songs of a rendered album came together, as docs/borrowed-weather.svg shows it, from the figures in the
store: `.venv/bin/python ci/draw_picture.py ALBUM [STORE] > PICTURE.svg`."""

import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from farm.cli.options import store_url
from farm.graph.task import Made
from farm.measure.bands import LTAS_BANDS_HZ
from farm.plan.song import master_id
from farm.records import Measurement, measurement_from
from farm.render import Selection, plan_album
from farm.report.chart import (
    COLORS,
    Axis,
    Panel,
    draw_chart,
    draw_curve,
    draw_dot,
    draw_grid,
    draw_line,
    draw_text,
)
from farm.report.judgement import finished_measurement

WIDTH, HEIGHT = 960, 330
TOP, PANEL_HEIGHT = 62.0, 210.0
LOW_HZ, HIGH_HZ = 60.0, 12000.0
TONE_RANGE_DB = (-24.0, 16.0)


class Song(NamedTuple):
    title: str
    color: str
    master: Measurement
    finished: Measurement


def main() -> None:
    album, *store = sys.argv[1:]
    songs = _load_songs(Path(album), store_url(store[0] if store else None))
    title = "Loudness and tone of the songs before and after matching"
    sys.stdout.write(draw_chart(WIDTH, HEIGHT, title, _pieces(songs)))


def _load_songs(album: Path, store: str) -> list[Song]:
    planned = plan_album(Selection(album, store))
    records = {each.node.id: each.record for each in planned.nodes if each.record}
    if len(records) < len(planned.nodes):
        sys.exit("the album is not rendered in this store: farm render it first")

    results = {node_id: Made(record, reused=True) for node_id, record in records.items()}
    songs = []
    for song in planned.songs:
        master = measurement_from(records[master_id(song.number)].facts["measurement"])
        finished = finished_measurement(song, results)
        assert finished is not None
        songs.append(Song(song.title, COLORS[song.number % len(COLORS) - 1], master, finished))
    return songs


def _pieces(songs: Sequence[Song]) -> Iterator[str]:
    yield from _loudness(songs)
    for title, left, curves in (
        ("Tone of the masters", 390, [each.master for each in songs]),
        ("Tone as delivered", 685, [each.finished for each in songs]),
    ):
        yield from _tone(title, left, curves, [each.color for each in songs])


def _loudness(songs: Sequence[Song]) -> Iterator[str]:
    levels = [lufs for song in songs for each in song[2:] if (lufs := each.integrated_lufs) is not None]
    low, high = math.floor(min(levels)) - 1, math.ceil(max(levels)) + 1
    ticks = [(float(lufs), f"{lufs}") for lufs in range(low + 1, high, 2)]
    panel = Panel(20, TOP, 310, PANEL_HEIGHT, Axis(low, high, ticks), Axis(len(songs), 0.0))
    yield draw_text(panel.left, 24, "Loudness in LUFS", "t")
    yield draw_text(panel.left, 42, "hollow: master, filled: as delivered", "s")
    yield from draw_grid(panel)
    for row, song in enumerate(songs):
        y = panel.y(row + 0.65)
        before, after = song.master.integrated_lufs, song.finished.integrated_lufs
        if before is None or after is None:
            continue
        yield draw_text(panel.left, panel.y(row + 0.3), song.title)
        yield draw_line(panel.x(before), y, panel.x(after), y, song.color, 2.5)
        yield draw_dot(panel.x(before), y, "white", song.color)
        yield draw_dot(panel.x(after), y, song.color, song.color)
        for x, lufs in ((panel.x(before), before), (panel.x(after), after)):
            yield draw_text(x, y + 20, f"{lufs:.1f}", "s", "middle")


def _tone(title: str, left: float, measured: Sequence[Measurement], colors: Sequence[str]) -> Iterator[str]:
    names = [(100.0, "100 Hz"), (1000.0, "1 kHz"), (10000.0, "10 kHz")]
    levels = [(float(db), f"{db:+d}" if db else "0") for db in (-20, -10, 0, 10)]
    panel = Panel(
        left, TOP, 255, PANEL_HEIGHT, Axis(LOW_HZ, HIGH_HZ, names, logarithmic=True), Axis(*TONE_RANGE_DB, levels)
    )
    yield draw_text(left, 24, title, "t")
    yield draw_text(left, 42, "third octaves, dB around each song's mean", "s")
    yield from draw_grid(panel)
    for each, color in zip(measured, colors, strict=True):
        yield draw_curve(panel, _curve(each.ltas_db), color)


def _curve(ltas_db: Sequence[float]) -> list[tuple[float, float]]:
    inside = [(hz, db) for hz, db in zip(LTAS_BANDS_HZ, ltas_db, strict=True) if LOW_HZ <= hz <= HIGH_HZ]
    mean = fmean(db for _, db in inside)
    return [(hz, db - mean) for hz, db in inside]


if __name__ == "__main__":
    main()

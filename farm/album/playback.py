"""Playback as people have it: a phone, a car, a club; typical curves with their sources, from a data file."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import numpy as np

from farm.measure.bands import LTAS_BANDS_HZ


@dataclass(frozen=True, slots=True)
class Playback:
    """What a device and its place do to a record.

    `response_db` holds a gain for each band of LTAS_BANDS_HZ; `noise_db` the noise of the place in each, relative to
    the K-weighted level that the record is played at, () for none. Below `mono_below_hz` left and right become one:
    nowhere if 0, everywhere if infinite. In `range_hz` tone is compared. `where` is how a sentence calls it.
    """

    where: str
    mono_below_hz: float
    range_hz: tuple[float, float]
    response_db: tuple[float, ...]
    source: str
    noise_db: tuple[float, ...] = ()
    note: str | None = None


@cache
def load_playbacks() -> Mapping[str, Playback]:
    """Return all models by name, in the order of the data file."""
    text = files("farm").joinpath("data/playback.toml").read_text("utf-8")
    return MappingProxyType({name: _playback(table) for name, table in tomllib.loads(text).items()})


def _playback(table: Mapping[str, Any]) -> Playback:
    low_hz, high_hz = table["range_hz"]
    curves = {key: _at_bands(table[key]) for key in ("response_db", "noise_db") if key in table}
    return Playback(**{**table, **curves, "range_hz": (float(low_hz), float(high_hz))})


def _at_bands(points: Sequence[tuple[float, float]]) -> tuple[float, ...]:
    """Return a curve of points, Hz and dB, at the middle of each band."""
    points_hz, points_db = zip(*points, strict=True)
    levels_db = np.interp(np.log(LTAS_BANDS_HZ), np.log(points_hz), points_db)
    return tuple(float(level_db) for level_db in levels_db)

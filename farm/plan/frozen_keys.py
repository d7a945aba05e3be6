"""What can stand in a file of frozen trims, and where one does not fit."""

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from farm.codes import parse_isrc
from farm.manifest.diagnostics import Loc, Problem, suggest
from farm.measure.bands import LTAS_BANDS_HZ

SCHEMA = 1
MEASURES = ("integrated", "short-term")

_Check = Callable[[Loc, Any], Iterator[Problem]]


def check_frozen_keys(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with a file's keys and values, whatever songs the album has."""
    yield from _check_table((), data, _FILE, ("schema", "song"))
    songs = data.get("song")
    if isinstance(songs, list):
        for place, table in enumerate(songs):
            loc = ("song", place)
            if isinstance(table, dict):
                yield from _check_table(loc, table, _SONG, ("title",))
            else:
                yield Problem(loc, "wrong-type", "song wants tables: [[song]] begins each")


def plain_isrc(text: Any) -> str | None:
    """Return the 12 characters of an ISRC, None if it is none."""
    try:
        return parse_isrc(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _check_table(
    loc: Loc, table: Mapping[str, Any], checks: Mapping[str, _Check], needed: tuple[str, ...]
) -> Iterator[Problem]:
    for key, value in table.items():
        if key in checks:
            yield from checks[key]((*loc, key), value)
        else:
            hint = suggest(key, checks, otherwise="its keys are")
            yield Problem((*loc, key), "unknown-key", f"there is no key {key!r} here", hint, at="key")
    for key in needed:
        if key not in table:
            yield Problem((*loc, key), "missing-key", f"the key {key!r} is missing")


def _schema(loc: Loc, value: Any) -> Iterator[Problem]:
    if value != SCHEMA or isinstance(value, bool):
        yield Problem(loc, "unknown-value", f"schema has to be {SCHEMA}, not {value!r}")


def _songs(loc: Loc, value: Any) -> Iterator[Problem]:
    if not isinstance(value, list):
        yield Problem(loc, "wrong-type", "song wants an array of tables", "[[song]] begins each")


def _text(loc: Loc, value: Any) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield Problem(loc, "wrong-type", f"{loc[-1]} wants a text in quotes, not {value!r}")


def _measure(loc: Loc, value: Any) -> Iterator[Problem]:
    if value not in MEASURES:
        yield Problem(loc, "unknown-value", f"goal_measure has to be one of {', '.join(MEASURES)}, not {value!r}")


def _isrc(loc: Loc, value: Any) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield from _text(loc, value)
    elif plain_isrc(value) is None:
        yield Problem(loc, "bad-isrc", f"{value!r} is not an ISRC")


def _number(loc: Loc, value: Any, *, low: float, high: float, unit: str = "") -> Iterator[Problem]:
    key = next(part for part in reversed(loc) if isinstance(part, str))
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield Problem(loc, "wrong-type", f"{key} wants a number, not {value!r}")
    elif not math.isfinite(value):
        yield Problem(loc, "not-finite", f"{key} has to be a finite number, not {value}")
    elif not low <= value <= high:
        message = f"{key} = {value} is outside its range: it reaches from {low:g} to {high:g}{unit}"
        yield Problem(loc, "out-of-range", message)


def _curve(loc: Loc, value: Any) -> Iterator[Problem]:
    if not isinstance(value, list):
        yield Problem(loc, "wrong-type", f"{loc[-1]} wants an array of numbers, not {value!r}")
        return
    if value and len(value) != len(LTAS_BANDS_HZ):
        code = "too-few" if len(value) < len(LTAS_BANDS_HZ) else "too-many"
        hint = "one for each third of an octave from 25 Hz to 20 kHz; leave the key out for a flat curve"
        yield Problem(loc, code, f"{loc[-1]} has {len(value)} numbers and needs {len(LTAS_BANDS_HZ)}", hint)
    for place, gain_db in enumerate(value):
        yield from _number((*loc, place), gain_db, low=-24.0, high=24.0, unit=" dB")


_LUFS = partial(_number, low=-120.0, high=40.0, unit=" LUFS")
"""As far as quiet masters and offsets can lead."""

_FILE: Mapping[str, _Check] = {"schema": _schema, "album_lufs": _LUFS, "song": _songs}
_SONG: Mapping[str, _Check] = {
    "title": _text,
    "version": _text,
    "isrc": _isrc,
    "goal_lufs": _LUFS,
    "goal_measure": _measure,
    "tone_db": _curve,
    "side_db": _curve,
    "range_factor": partial(_number, low=0.25, high=4.0),
    "ride_max_db": partial(_number, low=0.0, high=24.0, unit=" dB"),
}

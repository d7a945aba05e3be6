"""What moves in an album: each automation belongs to a parameter that can, and its points are read from their file."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from farm.manifest.automation import AutomatedTable, Automation, Point
from farm.manifest.diagnostics import Loc, Problem, suggest
from farm.manifest.document import Document
from farm.manifest.fields import bare_members, keys_of, range_of
from farm.manifest.files import expand_path, hint_missing
from farm.manifest.models import Manifest
from farm.manifest.moment import parse_moment
from farm.manifest.processors.base import ProcessorParams
from farm.manifest.table import Table

SWITCHES = ("mute", "bypass")
_MOST_BYTES = 8 * 1024**2


class CurveFileError(ValueError):
    """A line of a CSV file of points that cannot be used."""


def check_automation(manifest: Manifest, document: Document) -> Iterator[Problem]:
    """Yield the automation of what cannot move, out of its range, out of order, or without points."""
    still: list[Loc] = []
    for loc, table in tables_within(manifest, ()):
        if not isinstance(table, AutomatedTable):
            continue
        still += [(*loc, name) for name in table.fixed]
        rests = any(loc[: len(place)] == place for place in still)
        for index, automation in enumerate(table.automation):
            place = (*loc, "automation", index)
            yield from _refuse(automation, place) if rests else _check(table, automation, place, document)


def _refuse(automation: Automation, loc: Loc) -> Iterator[Problem]:
    message = f"{automation.of!r} cannot move: nothing of this processor can"
    yield Problem((*loc, "of"), "not-automatable", message, "automate its bypass, the fader or a send")


def resolve_files(value: Any, document: Document, loc: Loc = ()) -> Any:
    """Return a manifest, or any part of it, with the points of every automation in place of their file, and with the
    paths of its processors' files made absolute."""
    if isinstance(value, Automation):
        if value.file is None:
            return value
        points = load_points(expand_path(document.folder(loc), value.file))
        return value.model_copy(update={"file": None, "points": points})
    if isinstance(value, Table):
        found = {name: getattr(value, name) for name in value.model_fields_set}
        aliases = {name: field.alias or name for name, field in type(value).model_fields.items()}
        files = value.files if isinstance(value, ProcessorParams) else ()
        loaded = {name: resolve_files(each, document, (*loc, aliases[name])) for name, each in found.items()}
        loaded |= {name: expand_path(document.folder(loc), found[name]) for name in files if found.get(name)}
        changed = {name: each for name, each in loaded.items() if each is not found[name]}
        return value.model_copy(update=changed) if changed else value
    if isinstance(value, list):
        items = [resolve_files(item, document, (*loc, index)) for index, item in enumerate(value)]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    if isinstance(value, dict):
        tables = {key: resolve_files(item, document, (*loc, key)) for key, item in value.items()}
        return tables if any(tables[key] is not value[key] for key in value) else value
    return value


def tables_within(value: Any, loc: Loc) -> Iterator[tuple[Loc, Table]]:
    """Yield every table of a manifest with its place."""
    if isinstance(value, Table):
        yield loc, value
        for key, name in _written(value):
            yield from tables_within(getattr(value, name), (*loc, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from tables_within(item, (*loc, index))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from tables_within(item, (*loc, key))


def _written(table: Table) -> Iterator[tuple[str, str]]:
    for name, field in type(table).model_fields.items():
        yield field.alias or name, name


def movable_keys(table: type[AutomatedTable]) -> list[str]:
    """Return the keys of a table that can move: its numbers but those that are fixed, and its switches."""
    return [
        key
        for key, field in keys_of(table).items()
        if key not in table.fixed and (key in SWITCHES or float in bare_members(field.annotation))
    ]


def can_move(table: AutomatedTable, key: str) -> bool:
    """Return whether a key can be automated: one of the table's, or `parameters.NAME` of a plug-in."""
    first, _, name = key.partition(".")
    return key in movable_keys(type(table)) or bool(name and isinstance(getattr(table, first, None), dict))


def _check(table: AutomatedTable, automation: Automation, loc: Loc, document: Document) -> Iterator[Problem]:
    if not can_move(table, automation.of):
        message = f"{automation.of!r} is nothing that can move here"
        hint = suggest(automation.of, movable_keys(type(table)), otherwise="what can are")
        yield Problem((*loc, "of"), "not-automatable", message, hint)
        return
    points: Sequence[Point] = automation.points
    if bool(points) == (automation.file is not None):
        message = "an automation has either points or a file of them"
        yield Problem(loc, "points-or-file", message, "points = [{ at = 0, value = 0.0 }]")
        return
    if automation.file is not None:
        path = expand_path(document.folder(loc), automation.file)
        try:
            points = load_points(path)
        except FileNotFoundError:
            yield Problem((*loc, "file"), "curve-missing", f"there is no file {path}", hint_missing(path))
            return
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            yield Problem((*loc, "file"), "curve-unreadable", f"{path}: {reason}", "its columns are at, value, shape")
            return
    yield from _check_points(table, automation, points, loc)


def _check_points(
    table: AutomatedTable, automation: Automation, points: Sequence[Point], loc: Loc
) -> Iterator[Problem]:
    low, high = _range(table, automation.of)
    for index, point in enumerate(points):
        place = (*loc, "points", index) if automation.points else (*loc, "file")
        if (low is not None and point.value < low) or (high is not None and point.value > high):
            message = f"{automation.of} reaches from {low:g} to {high:g}, and this point has {point.value:g}"
            yield Problem((*place, "value") if automation.points else place, "out-of-range", message)
        before = points[index - 1].at if index else point.at
        if before.is_musical == point.at.is_musical and _order(before) > _order(point.at):
            message = "the points have to be in the order of time"
            yield Problem((*place, "at") if automation.points else place, "points-order", message)


def _range(table: AutomatedTable, key: str) -> tuple[float | None, float | None]:
    """Return the lowest and highest value of what moves; only a plug-in knows those of its parameters."""
    if key in SWITCHES:
        return 0.0, 1.0
    field = keys_of(type(table)).get(key)
    return range_of(field) if field else (None, None)


def _order(moment: Any) -> tuple[float, float, float]:
    return (moment.seconds or 0.0, moment.bar, moment.beat)


def load_points(path: Path) -> list[Point]:
    """Return the points of a CSV file: `at, value` and perhaps `shape`, a first line of names, # before remarks.

    Raises OSError when it cannot be read, CurveFileError (a ValueError) for a line that cannot be used.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise CurveFileError(f"the file is larger than {_MOST_BYTES // 1024**2} MiB")
    text = path.read_text(encoding="utf-8-sig")
    points = []
    for number, row in enumerate(csv.reader(text.splitlines()), start=1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or cells[0].startswith("#") or cells[:2] == ["at", "value"]:
            continue
        try:
            points.append(_point(cells))
        except (ValueError, PydanticCustomError) as error:
            raise CurveFileError(f"line {number}: {_reason(error)}") from None
    if not points:
        raise CurveFileError("the file holds no point")
    return points


def _point(cells: Sequence[str]) -> Point:
    if not 2 <= len(cells) <= 3:
        raise CurveFileError(f"at, value and perhaps shape are wanted, there are {len(cells)} cells")
    at, value = cells[0], cells[1]
    moment = parse_moment(at if ":" in at else _number(at, "at"))
    shape = {"shape": cells[2]} if cells[2:] and cells[2] else {}
    return Point.model_validate({"at": moment, "value": _number(value, "value"), **shape})


def _number(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise CurveFileError(f"{name} is no number: {text!r}") from None


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return f"{first['loc'][-1] if first['loc'] else 'the line'}: {first['msg']}"
    return str(error)

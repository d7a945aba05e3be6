"""What pydantic finds wrong with a manifest, told in the manifest's words."""

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from farm.manifest.diagnostics import CODES, Problem, suggest
from farm.manifest.fields import Place, find_place, keys_of, range_of, tags_of
from farm.manifest.models import Manifest
from farm.manifest.processors.registry import PROCESSORS
from farm.manifest.table import Table

_UNITS = {
    "db_oct": "dB/oct",
    "db": "dB",
    "dbtp": "dBTP",
    "lufs": "LUFS",
    "hz": "Hz",
    "ms": "ms",
    "seconds": "s",
    "kbps": "kbit/s",
}
_WANTED = {
    "float_type": "a number",
    "int_type": "a whole number",
    "string_type": "a text in quotes",
    "bool_type": "true or false",
    "list_type": "an array",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}


@dataclass(frozen=True, slots=True)
class _Fault:
    """One pydantic error at its place."""

    place: Place
    key: str
    value: Any
    details: ErrorDetails

    def problem(self, code: str, message: str, hint: str | None = None) -> Problem:
        return Problem(self.place.loc, code, message, hint)


def find_schema_problems(data: Mapping[str, Any], unreadable: frozenset[int]) -> tuple[Manifest | None, list[Problem]]:
    """Return the manifest if its data fits the models, else what does not fit; songs `unreadable` are passed over."""
    try:
        return Manifest.model_validate(dict(data)), []
    except ValidationError as error:
        details = error.errors(include_url=False)
    faults = [_fault(each) for each in details]
    problems = [
        _translate(fault)
        for fault in faults
        if not (fault.place.loc[:1] == ("song",) and len(fault.place.loc) > 1 and fault.place.loc[1] in unreadable)
    ]
    return None, _without_misspelt(problems)


def _fault(details: ErrorDetails) -> _Fault:
    place = find_place(details["loc"])
    key = next((part for part in reversed(place.loc) if isinstance(part, str)), "the file")
    return _Fault(place, key, details["input"], details)


def _translate(fault: _Fault) -> Problem:
    kind = fault.details["type"]
    if kind in CODES:
        return fault.problem(kind, fault.details["msg"], _CUSTOM_HINTS.get(kind))
    handler = _wrong_type if kind in _WANTED else _HANDLERS.get(kind)
    return handler(fault) if handler else fault.problem("wrong-type", f"{fault.key}: {fault.details['msg']}")


def _without_misspelt(problems: list[Problem]) -> list[Problem]:
    """Leave out missing keys whose misspelt form has been found in the same table."""
    misspelt = {
        (problem.loc[:-1], problem.hint) for problem in problems if problem.code == "unknown-key" and problem.hint
    }
    return [
        problem
        for problem in problems
        if not (problem.code == "missing-key" and (problem.loc[:-1], f"did you mean {problem.loc[-1]!r}?") in misspelt)
    ]


def _unknown_key(fault: _Fault) -> Problem:
    table = fault.place.table or Manifest
    hint = suggest(fault.key, keys_of(table), otherwise="its keys are")
    message = f"{noun_of(table)} has no key {_shown(fault.key)}"
    return Problem(fault.place.loc, "unknown-key", message, hint, at="key")


def _missing_key(fault: _Fault) -> Problem:
    table, field = fault.place.table or Manifest, fault.place.field
    description = field.description if field else None
    hint = f"{fault.key}: {description}" if description else None
    return fault.problem("missing-key", f"{noun_of(table)} needs the key {fault.key!r}", hint)


def _missing_tag(fault: _Fault) -> Problem:
    key = "type" if _chooses_processor(fault) else "kind"
    message = f"{'a processor' if key == 'type' else 'a band'} needs the key {key!r}"
    return Problem((*fault.place.loc, key), "missing-key", message, f"one of {', '.join(tags_of(fault.place.kind))}")


def _unknown_tag(fault: _Fault) -> Problem:
    if _chooses_processor(fault):
        key, code, what = "type", "unknown-processor", "there is no processor {}"
    else:
        key, code, what = "kind", "unknown-value", "there is no band of the kind {}"
    value = fault.value.get(key)
    loc, tags = (*fault.place.loc, key), tags_of(fault.place.kind)
    if not isinstance(value, str):
        return Problem(loc, "wrong-type", f"{key} wants a text in quotes, not {_kind_of(value)}")
    return Problem(loc, code, what.format(_shown(value)), suggest(value, tags, otherwise="there are"))


def _chooses_processor(fault: _Fault) -> bool:
    return tags_of(fault.place.kind)[:1] == tags_of(PROCESSORS[0])


def _unknown_value(fault: _Fault) -> Problem:
    choices = fault.place.choices()
    listed = ", ".join(_shown(choice) for choice in choices)
    unit = "" if all(isinstance(choice, str) for choice in choices) else _unit(fault.key)
    if isinstance(fault.value, str) and all(isinstance(choice, str) for choice in choices):
        hint = suggest(fault.value, choices)
    elif isinstance(fault.value, str) and fault.value in map(str, choices):
        hint = f"write it without quotes: {fault.key} = {fault.value}"
    else:
        hint = None
    wanted = f"is one of {listed}" if len(choices) > 1 else f"has to be {listed}"
    message = f"{fault.key} {wanted}{unit}, not {_shown(fault.value)}"
    return fault.problem("unknown-value", message, hint)


def _wrong_type(fault: _Fault) -> Problem:
    value, kind = fault.value, fault.details["type"]
    message = f"{fault.key} wants {_WANTED[kind]}, not {_kind_of(value)}"
    return fault.problem("wrong-type", message, _type_hint(fault.key, value, kind, fault.place))


def _type_hint(key: str, value: Any, kind: str, place: Place) -> str | None:
    header = ".".join(part for part in place.loc if isinstance(part, str))
    if isinstance(value, str) and kind in ("float_type", "int_type") and re.fullmatch(r"\s*[+-]?\d+(\.\d+)?\s*", value):
        return f"write it without quotes: {key} = {value.strip()}"
    if isinstance(value, str) and kind == "bool_type" and value.casefold() in ("true", "false"):
        return f"write it without quotes: {key} = {value.casefold()}"
    if kind == "int_type" and isinstance(value, float) and value.is_integer():
        return f"write it without a decimal point: {key} = {int(value)}"
    if kind == "string_type" and not isinstance(value, list | dict):
        return f'write it in quotes: {key} = "{_plain(value)}"'
    if kind == "list_type" and isinstance(value, dict):
        return f"[[{header}]] with two pairs of brackets begins one of several" if place.loc else None
    if kind == "list_type":
        return f"write it in brackets: {key} = [...]"
    if kind in ("dict_type", "model_type", "model_attributes_type") and isinstance(value, list):
        return f"[{header}] with one pair of brackets: there is only one"
    return None


def _out_of_range(fault: _Fault) -> Problem:
    low, high = range_of(fault.place.field) if fault.place.field else (None, None)
    unit = _unit(fault.key)
    side = "below" if fault.details["type"].startswith("greater") else "above"
    if low is not None and high is not None:
        exclusive = " (0 itself excluded)" if fault.details["type"] == "greater_than" else ""
        reach = f"it reaches from {low:g} to {high:g}{unit}{exclusive}"
    else:
        reach = fault.details["msg"]
    return fault.problem("out-of-range", f"{fault.key} = {_shown(fault.value)} is {side} its range: {reach}")


def _not_finite(fault: _Fault) -> Problem:
    return fault.problem("not-finite", f"{fault.key} has to be a finite number, not {_shown(fault.value)}")


def _too_few(fault: _Fault) -> Problem:
    least = fault.details["ctx"]["min_length"]
    entries = "one entry" if least == 1 else f"{least} entries"
    return fault.problem("too-few", f"{fault.key} needs at least {entries}")


def _too_many(fault: _Fault) -> Problem:
    most, given = fault.details["ctx"]["max_length"], fault.details["ctx"]["actual_length"]
    return fault.problem("too-many", f"{fault.key} takes {most} entries at most, not {given}")


_HANDLERS: Mapping[str, Callable[[_Fault], Problem]] = {
    "extra_forbidden": _unknown_key,
    "missing": _missing_key,
    "union_tag_not_found": _missing_tag,
    "union_tag_invalid": _unknown_tag,
    "literal_error": _unknown_value,
    "greater_than": _out_of_range,
    "greater_than_equal": _out_of_range,
    "less_than": _out_of_range,
    "less_than_equal": _out_of_range,
    "finite_number": _not_finite,
    "too_short": _too_few,
    "too_long": _too_many,
}
_CUSTOM_HINTS = {
    "bad-isrc": "leave isrc out while the recording has none",
    "bad-upc": "compare it with the one that the label or distributor gave",
    "bad-date": 'for example "2026-11-24"',
    "bad-language": 'for example "eng", or "zxx" for music without words',
    "bad-musicbrainz-id": "it is the last part of the page's address: eight, four, four, four and twelve digits",
    "bad-name-template": 'for example "{number:02} {title}.{ext}"',
}


def noun_of(table: type[Table]) -> str:
    """Return how a message calls a table: `strip`, `pass band`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", table.__name__).lower()


def _unit(key: str) -> str:
    ending = next((unit for unit in _UNITS if key == unit or key.endswith(f"_{unit}")), None)
    return f" {_UNITS[ending]}" if ending else ""


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return f"the truth value {_plain(value)}"
    names: tuple[tuple[type, str], ...] = (
        (int, "a whole number"),
        (float, "a number"),
        (str, "a text"),
        (dict, "a table"),
        (list, "an array"),
        (datetime.date, "a date"),
        (datetime.time, "a time"),
    )
    return next((name for kind, name in names if isinstance(value, kind)), type(value).__name__)


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown(value: Any) -> str:
    """Return a value for a message: short, and as TOML writes it."""
    if isinstance(value, list | dict):
        return _kind_of(value)
    text = repr(value) if isinstance(value, str) else _plain(value)
    return text if len(text) <= 60 else text[:56] + "...'"

"""What has changed between two descriptions of the same node, in words.

A description is JSON. Fields that are not part of a key bear an @ before their names: they name things for people, and
a change of them is none.
"""

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import PurePath
from typing import Any, Literal

from farm.plan.keys import KEY_SCHEMA, OPERATION_VERSIONS, library_versions
from farm.plan.node import Node

ChangeCode = Literal[
    "input-changed", "plug-in-changed", "parameter-changed", "processor-version-changed", "library-changed"
]
CHANGE_CODES: tuple[ChangeCode, ...] = (
    "input-changed",
    "plug-in-changed",
    "parameter-changed",
    "processor-version-changed",
    "library-changed",
)
"""From what people do to what the machine does: a node is told by the first of its changes."""

SpecPath = tuple[str | int, ...]
"""Fields and indices that lead to a place in a node's spec, ("strips", 0, "level", "gain_db")."""

_UNSAID = {"spec", "level", "place", "source", "params", "files", "inserts", "strips", "channels", "encode"}
"""Fields that group others and say nothing to people."""

_LONGEST = 40
"""Values that take more characters than this are not shown."""

_Json = Any


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was. `old` and `new` are None where they would say nothing, or it was not there;
    `path` leads to it in the new spec, () if it is not there."""

    code: ChangeCode
    where: str
    how: Literal["changed", "added", "removed"] = "changed"
    old: str | None = None
    new: str | None = None
    path: SpecPath = ()

    @property
    def text(self) -> str:
        """The change as people read it: strip 'kick': gain_db -3 -> -2.7."""
        if self.old is not None and self.new is not None:
            return f"{self.where} {self.old} -> {self.new}"
        return f"{self.where} has changed" if self.how == "changed" else f"{self.where} {self.how}"


def describe(node: Node) -> dict[str, _Json]:
    """Return what a node is made from, as far as it is its own: not what it reads of other nodes."""
    return {
        "schema": KEY_SCHEMA,
        "version": OPERATION_VERSIONS[node.kind],
        "libraries": library_versions(node.kind),
        "spec": _described(node.spec),
    }


def find_changes(kind: str, old: Mapping[str, _Json], new: Mapping[str, _Json]) -> tuple[Change, ...]:
    """Return what has changed between two descriptions of a node of that kind, in order of importance."""
    changes = list(_compare(old["spec"], new["spec"], _Place()))
    for name, version in new["libraries"].items():
        if (before := old["libraries"].get(name)) != version:
            changes.append(Change("library-changed", name, old=before or "none", new=version))
    for part, where in (("version", f"farm's version of {kind}"), ("schema", "farm's version of keys")):
        if old[part] != new[part]:
            changes.append(Change("processor-version-changed", where, old=str(old[part]), new=str(new[part])))
    return tuple(sorted(changes, key=lambda change: CHANGE_CODES.index(change.code)))


def _described(value: object) -> _Json:
    """Return a value as JSON, with an @ before the names of fields that are not part of a key."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            ("" if item.metadata.get("key", True) else "@") + item.name: _described(getattr(value, item.name))
            for item in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        return {str(key): _described(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_described(item) for item in value]
    return value


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one is: things as people call them, the fields within the last of them, and the path in the new spec."""

    things: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    path: SpecPath = ()

    def field(self, name: str) -> "_Place":
        said = self.fields if name in _UNSAID else (*self.fields, name)
        return replace(self, fields=said, path=(*self.path, name))

    def thing(self, name: str, index: int) -> "_Place":
        """Go to an entry of the list that the last field is."""
        return _Place((*self.things, name), (), (*self.path, index))

    @property
    def said(self) -> str:
        """The place in words, strip 'kick', eq, band 2: gain_db."""
        return ": ".join(filter(None, (", ".join(self.things), ".".join(self.fields))))


def _compare(old: _Json, new: _Json, at: _Place) -> Iterator[Change]:
    if _is_file(old) or _is_file(new):
        yield from _compare_files(old, new, at)
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in dict.fromkeys([*new, *old]):
            if not name.startswith("@"):
                yield from _compare(old.get(name), new.get(name), at.field(name))
    elif _holds_tables(old) and _holds_tables(new):
        yield from _compare_entries(old, new, at)
    elif old != new:
        yield _value_changed(old, new, at)


def _value_changed(old: _Json, new: _Json, at: _Place) -> Change:
    code: ChangeCode = "processor-version-changed" if at.path[-1] == "version" else "parameter-changed"
    if old is None and isinstance(new, Mapping):
        return Change(code, at.said, "added", path=at.path)
    if new is None and isinstance(old, Mapping):
        return Change(code, at.said, "removed", path=at.path)
    shown = _shown(old), _shown(new)
    return Change(code, at.said, "changed", *(shown if None not in shown else (None, None)), at.path)


def _is_file(value: _Json) -> bool:
    return isinstance(value, Mapping) and "@path" in value and "digest" in value


def _compare_files(old: _Json, new: _Json, at: _Place) -> Iterator[Change]:
    """A file is what it holds; one under another name was chosen, one under its own was written anew."""
    code: ChangeCode = "plug-in-changed" if at.path[-2:] == ("files", "plugin") else "input-changed"
    if not _is_file(old):
        yield Change(code, f"{_with_colon(at)}{_file_name(new)}", "added", path=at.path)
    elif not _is_file(new):
        yield Change(code, f"{_with_colon(at)}{_file_name(old)}", "removed", path=at.path)
    elif old["digest"] != new["digest"]:
        names = _file_name(old), _file_name(new)
        if names[0] == names[1]:
            yield Change(code, f"{_with_colon(at)}{names[1]}", path=at.path)
        else:
            yield Change(code, at.said, "changed", *names, at.path)


def _with_colon(at: _Place) -> str:
    things = ", ".join(at.things)
    return f"{things}: " if things else ""


def _file_name(file: Mapping[str, _Json]) -> str:
    return PurePath(file["@path"]).name


def _holds_tables(value: _Json) -> bool:
    return isinstance(value, list) and all(isinstance(item, Mapping) for item in value)


def _compare_entries(old: Sequence[_Json], new: Sequence[_Json], at: _Place) -> Iterator[Change]:
    """Compare lists of tables: those of the same name or type belong together, else those at the same place."""
    matcher = SequenceMatcher(None, [_mark(item) for item in old], [_mark(item) for item in new], autojunk=False)
    for _, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        pairs = min(old_to - old_from, new_to - new_from)
        if any(_is_other(old[old_from + step], new[new_from + step]) for step in range(pairs)):
            pairs = 0
        for step in range(pairs):
            place = at.thing(_called(new, new_from + step, at), new_from + step)
            yield from _compare(old[old_from + step], new[new_from + step], place)
        for index in range(old_from + pairs, old_to):
            yield Change("parameter-changed", at.thing(_called(old, index, at), index).said, "removed")
        for index in range(new_from + pairs, new_to):
            place = at.thing(_called(new, index, at), index)
            yield Change("parameter-changed", place.said, "added", path=place.path)


def _mark(item: Mapping[str, _Json]) -> str:
    return str(item.get("@name") or item.get("type") or "")


def _is_other(old: Mapping[str, _Json], new: Mapping[str, _Json]) -> bool:
    """Return whether two entries at the same place are different things: a renamed strip is not."""
    return "@name" not in new and _mark(old) != _mark(new)


def _called(items: Sequence[_Json], index: int, at: _Place) -> str:
    """Return what people call an entry: strip 'kick', eq, the second eq, band 2."""
    item, noun = items[index], str(at.path[-1]).split("_")[-1].removesuffix("s")
    if "@name" in item:
        return f"{noun} {item['@name']!r}"
    if "type" not in item:
        return f"{noun} {index + 1}"
    alike = [place for place, each in enumerate(items) if each.get("type") == item["type"]]
    return str(item["type"]) + (f" {alike.index(index) + 1}" if len(alike) > 1 else "")


def _shown(value: _Json) -> str | None:
    """Return a value as it is written in a manifest, None if it is too long for a line."""
    if value is None:
        return "none"
    text = f"{value:.10g}" if isinstance(value, float) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else None

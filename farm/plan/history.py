"""What the nodes of an album were last made from: for saying why one runs again."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import zip_longest
from typing import Any

from farm.plan.changes import describe
from farm.plan.keys import read_digests
from farm.plan.node import Node, Plan
from farm.records import Record, canonical_json
from farm.store.local import LocalStore
from farm.store.notes import find_note, write_note

_FORM = 1
"""Of the note: one of another form is as good as none."""


class History:
    """The nodes of an album as they were last made, read when the first of them is asked for."""

    def __init__(self, store: LocalStore, album: str, solo: Sequence[str] = ()) -> None:
        """`album` is the path of the manifest; what is heard solo has a history of its own."""
        self._store, self.name = store, history_name(album, solo)

    def find(self, node: Node) -> "Past | None":
        """Return how a node was last made: the one that was called the same, else the one of the same id."""
        own = self._nodes.get(node.id)
        if own is None or own["label"] != node.label:
            own = self._by_label.get((node.kind, node.label), own)
        return Past(own) if own and own["kind"] == node.kind else None

    @cached_property
    def _nodes(self) -> Mapping[str, Mapping[str, Any]]:
        note = find_note(self._store, "history", self.name)
        known: Mapping[str, Mapping[str, Any]] = note["nodes"] if note and note["form"] == _FORM else {}
        return known

    @cached_property
    def _by_label(self) -> Mapping[tuple[str, str], Mapping[str, Any]]:
        return {(each["kind"], each["label"]): each for each in self._nodes.values()}

    def remember(self, plan: Plan, records: Mapping[str, Record], seconds: Mapping[str, float] | None = None) -> None:
        """Keep how the nodes with a record were made, and how long it took those in `seconds`; of others of the plan,
        what was known stays known."""
        took = seconds or {}
        made = {node.id: node for node in plan.nodes if node.id in records}
        if not took and all(self._is_known(node, records[node.id]) for node in made.values()):
            return
        known = {node.id: self._nodes[node.id] for node in plan.nodes if node.id in self._nodes}
        entries = {node_id: _entry(node, records, self._took(node, took)) for node_id, node in made.items()}
        note = {"form": _FORM, "title": plan.album, "nodes": known | entries}
        write_note(self._store, "history", self.name, note)

    def _took(self, node: Node, seconds: Mapping[str, float]) -> float | None:
        if node.id in seconds:
            return round(seconds[node.id], 3)
        past = self.find(node)
        return past.seconds if past else None

    def _is_known(self, node: Node, record: Record) -> bool:
        known = self._nodes.get(node.id)
        return known is not None and (known["key"], known["label"]) == (record.key, node.label)


class Past:
    """How a node was last made."""

    def __init__(self, entry: Mapping[str, Any]) -> None:
        self.key: str = entry["key"]
        self.parts: Mapping[str, Any] = entry["parts"]
        self.seconds: float | None = entry.get("seconds")
        """How long that took, None if it is not known."""
        self._reads: Sequence[str] = entry["reads"]

    def came_out_otherwise(self, node: Node, inputs: Sequence[Record | None]) -> list[str]:
        """Return the nodes of which something else is read than then."""
        reads = zip_longest(node.needs, read_digests(node, inputs), self._reads)
        return list(dict.fromkeys(need.node for need, now, then in reads if need and now != then))


def history_name(album: str, solo: Sequence[str] = ()) -> str:
    """Return the name that an album's history is kept under."""
    return canonical_json([album, sorted(solo)])


def keys_of(note: Mapping[str, Any]) -> list[str]:
    """Return the keys of all records that an album was last made of, from its note."""
    return [entry["key"] for entry in note["nodes"].values()] if note["form"] == _FORM else []


def _entry(node: Node, records: Mapping[str, Record], seconds: float | None) -> dict[str, Any]:
    return {
        "kind": node.kind,
        "label": node.label,
        "key": records[node.id].key,
        "parts": describe(node),
        "reads": read_digests(node, [records.get(need.node) for need in node.needs]),
        "seconds": seconds,
    }

"""What would happen to each node, and why."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from farm.plan.changes import Change, ChangeCode, describe, find_changes
from farm.plan.history import Past
from farm.plan.keys import content_key
from farm.plan.node import Node
from farm.records import Artifact, Record

Status = Literal["run", "reuse", "maybe"]
ReasonCode = Literal["first-run", ChangeCode, "artifact-missing", "forced", "upstream", "up-to-date"]

_MOST_NAMED = 3
"""How many changes, or nodes, are named in a reason."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a node has its status, from a closed list of codes; `detail` and `changes` are for people."""

    code: ReasonCode
    detail: str
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedNode:
    """A node with its status; `record` is set when it is reused."""

    node: Node
    status: Status
    reason: Reason
    record: Record | None = None


_FORCED = Reason("forced", "is to run although it may be up to date")


class Records(Protocol):
    """What planning asks of a store."""

    def find_record(self, key: str) -> Record | None: ...
    def has_blob(self, artifact: Artifact) -> bool: ...


class Pasts(Protocol):
    """What planning asks of an album's history."""

    def find(self, node: Node) -> Past | None: ...


class _NoHistory:
    def find(self, node: Node) -> Past | None:
        return None


def resolve_statuses(
    nodes: Sequence[Node],
    store: Records,
    history: Pasts | None = None,
    *,
    forced: Collection[str] = (),
    heard: Collection[str] = (),
) -> tuple[PlannedNode, ...]:
    """Return each node with what would happen to it; `nodes` are ordered so that needs come first.

    The nodes of the ids `forced` run in any case. A node whose audio is gone runs only if something that runs reads it,
    or it is delivered, or is one of those that are to be `heard`. What else depends on it is
    judged by its record: it comes out the same again.
    """
    known = _known_records(nodes, store, forced)
    gone = _missing(nodes, known, store, heard)
    told = history or _NoHistory()
    return tuple(
        PlannedNode(node, "run", _FORCED) if node.id in forced else _planned(node, known, gone, told) for node in nodes
    )


def needed_nodes(nodes: Sequence[Node], targets: Iterable[str]) -> tuple[Node, ...]:
    """Return the nodes that the targets need, themselves included, in their order."""
    wanted = set(targets)
    for node in reversed(nodes):
        if node.id in wanted:
            wanted.update(need.node for need in node.needs)
    return tuple(node for node in nodes if node.id in wanted)


def _known_records(nodes: Sequence[Node], store: Records, forced: Collection[str]) -> dict[str, Record]:
    """Return the records of nodes whose keys are known, as all that they read is; what is forced counts as unknown."""
    known: dict[str, Record] = {}
    for node in nodes:
        if node.id not in forced and all(need.node in known for need in node.needs):
            key = content_key(node, [known[need.node] for need in node.needs])
            if record := store.find_record(key):
                known[node.id] = record
    return known


def _missing(nodes: Sequence[Node], known: Mapping[str, Record], store: Records, heard: Collection[str]) -> set[str]:
    """Return the nodes with a record whose audio is needed and not there."""
    read = set(heard)
    missing = set()
    for node in reversed(nodes):
        record = known.get(node.id)
        if record and not all(map(store.has_blob, _wanted(record, node.id in read))):
            missing.add(node.id)
        if not record or node.id in missing:
            read.update(need.node for need in node.needs if need.facet.startswith("outputs"))
    return missing


def _wanted(record: Record, is_read: bool) -> list[Artifact]:
    """Return the outputs that must be there: all if something reads them, else the files, which are delivered."""
    return [artifact for artifact in record.outputs.values() if is_read or not artifact.rate_hz]


def _planned(node: Node, known: Mapping[str, Record], gone: set[str], history: Pasts) -> PlannedNode:
    if node.id in gone:
        return PlannedNode(node, "run", Reason("artifact-missing", "was made before, but its audio is gone"))
    if record := known.get(node.id):
        return PlannedNode(node, "reuse", Reason("up-to-date", "nothing it depends on has changed"), record)
    waiting = [need.node for need in node.needs if need.node not in known]
    inputs = [known.get(need.node) for need in node.needs]
    return PlannedNode(node, "maybe" if waiting else "run", _reason(node, waiting, inputs, history.find(node)))


def _reason(node: Node, waiting: Sequence[str], inputs: Sequence[Record | None], past: Past | None) -> Reason:
    """Return why a node runs that has no record, or may run."""
    if past is None:
        return Reason("first-run", "has not been made before")
    if changes := find_changes(node.kind, past.parts, describe(node)):
        return Reason(changes[0].code, _listed([change.text for change in changes], "; "), changes)
    if waiting:
        return Reason("upstream", f"depends on what {_listed(list(dict.fromkeys(waiting)))} leaves")
    if others := past.came_out_otherwise(node, inputs):
        return Reason("upstream", f"{_listed(others)} came out otherwise")
    return Reason("artifact-missing", "was made before, but is not in the store any more")


def _listed(texts: Sequence[str], separator: str = ", ") -> str:
    more = len(texts) - _MOST_NAMED
    return separator.join(texts[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")

"""What would happen to each node, and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from farm.plan.keys import content_key
from farm.plan.node import Node
from farm.records import Record

Status = Literal["run", "reuse", "maybe"]
ReasonCode = Literal["up-to-date", "not-made-yet", "artifact-missing", "upstream", "forced"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a node has its status, from a closed list of codes; `detail` is for people."""

    code: ReasonCode
    detail: str


@dataclass(frozen=True, slots=True)
class PlannedNode:
    """A node with its status; `record` is set when it is reused."""

    node: Node
    status: Status
    reason: Reason
    record: Record | None = None


class Records(Protocol):
    """What planning asks of a store."""

    def find_record(self, key: str) -> Record | None: ...
    def find_complete(self, key: str) -> Record | None: ...


def resolve_statuses(nodes: Sequence[Node], store: Records) -> tuple[PlannedNode, ...]:
    """Return each node with what would happen to it; `nodes` are ordered so that needs come first."""
    planned: dict[str, PlannedNode] = {}
    for node in nodes:
        planned[node.id] = _resolve(node, planned, store)
    return tuple(planned.values())


def needed_nodes(nodes: Sequence[Node], targets: Iterable[str]) -> tuple[Node, ...]:
    """Return the nodes that the targets need, themselves included, in their order."""
    wanted = set(targets)
    for node in reversed(nodes):
        if node.id in wanted:
            wanted.update(need.node for need in node.needs)
    return tuple(node for node in nodes if node.id in wanted)


def _resolve(node: Node, planned: Mapping[str, PlannedNode], store: Records) -> PlannedNode:
    waiting = [need.node for need in node.needs if planned[need.node].record is None]
    if waiting:
        more = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
        return PlannedNode(node, "maybe", Reason("upstream", f"depends on what {waiting[0]}{more} leaves"))
    key = content_key(node, [planned[need.node].record for need in node.needs])
    if record := store.find_complete(key):
        return PlannedNode(node, "reuse", Reason("up-to-date", "nothing it depends on has changed"), record)
    if store.find_record(key):
        return PlannedNode(node, "run", Reason("artifact-missing", "was made before, but its audio is gone"))
    return PlannedNode(node, "run", Reason("not-made-yet", "has not been made from these inputs and settings"))

"""How long a render will take, by how long its tasks took the last time."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean

from farm.plan.history import History
from farm.plan.node import Node
from farm.plan.spec import GroupSpec
from farm.plan.status import PlannedNode


def last_seconds(nodes: Sequence[Node], history: History) -> dict[str, float]:
    """Return how long each node took when it was last made, by its id, as far as that is known."""
    pasts = {node.id: history.find(node) for node in nodes}
    return {node_id: past.seconds for node_id, past in pasts.items() if past and past.seconds is not None}


def estimate_seconds(planned: Sequence[PlannedNode], seconds: Mapping[str, float], workers: int) -> float | None:
    """Return about how long the nodes take that are likely to run, so many at a time; `seconds` are those of last time.

    A node that was never made takes as long as those of its kind did, a group by its strips. None if nothing is known
    of a kind.
    """
    likely = _likely_nodes(planned)
    usual = _usual_seconds([each.node for each in planned], seconds)
    if any(node.id not in seconds and node.kind not in usual for node in likely):
        return None
    takes = {node.id: seconds[node.id] if node.id in seconds else usual[node.kind] * _size(node) for node in likely}
    return max(sum(takes.values()) / workers, _longest_chain(likely, takes))


def _likely_nodes(planned: Sequence[PlannedNode]) -> list[Node]:
    """Return the nodes that run, and those that read what comes out otherwise: a match that only may run mostly hands
    out what it handed out before."""
    likely: dict[str, bool] = {}
    """Whether what a node leaves is likely another, for each that is likely to run."""
    for each in planned:
        if each.status == "run" or (each.status == "maybe" and any(likely.get(need.node) for need in each.node.needs)):
            likely[each.node.id] = each.node.kind != "match" or each.status == "run"
    return [each.node for each in planned if each.node.id in likely]


def _usual_seconds(nodes: Sequence[Node], seconds: Mapping[str, float]) -> dict[str, float]:
    """Return how long a node of each kind usually takes, one strip of it if it is a group."""
    known = defaultdict(list)
    for node in nodes:
        if node.id in seconds:
            known[node.kind].append(seconds[node.id] / _size(node))
    return {kind: fmean(each) for kind, each in known.items()}


def _size(node: Node) -> int:
    return len(node.spec.strips) if isinstance(node.spec, GroupSpec) else 1


def _longest_chain(nodes: Sequence[Node], takes: Mapping[str, float]) -> float:
    """Return how long those nodes take that wait for each other, however many run at a time."""
    ends: dict[str, float] = {}
    for node in nodes:
        ends[node.id] = takes[node.id] + max((ends.get(need.node, 0.0) for need in node.needs), default=0.0)
    return max(ends.values(), default=0.0)

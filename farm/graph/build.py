"""The dask graph of an album. All that touches dask's private task classes is here."""

from collections.abc import Mapping, Sequence

from dask._task_spec import DataNode, GraphNode, Task, TaskRef

from farm.graph.task import Made, Work, run_work
from farm.plan.keys import static_keys
from farm.plan.node import Node
from farm.records import Record


def build_graph(
    nodes: Sequence[Node], works: Mapping[str, Work], reused: Mapping[str, Record]
) -> tuple[dict[str, GraphNode], dict[str, str]]:
    """Return the graph of the works, and for each of their nodes its key in it.

    `nodes` are all that the works need; those without a work are in `reused` and enter as data. A key holds the hash of
    everything above its node: a scheduler that has seen a key before answers with what it has. It also holds the node's
    place: among what else is equal, dask's order begins with the lowest key, so with the earlier node.
    """
    hashes = static_keys(nodes)
    keys = {node.id: f"{node.kind}-{place:06}-{node.id}-{hashes[node.id]}" for place, node in enumerate(nodes)}
    graph: dict[str, GraphNode] = {}
    for node in nodes:
        key = keys[node.id]
        if node.id in works:
            graph[key] = Task(key, run_work, works[node.id], *(TaskRef(keys[need.node]) for need in node.needs))
        else:
            graph[key] = DataNode(key, Made(reused[node.id], reused=True))
    return graph, {node_id: keys[node_id] for node_id in works}

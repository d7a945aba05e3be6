"""Where a graph runs: threads of this process, processes of this machine, or a dask cluster."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from farm.errors import BackendError, UsageError
from farm.graph.build import build_graph
from farm.graph.events import TOPIC, Listener, event_from, listening
from farm.graph.task import Failed, Result, Work
from farm.plan.node import Node
from farm.records import Record

_CONNECT_SECONDS = 10
_LOOPBACK = "127.0.0.1"


def run_graph(
    nodes: Sequence[Node],
    works: Mapping[str, Work],
    reused: Mapping[str, Record],
    *,
    on: str,
    workers: int,
    listener: Listener,
) -> dict[str, Result]:
    """Run the works and return the result of each by node id. Raises BackendError when the cluster cannot be reached.

    `on` is `threads`, `processes` or the address of a scheduler.
    """
    graph, keys = build_graph(nodes, works, reused)
    if on == "threads":
        return _run_on_threads(graph, keys, workers, listener)
    with _connect(on, workers) as client:
        return _run_on_cluster(client, graph, keys, listener)


def _run_on_threads(
    graph: dict[str, Any], keys: Mapping[str, str], workers: int, listener: Listener
) -> dict[str, Result]:
    import dask.threaded

    with listening(listener):
        results = dask.threaded.get(graph, list(keys.values()), num_workers=workers)
    return dict(zip(keys, results, strict=True))


def _run_on_cluster(
    client: Any, graph: dict[str, Any], keys: Mapping[str, str], listener: Listener
) -> dict[str, Result]:
    client.subscribe_topic(TOPIC, lambda event: listener(event_from(event[1])))
    futures = client.get(graph, list(keys.values()), sync=False)
    return {node_id: _result(node_id, future) for node_id, future in zip(keys, futures, strict=True)}


def _result(node_id: str, future: Any) -> Result:
    try:
        result: Result = future.result()
    except Exception as error:  # what a task raises comes as a value; this is the cluster's own
        message = f"the cluster gave it up: {type(error).__name__}: {error}"
        return Failed(node_id, node_id, "worker-lost", message, "render again: what was finished is kept")
    return result


@contextmanager
def _connect(on: str, workers: int) -> Iterator[Any]:
    """Yield a client of the scheduler at that address, or of one started here for `processes`."""
    from distributed import Client, LocalCluster

    if on == "processes":
        with (
            LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host=_LOOPBACK,
                dashboard_address=f"{_LOOPBACK}:0",
                worker_dashboard_address=f"{_LOOPBACK}:0",
                silence_logs=logging.CRITICAL,
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    if "://" not in on:
        raise UsageError(
            f"--on {on!r} is not a place to run",
            code="backend-unknown",
            hint="threads, processes, or the address of a dask scheduler such as tcp://10.0.0.5:8786",
        )
    try:
        client = Client(on, timeout=_CONNECT_SECONDS)
    except (OSError, TimeoutError, ValueError) as error:
        raise BackendError(
            f"no scheduler answers: {error}",
            code="cluster-unreachable",
            where=on,
            hint="is it running, and this its address?",
        ) from error
    with client:
        yield client

"""A node as it runs: look it up, make it if it is not there, keep what it leaves, and hand on only the record."""

import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from farm.errors import FarmError
from farm.graph.events import Event, emit
from farm.plan.keys import content_key, facet
from farm.plan.node import Node
from farm.records import Artifact, Record
from farm.store.local import LocalStore, open_store


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an operation leaves: blobs that are in the store already, and JSON facts."""

    outputs: Mapping[str, Artifact] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


Operation = Callable[[Any, Sequence[Any], LocalStore], Outcome]
"""Takes the node's spec, what its needs read in order (None for an optional one that is missing), and the store."""


@dataclass(frozen=True, slots=True)
class Work:
    """A node and how to make it; small, and the same on every machine that sees the store."""

    node: Node
    operation: Operation
    store_url: str
    stop_marker: Path | None = None
    """A file that the first failure makes and that nothing starts after; None to keep going."""
    stale_marker: Path | None = None
    """A file that is made when the render is not wanted any more, and that nothing starts after."""
    forced: bool = False
    """Whether it is made although the store may have it."""


@dataclass(frozen=True, slots=True)
class Made:
    """A node's record is in the store; `reused` if it was there before."""

    record: Record
    reused: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """A node could not be made. `cause` names the node that failed; it is the node itself unless one above it did."""

    node: str
    cause: str
    code: str
    message: str
    hint: str | None = None
    where: str | None = None
    details: str | None = None

    def render(self) -> str:
        """Return the failure as a person reads it."""
        place = f"{self.where}: " if self.where else ""
        hint = f"\n      hint: {self.hint}" if self.hint else ""
        return f"{place}{self.message} [{self.code}]{hint}"


Result = Made | Failed


def run_work(work: Work, *inputs: Result) -> Result:
    """Make one node from the results of its needs, in order. Never raises: a failure is a value that is handed on."""
    node = work.node
    for need, result in zip(node.needs, inputs, strict=True):
        if isinstance(result, Failed) and not need.optional:
            return Failed(node.id, result.cause, "not-attempted", f"waits for {result.cause}, which failed")
    if any(marker.exists() for marker in (work.stop_marker, work.stale_marker) if marker):
        return Failed(node.id, "", "stopped", "not started: the render was stopped before")
    records = [result.record if isinstance(result, Made) else None for result in inputs]
    emit(Event("started", node.id, node.kind, node.song))
    began = time.perf_counter()
    result = _attempt(work, records)
    seconds = time.perf_counter() - began
    if isinstance(result, Failed):
        if work.stop_marker:
            work.stop_marker.touch()
        emit(Event("failed", node.id, node.kind, node.song, seconds))
    else:
        emit(Event("reused" if result.reused else "made", node.id, node.kind, node.song, seconds))
    return result


def _attempt(work: Work, records: Sequence[Record | None]) -> Result:
    node = work.node
    try:
        return _make(work, records)
    except FarmError as error:
        return Failed(node.id, node.id, error.code, error.message, error.hint, error.where)
    except Exception as error:
        message = f"farm itself went wrong: {type(error).__name__}: {error}"
        hint = "please report this with its details: farm render --events FILE"
        return Failed(node.id, node.id, "internal", message, hint, None, traceback.format_exc())


def _make(work: Work, records: Sequence[Record | None]) -> Made:
    store = open_store(work.store_url)
    key = content_key(work.node, records)
    if not work.forced and (found := store.use_record(key)):
        return Made(found, reused=True)
    read = [facet(record, need) for record, need in zip(records, work.node.needs, strict=True)]
    outcome = work.operation(work.node.spec, read, store)
    record = Record(key, work.node.kind, outcome.outputs, outcome.facts)
    store.put_record(record)
    return Made(record, reused=False)

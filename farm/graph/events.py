"""What happens while a graph runs, told to whoever listens: in this process, or on the far side of a cluster."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Self

from farm.errors import UsageError

TOPIC = "farm"
"""The topic under which workers log events."""

EventName = Literal["started", "made", "reused", "failed"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a node; `seconds` is how long it took, once it has ended."""

    event: EventName
    node: str
    kind: str
    song: int | None
    seconds: float | None = None


Listener = Callable[[Event], None]

_listener: Listener | None = None
_lock = threading.Lock()


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Hand every event emitted in this process to the listener, one at a time."""
    global _listener
    _listener = listener
    try:
        yield
    finally:
        _listener = None


def emit(event: Event) -> None:
    """Tell an event: to this process's listener, else to the scheduler if this is one of its workers."""
    if _listener is not None:
        with _lock:
            _listener(event)
        return
    from distributed import get_worker  # only where a worker runs this

    try:
        worker = get_worker()
    except ValueError:
        return
    worker.log_event(TOPIC, asdict(event))


def event_from(message: dict[str, Any]) -> Event:
    """Return the event that a worker logged."""
    return Event(**{name: message[name] for name in ("event", "node", "kind", "song", "seconds")})


class EventFile:
    """Appends each event as one line of JSON. Raises UsageError when the file cannot be written."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("a", buffering=1, encoding="utf-8")
        except OSError as error:
            raise UsageError(
                f"events cannot be written: {error.strerror}", code="events-unwritable", where=str(path)
            ) from error

    def write(self, event: Event) -> None:
        """Append an event."""
        self._file.write(json.dumps(asdict(event)) + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

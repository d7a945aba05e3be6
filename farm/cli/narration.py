"""What is told on stderr while a render runs, and written into a file of events."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from farm.graph.events import Event, Listener
    from farm.render import Planned


def narrate(stack: ExitStack, events: Path | None) -> "Callable[[Planned], Listener]":
    """Return what is told the plan and answers with the listener: progress on stderr, events into a file, both until
    the stack is closed."""
    from farm.graph.events import EventFile
    from farm.report.progress import show_progress

    def start(planned: "Planned") -> "Listener":
        _announce(planned)
        show = stack.enter_context(show_progress(planned.plan.songs, planned.due))
        if events is None:
            return show
        file = stack.enter_context(EventFile(events))

        def both(event: "Event") -> None:
            show(event)
            file.write(event)

        return both

    return start


def _announce(planned: "Planned") -> None:
    from farm.audio.kernel_cache import kernels_are_compiled

    if not planned.due:
        return
    _say(f"{planned.plan.album}: {len(planned.due)} of {len(planned.nodes)} tasks to run")
    chosen = {song.number for song in planned.songs}
    others = sum(node.song is not None and node.song not in chosen for node in planned.due)
    if others:
        _say(f"{others} of them for the other songs' masters, which the album is matched by")
    if not kernels_are_compiled():
        _say("the processors are compiled first, once on this machine: some 10 to 30 s")


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201

"""The edit loop: an album is rendered again whenever something that it is made from is saved."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import NoReturn

from farm.errors import AudioError, FarmError, ManifestError
from farm.graph.events import Listener
from farm.manifest.load import find_album_file
from farm.manifest.named_files import find_named_files
from farm.plan.frozen import frozen_path
from farm.render import Planned, Rendered, Running, Selection, render_album
from farm.store.local import open_store

_POLL_SECONDS = 0.1
"""How often files are looked at. They are asked for their times: no notice of a change comes from a network share."""

_MOST_SHARE = 0.1
"""How much of the time may go into looking: where a file system answers slowly, it is asked less often."""

_State = tuple[int, int, int] | None
"""A file's time, size and inode; None if it is not there."""


@dataclass(frozen=True, slots=True)
class Round:
    """One render of the loop: what came of it, and the files whose change began it, none for the first."""

    number: int
    changed: tuple[Path, ...]
    outcome: Rendered | FarmError
    is_stale: bool
    """Whether something changed again while it ran, so that it was given up."""
    watched: int
    """How many files are watched."""


def watch_album(
    selection: Selection,
    running: Running,
    on_start: Callable[[Planned], Listener],
    tell: Callable[[Round], None],
) -> NoReturn:
    """Render, and again after each change; `tell` is told of every round.

    Raises what the first round raises unless editing may mend it; later rounds report it and wait for the next change.
    """
    store = open_store(selection.store)
    changed: tuple[Path, ...] = ()
    known: frozenset[Path] = frozenset()
    with store.scratch_file() as marker:
        running = replace(running, stale_marker=marker)
        for number in count(1):
            named, watched = _watch(selection, known)
            with watched.marking(marker):
                outcome = _render(selection, running, on_start)
            if number == 1 and isinstance(outcome, FarmError) and not isinstance(outcome, ManifestError | AudioError):
                raise outcome
            is_stale = marker.exists() and (isinstance(outcome, FarmError) or outcome.is_stale)
            marker.unlink(missing_ok=True)
            known = watched.files if isinstance(outcome, FarmError) else named
            tell(Round(number, changed, outcome, is_stale, len(watched.files)))
            _warm_up()
            changed = watched.wait()
            selection = replace(selection, force=())
    raise AssertionError("counting has no end")


def _warm_up() -> None:
    """Load what makes sound while there is nothing to do, if no round has needed it yet: that takes seconds."""
    import farm.graph.backends
    import farm.operations  # noqa: F401


def _render(selection: Selection, running: Running, on_start: Callable[[Planned], Listener]) -> Rendered | FarmError:
    try:
        return render_album(selection, running, on_start)
    except FarmError as error:
        return error


class Watched:
    """Files as they were when this was made."""

    def __init__(self, files: Iterable[Path]) -> None:
        self.files = frozenset(files)
        self._before = self._now()

    def changed(self) -> tuple[Path, ...]:
        """Return the files that are not as they were."""
        return self._differing(self._now())

    def wait(self) -> tuple[Path, ...]:
        """Wait until files have changed and then rest from one look to the next; return them."""
        seen = self._before
        while True:
            now, pause_seconds = self._look()
            if now == seen and (changed := self._differing(now)):
                return changed
            seen = now
            time.sleep(pause_seconds)

    @contextmanager
    def marking(self, marker: Path) -> Iterator[None]:
        """Make the marker as soon as a file changes inside the block."""
        ended = threading.Event()
        thread = threading.Thread(target=self._mark, args=(marker, ended), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _mark(self, marker: Path, ended: threading.Event) -> None:
        while True:
            now, pause_seconds = self._look()
            if now != self._before:
                marker.touch()
                return
            if ended.wait(pause_seconds):
                return

    def _look(self) -> tuple[dict[Path, _State], float]:
        """Return the files' states, and how long to wait before the next look."""
        began = time.perf_counter()
        now = self._now()
        return now, max(_POLL_SECONDS, (time.perf_counter() - began) / _MOST_SHARE)

    def _now(self) -> dict[Path, _State]:
        return {file: _state(file) for file in self.files}

    def _differing(self, now: dict[Path, _State]) -> tuple[Path, ...]:
        return tuple(sorted(file for file in self.files if now[file] != self._before[file]))


def _watch(selection: Selection, known: frozenset[Path]) -> tuple[frozenset[Path], Watched]:
    """Return what an album names, and that being watched, with what is known from before: a broken manifest names
    nothing. It is read again once it is watched, as it may have been saved in between."""
    album = find_album_file(selection.album)
    while True:
        named = find_named_files(album, selection.audio)
        watched = Watched(named | known | {frozen_path(album)})
        if find_named_files(album, selection.audio) == named:
            return named, watched


def _state(file: Path) -> _State:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino

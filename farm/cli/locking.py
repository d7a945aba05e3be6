"""`--locked` and `--write-lock`: a render that is held to a lock, or leaves one."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from farm.errors import UsageError

if TYPE_CHECKING:
    from farm.graph.events import Listener
    from farm.plan.lock import Outputs
    from farm.render import Planned, Rendered, Selection

    Start = Callable[[Planned], Listener]

Locked = Annotated[
    bool,
    typer.Option("--locked", help="Refuse to render what differs from farm.lock, and compare what comes out with it."),
]
WriteLock = Annotated[
    bool,
    typer.Option("--write-lock", help="Write down in farm.lock what the album was made from, and what came of it."),
]


@dataclass(frozen=True, slots=True)
class Locking:
    """What is asked of a render; `out` is where it is delivered."""

    selection: "Selection"
    out: Path
    locked: bool
    write: bool

    def __post_init__(self) -> None:
        if self.locked and self.write:
            message = "--locked holds to the lock that --write-lock would write anew"
            raise UsageError(message, code="lock-twofold", hint="give one of them")

    def refuse_with(self, option: str) -> None:
        """Raise UsageError (lock-without-render) if a lock is asked for with an option that does not render once."""
        if self.locked or self.write:
            message = f"{'--locked' if self.locked else '--write-lock'} is for a render, not for {option}"
            raise UsageError(message, code="lock-without-render", hint="give one of them")

    def starting(self, start: "Start") -> "Start":
        """Return what is told the plan before anything runs, and refuses it or goes on to `start`."""

        def checked(planned: "Planned") -> "Listener":
            if self.write and (self.selection.solo or not _is_whole(planned)):
                hint = "render the whole album with --write-lock"
                raise UsageError("a lock is for the whole album", code="lock-partial", hint=hint)
            if self.locked:
                self._check(planned)
            return start(planned)

        return checked if self.locked or self.write else start

    def finish(self, rendered: "Rendered", *, well: bool) -> list[str] | None:
        """Compare what came out with the lock and return what differs, or write the lock if all went `well`; None if
        nothing was to be compared."""
        if self.locked:
            return self._compare(rendered)
        if self.write and well:
            self._write(rendered)
        elif self.write:
            print("no lock is written: something failed to render", file=sys.stderr)  # noqa: T201
        return None

    @property
    def _path(self) -> Path:
        from farm.manifest.load import find_album_file
        from farm.plan.lock_file import lock_path

        return lock_path(find_album_file(self.selection.album))

    def _check(self, planned: "Planned") -> None:
        from farm.plan.lock import lock_plan
        from farm.plan.lock_changes import find_differences
        from farm.plan.lock_file import load_lock

        found = find_differences(load_lock(self._path), lock_plan(planned.plan, self.selection.audio))
        if found:
            told = "".join(f"\n      {line}" for line in found)
            message = (
                f"nothing was rendered: {len(found)} difference{'s' * (len(found) != 1)} from the lock{told}\n     "
            )
            hint = "restore it, or lock the album as it is now with `farm render --write-lock`"
            raise UsageError(message, code="lock-differs", hint=hint, where=str(self._path))

    def _compare(self, rendered: "Rendered") -> list[str]:
        from farm.plan.lock_changes import find_output_differences
        from farm.plan.lock_file import load_lock

        locked, whole = load_lock(self._path).outputs, _is_whole(rendered.planned)
        found = find_output_differences(locked, self._outputs(rendered), whole=whole)
        for line in found:
            print(f"not as locked: {line}", file=sys.stderr)  # noqa: T201
        return found

    def _write(self, rendered: "Rendered") -> None:
        from farm.plan.lock import lock_plan
        from farm.plan.lock_file import write_lock

        lock = lock_plan(rendered.planned.plan, self.selection.audio)
        write_lock(self._path, replace(lock, outputs=self._outputs(rendered)))

    def _outputs(self, rendered: "Rendered") -> "Outputs":
        from farm.report.outputs import output_digests

        return output_digests(rendered.planned.plan, rendered.results, rendered.files, self.out)


def _is_whole(planned: "Planned") -> bool:
    return planned.whole and not planned.until

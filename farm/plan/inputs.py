"""Input files as the plan sees them."""

import os
from collections.abc import Callable
from pathlib import Path

from farm.errors import AudioError
from farm.plan.input_spec import InputSpec


class Inputs:
    """Makes an InputSpec of each file once, however often it is used."""

    def __init__(self, digest_of_file: Callable[[Path], str]) -> None:
        self._digest_of_file = digest_of_file
        self._known: dict[Path, InputSpec] = {}

    def spec(self, path: Path) -> InputSpec:
        """Return what a file holds and where it is. Raises AudioError when it cannot be read, or is being written."""
        if path not in self._known:
            before = _status(path)
            spec = InputSpec(self._digest_of_file(path), str(path), before.st_size, before.st_mtime_ns)
            check_unchanged(spec)
            self._known[path] = spec
        return self._known[path]


def check_unchanged(spec: InputSpec) -> None:
    """Raise AudioError if a file is no longer the one that was planned with."""
    status = _status(Path(spec.path))
    if (status.st_size, status.st_mtime_ns) != (spec.size_bytes, spec.mtime_ns):
        raise AudioError(
            "the file changed while it was being used",
            code="input-changed-while-rendering",
            where=spec.path,
            hint="render again once nothing writes to it any more",
        )


def _status(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise AudioError(
            f"cannot be read: {error.strerror or error}",
            code="file-unreadable",
            where=str(path),
            hint="it was there when the album was checked",
        ) from error

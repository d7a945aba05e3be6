"""Input files as the plan sees them."""

from collections.abc import Callable
from pathlib import Path

from farm.errors import AudioError
from farm.plan.spec import InputSpec


class Inputs:
    """Makes an InputSpec of each file once, however often it is used."""

    def __init__(self, digest_of_file: Callable[[Path], str]) -> None:
        self._digest_of_file = digest_of_file
        self._known: dict[Path, InputSpec] = {}

    def spec(self, path: Path) -> InputSpec:
        """Return what a file holds and where it is. Raises AudioError when it cannot be read."""
        if path not in self._known:
            digest = self._digest_of_file(path)
            try:
                status = path.stat()
            except OSError as error:
                raise AudioError(
                    f"cannot be read: {error.strerror}", code="file-unreadable", where=str(path)
                ) from error
            self._known[path] = InputSpec(digest, str(path), status.st_size, status.st_mtime_ns)
        return self._known[path]

"""Audio in the store: raw float32, little-endian, interleaved, streamed in and out in blocks."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
import xxhash
from numpy.typing import NDArray

from farm.errors import StoreError
from farm.records import Artifact
from farm.store.local import LocalStore

_SAMPLE_BYTES = 4


class ArtifactWriter:
    """Takes blocks, keeps their digest; `artifact` is set when the `create_artifact` block ends without an error."""

    def __init__(self, store: LocalStore, file: BinaryIO) -> None:
        self._store, self._file = store, file
        self._hash = xxhash.xxh3_128()
        self.frames = 0
        self.artifact: Artifact | None = None

    def write(self, block: NDArray[np.float32]) -> None:
        """Append `(frames, channels)` float32 frames."""
        if not len(block):
            return  # numpy lends no view of nothing
        data = np.ascontiguousarray(block).data.cast("B")
        with self._store.access():
            self._file.write(data)
        self._hash.update(data)
        self.frames += len(block)

    @property
    def digest(self) -> str:
        """The XXH3 of what was written so far."""
        return self._hash.hexdigest()

    def finished(self) -> Artifact:
        """Return the artifact, after the `create_artifact` block."""
        if self.artifact is None:
            raise RuntimeError("the artifact is still being written")
        return self.artifact


@contextmanager
def create_artifact(store: LocalStore, rate_hz: int, channels: int = 2) -> Iterator[ArtifactWriter]:
    """Yield a writer whose audio is in the store when the block ends; nothing is kept when it raises."""
    with store.scratch_file() as path:
        with path.open("wb") as file:
            writer = ArtifactWriter(store, file)
            yield writer
            with store.access():
                file.flush()
        size_bytes = store.adopt_blob(path, writer.digest)
        writer.artifact = Artifact(writer.digest, size_bytes, writer.frames, channels, rate_hz)


class ArtifactReader:
    """Reads an audio artifact in blocks. Memory is the caller's buffer: files are not mapped, as mapped pages count."""

    def __init__(self, path: Path, artifact: Artifact) -> None:
        self._left = artifact.frames
        self._frame_bytes = _SAMPLE_BYTES * artifact.channels
        try:
            self._file = path.open("rb", buffering=0)
        except OSError as error:
            raise _lost(path) from error
        self._path = path

    def read_into(self, out: NDArray[np.float32]) -> int:
        """Fill `out` (C-contiguous) from its start; return the frames read, fewer than `len(out)` only at the end."""
        frames = min(len(out), self._left)
        view = out.data.cast("B")[: frames * self._frame_bytes] if frames else memoryview(b"")
        while view:
            count = self._file.readinto(view)
            if not count:
                raise _lost(self._path)
            view = view[count:]
        self._left -= frames
        return frames

    def close(self) -> None:
        self._file.close()


@contextmanager
def open_artifact(store: LocalStore, artifact: Artifact) -> Iterator[ArtifactReader]:
    """Yield a reader of an audio artifact. Raises StoreError when its blob is gone or too short."""
    reader = ArtifactReader(store.blob_path(artifact.digest), artifact)
    try:
        yield reader
    finally:
        reader.close()


def _lost(path: Path) -> StoreError:
    return StoreError(
        "an artifact is missing or too short",
        code="store-blob-lost",
        where=str(path),
        hint="render again: what is missing is made anew",
    )

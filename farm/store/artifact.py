"""Audio in the store: raw float32, little-endian, interleaved, streamed in and out in blocks, hashed either way."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO

import numpy as np
import xxhash
from numpy.typing import NDArray

from farm.errors import StoreError
from farm.records import Artifact
from farm.store.local import LocalStore
from farm.store.quarantine import blob_lost, keep_if_whole

_SAMPLE_BYTES = 4

_SKIPPED_BYTES = 1 << 19
"""How much is read at a time where audio is only hashed: it stays in the cache."""


class ArtifactWriter:
    """Takes blocks, keeps their digest; `artifact` is set when the `create_artifact` block ends without an error."""

    def __init__(self, store: LocalStore, file: FileIO) -> None:
        self._store, self._file = store, file
        self._hash = xxhash.xxh3_128()
        self.frames = 0
        self.artifact: Artifact | None = None

    def write(self, block: NDArray[np.float32]) -> None:
        """Append `(frames, channels)` float32 frames."""
        if not len(block):
            return  # numpy lends no view of nothing
        data = np.ascontiguousarray(block).data.cast("B")
        self._hash.update(data)
        with self._store.access():
            while data:
                data = data[self._file.write(data) :]
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
        with store.access():
            file = FileIO(path, "w")  # unbuffered: closing has nothing left to write that a full disk could refuse
        with file:
            writer = ArtifactWriter(store, file)
            yield writer
        size_bytes = store.adopt_blob(path, writer.digest)
        writer.artifact = Artifact(writer.digest, size_bytes, writer.frames, channels, rate_hz)


class ArtifactReader:
    """Reads an audio artifact in blocks and hashes it on the way: none of it passes for good unless all of it is.

    Memory is the caller's buffer: files are not mapped, as mapped pages count.
    """

    def __init__(self, store: LocalStore, artifact: Artifact) -> None:
        self._store, self._artifact = store, artifact
        self._left = artifact.frames
        self._frame_bytes = _SAMPLE_BYTES * artifact.channels
        self._hash = xxhash.xxh3_128()
        try:
            self._file = FileIO(store.blob_path(artifact.digest))
        except OSError as error:
            raise self._lost() from error
        if os.fstat(self._file.fileno()).st_size != artifact.size_bytes:
            self.close()
            raise self._lost()

    def read_into(self, out: NDArray[np.float32]) -> int:
        """Fill `out` (C-contiguous) from its start; return the frames read, fewer than `len(out)` only at the end.

        Raises StoreError with the last of the frames if the artifact is damaged.
        """
        frames = min(len(out), self._left)
        if frames:
            self._fill(out.data.cast("B")[: frames * self._frame_bytes])
            self._left -= frames
            if not self._left:
                self._check()
        return frames

    def skip(self, frames: int) -> None:
        """Leave out the next frames, at most all that are left; they are hashed too."""
        buffer = np.empty((_SKIPPED_BYTES // self._frame_bytes, self._artifact.channels), np.float32)
        while frames and (count := self.read_into(buffer[:frames])):
            frames -= count

    def skip_rest(self) -> None:
        """Hash what is left, so that all of the artifact has been."""
        self.skip(self._left)

    def close(self) -> None:
        self._file.close()

    def _fill(self, view: memoryview) -> None:
        left = view
        try:
            while left and (count := self._file.readinto(left)):
                left = left[count:]
        except OSError as error:
            raise self._lost() from error
        if left:
            raise self._lost()
        self._hash.update(view)

    def _check(self) -> None:
        if self._hash.hexdigest() != self._artifact.digest:
            raise self._lost()

    def _lost(self) -> StoreError:
        """Set the blob aside, unless a whole one has taken its place since it was opened; return the error."""
        keep_if_whole(self._store, self._artifact.digest)
        return blob_lost(self._store.blob_path(self._artifact.digest))


@contextmanager
def open_artifact(store: LocalStore, artifact: Artifact) -> Iterator[ArtifactReader]:
    """Yield a reader of an audio artifact. Raises StoreError when its blob is gone or damaged: at the latest when the
    block ends, however little of it was read."""
    reader = ArtifactReader(store, artifact)
    try:
        yield reader
        reader.skip_rest()
    finally:
        reader.close()

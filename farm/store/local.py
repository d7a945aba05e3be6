"""The store in a local folder: blobs named by what they hold, records named by what they were made from.

    blobs/ab/cdef...      audio and files, read-only, named by a digest of their bytes
    records/ab/cdef...    JSON, named by the key of the task that left them
    tmp/HOLDER/           scratch of one process, which holds a lock on it while it lives

Files appear whole or not at all: written under tmp/, closed, renamed. Two writers of the same blob write the same
bytes, so the last rename wins and nobody notices.
"""

import fcntl
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from farm.errors import StoreError
from farm.records import Artifact, Record

_LAYOUT = "1"

_UNFINISHED = "new-"
"""A scratch folder bears this before its name until its holder has the lock: then nobody sweeps it away."""


class LocalStore:
    """A store below `root`, made on first use. Raises StoreError when the folder cannot be used."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._scratch: tuple[Path, int] | None = None
        try:
            for folder in ("blobs", "records", "tmp"):
                (root / folder).mkdir(parents=True, exist_ok=True)
            self._check_layout()
        except OSError as error:
            raise _store_error(root, error) from error

    @property
    def url(self) -> str:
        """What `open_store` takes to reach this store from another process."""
        return str(self.root)

    @property
    def digest_memory(self) -> Path:
        """Where the digests of this machine's files are remembered."""
        return self.root / "digests.sqlite"

    def blob_path(self, digest: str) -> Path:
        """Return where the blob of that digest lies or would lie."""
        return self.root / "blobs" / digest[:2] / digest[2:]

    def has_blob(self, artifact: Artifact) -> bool:
        """Return whether the blob is there with the length it should have."""
        try:
            return self.blob_path(artifact.digest).stat().st_size == artifact.size_bytes
        except OSError:
            return False

    def find_record(self, key: str) -> Record | None:
        """Return the record of that key, or None; one that cannot be read counts as missing."""
        try:
            data: dict[str, Any] = json.loads(self._record_path(key).read_bytes())
            outputs = {name: Artifact(**artifact) for name, artifact in data["outputs"].items()}
            return Record(key=data["key"], kind=data["kind"], outputs=outputs, facts=data["facts"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def find_complete(self, key: str) -> Record | None:
        """Return the record of that key if all its blobs are there too, else None."""
        record = self.find_record(key)
        return record if record and all(map(self.has_blob, record.outputs.values())) else None

    def put_record(self, record: Record) -> None:
        """Keep a record. Its blobs must be in the store already."""
        text = json.dumps(
            {
                "key": record.key,
                "kind": record.kind,
                "outputs": {name: asdict(artifact) for name, artifact in record.outputs.items()},
                "facts": dict(record.facts),
            },
            allow_nan=False,
        )
        with self.scratch_file() as path, self.access():
            path.write_text(text)
            self._place(path, self._record_path(record.key))

    def adopt_blob(self, path: Path, digest: str) -> int:
        """Move a finished scratch file into the store under its digest; return its size in bytes."""
        with self.access():
            size_bytes = path.stat().st_size
            path.chmod(0o444)
            self._place(path, self.blob_path(digest))
        return size_bytes

    @contextmanager
    def access(self) -> Iterator[None]:
        """Turn what goes wrong with the store's files inside the block into a StoreError."""
        try:
            yield
        except OSError as error:
            raise _store_error(self.root, error) from error

    @contextmanager
    def scratch_file(self) -> Iterator[Path]:
        """Yield a path for a temporary file on the store's file system; what is left there afterwards is removed."""
        path = self._scratch_folder() / uuid.uuid4().hex
        try:
            yield path
        finally:
            with suppress(FileNotFoundError):
                path.unlink()

    def sweep(self) -> None:
        """Remove the scratch of processes that are gone."""
        for holder in (self.root / "tmp").iterdir():
            if holder.name.startswith(_UNFINISHED) or (self._scratch and holder == self._scratch[0]):
                continue
            with suppress(OSError), (holder / "lock").open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(holder, ignore_errors=True)

    def _scratch_folder(self) -> Path:
        if self._scratch is None:
            try:
                making = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self.root / "tmp"))
                lock = os.open(making / "lock", os.O_CREAT | os.O_RDWR, 0o600)
                fcntl.flock(lock, fcntl.LOCK_EX)
                folder = making.rename(making.with_name(making.name.removeprefix(_UNFINISHED)))
            except OSError as error:
                raise _store_error(self.root, error) from error
            self._scratch = (folder, lock)
        return self._scratch[0]

    def _record_path(self, key: str) -> Path:
        return self.root / "records" / key[:2] / key[2:]

    def _place(self, source: Path, target: Path) -> None:
        target.parent.mkdir(exist_ok=True)
        source.replace(target)

    def _check_layout(self) -> None:
        marker = self.root / "layout"
        if not marker.exists():
            temporary = self.root / "tmp" / uuid.uuid4().hex
            temporary.write_text(_LAYOUT)
            temporary.replace(marker)
        elif (found := marker.read_text().strip()) != _LAYOUT:
            raise StoreError(
                f"the store has layout {found!r}, this farm reads {_LAYOUT!r}",
                code="store-layout",
                where=str(self.root),
                hint="choose another folder with --store, or remove this one: it only costs rendering again",
            )


_open_stores: dict[str, LocalStore] = {}


def open_store(url: str) -> LocalStore:
    """Return this process's one store of that folder."""
    if url not in _open_stores:
        _open_stores[url] = LocalStore(Path(url))
    return _open_stores[url]


def _store_error(root: Path, error: OSError) -> StoreError:
    return StoreError(
        f"the store cannot be used: {error.strerror or error}",
        code="store-unusable",
        where=str(root),
        hint="free some space, or choose another folder with --store",
    )

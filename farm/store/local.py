"""The store in a local folder: blobs named by what they hold, records named by what they were made from.

    blobs/ab/cdef...      audio and files, read-only, named by a digest of their bytes
    records/ab/cdef...    JSON and a digest of it, named by the key of the task that left them; last used at their mtime
    tmp/HOLDER/           scratch of one process, which holds a lock on it while it lives
    leases/               one file a render, locked while it runs: what it uses is not cleaned up
    pins/, history/       what is kept from clean-up, and what albums were last made from
    quarantine/           blobs and records that turned out to be damaged

Files appear whole or not at all: written under tmp/, closed, renamed. Two writers of the same blob write the same
bytes, so the last rename wins and nobody notices.
"""

import fcntl
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import xxhash

from farm.errors import StoreError
from farm.records import Artifact, Record

_LAYOUT = "1"

_FOLDERS = ("blobs", "records", "tmp", "leases", "pins", "history", "quarantine")

_UNFINISHED = "new-"
"""A scratch folder bears this before its name until its holder has the lock: then nobody sweeps it away."""


class LocalStore:
    """A store below `root`, made on first use. Raises StoreError when the folder cannot be used."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._scratch: tuple[Path, int] | None = None
        try:
            for folder in _FOLDERS:
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

    def record_path(self, key: str) -> Path:
        """Return where the record of that key lies or would lie."""
        return self.root / "records" / key[:2] / key[2:]

    def find_record(self, key: str) -> Record | None:
        """Return the record of that key, or None; one that cannot be read or is damaged counts as missing."""
        try:
            record = _record_from(unseal(self.record_path(key).read_bytes()))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return record if record.key == key else None

    def find_complete(self, key: str) -> Record | None:
        """Return the record of that key if all its blobs are there too, else None."""
        record = self.find_record(key)
        return record if record and all(map(self.has_blob, record.outputs.values())) else None

    def use_record(self, key: str) -> Record | None:
        """Return what `find_complete` returns, and note that it is used now."""
        self.mark_used([key])
        return self.find_complete(key)

    def mark_used(self, keys: Iterable[str]) -> None:
        """Note that the records of these keys are used now: what was used last is cleaned up last."""
        for key in keys:
            with suppress(OSError):
                os.utime(self.record_path(key))

    def put_record(self, record: Record) -> None:
        """Keep a record. Its blobs must be in the store already."""
        self.write_file(self.record_path(record.key), seal(_record_fields(record)))

    def write_file(self, target: Path, data: bytes) -> None:
        """Put a small file at a place of the store, whole or not at all."""
        with self.scratch_file() as path, self.access():
            path.write_bytes(data)
            self._place(path, target)

    def adopt_blob(self, path: Path, digest: str) -> int:
        """Move a finished scratch file into the store under its digest; return its size in bytes."""
        with self.access():
            size_bytes = path.stat().st_size
            path.chmod(0o444)
            self._place(path, self.blob_path(digest))
        return size_bytes

    def free_bytes(self) -> int:
        """Return how much the store's file system has room for."""
        with self.access():
            return shutil.disk_usage(self.root).free

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

    @contextmanager
    def scratch_folder(self) -> Iterator[Path]:
        """Yield an empty folder on the store's file system; it is removed with what is left in it."""
        with self.scratch_file() as path:
            with self.access():
                path.mkdir()
            try:
                yield path
            finally:
                shutil.rmtree(path, ignore_errors=True)

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


def seal(value: Any) -> bytes:
    """Return a value as small files keep it: a line of JSON, and a line with the digest of that."""
    line = json.dumps(value, allow_nan=False).encode()
    return b"%s\n%s\n" % (line, xxhash.xxh3_128_hexdigest(line).encode())


def unseal(data: bytes) -> Any:
    """Return the value of a small file. Raises ValueError unless it is as it was written."""
    line, digest, _ = data.split(b"\n")
    if xxhash.xxh3_128_hexdigest(line).encode() != digest:
        raise ValueError("not what was written")
    return json.loads(line)


def _record_fields(record: Record) -> dict[str, Any]:
    return {
        "key": record.key,
        "kind": record.kind,
        "outputs": {name: asdict(artifact) for name, artifact in record.outputs.items()},
        "facts": dict(record.facts),
    }


def _record_from(fields: dict[str, Any]) -> Record:
    outputs = {name: Artifact(**artifact) for name, artifact in fields["outputs"].items()}
    return Record(key=fields["key"], kind=fields["kind"], outputs=outputs, facts=fields["facts"])


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

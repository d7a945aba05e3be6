"""What a store holds: records, blobs, and which of them are for what."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from farm.store.local import LocalStore


@dataclass(frozen=True, slots=True)
class StoredBlob:
    digest: str
    size_bytes: int
    changed_ns: int


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """`used_ns` is when it was last used; `blobs` are the digests of its outputs, there or not."""

    key: str
    kind: str
    size_bytes: int
    used_ns: int
    blobs: tuple[str, ...]


@dataclass(frozen=True)
class Contents:
    """All blobs by digest and all records that can be read by key, as they were when one looked."""

    blobs: Mapping[str, StoredBlob]
    records: Mapping[str, StoredRecord]

    @cached_property
    def holders(self) -> Mapping[str, Sequence[StoredRecord]]:
        """The records of each blob; those without any are left over from a render that did not end."""
        holders: dict[str, list[StoredRecord]] = {digest: [] for digest in self.blobs}
        for record in self.records.values():
            for digest in record.blobs:
                if digest in holders:
                    holders[digest].append(record)
        return holders

    @property
    def size_bytes(self) -> int:
        """The size of all blobs and records."""
        return total_bytes(self.blobs.values()) + total_bytes(self.records.values())


@dataclass(frozen=True, slots=True)
class Share:
    """So many blobs, so large."""

    blobs: int = 0
    size_bytes: int = 0


LEFT_OVER = "left over"
"""Stands for the kind of blobs that belong to no record."""


def total_bytes(stored: Iterable[StoredBlob | StoredRecord]) -> int:
    """Return the size of all of them."""
    return sum(each.size_bytes for each in stored)


def look_into(store: LocalStore) -> Contents:
    """Return what the store holds; what vanishes meanwhile is left out. Raises StoreError when it cannot be read."""
    with store.access():
        blobs = {}
        for digest, path in files_below(store.root / "blobs"):
            with suppress(FileNotFoundError):
                status = path.stat()
                blobs[digest] = StoredBlob(digest, status.st_size, status.st_mtime_ns)
        records = {
            key: record for key, path in files_below(store.root / "records") if (record := _look(store, key, path))
        }
    return Contents(blobs, records)


def files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files of `blobs` or `records` by the digest or key that they are named by, in its order."""
    for group in sorted(folder.iterdir()):
        if group.is_dir():
            for path in sorted(group.iterdir()):
                yield group.name + path.name, path


def shares_by_kind(contents: Contents) -> Mapping[str, Share]:
    """Return how much of the blobs each kind of task holds. A blob that several kinds left counts for the first."""
    shares: dict[str, Share] = {}
    for digest, holders in contents.holders.items():
        kind = min((record.kind for record in holders), default=LEFT_OVER)
        before = shares.get(kind, Share())
        shares[kind] = Share(before.blobs + 1, before.size_bytes + contents.blobs[digest].size_bytes)
    return shares


def share_of(contents: Contents, keys: Sequence[str]) -> Share:
    """Return how much the records of some keys hold, each blob once."""
    records = [contents.records[key] for key in keys if key in contents.records]
    digests = {digest for record in records for digest in record.blobs} & contents.blobs.keys()
    return Share(len(digests), sum(contents.blobs[digest].size_bytes for digest in digests))


def _look(store: LocalStore, key: str, path: Path) -> StoredRecord | None:
    record = store.find_record(key)
    if record is None:
        return None
    with suppress(FileNotFoundError):
        status = path.stat()
        digests = tuple(artifact.digest for artifact in record.outputs.values())
        return StoredRecord(key, record.kind, status.st_size, status.st_mtime_ns, digests)
    return None

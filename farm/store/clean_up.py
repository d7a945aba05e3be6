"""Cleaning up: what nothing belongs to, what has not been used for long, and what was used least recently.

Records are small and say what may be left out of a render, so a blob that has to go to make room leaves its record.
What renders that run now have used, and what pins hold, is spared.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from farm.store.lease import oldest_lease_ns
from farm.store.local import LocalStore
from farm.store.notes import pinned
from farm.store.usage import Contents, StoredBlob, StoredRecord, look_into, total_bytes

_GRACE_NS = 600 * 10**9
"""How young a blob without a record may be and still get one: its writer may hold no lease."""


@dataclass(frozen=True, slots=True)
class CleanUp:
    """What goes, or went. `size_bytes` is that of all blobs and records before, `spared_bytes` that of the blobs that
    must stay, `damaged_bytes` that of the quarantine, which is emptied."""

    blobs: tuple[StoredBlob, ...]
    records: tuple[StoredRecord, ...]
    size_bytes: int
    spared_bytes: int
    damaged_bytes: int = 0

    @property
    def freed_bytes(self) -> int:
        return total_bytes(self.blobs) + total_bytes(self.records) + self.damaged_bytes

    @property
    def left_bytes(self) -> int:
        """The size of the blobs and records that stay."""
        return self.size_bytes - total_bytes(self.blobs) - total_bytes(self.records)


@dataclass(frozen=True, slots=True)
class Spared:
    """What may not go: what was used or made since `since_ns`, and what pins hold."""

    since_ns: int
    pins: frozenset[str] = frozenset()

    def has_blob(self, blob: StoredBlob, holders: Sequence[StoredRecord]) -> bool:
        """Return whether a blob with these records has to stay."""
        since_ns = self.since_ns if holders else self.since_ns - _GRACE_NS
        return blob.changed_ns >= since_ns or blob.digest in self.pins or any(map(self.has_record, holders))

    def has_record(self, record: StoredRecord) -> bool:
        """Return whether a record has to stay."""
        return record.used_ns >= self.since_ns or record.key in self.pins


def clean_up(
    store: LocalStore, *, max_bytes: int | None = None, unused_seconds: float | None = None, dry_run: bool = False
) -> CleanUp:
    """Remove what belongs to nothing, records unused for `unused_seconds` with their blobs, and then the blobs that
    were used least recently until no more than `max_bytes` are left. A dry run removes nothing and says the same.

    Safe beside renders, and beside others that clean up. Raises StoreError when the store cannot be used.
    """
    if not dry_run:
        store.sweep()
    now_ns = time.time_ns()
    with store.access():
        begun_ns = oldest_lease_ns(store)
        damaged = list((store.root / "quarantine").iterdir())
        damaged_bytes = sum(path.stat().st_size for path in damaged)
    contents = look_into(store)
    spared = Spared(now_ns if begun_ns is None else begun_ns, pinned(store))
    chosen = choose(
        contents,
        spared,
        unused_ns=None if unused_seconds is None else now_ns - round(unused_seconds * 1e9),
        max_bytes=max_bytes,
    )
    if not dry_run:
        with store.access():
            _remove(store, chosen, contents)
            for path in damaged:
                path.unlink(missing_ok=True)
    return replace(chosen, damaged_bytes=damaged_bytes)


def choose(contents: Contents, spared: Spared, *, unused_ns: int | None, max_bytes: int | None) -> CleanUp:
    """Return what has to go: `unused_ns` is the moment since which a record was used or has to go."""
    records = [
        record
        for record in contents.records.values()
        if unused_ns is not None and record.used_ns < unused_ns and not spared.has_record(record)
    ]
    gone = {record.key for record in records}
    free = [blob for blob in contents.blobs.values() if not spared.has_blob(blob, contents.holders[blob.digest])]
    blobs = [blob for blob in free if all(record.key in gone for record in contents.holders[blob.digest])]
    left_bytes = contents.size_bytes - total_bytes(blobs) - total_bytes(records)
    if max_bytes is not None:
        chosen = {blob.digest for blob in blobs}
        for blob in _by_last_use([blob for blob in free if blob.digest not in chosen], contents):
            if left_bytes <= max_bytes:
                break
            blobs.append(blob)
            left_bytes -= blob.size_bytes
    spared_bytes = total_bytes(contents.blobs.values()) - total_bytes(free)
    return CleanUp(tuple(blobs), tuple(records), contents.size_bytes, spared_bytes)


def _by_last_use(blobs: Iterable[StoredBlob], contents: Contents) -> list[StoredBlob]:
    """Return blobs in order of when a record of theirs was last used, the large first where that is the same."""

    def last_use(blob: StoredBlob) -> tuple[int, int, str]:
        used_ns = max((record.used_ns for record in contents.holders[blob.digest]), default=blob.changed_ns)
        return used_ns, -blob.size_bytes, blob.digest

    return sorted(blobs, key=last_use)


def _remove(store: LocalStore, chosen: CleanUp, contents: Contents) -> None:
    """Remove what was chosen, but for what has been used or made again since it was looked at: by a render that began
    meanwhile."""
    for blob in chosen.blobs:
        unused = all(_is_as_before(store.record_path(each.key), each.used_ns) for each in contents.holders[blob.digest])
        if unused and _is_as_before(store.blob_path(blob.digest), blob.changed_ns):
            store.blob_path(blob.digest).unlink(missing_ok=True)
    for record in chosen.records:
        if _is_as_before(store.record_path(record.key), record.used_ns):
            store.record_path(record.key).unlink(missing_ok=True)


def _is_as_before(path: Path, changed_ns: int) -> bool:
    """Return whether a file is not there or has not been touched since it was looked at."""
    try:
        return path.stat().st_mtime_ns == changed_ns
    except FileNotFoundError:
        return True

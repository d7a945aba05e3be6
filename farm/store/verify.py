"""Looking at everything in a store: every blob hashed, every record read."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from farm.store.local import LocalStore
from farm.store.notes import note_files, read_note
from farm.store.quarantine import Kind, keep_if_whole, move_to_quarantine, quarantine_path
from farm.store.usage import Contents, files_below, look_into, total_bytes


@dataclass(frozen=True, slots=True)
class Damage:
    """A blob that does not hold what its name says, a record, a history or a pin; `path` is where it was found."""

    what: Kind | Literal["pin"]
    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Verification:
    """How much was looked at, and what was damaged: but for pins, it is in quarantine now and counts as missing."""

    blobs: int
    records: int
    size_bytes: int
    damaged: tuple[Damage, ...]


def verify_store(store: LocalStore) -> Verification:
    """Hash all blobs and read all records. Safe beside renders. Raises StoreError when the store cannot be used."""
    contents = look_into(store)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        whole = list(pool.map(lambda digest: keep_if_whole(store, digest), contents.blobs))
    damaged = [
        Damage("blob", digest, store.blob_path(digest))
        for digest, good in zip(contents.blobs, whole, strict=True)
        if not good and quarantine_path(store, "blob", digest).exists()  # else it has been cleaned up meanwhile
    ]
    damaged += [*_damaged_records(store, contents), *_damaged_notes(store)]
    size_bytes = total_bytes(contents.blobs.values())
    return Verification(len(contents.blobs), len(contents.records), size_bytes, tuple(damaged))


def _damaged_records(store: LocalStore, contents: Contents) -> list[Damage]:
    damaged = []
    with store.access():
        for key, path in files_below(store.root / "records"):
            if key not in contents.records and store.find_record(key) is None and path.exists():
                move_to_quarantine(store, path, "record", key)
                damaged.append(Damage("record", key, path))
    return damaged


def _damaged_notes(store: LocalStore) -> list[Damage]:
    """A pin stays where it is: without it, what it held would be cleaned up."""
    history = [path for path in note_files(store, "history") if read_note(path) is None and path.exists()]
    for path in history:
        move_to_quarantine(store, path, "history", path.name)
    pins = [path for path in note_files(store, "pins") if read_note(path) is None]
    return [Damage("history", path.name, path) for path in history] + [Damage("pin", path.name, path) for path in pins]

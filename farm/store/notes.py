"""Small JSON values that the store keeps by name: what is pinned, what albums were last made from."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from farm.errors import StoreError
from farm.store.local import LocalStore, seal, unseal

Shelf = Literal["pins", "history"]


@dataclass(frozen=True, slots=True)
class Note:
    name: str
    value: Any


def write_note(store: LocalStore, shelf: Shelf, name: str, value: Any) -> None:
    """Keep a value under a name of any characters."""
    store.write_file(_path(store, shelf, name), seal({"name": name, "value": value}))


def find_note(store: LocalStore, shelf: Shelf, name: str) -> Any:
    """Return the value of a name, or None; one that is damaged counts as missing."""
    note = read_note(_path(store, shelf, name))
    return note.value if note else None


def remove_note(store: LocalStore, shelf: Shelf, name: str) -> None:
    """Forget a name, if there is anything under it."""
    with store.access():
        _path(store, shelf, name).unlink(missing_ok=True)


def note_files(store: LocalStore, shelf: Shelf) -> list[Path]:
    """Return the files of a shelf, in their order."""
    with store.access():
        return sorted((store.root / shelf).iterdir())


def read_note(path: Path) -> Note | None:
    """Return the note in a file, or None if there is none or it is damaged."""
    try:
        fields = unseal(path.read_bytes())
    except (OSError, ValueError):
        return None
    return Note(fields["name"], fields["value"])


def write_pin(store: LocalStore, name: str, holds: Iterable[str]) -> None:
    """Keep what is named by keys of records and digests of blobs from clean-up, until the pin is removed: approved
    baselines, say. A record's blobs are kept with it."""
    write_note(store, "pins", name, sorted(set(holds)))


def remove_pin(store: LocalStore, name: str) -> None:
    """Let clean-up have what only this pin held."""
    remove_note(store, "pins", name)


def pinned(store: LocalStore) -> frozenset[str]:
    """Return the keys and digests that all pins hold. Raises StoreError for a pin that cannot be read: what it held
    would be cleaned up."""
    held: set[str] = set()
    for path in note_files(store, "pins"):
        if (note := read_note(path)) is None:
            raise StoreError(
                "a pin is damaged, and what it held is not known",
                code="store-pin-damaged",
                where=str(path),
                hint="pin again what was approved, or remove the file to give it up",
            )
        held.update(note.value)
    return frozenset(held)


def _path(store: LocalStore, shelf: Shelf, name: str) -> Path:
    return store.root / shelf / hashlib.sha256(name.encode()).hexdigest()[:32]

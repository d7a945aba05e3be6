"""Blobs that are not what their names say: each is looked at before its audio is believed.

A disk that loses a bit does not tell. So whoever reads a blob hashes it, while streaming or before, and one that is
damaged is moved out of the way: it then counts as missing, and is made again.
"""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Literal

from farm.errors import StoreError
from farm.records import Artifact
from farm.store.digests import sha256_of_file, xxh3_of_file
from farm.store.local import LocalStore

BLOB_LOST = "store-blob-lost"
"""The code of the error for a blob that is missing, or was and is set aside: making it again mends that."""

Kind = Literal["blob", "record", "history"]

_XXH3_CHARACTERS = 32


def checked_blob(store: LocalStore, artifact: Artifact) -> Path:
    """Return where a blob lies, having hashed all of it. Raises StoreError (store-blob-lost) unless it is whole."""
    if not keep_if_whole(store, artifact.digest):
        raise blob_lost(store.blob_path(artifact.digest))
    return store.blob_path(artifact.digest)


def set_aside_damaged(store: LocalStore, artifacts: Iterable[Artifact]) -> tuple[Artifact, ...]:
    """Hash blobs; return those that are missing or damaged, which are in quarantine now."""
    return tuple(artifact for artifact in artifacts if not keep_if_whole(store, artifact.digest))


def keep_if_whole(store: LocalStore, digest: str) -> bool:
    """Hash a blob; one that is not what its name says is moved to quarantine. Return whether it is there and whole."""
    hashed = xxh3_of_file if len(digest) == _XXH3_CHARACTERS else sha256_of_file
    path = store.blob_path(digest)
    try:
        if hashed(path) == digest:
            return True
    except OSError:
        pass  # gone, or the disk refuses to read it
    move_to_quarantine(store, path, "blob", digest)
    return False


def move_to_quarantine(store: LocalStore, path: Path, kind: Kind, name: str) -> None:
    """Move a file of the store to quarantine, if it is there; an earlier one of that name gives way."""
    with store.access(), suppress(FileNotFoundError):
        path.replace(quarantine_path(store, kind, name))


def quarantine_path(store: LocalStore, kind: Kind, name: str) -> Path:
    """Return where a damaged file of that kind and name would lie."""
    return store.root / "quarantine" / f"{kind}-{name}"


def blob_lost(path: Path) -> StoreError:
    """Return the error for the blob of a place, which is missing or was damaged."""
    return StoreError(
        "an artifact is missing or damaged",
        code=BLOB_LOST,
        where=str(path),
        hint="render again: what is missing is made anew",
    )

"""Digests of files, each file read once.

A file is recognised by device, inode, size and both times. One that changed less than two seconds before it was hashed
is not remembered: within the clock's grain it could change again unseen.
"""

import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import xxhash

from farm.errors import AudioError

_RACY_NS = 2_000_000_000
_PIECE_BYTES = 1 << 20


def xxh3_of_file(path: Path) -> str:
    """Return the 128-bit XXH3 (hex) of a file's bytes: what keys are made of. It guards against accidents, not attack,
    and takes a ninth of the time of sha256."""
    digest = xxhash.xxh3_128()
    with path.open("rb", buffering=0) as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def xxh3_of_folder(path: Path) -> str:
    """Return the 128-bit XXH3 (hex) of all files in a folder, their names in it included, or that of a lone file.

    The folder's own name and place do not count. Raises OSError when something in it cannot be read.
    """
    if not path.is_dir():
        return xxh3_of_file(path)
    digest = xxhash.xxh3_128()
    for name, file in sorted((file.relative_to(path).as_posix(), file) for file in path.rglob("*") if file.is_file()):
        digest.update(f"{name}\0{xxh3_of_file(file)}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def sha256_of_file(path: Path) -> str:
    """Return the sha256 (hex) of a file's bytes: what others can check."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class FileDigests:
    """A memory of file digests in one SQLite file, shared by processes. It may be lost: then files are hashed again."""

    def __init__(self, memory: Path) -> None:
        self._session: dict[str, str] = {}
        self._database = _open_memory(memory)

    def xxh3(self, path: Path) -> str:
        """Return the XXH3 of a file, or of all that is in a folder. Raises AudioError when it cannot be read."""
        return self._hash(path, xxh3_of_folder) if path.is_dir() else self._digest(path, xxh3_of_file)

    def sha256(self, path: Path) -> str:
        """Return the sha256 of a file. Raises AudioError when it cannot be read."""
        return self._digest(path, sha256_of_file)

    def learn(self, paths: Iterable[Path]) -> None:
        """Hash those of the files that are not remembered, several at a time; what cannot be read is passed over."""
        unknown = [path for path in dict.fromkeys(paths) if self._find(path, xxh3_of_file) is None]
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            for path, found in zip(unknown, pool.map(_hash_unless_unreadable, unknown), strict=True):
                if found:
                    self._remember(path, *found, xxh3_of_file)

    def _digest(self, path: Path, hashed: Callable[[Path], str]) -> str:
        try:
            if known := self._find(path, hashed):
                return known
            before = path.stat()
        except OSError as error:
            raise _unreadable(path, error) from error
        digest = self._hash(path, hashed)
        with suppress(OSError):
            self._remember(path, before, digest, hashed)
        return digest

    def _hash(self, path: Path, hashed: Callable[[Path], str]) -> str:
        try:
            return hashed(path)
        except OSError as error:
            raise _unreadable(path, error) from error

    def _find(self, path: Path, hashed: Callable[[Path], str]) -> str | None:
        try:
            name = _name(path.stat(), hashed)
            if name in self._session:
                return self._session[name]
            row = self._database.execute("SELECT digest FROM digest WHERE file = ?", (name,)).fetchone()
        except (OSError, sqlite3.Error):
            return None
        return str(row[0]) if row else None

    def _remember(self, path: Path, before: os.stat_result, digest: str, hashed: Callable[[Path], str]) -> None:
        name = _name(before, hashed)
        self._session[name] = digest
        newest = max(before.st_mtime_ns, before.st_ctime_ns)
        if time.time_ns() - newest > _RACY_NS and _name(path.stat(), hashed) == name:
            self._keep(name, digest)

    def _keep(self, name: str, digest: str) -> None:
        with suppress(sqlite3.Error):
            self._database.execute("INSERT OR REPLACE INTO digest VALUES (?, ?)", (name, digest))


def _unreadable(path: Path, error: OSError) -> AudioError:
    return AudioError(f"cannot be read: {error.strerror or error}", code="file-unreadable", where=str(path))


def _open_memory(path: Path) -> sqlite3.Connection:
    """Open the memory; one that is damaged is made anew, where none can be written it lasts as long as the process."""
    for place in (path, path, ":memory:"):
        try:
            database = sqlite3.connect(place, timeout=30, isolation_level=None)
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=OFF")
            database.execute("CREATE TABLE IF NOT EXISTS digest (file TEXT PRIMARY KEY, digest TEXT)")
            database.execute("SELECT digest FROM digest LIMIT 1")
        except sqlite3.OperationalError:
            continue
        except sqlite3.DatabaseError:
            with suppress(OSError):
                path.unlink()
            continue
        return database
    raise AssertionError("a database in memory opens")


def _hash_unless_unreadable(path: Path) -> tuple[os.stat_result, str] | None:
    try:
        return path.stat(), xxh3_of_file(path)
    except OSError:
        return None


def _name(status: os.stat_result, hashed: Callable[[Path], str]) -> str:
    """Name a file's state, and how it was hashed."""
    times = f"{status.st_mtime_ns}:{status.st_ctime_ns}"
    return f"{hashed.__name__}:{status.st_dev}:{status.st_ino}:{status.st_size}:{times}"

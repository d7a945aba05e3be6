"""Leases: what a render has used or made since it took one is not cleaned up while it runs."""

import fcntl
import json
import os
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from farm.store.local import LocalStore

_FOREIGN_SECONDS = 24 * 3600.0
"""How long a lease of another host counts: whether its holder lives cannot be seen from here on every file system."""


@contextmanager
def hold_lease(store: LocalStore) -> Iterator[None]:
    """Spare everything that is used or made inside the block from clean-up, by whichever process of the render."""
    with store.scratch_file() as making, store.access():
        making.write_text(json.dumps({"pid": os.getpid(), "host": socket.gethostname()}))
        lock = os.open(making, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        lease = making.replace(store.root / "leases" / uuid.uuid4().hex)
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            lease.unlink()
        os.close(lock)


def oldest_lease_ns(store: LocalStore) -> int | None:
    """Return when the first of the renders that run now took its lease, by the clock of the store's files; None if
    none runs. Leases of those that are gone are removed."""
    begun = []
    for path in (store.root / "leases").iterdir():
        with suppress(OSError):
            if _is_living(path):
                begun.append(path.stat().st_mtime_ns)
            else:
                path.unlink()
    return min(begun, default=None)


def _is_living(path: Path) -> bool:
    if _host(path) != socket.gethostname():
        return time.time() - path.stat().st_mtime < _FOREIGN_SECONDS
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def _host(path: Path) -> str | None:
    try:
        host: str = json.loads(path.read_text())["host"]
    except (ValueError, KeyError, TypeError):
        return None
    return host

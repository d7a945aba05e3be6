"""One render at a time into one place."""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from farm.errors import DeliveryError, LockedError


@contextmanager
def hold_lock(folder: Path) -> Iterator[None]:
    """Hold the folder (made if missing) for one render, and leave no trace of it.

    Raises LockedError, naming the holder, if it is taken; DeliveryError if nothing can be written there.
    """
    path = folder / ".farm-lock"
    lock = _take(path)
    try:
        os.truncate(lock, 0)
        os.pwrite(lock, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode(), 0)
        yield
    finally:
        if _is_at(path, lock):  # the folder may have been moved away meanwhile, and another one be in its place
            with suppress(OSError):  # a lock that stays is taken over by the next render
                path.unlink()
        os.close(lock)


def _take(path: Path) -> int:
    """Return the lock, open and held. Its last holder may have removed it just before it was held: then once more."""
    while True:
        lock = _open(path)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            raise LockedError(
                f"another render is writing here: {_holder(path)}",
                code="output-locked",
                where=str(path.parent),
                hint="wait for it, or deliver elsewhere with --out",
            ) from error
        if _is_at(path, lock):
            return lock
        os.close(lock)


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
    except OSError as error:
        raise DeliveryError(
            f"nothing can be written there: {error.strerror or error}",
            code="output-unwritable",
            where=str(path.parent),
            hint="choose another folder with --out",
        ) from error


def _is_at(path: Path, lock: int) -> bool:
    """Say whether the open lock is still the file of that name."""
    try:
        return os.path.samestat(path.stat(), os.fstat(lock))
    except OSError:
        return False


def _holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_text())
        return f"process {holder['pid']} on {holder['host']}"
    except (OSError, ValueError, KeyError):
        return "holder unknown"

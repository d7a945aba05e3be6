"""One render at a time into one place."""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from farm.errors import DeliveryError, LockedError


@contextmanager
def hold_lock(folder: Path) -> Iterator[None]:
    """Hold the folder (made if missing) for one render. Raises LockedError, naming the holder, if it is taken."""
    path = folder / ".farm-lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
    except OSError as error:
        raise DeliveryError(
            f"nothing can be written there: {error.strerror or error}",
            code="output-unwritable",
            where=str(folder),
            hint="choose another folder with --out",
        ) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise LockedError(
                f"another render is writing here: {_holder(path)}",
                code="output-locked",
                where=str(folder),
                hint="wait for it, or deliver elsewhere with --out",
            ) from error
        os.truncate(lock, 0)
        os.pwrite(lock, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode(), 0)
        yield
    finally:
        os.close(lock)


def _holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_text())
        return f"process {holder['pid']} on {holder['host']}"
    except (OSError, ValueError, KeyError):
        return "holder unknown"

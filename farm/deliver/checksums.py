"""`SHA256SUMS`: the list that `sha256sum -c` checks, and by which farm knows its own files again."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from farm.deliver.failure import explained

CHECKSUMS_NAME = "SHA256SUMS"
TEMPORARY_PREFIX, TEMPORARY_SUFFIX = ".farm-", ".part"


def write_checksums(folder: Path, entries: Mapping[str, str]) -> Path:
    """Write sha256 (hex) by file name, in that order, whole or not at all. Raises DeliveryError."""
    target = folder / CHECKSUMS_NAME
    text = "".join(f"{sha256}  {name}\n" for name, sha256 in entries.items()).encode()
    with explained(target):
        if target.is_file() and target.read_bytes() == text:
            return target
        temporary = temporary_name(folder)
        try:
            with temporary.open("xb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    return target


def load_checksums(folder: Path) -> dict[str, str]:
    """Return sha256 by name as the folder's list has it; {} without a list. Lines that are not farm's are skipped.

    Raises DeliveryError if there is a list that cannot be read.
    """
    path = folder / CHECKSUMS_NAME
    with explained(path):
        if not path.exists():
            return {}
        lines = path.read_text("utf-8", errors="surrogateescape").split("\n")
    found = {}
    for line in lines:
        sha256, _, name = line.partition("  ")
        if len(sha256) == 64 and name and name not in (".", "..") and "/" not in name and "\\" not in name:
            found[name] = sha256
    return found


def temporary_name(folder: Path) -> Path:
    """Return a free name in the folder for a file that is not whole yet; `secrets` because hosts may share it."""
    return folder / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}{TEMPORARY_SUFFIX}"

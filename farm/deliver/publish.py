"""Putting finished files in place: each appears whole or not at all, and what is no longer delivered disappears."""

import os
import shutil
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from farm.deliver.checksums import (
    TEMPORARY_PREFIX,
    TEMPORARY_SUFFIX,
    load_checksums,
    temporary_name,
    write_checksums,
)
from farm.deliver.failure import explained
from farm.errors import DeliveryError

_COPY_BYTES = 1 << 26


@dataclass(frozen=True, slots=True)
class Publication:
    """A finished file: where its bytes are, its name in the deliverable's folder, and its sha256 (hex)."""

    source: Path
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Published:
    """A file in its place. `written` is False if it was there already."""

    path: Path
    sha256: str
    written: bool


def publish(
    folder: Path, files: Sequence[Publication], *, digest_of_file: Callable[[Path], str], complete: bool = True
) -> tuple[Published, ...]:
    """Make `folder` hold these files and their SHA256SUMS.

    A file that has its digest already is left alone. If the files are all there is (`complete`), what an earlier
    publish listed, and has not been changed since, is removed if it is not among them; nothing else is. If they are
    not, what was listed stays listed. `digest_of_file` returns the sha256 (hex) of a file, and
    may remember it. The folder must not be published to by two at once.

    Raises DeliveryError: delivery-read-only, disk-full, name-taken, not-written.
    """
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(folder)
    before = load_checksums(folder)
    published = tuple(_put(folder, file, digest_of_file) for file in files)
    listed = {file.name: file.sha256 for file in files}
    if complete:
        _remove_stale(folder, before, published, digest_of_file)
    else:
        listed = dict(sorted((before | listed).items()))
    write_checksums(folder, listed)
    with explained(folder):
        _sync_folder(folder)
    return published


def _put(folder: Path, file: Publication, digest_of_file: Callable[[Path], str]) -> Published:
    target = folder / file.name
    if target.is_dir():
        message, hint = "the name is taken by a folder", "move the folder away"
        raise DeliveryError(message, code="name-taken", hint=hint, where=str(target))
    if _has_name(folder, file.name) and digest_of_file(target) == file.sha256:
        return Published(target, file.sha256, written=False)
    with explained(target):
        temporary = temporary_name(folder)
        try:
            with file.source.open("rb") as source, temporary.open("xb") as copy:
                _copy(source, copy)
                os.fsync(copy.fileno())
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    return Published(target, file.sha256, written=True)


def _copy(source: BinaryIO, copy: BinaryIO) -> None:
    """Let the file system share the blocks if it can; else the kernel copies, else we do."""
    size = os.fstat(source.fileno()).st_size
    done = 0
    if hasattr(os, "copy_file_range"):
        try:
            while done < size:
                count = os.copy_file_range(source.fileno(), copy.fileno(), min(size - done, _COPY_BYTES), done, done)
                if count == 0:
                    break
                done += count
        except OSError:
            done = 0
    if done < size:
        source.seek(0)
        copy.seek(0)
        shutil.copyfileobj(source, copy, 1 << 20)
        copy.flush()


def _has_name(folder: Path, name: str) -> bool:
    """Whether a file has exactly this name; where case is ignored, a file may answer to another spelling."""
    wanted = unicodedata.normalize("NFC", name)
    return (folder / name).is_file() and any(
        unicodedata.normalize("NFC", path.name) == wanted for path in folder.iterdir()
    )


def _remove_leftovers(folder: Path) -> None:
    for path in folder.glob(f"{TEMPORARY_PREFIX}*{TEMPORARY_SUFFIX}"):
        path.unlink(missing_ok=True)


def _remove_stale(
    folder: Path,
    before: dict[str, str],
    published: Sequence[Published],
    digest_of_file: Callable[[Path], str],
) -> None:
    """Where case or normalisation is ignored, an old name may be the same file as a new one: that one stays."""
    names = {each.path.name for each in published}
    for name, sha256 in before.items():
        path = folder / name
        if name in names or path.is_symlink() or not path.is_file() or digest_of_file(path) != sha256:
            continue
        with explained(path):
            if not any(path.samefile(each.path) for each in published):
                path.unlink()


def _sync_folder(folder: Path) -> None:
    """Make the renames last through a power cut, where the system offers it."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

"""Putting finished files in place: each appears whole or not at all, and what is no longer delivered disappears."""

import hashlib
import os
import shutil
import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from farm.deliver.checksums import (
    CHECKSUMS_NAME,
    TEMPORARY_PREFIX,
    TEMPORARY_SUFFIX,
    load_checksums,
    temporary_name,
    write_checksums,
)
from farm.deliver.failure import explained
from farm.errors import DeliveryError
from farm.store.digests import sha256_of_file
from farm.store.quarantine import blob_lost

_COPY_BYTES = 1 << 26


@dataclass(frozen=True, slots=True)
class Publication:
    """A finished file: where its bytes are, or they themselves, its name in the folder, and its sha256 (hex)."""

    source: Path | bytes
    name: str
    sha256: str

    @classmethod
    def of_bytes(cls, name: str, content: bytes) -> Self:
        """Return a small file that lies nowhere yet."""
        return cls(content, name, hashlib.sha256(content).hexdigest())


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
    not, what was listed stays listed. A file that has the name of one of these is replaced only if it holds what was
    listed, or is on its way: nobody else's file, and none that somebody changed, is lost. SHA256SUMS itself is farm's.
    `digest_of_file` returns the sha256 (hex) of a file, and may remember it. The folder must not be published to by two
    at once.

    Raises DeliveryError: delivery-read-only, disk-full, name-taken, not-written; StoreError (store-blob-lost) for a
    file whose bytes are not those of its digest, and leaves that in place which was there.
    """
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(folder)
    before = _load_list(folder)
    intent = _Intent(folder)
    ours = {*before.values(), *intent.digests, *(file.sha256 for file in files)}
    for file in files:
        _check_free(folder / file.name, ours, digest_of_file)
    intent.write(ours)
    published = tuple(_put(folder, file, digest_of_file) for file in files)
    listed = {file.name: file.sha256 for file in files}
    if complete:
        _remove_stale(folder, before, published, digest_of_file)
    else:
        listed = dict(sorted((before | listed).items()))
    write_checksums(folder, listed)
    intent.remove()
    with explained(folder):
        _sync_folder(folder)
    return published


class _Intent:
    """The digests of what is being put into a folder, until its list tells: a publish that is killed leaves them, so
    that the next one knows what is farm's."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / ".farm-intent"
        with explained(self._path):
            self.digests = self._path.read_text("ascii").split() if self._path.is_file() else []

    def write(self, digests: Collection[str]) -> None:
        with explained(self._path):
            self._path.write_text("\n".join(sorted(digests)), "ascii")

    def remove(self) -> None:
        with explained(self._path):
            self._path.unlink(missing_ok=True)


def _load_list(folder: Path) -> dict[str, str]:
    """Return the folder's list. Raises DeliveryError (name-taken) if what has its name is something else."""
    listed, path = load_checksums(folder), folder / CHECKSUMS_NAME
    if not listed and path.is_file() and path.stat().st_size:
        raise _taken(path, "a file that is no list of checksums", "move it away, or delete it")
    return listed


def _check_free(target: Path, ours: Collection[str], digest_of_file: Callable[[Path], str]) -> None:
    """Raise DeliveryError (name-taken) if a name belongs to something that farm did not put there as it is."""
    if target.is_dir():
        raise _taken(target, "a folder", "move the folder away")
    if os.path.lexists(target) and not (target.is_file() and digest_of_file(target) in ours):
        raise _taken(
            target, "a file that farm did not put there, or that was changed since", "move it away, or delete it"
        )


def _taken(target: Path, by: str, hint: str) -> DeliveryError:
    return DeliveryError(f"the name is taken by {by}", code="name-taken", hint=hint, where=str(target))


def _put(folder: Path, file: Publication, digest_of_file: Callable[[Path], str]) -> Published:
    target = folder / file.name
    if _has_name(folder, file.name) and digest_of_file(target) == file.sha256:
        return Published(target, file.sha256, written=False)
    with explained(target):
        temporary = temporary_name(folder)
        try:
            with temporary.open("xb") as copy:
                _write(file.source, copy)
                os.fsync(copy.fileno())
            if isinstance(file.source, Path) and sha256_of_file(temporary) != file.sha256:
                raise blob_lost(file.source)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    return Published(target, file.sha256, written=True)


def _write(source: Path | bytes, copy: BinaryIO) -> None:
    if isinstance(source, bytes):
        copy.write(source)
        copy.flush()
        return
    with source.open("rb") as original:
        _copy(original, copy)


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

"""`farm verify`: a delivery is read back, by other code than wrote it, and compared with what it says of itself."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from farm.deliver.bext_reader import read_bext
from farm.deliver.checked_album import ReadFile, ReadFolder, check_album, check_joints
from farm.deliver.checked_song import Fault, check_audio, read_song, sha256_of
from farm.deliver.checked_tags import check_bext, check_codes, check_gains, check_tags
from farm.deliver.delivery_document import DOCUMENT_NAME
from farm.deliver.delivery_folder import DDP_NAME, IMAGE_NAME, LIST_NAME, DeliveryFolder, check_inventory, find_folders
from farm.deliver.finding import CheckedFile, CheckedFolder, Finding, Verification
from farm.deliver.tag_reader import read_tags
from farm.deliver.verify_ddp import check_ddp
from farm.errors import AudioError, UsageError

_UNTAGGED = ("ddp", "cd")
"""Formats whose codes stand beside the audio."""

OnRead = Callable[[int, int], None]
"""Told how many of how many files have been read."""


def verify_delivery(root: Path, workers: int, on_read: OnRead) -> Verification:
    """Check a delivery, or one deliverable's folder: return what was read and all that is not as it should be.

    Raises UsageError (no-delivery) if there is nothing to check.
    """
    folders, findings = find_folders(root) if root.is_dir() else ([], [])
    if not folders and not findings:
        hint = "name the folder of a delivery, or of one deliverable in it"
        raise UsageError("no delivery is there", code="no-delivery", where=str(root), hint=hint)
    read = _read_folders(folders, workers, on_read)
    for each in read:
        findings += [*check_inventory(each.folder), *_check_files(each), *check_album(each), *_check_ddp(each)]
    findings += check_joints(read)
    return Verification(tuple(_summary(each) for each in read if each.songs), tuple(findings))


def _read_folders(folders: list[DeliveryFolder], workers: int, on_read: OnRead) -> list[ReadFolder]:
    """Read all files, several at a time."""
    files = [(folder, name) for folder in folders for name in folder.present if name != LIST_NAME]
    found: dict[str, dict[str, ReadFile]] = {folder.name: {} for folder in folders}
    with ThreadPoolExecutor(workers) as pool:
        results = pool.map(lambda file: _read_file(*file), files)
        for done, ((folder, name), read) in enumerate(zip(files, results, strict=True), start=1):
            found[folder.name][name] = read
            on_read(done, len(files))
    return [ReadFolder(folder, found[folder.name]) for folder in folders]


def _read_file(folder: DeliveryFolder, name: str) -> ReadFile:
    """Whatever is wrong with a file, the others are still to be read; damage upsets libraries in ways of their own."""
    path, track, sha256 = folder.path / name, folder.tracks.get(name), None
    try:
        sha256 = sha256_of(path)
        if name not in folder.audio:
            return ReadFile(sha256)
        song = read_song(path, track.songs if track else (), is_cd_image=folder.is_cd_image(name))
    except AudioError as error:
        return ReadFile(sha256, faults=((error.code, error.message),))
    except OSError as error:
        return ReadFile(sha256, faults=(("not-readable", f"it cannot be read: {error.strerror or error}"),))
    except Exception as error:
        return ReadFile(sha256, faults=(("not-decodable", f"it cannot be decoded: {type(error).__name__}: {error}"),))
    try:
        return ReadFile(sha256, song, {} if folder.is_cd_image(name) else read_tags(path))
    except AudioError as error:
        return ReadFile(sha256, song, faults=((error.code, error.message),))


def _check_files(read: ReadFolder) -> Iterator[Finding]:
    folder = read.folder
    for name, file in read.files.items():
        faults = [*_check_digest(folder, name, file), *file.faults]
        if not any(code == "names-swapped" for code, _ in faults):
            faults += _check_song(read, name, file)
        yield from (folder.finding(name, code, message) for code, message in faults)


def _check_song(read: ReadFolder, name: str, file: ReadFile) -> Iterator[Fault]:
    """Yield what is wrong with a song: by itself, then as its document has it."""
    document, track = read.folder.document, read.folder.tracks.get(name)
    if file.song is None:
        return
    if not file.song.keeps_md5:
        yield "flac-md5-differs", "its samples are not those that the MD5 in it was made of"
    yield from check_codes(file.tags)
    yield from check_gains(file.tags, file.song.reading.integrated_lufs, read.album_lufs if document else None)
    if document is None or track is None:
        return
    yield from check_audio(file.song, track, document.deliverable)
    if document.deliverable.format not in _UNTAGGED:
        yield from check_tags(file.tags, track, document.album)
    if document.deliverable.format == "bwf":
        yield from check_bext(read_bext(read.folder.path / name), file.song, track)


def _check_digest(folder: DeliveryFolder, name: str, file: ReadFile) -> Iterator[Fault]:
    """Yield whether the bytes are others than was listed, and whose they are, if anybody's."""
    track = folder.tracks.get(name)
    said = {LIST_NAME: folder.listed.get(name), DOCUMENT_NAME: track.sha256 if track else None}
    wrong = [source for source, sha256 in said.items() if sha256 and file.sha256 and sha256 != file.sha256]
    if not wrong:
        return
    owner = next((other for other, sha256 in folder.listed.items() if sha256 == file.sha256), None)
    if owner and owner != name:
        yield "names-swapped", f"it holds what should be in {owner!r}"
    else:
        yield "sha256-differs", f"its bytes are not those of {' and '.join(wrong)}"


def _check_ddp(read: ReadFolder) -> Iterator[Finding]:
    if DDP_NAME in read.folder.present:
        image = read.folder.tracks.get(IMAGE_NAME)
        try:
            for name, code, message in check_ddp(read.folder.path, image.songs if image else ()):
                yield read.folder.finding(name, code, message)
        except OSError as error:
            yield read.folder.finding("", "not-readable", f"it cannot be read: {error.strerror or error}")


def _summary(read: ReadFolder) -> CheckedFolder:
    files = tuple(
        CheckedFile(
            name=name,
            kind=song.decoded.kind,
            rate_hz=song.decoded.rate_hz,
            frames=song.frames,
            integrated_lufs=song.reading.integrated_lufs,
            true_peak_dbtp=song.reading.true_peak_dbtp,
        )
        for name, song in read.songs.items()
    )
    return CheckedFolder(read.folder.name, files, read.album_lufs, read.folder.document)

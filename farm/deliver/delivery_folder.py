"""A delivered folder as it lies there: what its list and its document say, and what is really in it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from farm.deliver.delivery_document import DOCUMENT_NAME, DeliveredTrack, DeliveryDocument, load_document
from farm.deliver.finding import Finding

LIST_NAME = "SHA256SUMS"
DDP_NAME, IMAGE_NAME = "DDPID", "IMAGE.DAT"

_AUDIO_ENDINGS = frozenset({".wav", ".flac", ".aif", ".aiff", ".m4a", ".mp3", ".ogg", ".opus", ".bin"})
_LINE = re.compile(r"([0-9a-fA-F]{64})(?:  | \*)([^/\\]+)")

Problem = tuple[str, str, str]
"""A finding before its folder is known: the file's name, the code, and what is wrong."""


@dataclass(frozen=True, slots=True)
class DeliveryFolder:
    """A folder of a delivery. `listed` holds the sha256 (hex) by name of its list, `present` what is in it.

    `name` is its path below the folder that is checked, "." for that itself.
    """

    path: Path
    name: str
    listed: Mapping[str, str]
    present: tuple[str, ...]
    document: DeliveryDocument | None

    def where(self, name: str = "") -> str:
        """Return a file's place below the folder that is checked."""
        return "/".join(part for part in (self.name if self.name != "." else "", name) if part) or "."

    def finding(self, name: str, code: str, message: str) -> Finding:
        return Finding(self.where(name), code, message)

    @property
    def tracks(self) -> Mapping[str, DeliveredTrack]:
        """What the document says of each file, by name."""
        return {track.name: track for track in self.document.files} if self.document else {}

    @property
    def audio(self) -> tuple[str, ...]:
        """The names of the files that are songs, in the order of the document, else of the names."""
        if DDP_NAME in self.present:
            return tuple(name for name in self.present if name == IMAGE_NAME)
        songs = [name for name in self.tracks if name in self.present]
        known = {*songs, *self.others}
        return (*songs, *(name for name in self.present if name not in known and _is_audio(name)))

    @property
    def others(self) -> tuple[str, ...]:
        """The names of the files that the document has beside the songs."""
        return tuple(other.name for other in self.document.others) if self.document else ()

    def is_cd_image(self, name: str) -> bool:
        """Whether a file holds samples and nothing else."""
        return DDP_NAME in self.present or name.endswith(".bin")


def find_folders(root: Path) -> tuple[list[DeliveryFolder], list[Finding]]:
    """Return the folders below that hold a part of a delivery, the root itself among them, and what is wrong with them.

    Names that begin with a full stop are nobody's: farm's own marks, and what file managers leave.
    """
    folders: list[DeliveryFolder] = []
    findings: list[Finding] = []
    for path in (root, *sorted(each for each in root.rglob("*") if each.is_dir())):
        inside = path.relative_to(root)
        if any(part.startswith(".") for part in inside.parts):
            continue
        try:
            present = tuple(sorted(each.name for each in path.iterdir() if each.is_file() and each.name[0] != "."))
        except OSError as error:
            findings.append(Finding(inside.as_posix(), "not-readable", f"it cannot be read: {error.strerror or error}"))
            continue
        if {LIST_NAME, DOCUMENT_NAME, DDP_NAME} & set(present) or any(map(_is_audio, present)):
            folder, found = _open_folder(path, inside.as_posix(), present)
            folders.append(folder)
            findings += found
    return folders, findings


def _open_folder(path: Path, name: str, present: tuple[str, ...]) -> tuple[DeliveryFolder, list[Finding]]:
    listed, problems = _read_list(path / LIST_NAME)
    document = None
    if DOCUMENT_NAME in present:
        try:
            document = load_document((path / DOCUMENT_NAME).read_bytes())
        except (ValueError, OSError) as error:
            problems.append((DOCUMENT_NAME, "document-unreadable", f"it cannot be read: {error}"))
    elif any(map(_is_audio, listed or present)):
        message = "there is no document: what the songs should be and measure is not known, the rest was checked"
        problems.append((DOCUMENT_NAME, "document-missing", message))
    folder = DeliveryFolder(path, name, listed, present, document)
    return folder, [folder.finding(*problem) for problem in problems]


def _read_list(path: Path) -> tuple[dict[str, str], list[Problem]]:
    """Read what `sha256sum` writes; what is no line of it is told."""
    if not path.is_file():
        return {}, [(LIST_NAME, "list-missing", "there is no list of checksums: bytes cannot be checked")]
    listed: dict[str, str] = {}
    problems: list[Problem] = []
    try:
        text = path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        return {}, [(LIST_NAME, "list-unreadable", f"it cannot be read: {error}")]
    for number, line in enumerate(text.rstrip("\n").split("\n"), start=1):
        if (found := _LINE.fullmatch(line)) and found[2] not in (".", ".."):
            listed[found[2]] = found[1].lower()
        else:
            problems.append((LIST_NAME, "list-unreadable", f"line {number} is no checksum and name of a file"))
    return listed, problems


def _is_audio(name: str) -> bool:
    return Path(name).suffix.lower() in _AUDIO_ENDINGS


def check_inventory(folder: DeliveryFolder) -> Iterator[Finding]:
    """Yield what is missing and what nobody listed. Beside deliverables, at the root, other files are people's own."""
    for name in sorted({*folder.listed, *folder.tracks, *folder.others} - {*folder.present, DOCUMENT_NAME}):
        yield folder.finding(name, "file-missing", "the file is missing")
    if not folder.listed:
        return
    whole = folder.document is not None or any(map(_is_audio, folder.listed))
    for name in folder.present:
        if name not in folder.listed and name != LIST_NAME and (whole or _is_audio(name)):
            yield folder.finding(name, "file-extra", f"the file is not in {LIST_NAME}: nobody delivered it")

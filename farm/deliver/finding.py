"""What a check of a delivery comes to: findings, each about a file or a folder, and what was read."""

from dataclasses import dataclass

from farm.deliver.delivery_document import DeliveryDocument


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be: where, below the folder that was checked, a stable code, and what."""

    where: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file that was decoded, and what the second meter reads of it."""

    name: str
    kind: str
    rate_hz: int
    frames: int
    integrated_lufs: float | None
    true_peak_dbtp: float | None

    @property
    def duration_seconds(self) -> float:
        return self.frames / self.rate_hz


@dataclass(frozen=True, slots=True)
class CheckedFolder:
    """One deliverable: its songs in order, the loudness of them all pooled, and what its document says, if it has one.

    `name` is the path below the folder that was checked, "." for that itself.
    """

    name: str
    files: tuple[CheckedFile, ...]
    album_lufs: float | None
    document: DeliveryDocument | None


@dataclass(frozen=True, slots=True)
class Verification:
    """All that was checked, and all that was found."""

    folders: tuple[CheckedFolder, ...]
    findings: tuple[Finding, ...]

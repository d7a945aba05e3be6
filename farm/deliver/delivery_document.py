"""`delivery.json`: what a deliverable's folder holds, measured, for programs and for `farm verify`.

The document is these values as JSON: keys may be added, never renamed. There is no clock and no path in it, so the same
delivery is the same bytes.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from farm import __version__
from farm.deliver.publish import Publication

DOCUMENT_NAME = "delivery.json"
SCHEMA = 1

_DECIMALS = 3


@dataclass(frozen=True, slots=True)
class DeliveredAlbum:
    """The release; None is not said. `loudness_lufs` is that of all songs pooled, None if some are not there."""

    title: str
    artists: tuple[str, ...]
    upc: str | None = None
    catalogue_number: str | None = None
    label: str | None = None
    date: str | None = None
    copyright: str | None = None
    musicbrainz_album_id: str | None = None
    loudness_lufs: float | None = None


@dataclass(frozen=True, slots=True)
class DeliveredFormat:
    """What was asked for: bits for lossless formats, a bit rate or a quality for the others, and the targets.

    `continuous` if one file, or the image of a disc, holds all songs.
    """

    format: str
    rate_hz: int
    ceiling_dbtp: float
    target_lufs: float
    loudness_mode: str
    bits: int | None = None
    bitrate_kbps: int | None = None
    quality: float | None = None
    dither: str | None = None
    continuous: bool = False


@dataclass(frozen=True, slots=True)
class PlacedSong:
    """A song, by its number in the album, inside of a file that holds several; `start_frame` counts from the first
    sample of the file."""

    number: int
    title: str
    isrc: str | None
    start_frame: int
    frames: int


@dataclass(frozen=True, slots=True)
class DeliveredOver:
    """What `farm.deliver.overs.Over` is, which comes with compiled kernels that a reader of documents does without."""

    seconds: float
    frame: int
    channel: int
    between: bool
    value_dbtp: float


@dataclass(frozen=True, slots=True)
class DeliveredTrack:
    """A file with what it is tagged as and what it measures, decoded. What does not exist (silence, too short, not
    measured) is None. `audio_sha256` names the samples, see `farm.deliver.encode.Encoded`, which also says what
    `backed_off_db`, `lowered_db`, `rounds` and the overs of the first encode are. `songs` are those of a file of the
    whole album."""

    name: str
    size_bytes: int
    sha256: str
    audio_sha256: str | None
    title: str
    artists: tuple[str, ...]
    disc: int
    disc_total: int
    track: int
    track_total: int
    frames: int
    duration_seconds: float
    version: str | None = None
    isrc: str | None = None
    composers: tuple[str, ...] = ()
    lyricists: tuple[str, ...] = ()
    phonographic: str | None = None
    genre: str | None = None
    language: str | None = None
    advisory: str | None = None
    musicbrainz_recording_id: str | None = None
    integrated_lufs: float | None = None
    loudness_range_lu: float | None = None
    true_peak_dbtp: float | None = None
    backed_off_db: float = 0.0
    lowered_db: float = 0.0
    rounds: int = 1
    overs_total: int = 0
    overs: tuple[DeliveredOver, ...] = ()
    songs: tuple[PlacedSong, ...] = ()


@dataclass(frozen=True, slots=True)
class OtherFile:
    """A file without audio of its own that belongs to the deliverable: a sheet, a descriptor."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class DeliveryDocument:
    """A deliverable: its files in the order of the album, and what lies beside them."""

    schema: int
    farm: str
    album: DeliveredAlbum
    deliverable: DeliveredFormat
    files: tuple[DeliveredTrack, ...]
    others: tuple[OtherFile, ...] = ()


def build_delivery_document(
    album: DeliveredAlbum,
    deliverable: DeliveredFormat,
    files: tuple[DeliveredTrack, ...],
    others: tuple[OtherFile, ...] = (),
) -> DeliveryDocument:
    """Return the document of a deliverable, as this version of farm writes it."""
    return DeliveryDocument(SCHEMA, __version__, album, deliverable, files, others)


def renew_document(before: DeliveryDocument | None, now: DeliveryDocument) -> DeliveryDocument:
    """Return the document after some songs were delivered again: the others' files are as they were.

    What the album measures as a whole is not known then, unless nothing has changed.
    """
    if before is None:
        return now
    fresh = {(file.disc, file.track): file for file in now.files}
    kept = {place: file for file in before.files if (place := (file.disc, file.track)) not in fresh}
    files = tuple(file for _, file in sorted((kept | fresh).items()))
    if _to_json({"files": [asdict(file) for file in files]}) == _to_json({"files": [asdict(f) for f in before.files]}):
        return before
    return replace(now, files=files, album=replace(now.album, loudness_lufs=None))


def settle_document(now: DeliveryDocument, folder: Path, *, complete: bool) -> DeliveryDocument:
    """Return the document that a folder is to have: of what was made, or renewed by it if that is not all there is."""
    if complete:
        return now
    try:
        before = load_document((folder / DOCUMENT_NAME).read_bytes())
    except (OSError, ValueError):
        before = None
    return renew_document(before, now)


def document_publication(document: DeliveryDocument) -> Publication:
    """Return the file that lies beside the songs."""
    return Publication.of_bytes(DOCUMENT_NAME, _to_json(asdict(document)))


def load_document(content: bytes) -> DeliveryDocument:
    """Return the document of a file's content. Raises ValueError with the reason if it is not one."""
    from pydantic import TypeAdapter, ValidationError

    try:
        document = TypeAdapter(DeliveryDocument).validate_json(content, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"{place}: {first['msg']}" if place else first["msg"]) from None
    if document.schema != SCHEMA:
        raise ValueError(f"it is of schema {document.schema}, and this version of farm reads {SCHEMA}")
    return document


def _to_json(values: Mapping[str, Any]) -> bytes:
    return (json.dumps(_rounded(values), indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _rounded(value: Any) -> Any:
    """Round what is measured: more decimals than these say nothing, and make every change of a meter a change here."""
    if isinstance(value, float):
        return round(value, _DECIMALS)
    if isinstance(value, Mapping):
        return {key: _rounded(each) for key, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list | tuple) else value

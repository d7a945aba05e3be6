"""Tags: what a release says of a song, in the words of each container."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from mutagen import id3
from mutagen.flac import FLAC, Picture

from farm.deliver.cover import Cover
from farm.plan.spec import TagSpec

_FIELDS: tuple[tuple[str, str, str], ...] = (
    ("title", "TIT2", "TITLE"),
    ("artist", "TPE1", "ARTIST"),
    ("album", "TALB", "ALBUM"),
    ("album_artist", "TPE2", "ALBUMARTIST"),
    ("isrc", "TSRC", "ISRC"),
    ("upc", "TXXX:BARCODE", "BARCODE"),
    ("composer", "TCOM", "COMPOSER"),
    ("label", "TPUB", "LABEL"),
    ("catalogue_number", "TXXX:CATALOGNUMBER", "CATALOGNUMBER"),
    ("copyright", "TCOP", "COPYRIGHT"),
    ("genre", "TCON", "GENRE"),
    ("year", "TDRC", "DATE"),
)
"""TagSpec field, ID3v2.4 frame (WAV, MP3), Vorbis comment (FLAC). The track number is written by hand: ID3 has one
frame for `n/total`, Vorbis comments have two fields."""

_UTF8 = id3.Encoding.UTF8
_PADDING_BYTES = 1024
"""Room to mend a tag without moving the audio; the same in every file, so that equal songs are equal bytes."""


def id3_bytes(tags: TagSpec, cover: Cover | None) -> bytes:
    """Return a whole ID3v2.4 tag. exiftool takes a tag without padding for damaged."""
    buffer = BytesIO()
    _build_id3(tags, cover).save(buffer, v1=0, v2_version=4, padding=lambda _: _PADDING_BYTES)
    return buffer.getvalue()


def write_id3(path: Path, tags: TagSpec, cover: Cover | None) -> None:
    """Put an ID3v2.4 tag in front of an MP3."""
    _build_id3(tags, cover).save(path, v1=0, v2_version=4, padding=lambda _: _PADDING_BYTES)


def write_vorbis(path: Path, tags: TagSpec, cover: Cover | None) -> None:
    """Put Vorbis comments and a front cover into a FLAC file."""
    file = FLAC(path)
    if file.tags is None:
        file.add_tags()
    file.tags.clear()
    file.clear_pictures()
    for name, value in vorbis_fields(tags).items():
        file[name] = value
    if cover is not None:
        file.add_picture(_build_picture(cover))
    file.save(padding=lambda _: _PADDING_BYTES)


def vorbis_fields(tags: TagSpec) -> Mapping[str, str]:
    """Return the Vorbis comments of a song, in the order they are written."""
    fields = {vorbis: str(getattr(tags, name)) for name, _, vorbis in _FIELDS if getattr(tags, name) is not None}
    return fields | {"TRACKNUMBER": str(tags.track_number), "TRACKTOTAL": str(tags.track_total)}


def _build_id3(tags: TagSpec, cover: Cover | None) -> Any:
    built = id3.ID3()
    built.add(id3.TRCK(encoding=_UTF8, text=f"{tags.track_number}/{tags.track_total}"))
    for name, frame, _ in _FIELDS:
        value = getattr(tags, name)
        if value is None:
            continue
        kind, _, description = frame.partition(":")
        extra = {"desc": description} if description else {}
        built.add(getattr(id3, kind)(encoding=_UTF8, text=str(value), **extra))
    if cover is not None:
        front = id3.PictureType.COVER_FRONT
        built.add(id3.APIC(encoding=_UTF8, mime=cover.mime, type=front, desc="", data=cover.data))
    return built


def _build_picture(cover: Cover) -> Picture:
    picture = Picture()
    picture.type = id3.PictureType.COVER_FRONT
    picture.mime, picture.data = cover.mime, cover.data
    picture.width, picture.height = cover.width, cover.height
    picture.depth, picture.colors = cover.depth_bits, cover.colors
    return picture

"""Tags: what a release says of a song, written into each container by the names of `tag_fields`."""

import base64
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from mutagen import id3
from mutagen.aiff import AIFF
from mutagen.flac import FLAC, Picture
from mutagen.mp4 import MP4, MP4Cover, MP4FreeForm
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis

from farm.deliver.cover import Cover
from farm.deliver.riff_chunks import chunk
from farm.deliver.tag_fields import FIELDS, Values

_UTF8 = id3.Encoding.UTF8
_PADDING_BYTES = 1024
"""Room to mend a tag without moving the audio; the same in every file, so that equal songs are equal bytes. exiftool
takes an ID3 tag without padding for damaged."""

_JOINT = ", "
"""Between several names where a container has one text for all. ID3v2.4 has lists, but ffprobe and mediainfo, and with
them many players, show nothing but the first name: there, too, all are one text, and artists have a list besides."""

_ITUNES = "----:com.apple.iTunes:"
_PAIRS = ("trkn", "disk")
_NUMBERS = ("rtng",)
_UNKNOWN_LANGUAGE = "und"


def id3_bytes(values: Values, cover: Cover | None, *, version: str) -> bytes:
    """Return a whole ID3 tag, `version` "2.3" or "2.4"."""
    buffer = BytesIO()
    _build_id3(values, cover, version).save(buffer, v1=0, **_id3_options(version))
    return buffer.getvalue()


def write_id3(path: Path, values: Values, cover: Cover | None, *, version: str) -> None:
    """Put an ID3 tag in front of an MP3."""
    _build_id3(values, cover, version).save(path, v1=0, **_id3_options(version))


def write_aiff_tags(path: Path, values: Values, cover: Cover | None, *, version: str) -> None:
    """Put an ID3 tag into a chunk of an AIFF."""
    file = AIFF(path)
    file.add_tags()
    for frame in _build_id3(values, cover, version).values():
        file.tags.add(frame)
    file.tags.save(path, **_id3_options(version))


def write_flac_tags(path: Path, values: Values, cover: Cover | None) -> None:
    """Put Vorbis comments and a front cover into a FLAC file."""
    file = FLAC(path)
    file.clear_pictures()
    if cover is not None:
        file.add_picture(_build_picture(cover))
    _save_comments(file, values)


def write_vorbis_tags(path: Path, values: Values, cover: Cover | None) -> None:
    """Put Vorbis comments into an Ogg Vorbis file."""
    _save_comments(OggVorbis(path), values, cover)


def write_opus_tags(path: Path, values: Values, cover: Cover | None) -> None:
    """Put Vorbis comments into an Ogg Opus file."""
    _save_comments(OggOpus(path), values, cover)


def write_mp4_tags(path: Path, values: Values, cover: Cover | None, *, gapless: str | None = None) -> None:
    """Put iTunes metadata into an m4a file; `gapless` is the text of iTunSMPB."""
    file = MP4(path)
    if file.tags is None:
        file.add_tags()
    for atom, content in _mp4_atoms(values):
        file[atom] = content
    if gapless is not None:
        file[f"{_ITUNES}iTunSMPB"] = MP4FreeForm(gapless.encode())
    if cover is not None:
        kind = MP4Cover.FORMAT_PNG if cover.mime == "image/png" else MP4Cover.FORMAT_JPEG
        file["covr"] = [MP4Cover(cover.data, imageformat=kind)]
    file.save(padding=lambda _: _PADDING_BYTES)


def info_chunk(values: Values) -> bytes:
    """Return the RIFF list INFO; b"" if there is nothing in it.

    It is UTF-8, as FFmpeg writes and reads it: where `bext` is, FFmpeg reads no ID3 tag. The list has no word for its
    letters: MediaInfo shows those beyond ASCII as Latin-1, other programs read the ID3 tag.
    """
    texts = {field.info: _JOINT.join(values[field.name]) for field in FIELDS if field.info and field.name in values}
    entries = [chunk(name.encode(), text.encode() + b"\0") for name, text in texts.items()]
    return chunk(b"LIST", b"INFO" + b"".join(entries)) if entries else b""


def vorbis_fields(values: Values) -> Iterator[tuple[str, list[str]]]:
    """Yield the Vorbis comments of a song, in the order they are written."""
    for field in FIELDS:
        if field.vorbis and field.name in values:
            yield field.vorbis, list(values[field.name])


def _build_id3(values: Values, cover: Cover | None, version: str) -> Any:
    built = id3.ID3()
    language = values.get("language", (_UNKNOWN_LANGUAGE,))[0]
    for field in FIELDS:
        name = field.id3v23 if version == "2.3" else field.id3v24
        if name and field.name in values:
            built.add(_build_frame(name, list(values[field.name]), language))
    if cover is not None:
        front = id3.PictureType.COVER_FRONT
        built.add(id3.APIC(encoding=_UTF8, mime=cover.mime, type=front, desc="", data=cover.data))
    return built


def _build_frame(name: str, texts: list[str], language: str) -> Any:
    kind, _, description = name.partition(":")
    if kind == "UFID":
        return id3.UFID(owner=description, data=texts[0].encode())
    if kind == "USLT":
        return id3.USLT(encoding=_UTF8, lang=language, desc="", text=texts[0])
    if kind == "TXXX":
        return id3.TXXX(encoding=_UTF8, desc=description, text=texts)
    return getattr(id3, kind)(encoding=_UTF8, text=_JOINT.join(texts))


def _id3_options(version: str) -> dict[str, Any]:
    """Version 2.3 has no lists: ARTISTS is one text there, with semicolons, for names may hold strokes (AC/DC)."""
    return {"v2_version": int(version[-1]), "v23_sep": "; ", "padding": lambda _: _PADDING_BYTES}


def _save_comments(file: Any, values: Values, ogg_cover: Cover | None = None) -> None:
    """Put Vorbis comments into a FLAC or Ogg file; Ogg keeps a cover among them (xiph.org, METADATA_BLOCK_PICTURE)."""
    if file.tags is None:
        file.add_tags()
    file.tags.clear()
    for name, texts in vorbis_fields(values):
        file[name] = texts
    if ogg_cover is not None:
        file["METADATA_BLOCK_PICTURE"] = base64.b64encode(_build_picture(ogg_cover).write()).decode()
    file.save(padding=lambda _: _PADDING_BYTES)


def _mp4_atoms(values: Values) -> Iterator[tuple[str, Any]]:
    for field in FIELDS:
        atom = field.mp4
        if not atom or field.name not in values:
            continue
        texts = values[field.name]
        if atom in _PAIRS:
            yield atom, [tuple(int(number) for number in texts[0].split("/"))]
        elif atom in _NUMBERS:
            yield atom, [int(texts[0])]
        elif atom.startswith("+"):
            yield _ITUNES + atom[1:], [MP4FreeForm(text.encode()) for text in texts]
        else:
            yield atom, [_JOINT.join(texts)]


def _build_picture(cover: Cover) -> Picture:
    picture = Picture()
    picture.type = id3.PictureType.COVER_FRONT
    picture.mime, picture.data = cover.mime, cover.data
    picture.width, picture.height = cover.width, cover.height
    picture.depth, picture.colors = cover.depth_bits, cover.colors
    return picture

"""Reading tags back, by names of its own: what the writer's table got wrong must not be right here for that reason.

Names as in ID3v2.4 (id3.org), the Vorbis comment recommendations (xiph.org) and the atoms of iTunes.
"""

from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import mutagen
from mutagen.id3 import ID3
from mutagen.mp4 import MP4Tags

from farm.deliver.bext_reader import read_chunks
from farm.errors import AudioError

Tags = Mapping[str, str]
"""One text for each field that a file has; several names are joined by `JOINT`."""

JOINT = ", "

_ID3 = {
    "TIT2": "title",
    "TIT3": "version",
    "TPE1": "artists",
    "TPE2": "album artists",
    "TALB": "album",
    "TCOM": "composers",
    "TEXT": "lyricists",
    "TRCK": "track",
    "TPOS": "disc",
    "TDRC": "date",
    "TSRC": "isrc",
    "TPUB": "label",
    "TCOP": "copyright",
    "TPRO": "phonographic",
    "TCON": "genre",
    "TLAN": "language",
}
_VORBIS = {
    "title": "title",
    "version": "version",
    "artist": "artists",
    "albumartist": "album artists",
    "album": "album",
    "composer": "composers",
    "lyricist": "lyricists",
    "tracknumber": "track",
    "tracktotal": "track total",
    "discnumber": "disc",
    "disctotal": "disc total",
    "date": "date",
    "label": "label",
    "copyright": "copyright",
    "genre": "genre",
    "language": "language",
    "r128_track_gain": "r128 track gain",
    "r128_album_gain": "r128 album gain",
}
_MP4 = {
    "\xa9nam": "title",
    "\xa9ART": "artists",
    "aART": "album artists",
    "\xa9alb": "album",
    "\xa9wrt": "composers",
    "trkn": "track",
    "disk": "disc",
    "\xa9day": "date",
    "cprt": "copyright",
    "\xa9phg": "phonographic",
    "\xa9gen": "genre",
    "rtng": "advisory",
}
_FREE = {
    "isrc": "isrc",
    "barcode": "upc",
    "catalognumber": "catalogue number",
    "producednotice": "phonographic",
    "itunesadvisory": "advisory",
    "subtitle": "version",
    "lyricist": "lyricists",
    "label": "label",
    "language": "language",
    "replaygain_track_gain": "replaygain track gain",
    "replaygain_album_gain": "replaygain album gain",
}
"""TXXX frames and free atoms of iTunes, and comments that have the same names."""

_ITUNES = "----:com.apple.iTunes:"
_ADVISORIES = {"1": "explicit", "2": "clean"}


def read_tags(path: Path) -> Tags:
    """Return the tags of a file; {} if it has none. Raises AudioError if they cannot be read."""
    try:
        tags = _load(path)
    except Exception as error:  # what is damaged upsets mutagen in ways that are not its own errors
        raise AudioError(f"its tags cannot be read: {error}", code="tags-unreadable", where=str(path)) from error
    if tags is None:
        return {}
    kinds = {ID3: _from_id3, MP4Tags: _from_mp4}
    reader = next((reader for kind, reader in kinds.items() if isinstance(tags, kind)), _from_vorbis)
    fields = {field: text for field, text in reader(tags) if text}
    for counted in ("track", "disc"):
        number, _, total = fields.get(counted, "").partition("/")
        fields |= {counted: number} if number else {}
        fields |= {f"{counted} total": total} if total else {}
    if "advisory" in fields:
        fields["advisory"] = _ADVISORIES.get(fields["advisory"], fields["advisory"])
    return fields


def _load(path: Path) -> Any:
    """mutagen knows no RF64, which a WAV above 4 GiB is: there its ID3 chunk is looked for."""
    with path.open("rb") as file:
        is_rf64 = file.read(4) == b"RF64"
    if is_rf64:
        chunk = next((content for name, content in read_chunks(path) if name.lower() == b"id3 "), None)
        return None if chunk is None else ID3(BytesIO(chunk))
    opened = mutagen.File(path)
    return None if opened is None else opened.tags


def _from_id3(tags: Any) -> Iterator[tuple[str, str]]:
    for frame in tags.values():
        name = frame.FrameID
        if name == "TXXX" and frame.desc.lower() in _FREE:
            yield _FREE[frame.desc.lower()], JOINT.join(map(str, frame.text))
        elif name in _ID3:
            yield _ID3[name], JOINT.join(map(str, frame.text))


def _from_vorbis(tags: Any) -> Iterator[tuple[str, str]]:
    names = _FREE | _VORBIS
    for name, texts in tags.as_dict().items():
        if name.lower() in names:
            yield names[name.lower()], JOINT.join(texts)


def _from_mp4(tags: Any) -> Iterator[tuple[str, str]]:
    for name, values in tags.items():
        if name in _MP4:
            yield _MP4[name], JOINT.join(map(_mp4_text, values))
        elif name.startswith(_ITUNES) and name.removeprefix(_ITUNES).lower() in _FREE:
            texts = [bytes(value).decode(errors="replace") for value in values]
            yield _FREE[name.removeprefix(_ITUNES).lower()], JOINT.join(texts)


def _mp4_text(value: object) -> str:
    """A track or disc is a number and how many there are."""
    return "/".join(str(part) for part in value if part) if isinstance(value, tuple) else str(value)

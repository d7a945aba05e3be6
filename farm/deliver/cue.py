"""Cue sheets: one image, its tracks and their marks, in the dialect that strict readers take.

No PREGAP or POSTGAP, no byte order mark, one FILE, ISRCs without hyphens. Texts are ISO 8859-1, since burners copy them
into the CD-TEXT byte for byte; lines end with a line feed.
"""

from collections.abc import Iterator

from farm.deliver.cd_layout import CdLayout, TrackPlace, format_msf
from farm.manifest.disc_text import CUE_TEXT_CHARACTERS
from farm.manifest.red_book import FIRST_PREGAP_CD_FRAMES
from farm.manifest.transliteration import to_latin_1
from farm.plan.cd import CdSongSpec, CdSpec, Container

_FILE_TYPES: dict[Container, str] = {"bin": "BINARY", "wav": "WAVE"}


def build_cue(spec: CdSpec, layout: CdLayout, *, image: str) -> bytes:
    """Return the cue sheet of an image whose file name `image` is ASCII without quotes.

    The image of a cue sheet begins behind the 2 s of pause that every disc has and every burner adds; what is left of
    the pregap of track 1, a hidden song for one, is its INDEX 00.
    """
    has_texts = spec.cd_text != "none"
    lines = [
        *([f"CATALOG {spec.upc}"] if spec.upc else []),
        *(_credits(spec.title, spec.performer, None) if has_texts else ()),
        f'FILE "{image}" {_FILE_TYPES[spec.container]}',
    ]
    for track in layout.tracks:
        lines += [f"  TRACK {track.number:02} AUDIO", *("    " + line for line in _track(track, has_texts=has_texts))]
    return "".join(line + "\n" for line in lines).encode("latin-1")


def _track(track: TrackPlace, *, has_texts: bool) -> Iterator[str]:
    song = track.song
    if has_texts:
        yield from _credits(song.title, song.performer, song.songwriter or song.composer)
    if song.isrc:
        yield f"ISRC {song.isrc}"
    if names := flags_of(song):
        yield f"FLAGS {' '.join(names)}"
    for index, cd_frame in track.marks.items():
        block = max(cd_frame - FIRST_PREGAP_CD_FRAMES, 0)
        if index or block < track.start_cd_frame - FIRST_PREGAP_CD_FRAMES:
            yield f"INDEX {index:02} {format_msf(block)}"


def flags_of(song: CdSongSpec) -> tuple[str, ...]:
    """Return a track's flags by the names that cue sheets and PQ sheets have for them."""
    flags = {"PRE": song.pre_emphasis, "DCP": song.copy_permitted, "SCMS": song.scms}
    return tuple(name for name, is_set in flags.items() if is_set)


def _credits(title: str, performer: str, songwriter: str | None) -> Iterator[str]:
    for command, text in (("TITLE", title), ("PERFORMER", performer), ("SONGWRITER", songwriter)):
        if text:
            yield f'{command} "{_quotable(text)}"'


def _quotable(text: str) -> str:
    """A cue sheet has no way to write a quotation mark in a text."""
    return to_latin_1(text).replace('"', "'")[:CUE_TEXT_CHARACTERS]

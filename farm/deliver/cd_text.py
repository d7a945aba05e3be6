"""CD-TEXT: titles, names and codes as packs of 18 bytes for the lead-in of a disc.

After the public description of libburn (doc/cdtext.txt, which quotes MMC-3 Annex J): one block, single-byte characters
of ISO 8859-1, English.
"""

import binascii
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.resources import files

from farm.errors import DeliveryError
from farm.manifest.disc_text import CD_TEXT_MOST_PACKS, CD_TEXT_PACK_BYTES, shared_text
from farm.manifest.transliteration import to_ascii, to_latin_1
from farm.plan.cd import CdSongSpec, CdSpec

TITLE, PERFORMER, SONGWRITER, COMPOSER, ARRANGER, MESSAGE = range(0x80, 0x86)
DISC_ID, GENRE, CODES, SIZES = 0x86, 0x87, 0x8E, 0x8F

_ISO_8859_1, _ENGLISH = 0x00, 0x09
_NO_LISTED_GENRE = 1
_FARTHEST_POSITION = 15

Kind = tuple[int, bytes, tuple[bytes, ...]]
"""A type of packs, what stands before its texts, and the texts: the disc's, then each track's."""


_CREDITS: dict[int, Callable[[CdSongSpec], str | None]] = {
    SONGWRITER: lambda song: song.songwriter,
    COMPOSER: lambda song: song.composer,
    ARRANGER: lambda song: song.arranger,
    MESSAGE: lambda song: song.message,
}


def build_cd_text(spec: CdSpec) -> bytes:
    """Return all packs, b"" if the disc is to have none.

    A kind of text is there when the disc or a track has it. Raises DeliveryError (cd-text-too-long).
    """
    if spec.cd_text == "none":
        return b""
    packs: list[bytes] = []
    counts = [0] * 16
    for kind, head, texts in _kinds(spec):
        bodies = list(_cut(head, texts))
        counts[kind - TITLE] = len(bodies)
        packs += [bytes((kind, track, 0, position)) + body for track, position, body in bodies]
    _check_count(len(packs))
    counts[SIZES - TITLE] = 3
    packs += _sizes(len(spec.tracks), counts)
    return b"".join(_seal(pack, number) for number, pack in enumerate(packs))


def _kinds(spec: CdSpec) -> Iterator[Kind]:
    """Yield what the disc has to say, in the order of the types."""
    yield from _texts(spec, TITLE, spec.title, lambda song: song.title)
    yield from _texts(spec, PERFORMER, spec.performer, lambda song: song.performer)
    for kind, of_song in _CREDITS.items():
        shared = shared_text(map(of_song, spec.tracks))
        yield from _texts(spec, kind, (spec.message or shared) if kind == MESSAGE else shared, of_song)
    if spec.cd_text != "full":
        return
    if spec.catalogue_number:
        yield DISC_ID, b"", (to_ascii(spec.catalogue_number).encode("ascii"),)
    if spec.genre:
        yield GENRE, find_genre(spec.genre).to_bytes(2, "big"), (to_ascii(spec.genre).encode("ascii"),)
    yield from _texts(spec, CODES, spec.upc, lambda song: song.isrc)


def _texts(spec: CdSpec, kind: int, disc: str | None, of_song: Callable[[CdSongSpec], str | None]) -> Iterator[Kind]:
    texts = [disc, *map(of_song, spec.tracks)]
    if any(texts):
        yield kind, b"", tuple(to_latin_1(text or "").encode("latin-1") for text in texts)


def find_genre(name: str) -> int:
    """Return the code of a genre; 1, "not defined", for one that the list does not have."""
    return _load_genres().get(_plain(name), _NO_LISTED_GENRE)


@cache
def _load_genres() -> dict[str, int]:
    genres = tomllib.loads(files("farm").joinpath("data/cd_genres.toml").read_text("utf-8"))
    return {_plain(name): code for name, code in genres.items()}


def _plain(name: str) -> str:
    """Fold ways of writing a genre: Hip-Hop is Hip Hop, Rock is Rock Music, R'n'B is not guessed."""
    return re.sub(r"[^a-z]", "", name.casefold().replace("&", "and")).removesuffix("music")


def _cut(head: bytes, texts: Sequence[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """Yield the payloads, and for each the track of the text it begins with and how far it is into that text."""
    stream = head + b"".join(text + b"\0" for text in texts)
    starts = [len(head)]
    for text in texts:
        starts.append(starts[-1] + len(text) + 1)
    for offset in range(0, len(stream), CD_TEXT_PACK_BYTES):
        track = max((place for place, start in enumerate(starts[:-1]) if start <= offset), default=0)
        position = min(max(offset - starts[track], 0), _FARTHEST_POSITION)
        yield track, position, stream[offset : offset + CD_TEXT_PACK_BYTES].ljust(CD_TEXT_PACK_BYTES, b"\0")


def _sizes(tracks: int, counts: Sequence[int]) -> Iterator[bytes]:
    """Yield the three packs that count all others; the number of the last pack is that of the third of them."""
    last = sum(counts) - 1
    languages = bytes((_ENGLISH, *[0] * 7))
    table = bytes((_ISO_8859_1, 1, tracks, 0, *counts, last, *[0] * 7)) + languages
    for part in range(3):
        yield bytes((SIZES, part, 0, 0)) + table[part * CD_TEXT_PACK_BYTES : (part + 1) * CD_TEXT_PACK_BYTES]


def _seal(pack: bytes, number: int) -> bytes:
    """Return a pack with its number and its CRC: CCITT's polynomial, from 0, inverted, high byte first."""
    numbered = pack[:2] + bytes((number,)) + pack[3:]
    return numbered + (binascii.crc_hqx(numbered, 0) ^ 0xFFFF).to_bytes(2, "big")


def _check_count(packs: int) -> None:
    if packs > CD_TEXT_MOST_PACKS:
        message = f"titles and names need {packs} packs of CD-TEXT, and a disc holds {CD_TEXT_MOST_PACKS}"
        hint = "shorten titles and names, leave out composers, or deliver without CD-TEXT"
        raise DeliveryError(message, code="cd-text-too-long", hint=hint)

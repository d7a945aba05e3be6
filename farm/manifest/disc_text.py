"""What a disc says in words: how much of it CD-TEXT, cue sheets and DDPs hold, and what they change."""

from collections.abc import Iterable, Iterator, Sequence

from farm.manifest.diagnostics import Loc, Problem
from farm.manifest.disc_view import Disc, disc_title, people_of, tracks_on
from farm.manifest.song_view import Raw, SongView, songs_of, table_of, text_of
from farm.manifest.transliteration import is_ascii, is_latin_1, to_ascii, to_latin_1

CD_TEXT_PACK_BYTES = 12
CD_TEXT_MOST_PACKS = 253
"""Packs of text in a block: 256 sequence numbers, less three packs of size information."""

CUE_TEXT_CHARACTERS = 80
"""A sheet with a longer text is refused as a whole by cdrdao."""

MASTER_ID_CHARACTERS = 48
"""What the field of DDPID holds."""

_UPC_CHARACTERS, _ISRC_CHARACTERS = 13, 12
_GENRE_CODE = "\0\0"
_CREDITS = ("songwriter", "arranger", "message")
_TEXT_HINT = "give it in Latin letters, if this is not how it is to read on a player"

_Text = tuple[Loc, str, bool]
"""Where a text is written, itself, and whether it goes into a cue sheet."""


def count_text_packs(texts: Sequence[str]) -> int:
    """Return the packs that CD-TEXT needs for the disc's and all tracks' texts of one kind; 0 if all are empty."""
    if not any(texts):
        return 0
    return -(-sum(len(text) + 1 for text in texts) // CD_TEXT_PACK_BYTES)


def count_disc_packs(data: Raw, disc: Disc) -> int:
    """Return the packs that all texts of a disc need. The artist of a song without one is the album's."""
    album, tracks = table_of(data, "album"), tracks_on(data, disc.number)
    if disc.cd_text == "none":
        return 0
    artist = people_of(album, "artist")
    kinds = [
        [_title(data, disc), *(text_of(song.table, "title") or "" for song in tracks)],
        [artist, *(people_of(song.table, "artist") or artist for song in tracks)],
        *([shared_text(texts), *texts] for texts in _credits_of(tracks)),
    ]
    codes = list(_codes(album, tracks)) if has_codes(disc) else []
    return sum(count_text_packs([to_latin_1(text) for text in texts]) for texts in kinds) + sum(
        map(count_text_packs, codes)
    )


def has_codes(disc: Disc) -> bool:
    """Say whether its CD-TEXT bears codes, too; a cue sheet has another place for them."""
    return disc.format == "ddp" and disc.cd_text == "full"


def shared_text(texts: Iterable[str | None]) -> str:
    """Return the credit that all tracks share, "" if there is none: CD-TEXT has it for the disc, too.

    Some readers (libcdio 2.1) take an empty text for no text at all, and give the disc the credit of track 1.
    """
    told = set(texts)
    return (told.pop() if len(told) == 1 else None) or ""


def _title(data: Raw, disc: Disc) -> str:
    discs = [number for song in songs_of(data) if isinstance(number := song.table.get("disc", 1), int)]
    return disc_title(text_of(table_of(data, "album"), "title") or "", disc.number, max(discs, default=1))


def _credits_of(tracks: Sequence[SongView]) -> Iterator[list[str]]:
    yield [people_of(song.table, "composer") for song in tracks]
    for key in _CREDITS:
        yield [text_of(table_of(song.table, "cd"), key) or "" for song in tracks]


def _codes(album: Raw, tracks: Sequence[SongView]) -> Iterator[list[str]]:
    yield [to_ascii(text_of(album, "catalogue_number") or "")]
    yield [_GENRE_CODE + to_ascii(genre) if (genre := text_of(album, "genre")) else ""]
    upc = "0" * _UPC_CHARACTERS if text_of(album, "upc") else ""
    yield [upc, *("0" * _ISRC_CHARACTERS if text_of(song.table, "isrc") else "" for song in tracks)]


def warn_of_texts(data: Raw, disc: Disc) -> Iterator[Problem]:
    """Yield the texts that do not stay as they are on a disc."""
    for loc, text, in_cue in _texts(data, disc) if disc.cd_text != "none" else ():
        spelt = to_latin_1(text)
        if not is_latin_1(text):
            message = f"CD-TEXT knows ISO 8859-1 only: {text!r} becomes {spelt!r}"
            yield Problem(loc, "not-latin-1", message, _TEXT_HINT)
        if disc.format == "cd" and in_cue and len(spelt) > CUE_TEXT_CHARACTERS:
            yield _cut(loc, "a cue sheet takes", spelt, CUE_TEXT_CHARACTERS)
    yield from _warn_of_codes(table_of(data, "album"), disc)


def _texts(data: Raw, disc: Disc) -> Iterator[_Text]:
    album = table_of(data, "album")
    yield ("album", "title"), _title(data, disc), True
    yield ("album", "artist"), people_of(album, "artist"), True
    for song in tracks_on(data, disc.number):
        cd = table_of(song.table, "cd")
        yield (*song.loc, "title"), text_of(song.table, "title") or "", True
        yield (*song.loc, "artist"), people_of(song.table, "artist"), True
        yield (*song.loc, "composer"), people_of(song.table, "composer"), not text_of(cd, "songwriter")
        for key in _CREDITS:
            yield (*song.loc, "cd", key), text_of(cd, key) or "", key == "songwriter"


def _warn_of_codes(album: Raw, disc: Disc) -> Iterator[Problem]:
    written = {"catalogue_number": disc.format == "ddp", "genre": has_codes(disc)}
    for key in (key for key, goes in written.items() if goes):
        text, loc = text_of(album, key) or "", ("album", key)
        if not is_ascii(text):
            message = f"a disc has its {key.replace('_', ' ')} in ASCII only: {text!r} becomes {to_ascii(text)!r}"
            yield Problem(loc, "not-ascii", message, _TEXT_HINT)
        if key == "catalogue_number" and len(to_ascii(text)) > MASTER_ID_CHARACTERS:
            yield _cut(loc, "the master id of a DDP holds", to_ascii(text), MASTER_ID_CHARACTERS)


def _cut(loc: Loc, holds: str, text: str, most: int) -> Problem:
    message = f"{holds} {most} characters, and this is {len(text)}: it ends with {text[:most][-20:]!r}"
    return Problem(loc, "text-cut", message, "shorten it, if it is not to end there")

"""The Red Book (IEC 60908): its numbers, and what of a manifest no compact disc can hold."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from farm.manifest.diagnostics import Loc, Problem
from farm.manifest.formats import DISC_FORMATS
from farm.manifest.song_view import Raw, SongView, songs_of, table_of, tables_of, text_of
from farm.manifest.transliteration import is_latin_1, to_latin_1

CD_RATE_HZ = 44100
CD_FRAME_SAMPLES = 588
"""Stereo samples of a CD frame (sector): 44100 / 75."""
CD_FRAME_BYTES = 2352
FIRST_PREGAP_CD_FRAMES = 150
"""2 s of pause before track 1, the least there is."""
SHORTEST_TRACK_CD_FRAMES = 300
MOST_TRACKS = 99
MOST_INDEXES = 99
LAST_LEAD_OUT_CD_FRAME = 449_999
"""99:59:74, the last address that sub-code can hold."""
LONGEST_PRESSED_CD_FRAMES = 359_775
"""79:57:00, about as much as plants press."""

CD_TEXT_PACK_BYTES = 12
CD_TEXT_MOST_PACKS = 253
"""Packs of text in a block: 256 sequence numbers, less three packs of size information."""

_CREDITS = ("songwriter", "arranger", "message")
_TEXT_HINT = "give it in Latin letters, if this is not how it is to read on a player"


@dataclass(frozen=True, slots=True)
class _Disc:
    """A disc that is delivered, where that is said, and whether it bears CD-TEXT."""

    number: int
    loc: Loc
    cd_text: bool


def check_discs(data: Raw) -> Iterator[Problem]:
    """Yield what makes the discs that are delivered impossible, as far as the manifest alone tells."""
    for disc in _delivered_discs(data):
        if _songs_on(data, disc.number):
            yield from check_red_book(data, disc=disc.number, cd_text=disc.cd_text)
        elif list(songs_of(data)):
            message = f"no song is on disc {disc.number}"
            yield Problem(disc.loc, "disc-empty", message, "songs say which disc they are on: disc = 2")


def warn_of_discs(data: Raw) -> Iterator[Problem]:
    """Yield what a plant may ask about the discs that are delivered."""
    for number in dict.fromkeys(disc.number for disc in _delivered_discs(data)):
        yield from find_red_book_warnings(data, disc=number)


def _delivered_discs(data: Raw) -> Iterator[_Disc]:
    for index, deliver in tables_of(data, "deliver"):
        options = table_of(deliver, "cd")
        number = options.get("disc", 1)
        if deliver.get("format") in DISC_FORMATS and isinstance(number, int):
            loc: Loc = ("deliver", index, "cd", "disc") if "disc" in options else ("deliver", index, "format")
            yield _Disc(number, loc, options.get("cd_text") != "none")


def _songs_on(data: Raw, disc: int) -> list[SongView]:
    return [song for song in songs_of(data) if song.table.get("disc", 1) == disc]


def check_red_book(data: Raw, *, disc: int = 1, cd_text: bool = True) -> Iterator[Problem]:
    """Yield what makes the songs of a disc impossible to put on it, as far as the manifest alone tells.

    What only a disc has stands in a song's table `cd`: hidden, pre_emphasis, copy_permitted, scms, index_seconds,
    songwriter, arranger, message.
    """
    songs = _songs_on(data, disc)
    yield from _check_count(songs)
    yield from _check_hidden(songs)
    for song in songs:
        yield from _check_flags(song)
        yield from _check_indexes(song)
    if cd_text:
        yield from _check_cd_text(data, songs)


def find_red_book_warnings(data: Raw, *, disc: int = 1) -> Iterator[Problem]:
    """Yield what a plant may ask about: codes that are missing, and texts that CD-TEXT cannot hold as they are."""
    album, songs = table_of(data, "album"), _songs_on(data, disc)
    if not text_of(album, "upc"):
        yield Problem(
            ("album",), "upc-missing", "the album has no UPC: the disc will have no catalogue number", at="key"
        )
    for song in songs:
        if not text_of(song.table, "isrc") and not _is_hidden(song):
            yield Problem(song.loc, "isrc-missing", f"{song.label} has no ISRC", at="key")
    for key in ("title", "artist"):
        yield from _warn_of_text(album, ("album", key))
    for song in songs:
        for key in ("title", "artist", "composer"):
            yield from _warn_of_text(song.table, (*song.loc, key))
        for key in _CREDITS:
            yield from _warn_of_text(table_of(song.table, "cd"), (*song.loc, "cd", key))


def count_text_packs(texts: Sequence[str]) -> int:
    """Return the packs that CD-TEXT needs for the disc's and all tracks' texts of one kind; 0 if all are empty."""
    if not any(texts):
        return 0
    return -(-sum(len(text) + 1 for text in texts) // CD_TEXT_PACK_BYTES)


def shared_text(texts: Iterable[str | None]) -> str:
    """Return the credit that all tracks share, "" if there is none: CD-TEXT has it for the disc, too.

    Some readers (libcdio 2.1) take an empty text for no text at all, and give the disc the credit of track 1.
    """
    told = set(texts)
    return (told.pop() if len(told) == 1 else None) or ""


def _check_count(songs: Sequence[SongView]) -> Iterator[Problem]:
    tracks = [song for song in songs if not _is_hidden(song)]
    if len(tracks) > MOST_TRACKS:
        first_extra = tracks[MOST_TRACKS]
        message = f"{first_extra.label} is track {MOST_TRACKS + 1}: a disc holds {MOST_TRACKS}"
        yield Problem(first_extra.loc, "too-many-tracks", message, "divide the album into two discs", at="key")


def _check_hidden(songs: Sequence[SongView]) -> Iterator[Problem]:
    for place, song in enumerate(songs):
        if _is_hidden(song) and (place or len(songs) == 1):
            reason = "has to be the first song" if place else "is the only song"
            message = f"{song.label} is hidden before track 1 and {reason}"
            yield Problem((*song.loc, "cd", "hidden"), "hidden-not-first", message, "hide the first of several songs")


def _check_flags(song: SongView) -> Iterator[Problem]:
    cd = table_of(song.table, "cd")
    if cd.get("scms") is True and cd.get("copy_permitted") is True:
        message = f"{song.label} permits copies, and is to be marked for SCMS, which restricts them"
        yield Problem((*song.loc, "cd", "scms"), "copy-flags", message, "leave one of them out")


def _check_indexes(song: SongView) -> Iterator[Problem]:
    written = table_of(song.table, "cd").get("index_seconds")
    if not isinstance(written, list) or not all(isinstance(each, int | float) for each in written):
        return
    loc = (*song.loc, "cd", "index_seconds")
    if len(written) > MOST_INDEXES - 1:
        message = (
            f"{song.label} has {len(written)} index points: with its beginning, a track has {MOST_INDEXES} at most"
        )
        yield Problem(loc, "index-points", message)
    elif any(later - earlier < 1 / 75 for earlier, later in zip([0.0, *written], written, strict=False)):
        message = f"the index points of {song.label} do not ascend, from its beginning on, by 1/75 s at least"
        yield Problem(loc, "index-points", message)


def _check_cd_text(data: Raw, songs: Sequence[SongView]) -> Iterator[Problem]:
    """The artist of a song without one is the album's."""
    album = table_of(data, "album")
    artist, tracks = text_of(album, "artist") or "", [song for song in songs if not _is_hidden(song)]
    kinds = [
        [text_of(album, "title") or "", *(text_of(song.table, "title") or "" for song in tracks)],
        [artist, *(text_of(song.table, "artist") or artist for song in tracks)],
        *([shared_text(texts), *texts] for texts in _credits_of(tracks)),
    ]
    packs = sum(count_text_packs([to_latin_1(text) for text in texts]) for texts in kinds)
    if packs > CD_TEXT_MOST_PACKS:
        message = f"titles and names need {packs} packs of CD-TEXT, and a disc holds {CD_TEXT_MOST_PACKS}"
        hint = "shorten titles and names, leave out composers, or deliver without CD-TEXT"
        yield Problem(("album",), "cd-text-too-long", message, hint, at="key")


def _credits_of(tracks: Sequence[SongView]) -> Iterator[list[str]]:
    yield [text_of(song.table, "composer") or "" for song in tracks]
    for key in _CREDITS:
        yield [text_of(table_of(song.table, "cd"), key) or "" for song in tracks]


def _warn_of_text(table: Raw, loc: Loc) -> Iterator[Problem]:
    text = text_of(table, str(loc[-1]))
    if text and not is_latin_1(text):
        message = f"CD-TEXT knows ISO 8859-1 only: {text!r} becomes {to_latin_1(text)!r}"
        yield Problem(loc, "not-latin-1", message, _TEXT_HINT)


def _is_hidden(song: SongView) -> bool:
    return table_of(song.table, "cd").get("hidden") is True

"""The Red Book (IEC 60908): its numbers, and what of a manifest no compact disc can hold."""

from collections.abc import Iterator, Sequence

from farm.manifest.diagnostics import Problem
from farm.manifest.disc_text import CD_TEXT_MOST_PACKS, count_disc_packs, warn_of_texts
from farm.manifest.disc_view import Disc, delivered_discs, is_hidden, songs_on
from farm.manifest.song_view import Raw, SongView, songs_of, table_of, text_of

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

LONGEST_DDP_PREGAP_CD_FRAMES = 9999
"""What the four digits of PRE2 in DDPMS hold: 133 s."""

_OF_TRACKS = {
    "index_seconds": "index points",
    "pre_emphasis": "flag of pre-emphasis",
    "copy_permitted": "permission to copy",
    "scms": "flag of SCMS",
    "songwriter": "songwriter",
    "arranger": "arranger",
    "message": "message",
}
"""What of a song's table `cd` only a track has."""


def check_discs(data: Raw) -> Iterator[Problem]:
    """Yield what makes the discs that are delivered impossible, as far as the manifest alone tells."""
    for disc in delivered_discs(data):
        if songs_on(data, disc.number):
            yield from check_red_book(data, disc)
        elif list(songs_of(data)):
            message = f"no song is on disc {disc.number}"
            yield Problem(disc.loc, "disc-empty", message, "songs say which disc they are on: disc = 2")


def warn_of_discs(data: Raw) -> Iterator[Problem]:
    """Yield what a plant may ask about the discs that are delivered, and what does not get onto them as it is."""
    yield from dict.fromkeys(
        problem for disc in delivered_discs(data) for problem in find_red_book_warnings(data, disc)
    )


def check_red_book(data: Raw, disc: Disc) -> Iterator[Problem]:
    """Yield what makes the songs of a disc impossible to put on it, as far as the manifest alone tells.

    What only a disc has stands in a song's table `cd`: hidden, pre_emphasis, copy_permitted, scms, index_seconds,
    songwriter, arranger, message.
    """
    songs = songs_on(data, disc.number)
    yield from _check_count(songs)
    yield from _check_hidden(songs)
    for song in songs:
        yield from _check_flags(song)
        yield from _check_indexes(song)
    packs = count_disc_packs(data, disc)
    if packs > CD_TEXT_MOST_PACKS:
        message = f"titles and names need {packs} packs of CD-TEXT, and a disc holds {CD_TEXT_MOST_PACKS}"
        hint = "shorten titles and names, leave out composers, or deliver without CD-TEXT"
        yield Problem(("album",), "cd-text-too-long", message, hint, at="key")


def find_red_book_warnings(data: Raw, disc: Disc) -> Iterator[Problem]:
    """Yield what a plant may ask about: codes that are missing, and what a disc cannot hold as it is written."""
    if not text_of(table_of(data, "album"), "upc"):
        yield Problem(
            ("album",), "upc-missing", "the album has no UPC: the disc will have no catalogue number", at="key"
        )
    for song in songs_on(data, disc.number):
        if is_hidden(song):
            yield from _warn_of_hidden(song)
        elif not text_of(song.table, "isrc"):
            yield Problem(song.loc, "isrc-missing", f"{song.label} has no ISRC", at="key")
    yield from warn_of_texts(data, disc)


def _warn_of_hidden(song: SongView) -> Iterator[Problem]:
    cd = table_of(song.table, "cd")
    lost = [
        *(["ISRC"] if text_of(song.table, "isrc") else []),
        *(name for key, name in _OF_TRACKS.items() if cd.get(key)),
    ]
    if lost:
        message = f"{song.label} is hidden before track 1: a disc has no place for its {', '.join(lost)}"
        hint = "only tracks have codes, flags, index points and credits"
        yield Problem((*song.loc, "cd", "hidden"), "hidden-without-codes", message, hint)


def _check_count(songs: Sequence[SongView]) -> Iterator[Problem]:
    tracks = [song for song in songs if not is_hidden(song)]
    if len(tracks) > MOST_TRACKS:
        first_extra = tracks[MOST_TRACKS]
        message = f"{first_extra.label} is track {MOST_TRACKS + 1}: a disc holds {MOST_TRACKS}"
        yield Problem(first_extra.loc, "too-many-tracks", message, "divide the album into two discs", at="key")


def _check_hidden(songs: Sequence[SongView]) -> Iterator[Problem]:
    for place, song in enumerate(songs):
        if is_hidden(song) and (place or len(songs) == 1):
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

"""The discs that a manifest delivers and what is on them, as far as raw tables tell."""

from collections.abc import Iterator
from dataclasses import dataclass

from farm.manifest.diagnostics import Loc
from farm.manifest.formats import DISC_FORMATS
from farm.manifest.song_view import Raw, SongView, names_of, songs_of, table_of, tables_of


@dataclass(frozen=True, slots=True)
class Disc:
    """A disc that is delivered: which of the set, as what (`cd`, `ddp`), with what CD-TEXT, and where that is said."""

    number: int = 1
    format: str = "ddp"
    cd_text: str = "common"
    loc: Loc = ("deliver", 0)


def delivered_discs(data: Raw) -> Iterator[Disc]:
    """Yield the discs that can be judged."""
    for index, deliver in tables_of(data, "deliver"):
        options = table_of(deliver, "cd")
        number, form = options.get("disc", 1), deliver.get("format")
        if form in DISC_FORMATS and isinstance(number, int):
            loc: Loc = ("deliver", index, "cd", "disc") if "disc" in options else ("deliver", index, "format")
            yield Disc(number, str(form), str(options.get("cd_text", "common")), loc)


def songs_on(data: Raw, number: int) -> list[SongView]:
    """Return the songs of a disc."""
    return [song for song in songs_of(data) if song.table.get("disc", 1) == number]


def tracks_on(data: Raw, number: int) -> list[SongView]:
    """Return the songs of a disc that are tracks: all but a hidden one."""
    return [song for song in songs_on(data, number) if not is_hidden(song)]


def is_hidden(song: SongView) -> bool:
    """Say whether a song is to lie before track 1."""
    return table_of(song.table, "cd").get("hidden") is True


def people_of(table: Raw, key: str) -> str:
    """Return one name or several as a disc has them, "" if there are none that can be judged."""
    return ", ".join(dict.fromkeys(names_of(table, key)))


def disc_title(album_title: str, number: int, discs: int) -> str:
    """Return what a disc is called: the album, and which of its discs it is."""
    return album_title + (f" (disc {number})" if discs > 1 else "")

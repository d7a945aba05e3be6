"""`metadata.csv`: the sheet that distributors ask for, one row a song, ready for a spreadsheet.

UTF-8 with a byte order mark, by which Excel knows it; commas, quotes and line ends are those of RFC 4180. Distributors'
programs take each text as it is, so an apostrophe stands in front of those alone that a spreadsheet would run (OWASP,
CSV Injection): a formula that calls a function, another sheet or another program.
"""

import csv
import io
import re
from collections.abc import Callable, Mapping

from farm.deliver.delivery_document import DeliveredAlbum, DeliveredTrack, DeliveryDocument

SHEET_NAME = "metadata.csv"

_RUN = re.compile(r"[=+\-@\t\r\n＝＋－＠].*(\w\(|\w!\$?\w|\|)", re.DOTALL)  # noqa: RUF001 - full-width signs begin formulas too
_BETWEEN_NAMES = "; "
_BYTE_ORDER_MARK = "\ufeff"

Cell = str | int | float | None

_ALBUM_COLUMNS: Mapping[str, Callable[[DeliveredAlbum], Cell]] = {
    "UPC": lambda album: album.upc,
    "Release title": lambda album: album.title,
    "Release artist": lambda album: _BETWEEN_NAMES.join(album.artists),
    "Label": lambda album: album.label,
    "Catalogue number": lambda album: album.catalogue_number,
    "Release date": lambda album: album.date,
    "C line": lambda album: album.copyright,
}

_TRACK_COLUMNS: Mapping[str, Callable[[DeliveredTrack], Cell]] = {
    "Disc": lambda track: track.disc,
    "Track": lambda track: track.track,
    "ISRC": lambda track: track.isrc,
    "Title": lambda track: track.title,
    "Version": lambda track: track.version,
    "Artist": lambda track: _BETWEEN_NAMES.join(track.artists),
    "Composer": lambda track: _BETWEEN_NAMES.join(track.composers),
    "Lyricist": lambda track: _BETWEEN_NAMES.join(track.lyricists),
    "P line": lambda track: track.phonographic,
    "Genre": lambda track: track.genre,
    "Language": lambda track: track.language,
    "Explicit": lambda track: {"explicit": "yes", "clean": "clean"}.get(track.advisory or "", "no"),
    "Duration": lambda track: _duration(track.duration_seconds),
}


def build_metadata_sheet(document: DeliveryDocument, folder: str) -> bytes:
    """Return the sheet of an album; `folder` is where the document's files lie below the sheet."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*_ALBUM_COLUMNS, *_TRACK_COLUMNS, "File", "SHA-256"])
    for track in document.files:
        cells = [column(document.album) for column in _ALBUM_COLUMNS.values()]
        cells += [column(track) for column in _TRACK_COLUMNS.values()]
        writer.writerow([_harmless(cell) for cell in (*cells, f"{folder}/{track.name}", track.sha256)])
    return (_BYTE_ORDER_MARK + text.getvalue()).encode()


def _harmless(cell: Cell) -> str:
    text = "" if cell is None else str(cell)
    return "'" + text if _RUN.match(text) else text


def _duration(seconds: float) -> str:
    """Return hours, minutes and seconds, rounded as players show them."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest:02}"

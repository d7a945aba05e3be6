"""What has to fit across the album: ISRCs, dates, discs, deliverables and their folders."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from farm.manifest.album import Album, Deliver
from farm.manifest.diagnostics import Loc, Problem
from farm.manifest.document import Document
from farm.manifest.formats import DISC_BITS, DISC_RATE_HZ, FORMATS, Format
from farm.manifest.release_text import check_date
from farm.manifest.song import check_isrc
from farm.manifest.song_view import Raw, SongView, songs_of, table_of, tables_of, text_of


def check_isrcs(document: Document) -> Iterator[Problem]:
    """Yield the songs that have the ISRC of an earlier song."""
    owners: dict[str, SongView] = {}
    for song in songs_of(document.data):
        try:
            isrc = check_isrc(text_of(song.table, "isrc") or "")
        except PydanticCustomError:
            continue
        if isrc in owners:
            loc = (*song.loc, "isrc")
            message = (
                f"{song.label} has the ISRC of {owners[isrc].label}{_seen_at(document, (*owners[isrc].loc, 'isrc'))}"
            )
            yield Problem(loc, "duplicate-isrc", message, "every recording has an ISRC of its own")
        owners.setdefault(isrc, song)


def _seen_at(document: Document, loc: Loc) -> str:
    found = document.position(loc)
    return f" ({found[0]}:{found[1]})" if found else ""


@dataclass(frozen=True, slots=True)
class _Delivery:
    """A deliverable that can be judged, and its place."""

    deliver: Deliver
    loc: Loc


def check_release(data: Raw) -> Iterator[Problem]:
    """Yield a year that is not that of the release date, and songs whose disc does not follow the one before."""
    album = table_of(data, "album")
    year, date = album.get("year"), _date_of(album)
    if isinstance(year, int) and date and int(date[:4]) != year:
        message = f"year = {year} is not that of release_date = {date!r}"
        yield Problem(("album", "year"), "year-differs", message, "leave the year out")
    before = 0
    for song in songs_of(data):
        disc = song.table.get("disc", 1)
        if not isinstance(disc, int) or not 1 <= disc <= 99:
            return
        if disc not in (max(before, 1), before + 1):
            where = f"behind one on disc {before}" if before else "and the first"
            hint = "the songs are written in the order of the discs, from disc 1 on"
            yield Problem((*song.loc, "disc"), "disc-order", f"{song.label} is on disc {disc}, {where}", hint)
        before = disc


def _date_of(album: Raw) -> str | None:
    try:
        return check_date(text_of(album, "release_date") or "")
    except PydanticCustomError:
        return None


def check_deliverables(data: Raw) -> Iterator[Problem]:
    """Yield deliverables that their format cannot hold, and deliverables that would write into one folder."""
    rate_hz = table_of(data, "album").get("rate_hz", Album.model_fields["rate_hz"].default)
    deliveries: list[_Delivery] = []
    for index, written in tables_of(data, "deliver"):
        try:
            deliver = Deliver.model_validate(written)
        except ValidationError:
            continue
        loc: Loc = ("deliver", index)
        problems = list(_check_format(deliver, loc, rate_hz))
        yield from problems
        if not problems:
            deliveries.append(_Delivery(deliver, loc))
    if isinstance(rate_hz, int):
        yield from _check_folders(deliveries, rate_hz)


def _check_format(deliver: Deliver, loc: Loc, album_rate_hz: object) -> Iterator[Problem]:
    if deliver.is_disc:
        yield from _check_disc_format(deliver, loc)
        return
    form, name = FORMATS[deliver.format], deliver.format
    if deliver.bits and deliver.bits not in form.bits:
        message = f"{name} cannot hold {deliver.bits} bits"
        hint = f"bits is one of {_listed(form.bits)}" if form.bits else f"{name} takes {_size_key(form)}"
        yield Problem((*loc, "bits"), "bits-not-possible", message, hint)
    if deliver.bitrate_kbps and deliver.bitrate_kbps not in form.bitrates_kbps:
        yield _bitrate_problem(deliver.bitrate_kbps, form, name, loc)
    if deliver.quality is not None:
        yield from _check_quality(deliver, form, loc)
    rate_hz = deliver.rate_hz or album_rate_hz
    if form.rates_hz and isinstance(rate_hz, int) and rate_hz not in form.rates_hz:
        whose = "" if deliver.rate_hz else ", the album's rate"
        message = f"{name} cannot hold {rate_hz} Hz{whose}"
        yield Problem((*loc, "rate_hz"), "rate-not-possible", message, f"rate_hz = {_listed(form.rates_hz)}")


def _check_disc_format(deliver: Deliver, loc: Loc) -> Iterator[Problem]:
    name = deliver.format
    if deliver.bits not in (None, DISC_BITS):
        yield Problem(
            (*loc, "bits"), "bits-not-possible", f"{name} cannot hold {deliver.bits} bits", "bits is one of 16"
        )
    if deliver.rate_hz not in (None, DISC_RATE_HZ):
        message, hint = f"{name} cannot hold {deliver.rate_hz} Hz", f"rate_hz = {DISC_RATE_HZ}"
        yield Problem((*loc, "rate_hz"), "rate-not-possible", message, hint)
    if deliver.bitrate_kbps:
        yield Problem((*loc, "bitrate_kbps"), "bitrate-not-possible", f"{name} has no bit rate", "leave it out")
    if deliver.quality is not None:
        message = f"{name} has no scale of qualities"
        yield Problem((*loc, "quality"), "quality-not-possible", message, "leave it out")


def _bitrate_problem(bitrate_kbps: int, form: Format, name: str, loc: Loc) -> Problem:
    if form.bitrates_kbps:
        message, hint = f"{name} does not come with {bitrate_kbps} kbit/s", f"one of {_listed(form.bitrates_kbps)}"
    else:
        message, hint = f"{name} has no bit rate", f"{name} takes {_size_key(form)}"
    return Problem((*loc, "bitrate_kbps"), "bitrate-not-possible", message, hint)


def _check_quality(deliver: Deliver, form: Format, loc: Loc) -> Iterator[Problem]:
    place, code, quality = (*loc, "quality"), "quality-not-possible", deliver.quality or 0.0
    if form.qualities is None:
        message = f"{deliver.format} has no scale of qualities"
        yield Problem(place, code, message, f"{deliver.format} takes {_size_key(form)}")
    elif not form.qualities[0] <= quality <= form.qualities[1]:
        message = f"{deliver.format} has no quality {quality:g}"
        yield Problem(place, code, message, f"it reaches from {form.qualities[0]:g} to {form.qualities[1]:g}")
    elif deliver.bitrate_kbps:
        message = "a quality and a bit rate exclude each other"
        yield Problem(place, code, message, "leave one of them out")


def _size_key(form: Format) -> str:
    return "bits" if form.bits else "bitrate_kbps" if form.bitrates_kbps else "quality"


def _listed(numbers: tuple[int, ...]) -> str:
    return " or ".join(str(number) for number in numbers)


def _check_folders(deliveries: list[_Delivery], album_rate_hz: int) -> Iterator[Problem]:
    """Yield the deliverables that would write into an earlier one's folder, where each would remove the other's files.

    Letter case, the form of accents and ways of spelling a path are not told apart: some file systems do not either.
    """
    owners: dict[str, Loc] = {}
    for delivery in deliveries:
        folder = delivery.deliver.folder_for(album_rate_hz)
        plain = str(PurePosixPath(unicodedata.normalize("NFC", folder.replace("\\", "/")).casefold()))
        if plain in owners:
            numbers = f"{int(owners[plain][1]) + 1} and {int(delivery.loc[1]) + 1}"
            message = f"deliverables {numbers} would both write into {folder!r}"
            yield Problem(delivery.loc, "folder-taken", message, "give one of them a folder of its own")
        owners.setdefault(plain, delivery.loc)

"""What has to fit across the album: ISRCs, the tone's range, deliverables and their folders."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from farm.manifest.album import Album, Deliver, Tone
from farm.manifest.diagnostics import Loc, Problem
from farm.manifest.document import Document
from farm.manifest.formats import FORMATS
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


def check_tone(data: Raw) -> Iterator[Problem]:
    """Yield a tone target whose frequencies leave nothing between them."""
    written = table_of(table_of(data, "target"), "tone")
    given = {key: written[key] for key in ("low_hz", "high_hz") if key in written}
    try:
        tone = Tone.model_validate(given)
    except ValidationError:
        return
    if tone.low_hz >= tone.high_hz:
        loc = ("target", "tone", "low_hz" if "low_hz" in given else "high_hz")
        message = f"low_hz = {tone.low_hz:g} has to be below high_hz = {tone.high_hz:g}"
        yield Problem(loc, "low-not-below-high", message)


@dataclass(frozen=True, slots=True)
class _Delivery:
    """A deliverable that can be judged, and its place."""

    deliver: Deliver
    loc: Loc


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
    form, name = FORMATS[deliver.format], deliver.format
    if deliver.bits and deliver.bits not in form.bits:
        message = f"{name} cannot hold {deliver.bits} bits"
        hint = f"bits is one of {_listed(form.bits)}" if form.bits else f"{name} takes bitrate_kbps"
        yield Problem((*loc, "bits"), "bits-not-possible", message, hint)
    if deliver.bitrate_kbps and not form.bitrates_kbps:
        yield Problem((*loc, "bitrate_kbps"), "bitrate-not-possible", f"{name} has no bit rate", f"{name} takes bits")
    rate_hz = deliver.rate_hz or album_rate_hz
    if form.rates_hz and isinstance(rate_hz, int) and rate_hz not in form.rates_hz:
        whose = "" if deliver.rate_hz else ", the album's rate"
        message = f"{name} cannot hold {rate_hz} Hz{whose}"
        yield Problem((*loc, "rate_hz"), "rate-not-possible", message, f"rate_hz = {_listed(form.rates_hz)}")


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

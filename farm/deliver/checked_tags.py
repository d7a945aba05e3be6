"""The tags of a delivered file against what its document says, and codes against their own rules."""

import re
from collections.abc import Iterator, Mapping

from farm.deliver.bext_reader import Bext
from farm.deliver.checked_song import PEAK_TOLERANCE_DB, CheckedSong, Fault
from farm.deliver.delivery_document import DeliveredAlbum, DeliveredTrack
from farm.deliver.tag_reader import JOINT, Tags

GAIN_TOLERANCE_DB = 0.3
"""A gain is that of the finished song: a lossy file may be 0.1 LU off that, and meters and rounding have their part."""

_REPLAYGAIN_LUFS, _R128_LUFS = -18.0, -23.0
"""What the gains of ReplayGain 2.0 and of RFC 7845 (5.2.1) refer to."""

_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_UPC = re.compile(r"[0-9]{13}")


def check_tags(tags: Tags, track: DeliveredTrack, album: DeliveredAlbum) -> Iterator[Fault]:
    """Yield the fields that say something else than the document, or say nothing, or what it does not say."""
    if not tags:
        yield "tag-differs", "it has no tags"
        return
    expected = _expected(track, album)
    for field, text in expected.items():
        found = tags.get(field)
        if found != text:
            yield "tag-differs", f"its tag {field} is {_quoted(found)}, not {_quoted(text)}"


def _expected(track: DeliveredTrack, album: DeliveredAlbum) -> Mapping[str, str | None]:
    several = track.disc_total > 1
    return {
        "title": track.title,
        "version": track.version,
        "artists": JOINT.join(track.artists),
        "album": album.title,
        "album artists": JOINT.join(album.artists),
        "composers": JOINT.join(track.composers) or None,
        "lyricists": JOINT.join(track.lyricists) or None,
        "track": str(track.track),
        "track total": str(track.track_total),
        "disc": str(track.disc) if several else None,
        "disc total": str(track.disc_total) if several else None,
        "date": album.date,
        "isrc": track.isrc,
        "upc": album.upc,
        "catalogue number": album.catalogue_number,
        "label": album.label,
        "copyright": album.copyright,
        "phonographic": track.phonographic,
        "genre": track.genre,
        "language": track.language,
        "advisory": track.advisory,
    }


def _quoted(text: str | None) -> str:
    return "missing" if text is None else f'"{text}"'


def check_codes(tags: Tags) -> Iterator[Fault]:
    """Yield codes that are none (ISO 3901; GS1): known without any document."""
    isrc, upc = tags.get("isrc"), tags.get("upc")
    if isrc is not None and not _ISRC.fullmatch(isrc):
        yield "isrc-invalid", f"{isrc!r} is not an ISRC"
    if upc is not None and not _is_upc(upc):
        yield "upc-invalid", f"{upc!r} is not a UPC or EAN with its check digit"


def _is_upc(text: str) -> bool:
    """Digits in odd places count once, those in even ones three times; with the check digit they make full tens."""
    digits = [int(digit) for digit in text] if _UPC.fullmatch(text) else [1]
    return (sum(digits[0::2]) + 3 * sum(digits[1::2])) % 10 == 0


def check_gains(tags: Tags, song_lufs: float | None, album_lufs: float | None) -> Iterator[Fault]:
    """Yield gains for players that are not what the loudness asks for; ReplayGain in dB, R128 in 256ths."""
    loudness = {"track": song_lufs, "album": album_lufs}
    for whose, lufs in loudness.items():
        replaygain = _number(tags.get(f"replaygain {whose} gain", "").removesuffix(" dB"))
        r128 = _number(tags.get(f"r128 {whose} gain", ""))
        gains = {_REPLAYGAIN_LUFS: replaygain, _R128_LUFS: None if r128 is None else r128 / 256.0}
        for reference_lufs, gain_db in gains.items():
            if gain_db is not None and lufs is not None and abs(reference_lufs - lufs - gain_db) > GAIN_TOLERANCE_DB:
                asked_db = reference_lufs - lufs
                yield (
                    "gain-differs",
                    f"its {whose} gain is {gain_db:+.2f} dB, and its loudness asks for {asked_db:+.2f} dB",
                )


def check_bext(bext: Bext | None, song: CheckedSong, track: DeliveredTrack) -> Iterator[Fault]:
    """Yield what the broadcast extension says otherwise."""
    if bext is None:
        yield "bext-differs", "it has no broadcast extension"
        return
    if bext.axml_isrc != track.isrc:
        yield "bext-differs", f"its axml has the ISRC {_quoted(bext.axml_isrc)}, not {_quoted(track.isrc)}"
    levels = (
        ("loudness", bext.integrated_lufs, song.reading.integrated_lufs, GAIN_TOLERANCE_DB),
        ("true peak", bext.true_peak_dbtp, song.reading.true_peak_dbtp, PEAK_TOLERANCE_DB),
    )
    for what, said, read, tolerance in levels:
        if said is not None and read is not None and abs(said - read) > tolerance:
            yield "bext-differs", f"its bext has a {what} of {said:.2f}, and it measures {read:.2f}"


def _number(text: str) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None

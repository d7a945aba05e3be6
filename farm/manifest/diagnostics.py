"""What can be wrong with a manifest: each code with one sentence, and a problem before it has a line and column."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Loc = tuple[str | int, ...]
"""A place in a manifest as keys and indices from 0: ("song", 0, "strip", 2, "gain_db")."""

Position = tuple[int, int]
"""Line and column, both from 1; columns count characters."""

MAX_MESSAGE = 400
"""Names and texts of a manifest that would make a message longer than this are cut."""

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")

CODES: Mapping[str, str] = MappingProxyType(
    {
        "not-utf8": "The file holds bytes that are not UTF-8.",
        "byte-order-mark": "The file begins with a byte order mark, which TOML does not know.",
        "nul-byte": "The file holds a NUL byte, so it is not a text.",
        "empty-file": "The file holds nothing, or nothing but comments.",
        "file-too-large": "The file is larger than any manifest would be.",
        "nested-too-deep": "Arrays or tables are nested too deeply to be read.",
        "toml-syntax": "The file breaks the rules of TOML.",
        "unknown-key": "The table has no such key.",
        "missing-key": "The table lacks a key that it needs.",
        "wrong-type": "The value is of another type than the key wants: a text for a number, say.",
        "out-of-range": "The number lies outside the key's range.",
        "not-finite": "The number is nan or inf.",
        "unknown-value": "The value is not one of those that the key takes.",
        "unknown-processor": "There is no processor of that type.",
        "too-few": "The array has fewer entries than it needs.",
        "too-many": "The array has more entries than it takes.",
        "bad-text": "The text is empty or holds control characters.",
        "bad-isrc": "The text is not an ISRC (ISO 3901).",
        "bad-upc": "The text is not a UPC or EAN, or its check digit is wrong.",
        "bad-date": "The text is not a date as ISO 8601 writes it.",
        "bad-language": "The text is not a language as ISO 639-2 writes it.",
        "bad-musicbrainz-id": "The text is not an identifier of MusicBrainz.",
        "bad-name-template": "The template for file names cannot be used.",
        "bad-folder": "The folder of a deliverable lies outside the delivery, or has a name that not all systems take.",
        "year-differs": "The year of release is not that of the release date.",
        "disc-order": "The discs of the songs do not follow each other from 1 on.",
        "duplicate-isrc": "Two songs have the same ISRC.",
        "duplicate-name": "Two of a song's strips, buses and returns have the same name.",
        "reserved-name": "The name mix belongs to the song's stereo sum.",
        "duplicate-send": "One list of sends names the same return twice.",
        "unknown-bus": "The song has no such bus.",
        "unknown-return": "The song has no such return, nor such a bus.",
        "unknown-side-chain": "The song has no such strip, bus or return to listen to.",
        "unknown-vca": "The song has no such group without sound.",
        "unknown-preset": "The album has no such preset.",
        "key-in-master": "A processor of a mastering chain listens to a strip or bus of the song.",
        "stem-or-clips": "A strip has both a stem and clips, or neither.",
        "bad-moment": "The value is no moment of a song.",
        "no-tempo": "A moment is given in bars, or a time in beats, and the song has no tempo.",
        "tempo-order": "The tempo changes are not in the order of their bars, or do not begin with bar 1.",
        "not-automatable": "The table has no such number or switch that could move.",
        "points-or-file": "An automation has both points and a file, or neither.",
        "points-order": "The points of an automation are not in the order of time.",
        "curve-missing": "The CSV file of an automation does not exist.",
        "curve-unreadable": "The CSV file of an automation cannot be read, or a line of it cannot be used.",
        "bad-plugin-value": "The value is none that a parameter of a plug-in can have.",
        "bad-plugin-beginning": "A plug-in has both a preset and a state.",
        "delay-time": "A delay has both a time in ms and one in beats, or neither.",
        "crossovers-not-ascending": "The frequencies at which bands meet do not ascend.",
        "bands-not-crossovers": "There is not one band more than there are crossovers.",
        "preset-unfit": "A master asks for a preset that sets what only strips have.",
        "routing-cycle": "Buses and returns feed each other in a circle.",
        "no-sound": "No strip of the song reaches its mix: all are muted, or all their ways are.",
        "song-file-missing": "The file of a song does not exist.",
        "song-file-unreadable": "The file of a song cannot be read.",
        "song-file-circular": "A song's file names the album's file or itself as a song.",
        "song-file-nested": "A song's file names another file instead of holding the song.",
        "stem-missing": "The audio file of a strip does not exist.",
        "stem-is-folder": "The path of a stem is a folder.",
        "stem-empty": "The audio file of a strip has no bytes.",
        "stem-unreadable": "The audio file of a strip cannot be read.",
        "stem-not-audio": "The file of a strip does not begin like any audio file.",
        "reference-missing": "A reference file of the target does not exist.",
        "reference-is-folder": "The path of a reference file is a folder.",
        "reference-empty": "A reference file has no bytes.",
        "reference-unreadable": "A reference file cannot be read.",
        "reference-not-audio": "A reference file does not begin like any audio file.",
        "cover-missing": "The cover picture does not exist.",
        "cover-is-folder": "The path of the cover picture is a folder.",
        "cover-empty": "The cover picture has no bytes.",
        "cover-unreadable": "The cover picture cannot be read.",
        "cover-not-image": "The cover picture is neither JPEG nor PNG.",
        "cover-damaged": "The cover picture is cut short or damaged.",
        "processor-file-missing": "The file that a processor names does not exist.",
        "processor-file-is-folder": "The path that a processor names is a folder.",
        "processor-file-empty": "The file that a processor names has no bytes.",
        "processor-file-unreadable": "The file that a processor names cannot be read.",
        "processor-file-not-audio": "The impulse response of a processor does not begin like any audio file.",
        "low-not-below-high": "The lower end of a range is not below the upper one.",
        "unknown-target": "There is no target of that name.",
        "no-reference": "Loudness is to be that of reference files, and there are none.",
        "no-matching": "A song has an amount of a matching that the target does not have.",
        "too-many-tracks": "The songs are more than a compact disc can hold.",
        "hidden-not-first": "A song is to be hidden before track 1 and is not the first of several.",
        "copy-flags": "A song permits copies and restricts them.",
        "index-points": "A song has too many index points, or they do not ascend.",
        "cd-text-too-long": "Titles and names are more than CD-TEXT can hold.",
        "cd-track-short": "A track of a compact disc has less than 4 s, whatever rings on.",
        "cd-index": "An index point lies behind the end of its song.",
        "cd-too-long": "The songs are longer than a compact disc can hold.",
        "ddp-pregap": "A hidden song is longer than a DDP can hold before track 1.",
        "disc-empty": "No song is on the disc that is to be delivered.",
        "joint-twofold": "A song goes over into the next one in two ways.",
        "joint-without-next": "The last song is to go over into a next one.",
        "edge-at-joint": "A song's own edges ask for a cut or a fade where one song goes over into the next.",
        "bits-not-possible": "The format cannot hold that word length.",
        "bitrate-not-possible": "The format does not come with that bit rate.",
        "quality-not-possible": "The format does not take that quality, or a bit rate is given as well.",
        "rate-not-possible": "The format cannot hold that sample rate.",
        "folder-taken": "Two deliverables would write into the same folder.",
        "frozen-song-unknown": "A trim is written down for a song that the album does not have.",
        "frozen-song-twofold": "Two trims are written down for the same song.",
    }
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong at a place of the manifest; `at` says whether the caret belongs under the key or its value."""

    loc: Loc
    code: str
    message: str
    hint: str | None = None
    at: Literal["key", "value"] = "value"


def shorten(message: str) -> str:
    """Return a message that can be read at a glance and moves no cursor."""
    cut = message if len(message) <= MAX_MESSAGE else message[: MAX_MESSAGE - 3] + "..."
    return "".join(char if char.isprintable() else "\ufffd" for char in cut)


def format_loc(loc: Loc) -> str:
    """Return a place as text: `song[0].strip[2].gain_db`."""
    text = ""
    for part in loc:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += "." * bool(text) + (part if _BARE_KEY.fullmatch(part) else json.dumps(part, ensure_ascii=False))
    return text


def find_nearest(name: str, options: Iterable[str]) -> str | None:
    """Return the option that a misspelt name most likely means, or None."""
    import difflib

    if len(name) > 100:
        return None
    folded: dict[str, str] = {}
    for option in options:
        folded.setdefault(option.casefold(), option)
    matches = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[matches[0]] if matches else None


def suggest(name: str, options: Iterable[str], *, otherwise: str | None = None) -> str | None:
    """Return the hint for a misspelt name: the nearest option, or else all of them after `otherwise`."""
    listed = list(options)
    if nearest := find_nearest(name, listed):
        return f"did you mean {nearest!r}?"
    if otherwise is None or not listed:
        return None
    return f"{otherwise}: {', '.join(listed[:20])}{', ...' if len(listed) > 20 else ''}"

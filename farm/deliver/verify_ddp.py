"""Reading a DDP 2.00 fileset back: whether its parts agree with each other, with the image, and with the document.

After the clean-room description of ddp-reverse-eng (spec/ddp2.md, MIT); offsets are those of its tables.
"""

import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import md5
from itertools import pairwise
from pathlib import Path

from farm.deliver.delivery_document import PlacedSong
from farm.deliver.delivery_folder import DDP_NAME, IMAGE_NAME, Problem

_MAP_NAME, _CHECKSUMS_NAME = "DDPMS", "CHECKSUM.MD5"
_MAP_BYTES, _PQ_BYTES, _PACK_BYTES = 128, 64, 18
_SECTOR_BYTES, _SECTOR_FRAMES, _SECTORS_A_SECOND = 2352, 588, 75
_FIRST_TRACK_SECTOR, _SHORTEST_TRACK_SECTORS = 150, 300
"""Red Book: 2 s before track 1, and 4 s for each track."""

_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_CHECKSUM_LINE = re.compile(r"([0-9a-fA-F]{32}) [ *](.+)")


@dataclass(frozen=True, slots=True)
class _Mark:
    """A packet of the PQ descriptor; `sector` counts from 00:00:00."""

    track: str
    index: int
    sector: int
    isrc: str
    upc: str


def check_ddp(path: Path, songs: Sequence[PlacedSong]) -> Iterator[Problem]:
    """Yield what is wrong with a fileset; `songs` are those of the image as the document has them, () without one."""
    parts = {each.name: each for each in path.iterdir() if each.is_file()}
    for name in (DDP_NAME, _MAP_NAME, _CHECKSUMS_NAME):
        if name not in parts:
            yield name, "ddp-incomplete", "the fileset lacks it"
    if _CHECKSUMS_NAME in parts:
        yield from _check_md5(parts)
    identifier = _text(parts, DDP_NAME)
    if identifier and (len(identifier) != _MAP_BYTES or identifier[:8] != "DDP 2.00" or identifier[87:89] != "CD"):
        yield DDP_NAME, "ddp-identifier", "it is not that of a DDP 2.00 of a CD"
    upc = identifier[8:21].strip()
    for stream in _packets(_text(parts, _MAP_NAME), _MAP_BYTES):
        yield from _check_stream(stream, parts, upc, songs)


def _check_stream(stream: str, parts: Mapping[str, Path], upc: str, songs: Sequence[PlacedSong]) -> Iterator[Problem]:
    """A stream of the map: `D0` is the image, counted in sectors, `S0` what goes beside it, counted in bytes."""
    kind, length, what, name = stream[4:6], _number(stream[14:22]), stream[30:38].strip(), stream[74:91].strip()
    if stream[:4] != "VVVM" or name not in parts:
        yield _MAP_NAME, "ddp-map", f"it names {name!r}, which is not there"
        return
    size_bytes = parts[name].stat().st_size
    promised_bytes = length * _SECTOR_BYTES if kind == "D0" else length
    if size_bytes != promised_bytes:
        yield name, "ddp-length", f"it has {size_bytes:,} bytes, and {_MAP_NAME} promises {promised_bytes:,}"
    if what == "CDTEXT":
        yield from _check_cd_text(name, parts[name].read_bytes())
    elif what.startswith("PQ"):
        image = parts.get(IMAGE_NAME)
        sectors = image.stat().st_size // _SECTOR_BYTES if image else 0
        yield from ((name, "ddp-pq", message) for message in _check_pq(_text(parts, name), upc, sectors, songs))


def _check_pq(text: str, upc: str, image_sectors: int, songs: Sequence[PlacedSong]) -> Iterator[str]:
    packets = _packets(text, _PQ_BYTES)
    marks = [_mark(packet) for packet in packets if packet[:4] == "VVVS"]
    if len(marks) < 4 or len(marks) != len(packets) or len(text) % _PQ_BYTES:
        yield "it is not a list of marks"
        return
    if (marks[0].track, marks[-1].track) != ("00", "AA"):
        yield "it does not begin with the lead-in and end with the lead-out"
    if marks[0].upc != upc:
        yield f"its UPC is {marks[0].upc or 'none'}, and that of {DDP_NAME} {upc or 'none'}"
    if marks[-1].sector != image_sectors:
        yield f"its lead-out is at sector {marks[-1].sector:,}, and the image ends at {image_sectors:,}"
    for before, mark in pairwise(marks[:-1]):
        if mark.sector < before.sector:
            yield f"track {mark.track} index {mark.index:02} lies before the mark above it"
        if mark.track == before.track and mark.index != before.index + 1:
            yield f"track {mark.track} has index {mark.index:02} behind index {before.index:02}"
    yield from _check_tracks([mark for mark in marks if mark.track.isdigit() and mark.track != "00"], marks[-1], songs)


def _check_tracks(marks: Sequence[_Mark], lead_out: _Mark, songs: Sequence[PlacedSong]) -> Iterator[str]:
    starts = {mark.track: mark.sector for mark in marks if mark.index == 1}
    if list(starts) != [f"{number:02}" for number in range(1, len(starts) + 1)] or not starts:
        yield f"its tracks are {', '.join(starts) or 'none'}: they are to count from 01"
        return
    if starts["01"] < _FIRST_TRACK_SECTOR:
        yield "track 01 begins less than 2 s into the disc"
    for (track, start), end in zip(starts.items(), [*list(starts.values())[1:], lead_out.sector], strict=True):
        if end - start < _SHORTEST_TRACK_SECTORS:
            yield f"track {track} is shorter than 4 s"
    isrcs = [mark.isrc for mark in marks if mark.isrc]
    yield from (f"{isrc!r} is not an ISRC" for isrc in isrcs if not _ISRC.fullmatch(isrc))
    if songs:
        placed = {song.start_frame // _SECTOR_FRAMES for song in songs}
        yield from (f"track {track} begins where no song does" for track, at in starts.items() if at not in placed)
        known = {song.isrc for song in songs}
        yield from (f"the ISRC {isrc} is no song's" for isrc in sorted(set(isrcs)) if isrc not in known)


def _mark(packet: str) -> _Mark:
    minutes, seconds, sectors = (_number(packet[10 + at : 12 + at]) for at in (0, 2, 4))
    sector = (minutes * 60 + seconds) * _SECTORS_A_SECOND + sectors
    return _Mark(packet[4:6], _number(packet[6:8]), sector, packet[20:32].strip(), packet[32:45].strip())


def _check_cd_text(name: str, content: bytes) -> Iterator[Problem]:
    """Each pack ends with its CRC: CCITT's polynomial, from 0, inverted (libburn, doc/cdtext.txt)."""
    packs = [content[at : at + _PACK_BYTES] for at in range(0, len(content), _PACK_BYTES)]
    for number, pack in enumerate(packs):
        if len(pack) < _PACK_BYTES or binascii.crc_hqx(pack[:16], 0) ^ 0xFFFF != int.from_bytes(pack[16:], "big"):
            yield name, "ddp-cd-text", f"pack {number} of CD-TEXT is damaged"
        elif pack[2] != number % 256:
            yield name, "ddp-cd-text", f"pack {number} of CD-TEXT is numbered {pack[2]}"


def _check_md5(parts: Mapping[str, Path]) -> Iterator[Problem]:
    for line in _text(parts, _CHECKSUMS_NAME).splitlines():
        found = _CHECKSUM_LINE.fullmatch(line)
        if found is None:
            yield _CHECKSUMS_NAME, "ddp-checksum", f"{line[:80]!r} is no checksum and name of a file"
        elif found[2] not in parts:
            yield found[2], "file-missing", f"the file is missing, and {_CHECKSUMS_NAME} has it"
        elif _md5_of(parts[found[2]]) != found[1].lower():
            yield found[2], "ddp-checksum", f"it is not what {_CHECKSUMS_NAME} has"


def _md5_of(path: Path) -> str:
    digest = md5(usedforsecurity=False)
    with path.open("rb") as file:
        while content := file.read(1 << 20):
            digest.update(content)
    return digest.hexdigest()


def _text(parts: Mapping[str, Path], name: str) -> str:
    return parts[name].read_bytes().decode("ascii", errors="replace") if name in parts else ""


def _packets(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def _number(text: str) -> int:
    """Return a right-aligned number; -1 for what is none."""
    return int(text) if text.strip().isdigit() else -1

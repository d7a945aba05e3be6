"""DDP 2.00: the fileset that pressing plants take, for an audio disc.

After the clean-room description of ddp-reverse-eng (spec/ddp2.md, MIT). Texts are ASCII, padded with spaces, without
line ends; numbers are right-aligned; what is not set is blank.
"""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from farm.deliver.cd_layout import CdLayout, TrackPlace, find_long_pregap, format_msf
from farm.errors import DeliveryError
from farm.manifest.disc_text import MASTER_ID_CHARACTERS
from farm.manifest.transliteration import to_ascii
from farm.plan.cd import CdSongSpec, CdSpec

if TYPE_CHECKING:
    from farm.deliver.cd_image import WrittenFile

IDENTIFIER, MAP, IMAGE, CD_TEXT, CHECKSUMS = "DDPID", "DDPMS", "IMAGE.DAT", "CDTEXT.BIN", "CHECKSUM.MD5"

_MAP_PACKET_BYTES = 128
_PQ_PACKET_BYTES = 64
_NAME_CHARACTERS = 17
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{,16}")
_PRE_EMPHASIS, _COPY_PERMITTED = 1, 2
"""Bits of the control nibble in sub-channel Q."""

Field = tuple[int, str]
"""An offset in a packet and what stands there."""


def build_ddp(spec: CdSpec, layout: CdLayout, cd_text: bytes) -> dict[str, bytes]:
    """Return the files beside the image by name, in the order of a checksum list.

    Raises DeliveryError: ddp-pregap, ddp-name.
    """
    pq = build_pq_descriptor(spec, layout)
    _check(spec, layout)
    return {
        IDENTIFIER: _build_identifier(spec),
        MAP: _build_map(spec, layout, pq_bytes=len(pq), cd_text_bytes=len(cd_text)),
        **({CD_TEXT: cd_text} if cd_text else {}),
        spec.pq_name: pq,
    }


def build_checksums(written: "Sequence[WrittenFile]") -> bytes:
    """Return the list that `md5sum -c` checks: a custom beside DDP, which plants expect."""
    return "".join(f"{file.md5} *{file.name}\n" for file in written).encode("ascii")


def build_pq_descriptor(spec: CdSpec, layout: CdLayout) -> bytes:
    """Return sub-channel Q in packets: the lead-in, each index, and the lead-out twice, as all tools write it."""
    packets = [_pq_packet("00", 0, 0, upc=spec.upc)]
    for track in layout.tracks:
        packets += _track_packets(track, isrc_twice=spec.isrc_twice)
    return b"".join([*packets, *[_pq_packet("AA", 1, layout.lead_out_cd_frame)] * 2])


def _track_packets(track: TrackPlace, *, isrc_twice: bool) -> Iterator[bytes]:
    """The ISRC stands on the track's first packet."""
    for place, (index, cd_frame) in enumerate(track.marks.items()):
        isrc = track.song.isrc if place == 0 or (isrc_twice and index == 1) else None
        yield _pq_packet(f"{track.number:02}", index, cd_frame, control=_control(track.song), isrc=isrc)


def _control(song: CdSongSpec) -> str:
    nibble = _PRE_EMPHASIS * song.pre_emphasis + _COPY_PERMITTED * song.copy_permitted
    return f"{nibble:X}{'S' if song.scms else '1'}"


def _pq_packet(
    track: str, index: int, cd_frame: int, *, control: str = "01", isrc: str | None = None, upc: str | None = None
) -> bytes:
    time = format_msf(cd_frame).replace(":", "")
    head = f"VVVS{track}{index:02}{time:>8}{control}"
    return _packet(_PQ_PACKET_BYTES, (0, head), (20, isrc or ""), (32, upc or ""))


def _build_identifier(spec: CdSpec) -> bytes:
    """The master's free text is the catalogue number."""
    master_id = to_ascii(spec.catalogue_number or "")[:MASTER_ID_CHARACTERS]
    return _packet(_MAP_PACKET_BYTES, (0, "DDP 2.00"), (8, spec.upc or ""), (38, master_id), (87, "CD"))


def _build_map(spec: CdSpec, layout: CdLayout, *, pq_bytes: int, cd_text_bytes: int) -> bytes:
    """One packet for each stream: CD-TEXT, PQ descriptor, audio."""
    text = [_stream("S0", cd_text_bytes, CD_TEXT, (30, "CDTEXT"), (55, "00"))] if cd_text_bytes else []
    pq = _stream("S0", pq_bytes, spec.pq_name, (30, "PQ DESCR"))
    scrambled, pregap = int(spec.scrambled), layout.tracks[0].pregap_cd_frames
    audio = _stream("D0", layout.lead_out_cd_frame, IMAGE, (38, f"DA7{scrambled}"), (46, f"{pregap:4}"))
    return b"".join([*text, pq, audio])


def _stream(kind: str, length: int, name: str, *fields: Field) -> bytes:
    shared = ((0, f"VVVM{kind}"), (14, f"{length:8}"), (71, f"{_NAME_CHARACTERS:3}"), (74, name))
    return _packet(_MAP_PACKET_BYTES, *shared, *fields)


def _packet(size_bytes: int, *fields: Field) -> bytes:
    packet = bytearray(b" " * size_bytes)
    for offset, text in fields:
        packet[offset : offset + len(text)] = text.encode("ascii")
    return bytes(packet)


def _check(spec: CdSpec, layout: CdLayout) -> None:
    if problem := find_long_pregap(layout):
        raise DeliveryError(problem.message, code=problem.code, hint=problem.hint)
    taken = {IDENTIFIER, MAP, IMAGE, CD_TEXT, CHECKSUMS}
    if not _FILE_NAME.fullmatch(spec.pq_name) or spec.pq_name.upper() in taken:
        message = f"{spec.pq_name!r} cannot be the name of the PQ descriptor"
        raise DeliveryError(message, code="ddp-name", hint="SD and PQDESCR are usual: up to 17 letters, digits, . - _")

"""What makes a WAV a Broadcast Wave Format file: `bext`, version 2 (EBU Tech 3285), and the ISRC in `axml`.

There is no clock in an output: the date of origin is the day of release, or blank, and the time is blank. The UMID is
zero, which means that there is none. The chunk is ASCII: other letters lose their accents or are spelt out.

Both bodies have an even length: libsndfile does not open an RF64 with an odd one in front of the samples.
"""

import struct
from xml.sax.saxutils import escape

from farm.deliver.riff_chunks import chunk
from farm.deliver.song_facts import SongFacts
from farm.manifest.transliteration import to_ascii
from farm.plan.spec import TagSpec

_LEVEL_UNKNOWN = 0x7FFF
"""EBU Tech 3285, 2.3: a loudness field that is not used."""

_FULL_DATE_LENGTH = len("2026-11-24")

_AXML = """\
<?xml version="1.0" encoding="UTF-8"?>
<ebucore:ebuCoreMain xmlns:dc="http://purl.org/dc/elements/1.1/" \
xmlns:ebucore="urn:ebu:metadata-schema:ebuCore_2012">
  <ebucore:coreMetadata>
    <ebucore:identifier typeLabel="GUID" typeDefinition="Globally Unique Identifier" formatLabel="ISRC" \
formatDefinition="International Standard Recording Code" \
formatLink="http://www.ebu.ch/metadata/cs/ebu_IdentifierTypeCodeCS.xml#3.7">
      <dc:identifier>ISRC:{isrc}</dc:identifier>
    </ebucore:identifier>
  </ebucore:coreMetadata>
</ebucore:ebuCoreMain>
"""


def bext_chunk(tags: TagSpec, facts: SongFacts | None, *, rate_hz: int, bits: int) -> bytes:
    """Return the chunk with the loudness of the finished song; without facts, or for silence, it is unknown."""
    date = tags.date if tags.date and len(tags.date) == _FULL_DATE_LENGTH else ""
    body = struct.pack(
        "<256s32s32s10s8sQH64s5h180x",
        _ascii(f"{tags.artist} - {tags.title}", 256),
        _ascii(tags.encoder or "", 32),
        _ascii(tags.isrc or "", 32),
        _ascii(date, 10),
        b"",
        0,
        2,
        b"",
        *(_hundredths(level) for level in _levels(facts)),
    )
    return chunk(b"bext", _even(body + _coding_history(tags, rate_hz, bits), b"\0"))


def _levels(facts: SongFacts | None) -> tuple[float | None, ...]:
    if facts is None:
        return (None,) * 5
    return (
        facts.integrated_lufs,
        facts.loudness_range_lu,
        facts.true_peak_dbtp,
        facts.max_momentary_lufs,
        facts.max_short_term_lufs,
    )


def axml_chunk(isrc: str) -> bytes:
    """Return the chunk that names the recording by its ISRC (EBU Tech 3352)."""
    return chunk(b"axml", _even(_AXML.format(isrc=escape(isrc)).encode(), b"\n"))


def _even(body: bytes, filler: bytes) -> bytes:
    return body + filler * (len(body) % 2)


def _coding_history(tags: TagSpec, rate_hz: int, bits: int) -> bytes:
    """EBU R 98: algorithm, rate, word length, mode and what made it, in a line."""
    maker = f",T={_ascii(tags.encoder, 64).decode()}" if tags.encoder else ""
    return f"A=PCM,F={rate_hz},W={bits},M=stereo{maker}\r\n".encode("ascii")


def _hundredths(level: float | None) -> int:
    return _LEVEL_UNKNOWN if level is None else max(-0x8000, min(_LEVEL_UNKNOWN - 1, round(100.0 * level)))


def _ascii(text: str, size: int) -> bytes:
    """Return at most `size` bytes."""
    return to_ascii(text).encode()[:size]

"""Broadcast Wave: the chunk bext byte by byte (EBU Tech 3285), and the ISRC in axml."""

import dataclasses
import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest
import soundfile
from deliver_songs import FACTS, TAGS, encode, music, spec_of

from farm.deliver.bwf import axml_chunk, bext_chunk
from farm.plan.spec import TagSpec


def chunks_of(path: Path) -> dict[bytes, bytes]:
    """Return the chunks of a RIFF file by name, in their order."""
    data, at, found = path.read_bytes(), 12, {}
    while at < len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        found[name] = data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return found


def test_bext_says_what_it_is_by_the_standard_s_offsets(tmp_path: Path) -> None:
    path, _ = encode(tmp_path, spec_of("bwf", 24, None), music(101))
    chunks = chunks_of(path)
    assert list(chunks) == [b"bext", b"axml", b"fmt ", b"data", b"LIST", b"id3 "]
    bext = chunks[b"bext"]
    assert bext[:256].rstrip(b"\0") == b"The Example, Zoe - Uber dem Wasser ? ?"
    assert bext[256:288].rstrip(b"\0") == b"farm 9.8.7"
    assert bext[288:320].rstrip(b"\0") == b"QZABC2600001"
    assert bext[320:330] == b"2026-11-24"
    assert bext[330:346] == bytes(16)
    assert struct.unpack_from("<H", bext, 346) == (2,)
    assert bext[348:412] == bytes(64)
    assert struct.unpack_from("<5h", bext, 412) == (-1425, 610, -150, -950, -1120)
    assert bext[422:602] == bytes(180)
    assert bext[602:] == b"A=PCM,F=48000,W=24,M=stereo,T=farm 9.8.7\r\n"


@pytest.mark.parametrize("facts", [None, dataclasses.replace(FACTS, integrated_lufs=None, loudness_range_lu=None)])
def test_a_loudness_that_is_not_known_is_marked_so(facts: object) -> None:
    bext = bext_chunk(TAGS, facts, rate_hz=48000, bits=16)[8:]  # type: ignore[arg-type]
    assert struct.unpack_from("<2h", bext, 412) == (0x7FFF, 0x7FFF)


def test_a_year_alone_is_no_date_and_no_clock_takes_its_place() -> None:
    bext = bext_chunk(dataclasses.replace(TAGS, date="2026"), FACTS, rate_hz=48000, bits=16)[8:]
    assert bext[320:338] == bytes(18)


def test_a_long_title_is_cut_to_its_field() -> None:
    bext = bext_chunk(dataclasses.replace(TAGS, title="x" * 400), FACTS, rate_hz=48000, bits=16)[8:]
    assert bext[:256] == b"The Example, Zoe - " + b"x" * 237
    assert bext[256:266] == b"farm 9.8.7"


def test_letters_beyond_ascii_are_spelt_out() -> None:
    bext = bext_chunk(
        dataclasses.replace(TAGS, artists=("Ærøskøbing",), title="Straße — Łódź"), FACTS, rate_hz=48000, bits=16
    )[8:]
    assert bext[:256].rstrip(b"\0") == b"Aeroeskoebing - Strasse - Lodz"


@pytest.mark.parametrize("encoder", ["farm 9.8.7", "farm 9.8.70"])
@pytest.mark.parametrize("bits", [16, 24])
def test_an_rf64_is_opened_by_libsndfile_whatever_the_length_of_its_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoder: str, bits: int
) -> None:
    """libsndfile leaves out no byte behind an odd chunk in front of the samples."""
    monkeypatch.setattr("farm.deliver.wav._LARGEST_RIFF", 1000)
    tags = dataclasses.replace(TAGS, encoder=encoder)
    assert all(len(each) % 2 == 0 and struct.unpack_from("<I", each, 4)[0] % 2 == 0 for each in _chunks(tags, bits))
    path, _ = encode(tmp_path, spec_of("bwf", bits, None, tags=tags), music(2000))
    assert (soundfile.info(path).format, soundfile.info(path).frames) == ("RF64", 2000)


def _chunks(tags: TagSpec, bits: int) -> tuple[bytes, ...]:
    return (
        bext_chunk(tags, FACTS, rate_hz=48000, bits=bits),
        *(axml_chunk(isrc) for isrc in ("QZABC2600001", "QZABC260001")),
    )


def test_axml_names_the_recording(tmp_path: Path) -> None:
    path, _ = encode(tmp_path, spec_of("bwf", 16, None), music(101))
    root = ElementTree.fromstring(chunks_of(path)[b"axml"].decode())
    ebucore, dc = "{urn:ebu:metadata-schema:ebuCore_2012}", "{http://purl.org/dc/elements/1.1/}"
    (outer,) = root.findall(f"{ebucore}coreMetadata/{ebucore}identifier")
    assert root.tag == f"{ebucore}ebuCoreMain"
    assert (outer.get("typeLabel"), outer.get("formatLabel")) == ("GUID", "ISRC")
    assert outer.findtext(f"{dc}identifier") == "ISRC:QZABC2600001"


def test_a_recording_without_a_code_has_no_axml(tmp_path: Path) -> None:
    tags = dataclasses.replace(TAGS, isrc=None)
    path, _ = encode(tmp_path, spec_of("bwf", 32, None, tags=tags), music(101))
    assert list(chunks_of(path)) == [b"bext", b"fmt ", b"fact", b"data", b"LIST", b"id3 "]

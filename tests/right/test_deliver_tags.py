"""Every tag comes back from every container, read by mutagen; gains follow from the loudness."""

import dataclasses
import struct
from pathlib import Path
from typing import Any

import pytest
from deliver_songs import FACTS, TAGS, encode, music, spec_of
from mutagen.aiff import AIFF
from mutagen.flac import FLAC
from mutagen.id3 import ID3
from mutagen.mp4 import MP4
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from farm.deliver.song_facts import SongFacts, r128_values, replaygain_values, song_facts
from farm.plan.spec import TagSpec
from farm.records import Measurement

BARE = TagSpec("A", ("B",), "C", ("D",), 1, 1)
GAINS = {
    "REPLAYGAIN_TRACK_GAIN": "-3.75 dB",
    "REPLAYGAIN_TRACK_PEAK": "0.841395",
    "REPLAYGAIN_ALBUM_GAIN": "-4.00 dB",
    "REPLAYGAIN_ALBUM_PEAK": "0.891251",
    "REPLAYGAIN_REFERENCE_LOUDNESS": "-18.00 LUFS",
}
IDS = [f"0f1a4d0e-0000-4000-8000-00000000000{number}" for number in (1, 2, 3, 4)]

ID3_TEXTS = {
    "TIT2": TAGS.title,
    "TIT3": "radio edit",
    "TPE1": "The Example, Zoë",
    "TALB": "Low Tide",
    "TPE2": "Various",
    "TCOM": "A. Composer, B. Composer",
    "TEXT": "C. Lyricist",
    "TRCK": "3/12",
    "TPOS": "2/3",
    "TSRC": "QZABC2600001",
    "TXXX:BARCODE": "0123456789012",
    "TXXX:CATALOGNUMBER": "CAT-001",
    "TPUB": "Label/Sub",
    "TCOP": "2026 Label",
    "TCON": "Ambient",
    "TLAN": "eng",
    "TXXX:ITUNESADVISORY": "1",
    "USLT::eng": "one line\nanother",
    "TXXX:MusicBrainz Album Id": IDS[0],
    "TXXX:MusicBrainz Album Artist Id": IDS[1],
    "TXXX:MusicBrainz Artist Id": IDS[3],
    "TSSE": "farm 9.8.7",
    "TXXX:FARM_AUDIO_DIGEST": "ab" * 32,
    **{f"TXXX:{name}": text for name, text in GAINS.items()},
}
VORBIS = {
    "TITLE": [TAGS.title],
    "VERSION": ["radio edit"],
    "ARTIST": ["The Example", "Zoë"],
    "ALBUM": ["Low Tide"],
    "ALBUMARTIST": ["Various"],
    "COMPOSER": ["A. Composer", "B. Composer"],
    "LYRICIST": ["C. Lyricist"],
    "TRACKNUMBER": ["3"],
    "TRACKTOTAL": ["12"],
    "DISCNUMBER": ["2"],
    "DISCTOTAL": ["3"],
    "DATE": ["2026-11-24"],
    "ISRC": ["QZABC2600001"],
    "BARCODE": ["0123456789012"],
    "CATALOGNUMBER": ["CAT-001"],
    "LABEL": ["Label/Sub"],
    "COPYRIGHT": ["2026 Label"],
    "PRODUCEDNOTICE": ["2026 Sub"],
    "GENRE": ["Ambient"],
    "LANGUAGE": ["eng"],
    "ITUNESADVISORY": ["1"],
    "LYRICS": ["one line\nanother"],
    "MUSICBRAINZ_ALBUMID": [IDS[0]],
    "MUSICBRAINZ_ALBUMARTISTID": [IDS[1]],
    "MUSICBRAINZ_TRACKID": [IDS[2]],
    "MUSICBRAINZ_ARTISTID": [IDS[3]],
    "ENCODER": ["farm 9.8.7"],
    "FARM_AUDIO_DIGEST": ["ab" * 32],
}
MP4_TEXTS = {
    "©nam": TAGS.title,
    "©ART": "The Example, Zoë",
    "©alb": "Low Tide",
    "aART": "Various",
    "©wrt": "A. Composer, B. Composer",
    "©day": "2026-11-24",
    "cprt": "2026 Label",
    "©phg": "2026 Sub",
    "©gen": "Ambient",
    "©lyr": "one line\nanother",
    "©too": "farm 9.8.7",
}
MP4_FREE = {
    "SUBTITLE": ["radio edit"],
    "ARTISTS": ["The Example", "Zoë"],
    "LYRICIST": ["C. Lyricist"],
    "ISRC": ["QZABC2600001"],
    "BARCODE": ["0123456789012"],
    "CATALOGNUMBER": ["CAT-001"],
    "LABEL": ["Label/Sub"],
    "LANGUAGE": ["eng"],
    "MusicBrainz Album Id": [IDS[0]],
    "MusicBrainz Album Artist Id": [IDS[1]],
    "MusicBrainz Track Id": [IDS[2]],
    "MusicBrainz Artist Id": [IDS[3]],
    "FARM_AUDIO_DIGEST": ["ab" * 32],
    **{name.lower(): [text] for name, text in GAINS.items()},
}


def read_id3(path: Path) -> Any:
    """Return the ID3 tag as its own version has it."""
    data, chunk = path.read_bytes(), {".wav": b"id3 ", ".bwf": b"id3 ", ".aiff": b"ID3 "}.get(path.suffix)
    tag = path.with_name("tag")
    tag.write_bytes(data[data.index(chunk) + 8 :] if chunk else data)
    return ID3(tag, translate=False)


@pytest.mark.parametrize("form", ["wav", "bwf", "aiff", "mp3"])
def test_every_field_comes_back_from_an_id3_tag_of_either_version(tmp_path: Path, form: str) -> None:
    bits, bitrate_kbps = (None, 320) if form == "mp3" else (24, None)
    own = {
        "2.4": {"TDRC": "2026-11-24", "TPRO": "2026 Sub", "TXXX:ARTISTS": "The Example\0Zoë"},
        "2.3": {"TYER": "2026", "TDAT": "2411", "TXXX:PRODUCEDNOTICE": "2026 Sub", "TXXX:ARTISTS": "The Example; Zoë"},
    }
    for version, extra in own.items():
        path, _ = encode(tmp_path, spec_of(form, bits, bitrate_kbps, id3=version), music(5000))
        tags = read_id3(path)
        assert tags.version == (2, int(version[-1]), 0)
        assert {key: str(frame) for key, frame in tags.items() if key[:4] != "UFID"} == ID3_TEXTS | extra
        assert tags["UFID:http://musicbrainz.org"].data.decode() == IDS[2]


def test_wav_and_aiff_hold_their_tag_where_taggers_look_for_it(tmp_path: Path) -> None:
    for form, kind in (("wav", WAVE), ("bwf", WAVE), ("aiff", AIFF)):
        path, _ = encode(tmp_path, spec_of(form, 24, None), music(101))
        assert str(kind(path).tags["TIT2"]) == TAGS.title


def test_every_field_comes_back_from_vorbis_comments(tmp_path: Path) -> None:
    gains = {name: [text] for name, text in GAINS.items()}
    r128 = {"R128_TRACK_GAIN": ["-2240"], "R128_ALBUM_GAIN": ["-2304"]}
    for form, kind, expected in (("flac", FLAC, gains), ("vorbis", OggVorbis, gains), ("opus", OggOpus, r128)):
        bits, bitrate_kbps = (24, None) if form == "flac" else (None, 160 if form == "opus" else None)
        path, _ = encode(tmp_path, spec_of(form, bits, bitrate_kbps), music(5000))
        assert {key.upper(): value for key, value in kind(path).items()} == VORBIS | expected


@pytest.mark.parametrize(("form", "bits", "bitrate_kbps"), [("alac", 24, None), ("aac", None, 256)])
def test_every_field_comes_back_from_an_m4a(
    tmp_path: Path, form: str, bits: int | None, bitrate_kbps: int | None
) -> None:
    path, _ = encode(tmp_path, spec_of(form, bits, bitrate_kbps), music(5000))
    tags = MP4(path).tags
    own = "----:com.apple.iTunes:"
    texts = {key: value[0] for key, value in tags.items() if not key.startswith(own) and isinstance(value[0], str)}
    free = {key[len(own) :]: [bytes(each).decode() for each in value] for key, value in tags.items() if own in key}
    gapless = free.pop("iTunSMPB", [""])[0]
    assert texts == MP4_TEXTS
    assert free == MP4_FREE
    assert (tags["trkn"], tags["disk"], tags["rtng"]) == ([(3, 12)], [(2, 3)], [1])
    if form == "aac":
        _, delay, padding, length = (int(each, 16) for each in gapless.split()[:4])
        assert (delay + padding + length) % 1024 == 0
        assert length == 5000


def info_of(path: Path) -> dict[str, str]:
    """Return the RIFF INFO of a file, read as the specification has it."""
    data = path.read_bytes()
    at = data.index(b"LIST")
    end = at + 8 + struct.unpack_from("<I", data, at + 4)[0]
    found, at = {}, at + 12
    while at < end:
        (size,) = struct.unpack_from("<I", data, at + 4)
        found[data[at : at + 4].decode()] = data[at + 8 : at + 8 + size].rstrip(b"\0").decode()
        at += 8 + size + size % 2
    return found


def test_info_holds_every_text_as_utf_8(tmp_path: Path) -> None:
    path, _ = encode(tmp_path, spec_of("bwf", 16, None), music(101))
    assert info_of(path) == {
        "INAM": TAGS.title,
        "IART": "The Example, Zoë",
        "IPRD": "Low Tide",
        "ITRK": "3",
        "ICRD": "2026-11-24",
        "ICOP": "2026 Label",
        "IGNR": "Ambient",
        "ILNG": "eng",
        "ISFT": "farm 9.8.7",
    }
    path, _ = encode(tmp_path, spec_of("bwf", 16, None, tags=BARE), music(101), facts=None)
    assert info_of(path) == {"INAM": "A", "IART": "B", "IPRD": "C", "ITRK": "1"}


def test_a_wav_has_no_info_that_would_hide_its_id3_tag(tmp_path: Path) -> None:
    path, _ = encode(tmp_path, spec_of("wav", 16, None), music(101))
    assert b"LIST" not in path.read_bytes()


def test_what_is_not_known_is_not_written(tmp_path: Path) -> None:
    mp3, _ = encode(tmp_path, spec_of("mp3", None, 320, tags=BARE), music(5000), facts=None)
    flac, _ = encode(tmp_path, spec_of("flac", 16, None, tags=BARE), music(100), facts=None)
    m4a, _ = encode(tmp_path, spec_of("alac", 16, None, tags=BARE), music(100), facts=None)
    assert sorted(ID3(mp3)) == ["TALB", "TIT2", "TPE1", "TPE2", "TRCK"]
    assert sorted(FLAC(flac)) == ["album", "albumartist", "artist", "title", "tracknumber", "tracktotal"]
    assert sorted(MP4(m4a)) == ["aART", "trkn", "©ART", "©alb", "©nam"]


def test_a_cleaned_song_says_so_and_a_year_alone_is_a_date(tmp_path: Path) -> None:
    tags = dataclasses.replace(TAGS, advisory="clean", date="1999")
    path, _ = encode(tmp_path, spec_of("mp3", None, 320, tags=tags, id3="2.3"), music(5000))
    read = read_id3(path)
    assert (str(read["TXXX:ITUNESADVISORY"]), str(read["TYER"]), "TDAT" in read) == ("2", "1999", False)


def test_gains_lead_to_their_references() -> None:
    """ReplayGain 2.0 plays at -18 LUFS, R128 gains of Opus at -23: they differ by 5 dB for the same song."""
    for lufs in (-8.0, -14.25, -18.0, -31.5):
        facts = dataclasses.replace(FACTS, integrated_lufs=lufs)
        gain_db = float(replaygain_values(facts, ceiling_dbtp=-1.0)["replaygain_track_gain"].removesuffix(" dB"))
        r128_db = int(r128_values(facts)["r128_track_gain"]) / 256
        assert lufs + gain_db == pytest.approx(-18.0)
        assert lufs + r128_db == pytest.approx(-23.0)


def test_silence_has_no_gains() -> None:
    silent = SongFacts(None, None, None, None, None, None, "00")
    assert replaygain_values(silent, ceiling_dbtp=-1.0) == {}
    assert r128_values(silent) == {}


def test_facts_are_those_of_the_finished_song() -> None:
    measured = Measurement(1.0, -14.25, 6.1, -9.5, -11.2, -1.5, -2.0)
    assert song_facts(measured, album_lufs=-14.0, audio_digest="ab" * 32) == FACTS

"""What was written in any format is read back the same by other code; what is not as it says is told."""

import dataclasses
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from deliver_songs import ALL, FACTS, LOSSLESS, LOSSY, TAGS, encode, music, spec_of

from farm.deliver.bext_reader import read_bext
from farm.deliver.checked_song import check_audio, read_song
from farm.deliver.checked_tags import check_bext, check_codes, check_gains, check_tags
from farm.deliver.delivery_document import DeliveredAlbum, DeliveredFormat, DeliveredTrack, PlacedSong
from farm.deliver.second_meter import SecondMeter
from farm.deliver.tag_reader import read_tags
from farm.errors import AudioError

FRAMES = 50021

ALBUM = DeliveredAlbum(
    title=TAGS.album,
    artists=TAGS.album_artists,
    upc=TAGS.upc,
    catalogue_number=TAGS.catalogue_number,
    label=TAGS.label,
    date=TAGS.date,
    copyright=TAGS.copyright,
)
TRACK = DeliveredTrack(
    name="song",
    size_bytes=0,
    sha256="",
    audio_sha256=None,
    title=TAGS.title,
    artists=TAGS.artists,
    disc=TAGS.disc_number,
    disc_total=TAGS.disc_total,
    track=TAGS.track_number,
    track_total=TAGS.track_total,
    frames=FRAMES,
    duration_seconds=FRAMES / 48000,
    version=TAGS.version,
    isrc=TAGS.isrc,
    composers=TAGS.composers,
    lyricists=TAGS.lyricists,
    phonographic=TAGS.phonographic,
    genre=TAGS.genre,
    language=TAGS.language,
    advisory=TAGS.advisory,
)


def measured(track: DeliveredTrack = TRACK) -> DeliveredTrack:
    """Return the track with what the song measures."""
    meter = SecondMeter(48000, 2)
    meter.push(music(FRAMES))
    reading = meter.finish()
    return dataclasses.replace(track, integrated_lufs=reading.integrated_lufs, true_peak_dbtp=reading.true_peak_dbtp)


@pytest.mark.parametrize(("form", "bits", "kbps"), ALL)
def test_what_was_written_is_read_back(tmp_path: Path, form: str, bits: int | None, kbps: int | None) -> None:
    path, encoded = encode(tmp_path, spec_of(form, bits, kbps), music(FRAMES))
    song = read_song(path)
    track = dataclasses.replace(measured(), audio_sha256=encoded.audio_sha256)
    if bits is None:
        track = dataclasses.replace(
            track, true_peak_dbtp=encoded.true_peak_dbtp, integrated_lufs=encoded.integrated_lufs
        )
    asked = DeliveredFormat(form, 48000, 12.0, -14.0, "album", bits=bits)
    assert list(check_audio(song, track, asked)) == []
    assert song.keeps_md5


@pytest.mark.parametrize(("form", "bits", "kbps"), ALL)
def test_tags_are_found_by_their_own_names(tmp_path: Path, form: str, bits: int | None, kbps: int | None) -> None:
    path, _ = encode(tmp_path, spec_of(form, bits, kbps), music(FRAMES))
    tags = read_tags(path)
    assert list(check_tags(tags, TRACK, ALBUM)) == []
    assert list(check_codes(tags)) == []
    assert list(check_gains(tags, FACTS.integrated_lufs, FACTS.album_lufs)) == []


@pytest.mark.parametrize(("form", "kbps"), [("wav", None), ("aiff", None), ("mp3", 320)])
def test_tags_of_an_older_version_say_the_same(tmp_path: Path, form: str, kbps: int | None) -> None:
    path, _ = encode(tmp_path, spec_of(form, None if kbps else 16, kbps, id3="2.3"), music(FRAMES))
    assert list(check_tags(read_tags(path), TRACK, ALBUM)) == []


def test_tags_of_a_file_above_4_gib_are_found(tmp_path: Path) -> None:
    """Made small: what tells is the name RF64, and a size that stands in ds64 (EBU Tech 3306)."""
    path, _ = encode(tmp_path, spec_of("bwf", 16, None), music(2000))
    content = path.read_bytes()
    size = 2000 * 4
    at = content.index(b"data" + struct.pack("<I", size)) + 4
    ds64 = b"ds64" + struct.pack("<IQQQI", 28, len(content) + 28, size, 2000, 0)
    unknown = b"\xff" * 4
    path.write_bytes(b"RF64" + unknown + b"WAVE" + ds64 + content[12:at] + unknown + content[at + 4 :])
    bext = read_bext(path)
    assert bext
    assert bext.axml_isrc == TAGS.isrc
    assert list(check_tags(read_tags(path), TRACK, ALBUM)) == []
    assert read_song(path).frames == 2000


@pytest.mark.parametrize(("form", "bits", "kbps"), [("flac", 16, None), ("alac", 16, None), *LOSSY[1:2], LOSSY[-1]])
def test_gains_for_another_loudness_are_told(tmp_path: Path, form: str, bits: int | None, kbps: int | None) -> None:
    """Of the song and of the album: a gain that refers to the other standard is 5 dB off."""
    path, _ = encode(tmp_path, spec_of(form, bits, kbps), music(FRAMES))
    found = [code for code, _ in check_gains(read_tags(path), -19.25, -19.0)]
    assert found == ["gain-differs", "gain-differs"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "another"),
        ("artists", ("The Example",)),
        ("isrc", "QZABC2600002"),
        ("isrc", None),
        ("track", 4),
        ("disc_total", 4),
        ("composers", ()),
        ("advisory", None),
        ("version", None),
        ("phonographic", "2025 Sub"),
    ],
)
@pytest.mark.parametrize("form", ["flac", "alac", "aiff"])
def test_a_tag_that_says_something_else_is_told(tmp_path: Path, form: str, field: str, value: object) -> None:
    path, _ = encode(tmp_path, spec_of(form, 16, None), music(2000))
    track = dataclasses.replace(TRACK, **{field: value})
    ((code, message),) = check_tags(read_tags(path), track, ALBUM)
    assert code == "tag-differs"
    assert field.rstrip("s").split("_")[0] in message


def test_codes_that_are_none_are_told() -> None:
    found = [code for code, _ in check_codes({"isrc": "QZ-ABC-26-00001", "upc": "0123456789013"})]
    assert found == ["isrc-invalid", "upc-invalid"]
    assert list(check_codes({"isrc": "QZABC2600001", "upc": "4006381333931"})) == []


def test_a_broadcast_wave_says_what_it_measures(tmp_path: Path) -> None:
    path, _ = encode(tmp_path, spec_of("bwf", 24, None), music(FRAMES))
    song, bext = read_song(path), read_bext(path)
    assert bext
    assert (bext.version, bext.reference, bext.axml_isrc) == (2, "QZABC2600001", "QZABC2600001")
    assert (bext.integrated_lufs, bext.true_peak_dbtp) == (FACTS.integrated_lufs, FACTS.true_peak_dbtp)
    told = [message for _, message in check_bext(bext, song, TRACK)]
    assert len(told) == 2, "music is not as loud as FACTS"
    other = dataclasses.replace(TRACK, isrc="QZABC2600002")
    assert any("QZABC2600002" in message for _, message in check_bext(bext, song, other))
    assert [code for code, _ in check_bext(None, song, TRACK)] == ["bext-differs"]


@pytest.mark.parametrize(("form", "bits", "kbps"), [LOSSLESS[0], LOSSLESS[-1], ("flac", 24, None), *LOSSY])
@pytest.mark.parametrize("cut", [0.0, 0.01, 0.6])
def test_a_cut_file_is_told_and_never_a_traceback(
    tmp_path: Path, form: str, bits: int | None, kbps: int | None, cut: float
) -> None:
    path, _ = encode(tmp_path, spec_of(form, bits, kbps), music(FRAMES))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * cut)])
    try:
        frames = read_song(path).frames
    except AudioError:
        return
    assert frames < FRAMES


def test_a_file_that_is_something_else_than_its_name_says_is_told(tmp_path: Path) -> None:
    flac, encoded = encode(tmp_path, spec_of("flac", 16, None), music(FRAMES))
    wav = tmp_path / "song.wav"
    shutil.copy(flac, wav)
    track = dataclasses.replace(measured(), audio_sha256=encoded.audio_sha256)
    asked = DeliveredFormat("wav", 48000, 12.0, -14.0, "album", bits=16)
    assert [code for code, _ in check_audio(read_song(wav), track, asked)] == ["format-differs"]


def test_other_rates_word_lengths_and_samples_are_told(tmp_path: Path) -> None:
    path, _ = encode(tmp_path, spec_of("flac", 16, None), music(FRAMES))
    asked = DeliveredFormat("flac", 44100, -60.0, -14.0, "album", bits=24)
    track = dataclasses.replace(TRACK, frames=1, audio_sha256="ab", integrated_lufs=-40.0, true_peak_dbtp=None)
    found = {code for code, _ in check_audio(read_song(path), track, asked)}
    assert found == {
        "rate-differs",
        "bits-differ",
        "length-differs",
        "audio-differs",
        "loudness-differs",
        "peak-differs",
        "over-ceiling",
    }


def test_songs_inside_of_a_file_have_the_digests_of_their_own_files(tmp_path: Path) -> None:
    """Music, then 100 frames of silence, then other music; songs that lie elsewhere have sound around them."""
    parts = [music(30000), music(40000)[::-1].copy()]
    whole = np.concatenate([parts[0], np.zeros((100, 2), np.float32), parts[1]])
    spec = spec_of("flac", 24, None, dither="none")
    digests = [encode(tmp_path, spec, part, name=str(index))[1].audio_sha256 for index, part in enumerate(parts)]
    path, _ = encode(tmp_path, spec, whole, name="whole")
    placed = (PlacedSong(1, "One", None, 0, 30000), PlacedSong(2, "Two", None, 30100, 40000))
    song = read_song(path, placed)
    assert list(song.song_sha256) == digests
    assert song.gaps_are_silent
    moved = read_song(path, (placed[0], dataclasses.replace(placed[1], start_frame=30101)))
    assert moved.song_sha256[0] == digests[0]
    assert moved.song_sha256[1] != digests[1]
    assert not moved.gaps_are_silent


def test_a_flac_whose_samples_were_changed_does_not_keep_its_own_digest(tmp_path: Path) -> None:
    path, _ = encode(tmp_path, spec_of("flac", 16, None), music(FRAMES))
    content = bytearray(path.read_bytes())
    content[26] ^= 1  # STREAMINFO's MD5 begins at byte 26 (RFC 9639, 8.2)
    path.write_bytes(content)
    assert not read_song(path).keeps_md5


def test_tags_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    path = tmp_path / "song.flac"
    path.write_bytes(b"fLaC\x80\xff\xff\xff")
    with pytest.raises(AudioError) as caught:
        read_tags(path)
    assert caught.value.code == "tags-unreadable"


def test_reading_needs_no_kernel_of_those_that_decided() -> None:
    """A machine that only verifies compiles nothing, and no meter of farm's is there to be asked."""
    code = "import sys, farm.deliver.verify; print([name for name in ('numba', 'farm.measure') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

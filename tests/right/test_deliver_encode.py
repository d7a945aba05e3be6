"""Encoded files hold the song: decoded by libsndfile and FFmpeg, sample by sample."""

import dataclasses
import hashlib
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from deliver_songs import (
    ALL,
    LOSSLESS,
    TAGS,
    decode_with_ffmpeg,
    encode,
    music,
    png,
    read_words,
    spec_of,
    with_cover,
    words_as_bytes,
)

from farm.audio.source import open_audio
from farm.audio.word_length import Quantiser
from farm.deliver import encode as encode_module
from farm.deliver.continuous import encode_continuous
from farm.deliver.encode import Part, check_encode, encode_song
from farm.deliver.wav import wav_header
from farm.deliver.writers import WRITERS
from farm.errors import DeliveryError

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="the ffmpeg program is not installed")


@needs_ffmpeg
@pytest.mark.parametrize(("form", "bits", "_"), LOSSLESS)
def test_a_lossless_file_holds_the_rounded_song_and_its_digest(tmp_path: Path, form: str, bits: int, _: None) -> None:
    audio = music()
    path, encoded = encode(tmp_path, spec_of(form, bits, None), audio)
    with open_audio(path) as reader:
        assert (reader.info.frames, reader.info.rate_hz, reader.info.channels) == (len(audio), 48000, 2)
    if bits == 32:
        np.testing.assert_array_equal(soundfile.read(path, dtype="float32")[0], audio)
    else:
        words = read_words(path, bits)
        expected = Quantiser(bits, 2, "tpdf", seed=bits).push(audio)
        np.testing.assert_array_equal(words, expected >> (0 if bits == 16 else 8))
        assert np.max(np.abs(words - audio.astype(np.float64) * 2 ** (bits - 1))) <= 1.5
    assert len(decode_with_ffmpeg(path)) == len(audio)
    assert encoded.size_bytes == path.stat().st_size
    assert encoded.audio_sha256 == hashlib.sha256(words_as_bytes(path, bits)).hexdigest()
    assert (encoded.true_peak_dbtp, encoded.integrated_lufs) == (None, None)


@pytest.mark.parametrize(("form", "bits", "bitrate_kbps"), ALL)
def test_the_same_song_gives_the_same_bytes(
    tmp_path: Path, form: str, bits: int | None, bitrate_kbps: int | None
) -> None:
    spec = spec_of(form, bits, bitrate_kbps, tags=with_cover(tmp_path, png(3, 2)))
    first, encoded = encode(tmp_path, spec, music(9000), name="first")
    second, again = encode(tmp_path, spec, music(9000), name="second")
    assert first.read_bytes() == second.read_bytes()
    assert encoded == again


@pytest.mark.parametrize("form", ["flac", "opus"])
def test_renaming_a_song_leaves_its_samples(tmp_path: Path, form: str) -> None:
    renamed = dataclasses.replace(TAGS, title="Other", track_number=4, isrc="QZABC2600002")
    bits, bitrate_kbps = (16, None) if form == "flac" else (None, 128)
    _, one = encode(tmp_path, spec_of(form, bits, bitrate_kbps), music(9000))
    _, other = encode(tmp_path, spec_of(form, bits, bitrate_kbps, tags=renamed), music(9000))
    assert one.audio_sha256 == other.audio_sha256


def test_samples_that_fit_the_word_length_get_no_dither(tmp_path: Path) -> None:
    audio = np.rint(music(9000) * 2**15).astype(np.float32) / np.float32(2**15)
    for bits, exact_bits, same in ((16, 16, True), (24, 16, True), (16, 24, False), (16, None, False)):
        path, _ = encode(tmp_path, spec_of("wav", bits, None), audio, exact_bits=exact_bits)
        assert np.array_equal(soundfile.read(path, dtype="float32")[0], audio) == same
    path, _ = encode(tmp_path, spec_of("wav", 16, None, dither="none"), audio)
    np.testing.assert_array_equal(soundfile.read(path, dtype="float32")[0], audio)


@pytest.mark.parametrize("rate_hz", [44100, 48000, 88200, 96000, 176400, 192000])
@pytest.mark.parametrize(("form", "bits"), [("wav", 24), ("aiff", 24), ("flac", 24), ("alac", 24), ("vorbis", None)])
def test_a_format_holds_every_rate_that_it_promises(tmp_path: Path, form: str, bits: int | None, rate_hz: int) -> None:
    path, _ = encode(tmp_path, spec_of(form, bits, None), music(4000, rate_hz), rate_hz=rate_hz)
    with open_audio(path) as reader:
        assert (reader.info.rate_hz, reader.info.frames) == (rate_hz, 4000)


AT_RATES = [
    ("aac", 96, 44100),
    ("aac", 256, 48000),
    ("aac", 320, 96000),
    ("mp3", 128, 48000),
    ("mp3", 320, 44100),
    ("mp3", None, 48000),
    ("vorbis", None, 44100),
    ("vorbis", None, 96000),
    ("opus", 64, 48000),
    ("opus", 320, 48000),
]


@needs_ffmpeg
@pytest.mark.parametrize(("form", "bitrate_kbps", "rate_hz"), AT_RATES)
def test_a_lossy_file_decodes_to_the_length_and_place_of_the_song(
    tmp_path: Path, form: str, bitrate_kbps: int | None, rate_hz: int
) -> None:
    """FFmpeg as a program of its own is an older version than the one that encodes."""
    audio = music(rate_hz=rate_hz)
    path, encoded = encode(tmp_path, spec_of(form, None, bitrate_kbps), audio, rate_hz=rate_hz)
    with open_audio(path) as reader:
        block = np.empty((len(audio) + 5000, 2), np.float32)
        count = reader.read_into(block)
    assert encoded.audio_sha256 == hashlib.sha256(block[:count].tobytes()).hexdigest()
    assert encoded.true_peak_dbtp == pytest.approx(20 * np.log10(np.abs(block[:count]).max()), abs=0.6)
    for decoded in (block[:count], decode_with_ffmpeg(path)):
        assert len(decoded) == len(audio)
        middle = slice(5000, 45000)
        lags = {lag: np.dot(np.roll(decoded[:, 0], -lag)[middle], audio[middle, 0]) for lag in range(-3, 4)}
        assert max(lags, key=lambda lag: lags[lag]) == 0


def test_a_variable_bit_rate_follows_its_quality(tmp_path: Path) -> None:
    for form, qualities in (("mp3", (0.0, 4.0, 9.0)), ("vorbis", (10.0, 5.0, 0.0))):
        sizes = [encode(tmp_path, spec_of(form, None, None, quality=each), music())[1].size_bytes for each in qualities]
        assert sizes == sorted(set(sizes), reverse=True)


def test_a_wav_above_4_gib_is_an_rf64_with_its_sizes_in_64_bits() -> None:
    last = (2**32 - 1 - 36 - 10) // 6
    assert wav_header(frames=last, rate_hz=96000, bits=24, tag_bytes=10)[:4] == b"RIFF"
    for frames in (last + 1, 10**9):
        header = wav_header(frames=frames, rate_hz=96000, bits=24, tag_bytes=10)
        assert (header[:8], header[8:16]) == (b"RF64\xff\xff\xff\xff", b"WAVEds64")
        riff, data, samples, table = struct.unpack_from("<QQQI", header, 20)
        assert (data, samples, table) == (frames * 6, frames, 0)
        assert riff == len(header) - 8 + data + data % 2 + 10
        assert header[-8:] == b"data\xff\xff\xff\xff"


def test_an_rf64_header_is_read_by_libsndfile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("farm.deliver.wav._LARGEST_RIFF", 1000)
    audio = music(2000)
    for bits in (24, 32):
        path, _ = encode(tmp_path, spec_of("wav", bits, None, dither="none"), audio)
        assert soundfile.info(path).format == "RF64"
        assert np.abs(soundfile.read(path, dtype="float32")[0] - audio).max() <= 2.0**-24


@pytest.mark.parametrize("form", ["wav", "bwf"])
def test_a_file_of_more_than_4_gib_is_read_by_libsndfile(tmp_path: Path, form: str) -> None:
    """All but the header and the last frame is a hole that takes no room on the disk."""
    frames = 2**30
    chunks = b"bext" + struct.pack("<I", 602) + bytes(602) if form == "bwf" else b""
    header = wav_header(frames=frames, rate_hz=192000, bits=24, tag_bytes=0, before=chunks)
    path = tmp_path / "long.wav"
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + 6 * frames - 6)
        file.seek(0, 2)
        file.write(b"\1\2\3\4\5\6")
    with soundfile.SoundFile(path) as read:
        assert (read.frames, read.samplerate, read.subtype) == (frames, 192000, "PCM_24")
        read.seek(frames - 1)
        assert read.read(1, dtype="int32").tolist() == [[0x03020100, 0x06050400]]


def test_what_an_aiff_cannot_hold_is_refused_before_it_is_written(tmp_path: Path) -> None:
    parts = {"frames": 2**30, "rate_hz": 48000, "exact_bits": None}
    with pytest.raises(DeliveryError) as caught:
        encode_song(spec_of("aiff", 24, None), tmp_path / "song", tmp_path / "song.aiff", **parts)
    assert (caught.value.code, caught.value.hint) == ("song-too-long", "deliver it as wav or flac")


@pytest.mark.parametrize(
    ("form", "bits", "bitrate_kbps", "rate_hz", "code"),
    [
        ("ogg", None, 128, 48000, "format-unknown"),
        ("flac", 32, None, 48000, "format-bits"),
        ("flac", 16, 320, 48000, "format-bitrate"),
        ("mp3", 16, 320, 48000, "format-bits"),
        ("mp3", None, 111, 48000, "format-bitrate"),
        ("mp3", None, 320, 96000, "format-rate"),
        ("opus", None, 160, 44100, "format-rate"),
        ("aac", None, 256, 176400, "format-rate"),
        ("vorbis", None, 192, 48000, "format-bitrate"),
        ("alac", 32, None, 48000, "format-bits"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(
    form: str, bits: int | None, bitrate_kbps: int | None, rate_hz: int, code: str
) -> None:
    with pytest.raises(DeliveryError) as caught:
        check_encode(spec_of(form, bits, bitrate_kbps), rate_hz)
    assert caught.value.code == code
    assert caught.value.hint


@pytest.mark.parametrize(("form", "quality"), [("mp3", 9.5), ("opus", 5.0), ("wav", 1.0)])
def test_a_quality_that_a_format_does_not_know_is_refused(form: str, quality: float) -> None:
    bits = 24 if form == "wav" else None
    with pytest.raises(DeliveryError) as caught:
        check_encode(spec_of(form, bits, None, quality=quality), 48000)
    assert caught.value.code == "format-quality"
    assert caught.value.hint


@pytest.mark.parametrize(("form", "bits", "bitrate_kbps"), [each for each in ALL if each[0] != "aac"])
def test_the_shortest_song_is_encoded_and_an_empty_one_refused(
    tmp_path: Path, form: str, bits: int | None, bitrate_kbps: int | None
) -> None:
    for frames in (1, 1151, 1153):
        path, _ = encode(tmp_path, spec_of(form, bits, bitrate_kbps), music(frames))
        with open_audio(path) as reader:
            assert reader.read_into(np.empty((5000, 2), np.float32)) == frames
    with pytest.raises(DeliveryError) as caught:
        encode(tmp_path, spec_of(form, bits, bitrate_kbps), music(0))
    assert caught.value.code == "song-empty"


@pytest.mark.parametrize("frames", [9, 17, 21, 31, 294])
def test_a_very_short_mp3_is_not_taken_for_a_video(tmp_path: Path, frames: int) -> None:
    """FFmpeg guesses from the few bytes of these that they are H.263 or VVC."""
    part = music(60000)[5000 : 5000 + frames]
    path, _ = encode(tmp_path, spec_of("mp3", None, 320), part, rate_hz=44100)
    with open_audio(path) as reader:
        assert reader.read_into(np.empty((5000, 2), np.float32)) == frames


def test_a_file_that_cannot_be_decoded_again_is_named_by_its_song(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        encode_module,
        "WRITERS",
        {**WRITERS, "mp3": lambda job: job.target.write_bytes(b"no audio at all, whatever it is called")},
    )
    with pytest.raises(DeliveryError) as caught:
        encode(tmp_path, spec_of("mp3", None, 320), music(5000))
    assert caught.value.code == "encode-failed"
    assert TAGS.title in caught.value.message
    assert str(tmp_path) not in caught.value.render()


def test_a_song_shorter_than_a_packet_of_aac_is_refused(tmp_path: Path) -> None:
    for frames in (1024, 1025, 2047, 2049):
        path, _ = encode(tmp_path, spec_of("aac", None, 256), music(frames))
        with open_audio(path) as reader:
            assert reader.read_into(np.empty((5000, 2), np.float32)) == frames
    with pytest.raises(DeliveryError) as caught:
        encode(tmp_path, spec_of("aac", None, 256), music(1023))
    assert caught.value.code == "song-too-short"


@pytest.mark.parametrize(("form", "bits", "bitrate_kbps"), ALL)
def test_a_folder_that_does_not_exist_is_no_traceback(
    tmp_path: Path, form: str, bits: int | None, bitrate_kbps: int | None
) -> None:
    source = tmp_path / "a.raw"
    source.write_bytes(music(2000).tobytes())
    sizes = {"frames": 2000, "rate_hz": 48000, "exact_bits": None}
    with pytest.raises(DeliveryError):
        encode_song(spec_of(form, bits, bitrate_kbps), source, tmp_path / "no" / "x", **sizes)


def samples_of(path: Path, bits: int) -> np.ndarray:
    return soundfile.read(path, dtype="float64")[0] if bits == 32 else read_words(path, bits)


@pytest.mark.parametrize(("form", "bits", "_"), LOSSLESS)
def test_the_album_in_one_file_holds_the_songs_own_samples(tmp_path: Path, form: str, bits: int, _: None) -> None:
    spec, songs = spec_of(form, bits, None), [music(), music()[:20_001] * np.float32(0.5)]
    alone = [encode(tmp_path, spec, song, name=f"song {index}")[0] for index, song in enumerate(songs)]
    parts = [
        Part(tmp_path / "song 0.raw", len(songs[0]), None, 999),
        Part(tmp_path / "song 1.raw", len(songs[1])),
    ]
    whole = tmp_path / f"whole.{form}"
    paths = {"whole": tmp_path / "whole.raw", "scratch": tmp_path / "scratch"}
    encoded = encode_continuous(spec, parts, whole, rate_hz=48000, **paths)
    first, second, together = (samples_of(path, bits) for path in (*alone, whole))
    np.testing.assert_array_equal(together, np.concatenate([first, np.zeros((999, 2)), second]))
    assert encoded.audio_sha256 == hashlib.sha256(words_as_bytes(whole, bits)).hexdigest()


def test_the_album_in_one_lossy_file_keeps_its_ceiling_and_length(tmp_path: Path) -> None:
    spec, song = spec_of("mp3", None, 192, ceiling_dbtp=-3.0), music()
    (tmp_path / "song.raw").write_bytes(song.tobytes())
    parts = [Part(tmp_path / "song.raw", len(song), None, 4_800), Part(tmp_path / "song.raw", len(song))]
    paths = {"whole": tmp_path / "whole.raw", "scratch": tmp_path / "scratch"}
    encoded = encode_continuous(spec, parts, tmp_path / "whole.mp3", rate_hz=48000, **paths)
    assert encoded.true_peak_dbtp is not None
    assert encoded.true_peak_dbtp <= -3.0
    assert soundfile.info(tmp_path / "whole.mp3").frames == 2 * len(song) + 4_800

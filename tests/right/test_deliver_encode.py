"""Encoded files hold the song: decoded by libsndfile and ffmpeg, tags read by mutagen and ffprobe."""

import dataclasses
import hashlib
import json
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile
import xxhash
from mutagen.flac import FLAC
from mutagen.id3 import ID3
from mutagen.wave import WAVE

from farm.audio.blocks import Block
from farm.audio.source import open_audio
from farm.audio.word_length import Quantiser
from farm.deliver.cover import parse_cover
from farm.deliver.encode import Encoded, check_encode, encode_song
from farm.deliver.lossy import encode_under_ceiling
from farm.deliver.wav import wav_header
from farm.errors import DeliveryError
from farm.plan.spec import EncodeSpec, InputSpec, TagSpec

TAGS = TagSpec(
    title="Über dem Wasser 海 🌊",
    artist="The Example",
    album="Low Tide",
    album_artist="Various",
    track_number=3,
    track_total=12,
    isrc="QZABC2600001",
    upc="0123456789012",
    composer="A. Composer",
    label="Label/Sub",
    catalogue_number="CAT-001",
    copyright="2026 Label",
    genre="Ambient",
    year=2026,
)
FORMATS = [("wav", 16, None), ("wav", 24, None), ("wav", 32, None), ("flac", 16, None), ("flac", 24, None)]
ALL = [*FORMATS, ("mp3", None, 320), ("mp3", None, 128)]


def music(frames: int = 50021) -> Block:
    noise = np.random.default_rng(5).normal(0.0, 0.05, (frames, 2))
    return (0.4 * np.sin(0.05 * np.arange(frames))[:, None] * [1.0, 0.7] + noise).astype(np.float32)


def spec_of(form: str, bits: int | None, bitrate_kbps: int | None, **changes: object) -> EncodeSpec:
    spec = EncodeSpec(form, bits, bitrate_kbps, dither="tpdf", ceiling_dbtp=-1.0, tags=TAGS)
    return dataclasses.replace(spec, **changes)


def encode(
    folder: Path, spec: EncodeSpec, audio: Block, *, name: str = "song", exact_bits: int | None = None
) -> tuple[Path, Encoded]:
    source, target = folder / f"{name}.raw", folder / f"{name}.{spec.format}"
    source.write_bytes(audio.tobytes())
    return target, encode_song(spec, source, target, frames=len(audio), rate_hz=48000, exact_bits=exact_bits)


def png(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    pixels = zlib.compress((b"\0" + b"\x10\x80\xf0" * width) * height)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def with_cover(folder: Path, data: bytes) -> TagSpec:
    path = folder / "cover.bin"
    path.write_bytes(data)
    cover = InputSpec(xxhash.xxh3_128_hexdigest(data), str(path), len(data), 0)
    return dataclasses.replace(TAGS, cover=cover)


def words_as_bytes(path: Path, bits: int) -> bytes:
    if bits == 32:
        return bytes(soundfile.read(path, dtype="float32")[0].tobytes())
    words = soundfile.read(path, dtype="int32")[0]
    assert not np.any(words & (2 ** (32 - bits) - 1))
    return bytes(words.reshape(-1, 1).view(np.uint8)[:, 4 - bits // 8 :].tobytes())


@pytest.mark.parametrize(("form", "bits", "_"), FORMATS)
def test_a_lossless_file_holds_the_rounded_song_and_its_digest(tmp_path: Path, form: str, bits: int, _: None) -> None:
    audio = music()
    path, encoded = encode(tmp_path, spec_of(form, bits, None), audio)
    info = soundfile.info(path)
    assert (info.frames, info.samplerate, info.channels) == (len(audio), 48000, 2)
    assert info.subtype == ("FLOAT" if bits == 32 else f"PCM_{bits}")
    if bits == 32:
        np.testing.assert_array_equal(soundfile.read(path, dtype="float32")[0], audio)
    else:
        words = Quantiser(bits, 2, "tpdf", seed=bits).push(audio)
        np.testing.assert_array_equal(soundfile.read(path, dtype=words.dtype.name)[0], words)
        half_steps = np.abs(soundfile.read(path)[0] - audio) * 2 ** (bits - 1)
        assert np.max(half_steps) <= 1.5
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


def test_renaming_a_song_leaves_its_samples(tmp_path: Path) -> None:
    renamed = dataclasses.replace(TAGS, title="Other", track_number=4, isrc="QZABC2600002")
    _, one = encode(tmp_path, spec_of("flac", 16, None), music(9000))
    _, other = encode(tmp_path, spec_of("flac", 16, None, tags=renamed), music(9000))
    assert one.audio_sha256 == other.audio_sha256


def test_samples_that_fit_the_word_length_get_no_dither(tmp_path: Path) -> None:
    audio = np.rint(music(9000) * 2**15).astype(np.float32) / np.float32(2**15)
    for bits, exact_bits, same in ((16, 16, True), (24, 16, True), (16, 24, False), (16, None, False)):
        path, _ = encode(tmp_path, spec_of("wav", bits, None), audio, exact_bits=exact_bits)
        assert np.array_equal(soundfile.read(path, dtype="float32")[0], audio) == same
    path, _ = encode(tmp_path, spec_of("wav", 16, None, dither="none"), audio)
    np.testing.assert_array_equal(soundfile.read(path, dtype="float32")[0], audio)


@pytest.mark.parametrize("bitrate_kbps", [128, 192, 256, 320])
def test_an_mp3_decodes_to_the_length_and_place_of_the_song(tmp_path: Path, bitrate_kbps: int) -> None:
    audio = music()
    path, encoded = encode(tmp_path, spec_of("mp3", None, bitrate_kbps), audio)
    decoded = soundfile.read(path, dtype="float32")[0]
    assert len(decoded) == len(audio)
    middle = slice(5000, 45000)
    lags = {lag: np.dot(np.roll(decoded[:, 0], -lag)[middle], audio[middle, 0]) for lag in range(-3, 4)}
    assert max(lags, key=lambda lag: lags[lag]) == 0
    found = mutagen.File(path).info
    assert (found.bitrate, found.sample_rate, found.channels) == (bitrate_kbps * 1000, 48000, 2)
    with open_audio(path) as reader:
        block = np.empty((len(audio) + 1, 2), np.float32)
        assert reader.read_into(block) == len(audio)
    assert encoded.audio_sha256 == hashlib.sha256(block[: len(audio)].tobytes()).hexdigest()
    assert encoded.true_peak_dbtp == pytest.approx(20 * np.log10(np.abs(decoded).max()), abs=0.3)
    if ffmpeg := shutil.which("ffmpeg"):
        command = [ffmpeg, "-v", "error", "-i", str(path), "-f", "f32le", "-"]
        assert len(subprocess.run(command, check=True, capture_output=True).stdout) == audio.nbytes


def test_every_tag_comes_back(tmp_path: Path) -> None:
    wav = WAVE(encode(tmp_path, spec_of("wav", 24, None), music(100))[0])
    mp3 = ID3(encode(tmp_path, spec_of("mp3", None, 320), music(5000))[0])
    for tags in (wav.tags, mp3):
        assert tags.version == (2, 4, 0)
        assert {key: str(tags[key]) for key in tags} == {
            "TIT2": TAGS.title,
            "TPE1": "The Example",
            "TALB": "Low Tide",
            "TPE2": "Various",
            "TRCK": "3/12",
            "TSRC": "QZABC2600001",
            "TXXX:BARCODE": "0123456789012",
            "TXXX:CATALOGNUMBER": "CAT-001",
            "TCOM": "A. Composer",
            "TPUB": "Label/Sub",
            "TCOP": "2026 Label",
            "TCON": "Ambient",
            "TDRC": "2026",
        }
    flac = FLAC(encode(tmp_path, spec_of("flac", 24, None), music(100))[0])
    assert {key.upper(): value for key, value in flac.items()} == {
        "TITLE": [TAGS.title],
        "ARTIST": ["The Example"],
        "ALBUM": ["Low Tide"],
        "ALBUMARTIST": ["Various"],
        "TRACKNUMBER": ["3"],
        "TRACKTOTAL": ["12"],
        "ISRC": ["QZABC2600001"],
        "BARCODE": ["0123456789012"],
        "COMPOSER": ["A. Composer"],
        "LABEL": ["Label/Sub"],
        "CATALOGNUMBER": ["CAT-001"],
        "COPYRIGHT": ["2026 Label"],
        "GENRE": ["Ambient"],
        "DATE": ["2026"],
    }


def test_what_is_not_known_is_not_written(tmp_path: Path) -> None:
    bare = TagSpec("A", "B", "C", "D", 1, 1)
    mp3, _ = encode(tmp_path, spec_of("mp3", None, 320, tags=bare), music(5000))
    flac, _ = encode(tmp_path, spec_of("flac", 16, None, tags=bare), music(100))
    assert sorted(ID3(mp3)) == ["TALB", "TIT2", "TPE1", "TPE2", "TRCK"]
    assert sorted(FLAC(flac)) == ["album", "albumartist", "artist", "title", "tracknumber", "tracktotal"]


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="the ffprobe program is not installed")
@pytest.mark.parametrize(("form", "bits", "bitrate_kbps"), [("wav", 24, None), ("flac", 16, None), ("mp3", None, 256)])
def test_ffprobe_reads_title_track_and_isrc(
    tmp_path: Path, form: str, bits: int | None, bitrate_kbps: int | None
) -> None:
    path, _ = encode(tmp_path, spec_of(form, bits, bitrate_kbps), music(5000))
    command = ["ffprobe", "-v", "error", "-show_format", "-of", "json", str(path)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["format"]["tags"]
    tags = {key.upper(): value for key, value in found.items()}
    assert tags["TITLE"] == TAGS.title
    assert tags["TRACK"] in ("3", "3/12")
    assert tags.get("ISRC", tags.get("TSRC")) == "QZABC2600001"
    assert tags["BARCODE"] == "0123456789012"


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="the exiftool program is not installed")
@pytest.mark.parametrize(("form", "bits", "bitrate_kbps"), [("wav", 24, None), ("flac", 24, None), ("mp3", None, 320)])
def test_exiftool_reads_the_codes_and_finds_no_fault(
    tmp_path: Path, form: str, bits: int | None, bitrate_kbps: int | None
) -> None:
    spec = spec_of(form, bits, bitrate_kbps, tags=with_cover(tmp_path, png(64, 64) + bytes(300)))
    path, _ = encode(tmp_path, spec, music(5001))
    found = subprocess.run(["exiftool", "-a", str(path)], check=True, capture_output=True).stdout.decode(
        errors="replace"
    )
    assert "QZABC2600001" in found
    assert "0123456789012" in found
    assert "Warning" not in found


@pytest.mark.skipif(shutil.which("metaflac") is None, reason="the metaflac program is not installed")
def test_metaflac_finds_audio_and_comments_in_order(tmp_path: Path) -> None:
    path, _ = encode(tmp_path, spec_of("flac", 24, None), music(5000))
    found = subprocess.run(["metaflac", "--list", str(path)], check=True, capture_output=True, text=True).stdout
    assert "ISRC=QZABC2600001" in found


def test_the_cover_is_the_front_picture_with_its_size(tmp_path: Path) -> None:
    data = png(7, 5)
    tags = with_cover(tmp_path, data)
    flac, _ = encode(tmp_path, spec_of("flac", 16, None, tags=tags), music(100))
    mp3, _ = encode(tmp_path, spec_of("mp3", None, 320, tags=tags), music(5000))
    (picture,) = FLAC(flac).pictures
    assert (picture.type, picture.mime, picture.data) == (3, "image/png", data)
    assert (picture.width, picture.height, picture.depth, picture.colors) == (7, 5, 24, 0)
    (front,) = ID3(mp3).getall("APIC")
    assert (front.type, front.mime, front.data) == (3, "image/png", data)


def test_jpeg_and_png_are_known_by_content() -> None:
    quantisation = b"\xff\xdb\x00\x04ab"
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 17, 8, 600, 800, 3) + bytes(9)
    jpeg = parse_cover(b"\xff\xd8" + b"\xff\xe0\x00\x10JFIF" + bytes(10) + b"\xff" + quantisation + frame)
    assert (jpeg.mime, jpeg.width, jpeg.height, jpeg.depth_bits) == ("image/jpeg", 800, 600, 24)
    palette = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBBI", 13, b"IHDR", 9, 8, 8, 3, 0, 0, 0, 0)
    image = parse_cover(palette + struct.pack(">I4s", 48, b"PLTE") + bytes(52))
    assert (image.mime, image.width, image.height, image.depth_bits, image.colors) == ("image/png", 9, 8, 8, 16)


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a" + bytes(50), b"\xff\xd8\xff\xe0\x00", b"\x89PNG\r\n\x1a\n", png(2, 2)[:20], b"\xff\xd8\xff\xd9"],
)
def test_a_cover_that_cannot_be_used_is_refused(data: bytes) -> None:
    with pytest.raises(DeliveryError) as caught:
        parse_cover(data, where="cover.jpg")
    assert (caught.value.code, caught.value.where) == ("cover-format", "cover.jpg")


def test_a_cover_that_changed_or_vanished_is_refused(tmp_path: Path) -> None:
    tags = with_cover(tmp_path, png(2, 2))
    assert tags.cover is not None
    Path(tags.cover.path).write_bytes(png(3, 3))
    with pytest.raises(DeliveryError) as caught:
        encode(tmp_path, spec_of("flac", 16, None, tags=tags), music(100))
    assert caught.value.code == "cover-changed"
    Path(tags.cover.path).unlink()
    with pytest.raises(DeliveryError) as caught:
        encode(tmp_path, spec_of("flac", 16, None, tags=tags), music(100))
    assert caught.value.code == "cover-unreadable"


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


@pytest.mark.parametrize(
    ("form", "bits", "bitrate_kbps", "rate_hz", "code"),
    [
        ("ogg", None, 128, 48000, "format-unknown"),
        ("flac", 32, None, 48000, "format-bits"),
        ("flac", 16, 320, 48000, "format-bitrate"),
        ("mp3", 16, 320, 48000, "format-bits"),
        ("mp3", None, 111, 48000, "format-bitrate"),
        ("mp3", None, 320, 96000, "format-rate"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(
    form: str, bits: int | None, bitrate_kbps: int | None, rate_hz: int, code: str
) -> None:
    with pytest.raises(DeliveryError) as caught:
        check_encode(spec_of(form, bits, bitrate_kbps), rate_hz)
    assert caught.value.code == code
    assert caught.value.hint


@pytest.mark.parametrize(("form", "bits", "bitrate_kbps"), ALL)
def test_the_shortest_song_is_encoded_and_an_empty_one_refused(
    tmp_path: Path, form: str, bits: int | None, bitrate_kbps: int | None
) -> None:
    for frames in (1, 1151, 1153):
        path, _ = encode(tmp_path, spec_of(form, bits, bitrate_kbps), music(frames))
        assert soundfile.info(path).frames == frames
    with pytest.raises(DeliveryError) as caught:
        encode(tmp_path, spec_of(form, bits, bitrate_kbps), music(0))
    assert caught.value.code == "song-empty"


def test_a_folder_that_does_not_exist_is_no_traceback(tmp_path: Path) -> None:
    source = tmp_path / "a.raw"
    source.write_bytes(music(10).tobytes())
    for spec in (spec_of("wav", 16, None), spec_of("flac", 16, None)):
        with pytest.raises(DeliveryError):
            encode_song(spec, source, tmp_path / "no" / "x", frames=10, rate_hz=48000, exact_bits=None)


def loudness_of(audio: np.ndarray) -> float:
    import pyloudnorm

    return float(pyloudnorm.Meter(48000, filter_class="DeMan").integrated_loudness(audio))


def test_what_a_codec_takes_of_the_loudness_is_made_up_for(tmp_path: Path) -> None:
    """At 128 kbit/s LAME drops what lies above 17 kHz: of white noise that is 0.4 LU."""
    audio = (np.random.default_rng(3).standard_normal((4 * 48000, 2)) * 0.05).astype(np.float32)
    source = tmp_path / "a.raw"
    source.write_bytes(audio.tobytes())
    sizes = {"frames": len(audio), "rate_hz": 48000, "exact_bits": None}
    spec = spec_of("mp3", None, 128)
    plain = encode_song(spec, source, tmp_path / "b.mp3", **sizes)
    mended = encode_under_ceiling(spec, source, tmp_path / "c.mp3", **sizes, scratch=tmp_path / "scratch")
    assert plain.integrated_lufs is not None
    assert abs(plain.integrated_lufs - loudness_of(audio)) > 0.2
    assert mended.integrated_lufs == pytest.approx(loudness_of(audio), abs=0.15)


def test_a_decoded_mp3_keeps_its_ceiling_at_its_loudness(tmp_path: Path) -> None:
    """A square wave limited to its ceiling: the codec's low-pass alone lifts it over."""
    wave = np.sign(np.sin(2 * np.pi * 441 * np.arange(3 * 48000) / 48000))
    swell = 0.3 + 0.7 * (np.arange(len(wave)) % 24000 < 2000)
    audio = (0.8 * wave * swell)[:, None].repeat(2, axis=1).astype(np.float32)
    source = tmp_path / "a.raw"
    source.write_bytes(audio.tobytes())
    plain = encode_song(
        spec_of("mp3", None, 128), source, tmp_path / "b.mp3", frames=len(audio), rate_hz=48000, exact_bits=None
    )
    assert plain.true_peak_dbtp is not None
    assert plain.true_peak_dbtp > -1.0
    encoded = encode_under_ceiling(
        spec_of("mp3", None, 128),
        source,
        tmp_path / "c.mp3",
        frames=len(audio),
        rate_hz=48000,
        exact_bits=None,
        scratch=tmp_path / "scratch",
    )
    assert encoded.true_peak_dbtp is not None
    assert encoded.true_peak_dbtp <= -1.0
    assert encoded.rounds > 1
    assert encoded.backed_off_db > 0.0
    assert encoded.integrated_lufs == pytest.approx(loudness_of(audio), abs=0.2)
    decoded = soundfile.read(tmp_path / "c.mp3")[0]
    assert len(decoded) == len(audio)
    assert 20 * np.log10(np.abs(decoded).max()) <= -1.0


def test_a_file_under_its_ceiling_is_encoded_once(tmp_path: Path) -> None:
    source = tmp_path / "a.raw"
    audio = music(9000)
    source.write_bytes(audio.tobytes())
    for spec in (spec_of("mp3", None, 320), spec_of("flac", 16, None)):
        encoded = encode_under_ceiling(
            spec, source, tmp_path / "a", frames=9000, rate_hz=48000, exact_bits=None, scratch=tmp_path / "s"
        )
        assert (encoded.rounds, encoded.backed_off_db) == (1, 0.0)
        assert not (tmp_path / "s").exists()

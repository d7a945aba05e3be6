"""Audio files are read as they are: the oracles are libsndfile, the ffmpeg program, and the samples that went in."""

import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from farm.audio.blocks import Block
from farm.audio.pcm_source import PcmReader
from farm.audio.reader import AudioInfo
from farm.audio.source import open_audio
from farm.errors import AudioError

FFMPEG = shutil.which("ffmpeg")
needs_ffmpeg = pytest.mark.skipif(FFMPEG is None, reason="the ffmpeg program is not installed")
MATERIAL = Path(os.environ.get("FARM_MATERIAL", "material"))
M4A = sorted(MATERIAL.glob("everything-is-free/*/*.m4a"), key=lambda path: path.stat().st_size)


def read_all(path: Path, block_frames: int = 4096) -> tuple[AudioInfo, Block]:
    with open_audio(path) as reader:
        block = np.empty((block_frames, reader.info.channels), np.float32)
        pieces = []
        while count := reader.read_into(block):
            pieces.append(block[:count].copy())
            assert count == block_frames or reader.read_into(block) == 0
        return reader.info, np.concatenate(pieces) if pieces else block[:0]


def read_with_ffmpeg(path: Path, channels: int) -> Block:
    command = [str(FFMPEG), "-v", "error", "-i", str(path), "-f", "f32le", "-"]
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    return np.frombuffer(raw, "<f4").reshape(-1, channels)


def music(frames: int, channels: int, seed: int = 1) -> Block:
    noise = np.random.default_rng(seed).normal(0.0, 0.1, (frames, channels))
    tone = 0.4 * np.sin(0.05 * np.arange(frames))[:, None]
    return (tone + noise).astype(np.float32)


def write_with_av(path: Path, codec: str, audio: Block, rate_hz: int) -> None:
    layout = {1: "mono", 2: "stereo"}[audio.shape[1]]
    kind = "s32p" if codec == "alac" else "fltp"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate_hz)
        stream.codec_context.layout, stream.codec_context.format = layout, kind
        for start in range(0, len(audio), 4096):
            piece = np.ascontiguousarray(audio[start : start + 4096].T)
            if kind == "s32p":
                piece = np.rint(piece.astype(np.float64) * 2**23).astype(np.int32) << 8
            frame = av.AudioFrame.from_ndarray(piece, format=kind, layout=layout)
            frame.sample_rate, frame.pts = rate_hz, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def wav_bytes(data: bytes, *, size: int | None = None, riff: int | None = None, before: bytes = b"") -> bytes:
    """A 24-bit stereo WAV with whatever sizes its header shall claim."""
    form = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 2, 48000, 288000, 6, 24)
    body = form + before + b"data" + struct.pack("<I", len(data) if size is None else size) + data
    return b"RIFF" + struct.pack("<I", len(body) + 4 if riff is None else riff) + b"WAVE" + body


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_32", "FLOAT"])
@pytest.mark.parametrize("container", ["WAV", "WAVEX", "RF64"])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_plain_samples_equal_libsndfile_bit_for_bit(
    tmp_path: Path, subtype: str, container: str, channels: int
) -> None:
    path = tmp_path / "a.wav"
    audio = music(7001, channels)
    audio[:3] = [[1.0], [-1.0], [0.0]]
    soundfile.write(path, audio, 44100, subtype, format=container)
    with open_audio(path) as reader:
        assert isinstance(reader, PcmReader)
    info, got = read_all(path)
    assert (info.rate_hz, info.channels, info.frames) == (44100, channels, 7001)
    np.testing.assert_array_equal(got, soundfile.read(path, dtype="float32", always_2d=True)[0])


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 200), min_size=1, max_size=6), st.sampled_from(["PCM_16", "PCM_24", "FLOAT"]))
def test_reading_in_any_pieces_gives_the_same_samples(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], subtype: str
) -> None:
    path = tmp_path_factory.mktemp("pieces") / "a.wav"
    soundfile.write(path, music(1003, 2), 48000, subtype)
    pieces = []
    with open_audio(path) as reader:
        while True:
            block = np.empty((sizes[len(pieces) % len(sizes)], 2), np.float32)
            count = reader.read_into(block)
            pieces.append(block[:count])
            if count < len(block):
                break
    np.testing.assert_array_equal(np.concatenate(pieces), soundfile.read(path, dtype="float32")[0])


@pytest.mark.parametrize("size", [0, 0xFFFF_FFFF, 0x7FFF_F000])
def test_a_streamed_wav_is_read_to_the_end_of_the_file(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.wav"
    data = os.urandom(6 * 500) + b"\1\2\3"
    path.write_bytes(wav_bytes(data, size=size, riff=min(size, 0xFFFF_FFFF)))
    info, got = read_all(path)
    assert info.frames == len(got) == 500


def test_chunks_before_and_behind_the_samples_are_no_audio(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    data = os.urandom(6 * 501)
    plain = wav_bytes(data)
    path.write_bytes(plain)
    expected = soundfile.read(path, dtype="float32")[0]
    odd = b"LIST" + struct.pack("<I", 5) + b"INFOx\0"
    path.write_bytes(wav_bytes(data, before=odd, riff=len(plain) + 2 * len(odd) - 8) + odd)
    np.testing.assert_array_equal(read_all(path)[1], expected)


@pytest.mark.parametrize("riff_extra", [0, 14])
def test_a_wav_that_says_it_is_empty_is_empty(tmp_path: Path, riff_extra: int) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav_bytes(b"", riff=36 + riff_extra) + (b"LIST" + struct.pack("<I", 6) + b"INFOxx")[:riff_extra])
    assert_refused(path, "audio-no-frames")


@pytest.mark.parametrize(
    ("container", "subtype"),
    [("AIFF", "PCM_24"), ("W64", "PCM_24"), ("CAF", "PCM_16"), ("FLAC", "PCM_24"), ("WAV", "PCM_U8"), ("AU", "FLOAT")],
)
def test_libsndfile_formats_are_known_by_content(tmp_path: Path, container: str, subtype: str) -> None:
    path = tmp_path / "song.bin"
    soundfile.write(path, music(5003, 2), 44100, subtype, format=container)
    info, got = read_all(path)
    assert info == AudioInfo(44100, 2, 5003, f"{container} {subtype}")
    np.testing.assert_array_equal(got, soundfile.read(path, dtype="float32")[0])


@pytest.mark.parametrize("container", ["OGG/VORBIS", "OGG/OPUS"])
def test_ogg_is_read(tmp_path: Path, container: str) -> None:
    path = tmp_path / "a.ogg"
    soundfile.write(path, music(9600, 2), 48000, container[4:], format="OGG")
    np.testing.assert_array_equal(read_all(path)[1], soundfile.read(path, dtype="float32")[0])


def test_mp3_has_its_own_length_and_equals_mpg123(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    soundfile.write(path, music(33333, 2), 44100, format="MP3")
    info, got = read_all(path)
    assert info.frames == len(got) == 33333
    np.testing.assert_allclose(got, soundfile.read(path, dtype="float32")[0], atol=1e-5)


@needs_ffmpeg
@pytest.mark.parametrize("rate_hz", [24000, 44100, 48000])
@pytest.mark.parametrize("channels", [1, 2])
def test_aac_has_the_length_and_alignment_that_ffmpeg_gives_it(tmp_path: Path, rate_hz: int, channels: int) -> None:
    path = tmp_path / "a.m4a"
    write_with_av(path, "aac", music(20777, channels), rate_hz)
    expected = read_with_ffmpeg(path, channels)
    info, got = read_all(path, 777)
    assert (info.rate_hz, info.channels) == (rate_hz, channels)
    assert len(got) == len(expected)
    np.testing.assert_allclose(got, expected, atol=1e-6)


@needs_ffmpeg
@pytest.mark.skipif(not M4A, reason="FARM_MATERIAL names no folder with everything-is-free/*/*.m4a")
def test_published_stems_in_m4a_have_the_length_and_alignment_that_ffmpeg_gives_them() -> None:
    rates: dict[int, Path] = {}
    for path in M4A:
        with open_audio(path) as reader:
            rates.setdefault(reader.info.rate_hz, path)
    for path in rates.values():
        info, got = read_all(path, 65536)
        expected = read_with_ffmpeg(path, info.channels)
        assert info.frames == len(got) == len(expected)
        assert np.max(np.abs(got - expected)) < 1e-6


def test_alac_is_exact_to_24_bits(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    audio = np.rint(music(10007, 2) * 2**23).astype(np.float32) / np.float32(2**23)
    write_with_av(path, "alac", audio, 44100)
    info, got = read_all(path)
    assert info.frames == 10007
    np.testing.assert_array_equal(got, audio)


def assert_refused(path: Path, code: str) -> AudioError:
    with pytest.raises(AudioError) as caught:
        read_all(path)
    assert caught.value.code == code
    assert caught.value.where == str(path)
    assert caught.value.hint
    return caught.value


def test_what_is_no_audio_file_is_refused_by_name(tmp_path: Path) -> None:
    empty, text, riff = tmp_path / "empty.wav", tmp_path / "text.wav", tmp_path / "riff.wav"
    empty.write_bytes(b"")
    text.write_text("this is no audio\n" * 50)
    riff.write_bytes(b"RIFF\x24\0\0\0WAVEfmt ")
    assert_refused(tmp_path / "missing.wav", "audio-missing")
    assert_refused(tmp_path, "audio-is-directory")
    assert_refused(empty, "audio-empty")
    assert_refused(text, "audio-unreadable")
    assert_refused(riff, "audio-unreadable")


def test_a_file_without_read_permission_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, music(10, 2), 48000)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert_refused(path, "audio-permission")


@pytest.mark.parametrize("kind", ["wav", "rf64", "wav8", "aiff", "w64", "flac", "mp3", "m4a"])
def test_a_file_that_is_cut_short_says_how_much_is_left(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    audio = music(60000, 2)
    if kind == "m4a":
        write_with_av(tmp_path / "b.m4a", "aac", audio, 48000)
        with (
            av.open(str(tmp_path / "b.m4a")) as source,
            av.open(str(path), "w", options={"movflags": "faststart"}) as target,
        ):
            stream = target.add_stream_from_template(source.streams.audio[0])
            for packet in source.demux(audio=0):
                if packet.dts is not None:
                    packet.stream = stream
                    target.mux(packet)
    else:
        container = {"wav8": "WAV"}.get(kind, kind.upper())
        subtype = {"wav8": "PCM_U8", "mp3": None}.get(kind, "PCM_24")
        soundfile.write(path, audio, 48000, subtype, format=container)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 3 // 5])
    error = assert_refused(path, "audio-truncated")
    assert "60,0" in error.message or "59,9" in error.message or "60,1" in error.message


def test_damage_inside_a_file_is_no_silence(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, music(60000, 2), 48000, "PCM_24")
    whole = bytearray(path.read_bytes())
    whole[80000:90000] = np.random.default_rng(2).integers(0, 256, 10000, np.uint8).tobytes()
    path.write_bytes(whole)
    assert_refused(path, "audio-corrupt")


def test_a_damaged_file_writes_nothing_to_stderr(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    soundfile.write(path, music(90000, 2), 44100, format="MP3")
    whole = bytearray(path.read_bytes())
    whole[20000:24000] = np.random.default_rng(0).integers(0, 256, 4000, np.uint8).tobytes()
    path.write_bytes(whole)
    script = (
        "import sys, numpy, pathlib\nfrom farm.audio.source import open_audio\nfrom farm.errors import AudioError\n"
        "block = numpy.empty((9000, 2), numpy.float32)\n"
        "try:\n    with open_audio(pathlib.Path(sys.argv[1])) as reader:\n        while reader.read_into(block): pass\n"
        "except AudioError: pass\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    assert done.stderr == ""

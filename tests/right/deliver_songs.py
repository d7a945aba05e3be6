"""Songs to deliver, and how tests encode and read them."""

import dataclasses
import struct
import subprocess
import zlib
from pathlib import Path

import numpy as np
import soundfile
import xxhash

from farm.audio.blocks import Block
from farm.deliver.encode import Encoded, encode_song
from farm.deliver.song_facts import SongFacts
from farm.plan.input_spec import InputSpec
from farm.plan.spec import EncodeSpec, TagSpec

TAGS = TagSpec(
    title="Über dem Wasser 海 🌊",
    version="radio edit",
    artists=("The Example", "Zoë"),
    album="Low Tide",
    album_artists=("Various",),
    track_number=3,
    track_total=12,
    disc_number=2,
    disc_total=3,
    composers=("A. Composer", "B. Composer"),
    lyricists=("C. Lyricist",),
    isrc="QZABC2600001",
    upc="0123456789012",
    catalogue_number="CAT-001",
    label="Label/Sub",
    copyright="2026 Label",
    phonographic="2026 Sub",
    genre="Ambient",
    date="2026-11-24",
    language="eng",
    advisory="explicit",
    lyrics="one line\nanother",
    musicbrainz_album_id="0f1a4d0e-0000-4000-8000-000000000001",
    musicbrainz_album_artist_id="0f1a4d0e-0000-4000-8000-000000000002",
    musicbrainz_recording_id="0f1a4d0e-0000-4000-8000-000000000003",
    musicbrainz_artist_id="0f1a4d0e-0000-4000-8000-000000000004",
    encoder="farm 9.8.7",
)
FACTS = SongFacts(
    integrated_lufs=-14.25,
    loudness_range_lu=6.1,
    true_peak_dbtp=-1.5,
    max_momentary_lufs=-9.5,
    max_short_term_lufs=-11.2,
    album_lufs=-14.0,
    audio_digest="ab" * 32,
)

LOSSLESS = [
    *(("wav", bits, None) for bits in (16, 24, 32)),
    *(("bwf", bits, None) for bits in (16, 24, 32)),
    *((form, bits, None) for form in ("aiff", "flac", "alac") for bits in (16, 24)),
]
LOSSY = [("aac", None, 256), ("mp3", None, 320), ("mp3", None, None), ("vorbis", None, None), ("opus", None, 160)]
ALL = [*LOSSLESS, *LOSSY]
QUALITIES = {"mp3": 2.0, "vorbis": 6.0}


def music(frames: int = 50021, rate_hz: int = 48000) -> Block:
    """A tone of 382 Hz in noise."""
    noise = np.random.default_rng(5).normal(0.0, 0.05, (frames, 2))
    tone = np.sin(0.05 * 48000 / rate_hz * np.arange(frames))
    return (0.4 * tone[:, None] * [1.0, 0.7] + noise).astype(np.float32)


def spec_of(form: str, bits: int | None, bitrate_kbps: int | None, **changes: object) -> EncodeSpec:
    """A lossy format without a bit rate has a quality."""
    quality = QUALITIES.get(form) if bits is None and bitrate_kbps is None else None
    spec = EncodeSpec(form, bits, bitrate_kbps, dither="tpdf", ceiling_dbtp=-1.0, tags=TAGS, quality=quality)
    return dataclasses.replace(spec, **changes)


def encode(
    folder: Path,
    spec: EncodeSpec,
    audio: Block,
    *,
    name: str = "song",
    rate_hz: int = 48000,
    exact_bits: int | None = None,
    facts: SongFacts | None = FACTS,
) -> tuple[Path, Encoded]:
    source, target = folder / f"{name}.raw", folder / f"{name}.{spec.format}"
    source.write_bytes(audio.tobytes())
    sizes = {"frames": len(audio), "rate_hz": rate_hz, "exact_bits": exact_bits}
    return target, encode_song(spec, source, target, **sizes, facts=facts)


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


def decode_with_ffmpeg(path: Path) -> Block:
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:a", "-f", "f32le", "-"]
    decoded = subprocess.run(command, check=True, capture_output=True).stdout
    return np.frombuffer(decoded, np.float32).reshape(-1, 2)


def read_words(path: Path, bits: int) -> np.ndarray:
    """Return the integers of a 16 or 24-bit file; what libsndfile does not read, FFmpeg does."""
    if path.suffix == ".alac":
        return np.rint(decode_with_ffmpeg(path).astype(np.float64) * 2 ** (bits - 1)).astype(np.int64)
    words = soundfile.read(path, dtype="int32")[0]
    assert not np.any(words & (2 ** (32 - bits) - 1))
    return (words >> (32 - bits)).astype(np.int64)


def words_as_bytes(path: Path, bits: int) -> bytes:
    """Return the samples of a file as they are digested: packed and little-endian."""
    if bits == 32:
        return bytes(soundfile.read(path, dtype="float32")[0].tobytes())
    words = read_words(path, bits).astype("<i4")
    return bytes(words.reshape(-1, 1).view(np.uint8)[:, : bits // 8].tobytes())

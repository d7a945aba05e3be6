"""Encoding: one finished song in one format, tagged, whole."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.source import open_audio
from farm.audio.word_length import Dither
from farm.deliver.cover import Cover, load_cover
from farm.deliver.failure import explained
from farm.deliver.tags import id3_bytes, write_id3, write_vorbis
from farm.deliver.wav import write_wav
from farm.deliver.words import WordStream
from farm.errors import DeliveryError
from farm.manifest.formats import FORMATS
from farm.measure.meter import Meter
from farm.plan.spec import EncodeSpec

_FLAC_LEVEL = 5
"""24-bit music at 48 kHz: level 8 makes files 5 % smaller than level 5 (16-bit: 1.5 %) for 3.7 times the time."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """What a file turned out to be. `audio_sha256` names its samples: little-endian integers at their own word length,
    or the decoded float32. Peak and loudness are those of the decoded file, for lossy formats. `backed_off_db` is how
    far the song was limited (or lowered) under its ceiling so that the decoded file keeps it, in `rounds` encodes."""

    size_bytes: int
    audio_sha256: str
    true_peak_dbtp: float | None = None
    integrated_lufs: float | None = None
    backed_off_db: float = 0.0
    rounds: int = 1


@dataclass(frozen=True, slots=True)
class _Job:
    spec: EncodeSpec
    words: WordStream
    target: Path
    frames: int
    rate_hz: int
    cover: Cover | None


def encode_song(
    spec: EncodeSpec, source: Path, target: Path, *, frames: int, rate_hz: int, exact_bits: int | None
) -> Encoded:
    """Write the complete file at `target` from raw float32 stereo.

    Samples that fit the word length (`exact_bits`) pass unchanged, all others are rounded with the dither asked for.
    Raises DeliveryError (format-unknown, format-rate, encode-failed, disk-full, ...) and AudioError.
    """
    check_encode(spec, rate_hz)
    if not frames:
        hint = "are all of its stems empty?"
        raise DeliveryError(f"the song {spec.tags.title!r} has no audio", code="song-empty", hint=hint)
    exact = spec.bits is not None and exact_bits is not None and exact_bits <= spec.bits
    dither: Dither = "none" if exact or spec.dither == "none" else "tpdf"
    words = WordStream(source, frames=frames, bits=spec.bits, dither=dither)
    cover = None if spec.tags.cover is None else load_cover(spec.tags.cover)
    with explained(target):
        try:
            _WRITERS[spec.format](_Job(spec, words, target, frames, rate_hz, cover))
        except soundfile.SoundFileError as error:
            message = f"the {spec.format} encoder failed: {error}"
            hint = "is the disk full?"
            raise DeliveryError(message, code="encode-failed", hint=hint, where=str(target)) from error
        size_bytes = target.stat().st_size
    if spec.bits is not None:
        return Encoded(size_bytes, words.sha256)
    return _measure_decoded(target, size_bytes, frames)


def check_encode(spec: EncodeSpec, rate_hz: int) -> None:
    """Raise DeliveryError if the format cannot hold this word length, bit rate or sample rate."""
    form = FORMATS.get(spec.format)
    if form is None or spec.format not in _WRITERS:
        hint = f"there are {', '.join(_WRITERS)}"
        raise DeliveryError(f"{spec.format!r} is not a format that can be written", code="format-unknown", hint=hint)
    offers = (
        (spec.bits, form.bits, "bits", "format-bits"),
        (spec.bitrate_kbps, form.bitrates_kbps, "kbit/s", "format-bitrate"),
        (rate_hz, form.rates_hz or (rate_hz,), "Hz", "format-rate"),
    )
    for value, allowed, unit, code in offers:
        if value not in (allowed or (None,)):
            hint = f"choose from {', '.join(map(str, allowed))} {unit}" if allowed else f"leave out its {unit}"
            raise DeliveryError(f"{spec.format} does not come with {value} {unit}", code=code, hint=hint)


def _write_wav(job: _Job) -> None:
    audio = (word_block.packed for word_block in job.words)
    id3 = id3_bytes(job.spec.tags, job.cover)
    write_wav(job.target, audio, frames=job.frames, rate_hz=job.rate_hz, bits=job.spec.bits or 32, id3=id3)


def _write_flac(job: _Job) -> None:
    options = {"format": "FLAC", "subtype": f"PCM_{job.spec.bits}", "compression_level": _FLAC_LEVEL / 8}
    with soundfile.SoundFile(job.target, "w", job.rate_hz, 2, **options) as file:
        for word_block in job.words:
            file.write(word_block.samples)
    write_vorbis(job.target, job.spec.tags, job.cover)


def _write_mp3(job: _Job) -> None:
    """libsndfile hands whole blocks to LAME without the interpreter's lock, and writes LAME's own complete header with
    delay and padding; it takes the bit rate as a place between 320 and 32 kbit/s."""
    level = (320 - (job.spec.bitrate_kbps or 320)) / (320 - 32)
    options = {"format": "MP3", "subtype": "MPEG_LAYER_III", "compression_level": level, "bitrate_mode": "CONSTANT"}
    with soundfile.SoundFile(job.target, "w", job.rate_hz, 2, **options) as file:
        for word_block in job.words:
            file.write(word_block.samples)
    write_id3(job.target, job.spec.tags, job.cover)


_WRITERS: Mapping[str, Callable[[_Job], None]] = {"wav": _write_wav, "flac": _write_flac, "mp3": _write_mp3}


def _measure_decoded(target: Path, size_bytes: int, frames: int) -> Encoded:
    digest = hashlib.sha256()
    block: Block = np.empty((BLOCK_FRAMES, 2), np.float32)
    decoded = 0
    with open_audio(target) as reader:
        meter = Meter(reader.info.rate_hz, ltas=False)
        while count := reader.read_into(block):
            digest.update(block[:count].data)
            meter.push(block[:count])
            decoded += count
    if decoded != frames:
        message = f"the file decodes to {decoded:,} frames, not to the song's {frames:,}"
        raise DeliveryError(message, code="encode-length", hint="this is a defect of the encoder", where=str(target))
    measured = meter.finish()
    return Encoded(size_bytes, digest.hexdigest(), measured.true_peak_dbtp, measured.integrated_lufs)

"""Encoding: finished songs in one format, tagged, whole."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import av
import numpy as np
import soundfile
from mutagen import MutagenError

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.source import open_audio
from farm.audio.word_length import Dither
from farm.deliver.cover import load_cover, shrink_cover
from farm.deliver.failure import explained
from farm.deliver.job import Job
from farm.deliver.overs import Over
from farm.deliver.song_facts import SongFacts
from farm.deliver.tag_fields import tag_values
from farm.deliver.wav import data_bytes
from farm.deliver.words import Piece, WordStream
from farm.deliver.writers import TAGGERS, WRITERS
from farm.errors import AudioError, DeliveryError
from farm.manifest.formats import FORMATS
from farm.measure.meter import Meter
from farm.plan.spec import EncodeSpec

_TAGS_BYTES = 1 << 26
"""More than tags and a cover ever take."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """What a file turned out to be. `audio_sha256` names its samples: little-endian integers at their own word length,
    or the decoded float32. Peak and loudness are those of the decoded file, for lossy formats.

    A lossy file that exceeded its ceiling, or missed the song's loudness, was made again, in `rounds` encodes of all:
    `backed_off_db` is how far the song was limited under its ceiling, or under its own peak if that is lower. Where its
    loudness cannot be had under the ceiling, the song is softer than it was, by `lowered_db`, before the codec takes
    its own part, and no longer in balance with its album. `overs` are those of the first encode, the earliest of
    `overs_total`.
    """

    size_bytes: int
    audio_sha256: str
    true_peak_dbtp: float | None = None
    integrated_lufs: float | None = None
    backed_off_db: float = 0.0
    rounds: int = 1
    lowered_db: float = 0.0
    overs: tuple[Over, ...] = ()
    overs_total: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A finished song as raw float32 stereo, the word length that holds it exactly (None for none), and so many frames
    of silence behind it."""

    source: Path
    frames: int
    exact_bits: int | None = None
    gap_frames: int = 0


def encode_song(
    spec: EncodeSpec,
    source: Path,
    target: Path,
    *,
    frames: int,
    rate_hz: int,
    exact_bits: int | None,
    facts: SongFacts | None = None,
) -> Encoded:
    """Write the complete file of one song at `target`, as `encode_parts` does."""
    return encode_parts(spec, [Part(source, frames, exact_bits)], target, rate_hz=rate_hz, facts=facts)


def encode_parts(
    spec: EncodeSpec, parts: Sequence[Part], target: Path, *, rate_hz: int, facts: SongFacts | None = None
) -> Encoded:
    """Write the complete file at `target`: the parts, one after another, tagged with `facts` where they are known.

    Samples that fit the word length (`exact_bits`) pass unchanged, all others are rounded with the dither asked for.
    Raises DeliveryError (format-unknown, format-rate, encode-failed, disk-full, ...) and AudioError.
    """
    check_encode(spec, rate_hz)
    words = WordStream([_piece(part, spec) for part in parts], bits=spec.bits, rate_hz=rate_hz)
    _check_length(spec, words.frames)
    with explained(target):
        _write(WRITERS, _job(spec, words, target, rate_hz, facts))
        size_bytes = target.stat().st_size
    if spec.bits is not None:
        return Encoded(size_bytes, words.sha256)
    return _measure_decoded(spec, target, size_bytes, words.frames)


def retag_song(
    spec: EncodeSpec, encoded: Encoded, source: Path, target: Path, *, frames: int, rate_hz: int, facts: SongFacts
) -> Encoded:
    """Put tags with other facts into the lossy file of a song. Raises as `encode_song` does."""
    words = WordStream([_piece(Part(source, frames), spec)], bits=spec.bits, rate_hz=rate_hz)
    with explained(target):
        _write(TAGGERS, _job(spec, words, target, rate_hz, facts))
        return replace(encoded, size_bytes=target.stat().st_size)


def _job(spec: EncodeSpec, words: WordStream, target: Path, rate_hz: int, facts: SongFacts | None) -> Job:
    cover = None if spec.tags.cover is None else shrink_cover(load_cover(spec.tags.cover), spec.tags.cover_max_px)
    r128_gains = FORMATS[spec.format].r128_gains
    values = tag_values(spec.tags, facts, ceiling_dbtp=spec.ceiling_dbtp, r128_gains=r128_gains)
    return Job(spec, words, target, words.frames, rate_hz, values, cover, facts)


def _write(by_format: Mapping[str, Callable[[Job], None]], job: Job) -> None:
    """Let the format's writer or tagger work; what a library says of a failure becomes one of ours."""
    try:
        by_format[job.spec.format](job)
    except (soundfile.SoundFileError, av.FFmpegError, MutagenError) as error:
        if isinstance(error, OSError):
            raise
        message = f"the {job.spec.format} encoder failed: {error}"
        hint = "is the disk full?"
        raise DeliveryError(message, code="encode-failed", hint=hint, where=str(job.target)) from error


def _check_length(spec: EncodeSpec, frames: int) -> None:
    """Raise DeliveryError if there is too little for the format, or too much."""
    form, title = FORMATS[spec.format], spec.tags.title
    if not frames:
        hint = "are all of its stems empty?"
        raise DeliveryError(f"the song {title!r} has no audio", code="song-empty", hint=hint)
    if frames < form.least_frames:
        message = f"the song {title!r} has {frames:,} samples, and {spec.format} needs {form.least_frames:,}"
        raise DeliveryError(message, code="song-too-short", hint="deliver it in another format")
    if form.most_bytes is not None and data_bytes(frames, spec.bits or 32) + _TAGS_BYTES > form.most_bytes:
        message = f"the song {title!r} is too long for one {spec.format} file of {form.most_bytes:,} bytes"
        raise DeliveryError(message, code="song-too-long", hint="deliver it as wav or flac")


def _piece(part: Part, spec: EncodeSpec) -> Piece:
    exact = spec.bits is not None and part.exact_bits is not None and part.exact_bits <= spec.bits
    return Piece(part.source, part.frames, "none" if exact else cast(Dither, spec.dither), part.gap_frames)


def check_encode(spec: EncodeSpec, rate_hz: int) -> None:
    """Raise DeliveryError if the format cannot hold this word length, bit rate, quality or sample rate."""
    form = FORMATS.get(spec.format)
    if form is None or spec.format not in WRITERS:
        hint = f"there are {', '.join(WRITERS)}"
        raise DeliveryError(f"{spec.format!r} is not a format that can be written", code="format-unknown", hint=hint)
    bitrates_kbps = form.bitrates_kbps if spec.quality is None else ()
    offers = (
        (spec.bits, form.bits, "bits", "format-bits"),
        (spec.bitrate_kbps, bitrates_kbps, "kbit/s", "format-bitrate"),
        (rate_hz, form.rates_hz or (rate_hz,), "Hz", "format-rate"),
    )
    for value, allowed, unit, code in offers:
        if value not in (allowed or (None,)):
            hint = f"choose from {', '.join(map(str, allowed))} {unit}" if allowed else f"leave out its {unit}"
            raise DeliveryError(f"{spec.format} does not come with {value} {unit}", code=code, hint=hint)
    low, high = form.qualities or (1.0, 0.0)
    if spec.quality is not None and not low <= spec.quality <= high:
        hint = f"it reaches from {low:g} to {high:g}" if form.qualities else "leave out its quality"
        message = f"{spec.format} does not come with a quality of {spec.quality:g}"
        raise DeliveryError(message, code="format-quality", hint=hint)


def _measure_decoded(spec: EncodeSpec, target: Path, size_bytes: int, frames: int) -> Encoded:
    try:
        return _measure_readable(target, size_bytes, frames)
    except AudioError as error:
        message = f"the {spec.format} file of {spec.tags.title!r} cannot be decoded again: {error.message}"
        raise DeliveryError(message, code="encode-failed", hint="deliver it in another format") from error


def _measure_readable(target: Path, size_bytes: int, frames: int) -> Encoded:
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

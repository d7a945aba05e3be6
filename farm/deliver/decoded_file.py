"""Decoding a delivered file with the library that did not write it.

libsndfile's FLAC, AIFF, MP3 and Ogg Vorbis are read by FFmpeg, FFmpeg's Opus and farm's own WAV by libsndfile, which
finds no audio in an RF64 where a chunk of odd length stands before it: those are FFmpeg's, too. For m4a there is FFmpeg
only. What a file is, its first bytes say, not its name.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.errors import AudioError

CD_IMAGE = "cd image"
_CD_RATE_HZ = 44100

_AV_KINDS = {
    "mp3float": "mp3",
    "pcm_s16be": "aiff",
    "pcm_s24be": "aiff",
    "pcm_s16le": "wav",
    "pcm_s24le": "wav",
    "pcm_f32le": "wav",
}
"""What a file is, where FFmpeg's name of the decoder does not say so."""


class Words(NamedTuple):
    """A block: its samples as float32 `(frames, channels)`, and the bytes that its digest is made of: little-endian
    integers of the file's word length, or float32."""

    samples: Block
    packed: memoryview


@dataclass(frozen=True, slots=True)
class Decoded:
    """An open file. `kind` is what it is; `bits` None for what is not integers."""

    kind: str
    rate_hz: int
    channels: int
    bits: int | None
    blocks: Iterator[Words]


@contextmanager
def open_decoded(path: Path, *, is_cd_image: bool = False) -> Iterator[Decoded]:
    """Yield the file, to be read once. Raises AudioError whatever is wrong with it, also while it is read."""
    try:
        with path.open("rb") as file:
            head = file.read(64)
        if is_cd_image:
            yield Decoded(CD_IMAGE, _CD_RATE_HZ, 2, 16, _read_image(path))
        elif head[:4] == b"RIFF" or b"OpusHead" in head:
            with soundfile.SoundFile(path) as sound:
                yield _with_sndfile(sound, "opus" if head[:4] == b"OggS" else "wav")
        else:
            with av.open(f"file:{path}") as container:
                yield _with_av(container)
    except (av.FFmpegError, soundfile.SoundFileError, OSError, ValueError) as error:
        reason = getattr(error, "error_string", None) or getattr(error, "strerror", None) or str(error)
        raise AudioError(f"cannot be decoded: {reason}", code="not-decodable", where=str(path)) from error


def _read_image(path: Path) -> Iterator[Words]:
    with path.open("rb") as file:
        while content := file.read(BLOCK_FRAMES * 4):
            yield _integers(np.frombuffer(content, "<i2", len(content) // 4 * 2).reshape(-1, 2), 16)


def _with_sndfile(sound: soundfile.SoundFile, kind: str) -> Decoded:
    bits = {"PCM_16": 16, "PCM_24": 24}.get(sound.subtype)
    dtype = {16: "int16", 24: "int32"}.get(bits or 0, "float32")

    def blocks() -> Iterator[Words]:
        while len(samples := sound.read(BLOCK_FRAMES, dtype=dtype, always_2d=True)):
            yield _floats(samples) if bits is None else _integers(samples, bits)

    return Decoded(kind, sound.samplerate, sound.channels, bits, blocks())


def _with_av(container: Any) -> Decoded:
    stream = next(iter(container.streams.audio), None)
    context = stream.codec_context if stream else None
    if context is None or not context.sample_rate:
        raise ValueError("there is no audio in it")
    context.thread_count = 1
    name = _AV_KINDS.get(context.name, context.name)
    word_bits = {"s16": 16, "s32": 24}.get((context.format.name if context.format else "").removesuffix("p"))

    def blocks() -> Iterator[Words]:
        for frame in container.decode(stream):
            samples = frame.to_ndarray()
            ordered = samples.T if frame.format.is_planar else samples.reshape(-1, frame.layout.nb_channels)
            yield _floats(ordered) if word_bits is None else _integers(ordered, word_bits)

    return Decoded(name, context.sample_rate, context.layout.nb_channels, word_bits, _gathered(blocks()))


def _gathered(blocks: Iterator[Words]) -> Iterator[Words]:
    """Put a decoder's short frames together: what follows is cheaper in long blocks."""
    kept: list[Words] = []
    frames = 0
    for words in blocks:
        kept.append(words)
        frames += len(words.samples)
        if frames >= BLOCK_FRAMES:
            yield _joined(kept)
            kept, frames = [], 0
    if kept:
        yield _joined(kept)


def _joined(kept: list[Words]) -> Words:
    packed = memoryview(b"".join(words.packed for words in kept))
    return Words(np.concatenate([words.samples for words in kept]), packed)


def _floats(samples: NDArray[Any]) -> Words:
    floats = np.ascontiguousarray(samples, np.float32)
    return Words(floats, floats.data.cast("B"))


def _integers(samples: NDArray[Any], bits: int) -> Words:
    """24 bits come as the upper ones of 32."""
    words = np.ascontiguousarray(samples)
    scale = np.float32(2.0 ** -(8 * words.itemsize - 1))
    packed = words.view(np.uint8).reshape(-1, words.itemsize)[:, words.itemsize - bits // 8 :]
    return Words(words.astype(np.float32) * scale, memoryview(packed.tobytes()))

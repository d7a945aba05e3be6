"""What libsndfile encodes: AIFF and FLAC, MP3 by LAME, Vorbis by libvorbis."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import soundfile

from farm.deliver.words import Samples

_LOWEST_KBPS, _HIGHEST_KBPS = 32, 320

_PIECE_FRAMES = 4_096
"""libvorbis puts all that it gets at first on the stack, which may be small in a thread."""


def write_sndfile(target: Path, samples: Iterable[Samples], *, rate_hz: int, **options: Any) -> None:
    """Encode a stereo stream of `(n, 2)` blocks; `options` are soundfile's."""
    with soundfile.SoundFile(target, "w", rate_hz, 2, **options) as file:
        for block in samples:
            file.write(block)


def write_mp3(
    target: Path, samples: Iterable[Samples], *, rate_hz: int, bitrate_kbps: int | None, quality: float | None = None
) -> None:
    """Encode at a constant bit rate, or at a quality from 0 (best) to 9.

    libsndfile hands whole blocks to LAME without the interpreter's lock, and writes LAME's own complete header with
    delay and padding; it takes the bit rate as a place between 320 and 32 kbit/s, the quality as tenths.
    """
    if quality is None:
        level = (_HIGHEST_KBPS - (bitrate_kbps or _HIGHEST_KBPS)) / (_HIGHEST_KBPS - _LOWEST_KBPS)
        options = {"compression_level": level, "bitrate_mode": "CONSTANT"}
    else:
        options = {"compression_level": quality / 10, "bitrate_mode": "VARIABLE"}
    write_sndfile(target, samples, rate_hz=rate_hz, format="MP3", subtype="MPEG_LAYER_III", **options)


def write_vorbis(target: Path, samples: Iterable[Samples], *, rate_hz: int, quality: float) -> None:
    """Encode at a quality from 0 to 10 (best), which libsndfile takes the wrong way round, from 0 (best) to 1."""
    pieces = (
        block[start : start + _PIECE_FRAMES] for block in samples for start in range(0, len(block), _PIECE_FRAMES)
    )
    level = 1.0 - quality / 10.0
    write_sndfile(target, pieces, rate_hz=rate_hz, format="OGG", subtype="VORBIS", compression_level=level)

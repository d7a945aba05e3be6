"""The whole album as one file: the songs' own samples, one after another, with the silences between them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from farm.audio.raw_source import read_raw_blocks
from farm.deliver.encode import Encoded, Part, encode_parts
from farm.deliver.failure import explained
from farm.deliver.lossy import encode_under_ceiling
from farm.deliver.song_facts import SongFacts
from farm.plan.spec import EncodeSpec

_FRAME_BYTES = 8


def encode_continuous(
    spec: EncodeSpec,
    songs: Sequence[Part],
    target: Path,
    *,
    rate_hz: int,
    whole: Path,
    scratch: Path,
    facts: SongFacts | None = None,
) -> Encoded:
    """Write the album at `target`. In a lossless format it holds the very samples of the songs' own files.

    `whole` and `scratch` are paths for the album as one song, which a lossy format is made from; `facts` are
    those of the album as one song. Raises as `encode_under_ceiling` does.
    """
    if spec.bits is not None:
        return encode_parts(spec, songs, target, rate_hz=rate_hz, facts=facts)
    with explained(whole):
        frames = _join(songs, whole)
    return encode_under_ceiling(
        spec, whole, target, frames=frames, rate_hz=rate_hz, exact_bits=None, scratch=scratch, facts=facts
    )


def _join(songs: Sequence[Part], whole: Path) -> int:
    """Write the songs and the silences as one raw file; silence is a hole in it."""
    with whole.open("wb") as file:
        for song in songs:
            for block in read_raw_blocks(song.source, frames=song.frames):
                file.write(np.ascontiguousarray(block).data)
            file.seek(song.gap_frames * _FRAME_BYTES, 1)
        file.truncate()
    return sum(song.frames + song.gap_frames for song in songs)

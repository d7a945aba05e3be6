"""Raw audio as the store keeps it: little-endian float32, interleaved, no header."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.damage import truncated


def read_raw_blocks(path: Path, *, frames: int, channels: int = 2) -> Iterator[Block]:
    """Yield the file in blocks `(n, channels)`, each valid until the next; raises AudioError if frames are missing."""
    buffer: Block = np.empty((min(frames, BLOCK_FRAMES), channels), "<f4")
    done = 0
    with path.open("rb") as file:
        while done < frames:
            block = buffer[: min(BLOCK_FRAMES, frames - done)]
            count = file.readinto(block.reshape(-1).view(np.uint8).data)
            if count < block.nbytes:
                raise truncated(path, done + count // (4 * channels), frames)
            yield block
            done += len(block)

"""What every source of audio is: some facts, and frames on demand."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.speakers import Speakers


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """What a file's header says. `frames` is None if it doesn't; a lossy file may hold a few more or less. `speakers`
    names what each of more than two channels is for, () if the file doesn't."""

    rate_hz: int
    channels: int
    frames: int | None
    format: str
    speakers: Speakers = ()


class AudioReader(ABC):
    """An open audio file, read once from its beginning to its end."""

    info: AudioInfo

    @abstractmethod
    def read_into(self, out: Block) -> int:
        """Fill `out`, `(n, channels)` C-contiguous float32, and return the frames read: fewer than n only at the end.

        Raises AudioError if the file is damaged or ends before it should.
        """

    def skip(self, frames: int) -> int:
        """Leave out the next frames and return how many they were: fewer only at the end. Raises as `read_into`."""
        scratch: Block = np.empty((min(frames, BLOCK_FRAMES), self.info.channels), np.float32)
        done = 0
        while done < frames:
            count = self.read_into(scratch[: min(frames - done, len(scratch))])
            done += count
            if not count:
                break
        return done

    @abstractmethod
    def close(self) -> None:
        """Close the file; closing twice does no harm."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

"""Clips on a timeline: parts of files at places of a song, added up where they overlap."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.fades import Fades
from farm.audio.stem import StemStream
from farm.errors import AudioError


@dataclass(frozen=True, slots=True)
class Clip:
    """All in frames at the song's rate; `gain` is linear; without a length it plays to the end of its file.

    A fade of n frames has the gains 0/n, 1/n ... (n-1)/n at its beginning, through its shape, and n/n ... 1/n at the
    end: the last n frames of one clip and the first n of the next add up to the same level (`linear`), or to the same
    power (`equal_power`).
    """

    path: Path
    at_frames: int = 0
    from_frames: int = 0
    length_frames: int | None = None
    gain: float = 1.0
    fade_in_frames: int = 0
    fade_out_frames: int = 0
    fade_in_shape: str = "linear"
    fade_out_shape: str = "linear"

    @property
    def is_plain(self) -> bool:
        """Whether it is its whole file as it is, from the song's beginning."""
        return self == Clip(self.path)


class Timeline:
    """Plays clips as one stereo stream. Files are opened when their clip begins and closed when it ends.

    Raises AudioError as StemStream does, and clip-length-unknown where a clip fades out, has no length of its own, and
    its file doesn't tell its length.
    """

    def __init__(self, clips: Sequence[Clip], rate_hz: int) -> None:
        self._waiting = sorted(clips, key=lambda clip: clip.at_frames)
        self._rate_hz, self._position = rate_hz, 0
        self._playing: list[_ClipStream] = []
        self._scratch: Block = np.empty((0, 2), np.float32)
        self.mono = all(_is_mono(path, rate_hz) for path in dict.fromkeys(clip.path for clip in clips))

    def read_into(self, out: Block) -> int:
        """Fill `out`, `(n, 2)` C-contiguous float32, and return the frames read: fewer than n only at the end."""
        out[:] = 0.0
        end = self._position + len(out)
        while self._waiting and self._waiting[0].at_frames < end:
            self._playing.append(_ClipStream(self._waiting.pop(0), self._rate_hz))
        filled = len(out) if self._waiting else 0
        if len(self._scratch) < len(out):
            self._scratch = np.empty((len(out), 2), np.float32)
        for stream in tuple(self._playing):
            begin = max(0, stream.at_frames - self._position)
            count = stream.read_into(self._scratch[: len(out) - begin])
            out[begin : begin + count] += self._scratch[:count]
            if count:
                filled = max(filled, begin + count)
            if count < len(out) - begin:
                stream.close()
                self._playing.remove(stream)
        self._position = end
        return filled

    def skip(self, frames: int) -> None:
        """Leave out the next frames."""
        scratch: Block = np.empty((min(frames, BLOCK_FRAMES), 2), np.float32)
        while frames > 0:
            piece = scratch[:frames]
            self.read_into(piece)
            frames -= len(piece)

    def close(self) -> None:
        """Close the files that are open."""
        while self._playing:
            self._playing.pop().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _is_mono(path: Path, rate_hz: int) -> bool:
    with StemStream(path, rate_hz) as stem:
        return stem.mono


class _ClipStream:
    """One clip while it plays."""

    def __init__(self, clip: Clip, rate_hz: int) -> None:
        self.at_frames = clip.at_frames
        self._clip, self._done = clip, 0
        self._fades = Fades(clip.fade_in_frames, clip.fade_out_frames, clip.fade_in_shape, clip.fade_out_shape)
        self._stem = StemStream(clip.path, rate_hz)
        try:
            self._length = self._find_length()
            self._stem.skip(clip.from_frames)
        except BaseException:
            self.close()
            raise

    def read_into(self, out: Block) -> int:
        """Fill `out` with what is next of the clip; fewer frames than it has only at the end."""
        left = len(out) if self._length is None else min(len(out), max(0, self._length - self._done))
        count = self._stem.read_into(out[:left])
        self._fades.apply(out[:count], self._done, self._length or 0, self._clip.gain)
        self._done += count
        return count

    def close(self) -> None:
        self._stem.close()

    def _find_length(self) -> int | None:
        clip, frames = self._clip, self._stem.frames
        rest = None if frames is None else max(0, frames - clip.from_frames)
        if clip.fade_out_frames and clip.length_frames is None and rest is None:
            raise AudioError(
                "the file does not tell its length, which a fade-out has to know",
                code="clip-length-unknown",
                hint="give the clip a length_seconds, or convert the file to WAV",
                where=str(clip.path),
            )
        if clip.length_frames is None:
            return rest if clip.fade_out_frames else None
        return clip.length_frames if rest is None else min(clip.length_frames, rest)

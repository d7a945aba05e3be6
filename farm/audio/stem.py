"""A stem as the console hears it: stereo, at the song's rate, every sample finite."""

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.finite import find_not_finite
from farm.audio.resample import Resampler, resampled_frames
from farm.audio.source import open_audio
from farm.errors import AudioError


class StemStream:
    """Streams a mono or stereo file at `rate_hz`; a mono stem plays on both sides at its own level.

    Raises AudioError as `open_audio` does, audio-channels for more than two channels, and audio-not-finite when a
    sample that is NaN or infinite is met.
    """

    def __init__(self, path: Path, rate_hz: int) -> None:
        self._path = path
        self._reader = open_audio(path)
        info = self._reader.info
        if info.channels > 2:
            self._reader.close()
            raise AudioError(
                f"the file has {info.channels} channels: a stem is mono or stereo",
                code="audio-channels",
                hint="export the channels as separate mono or stereo files",
                where=str(path),
            )
        self.mono = info.channels == 1
        self.rate_hz, self._file_rate_hz = rate_hz, info.rate_hz
        self._done = 0
        self._resampler = None if info.rate_hz == rate_hz else Resampler(info.rate_hz, rate_hz, info.channels)
        self._scratch: Block = np.empty((0, info.channels), np.float32)
        self._ready: Block = np.empty((0, info.channels), np.float32)
        self._ended = False

    def read_into(self, out: Block) -> int:
        """Fill `out`, `(n, 2)` C-contiguous float32, and return the frames read: fewer than n only at the end."""
        if self._resampler is not None:
            return self._read_resampled(self._resampler, out)
        if not self.mono:
            return self._read_source(out)
        filled = 0
        while filled < len(out):
            piece = self._scratch_of(min(len(out) - filled, BLOCK_FRAMES))
            count = self._read_source(piece)
            out[filled : filled + count] = piece[:count]
            filled += count
            if count < len(piece):
                break
        return filled

    def skip(self, frames: int) -> None:
        """Leave out the next frames; at the end there may be fewer."""
        if self._resampler is None:
            self._done += self._reader.skip(frames)
            return
        scratch: Block = np.empty((min(frames, BLOCK_FRAMES), 2), np.float32)
        while frames > 0:
            count = self.read_into(scratch[: min(frames, len(scratch))])
            if not count:
                return
            frames -= count

    @property
    def frames(self) -> int | None:
        """How many frames it has at the song's rate, if its header says so."""
        frames, rate_hz = self._reader.info.frames, self._reader.info.rate_hz
        return None if frames is None else resampled_frames(frames, rate_hz, self.rate_hz)

    def close(self) -> None:
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _scratch_of(self, frames: int) -> Block:
        if len(self._scratch) < frames:
            self._scratch = np.empty((frames, self._reader.info.channels), np.float32)
        return self._scratch[:frames]

    def _read_source(self, out: Block) -> int:
        count = self._reader.read_into(out)
        frame = find_not_finite(out[:count])
        if frame is not None:
            seconds = (self._done + frame) / self._file_rate_hz
            raise AudioError(
                f"a sample is not a finite number, first at {seconds:.3f} s",
                code="audio-not-finite",
                hint="a plug-in failed while the stem was exported: export it again",
                where=str(self._path),
            )
        self._done += count
        return count

    def _read_resampled(self, resampler: Resampler, out: Block) -> int:
        filled = 0
        while filled < len(out):
            if not len(self._ready):
                if self._ended:
                    break
                self._ready = self._convert_next(resampler)
                continue
            count = min(len(self._ready), len(out) - filled)
            out[filled : filled + count] = self._ready[:count]
            self._ready = self._ready[count:]
            filled += count
        return filled

    def _convert_next(self, resampler: Resampler) -> Block:
        piece = self._scratch_of(BLOCK_FRAMES)
        count = self._read_source(piece)
        if count:
            return resampler.push(piece[:count])
        self._ended = True
        return resampler.flush()

"""WAV and RF64 with plain samples, read by a compiled unpacking: libsndfile spends half of a mix on 24-bit samples."""

from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.damage import truncated
from farm.audio.reader import AudioInfo, AudioReader
from farm.audio.riff import PcmLayout, find_pcm_layout
from farm.audio.unpack import unpack_int16, unpack_int24, unpack_int32


def find_pcm_reader(path: Path) -> "PcmReader | None":
    """Open a WAV or RF64 file of 16, 24 or 32-bit integers or 32-bit float; None if it is anything else.

    Raises AudioError (audio-truncated) if the header promises a frame or more that the file doesn't hold.
    """
    file = path.open("rb", buffering=0)
    try:
        layout = find_pcm_layout(file, path.stat().st_size)
        if layout is None:
            file.close()
            return None
        return PcmReader(path, file, layout)
    except BaseException:
        file.close()
        raise


class PcmReader(AudioReader):
    """Values are integer / 2 ** (bits - 1), the same to the bit as libsndfile's."""

    def __init__(self, path: Path, file: BinaryIO, layout: PcmLayout) -> None:
        self._path, self._file, self._layout = path, file, layout
        self._frames = layout.promised_bytes // layout.frame_bytes
        stored = layout.stored_bytes // layout.frame_bytes
        if stored < self._frames:
            raise truncated(path, stored, self._frames)
        kind = "FLOAT" if layout.is_float else f"PCM_{layout.bits}"
        self.info = AudioInfo(
            layout.rate_hz, layout.channels, self._frames, f"{layout.container} {kind}", layout.speakers
        )
        self._done = 0
        self._raw: NDArray[np.uint8] = np.empty(0, np.uint8)
        file.seek(layout.start)

    def read_into(self, out: Block) -> int:
        wanted = min(len(out), self._frames - self._done)
        for start in range(0, wanted, BLOCK_FRAMES):
            piece = out[start : min(start + BLOCK_FRAMES, wanted)]
            if self._layout.is_float:
                self._fill(piece.reshape(-1).view(np.uint8))
            else:
                self._unpack(piece)
            self._done += len(piece)
        return wanted

    def skip(self, frames: int) -> int:
        count = min(frames, self._frames - self._done)
        self._done += count
        self._file.seek(self._layout.start + self._done * self._layout.frame_bytes)
        return count

    def close(self) -> None:
        self._file.close()

    def _unpack(self, out: Block) -> None:
        size = len(out) * self._layout.frame_bytes
        if self._raw.size < size:
            self._raw = np.empty(-(-size // 12) * 12, np.uint8)
        self._fill(self._raw[:size])
        samples = out.reshape(-1)
        if self._layout.bits == 16:
            unpack_int16(self._raw[:size].view(np.int16), samples)
        elif self._layout.bits == 24:
            unpack_int24(self._raw.view(np.uint32), self._raw, samples)
        else:
            unpack_int32(self._raw[:size].view(np.int32), samples)

    def _fill(self, raw: NDArray[np.uint8]) -> None:
        view = raw.data
        filled = 0
        while filled < len(view):
            count = self._file.readinto(view[filled:])  # type: ignore[attr-defined]
            if not count:
                raise truncated(self._path, self._done + filled // self._layout.frame_bytes, self._frames)
            filled += count

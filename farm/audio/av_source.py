"""What FFmpeg decodes: m4a (AAC, ALAC), MP3 and the rest. Its demuxer and decoder drop the encoder's delay and padding
as the file's edit list or LAME header says; what they hand on is the audio, aligned."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.damage import corrupt, truncated, unreadable
from farm.audio.reader import AudioInfo, AudioReader

_KINDS: dict[str, tuple[type[np.generic], float]] = {
    "s16": (np.int16, 2.0**-15),
    "s32": (np.int32, 2.0**-31),
    "flt": (np.float32, 1.0),
    "dbl": (np.float64, 1.0),
}
_SLACK_PACKETS = 2
"""A cut file misses more than this; a whole one may miss what the demuxer takes for the decoder's run-in."""


class AvReader(AudioReader):
    def __init__(self, path: Path) -> None:
        self._path = path
        self._done = 0
        self._used = 0
        self._promised: int | None = None
        try:
            self._container = av.open(f"file:{path}", "r")
        except (av.FFmpegError, OSError) as error:
            raise unreadable(path, str(getattr(error, "strerror", error))) from None
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        if not self._container.streams.audio:
            raise unreadable(self._path, "there is no audio in it")
        stream = self._container.streams.audio[0]
        stream.codec_context.thread_count = 1
        self._frames = self._decode(stream)
        self._frame = next(self._frames, None)
        if self._frame is None:
            self.info = AudioInfo(stream.codec_context.sample_rate, stream.codec_context.channels, 0, "")
            return
        first = self._frame
        self._kind = first.format.name.removesuffix("p")
        if self._kind not in _KINDS:
            raise unreadable(self._path, f"samples of the kind {first.format.name} are not supported")
        self._layout = (first.sample_rate, len(first.layout.channels), first.format.name)
        self._promised = _find_promised_frames(self._container, stream, first.sample_rate)
        name = f"{self._container.format.name.split(',')[0]} {stream.codec_context.name}"
        self._slack = _SLACK_PACKETS * max(first.samples, stream.codec_context.frame_size or 0, 1152)
        self.info = AudioInfo(first.sample_rate, self._layout[1], self._promised, name)

    def read_into(self, out: Block) -> int:
        filled = 0
        while filled < len(out) and self._frame is not None:
            count = min(len(out) - filled, self._frame.samples - self._used)
            self._copy(self._frame, self._used, out[filled : filled + count])
            filled += count
            self._used += count
            if self._used == self._frame.samples:
                self._done += self._used
                self._used = 0
                self._frame = next(self._frames, None)
        if filled < len(out):
            self._check_length()
        return filled

    def close(self) -> None:
        self._container.close()

    def _decode(self, stream: av.AudioStream) -> Iterator[av.AudioFrame]:
        cut = False
        try:
            for packet in self._container.demux(stream):
                cut = packet.is_corrupt
                yield from (frame for frame in packet.decode() if frame.samples)
        except (av.FFmpegError, OSError) as error:
            if cut:
                raise truncated(self._path, self._done, self._promised) from None
            reason = str(getattr(error, "strerror", error))
            raise (corrupt(self._path, self._done, reason) if self._done else unreadable(self._path, reason)) from None

    def _copy(self, frame: av.AudioFrame, start: int, out: Block) -> None:
        layout = (frame.sample_rate, len(frame.layout.channels), frame.format.name)
        if layout != self._layout:
            raise corrupt(self._path, self._done, "its rate or channels change in the middle")
        kind, scale = _KINDS[self._kind]
        end = start + len(out)
        if not frame.format.is_planar:
            packed: NDArray[np.generic] = np.frombuffer(frame.planes[0], kind, frame.samples * layout[1])
            _scale(packed.reshape(-1, layout[1])[start:end], scale, out)
            return
        for channel, plane in enumerate(frame.planes):
            _scale(np.frombuffer(plane, kind, frame.samples)[start:end], scale, out[:, channel])

    def _check_length(self) -> None:
        if self._promised is not None and self._done + self._slack < self._promised:
            raise truncated(self._path, self._done, self._promised, about="about ")


def _scale(samples: NDArray[np.generic], scale: float, out: NDArray[np.float32]) -> None:
    if scale == 1.0:
        out[...] = samples
    else:
        np.multiply(samples, np.float32(scale), out=out, casting="unsafe", dtype=np.float32)


def _find_promised_frames(container: av.container.InputContainer, stream: av.AudioStream, rate_hz: int) -> int | None:
    """Return the length that an index or a LAME header gives; FFmpeg's guess from the bit rate is not a promise."""
    start = max(stream.start_time or 0, 0)
    if stream.duration is None:
        return None
    if container.format.name.startswith("mov"):
        ticks = stream.duration - start
    elif container.format.name == "mp3" and start > 0:
        ticks = stream.duration
    else:
        return None
    frames: int = round(ticks * stream.time_base * rate_hz)
    return max(frames, 1)

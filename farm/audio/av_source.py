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
from farm.audio.speakers import Speakers

_KINDS: dict[str, tuple[type[np.generic], float]] = {
    "s16": (np.int16, 2.0**-15),
    "s32": (np.int32, 2.0**-31),
    "flt": (np.float32, 1.0),
    "dbl": (np.float64, 1.0),
}
_SLACK_PACKETS = 2
"""A cut file misses more than this; a whole one may miss what the demuxer takes for the decoder's run-in."""


class AvReader(AudioReader):
    def __init__(self, path: Path, *, container: str | None = None) -> None:
        """`container` is FFmpeg's name of the kind of file, None to let it find out."""
        self._path = path
        self._done = 0
        self._promised: int | None = None
        self._channels: list[NDArray[np.generic]] = []
        """What is left of the frame that was decoded last: the samples of each channel, in the decoder's kind."""
        try:
            self._container = av.open(f"file:{path}", "r", format=container)
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
        context = stream.codec_context
        context.thread_count = 1
        self._frames = self._decode(stream)
        first = next(self._frames, None)
        name = f"{self._container.format.name.split(',')[0]} {context.name}"
        if first is None:
            self.info = AudioInfo(context.sample_rate, context.channels, 0, name)
            return
        kind = first.format.name.removesuffix("p")
        if kind not in _KINDS:
            raise unreadable(self._path, f"samples of the kind {first.format.name} are not supported")
        self._kind, self._scale = _KINDS[kind]
        self._planar = first.format.is_planar
        self._layout = (first.sample_rate, first.layout.nb_channels)
        self._promised = _find_promised_frames(self._container, stream, first.sample_rate)
        self._slack = _SLACK_PACKETS * max(first.samples, context.frame_size or 0, 1152)
        self.info = AudioInfo(*self._layout, self._promised, name, _speakers(first.layout))
        self._channels = self._views(first)

    def read_into(self, out: Block) -> int:
        filled = 0
        while filled < len(out) and self._channels:
            left = len(self._channels[0])
            count = min(len(out) - filled, left)
            for channel, samples in enumerate(self._channels):
                _scale(samples[:count], self._scale, out[filled : filled + count, channel])
            filled += count
            self._done += count
            if count < left:
                self._channels = [samples[count:] for samples in self._channels]
            else:
                frame = next(self._frames, None)
                self._channels = [] if frame is None else self._views(frame)
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
                for frame in packet.decode():
                    if frame.samples:
                        yield frame
        except (av.FFmpegError, OSError) as error:
            if cut:
                raise truncated(self._path, self._done, self._promised) from None
            reason = str(getattr(error, "strerror", error))
            raise (corrupt(self._path, self._done, reason) if self._done else unreadable(self._path, reason)) from None

    def _views(self, frame: av.AudioFrame) -> list[NDArray[np.generic]]:
        """Return the samples of each channel; they keep the frame's memory alive."""
        if (frame.sample_rate, frame.layout.nb_channels) != self._layout:
            raise corrupt(self._path, self._done, "its rate or channels change in the middle")
        if self._planar:
            return [np.frombuffer(plane, self._kind, frame.samples) for plane in frame.planes]
        packed = np.frombuffer(frame.planes[0], self._kind, frame.samples * self._layout[1])
        return list(packed.reshape(-1, self._layout[1]).T)

    def _check_length(self) -> None:
        if self._promised is not None and self._done + self._slack < self._promised:
            raise truncated(self._path, self._done, self._promised, about="about ")


def find_speakers(path: Path) -> Speakers:
    """Return what a file says its channels are for, () if it says nothing, or cannot be looked at."""
    try:
        with av.open(f"file:{path}", "r") as container:
            return _speakers(container.streams.audio[0].layout) if container.streams.audio else ()
    except (av.FFmpegError, OSError):
        return ()


def _speakers(layout: av.AudioLayout) -> Speakers:
    """FFmpeg calls channels NONE where the file does not say what they are for."""
    names = tuple(channel.name for channel in layout.channels)
    return () if len(names) <= 2 or set(names) == {"NONE"} else names


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

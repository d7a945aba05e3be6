"""What a strip plays: a stem or clips, at their place in time, of the channels that are asked for."""

from contextlib import ExitStack
from pathlib import Path

import numpy as np

from farm.audio.blocks import Block
from farm.audio.clips import Clip, Timeline
from farm.audio.stem import StemStream
from farm.dsp.sum import Gains, place
from farm.plan.inputs import check_unchanged
from farm.plan.spec import ClipSpec, SourceSpec
from farm.units import db_to_linear

_MATRICES = {
    "mono": (0.5, 0.5, 0.5, 0.5),
    "left": (1.0, 0.0, 1.0, 0.0),
    "right": (0.0, 1.0, 0.0, 1.0),
    "swapped": (0.0, 1.0, 1.0, 0.0),
    "mid_side": (1.0, 1.0, 1.0, -1.0),
}
"""Gains from left to left, right to left, left to right, right to right. Mid and side: left = M + S, right = M - S."""

_TO_MONO = ("mono", "left", "right")


class Source:
    """A strip's sound before its inserts, as a stream of blocks."""

    def __init__(self, spec: SourceSpec, rate_hz: int, stack: ExitStack) -> None:
        clips = [_clip(clip) for clip in spec.clips]
        plain = len(clips) == 1 and clips[0].is_plain
        stream = StemStream(clips[0].path, rate_hz) if plain else Timeline(clips, rate_hz)
        self._stream: StemStream | Timeline = stream
        stack.callback(stream.close)
        self._spec = spec
        self.is_silent = True
        """Whether nothing but digital silence has been read so far."""
        self.mono = self._stream.mono or spec.input in _TO_MONO
        self._matrix = _matrix(spec, self._stream.mono)
        self._silence_left = max(0, spec.shift_frames)
        if spec.shift_frames < 0:
            self._stream.skip(-spec.shift_frames)

    def read_into(self, out: Block) -> int:
        """Fill `out`, `(n, 2)`, and return the frames read: fewer than n only at the end."""
        silent = min(len(out), self._silence_left)
        out[:silent] = 0.0
        self._silence_left -= silent
        frames = silent + (self._stream.read_into(out[silent:]) if silent < len(out) else 0)
        block = out[:frames]
        self.is_silent = self.is_silent and not block.any()
        if self._spec.invert_polarity:
            np.negative(block, out=block)
        if self._matrix is not None:
            place(block, self._matrix)
        return frames

    def check_unchanged(self) -> None:
        """Raise AudioError if one of the files is no longer the one that was planned with."""
        for clip in self._spec.clips:
            check_unchanged(clip.file)


def _matrix(spec: SourceSpec, mono: bool) -> Gains | None:
    """A mono file has one channel to take, whatever is asked for."""
    return None if mono or spec.input == "stereo" else np.array(_MATRICES[spec.input], np.float32)


def _clip(spec: ClipSpec) -> Clip:
    return Clip(
        path=Path(spec.file.path),
        at_frames=spec.at_frames,
        from_frames=spec.from_frames,
        length_frames=spec.length_frames,
        gain=db_to_linear(spec.gain_db),
        fade_in_frames=spec.fade_in_frames,
        fade_out_frames=spec.fade_out_frames,
        fade_in_shape=spec.fade_in_shape,
        fade_out_shape=spec.fade_out_shape,
    )

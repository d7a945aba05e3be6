"""A processor that is taken out of its chain and put back while a song plays."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel
from farm.dsp.curve import Curve
from farm.dsp.delay_line import DelayLine

_FADE_MS = 10.0


class Bypass:
    """Crosses over between a processor's input, as late as its output, and its output; the processor runs on."""

    def __init__(
        self, points: Sequence[tuple[int, float, str]], rate_hz: int, latency_frames: int, late_frames: int
    ) -> None:
        """`late_frames` is by how much the processor's output is behind the song."""
        self._curve = Curve(points, round(_FADE_MS * rate_hz / 1000.0))
        self._line, self._frame = DelayLine(latency_frames), -late_frames
        self._dry: Block = np.empty((0, 2), np.float32)
        self._shares = np.empty(0)

    def keep_dry(self, block: Block) -> None:
        """Remember a `(frames, 2)` block before it is processed."""
        if len(self._shares) < len(block):
            self._dry = np.empty((len(block), 2), np.float32)
            self._shares = np.empty(len(block))
        dry = self._dry[: len(block)]
        dry[:] = block
        self._line.process(dry)

    def blend(self, block: Block) -> None:
        """Replace what has been processed by what is to be heard."""
        shares = self._shares[: len(block)]
        self._curve.fill(self._frame, shares)
        _blend(block, self._dry[: len(block)], shares)
        self._frame += len(block)


@kernel("void(float32[:, ::1], float32[:, ::1], float64[::1])")
def _blend(wet: Block, dry: Block, shares: NDArray[np.float64]) -> None:
    for index in range(wet.shape[0]):
        share = np.float32(shares[index])
        if share >= np.float32(1.0):
            wet[index, 0], wet[index, 1] = dry[index, 0], dry[index, 1]
        elif share > np.float32(0.0):
            for channel in range(2):
                wet[index, channel] += share * (dry[index, channel] - wet[index, channel])

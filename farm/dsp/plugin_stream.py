"""A pedalboard plug-in as a stream of stereo blocks, and its output blended with what went in."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.kernel import kernel
from farm.dsp.processor import CONTROL_FRAMES

_PLUGIN_FRAMES = 8192
"""Frames that the plug-in sees at a time, at most."""


class PluginStream:
    """Carries `(frames, 2)` blocks to a plug-in, which wants `(2, frames)`, and back; the plug-in keeps its state.

    Silence goes first, at full length: a plug-in at rest stays at rest through it. Else pedalboard, which goes by what
    it saw last, could not tell which way round a block of one or two frames is, and would prepare the plug-in anew, its
    memory lost, when the first longer block came.

    Behind it, the output of Chorus, Phaser, Reverb, Delay, Distortion and Bitcrush does not depend on the blocks, down
    to one frame, also where their parameters are set between them (0.9.26). PitchShift gives nothing but silence.
    """

    def __init__(self, plugin: Any, rate_hz: int) -> None:
        self._plugin = plugin
        self._rate_hz = rate_hz
        self._planar = np.empty(2 * BLOCK_FRAMES, dtype=np.float32)
        self._run(np.zeros((2, _PLUGIN_FRAMES), dtype=np.float32))

    def process(self, block: Block) -> Block:
        """Return the plug-in's output for a `(frames, 2)` block: same shape, not contiguous, `block` untouched."""
        if self._planar.size < block.size:
            self._planar = np.empty(block.size, dtype=np.float32)
        planar = self._planar[: block.size].reshape(2, len(block))
        np.copyto(planar, block.T)
        return self._run(planar).T

    def _run(self, planar: NDArray[np.float32]) -> NDArray[np.float32]:
        output: NDArray[np.float32] = self._plugin.process(
            planar, self._rate_hz, buffer_size=_PLUGIN_FRAMES, reset=False
        )
        return output


class Blend:
    """The gains of what went in and of what came out of an effect, both linear, moving evenly to new values.

    Libraries smooth a mix over tens of milliseconds, or not at all: so the effect runs at full wetness, and this mixes.
    """

    def __init__(self, dry: float, wet: float) -> None:
        self._levels = np.array([[dry, wet], [dry, wet]])
        self._left = np.zeros(1, np.int64)

    def move(self, dry: float, wet: float) -> None:
        """Go to new gains over the next CONTROL_FRAMES frames."""
        if (dry, wet) != tuple(self._levels[1]):
            self._levels[1], self._left[0] = (dry, wet), CONTROL_FRAMES

    def mix(self, block: Block, wet: Block) -> None:
        """Replace a `(frames, 2)` block by itself and `wet`, which may lie in memory as the plug-in left it."""
        _blend(block, np.ascontiguousarray(wet.T), self._levels, self._left)


@kernel("void(float32[:,::1], float32[:,::1], float64[:,::1], int64[::1])")
def _blend(block: Block, planar: NDArray[np.float32], levels: NDArray[np.float64], left: NDArray[np.int64]) -> None:
    """Mix in float32; `levels` are the present in row 0 and the goal in row 1, `left` frames away."""
    for frame in range(block.shape[0]):
        if left[0] > 1:
            levels[0, 0] += (levels[1, 0] - levels[0, 0]) / left[0]
            levels[0, 1] += (levels[1, 1] - levels[0, 1]) / left[0]
            left[0] -= 1
        elif left[0] == 1:
            levels[0, :] = levels[1, :]
            left[0] = 0
        dry, wet = np.float32(levels[0, 0]), np.float32(levels[0, 1])
        for channel in range(2):
            out = planar[channel, frame] * wet
            block[frame, channel] = out if dry == 0.0 else block[frame, channel] * dry + out

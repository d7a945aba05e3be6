"""A pedalboard plug-in as a stream of stereo blocks."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import BLOCK_FRAMES, Block

_PLUGIN_FRAMES = 8192
"""Frames that the plug-in sees at a time, at most."""


class PluginStream:
    """Carries `(frames, 2)` blocks to a plug-in, which wants `(2, frames)`, and back; the plug-in keeps its state.

    Silence goes first, at full length: a plug-in at rest stays at rest through it. Else pedalboard, which goes by what
    it saw last, could not tell which way round a block of one or two frames is, and would prepare the plug-in anew, its
    memory lost, when the first longer block came.
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

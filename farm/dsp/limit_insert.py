"""The true-peak limiter as an insert: one pass, where the finishing of a song measures and corrects."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel
from farm.dsp.limiter_character import LimiterSettings
from farm.dsp.processor import CONTROL_FRAMES
from farm.dsp.true_peak_limiter import TruePeakLimiter
from farm.units import db_to_linear

_MARGIN_DB = 0.05
"""The limit lies that far below the ceiling: the peaks of modulated sound differ from the modulated peaks."""


class LimitInsert:
    """Params: `ceiling_dbtp`, `gain_db` (in front of the limiter), `character`, `link`, `release_ms` (None: the
    character's own).

    Nothing is measured afterwards, so the ceiling is held but for what meters of different makes disagree on. Sound
    that stays 0.05 dB below it passes bit for bit, times the gain.
    """

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        self._settings = LimiterSettings(params["character"], float(params["link"]))
        self._stream = TruePeakLimiter(rate_hz, gain=1.0, limit=1.0, settings=self._settings)
        self.latency_frames, self.tail_frames = self._stream.latency_frames, 0
        self._gains = np.array([1.0, 1.0])
        self._left = np.zeros(1, np.int64)
        self.adjust(params)
        self._gains[0], self._left[0] = self._gains[1], 0

    def adjust(self, params: Mapping[str, Any]) -> None:
        """Move the gain evenly to a new value. Ceiling and release hold for the frames that come in from here on."""
        limiter, release_ms = self._stream.limiter, params["release_ms"]
        limiter.limit = db_to_linear(float(params["ceiling_dbtp"]) - _MARGIN_DB)
        limiter.set_release(replace(self._settings, release_ms=None if release_ms is None else float(release_ms)))
        gain = db_to_linear(float(params["gain_db"]))
        if gain != self._gains[1]:
            self._gains[1], self._left[0] = gain, CONTROL_FRAMES

    def process(self, block: Block) -> None:
        """Limit a `(frames, 2)` block in place."""
        _raise(block, self._gains, self._left)
        self._stream.process(block)


@kernel("void(float32[:,::1], float64[::1], int64[::1])")
def _raise(block: Block, gains: NDArray[np.float64], left: NDArray[np.int64]) -> None:
    """Apply the gain: from the first, the present, evenly to the second, the goal, over `left` frames."""
    for frame in range(block.shape[0]):
        if left[0] > 1:
            gains[0] += (gains[1] - gains[0]) / left[0]
            left[0] -= 1
        elif left[0] == 1:
            gains[0], left[0] = gains[1], 0
        block[frame, 0] *= gains[0]
        block[frame, 1] *= gains[0]

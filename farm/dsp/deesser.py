"""The de-esser: lowers the top of a voice, or all of it, while the top is loud."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.kernel import kernel
from farm.dsp.compressor import Compressor
from farm.dsp.crossover import ShelfSplit

_FIXED: Mapping[str, Any] = {
    "knee_db": 0.0,
    "makeup_db": 0.0,
    "mix": 1.0,
    "detector": "peak",
    "rms_ms": 0.0,
    "look_ahead_ms": 0.0,
    "auto_makeup": False,
    "link": 1.0,
    "key_highpass_hz": None,
    "key_lowpass_hz": None,
}


class Deesser:
    """Params: `hz`, `threshold_db`, `ratio`, `attack_ms`, `release_ms`, `range_db`, `mode` (`split` or `wide`).

    The detector hears what a high-pass of 12 dB an octave at `hz` leaves, and has the law of a stereo-linked peak
    compressor with a hard knee. Its gain applies to everything (`wide`), or to the top alone (`split`), as a shelf that
    has half the gain in dB at `hz`. The split is subtractive: while nothing is reduced the output is the input, bit for
    bit, with neither error nor phase shift.
    """

    latency_frames = 0

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        self._split = ShelfSplit(float(params["hz"]), rate_hz)
        self._compressor = Compressor({**params, **_FIXED}, rate_hz)
        self._is_wide = params["mode"] == "wide"
        self._scratch = np.empty(3 * 2 * BLOCK_FRAMES, dtype=np.float32)

    @property
    def tail_frames(self) -> int:
        """What the split rings on."""
        return self._split.tail_frames

    def adjust(self, params: Mapping[str, Any]) -> None:
        """Take all parameters anew; all of them act through the filter or the detector."""
        self._split.adjust(float(params["hz"]))
        self._compressor.adjust({**params, **_FIXED})
        self._is_wide = params["mode"] == "wide"

    def process(self, block: Block) -> None:
        """De-ess a `(frames, 2)` block in place."""
        size = 3 * block.size
        if self._scratch.size < size:
            self._scratch = np.empty(size, dtype=np.float32)
        high, middle, gains = self._scratch[:size].reshape(3, len(block), 2)
        self._split.split(block, high, middle)
        if self._is_wide:
            self._compressor.process_keyed(block, high)
        else:
            gains.fill(1.0)
            self._compressor.process_keyed(gains, high)
            _apply_shelf(block, high, middle, gains)


@kernel("void(float32[:,::1], float32[:,::1], float32[:,::1], float32[:,::1])")
def _apply_shelf(block: Block, high: Block, middle: Block, gains: Block) -> None:
    unity = np.float32(1.0)
    for index in range(block.shape[0]):
        for channel in range(2):
            gain = gains[index, channel]
            change = (gain - unity) * high[index, channel] + (np.sqrt(gain) - unity) * middle[index, channel]
            block[index, channel] += change

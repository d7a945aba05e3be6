"""The gate: a downward expander with hysteresis, hold, look-ahead and a side-chain."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.kernel import kernel
from farm.dsp.detector import Detector
from farm.dsp.gain_reduction import BIAS_DB, apply_reductions, find_levels, keep_per_frame
from farm.dsp.held_peaks import HeldPeaks
from farm.dsp.look_ahead import LookAhead


class Gate:
    """Params: `threshold_db`, `hysteresis_db`, `ratio`, `range_db`, `attack_ms`, `hold_ms`, `release_ms`,
    `look_ahead_ms`, `key_highpass_hz`, `key_lowpass_hz` (None for no filter).

    The level is the highest sample of both channels in the last `hold_ms`, 0 dB is full scale. The gate opens when it
    reaches the threshold and closes when it falls more than `hysteresis_db` below. Open, it changes no bit. Closed, it
    wants `ratio - 1` dB of reduction for each dB that the level lies below the threshold, `range_db` at most. Attack
    and release are time constants with which the reduction in dB goes away and comes: after that time 63 % of the way
    are done. Both channels get the same gain. At rest the gate is closed. Look-ahead holds the sound back and not what
    the detector hears; it and the filters keep their first values.
    """

    tail_frames = 0

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._detector = Detector(params, rate_hz)
        self.latency_frames = round(float(params["look_ahead_ms"]) * rate_hz / 1000.0)
        self._look_ahead = LookAhead(self.latency_frames)
        self._peaks = HeldPeaks(self._hold_frames(params))
        self._is_open = False
        self._levels = np.empty(BLOCK_FRAMES, dtype=np.float32)
        self._scratch = np.empty(BLOCK_FRAMES, dtype=np.int32)
        self.adjust(params)
        self._reduction_db = float(self._curve[3]) + BIAS_DB if self._curve[2] > 0.0 else BIAS_DB

    def adjust(self, params: Mapping[str, Any]) -> None:
        """Take all parameters anew; all of them act through the detector."""
        threshold_db, range_db = float(params["threshold_db"]), float(params["range_db"])
        slope = float(params["ratio"]) - 1.0
        curve = [threshold_db, threshold_db - float(params["hysteresis_db"]), slope, range_db]
        self._curve = np.array(curve, dtype=np.float32)
        self._attack = keep_per_frame(float(params["attack_ms"]), self._rate_hz)
        self._release = keep_per_frame(float(params["release_ms"]), self._rate_hz)
        self._peaks.hold(self._hold_frames(params))

    def process(self, block: Block) -> None:
        """Gate a `(frames, 2)` block in place."""
        self._run(block, self._detector.hear(self._look_ahead.process(block)))

    def process_keyed(self, block: Block, key: Block) -> None:
        """Gate `block` in place by the level of `key`; both `(frames, 2)`."""
        self._look_ahead.process(block)
        self._run(block, self._detector.hear(key))

    def _hold_frames(self, params: Mapping[str, Any]) -> int:
        return round(float(params["hold_ms"]) * self._rate_hz / 1000.0)

    def _run(self, block: Block, detector: Block) -> None:
        frames = len(block)
        if len(self._levels) < frames:
            self._levels, self._scratch = np.empty(frames, np.float32), np.empty(frames, np.int32)
        levels, scratch = self._levels[:frames], self._scratch[:frames]
        self._peaks.measure(detector, levels)
        find_levels(levels, frames, levels.view(np.int32))
        self._is_open = _want_reductions(levels, self._curve, self._is_open)
        # What a reduction needs to grow is the gate's release, what it needs to fall the gate's attack.
        self._reduction_db = apply_reductions(block, levels, self._release, self._attack, self._reduction_db, scratch)


@kernel("boolean(float32[::1], float32[::1], boolean)")
def _want_reductions(levels: NDArray[np.float32], curve: NDArray[np.float32], is_open: bool) -> bool:
    """Replace each level by the reduction that it wants, both in dB; return whether the gate is open at the end.

    `curve` is threshold, closing threshold, slope and range.
    """
    threshold_db, closing_db, slope, range_db = curve[0], curve[1], curve[2], curve[3]
    nothing = np.float32(0.0)
    for index in range(levels.size):
        level_db = levels[index]
        is_open = level_db >= closing_db if is_open else level_db >= threshold_db
        below_db = threshold_db - level_db
        wanted_db = slope * (below_db if below_db > nothing else nothing)
        wanted_db = wanted_db if wanted_db < range_db else range_db
        levels[index] = nothing if is_open else wanted_db
    return is_open

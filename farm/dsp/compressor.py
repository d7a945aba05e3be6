"""The compressor: feed-forward, peak or RMS, with a soft knee, look-ahead, a stereo link and a side-chain."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.dsp.detector import Detector
from farm.dsp.gain_reduction import (
    BIAS_DB,
    BIAS_POWER,
    CHUNK_FRAMES,
    RAMP_FRAMES,
    keep_per_frame,
    run_compressor,
)
from farm.dsp.look_ahead import LookAhead
from farm.dsp.octave_series import DB_PER_OCTAVE
from farm.units import db_to_linear

MAKEUP_REFERENCE_DB = -12.0
"""A steady input at that level comes out at that level with `auto_makeup`: about where the peaks of a track lie."""

UNLIMITED_DB = 60.0
"""A `range_db` of that much is no limit."""


class Compressor:
    """Params: `threshold_db`, `ratio`, `attack_ms`, `release_ms`, `knee_db`, `makeup_db`, `mix` (0 dry to 1 wet),
    `detector` (`peak` or `rms`), `rms_ms`, `look_ahead_ms`, `auto_makeup`, `link` (0 to 1), `range_db`,
    `key_highpass_hz`, `key_lowpass_hz` (None for no filter).

    Attack and release are time constants: after that time the reduction in dB has come 63 % of the way. The knee is
    `knee_db` wide with the threshold in its middle. Levels are of samples, 0 dB is full scale: `peak` takes the sample
    itself, `rms` the root of the mean square, exponentially weighted with the time constant `rms_ms`, so that a full
    sine reads -3 dB. Each channel's level is drawn to the louder one's by `link` of the way in dB; at 1 both get one
    gain. No more than `range_db` is wanted of the reduction; 60 is no limit. Look-ahead holds the sound back, dry part
    included, and not what the detector hears; it and the filters keep their first values.
    """

    tail_frames = 0

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._detector = Detector(params, rate_hz)
        self.latency_frames = round(float(params["look_ahead_ms"]) * rate_hz / 1000.0)
        self._look_ahead = LookAhead(self.latency_frames)
        self._reduction_db = np.full(2, BIAS_DB)
        self._means = np.full(2, BIAS_POWER)
        self._scratch = np.empty((4, CHUNK_FRAMES), dtype=np.float32)
        self._gains = np.empty(2 * CHUNK_FRAMES, dtype=np.float32)
        self._set(params)
        self._levels = np.tile(_levels(params), 2)
        self._ramp_left = 0

    def adjust(self, params: Mapping[str, Any]) -> None:
        """Take all parameters anew: make-up and mix evenly, the rest through the detector."""
        self._set(params)
        levels = _levels(params)
        past = self._levels[:2] + (self._levels[2:] - self._levels[:2]) * np.float32(self._ramp_left / RAMP_FRAMES)
        self._ramp_left = 0 if np.array_equal(levels, past) else RAMP_FRAMES
        self._levels[:2], self._levels[2:] = levels, past

    def process(self, block: Block) -> None:
        """Compress a `(frames, 2)` block in place."""
        self._run(block, self._detector.hear(self._look_ahead.process(block)))

    def process_keyed(self, block: Block, key: Block) -> None:
        """Compress `block` in place by the level of `key`; both `(frames, 2)`."""
        self._look_ahead.process(block)
        self._run(block, self._detector.hear(key))

    def _set(self, params: Mapping[str, Any]) -> None:
        self._is_rms = params["detector"] == "rms"
        self._is_linked = float(params["link"]) == 1.0
        threshold_db, knee_db = float(params["threshold_db"]), float(params["knee_db"])
        knee_factor = 0.5 / knee_db if knee_db > 0.0 else 0.0
        slope = 1.0 - 1.0 / float(params["ratio"])
        limit_db = float(params["range_db"]) if params["range_db"] < UNLIMITED_DB else np.inf
        db_per_octave = DB_PER_OCTAVE / 2 if self._is_rms else DB_PER_OCTAVE
        curve = [threshold_db - knee_db / 2.0, knee_db, knee_factor, slope, limit_db, db_per_octave, params["link"]]
        self._curve = np.array(curve, dtype=np.float32)
        times_ms = [float(params[name]) for name in ("attack_ms", "release_ms", "rms_ms")]
        self._ballistics = np.array([keep_per_frame(time_ms, self._rate_hz) for time_ms in times_ms])

    def _run(self, block: Block, detector: Block) -> None:
        # Two channels that were apart stay apart until their reductions have met: else one of them would jump.
        is_linked = self._is_linked and self._reduction_db[0] == self._reduction_db[1]
        self._ramp_left = run_compressor(
            block,
            detector,
            self._curve,
            self._ballistics,
            self._levels,
            self._is_rms,
            is_linked,
            self._ramp_left,
            self._reduction_db,
            self._means,
            self._scratch,
            self._scratch.view(np.int32),
            self._gains,
        )


def _levels(params: Mapping[str, Any]) -> NDArray[np.float32]:
    """Return the linear levels of the compressed sound and of the input."""
    mix, makeup_db = float(params["mix"]), float(params["makeup_db"])
    if params["auto_makeup"]:
        makeup_db += _static_reduction_db(MAKEUP_REFERENCE_DB, params)
    return np.array([mix * db_to_linear(makeup_db), 1.0 - mix], dtype=np.float32)


def _static_reduction_db(level_db: float, params: Mapping[str, Any]) -> float:
    knee_db = float(params["knee_db"])
    over_db = max(0.0, level_db - float(params["threshold_db"]) + knee_db / 2.0)
    inside_db = min(over_db, knee_db)
    bend_db = inside_db * inside_db / (2.0 * knee_db) if knee_db > 0.0 else 0.0
    reduction_db = (1.0 - 1.0 / float(params["ratio"])) * (bend_db + over_db - inside_db)
    return min(reduction_db, float(params["range_db"]))

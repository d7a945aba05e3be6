"""What the detector of a dynamics processor hears: the sound itself or a key, through its own filters."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.dsp.biquad import highpass, lowpass
from farm.dsp.cascade import Cascade

_SLOPE_DB_OCT = 12


class Detector:
    """Params: `key_highpass_hz`, `key_lowpass_hz` (Butterworth, 12 dB an octave), None for no filter."""

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        highpass_hz, lowpass_hz = params["key_highpass_hz"], params["key_lowpass_hz"]
        sections = highpass(float(highpass_hz), _SLOPE_DB_OCT, rate_hz) if highpass_hz is not None else []
        sections += lowpass(float(lowpass_hz), _SLOPE_DB_OCT, rate_hz) if lowpass_hz is not None else []
        self._filter = Cascade(sections) if sections else None
        self._copy = np.empty((0, 2), dtype=np.float32)

    def hear(self, sound: Block) -> Block:
        """Return `(frames, 2)` to take the level of: `sound` itself if nothing filters it. `sound` stays as it is."""
        if not self._filter:
            return sound
        if len(self._copy) < len(sound):
            self._copy = np.empty((max(len(sound), BLOCK_FRAMES), 2), dtype=np.float32)
        heard = self._copy[: len(sound)]
        heard[:] = sound
        self._filter.process(heard)
        return heard

"""The reverb: pedalboard's, which is JUCE's Freeverb."""

import math
from collections.abc import Mapping
from typing import Any

import pedalboard

from farm.audio.blocks import Block
from farm.dsp.delay_line import DelayLine
from farm.dsp.plugin_stream import Blend, PluginStream

_LONGEST_COMB, _LONGEST_ALLPASS = 1617 + 23, 556 + 23
"""Samples at 44.1 kHz, the right channel's spread of 23 included (Freeverb's tunings)."""
_COMBS, _ALLPASSES = 8, 4
_INPUT_GAIN, _WET_GAIN = 0.015, 3.0
_ALLPASS_PEAK, _ALLPASS_FEEDBACK = 5.0 / 3.0, 0.5
"""Freeverb's all-pass, (1.5 z^-D - 1) / (1 - 0.5 z^-D), is none: 2.5 / 1.5 where z^-D is -1."""


class Reverb:
    """Params: `room_size`, `damping`, `width` (each 0 to 1), `wet`, `dry` (linear), `pre_delay_ms`.

    `dry` is the gain of the input, untouched and undelayed; JUCE's own dry path, which doubles it, is shut. `wet` is
    the gain of Freeverb's output with JUCE's factor of 3: at 1 an impulse on the left comes back with about its own
    energy on each side (+0.1 dB left, +0.3 dB right; room size 0.6, damping 0.5, width 1, 48 kHz), from 25 ms on.
    """

    latency_frames = 0

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        room_size = float(params["room_size"])
        self._plugin = pedalboard.Reverb(
            room_size=room_size,
            damping=float(params["damping"]),
            wet_level=float(params["wet"]),
            dry_level=0.0,
            width=float(params["width"]),
        )
        self._wet = PluginStream(self._plugin, rate_hz)
        self._blend = Blend(float(params["dry"]), 1.0)
        self._rate_hz = rate_hz
        self._pre_delay_frames = round(float(params["pre_delay_ms"]) * rate_hz / 1000.0)
        self._pre_delay = DelayLine(self._pre_delay_frames)
        self.tail_frames = self._pre_delay_frames + _tail_frames(room_size, float(params["wet"]), rate_hz)

    def adjust(self, params: Mapping[str, Any]) -> None:
        """Move everything but the pre-delay, which stays the first. `dry` moves evenly to its new value; the others as
        JUCE smooths them, evenly over 10 ms from where they are.
        """
        room_size, wet = float(params["room_size"]), float(params["wet"])
        self._blend.move(float(params["dry"]), 1.0)
        self._plugin.room_size = room_size
        self._plugin.damping = float(params["damping"])
        self._plugin.wet_level = wet
        self._plugin.width = float(params["width"])
        tail_frames = self._pre_delay_frames + _tail_frames(room_size, wet, self._rate_hz)
        self.tail_frames = max(self.tail_frames, tail_frames)

    def process(self, block: Block) -> None:
        """Replace a `(frames, 2)` block by dry and wet."""
        delayed = block.copy()
        self._pre_delay.process(delayed)
        self._blend.mix(block, self._wet.process(delayed))


def _tail_frames(room_size: float, wet: float, rate_hz: int) -> int:
    """Return how long the combs and, after them, the all-passes take to fall to -90 dB from the loudest they can be.

    A comb keeps `room_size * 0.28 + 0.7` of what is in it at each turn, or less where damping takes its part.
    """
    if wet == 0.0:
        return 0
    feedback = room_size * 0.28 + 0.7
    loudest = 2.0 * _COMBS * _INPUT_GAIN / (1.0 - feedback) * _ALLPASS_PEAK**_ALLPASSES * _WET_GAIN * wet
    floor = 10.0 ** (-90.0 / 20.0)
    comb_turns = max(1, math.ceil(math.log(floor / max(loudest, 2.0 * floor)) / math.log(feedback)))
    allpass_turns = _ALLPASSES * math.ceil(math.log(floor) / math.log(_ALLPASS_FEEDBACK))
    turns_frames = comb_turns * _LONGEST_COMB + allpass_turns * _LONGEST_ALLPASS
    return math.ceil(turns_frames * rate_hz / 44_100)

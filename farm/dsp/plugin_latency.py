"""How late a plug-in's output is: what it says, checked against an impulse."""

import numpy as np

from farm.audio.blocks import Block

IMPULSE = 0.5
"""Linear, on both channels."""

_SPIKE_SHARE = 0.75
"""Of the energy, in one frame: more than a low-pass filter leaves to its second frame (Butterworth, 12 dB an octave, at
its worst corner: 0.69), so that a filter's response is not taken for a delay of one frame."""

_SPIKE_TO_NOISE = 10.0

_ECHOES = {"Delay", "Reverb", "Modulation"}
"""VST3 sub-categories of which a delayed spike is the effect itself, and nothing to make up for."""


def find_latency(response: Block, noise: Block, reported_frames: int, category: str) -> int:
    """Return the latency in frames.

    `response` is `(frames, 2)`, the answer to an impulse in frame 0; `noise` the answer to silence before it. Where the
    impulse comes back as one spike, its place counts; where it is smeared or lost, what the plug-in reports.
    """
    energy = np.sum(np.square(response, dtype=np.float64), axis=1)
    place = int(np.argmax(energy))
    is_spike = energy[place] > 0.0 and energy[place] >= _SPIKE_SHARE * np.sum(energy)
    is_loud = np.max(np.abs(response[place])) > _SPIKE_TO_NOISE * np.max(np.abs(noise), initial=0.0)
    is_echo = not _ECHOES.isdisjoint(category.split("|"))
    return place if is_spike and is_loud and not is_echo else reported_frames

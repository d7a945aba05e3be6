"""K-weighting: the two filters in front of every loudness measurement (ITU-R BS.1770-5, Annex 1)."""

import math
from typing import NamedTuple

from farm.errors import AudioError

STANDARD_RATE_HZ = 48_000


class Biquad(NamedTuple):
    """A second-order section; a0 is 1."""

    b0: float
    b1: float
    b2: float
    a1: float
    a2: float


SHELF_48K = Biquad(1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585)
"""Stage 1 at 48 kHz (BS.1770-5, Annex 1, table 1)."""

HIGHPASS_48K = Biquad(1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621)
"""Stage 2 at 48 kHz (BS.1770-5, Annex 1, table 2)."""

CHANNEL_WEIGHTS = {
    1: (1.0,),
    2: (1.0, 1.0),
    3: (1.0, 1.0, 1.0),
    4: (1.0, 1.0, 1.41, 1.41),
    5: (1.0, 1.0, 1.0, 1.41, 1.41),
    6: (1.0, 1.0, 1.0, 0.0, 1.41, 1.41),
    7: (1.0, 1.0, 1.0, 0.0, 1.0, 1.41, 1.41),
    8: (1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.41, 1.41),
}
"""Weights by channel count where nothing is said, in the order of WAVE files: L R, L R C, quad, 5.0, 5.1 (L R C LFE Ls
Rs), 6.1 and 7.1 with the back channels before the side ones. Surround between 60 and 120 degrees weighs 1.41, behind it
1, the LFE nothing (BS.1770-5, Annex 1, table 3, and Annex 3, table 4)."""

_SPEAKER_WEIGHTS = {
    **dict.fromkeys(("FL", "FR", "FC", "FLC", "FRC", "BC"), 1.0),
    **dict.fromkeys(("TC", "TFL", "TFC", "TFR", "TBL", "TBC", "TBR", "TSL", "TSR"), 1.0),
    **dict.fromkeys(("SL", "SR", "SDL", "SDR"), 1.41),
    **dict.fromkeys(("LFE", "LFE2"), 0.0),
}
"""Those overhead weigh 1 (BS.1770-5, Annex 3, table 4). BL and BR are the surround of 5.1, unless there are sides."""


def channel_weights(channels: int, speakers: tuple[str, ...] = ()) -> tuple[float, ...]:
    """Return the weight of each channel; `speakers` says what more than two of them are for, () if nobody does.

    Raises AudioError (`audio-channels`) for more channels than have weights, (`audio-layout`) for an unknown speaker.
    """
    if channels not in CHANNEL_WEIGHTS:
        raise AudioError(
            f"{channels} channels cannot be measured",
            code="audio-channels",
            hint=f"loudness is defined for 1 to {max(CHANNEL_WEIGHTS)} channels",
        )
    if channels <= 2 or not speakers:
        return CHANNEL_WEIGHTS[channels]
    back = 1.0 if {"SL", "SR"} & set(speakers) else 1.41
    weights = {**_SPEAKER_WEIGHTS, "BL": back, "BR": back}
    for number, name in enumerate(speakers, start=1):
        if name not in weights:
            raise AudioError(
                f"channel {number} ({name}) has no weight in loudness",
                code="audio-layout",
                hint="export it with the channels of a known layout, or without a channel mask",
            )
    return tuple(weights[name] for name in speakers)


def design_k_weighting(rate_hz: int) -> tuple[Biquad, Biquad]:
    """Return both stages for a rate: at 48 kHz the standard's own numbers.

    For other rates each stage is taken back to its analogue prototype and transformed anew, so that its corner
    frequency stays where it is at 48 kHz.
    """
    if rate_hz == STANDARD_RATE_HZ:
        return SHELF_48K, HIGHPASS_48K
    return _move(SHELF_48K, rate_hz), _move(HIGHPASS_48K, rate_hz)


def _move(section: Biquad, rate_hz: int) -> Biquad:
    """Undo the bilinear transform at 48 kHz, and do it at the other rate.

    With z = (1 + s) / (1 - s), b0 + b1/z + b2/z² becomes (b0 - b1 + b2) s² + 2 (b0 - b2) s + (b0 + b1 + b2), and back.
    """
    corner = math.sqrt((1.0 + section.a1 + section.a2) / (1.0 - section.a1 + section.a2))
    corner_hz = math.atan(corner) / math.pi * STANDARD_RATE_HZ
    scale = corner / math.tan(math.pi * corner_hz / rate_hz)
    b2, b1, b0 = _to_analogue(section.b0, section.b1, section.b2, scale)
    a2, a1, a0 = _to_analogue(1.0, section.a1, section.a2, scale)
    unity = a2 + a1 + a0
    return Biquad(
        (b2 + b1 + b0) / unity,
        2.0 * (b0 - b2) / unity,
        (b2 - b1 + b0) / unity,
        2.0 * (a0 - a2) / unity,
        (a2 - a1 + a0) / unity,
    )


def _to_analogue(c0: float, c1: float, c2: float, scale: float) -> tuple[float, float, float]:
    """Return the coefficients of s², s and 1, with s in units of the other rate."""
    return (c0 - c1 + c2) * scale**2, 2.0 * (c0 - c2) * scale, c0 + c1 + c2

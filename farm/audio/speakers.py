"""Which loudspeaker each channel of a file with more than two channels is meant for."""

Speakers = tuple[str, ...]
"""A name for each channel, as FFmpeg abbreviates them: FL is front left, SR side right, LFE low-frequency effects."""

MASK_ORDER: Speakers = (
    *("FL", "FR", "FC", "LFE", "BL", "BR", "FLC", "FRC", "BC", "SL", "SR"),
    *("TC", "TFL", "TFC", "TFR", "TBL", "TBC", "TBR"),
)
"""What the bits of a channel mask stand for, the lowest first (Microsoft, WAVEFORMATEXTENSIBLE, dwChannelMask)."""

VORBIS_ORDER: dict[int, Speakers] = {
    3: ("FL", "FC", "FR"),
    4: ("FL", "FR", "BL", "BR"),
    5: ("FL", "FC", "FR", "BL", "BR"),
    6: ("FL", "FC", "FR", "BL", "BR", "LFE"),
    7: ("FL", "FC", "FR", "SL", "SR", "BC", "LFE"),
    8: ("FL", "FC", "FR", "SL", "SR", "BL", "BR", "LFE"),
}
"""The order of channels by their count (Vorbis I specification, 4.3.9; Opus has the same: RFC 7845, 5.1.1.2)."""


def speakers_of_mask(mask: int, channels: int) -> Speakers:
    """Return what a channel mask says of the channels, () if nothing.

    A bit that stands for no loudspeaker, and a channel without a bit, have names that nobody knows.
    """
    if mask == 0:
        return ()
    names = [_name(bit) for bit in range(mask.bit_length()) if mask >> bit & 1]
    return tuple((names + ["unnamed"] * channels)[:channels])


def _name(bit: int) -> str:
    return MASK_ORDER[bit] if bit < len(MASK_ORDER) else f"bit {bit} of the mask"

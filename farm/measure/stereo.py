"""What the plain sums over all samples say: offset, correlation, width."""

import math
from dataclasses import dataclass

_DEAD_POWER = 1e-9
"""A channel that far below the other, by 90 dB, holds dither or the rounding of a filter: it is dead."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums over the frames of a piece of audio: of each channel's samples, of their squares, and of left times right.

    `product` is None unless there are two channels.
    """

    frames: int
    sums: tuple[float, ...]
    squares: tuple[float, ...]
    product: float | None

    def dc_offsets(self) -> tuple[float, ...]:
        """Return the mean of each channel, full scale being 1; () if there are no frames."""
        return tuple(total / self.frames for total in self.sums) if self.frames else ()

    def correlation(self) -> float | None:
        """Return the sum of products over the geometric mean of the powers: 1 for two same channels, -1 for opposite
        ones, as a correlation meter shows it (means stay in).

        None unless stereo, or where a channel is silent or 90 dB below the other.
        """
        if self.product is None or min(self.squares) <= _DEAD_POWER * max(self.squares):
            return None
        left, right = self.squares
        return max(-1.0, min(1.0, self.product / (math.sqrt(left) * math.sqrt(right))))

    def side_to_mid_db(self) -> float | None:
        """Return the power of (left - right) / 2 over that of (left + right) / 2; None unless stereo and both."""
        if self.product is None:
            return None
        both = sum(self.squares)
        mid, side = both + 2.0 * self.product, both - 2.0 * self.product
        return 10.0 * math.log10(side / mid) if mid > 0.0 and side > 0.0 else None

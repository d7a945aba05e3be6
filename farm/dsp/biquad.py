"""Second-order sections from what an engineer says: frequency, gain, Q, slope. Plain float64, no arrays.

Sources: R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients" (W3C note, 2021), for bells,
shelves, notches and the second-order cuts; S. Butterworth, "On the theory of filter amplifiers" (1930), for the Q of
each section of a steeper cut. All are bilinear transforms, pre-warped so that the named frequency is where it says.

No frequency above 0.98 of Nyquist can be placed. A bell, high shelf, notch or low-pass up there has next to nothing to
do below Nyquist and is left out; a low shelf or high-pass acts on all that is below and is placed at that limit.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from farm.units import db_to_linear

HIGHEST_OF_NYQUIST = 0.98
DECIBELS_PER_ORDER = 6


class Section(NamedTuple):
    """H(z) = (b0 + b1 z^-1 + b2 z^-2) / (1 + a1 z^-1 + a2 z^-2)."""

    b0: float
    b1: float
    b2: float
    a1: float
    a2: float

    @property
    def pole_radius(self) -> float:
        """Distance of the slower pole from 0: how much of a free oscillation is left after a frame."""
        discriminant = self.a1 * self.a1 - 4.0 * self.a2
        if discriminant < 0.0:
            return math.sqrt(self.a2)
        return (abs(self.a1) + math.sqrt(discriminant)) / 2.0


def build_band(band: Mapping[str, Any], rate_hz: int) -> list[Section]:
    """Return the sections of one band of an EQ, in the order to run them; none if the band changes nothing."""
    kind, hz = band["kind"], float(band["hz"])
    limit_hz = HIGHEST_OF_NYQUIST * rate_hz / 2.0
    if hz >= limit_hz and kind in ("bell", "highshelf", "notch", "lowpass"):
        return []
    hz = min(hz, limit_hz)
    if kind == "highpass":
        return highpass(hz, int(band["slope_db_oct"]), rate_hz)
    if kind == "lowpass":
        return lowpass(hz, int(band["slope_db_oct"]), rate_hz)
    if kind == "notch":
        return [notch(hz, float(band["q"]), rate_hz)]
    design = {"bell": bell, "lowshelf": low_shelf, "highshelf": high_shelf}[kind]
    gain_db = float(band["gain_db"])
    return [design(hz, gain_db, float(band["q"]), rate_hz)] if gain_db != 0.0 else []


def bell(hz: float, gain_db: float, q: float, rate_hz: int) -> Section:
    """Return a peaking section: `gain_db` at `hz`. The cookbook's Q: a cut undoes the boost of the same Q."""
    cosine, alpha = _angle(hz, q, rate_hz)
    amplitude = db_to_linear(gain_db / 2.0)
    boost, cut = alpha * amplitude, alpha / amplitude
    return _normalise((1.0 + boost, -2.0 * cosine, 1.0 - boost), (1.0 + cut, -2.0 * cosine, 1.0 - cut))


def low_shelf(hz: float, gain_db: float, q: float, rate_hz: int) -> Section:
    """Return a shelf with `gain_db` far below `hz`, half of it (in dB) at `hz`, and 0 dB far above."""
    cosine, alpha = _angle(hz, q, rate_hz)
    amplitude = db_to_linear(gain_db / 2.0)
    up, down, skew = amplitude + 1.0, amplitude - 1.0, 2.0 * math.sqrt(amplitude) * alpha
    numerator = (
        amplitude * (up - down * cosine + skew),
        2.0 * amplitude * (down - up * cosine),
        amplitude * (up - down * cosine - skew),
    )
    return _normalise(numerator, (up + down * cosine + skew, -2.0 * (down + up * cosine), up + down * cosine - skew))


def high_shelf(hz: float, gain_db: float, q: float, rate_hz: int) -> Section:
    """Return a shelf with `gain_db` far above `hz`, half of it (in dB) at `hz`, and 0 dB far below."""
    cosine, alpha = _angle(hz, q, rate_hz)
    amplitude = db_to_linear(gain_db / 2.0)
    up, down, skew = amplitude + 1.0, amplitude - 1.0, 2.0 * math.sqrt(amplitude) * alpha
    numerator = (
        amplitude * (up + down * cosine + skew),
        -2.0 * amplitude * (down + up * cosine),
        amplitude * (up + down * cosine - skew),
    )
    return _normalise(numerator, (up - down * cosine + skew, 2.0 * (down - up * cosine), up - down * cosine - skew))


def notch(hz: float, q: float, rate_hz: int) -> Section:
    """Return a section that takes out `hz` wholly and is 3 dB down over a band of `hz / q`."""
    cosine, alpha = _angle(hz, q, rate_hz)
    return _normalise((1.0, -2.0 * cosine, 1.0), (1.0 + alpha, -2.0 * cosine, 1.0 - alpha))


def highpass(hz: float, slope_db_oct: int, rate_hz: int) -> list[Section]:
    """Return a Butterworth high-pass, -3.01 dB at `hz`; the slope is a multiple of 6 dB an octave."""
    return [_cut(hz, q, rate_hz, is_high=True) for q in _butterworth_qs(slope_db_oct // DECIBELS_PER_ORDER)]


def lowpass(hz: float, slope_db_oct: int, rate_hz: int) -> list[Section]:
    """Return a Butterworth low-pass, -3.01 dB at `hz`; the slope is a multiple of 6 dB an octave."""
    return [_cut(hz, q, rate_hz, is_high=False) for q in _butterworth_qs(slope_db_oct // DECIBELS_PER_ORDER)]


def _butterworth_qs(order: int) -> list[float | None]:
    """Return the Q of each pole pair, lowest first so that nothing in between peaks; None is a single pole."""
    pairs = [1.0 / (2.0 * math.sin(math.pi * (2 * pair + 1) / (2 * order))) for pair in range(order // 2)]
    return [None] * (order % 2) + sorted(pairs)


def _cut(hz: float, q: float | None, rate_hz: int, *, is_high: bool) -> Section:
    sign = -1.0 if is_high else 1.0
    if q is None:
        warped = math.tan(math.pi * hz / rate_hz)
        edge = 1.0 if is_high else warped
        return _normalise((edge, sign * edge, 0.0), (1.0 + warped, warped - 1.0, 0.0))
    cosine, alpha = _angle(hz, q, rate_hz)
    edge = (1.0 - sign * cosine) / 2.0
    return _normalise((edge, sign * 2.0 * edge, edge), (1.0 + alpha, -2.0 * cosine, 1.0 - alpha))


def _angle(hz: float, q: float, rate_hz: int) -> tuple[float, float]:
    omega = 2.0 * math.pi * hz / rate_hz
    return math.cos(omega), math.sin(omega) / (2.0 * q)


def _normalise(numerator: tuple[float, float, float], denominator: tuple[float, float, float]) -> Section:
    (b0, b1, b2), (a0, a1, a2) = numerator, denominator
    return Section(b0 / a0, b1 / a0, b2 / a0, a1 / a0, a2 / a0)

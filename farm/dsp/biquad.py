"""Second-order sections from what an engineer says: kind, frequency, gain, Q, slope. Plain float64, no arrays.

Every kind has an analogue prototype. Bells, shelves and all-passes are those of R. Bristow-Johnson, "Cookbook formulae
for audio EQ biquad filter coefficients" (W3C note, 2021): a bell's Q is its frequency over the bandwidth between the
points of half its gain in dB, a shelf has half its gain at its frequency. Cuts have the Q of each section from S.
Butterworth, "On the theory of filter amplifiers" (1930). A shelf with a slope is such a low-pass, and what undoes
another, moved apart until the levels fit.

The bands of an EQ follow the magnitude of these prototypes up to Nyquist (`farm.dsp.matched`), exact at 0 Hz and at the
named frequency. By how much they miss it at most up to 18 kHz, at any frequency from 10 Hz to 20 kHz, at 44.1 / 48 / 96
kHz: bells, tilts and shelves (Q to 1.4) of 6 dB by 0.12 / 0.07 / 0.03 dB, of 12 dB by 0.2 / 0.13 / 0.05, of 24 dB by
0.36 / 0.27 / 0.08 dB; a low-pass of 6 dB an octave by 0.28 / 0.19 / 0.1 dB, of 12 by 0.2 / 0.1 / 0.02, of 48 by 0.65 /
0.36 / 0.05, as far down as -80 dB. High-passes and all-passes are bilinear transforms, pre-warped so that the named
frequency is where it says; so is what `lowpass` returns, the other half of the high-pass of the same corner.

No frequency above 0.98 of Nyquist can be placed. A bell, high shelf, tilt, notch, all-pass or low-pass up there has
next to nothing to do and is left out; a low shelf or high-pass acts on all that is below and is placed at that limit.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from farm.dsp.matched import Polynomial, match_notch, match_section
from farm.units import db_to_linear

HIGHEST_OF_NYQUIST = 0.98
DECIBELS_PER_ORDER = 6

_WITH_GAIN = ("bell", "lowshelf", "highshelf", "tilt")
_NOTHING_DB = 1e-6
"""Half a bit of a float32 is 5e-7 dB."""

_HARDLY_DB = 1e-3
"""Stands in for a gain of 0 dB where the poles of a section have to be somewhere."""


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

    def inverted(self) -> "Section":
        """Return the section that undoes this one; it has to be of minimum phase."""
        return Section(1.0 / self.b0, self.a1 / self.b0, self.a2 / self.b0, self.b1 / self.b0, self.b2 / self.b0)

    def scaled(self, gain: float) -> "Section":
        """Return the section with a linear gain."""
        return Section(gain * self.b0, gain * self.b1, gain * self.b2, self.a1, self.a2)


class Prototype(NamedTuple):
    """`gain * numerator / denominator`, or `gain * denominator / numerator` if inverted: analogue, s = i f / hz."""

    numerator: Polynomial
    denominator: Polynomial
    is_inverted: bool = False
    gain: float = 1.0

    def magnitude(self, ratio: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the linear gain at frequencies given as multiples of the band's own."""
        square = ratio * ratio
        power = _power(self.numerator, square) / _power(self.denominator, square)
        root: NDArray[np.float64] = np.sqrt(1.0 / power if self.is_inverted else power)
        return self.gain * root


def _power(polynomial: Polynomial, square: NDArray[np.float64]) -> NDArray[np.float64]:
    c0, c1, c2 = polynomial
    result: NDArray[np.float64] = (c0 - c2 * square) ** 2 + c1 * c1 * square
    return result


def find_prototypes(band: Mapping[str, Any]) -> list[Prototype]:
    """Return the analogue filters of a band, in series."""
    kind = band["kind"]
    if kind in ("highpass", "lowpass"):
        order = int(band["slope_db_oct"]) // DECIBELS_PER_ORDER
        return [_cut_prototype(q, is_high=kind == "highpass") for q in butterworth_qs(order)]
    if kind == "notch":
        return [Prototype((1.0, 0.0, 1.0), (1.0, 1.0 / float(band["q"]), 1.0))]
    if kind == "allpass":
        width = 1.0 / float(band["q"])
        return [Prototype((1.0, -width, 1.0), (1.0, width, 1.0))]
    gain_db = float(band["gain_db"])
    if kind == "bell":
        return [_bell(gain_db, float(band["q"]))]
    if kind == "tilt":
        return [_tilt(gain_db)]
    slope_db_oct = band.get("slope_db_oct")
    qs = [float(band["q"])] if slope_db_oct is None else butterworth_qs(int(slope_db_oct) // DECIBELS_PER_ORDER)
    shelf = {"lowshelf": _low_shelf, "highshelf": _high_shelf}[kind]
    order = sum(1 if q is None else 2 for q in qs)
    return [shelf(gain_db, order, q) for q in qs]


def build_band(band: Mapping[str, Any], rate_hz: int, *, keep_flat: bool = False) -> list[Section]:
    """Return the sections of one band, in the order to run them; none if it changes nothing.

    With `keep_flat` a band that changes nothing has the sections that it would have with any other gain.
    """
    kind, hz = band["kind"], float(band["hz"])
    limit_hz = HIGHEST_OF_NYQUIST * rate_hz / 2.0
    is_beyond = hz >= limit_hz and kind not in ("lowshelf", "highpass")
    is_flat = kind in _WITH_GAIN and abs(band["gain_db"]) < _NOTHING_DB
    if is_beyond or is_flat:
        if not keep_flat:
            return []
        if is_beyond:
            return [Section(1.0, 0.0, 0.0, 0.0, 0.0)] * len(find_prototypes(band))
        hardly = build_band({**band, "gain_db": _HARDLY_DB}, rate_hz)
        return [Section(1.0, section.a1, section.a2, section.a1, section.a2) for section in hardly]
    hz = min(hz, limit_hz)
    if kind == "highpass":
        return highpass(hz, int(band["slope_db_oct"]), rate_hz)
    if kind == "notch":
        return [Section(*match_notch(float(band["q"]), hz, rate_hz))]
    if kind == "allpass":
        return [allpass(hz, float(band["q"]), rate_hz)]
    return [_match_prototype(prototype, hz, rate_hz) for prototype in find_prototypes(band)]


def _match_prototype(prototype: Prototype, hz: float, rate_hz: int) -> Section:
    section = Section(*match_section(prototype.numerator, prototype.denominator, hz, rate_hz))
    section = section.inverted() if prototype.is_inverted else section
    return section.scaled(prototype.gain) if prototype.gain != 1.0 else section


def _cut_prototype(q: float | None, *, is_high: bool) -> Prototype:
    if q is None:
        return Prototype((0.0, 1.0, 0.0) if is_high else (1.0, 0.0, 0.0), (1.0, 1.0, 0.0))
    return Prototype((0.0, 0.0, 1.0) if is_high else (1.0, 0.0, 0.0), (1.0, 1.0 / q, 1.0))


def _bell(gain_db: float, q: float) -> Prototype:
    amplitude = db_to_linear(abs(gain_db) / 2.0)
    return Prototype((1.0, amplitude / q, 1.0), (1.0, 1.0 / (amplitude * q), 1.0), gain_db < 0.0)


def _tilt(gain_db: float) -> Prototype:
    amplitude = db_to_linear(abs(gain_db) / 2.0)
    return Prototype((1.0, amplitude, 0.0), (amplitude, 1.0, 0.0), gain_db < 0.0)


def _low_shelf(gain_db: float, order: int, q: float | None) -> Prototype:
    """One section of a shelf of that order in all: `gain_db` far below, in the middle half of its share."""
    spread = db_to_linear(abs(gain_db) / (2.0 * order))
    if q is None:
        return Prototype((spread, 1.0, 0.0), (1.0 / spread, 1.0, 0.0), gain_db < 0.0)
    zeros, poles = spread * spread, 1.0 / (spread * spread)
    return Prototype((zeros, spread / q, 1.0), (poles, 1.0 / (spread * q), 1.0), gain_db < 0.0)


def _high_shelf(gain_db: float, order: int, q: float | None) -> Prototype:
    """A low shelf the other way round, and all of it louder: the same shape with the same frequency."""
    own_order = 1 if q is None else 2
    return _low_shelf(-gain_db, order, q)._replace(gain=db_to_linear(gain_db * own_order / order))


def allpass(hz: float, q: float, rate_hz: int) -> Section:
    """Return a section that turns the phase by 180 degrees at `hz` and by 360 in all, the faster the greater `q`."""
    cosine, alpha = _angle(hz, q, rate_hz)
    return _normalise((1.0 - alpha, -2.0 * cosine, 1.0 + alpha), (1.0 + alpha, -2.0 * cosine, 1.0 - alpha))


def highpass(hz: float, slope_db_oct: int, rate_hz: int) -> list[Section]:
    """Return a Butterworth high-pass, -3.01 dB at `hz`; the slope is a multiple of 6 dB an octave."""
    return [_cut(hz, q, rate_hz, is_high=True) for q in butterworth_qs(slope_db_oct // DECIBELS_PER_ORDER)]


def lowpass(hz: float, slope_db_oct: int, rate_hz: int) -> list[Section]:
    """Return a Butterworth low-pass, -3.01 dB at `hz`; the slope is a multiple of 6 dB an octave."""
    return [_cut(hz, q, rate_hz, is_high=False) for q in butterworth_qs(slope_db_oct // DECIBELS_PER_ORDER)]


def butterworth_qs(order: int) -> list[float | None]:
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

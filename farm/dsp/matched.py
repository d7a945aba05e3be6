"""Digital sections whose magnitude follows an analogue prototype up to Nyquist, where a bilinear transform cramps it.

The squared magnitude of a section is a rational function of x = sin^2(w / 2): of second degree over second degree. It
is fitted to the squared magnitude of the prototype, exact at 0 Hz and at the named frequency, with least squares of the
relative error elsewhere, by linear equations weighted with the outcome of the round before:
C. K. Sanathanan, J. Koerner, "Transfer function synthesis as a ratio of two complex polynomials", IEEE Trans. Automatic
Control 8 (1963). Where many denominators fit equally well, a weak pull towards the poles of the impulse invariant
filter settles which. From the squared magnitude back to coefficients: M. Vicanek, "Matched second order digital
filters" (2016), section 3; what comes out is stable and of minimum phase.
"""

import math

import numpy as np
from numpy.typing import NDArray

from farm.audio.kernel import kernel, kernel_part

Polynomial = tuple[float, float, float]
"""c0 + c1 s + c2 s^2, with s = i f / hz: 1 is the named frequency."""

Coefficients = tuple[float, float, float, float, float]
"""b0, b1, b2, a1, a2 of a section whose a0 is 1."""

_OFFSETS = (-8.0, -4.0, -2.0, -1.0, -0.5, -0.25, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Where the fit looks around a pole or a zero, in half bandwidths, on a logarithmic scale of frequency."""

_HEARD_HZ = 20_000.0
_HEARD_NODES = 16
_UNHEARD_NODES = 8
_UNHEARD_WEIGHT = 0.1
_NODES = 2 * len(_OFFSETS) + _HEARD_NODES + _UNHEARD_NODES
_ROUNDS = 4
_PULL = 0.1
_FLOOR = 1e-8
"""-80 dB: what is softer counts less, the softer the less."""


def match_section(numerator: Polynomial, denominator: Polynomial, hz: float, rate_hz: int) -> Coefficients:
    """Return the section with the magnitude of an analogue one: a bell, low shelf or tilt that boosts, or a low-pass.

    Who wants a cut turns the section of the boost upside down: the two undo each other. A shelf so resonant that no
    section fits comes back as its bilinear transform.
    """
    found: Coefficients = _match(*numerator, *denominator, hz, float(rate_hz))
    return found


def match_notch(q: float, hz: float, rate_hz: int) -> Coefficients:
    """Return a section that takes out `hz` wholly and is 3 dB down where the analogue notch of that Q is.

    If its upper edge lies beyond Nyquist, it has the analogue level at Nyquist instead. Two linear equations for the
    denominator; the zeros lie on the unit circle.
    """
    unit = math.sin(math.pi * hz / rate_hz) ** 2
    half = 0.5 / q
    lower = math.sqrt(1.0 + half * half) - half
    lower_x, lower_slope = _notch_condition(lower, q, hz, rate_hz)
    upper_x, upper_slope = _notch_condition(min(1.0 / lower, rate_hz / (2.0 * hz)), q, hz, rate_hz)
    d2 = (upper_slope - lower_slope) / (upper_x - lower_x)
    a0, a1, a2 = _factor(1.0, lower_slope - d2 * lower_x, d2, unit)
    b0, b1, b2 = 0.25 / unit, -0.5 / unit * math.cos(2.0 * math.pi * hz / rate_hz), 0.25 / unit
    return b0 / a0, b1 / a0, b2 / a0, a1 / a0, a2 / a0


def _notch_condition(ratio: float, q: float, hz: float, rate_hz: int) -> tuple[float, float]:
    """Return x at `ratio * hz` and what d1 + d2 x has to be there."""
    x = (math.sin(math.pi * ratio * hz / rate_hz) / math.sin(math.pi * hz / rate_hz)) ** 2
    square = ratio * ratio
    wanted = (1.0 - x) ** 2 * (1.0 + square / (q * (1.0 - square)) ** 2)
    return x, (wanted - 1.0) / x


@kernel_part
def _square(c0: float, c1: float, c2: float) -> tuple[float, float, float]:
    """The squared magnitude of a polynomial in s, as a polynomial in (f / hz)^2."""
    return c0 * c0, c1 * c1 - 2.0 * c0 * c2, c2 * c2


@kernel_part
def _place_nodes(
    c0: float, c1: float, c2: float, hz: float, nodes_hz: NDArray[np.float64], weights: NDArray[np.float64], first: int
) -> int:
    """Put nodes around the roots of a polynomial, if it has any; return how many there are by then."""
    if c1 == 0.0:
        return first
    centre_hz = hz * (math.sqrt(c0 / c2) if c2 > 0.0 else c0 / c1)
    half_width = math.asinh(c1 / (2.0 * math.sqrt(c0 * c2))) if c2 > 0.0 else 1.0
    for index in range(len(_OFFSETS)):
        nodes_hz[first + index] = centre_hz * math.exp(max(-8.0, min(8.0, half_width * _OFFSETS[index])))
        weights[first + index] = 1.0
    return first + len(_OFFSETS)


@kernel_part
def _spread_nodes(rate_hz: float, nodes_hz: NDArray[np.float64], weights: NDArray[np.float64], first: int) -> int:
    """Put nodes all over the spectrum and hold those beyond Nyquist there; return how many there are by then."""
    nyquist_hz = rate_hz / 2.0
    heard_hz = min(nyquist_hz, _HEARD_HZ)
    for index in range(_HEARD_NODES):
        nodes_hz[first + index] = heard_hz * (index + 1) / _HEARD_NODES
        weights[first + index] = 1.0
    count = first + _HEARD_NODES
    for index in range(_UNHEARD_NODES):
        nodes_hz[count + index] = heard_hz + (nyquist_hz - heard_hz) * (index + 1) / _UNHEARD_NODES
    count += _UNHEARD_NODES
    for index in range(count):
        if nodes_hz[index] > heard_hz:
            weights[index] = _UNHEARD_WEIGHT
            nodes_hz[index] = min(nodes_hz[index], nyquist_hz)
    return count


@kernel_part
def _impulse_invariant(c0: float, c1: float, c2: float, hz: float, rate_hz: float, unit: float) -> tuple[float, float]:
    """The denominator 1 + d1 x + d2 x^2 whose poles are those of the prototype, x in units of `unit`."""
    omega = 2.0 * math.pi * hz / rate_hz
    if c2 == 0.0:
        a1, a2 = -math.exp(-omega * c0 / c1), 0.0
    else:
        half, product = c1 / (2.0 * c2), c0 / c2
        turn = product - half * half
        bend = math.cos(omega * math.sqrt(turn)) if turn >= 0.0 else math.cosh(omega * math.sqrt(-turn))
        a1, a2 = -2.0 * math.exp(-omega * half) * bend, math.exp(-2.0 * omega * half)
    at_dc, at_nyquist = (1.0 + a1 + a2) ** 2, (1.0 - a1 + a2) ** 2
    return (at_nyquist - at_dc - 16.0 * a2) / at_dc * unit, 16.0 * a2 / at_dc * unit * unit


@kernel_part
def _factor(c0: float, c1: float, c2: float, unit: float) -> tuple[float, float, float]:
    """Coefficients of z^0, z^-1, z^-2, roots inside the unit circle, with this squared magnitude, x in units."""
    c1, c2 = c1 / unit, c2 / unit / unit
    at_dc, at_nyquist = math.sqrt(c0), math.sqrt(max(0.0, c0 + c1 + c2))
    spread = math.sqrt(max(0.0, (2.0 * c0 + c1 + 2.0 * at_dc * at_nyquist) / 4.0))
    first = ((at_dc + at_nyquist) / 2.0 + spread) / 2.0
    return first, (at_dc - at_nyquist) / 2.0, c2 / (16.0 * first)


@kernel_part
def _is_power(c0: float, c1: float, c2: float, unit: float) -> bool:
    """Whether a squared magnitude is one: above 0 from 0 Hz to Nyquist."""
    top = 1.0 / unit
    if not (c0 > 0.0 and c0 + top * (c1 + top * c2) > 0.0):
        return False
    turns_inside = c2 > 0.0 and 0.0 < -c1 < 2.0 * c2 * top
    return not turns_inside or 4.0 * c0 * c2 > c1 * c1


@kernel_part
def _bilinear(
    c0: float, c1: float, c2: float, hz: float, rate_hz: float, is_first_order: bool
) -> tuple[float, float, float]:
    scale = 1.0 / math.tan(math.pi * hz / rate_hz)
    c1, c2 = c1 * scale, c2 * scale * scale
    if is_first_order:
        return c0 + c1, c0 - c1, 0.0
    return c0 + c1 + c2, 2.0 * (c0 - c2), c0 - c1 + c2


@kernel_part
def _solve(sums: tuple[float, ...], is_first_order: bool) -> tuple[float, float, float]:
    """Least squares: return d1, d2 and m2 from the upper triangle of the normal equations and their right side."""
    s00, s01, s02, s11, s12, s22, t0, t1, t2 = sums
    if is_first_order:
        return t0 / s00, 0.0, 0.0
    low10, low20 = s01 / s00, s02 / s00
    pivot1 = s11 - low10 * s01
    low21 = (s12 - low20 * s01) / pivot1
    pivot2 = s22 - low20 * s02 - low21 * low21 * pivot1
    half1 = t1 - low10 * t0
    m2 = (t2 - low20 * t0 - low21 * half1) / pivot2
    d2 = half1 / pivot1 - low21 * m2
    return t0 / s00 - low10 * d2 - low20 * m2, d2, m2


@kernel_part
def _fit(
    places: NDArray[np.float64],
    power: NDArray[np.float64],
    wanted: NDArray[np.float64],
    weights: NDArray[np.float64],
    ends: tuple[float, float],
    pulled: tuple[float, float],
    base: float,
    scale: float,
    is_first_order: bool,
) -> tuple[float, float, float, float]:
    """Return d1, d2, m1, m2 of D = 1 + d1 x + d2 x^2 and M = m0 + m1 x + m2 x^2, so that `base + scale * M / D` is the
    wanted power; `wanted` is what M / D has to be at the nodes, `ends` at 0 Hz, which is m0, and at x = 1, exactly.
    """
    start, pinned = ends
    pull1, pull2 = pulled
    pull = _PULL * scale / (1.0 + scale)
    d1, d2, m1, m2 = pull1, pull2, 0.0, 0.0
    for turn in range(_ROUNDS):
        s00, s01, s02, s11, s12, s22, t0, t1, t2 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for index in range(places.size):
            x, want = places[index], wanted[index]
            below = 1.0 + x * (d1 + x * d2)
            above = power[index] * below if turn == 0 else base * below + scale * (start + x * (m1 + x * m2))
            heed = weights[index] * power[index] / (power[index] + _FLOOR)
            weight = heed * scale / math.sqrt(abs(below * above * power[index]) + 1e-300)
            rest = (want - start - (pinned - start) * x) * weight
            e0 = (pinned - want) * x * weight
            e1 = (pinned - want * x) * x * weight
            e2 = (x - 1.0) * x * weight
            prior = 1.0 + x * (pull1 + x * pull2)
            towards = pull * weights[index] / prior
            f0, f1, f = x * towards, x * x * towards, (prior - 1.0) * towards
            s00, s01, s02 = s00 + e0 * e0 + f0 * f0, s01 + e0 * e1 + f0 * f1, s02 + e0 * e2
            s11, s12, s22 = s11 + e1 * e1 + f1 * f1, s12 + e1 * e2, s22 + e2 * e2
            t0, t1, t2 = t0 + rest * e0 + f * f0, t1 + rest * e1 + f * f1, t2 + rest * e2
        d1, d2, m2 = _solve((s00, s01, s02, s11, s12, s22, t0, t1, t2), is_first_order)
        m1 = pinned * (1.0 + d1 + d2) - start - m2
    return d1, d2, m1, m2


@kernel("UniTuple(float64, 5)(float64, float64, float64, float64, float64, float64, float64, float64)")
def _match(
    n0: float, n1: float, n2: float, d0: float, d1: float, d2: float, hz: float, rate_hz: float
) -> tuple[float, float, float, float, float]:
    """The power is fitted as `base + scale * M / D`: with base 1, a gain near 0 dB does not drown in rounding."""
    nodes_hz, weights = np.empty(_NODES), np.empty(_NODES)
    count = _place_nodes(n0, n1, n2, hz, nodes_hz, weights, 0)
    count = _place_nodes(d0, d1, d2, hz, nodes_hz, weights, count)
    count = _spread_nodes(rate_hz, nodes_hz, weights, count)
    is_first_order = n2 == 0.0 and d2 == 0.0
    base = 0.0 if n1 == 0.0 else 1.0
    p0, p1, p2 = _square(n0, n1, n2)
    r0, r1, r2 = _square(d0, d1, d2)
    unit = math.sin(math.pi * hz / rate_hz) ** 2
    places, power, wanted = np.empty(count), np.empty(count), np.empty(count)
    for index in range(count):
        places[index] = math.sin(math.pi * nodes_hz[index] / rate_hz) ** 2 / unit
        square = (nodes_hz[index] / hz) ** 2
        below = r0 + square * (r1 + square * r2)
        power[index] = (p0 + square * (p1 + square * p2)) / below
        over = (p0 - base * r0) + square * ((p1 - base * r1) + square * (p2 - base * r2))
        wanted[index] = over / below
    start, pinned = p0 / r0 - base, (p0 + p1 + p2) / (r0 + r1 + r2) - base
    scale = max(abs(start), np.max(np.abs(wanted)))
    pulled = _impulse_invariant(d0, d1, d2, hz, rate_hz, unit)
    ends = start / scale, pinned / scale
    fit1, fit2, m1, m2 = _fit(places, power, wanted / scale, weights[:count], ends, pulled, base, scale, is_first_order)
    above0, above1, above2 = base + start, base * fit1 + scale * m1, base * fit2 + scale * m2
    if _is_power(above0, above1, above2, unit) and _is_power(1.0, fit1, fit2, unit):
        b0, b1, b2 = _factor(above0, above1, above2, unit)
        a0, a1, a2 = _factor(1.0, fit1, fit2, unit)
    else:
        b0, b1, b2 = _bilinear(n0, n1, n2, hz, rate_hz, is_first_order)
        a0, a1, a2 = _bilinear(d0, d1, d2, hz, rate_hz, is_first_order)
    return b0 / a0, b1 / a0, b2 / a0, a1 / a0, a2 / a0

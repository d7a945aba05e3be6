"""The compressor: feed-forward, stereo-linked, with a soft knee.

Design: D. Giannoulis, M. Massberg, J. D. Reiss, "Digital dynamic range compressor design: a tutorial and analysis",
J. Audio Eng. Soc. 60 (2012): level in dB, quadratic knee (their eq. 4), then a smooth branching detector on the gain
reduction in dB (eq. 16), which is the order they recommend. Both channels get the gain that the louder one asks for.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel, kernel_part
from farm.units import db_to_linear

CHUNK_FRAMES = 1024
"""Frames that go through level, smoothing and gain before the next: the scratch arrays stay in the first cache."""

_BIAS_DB = 1e-20
"""Added to the wanted reduction: far from audible, but its memory never fades into denormal numbers."""

_DB_PER_OCTAVE = np.float32(20.0 * math.log10(2.0))
_OCTAVES_PER_DB = np.float32(1.0 / (20.0 * math.log10(2.0)))

_L0, _L1, _L2, _L3, _L4, _L5 = (
    np.float32(factor) for factor in (1.44268325, -0.72044237, 0.469301686, -0.303389664, 0.146433611, -0.03459521)
)
"""log2(1 + t) / t for 0 <= t < 1, Chebyshev interpolation of degree 5: off by 0.00006 dB at most."""

_E1, _E2, _E3, _E4, _E5 = (
    np.float32(factor) for factor in (0.69314695, 0.240214869, 0.0554094489, 0.00934564856, 0.00100433738)
)
"""(2^t - 1) / t for -1 < t <= 0, Chebyshev interpolation of degree 4: off by 0.000005 dB at most, and 2^0 is 1."""


class Compressor:
    """Params: `threshold_db`, `ratio`, `attack_ms`, `release_ms`, `knee_db`, `makeup_db`, `mix` (0 dry to 1 wet).

    Attack and release are time constants: after that time the reduction in dB has come 63 % of the way. The knee is
    `knee_db` wide with the threshold in its middle. Levels are of samples: 0 dB is full scale.
    """

    latency_frames = 0
    tail_frames = 0

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        threshold_db, knee_db = float(params["threshold_db"]), float(params["knee_db"])
        knee_factor = 0.5 / knee_db if knee_db > 0.0 else 0.0
        slope = 1.0 - 1.0 / float(params["ratio"])
        self._curve = np.array([threshold_db - knee_db / 2.0, knee_db, knee_factor, slope], dtype=np.float32)
        attack = _keep_per_frame(float(params["attack_ms"]), rate_hz)
        release = _keep_per_frame(float(params["release_ms"]), rate_hz)
        self._ballistics = np.array([attack, release])
        mix = float(params["mix"])
        self._levels = np.array([mix * db_to_linear(float(params["makeup_db"])), 1.0 - mix], dtype=np.float32)
        self._reduction_db = np.full(1, _BIAS_DB)
        self._reductions = np.empty(CHUNK_FRAMES, dtype=np.float32)
        self._gains = np.empty(2 * CHUNK_FRAMES, dtype=np.float32)
        self._powers = np.empty(CHUNK_FRAMES, dtype=np.float32)

    def process(self, block: Block) -> None:
        """Compress a `(frames, 2)` block in place."""
        _run_compressor(
            block,
            self._curve,
            self._ballistics,
            self._levels,
            self._reduction_db,
            self._reductions,
            self._gains,
            self._powers,
            self._powers.view(np.int32),
        )


def _keep_per_frame(time_ms: float, rate_hz: int) -> float:
    """Return what is left of a difference after one frame, given the time constant."""
    return math.exp(-1000.0 / (time_ms * rate_hz)) if time_ms > 0.0 else 0.0


@kernel_part
def _measure_peaks(block: Block, start: int, count: int, peaks: NDArray[np.float32]) -> None:
    for index in range(count):
        left, right = abs(block[start + index, 0]), abs(block[start + index, 1])
        peaks[index] = left if left > right else right


@kernel_part
def _find_reductions(
    peak_bits: NDArray[np.int32], count: int, curve: NDArray[np.float32], reductions: NDArray[np.float32]
) -> None:
    """The static curve: dB of reduction for each peak. The bits of 0.0 read as -765 dB: silence needs no branch."""
    knee_start_db, knee_db, knee_factor, slope = curve[0], curve[1], curve[2], curve[3]
    nothing = np.float32(0.0)
    for index in range(count):
        bits = peak_bits[index]
        exponent = np.float32(np.int32(bits >> 23) - np.int32(127))
        part = np.float32(np.int32(bits & 0x7FFFFF)) * np.float32(2.0**-23)
        series = _L0 + part * (_L1 + part * (_L2 + part * (_L3 + part * (_L4 + part * _L5))))
        over_db = (exponent + part * series) * _DB_PER_OCTAVE - knee_start_db
        over_db = over_db if over_db > nothing else nothing
        inside_db = over_db if over_db < knee_db else knee_db
        reductions[index] = slope * (inside_db * inside_db * knee_factor + (over_db - inside_db))


@kernel_part
def _smooth_reductions(
    reductions: NDArray[np.float32], count: int, attack: float, release: float, reduction_db: float
) -> float:
    """Attack while more reduction is wanted than there is, else release.

    Of the two candidates the slower lags behind the target, so the greater is the attack's on the way up and the
    release's on the way down, if the attack is the faster: a maximum instead of a branch. Else it is the minimum.
    """
    attack_share, release_share = 1.0 - attack, 1.0 - release
    if attack <= release:
        for index in range(count):
            wanted_db = np.float64(reductions[index]) + _BIAS_DB
            attacked = attack_share * wanted_db + attack * reduction_db
            released = release_share * wanted_db + release * reduction_db
            reduction_db = attacked if attacked > released else released
            reductions[index] = reduction_db
    else:
        for index in range(count):
            wanted_db = np.float64(reductions[index]) + _BIAS_DB
            attacked = attack_share * wanted_db + attack * reduction_db
            released = release_share * wanted_db + release * reduction_db
            reduction_db = attacked if attacked < released else released
            reductions[index] = reduction_db
    return reduction_db


@kernel_part
def _find_gains(
    reductions: NDArray[np.float32],
    count: int,
    levels: NDArray[np.float32],
    gains: NDArray[np.float32],
    powers: NDArray[np.float32],
    power_bits: NDArray[np.int32],
) -> None:
    """Gain for each sample of the chunk, left and right alternating: 2^whole by its bits, 2^part by its series.

    `power_bits` is the same memory as `powers`.
    """
    wet, dry = levels[0], levels[1]
    for index in range(count):
        octaves = reductions[index] * -_OCTAVES_PER_DB
        whole = np.int32(octaves)
        whole = whole if whole > -126 else np.int32(-126)
        part = octaves - np.float32(whole)
        reductions[index] = np.float32(1.0) + part * (_E1 + part * (_E2 + part * (_E3 + part * (_E4 + part * _E5))))
        power_bits[index] = np.int32((whole + 127) << 23)
    for index in range(count):
        gain = dry + wet * (reductions[index] * powers[index])
        gains[2 * index] = gain
        gains[2 * index + 1] = gain


@kernel(
    "void(float32[:,::1], float32[::1], float64[::1], float32[::1], float64[::1],"
    "float32[::1], float32[::1], float32[::1], int32[::1])"
)
def _run_compressor(
    block: Block,
    curve: NDArray[np.float32],
    ballistics: NDArray[np.float64],
    levels: NDArray[np.float32],
    reduction_db: NDArray[np.float64],
    reductions: NDArray[np.float32],
    gains: NDArray[np.float32],
    powers: NDArray[np.float32],
    power_bits: NDArray[np.int32],
) -> None:
    samples = block.reshape(block.size)
    attack, release, memory_db = ballistics[0], ballistics[1], reduction_db[0]
    for start in range(0, block.shape[0], CHUNK_FRAMES):
        count = min(CHUNK_FRAMES, block.shape[0] - start)
        _measure_peaks(block, start, count, powers)
        _find_reductions(power_bits, count, curve, reductions)
        memory_db = _smooth_reductions(reductions, count, attack, release, memory_db)
        _find_gains(reductions, count, levels, gains, powers, power_bits)
        for index in range(2 * count):
            samples[2 * start + index] *= gains[index]
    reduction_db[0] = memory_db

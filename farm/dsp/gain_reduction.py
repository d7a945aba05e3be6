"""From level to gain: the kernels under everything that works on dynamics, chunk by chunk so that what lies between
stays in the first cache.

Design: D. Giannoulis, M. Massberg, J. D. Reiss, "Digital dynamic range compressor design: a tutorial and analysis",
J. Audio Eng. Soc. 60 (2012): level in dB, quadratic knee (their eq. 4), then a smooth branching detector on the gain
reduction in dB (eq. 16), which is the order they recommend.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel, kernel_part
from farm.dsp.eight_frames import LANES, apply_eight, reduce_eight
from farm.dsp.octave_series import DB_PER_OCTAVE, EXP2_SERIES, LOG2_SERIES, OCTAVES_PER_DB
from farm.dsp.processor import CONTROL_FRAMES

Floats = NDArray[np.float32]
Bits = NDArray[np.int32]
"""The same memory as an array of `Floats`: exponents are read and written as integers."""
Doubles = NDArray[np.float64]

CHUNK_FRAMES = 1024
"""Frames that go through level, smoothing and gain before the next: the scratch arrays stay in the first cache."""

RAMP_FRAMES = CONTROL_FRAMES
"""A level that is set anew gets there evenly in that many frames."""

BIAS_DB = 1e-20
"""Added to the wanted reduction: far from audible, but its memory never fades into denormal numbers."""

BIAS_POWER = 1e-30
"""Added to the squares whose mean is taken, for the same reason: -300 dB."""

_L0, _L1, _L2, _L3, _L4, _L5 = LOG2_SERIES
_E1, _E2, _E3, _E4, _E5 = EXP2_SERIES

_LAG_GROUPS = 4
"""That many groups lie between smoothing and gain: what is stored one by one has to be on its way to memory before it
can be loaded as a vector."""


def keep_per_frame(time_ms: float, rate_hz: int) -> float:
    """Return what is left of a difference after one frame, given the time constant."""
    return math.exp(-1000.0 / (time_ms * rate_hz)) if time_ms > 0.0 else 0.0


@kernel_part
def _decibels(bits: Any, db_per_octave: Any) -> Any:
    """Return the level of a float32, given its bits. Those of 0.0 read as -765 dB: silence needs no branch."""
    exponent = np.float32(np.int32(bits >> 23) - np.int32(127))
    part = np.float32(np.int32(bits & 0x7FFFFF)) * np.float32(2.0**-23)
    series = _L0 + part * (_L1 + part * (_L2 + part * (_L3 + part * (_L4 + part * _L5))))
    return (exponent + part * series) * db_per_octave


@kernel_part
def _wanted_reduction(level_db: Any, knee_start_db: Any, knee_db: Any, knee_factor: Any, slope: Any, limit: Any) -> Any:
    """The static curve: dB of reduction for a level."""
    nothing = np.float32(0.0)
    over_db = level_db - knee_start_db
    over_db = over_db if over_db > nothing else nothing
    inside_db = over_db if over_db < knee_db else knee_db
    reduction_db = slope * (inside_db * inside_db * knee_factor + (over_db - inside_db))
    return reduction_db if reduction_db < limit else limit


@kernel_part
def _measure_peaks(detector: Block, start: int, count: int, peaks: Floats) -> None:
    for index in range(count):
        left, right = abs(detector[start + index, 0]), abs(detector[start + index, 1])
        peaks[index] = left if left > right else right


@kernel_part
def _measure_peaks_apart(detector: Block, start: int, count: int, left: Floats, right: Floats) -> None:
    for index in range(count):
        left[index], right[index] = abs(detector[start + index, 0]), abs(detector[start + index, 1])


@kernel_part
def _measure_powers(
    detector: Block, start: int, count: int, keep: float, means: Doubles, left: Floats, right: Floats
) -> None:
    """The running mean square of each channel, whose memory is `means`."""
    left_mean, right_mean, share = means[0], means[1], 1.0 - keep
    for index in range(count):
        left_sample, right_sample = np.float64(detector[start + index, 0]), np.float64(detector[start + index, 1])
        left_mean = share * (left_sample * left_sample + BIAS_POWER) + keep * left_mean
        right_mean = share * (right_sample * right_sample + BIAS_POWER) + keep * right_mean
        left[index], right[index] = left_mean, right_mean
    means[0], means[1] = left_mean, right_mean


@kernel_part
def _take_louder(left: Floats, right: Floats, count: int) -> None:
    for index in range(count):
        left[index] = left[index] if left[index] > right[index] else right[index]


@kernel_part
def _reduce_linked(level_bits: Bits, count: int, curve: Floats, reductions: Floats) -> None:
    knee_start_db, knee_db, knee_factor, slope, limit = curve[0], curve[1], curve[2], curve[3], curve[4]
    db_per_octave = curve[5]
    for index in range(count):
        level_db = _decibels(level_bits[index], db_per_octave)
        reductions[index] = _wanted_reduction(level_db, knee_start_db, knee_db, knee_factor, slope, limit)


@kernel_part
def _reduce_apart(left_bits: Bits, right_bits: Bits, count: int, curve: Floats, left: Floats, right: Floats) -> None:
    """Each channel's level is drawn to the louder one's by the link, in dB; with a link of 1 the bits are those of
    `_reduce_linked`.
    """
    knee_start_db, knee_db, knee_factor, slope, limit = curve[0], curve[1], curve[2], curve[3], curve[4]
    db_per_octave, link, own = curve[5], curve[6], np.float32(1.0) - curve[6]
    for index in range(count):
        louder_bits = left_bits[index] if left_bits[index] > right_bits[index] else right_bits[index]
        linked_db = link * _decibels(louder_bits, db_per_octave)
        left_db = linked_db + own * _decibels(left_bits[index], db_per_octave)
        right_db = linked_db + own * _decibels(right_bits[index], db_per_octave)
        left[index] = _wanted_reduction(left_db, knee_start_db, knee_db, knee_factor, slope, limit)
        right[index] = _wanted_reduction(right_db, knee_start_db, knee_db, knee_factor, slope, limit)


@kernel_part
def _smooth_reductions(reductions: Floats, count: int, attack: float, release: float, reduction_db: float) -> float:
    """Attack while more reduction is wanted than there is, else release.

    Of the two candidates the slower lags behind the target, so the greater is the attack's on the way up and the
    release's on the way down, if the attack is the faster: a maximum instead of a branch. Else it is the minimum.
    """
    attack_share, release_share = 1.0 - attack, 1.0 - release
    if attack <= release:
        for index in range(count):
            wanted_db = np.float64(reductions[index]) + BIAS_DB
            attacked = attack_share * wanted_db + attack * reduction_db
            released = release_share * wanted_db + release * reduction_db
            reduction_db = attacked if attacked > released else released
            reductions[index] = reduction_db
    else:
        for index in range(count):
            wanted_db = np.float64(reductions[index]) + BIAS_DB
            attacked = attack_share * wanted_db + attack * reduction_db
            released = release_share * wanted_db + release * reduction_db
            reduction_db = attacked if attacked < released else released
            reductions[index] = reduction_db
    return reduction_db


@kernel_part
def _compress_groups(
    block: Block,
    detector: Block,
    start: int,
    groups: int,
    curve: Floats,
    attack: float,
    release: float,
    levels: Floats,
    reductions: Floats,
    reduction_db: float,
) -> float:
    """The loops below for the plain case, bit for bit and in two thirds of the time: linked, by peaks, steady levels,
    the attack the faster, whole groups of eight frames. Curve, smoothing and gain work on different groups at a time.
    """
    settings = (curve[0], curve[1], curve[2], curve[3], curve[4], curve[5])
    wet, dry = levels[0], levels[1]
    attack_share, release_share = 1.0 - attack, 1.0 - release
    for group in range(groups + 1 + _LAG_GROUPS):
        if group < groups:
            reduce_eight(detector, start + LANES * group, settings, reductions, LANES * group)
        if 0 < group <= groups:
            for index in range(LANES * (group - 1), LANES * group):
                wanted_db = np.float64(reductions[index]) + BIAS_DB
                attacked = attack_share * wanted_db + attack * reduction_db
                released = release_share * wanted_db + release * reduction_db
                reduction_db = attacked if attacked > released else released
                reductions[index] = reduction_db
        if group > _LAG_GROUPS:
            place = LANES * (group - 1 - _LAG_GROUPS)
            apply_eight(block, start + place, reductions, place, wet, dry)
    return reduction_db


@kernel_part
def _split_gains(reductions: Floats, count: int, power_bits: Bits) -> None:
    """Replace dB of reduction by a factor from 0.5 to 1, and leave the power of two that goes with it in `power_bits`:
    2^part by its series, 2^whole by its bits.
    """
    for index in range(count):
        octaves = reductions[index] * -OCTAVES_PER_DB
        whole = np.int32(octaves)
        whole = whole if whole > -126 else np.int32(-126)
        part = octaves - np.float32(whole)
        reductions[index] = np.float32(1.0) + part * (_E1 + part * (_E2 + part * (_E3 + part * (_E4 + part * _E5))))
        power_bits[index] = np.int32((whole + 127) << 23)


@kernel_part
def _join_gains(factors: Floats, powers: Floats, count: int, levels: Floats, gains: Floats, lane: int) -> None:
    """Gains of one channel, between those of the other."""
    wet, dry = levels[0], levels[1]
    for index in range(count):
        gains[2 * index + lane] = dry + wet * (factors[index] * powers[index])


@kernel_part
def _join_gains_linked(factors: Floats, powers: Floats, count: int, levels: Floats, gains: Floats) -> None:
    """Gains of both channels, left and right alternating."""
    wet, dry = levels[0], levels[1]
    for index in range(count):
        gain = dry + wet * (factors[index] * powers[index])
        gains[2 * index] = gain
        gains[2 * index + 1] = gain


@kernel_part
def _join_moving_gains(
    factors: Floats, powers: Floats, count: int, levels: Floats, left_frames: int, gains: Floats, lane: int
) -> None:
    """The same while the levels are on their way; there are `left_frames` left before the first frame."""
    wet, dry, past_wet, past_dry = levels[0], levels[1], levels[2], levels[3]
    for index in range(count):
        past = np.float32(left_frames - 1 - index) * np.float32(1.0 / RAMP_FRAMES)
        moving_wet, moving_dry = wet + (past_wet - wet) * past, dry + (past_dry - dry) * past
        gains[2 * index + lane] = moving_dry + moving_wet * (factors[index] * powers[index])


@kernel(
    "int64(float32[:,::1], float32[:,::1], float32[::1], float64[::1], float32[::1], boolean, boolean, int64,"
    " float64[::1], float64[::1], float32[:,::1], int32[:,::1], float32[::1])"
)
def run_compressor(
    block: Block,
    detector: Block,
    curve: Floats,
    ballistics: Doubles,
    levels: Floats,
    is_rms: bool,
    is_linked: bool,
    ramp_left: int,
    reduction_db: Doubles,
    means: Doubles,
    scratch: Floats,
    scratch_bits: Bits,
    gains: Floats,
) -> int:
    """Compress `block` in place by the level of `detector`, same shape, which may be the block itself.

    `curve` is start of the knee, knee, 0.5 / knee, slope, most reduction, dB an octave, link; `ballistics` what is kept
    per frame in attack, release and mean; `levels` wet and dry as they shall be and as they were before the ramp. If
    `is_linked`, both channels have one reduction. Returns the frames of the ramp that are left.

    It is long because a chunk goes all the way from level to gain in it while it is in the first cache.
    """
    samples = block.reshape(block.size)
    attack, release, rms = ballistics[0], ballistics[1], ballistics[2]
    left, right, left_level, right_level = scratch[0], scratch[1], scratch[2], scratch[3]
    left_bits, right_bits = scratch_bits[2], scratch_bits[3]
    is_plain = is_linked and not is_rms and attack <= release
    start, frames = 0, block.shape[0]
    while start < frames:
        count = min(CHUNK_FRAMES, frames - start)
        if ramp_left > 0:
            count = min(count, ramp_left)
        elif is_plain and count >= LANES:
            count -= count % LANES
            reduction_db[0] = _compress_groups(
                block, detector, start, count // LANES, curve, attack, release, levels, left, reduction_db[0]
            )
            start += count
            continue
        if is_rms:
            _measure_powers(detector, start, count, rms, means, left_level, right_level)
            if is_linked:
                _take_louder(left_level, right_level, count)
        elif is_linked:
            _measure_peaks(detector, start, count, left_level)
        else:
            _measure_peaks_apart(detector, start, count, left_level, right_level)
        if is_linked:
            _reduce_linked(left_bits, count, curve, left)
        else:
            _reduce_apart(left_bits, right_bits, count, curve, left, right)
            reduction_db[1] = _smooth_reductions(right, count, attack, release, reduction_db[1])
            _split_gains(right, count, right_bits)
        reduction_db[0] = _smooth_reductions(left, count, attack, release, reduction_db[0])
        _split_gains(left, count, left_bits)
        if ramp_left > 0:
            second, second_level = (left, left_level) if is_linked else (right, right_level)
            _join_moving_gains(left, left_level, count, levels, ramp_left, gains, 0)
            _join_moving_gains(second, second_level, count, levels, ramp_left, gains, 1)
            ramp_left -= count
        elif is_linked:
            _join_gains_linked(left, left_level, count, levels, gains)
        else:
            _join_gains(left, left_level, count, levels, gains, 0)
            _join_gains(right, right_level, count, levels, gains, 1)
        for index in range(2 * count):
            samples[2 * start + index] *= gains[index]
        start += count
    if is_linked:
        reduction_db[1] = reduction_db[0]
    return ramp_left


@kernel("float64(float32[:,::1], float32[::1], float64, float64, float64, int32[::1])")
def apply_reductions(
    block: Block, reductions: Floats, attack: float, release: float, reduction_db: float, power_bits: Bits
) -> float:
    """Smooth the wanted reductions (dB, one a frame, overwritten) and lower both channels by them, in place.

    `attack` is kept per frame of what the reduction has to grow, `release` of what it has to fall; `power_bits` is
    scratch of one a frame. Returns the reduction after the last frame.
    """
    powers = power_bits.view(np.float32)
    reduction_db = _smooth_reductions(reductions, block.shape[0], attack, release, reduction_db)
    _split_gains(reductions, block.shape[0], power_bits)
    for index in range(block.shape[0]):
        gain = reductions[index] * powers[index]
        block[index, 0] *= gain
        block[index, 1] *= gain
    return reduction_db


@kernel("void(float32[:,::1], float32[::1])")
def apply_gains(block: Block, gains_db: Floats) -> None:
    """Raise or lower both channels by dB, one a frame. 0 dB changes no bit; `gains_db` is overwritten."""
    bits = gains_db.view(np.int32)
    for index in range(block.shape[0]):
        octaves = gains_db[index] * OCTAVES_PER_DB
        whole = np.int32(octaves)
        whole = whole + np.int32(1) if octaves > np.float32(whole) else whole
        part = octaves - np.float32(whole)
        factor = np.float32(1.0) + part * (_E1 + part * (_E2 + part * (_E3 + part * (_E4 + part * _E5))))
        bits[index] = np.int32((whole + 127) << 23)
        power = gains_db[index]
        block[index, 0] *= factor * power
        block[index, 1] *= factor * power


@kernel("void(float32[::1], int64, int32[::1])")
def find_levels(amplitudes: Floats, count: int, bits: Bits) -> None:
    """Replace the first `count` amplitudes, 0 or more, by their levels in dB; `bits` is the same memory."""
    for index in range(count):
        amplitudes[index] = _decibels(bits[index], DB_PER_OCTAVE)

"""Eight frames at once inside kernels: from their samples to the reduction they want, and from a reduction to samples.

Between the two a compressor smooths frame after frame, each of which waits for the one before. The processor fills
that waiting with the frames around, if they are few instructions away: whole vectors, which LLVM makes of loops only.
Every operation is a single IEEE 754 operation on each lane, in the order of `gain_reduction`'s loops, hence the same
bits. numba looks at a kernel's own file only: after a change here, delete the caches of the kernels that use it.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from farm.dsp.octave_series import EXP2_SERIES, LOG2_SERIES, OCTAVES_PER_DB

LANES = 8

_FLOATS = ir.VectorType(ir.FloatType(), LANES)
_INTS = ir.VectorType(ir.IntType(32), LANES)


def _number(value: float) -> Any:
    return ir.Constant(_FLOATS, [float(value)] * LANES)


def _whole(value: int) -> Any:
    return ir.Constant(_INTS, [value] * LANES)


def _shuffle(builder: Any, first: Any, second: Any, places: list[int]) -> Any:
    return builder.shuffle_vector(first, second, ir.Constant(_INTS, places))


def _in_all_lanes(builder: Any, value: Any) -> Any:
    one = builder.insert_element(ir.Constant(_FLOATS, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    return _shuffle(builder, one, one, [0] * LANES)


def _locate(context: Any, builder: Any, array_type: Any, array: Any, place: Any) -> Any:
    """Return the address of eight numbers of a C-contiguous float32 array, from that of its number `place` on."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [place]), _FLOATS.as_pointer())


def _locate_frames(context: Any, builder: Any, block_type: Any, block: Any, frame: Any) -> list[Any]:
    """Return the addresses of the samples of frames 0 to 3 and 4 to 7 from `frame` on."""
    place = builder.mul(frame, ir.Constant(frame.type, 2))
    first = _locate(context, builder, block_type, block, place)
    return [first, builder.gep(first, [ir.Constant(ir.IntType(32), 1)])]


def _evaluate(builder: Any, series: tuple[Any, ...], part: Any) -> Any:
    result = _number(series[-1])
    for factor in reversed(series[:-1]):
        result = builder.fadd(_number(factor), builder.fmul(part, result))
    return result


def _select(builder: Any, comparison: str, value: Any, limit: Any) -> Any:
    return builder.select(builder.fcmp_ordered(comparison, value, limit), value, limit)


def _measure_peaks(builder: Any, halves: list[Any]) -> Any:
    kind = ir.FunctionType(_FLOATS, [_FLOATS])
    absolute = cgutils.get_or_insert_function(builder.module, kind, "llvm.fabs.v8f32")
    first, second = (builder.load(half, align=4) for half in halves)
    left, right = (
        builder.call(absolute, [_shuffle(builder, first, second, [2 * lane + channel for lane in range(LANES)])])
        for channel in range(2)
    )
    return _select(builder, ">", left, right)


def _find_levels(builder: Any, peaks: Any, db_per_octave: Any) -> Any:
    bits = builder.bitcast(peaks, _INTS)
    exponent = builder.sitofp(builder.sub(builder.ashr(bits, _whole(23)), _whole(127)), _FLOATS)
    part = builder.fmul(builder.sitofp(builder.and_(bits, _whole(0x7FFFFF)), _FLOATS), _number(2.0**-23))
    octaves = builder.fadd(exponent, builder.fmul(part, _evaluate(builder, LOG2_SERIES, part)))
    return builder.fmul(octaves, db_per_octave)


def _want_reductions(builder: Any, levels: Any, curve: list[Any]) -> Any:
    knee_start, knee, knee_factor, slope, limit = curve
    over = _select(builder, ">", builder.fsub(levels, knee_start), _number(0.0))
    inside = _select(builder, "<", over, knee)
    bend = builder.fmul(builder.fmul(inside, inside), knee_factor)
    reduction = builder.fmul(slope, builder.fadd(bend, builder.fsub(over, inside)))
    return _select(builder, "<", reduction, limit)


def _find_gains(builder: Any, reductions: Any) -> Any:
    octaves = builder.fmul(reductions, _number(-float(OCTAVES_PER_DB)))
    whole = builder.fptosi(octaves, _INTS)
    whole = builder.select(builder.icmp_signed(">", whole, _whole(-126)), whole, _whole(-126))
    part = builder.fsub(octaves, builder.sitofp(whole, _FLOATS))
    factor = builder.fadd(_number(1.0), builder.fmul(part, _evaluate(builder, EXP2_SERIES, part)))
    power = builder.bitcast(builder.shl(builder.add(whole, _whole(127)), _whole(23)), _FLOATS)
    return builder.fmul(factor, power)


def _reduce_eight(_: Any, detector: Any, frame: Any, curve: Any, reductions: Any, place: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        halves = _locate_frames(context, builder, signature.args[0], args[0], args[1])
        settings = [_in_all_lanes(builder, each) for each in cgutils.unpack_tuple(builder, args[2])]
        levels = _find_levels(builder, _measure_peaks(builder, halves), settings[5])
        target = _locate(context, builder, signature.args[3], args[3], args[4])
        builder.store(_want_reductions(builder, levels, settings[:5]), target, align=4)
        return context.get_dummy_value()

    return types.void(detector, types.intp, types.UniTuple(types.float32, 6), reductions, types.intp), generate


def _apply_eight(_: Any, block: Any, frame: Any, reductions: Any, place: Any, wet: Any, dry: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source = _locate(context, builder, signature.args[2], args[2], args[3])
        gains = _find_gains(builder, builder.load(source, align=4))
        wet_gains = builder.fmul(_in_all_lanes(builder, args[4]), gains)
        gains = builder.fadd(_in_all_lanes(builder, args[5]), wet_gains)
        for number, half in enumerate(_locate_frames(context, builder, signature.args[0], args[0], args[1])):
            of_samples = _shuffle(builder, gains, gains, [4 * number + lane // 2 for lane in range(LANES)])
            builder.store(builder.fmul(builder.load(half, align=4), of_samples), half, align=4)
        return context.get_dummy_value()

    return types.void(block, types.intp, reductions, types.intp, types.float32, types.float32), generate


reduce_eight: Any = intrinsic(_reduce_eight)
"""`reduce_eight(detector, frame, curve, reductions, place)`: for the louder channel of eight frames of a (frames, 2)
float32 array, write from `place` on the reduction in dB that the static curve wants. `curve` is six float32: start of
the knee, knee, 0.5 / knee, slope, most reduction, dB an octave."""

apply_eight: Any = intrinsic(_apply_eight)
"""`apply_eight(block, frame, reductions, place, wet, dry)`: multiply eight frames of a (frames, 2) float32 array by
`dry + wet * 10^(-reduction / 20)`."""

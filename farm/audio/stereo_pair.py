"""A stereo frame as one value inside kernels: two float64 lanes, left and right, that one instruction moves together.

LLVM does not find this form in scalar code by itself, and a filter is two to three times as fast with it. Every
operation is a single IEEE 754 operation on each lane (a fused multiply-add rounds once, also where the machine has to
imitate it), hence the same bits on every machine. numba looks at a kernel's own file only: after a change here, delete
the caches of the kernels that use it.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

_DOUBLES = ir.VectorType(ir.DoubleType(), 2)
_FLOATS = ir.VectorType(ir.FloatType(), 2)


class _PairType(types.Type):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__(name="StereoPair")


_PAIR = _PairType()


class _PairModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _DOUBLES)


register_model(_PairType)(_PairModel)


def _locate(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> tuple[Any, int]:
    """Return the address of row `index` of a (rows, 2) array as a vector, and its alignment in bytes."""
    is_single = array_type.dtype == types.float32
    data = context.make_array(array_type)(context, builder, array).data
    row = builder.gep(data, [builder.mul(index, ir.Constant(index.type, 2))])
    vector = _FLOATS if is_single else _DOUBLES
    return builder.bitcast(row, vector.as_pointer()), 4 if is_single else 8


def _load_pair(_: Any, array: Any, index: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address, align = _locate(context, builder, array, *args)
        value = builder.load(address, align=align)
        return builder.fpext(value, _DOUBLES) if align == 4 else value

    return _PAIR(array, types.intp), generate


def _store_pair(_: Any, array: Any, index: Any, pair: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address, align = _locate(context, builder, array, *args[:2])
        value = builder.fptrunc(args[2], _FLOATS) if align == 4 else args[2]
        builder.store(value, address, align=align)
        return context.get_dummy_value()

    return types.void(array, types.intp, _PAIR), generate


def _both(_: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pair = ir.Constant(_DOUBLES, ir.Undefined)
        for lane in range(2):
            pair = builder.insert_element(pair, args[0], ir.Constant(ir.IntType(32), lane))
        return pair

    return _PAIR(types.float64), generate


def _multiply(_: Any, first: Any, second: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fmul(*args)

    return _PAIR(_PAIR, _PAIR), generate


def _multiply_add(_: Any, first: Any, second: Any, addend: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(_DOUBLES, [_DOUBLES] * 3)
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, "llvm.fma.v2f64"), args)

    return _PAIR(_PAIR, _PAIR, _PAIR), generate


load_pair: Any = intrinsic(_load_pair)
"""`load_pair(array, index)`: row `index` of a C-contiguous (rows, 2) float32 or float64 array."""

store_pair: Any = intrinsic(_store_pair)
"""`store_pair(array, index, pair)`: write row `index`, rounded once if the array is float32."""

both: Any = intrinsic(_both)
"""`both(value)`: the same float64 in both lanes."""

multiply: Any = intrinsic(_multiply)
"""`multiply(first, second)`: the product, lane by lane."""

multiply_add: Any = intrinsic(_multiply_add)
"""`multiply_add(first, second, addend)`: first * second + addend, rounded once."""

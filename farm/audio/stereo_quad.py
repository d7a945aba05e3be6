"""Two stereo frames as one value inside kernels: four float64 lanes that one instruction moves together.

As `farm.audio.stereo_pair`, of which a quad holds two, the lower and the upper. Where the machine's vectors are shorter
it does each half by itself: the same bits. numba looks at a kernel's own file only: after a change here, delete the
caches of the kernels that use it.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

from farm.audio.stereo_pair import _PAIR

_QUAD_DOUBLES = ir.VectorType(ir.DoubleType(), 4)
_INDEX = ir.IntType(32)


class _QuadType(types.Type):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__(name="StereoQuad")


_QUAD = _QuadType()


class _QuadModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _QUAD_DOUBLES)


register_model(_QuadType)(_QuadModel)


def _shuffle(builder: Any, first: Any, second: Any, lanes: tuple[int, ...]) -> Any:
    mask = ir.Constant(ir.VectorType(_INDEX, len(lanes)), [ir.Constant(_INDEX, lane) for lane in lanes])
    return builder.shuffle_vector(first, second, mask)


def _join(_: Any, lower: Any, upper: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _shuffle(builder, args[0], args[1], (0, 1, 2, 3))

    return _QUAD(_PAIR, _PAIR), generate


def _lower(_: Any, quad: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _shuffle(builder, args[0], args[0], (0, 1))

    return _PAIR(_QUAD), generate


def _upper(_: Any, quad: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _shuffle(builder, args[0], args[0], (2, 3))

    return _PAIR(_QUAD), generate


def _multiply(_: Any, first: Any, second: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fmul(*args)

    return _QUAD(_QUAD, _QUAD), generate


def _multiply_add(_: Any, first: Any, second: Any, addend: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(_QUAD_DOUBLES, [_QUAD_DOUBLES] * 3)
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, "llvm.fma.v4f64"), args)

    return _QUAD(_QUAD, _QUAD, _QUAD), generate


join_pairs: Any = intrinsic(_join)
"""`join_pairs(lower, upper)`: two pairs side by side."""

lower_pair: Any = intrinsic(_lower)
"""`lower_pair(quad)`"""

upper_pair: Any = intrinsic(_upper)
"""`upper_pair(quad)`"""

multiply_quads: Any = intrinsic(_multiply)
"""`multiply_quads(first, second)`: the product, lane by lane."""

multiply_add_quads: Any = intrinsic(_multiply_add)
"""`multiply_add_quads(first, second, addend)`: first * second + addend, rounded once."""

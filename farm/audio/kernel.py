"""Compiled kernels: the one way a function over samples becomes machine code."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(*signatures: str) -> Callable[[Function], Function]:
    """Return a decorator that compiles a function for the given numba signatures, `"void(float32[:, ::1])"`.

    It is compiled when its module is imported, or loaded from numba's cache beside the module. It runs without the
    interpreter's lock. There is no fast-math: additions keep their written order, so the bytes that come out don't
    depend on how a stream is cut into blocks. Dividing by zero follows IEEE 754 (`error_model="numpy"`).
    """
    compiler = numba.njit(list(signatures), nogil=True, cache=True, error_model="numpy")
    return cast(Callable[[Function], Function], compiler)


def kernel_part(function: Function) -> Function:
    """Return a function that is compiled into each kernel that calls it, and never called from Python.

    numba notices a change of a kernel's own file only: keep parts beside their kernels.
    """
    return cast(Function, numba.njit(nogil=True, error_model="numpy")(function))

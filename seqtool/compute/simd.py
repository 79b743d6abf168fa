"""Sixteen numbers at once, for the innermost loops.

A `Lanes` value is a vector of 16 floats that lives in registers. Compiled loops over ordinary arrays are made into
vector code only where the compiler sees through them; these operations are vector code by construction, on any CPU
(narrower ones take two or four registers), and sum in one fixed order.

    p = pointer(array)          to the numbers of a contiguous array, which must outlive it; p[i] reads and writes one
    after(p, at)                a pointer to p[at]
    a = load(p, at)             p[at:at + 16]; float32 or float64; nothing checks the bounds
    store(p, at, a)
    splat(p, at)                p[at] in all lanes
    zeros(p)                    lanes of the pointer's type
    add(a, b)                   a + b
    multiply_add(a, b, c)       a * b + c
    multiply(a, b)              a * b
    over_root(a, b)             a / √b
    total(a)                    the sum of the lanes, halves added to halves
    prefetch(p, at)             a hint that p[at] and what follows will be needed

A kernel that hands a pointer to another pays nothing; for an array it would count the references.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from seqtool.compute import jit  # noqa: F401  (sets numba's cache folder before numba is imported)

# isort: split
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.core.datamodel.models import PrimitiveModel
from numba.extending import intrinsic, register_model

WIDTH = 16
_Function = Callable[..., Any]
_operation = cast(Callable[[_Function], _Function], intrinsic)  # what it makes of a function takes one argument less
_declared: _Function = cgutils.get_or_insert_function
_pointer_to: _Function = types.CPointer
_FLAGS = ("contract", "nsz")


class Lanes(types.Type):
    """The type of 16 floats of one precision."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        super().__init__(name=f"Lanes({dtype})")  # type: ignore[no-untyped-call]


def _vector(lanes: Any) -> Any:
    return ir.VectorType(ir.FloatType() if lanes.dtype == types.float32 else ir.DoubleType(), WIDTH)


@register_model(Lanes)
class _LanesModel(PrimitiveModel):
    def __init__(self, manager: Any, lanes: Any) -> None:
        super().__init__(manager, lanes, _vector(lanes))  # type: ignore[no-untyped-call]


def _alignment(kind: Any) -> int:
    return int(kind.dtype.bitwidth // 8)


@_operation
def pointer(typing: Any, array: Any) -> Any:
    """Where the numbers of a contiguous array are."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return context.make_array(array)(context, builder, arguments[0]).data

    return _pointer_to(array.dtype)(array), build


@_operation
def after(typing: Any, p: Any, at: Any) -> Any:
    """Where ``p[at]`` is."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.gep(arguments[0], [arguments[1]])

    return p(p, types.intp), build


@_operation
def load(typing: Any, p: Any, at: Any) -> Any:
    """Lanes from ``p[at:at + 16]``."""
    result = Lanes(p.dtype)

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = builder.gep(arguments[0], [arguments[1]])
        place = builder.bitcast(place, _vector(result).as_pointer())
        return builder.load(place, align=_alignment(p), typ=_vector(result))

    return result(p, types.intp), build


@_operation
def store(typing: Any, p: Any, at: Any, lanes: Any) -> Any:
    """Lanes to ``p[at:at + 16]``."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = builder.gep(arguments[0], [arguments[1]])
        place = builder.bitcast(place, _vector(lanes).as_pointer())
        builder.store(arguments[2], place, align=_alignment(p))
        return context.get_dummy_value()

    return types.void(p, types.intp, lanes), build


@_operation
def splat(typing: Any, p: Any, at: Any) -> Any:
    """``p[at]`` in all lanes."""
    result = Lanes(p.dtype)

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value = builder.load(builder.gep(arguments[0], [arguments[1]]))
        first = builder.insert_element(
            ir.Constant(_vector(result), ir.Undefined), value, ir.Constant(ir.IntType(32), 0)
        )
        mask = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
        return builder.shuffle_vector(first, ir.Constant(_vector(result), ir.Undefined), mask)

    return result(p, types.intp), build


@_operation
def zeros(typing: Any, p: Any) -> Any:
    """Zeros of the precision of ``p``."""
    result = Lanes(p.dtype)

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return ir.Constant(_vector(result), None)

    return result(p), build


@_operation
def add(typing: Any, a: Any, b: Any) -> Any:
    """``a + b``."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fadd(*arguments, flags=_FLAGS)

    return a(a, b), build


@_operation
def multiply_add(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """``a * b + c``."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        first, second, third = arguments
        return builder.fadd(builder.fmul(first, second, flags=_FLAGS), third, flags=_FLAGS)

    return a(a, b, c), build


@_operation
def multiply(typing: Any, a: Any, b: Any) -> Any:
    """``a * b``."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fmul(*arguments, flags=_FLAGS)

    return a(a, b), build


@_operation
def over_root(typing: Any, a: Any, b: Any) -> Any:
    """``a / √b``."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = _vector(a)
        name = f"llvm.sqrt.v{WIDTH}f{a.dtype.bitwidth}"
        root = _declared(builder.module, ir.FunctionType(vector, [vector]), name)
        return builder.fdiv(arguments[0], builder.call(root, [arguments[1]]), flags=_FLAGS)

    return a(a, b), build


@_operation
def total(typing: Any, a: Any) -> Any:
    """The sum of the lanes."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value, width = arguments[0], WIDTH
        while width > 1:
            width //= 2
            halves = []
            for first in (0, width):
                mask = ir.Constant(ir.VectorType(ir.IntType(32), width), list(range(first, first + width)))
                halves.append(builder.shuffle_vector(value, ir.Constant(value.type, ir.Undefined), mask))
            value = builder.fadd(*halves, flags=_FLAGS)
        return builder.extract_element(value, ir.Constant(ir.IntType(32), 0))

    return a.dtype(a), build


@_operation
def prefetch(typing: Any, p: Any, at: Any) -> Any:
    """A hint that ``p[at]`` and what follows in its line of memory will be needed."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        function = _declared(builder.module, kind, "llvm.prefetch.p0")
        place = builder.bitcast(builder.gep(arguments[0], [arguments[1]]), byte)
        builder.call(function, [place, *(number(value) for value in (0, 3, 1))])
        return context.get_dummy_value()

    return types.void(p, types.intp), build

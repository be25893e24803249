"""Which dtype an operation computes in.

The rules are Theano's (NumPy promotion of dtypes, ``int / int`` is float, sums of integers are int64), with one
deliberate difference. Theano gives a Python number the narrowest dtype that holds it (``2`` is int8, ``0.5`` float32),
and so ``tt.log(2)`` is a float32 result with an error of 2e-9, and ``constant(100) * constant(2)`` is -56. Here a
Python float has dtype ``floatX``, and a Python integer is *weak*: it takes the dtype of what it meets, and never makes
the result too narrow for its value.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np

from pm_migrate.shims.theano.config import config


class Typed(Protocol):
    """What promotion looks at: a variable."""

    dtype: str
    weak: bool


BOOLEAN = "bool"
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
FLOATS = ("float16", "float32", "float64")
SUPPORTED = frozenset((BOOLEAN, *INTEGERS, *FLOATS))
#: NumPy dtype by name, and back; ``dtype.name`` costs more than the rest of making a node.
DTYPES = {name: np.dtype(name) for name in sorted(SUPPORTED)}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
_WIDE = frozenset(("int32", "int64", "uint32", "uint64"))


def is_float(dtype: str) -> bool:
    """Whether the dtype has a gradient."""
    return dtype in FLOATS


@lru_cache(maxsize=512)
def common(*dtypes: str) -> str:
    """NumPy's promotion of dtype names (of arrays, never of values)."""
    return np.result_type(*dtypes).name


def upcast(inputs: Sequence[Typed]) -> str:
    """Dtype that all operands are brought to by ``+ - * maximum switch stack`` and the like."""
    first = inputs[0].dtype
    if all([v.dtype == first for v in inputs]):  # noqa: C419 - called for each node
        return first
    strong = [v.dtype for v in inputs if not v.weak]
    if len(strong) == len(inputs):
        return common(*strong)
    result = common(*strong)
    if result.startswith("uint"):
        result = common(result, "int8")  # the Python integer may be negative
    if is_float(result) or result in _WIDE:
        return result
    # bool or a narrow integer with a Python integer: wide enough for any value, where Theano wraps around
    return "int64"


def float_of(operand: Typed) -> str:
    """Dtype of ``exp(x)``, ``log(x)`` and every other function with a real result."""
    if is_float(operand.dtype):
        return operand.dtype
    # Theano computes in float32 for bool, int8 and int16; floatX loses nothing
    return "float64" if operand.dtype in _WIDE and not operand.weak else config.floatX


def float_upcast(inputs: Sequence[Typed]) -> str:
    """Dtype of a function of several operands with a real result, such as ``arctan2``."""
    result = upcast(inputs)
    if is_float(result):
        return result
    return common(*(float_of(v) for v in inputs))


def division(inputs: Sequence[Typed]) -> str:
    """Dtype of ``/``: floatX for integers."""
    result = upcast(inputs)
    return result if is_float(result) else config.floatX


def arithmetic(inputs: Sequence[Typed]) -> str:
    """Like :func:`upcast`, but never bool: for ``-x``, ``a - b`` and other operations that have no boolean form."""
    result = upcast(inputs)
    return "int64" if result == BOOLEAN else result


def accumulator(dtype: str) -> str:
    """Dtype of a sum or product: int64 (uint64) for integers, int64 for bool."""
    if is_float(dtype):
        return dtype
    return "uint64" if dtype.startswith("u") else "int64"


def mean_dtype(dtype: str) -> str:
    """Dtype of a mean, a variance or a standard deviation."""
    return dtype if is_float(dtype) else "float64"

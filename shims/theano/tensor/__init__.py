"""``theano.tensor`` on TensorFlow: ``import theano.tensor as tt``.

Functions are those of :mod:`pm_migrate.shims.theano.ops`, under Theano's names. What Theano has and this module does
not raises :class:`~pm_migrate.errors.NotSupported`, naming an alternative.
"""

from __future__ import annotations

import builtins
from typing import Any

from pm_migrate.shims.theano import names
from pm_migrate.shims.theano.config import config
from pm_migrate.shims.theano.gradient import Lop, Rop, consider_constant, grad, hessian, jacobian
from pm_migrate.shims.theano.graph import Apply, Constant, Variable, as_variable, constant
from pm_migrate.shims.theano.graph import Constant as TensorConstant
from pm_migrate.shims.theano.graph import SharedVariable as TensorSharedVariable
from pm_migrate.shims.theano.graph.op import Op
from pm_migrate.shims.theano.ops.creation import (
    alloc,
    arange,
    diag,
    eye,
    fill,
    identity_like,
    ones,
    ones_like,
    tri,
    tril,
    triu,
    zeros,
    zeros_like,
)
from pm_migrate.shims.theano.ops.elemwise import (
    abs_,
    add,
    allclose,
    and_,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    cast,
    ceil,
    ceil_intdiv,
    chi2sf,
    clip,
    cos,
    cosh,
    deg2rad,
    divmod,
    eq,
    erf,
    erfc,
    erfcinv,
    erfcx,
    erfinv,
    exp,
    exp2,
    expm1,
    floor,
    gamma,
    gammainc,
    gammaincc,
    gammaln,
    ge,
    gt,
    i0,
    i1,
    int_div,
    inv,
    invert,
    iround,
    isclose,
    isinf,
    isnan,
    j0,
    j1,
    le,
    log,
    log1p,
    log2,
    log10,
    lt,
    maximum,
    minimum,
    mod,
    mul,
    neg,
    neq,
    or_,
    pow,
    psi,
    rad2deg,
    round,
    sgn,
    sin,
    sinh,
    sqr,
    sqrt,
    sub,
    switch,
    tan,
    tanh,
    tensor_copy,
    tri_gamma,
    true_div,
    trunc,
    where,
    xor,
)
from pm_migrate.shims.theano.ops.extras import (
    argtopk,
    bartlett,
    bincount,
    choose,
    cov,
    gammal,
    gammau,
    inverse_permutation,
    iv,
    mgrid,
    ogrid,
    permute_row_elements,
    ravel_multi_index,
    topk,
    topk_and_argtopk,
    unravel_index,
)
from pm_migrate.shims.theano.ops.indexing import inc_subtensor, set_subtensor
from pm_migrate.shims.theano.ops.joining import (
    concatenate,
    horizontal_stack,
    join,
    repeat,
    roll,
    split,
    stack,
    stacklists,
    tile,
    vertical_stack,
)
from pm_migrate.shims.theano.ops.linalg import batched_dot, batched_tensordot, dot, outer, tensordot
from pm_migrate.shims.theano.ops.reductions import (
    all,
    any,
    argmax,
    argmin,
    argsort,
    cumprod,
    cumsum,
    max,
    max_and_argmax,
    mean,
    min,
    prod,
    ptp,
    sort,
    std,
    sum,
    var,
)
from pm_migrate.shims.theano.ops.selection import (
    fill_diagonal,
    fill_diagonal_offset,
    flatnonzero,
    nonzero,
    nonzero_values,
    take,
)
from pm_migrate.shims.theano.ops.shaping import (
    addbroadcast,
    diagonal,
    dimshuffle,
    flatten,
    patternbroadcast,
    reshape,
    shape,
    shape_padaxis,
    shape_padleft,
    shape_padright,
    specify_shape,
    squeeze,
    swapaxes,
    transpose,
    unbroadcast,
)
from pm_migrate.shims.theano.tensor.variables import TensorVariable
from pm_migrate.shims.theano.types import CONSTRUCTORS, TensorType, tensor

__all__ = [
    "Apply",
    "Constant",
    "Lop",
    "Op",
    "Rop",
    "TensorConstant",
    "TensorSharedVariable",
    "TensorType",
    "TensorVariable",
    "Variable",
    "abs_",
    "add",
    "addbroadcast",
    "all",
    "allclose",
    "alloc",
    "and_",
    "any",
    "arange",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "argmax",
    "argmin",
    "argsort",
    "argtopk",
    "as_tensor",
    "as_tensor_variable",
    "bartlett",
    "batched_dot",
    "batched_tensordot",
    "bincount",
    "bitwise_and",
    "bitwise_not",
    "bitwise_or",
    "bitwise_xor",
    "cast",
    "ceil",
    "ceil_intdiv",
    "chi2sf",
    "choose",
    "clip",
    "concatenate",
    "config",
    "consider_constant",
    "constant",
    "continuous_dtypes",
    "cos",
    "cosh",
    "cov",
    "cumprod",
    "cumsum",
    "deg2rad",
    "diag",
    "diagonal",
    "dimshuffle",
    "discrete_dtypes",
    "divmod",
    "dot",
    "eq",
    "erf",
    "erfc",
    "erfcinv",
    "erfcx",
    "erfinv",
    "exp",
    "exp2",
    "expm1",
    "eye",
    "fill",
    "fill_diagonal",
    "fill_diagonal_offset",
    "flatnonzero",
    "flatten",
    "float_dtypes",
    "floor",
    "floor_div",
    "gamma",
    "gammainc",
    "gammaincc",
    "gammal",
    "gammaln",
    "gammau",
    "ge",
    "grad",
    "gt",
    "hessian",
    "horizontal_stack",
    "i0",
    "i1",
    "identity_like",
    "inc_subtensor",
    "int_div",
    "int_dtypes",
    "integer_dtypes",
    "inv",
    "inverse_permutation",
    "invert",
    "iround",
    "isclose",
    "isinf",
    "isinf_",
    "isnan",
    "isnan_",
    "iv",
    "j0",
    "j1",
    "jacobian",
    "join",
    "largest",
    "le",
    "log",
    "log1p",
    "log2",
    "log10",
    "lt",
    "max",
    "max_and_argmax",
    "maximum",
    "mean",
    "mgrid",
    "min",
    "minimum",
    "mod",
    "mul",
    "neg",
    "neq",
    "nonzero",
    "nonzero_values",
    "ogrid",
    "ones",
    "ones_like",
    "or_",
    "outer",
    "patternbroadcast",
    "permute_row_elements",
    "pow",
    "power",
    "prod",
    "psi",
    "ptp",
    "rad2deg",
    "ravel_multi_index",
    "repeat",
    "reshape",
    "roll",
    "round",
    "round_half_away_from_zero",
    "round_half_to_even",
    "second",
    "set_subtensor",
    "sgn",
    "shape",
    "shape_padaxis",
    "shape_padleft",
    "shape_padright",
    "sin",
    "sinh",
    "smallest",
    "sort",
    "specify_shape",
    "split",
    "sqr",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "stacklists",
    "std",
    "sub",
    "sum",
    "swapaxes",
    "switch",
    "take",
    "tan",
    "tanh",
    "tensor",
    "tensor_copy",
    "tensordot",
    "tile",
    "topk",
    "topk_and_argtopk",
    "transpose",
    "tri",
    "tri_gamma",
    "tril",
    "triu",
    "true_div",
    "trunc",
    "uint_dtypes",
    "unbroadcast",
    "unravel_index",
    "var",
    "vertical_stack",
    "where",
    "xor",
    "zeros",
    "zeros_like",
]
__all__ += list(CONSTRUCTORS)

float_dtypes = ["float32", "float64"]
int_dtypes = ["int8", "int16", "int32", "int64"]
uint_dtypes = ["uint8", "uint16", "uint32", "uint64"]
integer_dtypes = int_dtypes + uint_dtypes
discrete_dtypes = ["bool", *integer_dtypes]
continuous_dtypes = float_dtypes

globals().update(CONSTRUCTORS)  # scalar, dvector, lmatrices ...

largest, smallest = maximum, minimum
power, square, second = pow, sqr, fill
floor_div, isnan_, isinf_ = int_div, isnan, isinf
bitwise_and, bitwise_or, bitwise_xor, bitwise_not = and_, or_, xor, invert


_MODULES = frozenset("basic elemwise extra_ops nlinalg nnet opt random sharedvar slinalg subtensor type xlogx".split())


def as_tensor_variable(x: Any, name: str | None = None, ndim: int | None = None) -> Variable:
    """Make a variable: of a variable itself, numbers, arrays, pandas objects, (nested) lists that hold variables.

    Parameters
    ----------
    x
        What to convert.
    name
        Name of the new constant.
    ndim
        Number of dimensions wanted; axes of length 1 are added or removed on the left.

    Examples
    --------
    >>> as_tensor_variable([1.0, 2.0]).eval().tolist()
    [1.0, 2.0]
    """
    variable = as_variable(x, name)
    if ndim is None or variable.ndim == ndim:
        return variable
    if variable.ndim < ndim:
        return shape_padleft(variable, ndim - variable.ndim)
    extra = variable.ndim - ndim
    if not builtins.all(variable.broadcastable[:extra]):
        raise ValueError(f"a tensor of {variable.ndim} dimensions cannot be made one of {ndim}")
    return dimshuffle(variable, list(range(extra, variable.ndim)))


as_tensor = as_tensor_variable


def round_half_to_even(a: Any) -> Variable:
    """Round, halves to even."""
    return round(a, "half_to_even")


def round_half_away_from_zero(a: Any) -> Variable:
    """Round, halves away from zero."""
    return round(a, "half_away_from_zero")


def __getattr__(name: str) -> Any:
    if name == "Elemwise":
        from pm_migrate.shims.theano.scalar import Elemwise

        return Elemwise
    if name in ("grad_not_implemented", "grad_undefined", "numeric_grad", "verify_grad"):
        from pm_migrate.shims.theano import gradient

        return getattr(gradient, name)
    if name == "printing":  # a module of the package that Theano's tensor module imports
        from pm_migrate.shims.theano import printing

        return printing
    if name in _MODULES:
        from importlib import import_module

        return import_module(f"{__name__}.{name}")
    return names.missing("theano.tensor")(name)

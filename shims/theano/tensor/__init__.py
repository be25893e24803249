"""``theano.tensor`` on TensorFlow: ``import theano.tensor as tt``.

Functions are those of :mod:`pm_migrate.shims.theano.ops`, under Theano's names. What Theano has and this module does not
raises :class:`~pm_migrate.errors.NotSupported`, naming an alternative.
"""

from __future__ import annotations

import builtins
from typing import Any

from pm_migrate.shims.theano import names
from pm_migrate.shims.theano.gradient import consider_constant, grad, hessian, jacobian
from pm_migrate.shims.theano.graph import Constant as TensorConstant
from pm_migrate.shims.theano.graph import SharedVariable as TensorSharedVariable
from pm_migrate.shims.theano.graph import Variable, as_variable, constant
from pm_migrate.shims.theano.graph import Variable as TensorVariable
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
from pm_migrate.shims.theano.ops.indexing import (
    fill_diagonal,
    fill_diagonal_offset,
    flatnonzero,
    inc_subtensor,
    nonzero,
    nonzero_values,
    set_subtensor,
    take,
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
from pm_migrate.shims.theano.ops.shaping import (
    addbroadcast,
    broadcast_to,
    concatenate,
    diagonal,
    dimshuffle,
    flatten,
    horizontal_stack,
    join,
    patternbroadcast,
    repeat,
    reshape,
    roll,
    shape,
    shape_padaxis,
    shape_padleft,
    shape_padright,
    specify_shape,
    split,
    squeeze,
    stack,
    stacklists,
    swapaxes,
    tile,
    transpose,
    unbroadcast,
    vertical_stack,
)
from pm_migrate.shims.theano.types import CONSTRUCTORS, TensorType, tensor

globals().update(CONSTRUCTORS)  # scalar, dvector, lmatrices ...

largest, smallest = maximum, minimum
power, square, second = pow, sqr, fill
bitwise_and, bitwise_or, bitwise_xor, bitwise_not = and_, or_, xor, invert


def as_tensor_variable(x: Any, name: str | None = None, ndim: int | None = None) -> Variable:
    """Make a variable of anything: a variable itself, numbers, arrays, pandas objects, (nested) lists that hold variables.

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


def __getattr__(name: str) -> Any:
    if name in ("nnet", "slinalg", "nlinalg", "extra_ops", "basic", "subtensor", "sharedvar"):
        from importlib import import_module

        return import_module(f"{__name__}.{name}")
    return names.missing("theano.tensor")(name)

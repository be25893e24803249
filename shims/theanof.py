"""``pymc3.theanof``: derivatives and pieces of graphs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from pm_migrate.shims.generators import GeneratorOp, generator
from pm_migrate.shims.theano import clone, shared
from pm_migrate.shims.theano import gradient as theano_gradient
from pm_migrate.shims.theano.config import config, floatX
from pm_migrate.shims.theano.graph import Constant, SharedVariable, Variable, as_variable
from pm_migrate.shims.theano.graph.basic import graph_inputs
from pm_migrate.shims.theano.ops.creation import arange
from pm_migrate.shims.theano.ops.elemwise import cast
from pm_migrate.shims.theano.ops.joining import concatenate
from pm_migrate.shims.theano.ops.linalg import extract_diag
from pm_migrate.shims.theano.ops.shaping import flatten, reshape
from pm_migrate.shims.theano.sandbox.rng_mrg import MRG_RandomStream
from pm_migrate.shims.vartypes import continuous_types, int_types, typefilter

__all__ = [
    "CallableTensor",
    "GeneratorOp",
    "cont_inputs",
    "floatX",
    "generator",
    "gradient",
    "hessian",
    "hessian_diag",
    "inputvars",
    "intX",
    "jacobian",
    "join_nonshared_inputs",
    "make_shared_replacements",
    "set_tt_rng",
    "smartfloatX",
    "take_along_axis",
    "tt_rng",
]

# integers that a float of each dtype holds
_conversion_map = {"float64": "int32", "float32": "int16", "float16": "int8", "float8": "int8"}


def makeiter(a: Any) -> Sequence[Any]:
    """A list as it is, and anything else in a list."""
    return a if isinstance(a, (tuple, list)) else [a]


def inputvars(a: Any) -> list[Variable]:
    """The inputs of one or several graphs: neither constants nor shared variables.

    Examples
    --------
    >>> from pm_migrate.shims.theano.tensor import dscalars
    >>> x, y = dscalars("x", "y")
    >>> inputvars(x + 2 * y)
    [x, y]
    """
    return [v for v in graph_inputs(makeiter(a)) if not isinstance(v, (Constant, SharedVariable))]


def cont_inputs(f: Any) -> list[Variable]:
    """The inputs of a graph that have a float dtype."""
    return typefilter(inputvars(f), continuous_types)


def intX(X: Any) -> Any:
    """Convert a tensor or array to the integers that ``floatX`` holds; integers stay as they are.

    Examples
    --------
    >>> intX(np.array([1.0, 2.0])).dtype
    dtype('int32')
    """
    if isinstance(X, int) or "int" in str(getattr(X, "dtype", "")):
        return X
    target = _conversion_map[config.floatX]
    return X.astype(target) if hasattr(X, "astype") else np.asarray(X, dtype=target)


def smartfloatX(x: Any) -> Any:
    """Convert floats to ``floatX``, and leave other dtypes."""
    return floatX(x) if str(x.dtype).startswith("float") else x


def floatX_array(x: Any) -> Any:
    """An array of ``floatX``."""
    return floatX(np.array(x))


# derivatives


def gradient1(f: Variable, v: Variable) -> Variable:
    """Gradient of a scalar with respect to one variable, as a vector."""
    return flatten(theano_gradient.grad(f, v, disconnected_inputs="warn"))


def jacobian1(f: Variable, v: Variable) -> Variable:
    """Derivatives of the elements of a tensor with respect to those of a variable: a matrix."""
    f = flatten(f)
    slopes = theano_gradient.jacobian(f, v, disconnected_inputs="warn")
    return reshape(slopes, [f.shape[0], v.size], ndim=2)


def hessian_diag1(f: Variable, v: Variable) -> Variable:
    """Second derivatives of a scalar with respect to each element of a variable."""
    return extract_diag(jacobian1(gradient1(f, v), v))


def _joined(f: Variable, vars: Sequence[Variable] | None, derivative: Callable[..., Variable], axis: int) -> Variable:
    variables = cont_inputs(f) if vars is None else vars
    if not variables:
        return Constant(np.zeros(0, "float32"))
    return concatenate([derivative(f, v) for v in variables], axis=axis)


def gradient(f: Variable, vars: Sequence[Variable] | None = None) -> Variable:
    """Gradient of a scalar with respect to variables (all inputs of float dtype), in one vector.

    Examples
    --------
    >>> x = as_variable(np.array([1.0, 2.0]))
    >>> gradient((x**2).sum(), [x]).eval().tolist()
    [2.0, 4.0]
    """
    return _joined(f, vars, gradient1, 0)


def jacobian(f: Variable, vars: Sequence[Variable] | None = None) -> Variable:
    """Derivatives of the elements of a tensor (rows) with respect to those of variables (columns)."""
    return _joined(f, vars, jacobian1, 1)


def jacobian_diag(f: Variable, x: Variable) -> Variable:
    """Derivative of each element of a vector with respect to the same element of another."""
    return extract_diag(jacobian1(f, x))


def hessian(f: Variable, vars: Sequence[Variable] | None = None) -> Variable:
    """The *negative* matrix of second derivatives of a scalar, as PyMC3 defines it."""
    return -jacobian(gradient(f, vars), vars)


def hessian_diag(f: Variable, vars: Sequence[Variable] | None = None) -> Variable:
    """The diagonal of :func:`hessian`."""
    variables = cont_inputs(f) if vars is None else vars
    return -_joined(f, variables, hessian_diag1, 0) if variables else _joined(f, variables, hessian_diag1, 0)


# graphs with other inputs


def make_shared_replacements(vars: Sequence[Variable], model: Any) -> dict[Variable, SharedVariable]:
    """Shared variables in place of the value variables of a model that are *not* among some.

    Parameters
    ----------
    vars
        Value variables to leave out.
    model
        Whose other value variables get a replacement, with the test value.
    """
    kept = set(vars)
    return {
        v: shared(v.tag.test_value, f"{v.name}_shared", broadcastable=v.broadcastable)
        for v in model.vars
        if v not in kept
    }


def reshape_t(x: Variable, shape: tuple[int, ...]) -> Variable:
    """A vector in another shape; of the shape of a scalar, its first element."""
    return reshape(x, shape) if shape != () else x[0]


def join_nonshared_inputs(
    xs: Sequence[Variable], vars: Sequence[Variable], shared: Mapping[Variable, Any], make_shared: bool = False
) -> tuple[list[Variable], Variable]:
    """Make graphs of one vector in place of several variables.

    Parameters
    ----------
    xs
        Graphs.
    vars
        Variables that the vector holds, one after the other.
    shared
        Other replacements.
    make_shared
        Make the vector a shared variable.

    Returns
    -------
    xs : list of Variable
        The graphs on the vector.
    inarray : Variable
        The vector.
    """
    if not vars:
        raise ValueError("join_nonshared_inputs: the list of variables is empty")
    joined = concatenate([v.ravel() for v in vars])
    start = joined.tag.test_value
    inarray: Variable
    if make_shared:
        inarray = SharedVariable(start, "inarray")
    else:
        inarray = joined.type("inarray")
        inarray.tag.test_value = start
    pieces: dict[Variable, Any] = {}
    at = 0
    for v in vars:
        value = v.tag.test_value
        pieces[v] = cast(reshape_t(inarray[at : at + value.size], value.shape), v.dtype)
        at += value.size
    pieces.update(shared)
    return [clone(x, pieces, strict=False) for x in xs], inarray


class CallableTensor:
    """A graph of one input as a function: ``CallableTensor(y)(other)`` is the graph on another input.

    Examples
    --------
    >>> from pm_migrate.shims.theano.tensor import dscalar
    >>> CallableTensor(2 * dscalar("x"))(as_variable(4.0)).eval()
    array(8.)
    """

    def __init__(self, tensor: Variable) -> None:
        self.tensor = tensor

    def __call__(self, input: Variable) -> Variable:
        (old,) = inputvars(self.tensor)
        return clone(self.tensor, {old: input}, strict=False)


def identity(x: Any) -> Variable:
    """The same value, as a float."""
    return as_variable(x) * 1.0


# random numbers

_tt_rng = MRG_RandomStream()


def tt_rng(random_seed: int | None = None) -> MRG_RandomStream:
    """The random stream of the package, or a new one with a seed."""
    return _tt_rng if random_seed is None else MRG_RandomStream(random_seed)


def set_tt_rng(new_rng: MRG_RandomStream | int) -> None:
    """Set the random stream of the package, by a stream or a seed."""
    global _tt_rng
    _tt_rng = MRG_RandomStream(new_rng) if isinstance(new_rng, int) else new_rng


# indexing


def ix_(*args: Any) -> tuple[Any, ...]:
    """``np.ix_`` of tensors: vectors that together index a product of positions."""
    out: list[Any] = []
    for k, entry in enumerate(args):
        index = as_variable(entry)
        if index.ndim != 1:
            raise ValueError("Cross index must be 1 dimensional")
        out.append(reshape(index, [1] * k + [index.size] + [1] * (len(args) - k - 1)))
    return tuple(out)


def largest_common_dtype(tensors: Sequence[Any]) -> np.dtype:
    """The dtype that all of some tensors and arrays can be converted to."""
    dtypes = {str(t.dtype) if hasattr(t, "dtype") else str(smartfloatX(np.asarray(t)).dtype) for t in tensors}
    return np.result_type(*sorted(dtypes))


def take_along_axis(arr: Any, indices: Any, axis: int | None = 0) -> Variable:
    """``np.take_along_axis`` of tensors.

    Parameters
    ----------
    arr
        Tensor to take from.
    indices
        Integers, of as many dimensions.
    axis
        Axis that the indices count; None takes from the flattened tensor.

    Examples
    --------
    >>> take_along_axis(np.array([[10, 20], [30, 40]]), np.array([[1, 0]]), axis=0).eval().tolist()
    [[30, 20]]
    """
    arr, indices = as_variable(arr), as_variable(indices)
    if axis is None:
        arr, axis = flatten(arr), 0
    position = axis + arr.ndim if axis < 0 else axis
    if not 0 <= position < arr.ndim:
        raise ValueError(f"take_along_axis: axis={axis} is out of bounds of a tensor with {arr.ndim} dimensions")
    if arr.ndim != indices.ndim:
        raise ValueError("`indices` and `arr` must have the same number of dimensions")
    if indices.dtype not in int_types:
        raise IndexError("`indices` must be an integer array")
    index: list[Any] = []
    for dimension in range(arr.ndim):
        if dimension == position:
            index.append(indices)
        else:
            shape = [-1 if d == dimension else 1 for d in range(arr.ndim)]
            index.append(reshape(arange(arr.shape[dimension]), shape))
    return arr[tuple(index)]

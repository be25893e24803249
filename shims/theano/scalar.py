"""``theano.scalar``: functions of numbers, and the classes from which a program makes elementwise functions of its own.

A function of numbers is the elementwise function of tensors here, so that the formula of a gradient may be written with
either.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pm_migrate.errors import NotSupported
from pm_migrate.shims.theano import promotion
from pm_migrate.shims.theano.config import config
from pm_migrate.shims.theano.graph import Apply, Variable, as_variable
from pm_migrate.shims.theano.graph.op import Op
from pm_migrate.shims.theano.ops import elemwise
from pm_migrate.shims.theano.types import TensorType

__all__ = [
    "BinaryScalarOp",
    "Elemwise",
    "ScalarOp",
    "UnaryScalarOp",
    "same_out",
    "upcast_out",
    "upgrade_to_float",
    "upgrade_to_float64",
    "upgrade_to_float_no_complex",
]


def same_out(*dtypes: str) -> str:
    """The dtype of the first operand."""
    return dtypes[0]


def upcast_out(*dtypes: str) -> str:
    """The dtype that all operands are brought to."""
    return promotion.common(*dtypes)


def upgrade_to_float(*dtypes: str) -> str:
    """The same, but a float: ``floatX`` for narrow integers."""
    return promotion.common(
        *(d if promotion.is_float(d) else "float64" if d in ("int32", "int64") else config.floatX for d in dtypes)
    )


def upgrade_to_float64(*dtypes: str) -> str:
    """Always float64."""
    return "float64"


upgrade_to_float_no_complex = upgrade_to_float
upcast_out_no_complex = upcast_out_nobool = upcast_out
same_out_nocomplex = same_out_nobool = same_out_float_only = same_out


class ScalarOp:
    """A function of numbers: subclass it with ``impl``, and ``grad`` if it has a gradient.

    Parameters
    ----------
    output_types_preference
        From the dtypes of the operands to that of the result.
    name
        Shown by ``str``.

    Examples
    --------
    >>> class Halve(UnaryScalarOp):
    ...     def impl(self, x):
    ...         return x / 2.0
    ...     def grad(self, inputs, gradients):
    ...         return [gradients[0] * 0.5]
    >>> halve = Elemwise(Halve(upgrade_to_float, name="halve"))
    >>> halve(np.array([2.0, 6.0])).eval().tolist()
    [1.0, 3.0]
    """

    nin = -1
    nout = 1

    def __init__(self, output_types_preference: Callable[..., str] | None = None, name: str | None = None) -> None:
        if output_types_preference is not None:
            self.output_types_preference = staticmethod(output_types_preference)
        self.name = name

    output_types_preference: Callable[..., str] = staticmethod(upgrade_to_float)

    def __str__(self) -> str:
        return self.name or type(self).__name__

    def impl(self, *inputs: Any) -> Any:
        """The result for numbers."""
        raise NotImplementedError(f"{self} has no impl method")

    def grad(self, inputs: Sequence[Variable], output_gradients: Sequence[Variable]) -> Sequence[Any]:
        """Gradients with respect to the operands."""
        raise NotSupported(f"the gradient of {self}, an operation without a grad method; instead: write one")

    def L_op(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_gradients: Sequence[Variable]
    ) -> Sequence[Any]:
        """Like ``grad``, with the results at hand."""
        return self.grad(inputs, output_gradients)

    def __call__(self, *inputs: Any) -> Variable:
        return Elemwise(self)(*inputs)


class UnaryScalarOp(ScalarOp):
    """A function of one number."""

    nin = 1


class BinaryScalarOp(ScalarOp):
    """A function of two numbers."""

    nin = 2


class Elemwise(Op):
    """A function of numbers, applied to the elements of tensors.

    Parameters
    ----------
    scalar_op
        An object of a subclass of :class:`ScalarOp`, or a function of this module.
    name
        Shown by ``str``.
    """

    def __init__(self, scalar_op: Any, inplace_pattern: Any = None, name: str | None = None, **options: Any) -> None:
        self.scalar_op = scalar_op
        self.name = name or str(getattr(scalar_op, "name", None) or getattr(scalar_op, "__name__", scalar_op))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Elemwise) and self.scalar_op is other.scalar_op

    def __hash__(self) -> int:
        return hash((Elemwise, id(self.scalar_op)))

    def __call__(self, *inputs: Any, **kwargs: Any) -> Any:
        if not isinstance(self.scalar_op, ScalarOp):
            return self.scalar_op(*inputs)
        return super().__call__(*inputs, **kwargs)

    def make_node(self, *inputs: Any) -> Apply:
        """The node for tensors, brought to one number of dimensions."""
        if self.scalar_op.nin not in (-1, len(inputs)):
            raise TypeError(f"{self} takes {self.scalar_op.nin} tensors, but got {len(inputs)}")
        variables = [as_variable(v) for v in inputs]
        ndim = max(v.ndim for v in variables)
        padded = [v.dimshuffle(*["x"] * (ndim - v.ndim), *range(v.ndim)) if v.ndim < ndim else v for v in variables]
        dtype = self.scalar_op.output_types_preference(*(v.dtype for v in padded))
        return Apply(self, padded, [TensorType(dtype, elemwise.broadcast_flags(padded))()])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        """Apply the function to each element."""
        function = np.frompyfunc(self.scalar_op.impl, len(inputs), 1)
        output_storage[0][0] = np.asarray(function(*inputs)).astype(node.outputs[0].dtype)

    def L_op(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_grads: Sequence[Variable]
    ) -> Sequence[Any]:
        """The gradients of the function, summed over what an operand was broadcast along."""
        gradients = self.scalar_op.L_op(inputs, outputs, output_grads)
        result = []
        for variable, gradient in zip(inputs, gradients, strict=True):
            flags = zip(variable.broadcastable, outputs[0].broadcastable, strict=True)
            axes = [i for i, (own, joint) in enumerate(flags) if own and not joint]
            joint = isinstance(gradient, Variable) and axes
            result.append(gradient.sum(axis=axes, keepdims=True) if joint else gradient)
        return result


_NAMES = """
    abs_ add and_ arccos arccosh arcsin arcsinh arctan arctan2 arctanh ceil clip cos cosh deg2rad eq erf erfc erfcinv
    erfcx erfinv exp exp2 expm1 floor gamma gammainc gammaincc gammaln ge gt i0 i1 int_div inv invert isinf isnan j0 j1
    le log log10 log1p log2 lt maximum minimum mod mul neg neq or_ pow psi rad2deg sgn sigmoid sin sinh softplus sqr
    sqrt sub switch tan tanh tri_gamma true_div trunc xor
""".split()
globals().update({name: getattr(elemwise, name) for name in _NAMES})
scalar_maximum, scalar_minimum, identity = elemwise.maximum, elemwise.minimum, elemwise.tensor_copy


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(f"module 'theano.scalar' has no attribute {name!r}")
    raise NotSupported(f"theano.scalar.{name} is not available; instead: the function of theano.tensor")

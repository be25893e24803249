"""The lazy expression graph: variables, operations, and how an operation is applied.

A :class:`Variable` is a node of the graph: the result of an :class:`Apply` (an :class:`Op` on inputs), or a leaf
(:class:`Constant`, :class:`SharedVariable`, :class:`Input`). Nothing is computed when a node is made except its *test
value*, at once, from the test values of the inputs, so that a wrong shape is reported at the line that wrote it.
:func:`pm_migrate.shims.theano.evaluation.evaluate` computes nodes with TensorFlow.

To add an operation, make an :class:`Op` and :func:`apply` it. The implementation is a function of tensors:

>>> import tensorflow as tf
>>> double = Op("double", lambda x: 2.0 * x, dtype="float64", ndim=1)
>>> y = apply(double, [1.0, 2.0])
>>> y.eval().tolist()
[2.0, 4.0]
"""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError, NotSupported
from pm_migrate.shims.theano.config import config
from pm_migrate.shims.theano.operation import Apply, Kind, Op, Tensor, as_model_error, known
from pm_migrate.shims.theano.operators import Operators
from pm_migrate.shims.theano.promotion import DTYPES, NAMES

__all__ = [
    "Apply",
    "Constant",
    "Given",
    "Input",
    "Kind",
    "Op",
    "SharedVariable",
    "Tag",
    "Tensor",
    "Variable",
    "apply",
    "apply_multiple",
    "array_of",
    "as_variable",
    "constant",
    "get_test_value",
    "known",
    "run_numpy",
]


class Tag:
    """The free attributes of a variable; ``test_value`` is one of them."""

    test_value: np.ndarray


class Variable(Operators):
    """A node of the expression graph: Theano's ``TensorVariable``.

    Parameters
    ----------
    dtype
        NumPy dtype name.
    broadcastable
        One flag per dimension: whether its length is known to be 1.
    name
        Shown by ``str``.
    owner, index
        The :class:`Apply` this is output number ``index`` of, or None for a leaf.
    test_value
        Example value, of exactly this dtype and number of dimensions.
    """

    weak = False  #: a Python integer, which adapts to the dtype it meets

    def __init__(
        self,
        dtype: str,
        broadcastable: tuple[bool, ...],
        name: str | None = None,
        owner: Apply | None = None,
        index: int = 0,
        test_value: np.ndarray | None = None,
    ) -> None:
        self.dtype = dtype
        self.broadcastable = broadcastable
        self.name = name
        self.owner = owner
        self.index = index
        self.tag = Tag()
        self.is_constant = False
        if test_value is not None:
            self.tag.test_value = test_value

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.broadcastable)

    @property
    def static_shape(self) -> tuple[int | None, ...]:
        """Lengths of the dimensions as the test value has them; None where there is no test value."""
        value = get_test_value(self)
        if value is not None:
            return value.shape
        if self.owner is not None and self.owner.op.name == "shape":
            return (self.owner.inputs[0].ndim,)
        if self.owner is not None and self.owner.op.name == "stack" and self.ndim == 1:
            return (len(self.owner.inputs),)
        return tuple(1 if b else None for b in self.broadcastable)

    @property
    def type(self) -> Any:
        """The ``TensorType`` of the variable."""
        from pm_migrate.shims.theano.types import TensorType

        return TensorType(self.dtype, self.broadcastable)

    def eval(self, inputs_to_values: dict[Any, Any] | None = None) -> np.ndarray:
        """Compute the value now, given values for the inputs it depends on."""
        from pm_migrate.shims.theano.evaluation import evaluate

        givens = {v: np.asarray(value, v.dtype) for v, value in (inputs_to_values or {}).items()}
        for variable, array in list(givens.items()):
            givens |= variable.determines(array)
        updates = _updates_of(self)
        value, *new = (np.asarray(t.numpy()) for t in evaluate([self, *updates.values()], givens))
        for shared, state in zip(updates, new, strict=True):
            shared.set_value(state)
        return value

    def determines(self, value: np.ndarray) -> dict[Variable, np.ndarray]:
        """Values of other variables that follow from a value of this one."""
        return {}

    def clone(self) -> Variable:
        """A new leaf of the same kind, without an owner."""
        return Variable(self.dtype, self.broadcastable, self.name, test_value=get_test_value(self))

    def __str__(self) -> str:
        if self.name is not None:
            return self.name
        if self.owner is not None:
            return f"{self.owner.op.name}.{self.index}"
        return f"<{self.type}>"

    __repr__ = __str__


class Constant(Variable):
    """A leaf whose value never changes, in ``data``."""

    def __init__(self, data: np.ndarray, name: str | None = None, weak: bool = False) -> None:
        super().__init__(NAMES[data.dtype], tuple([n == 1 for n in data.shape]), name, test_value=data)
        self.data = data
        self.weak = weak
        self.is_constant = True

    @property
    def value(self) -> np.ndarray:
        """The data, by Theano's other name."""
        return self.data

    def __str__(self) -> str:
        return self.name or f"TensorConstant{{{np.array2string(self.data, threshold=6, edgeitems=2)}}}"

    __repr__ = __str__


class _SharedTag(Tag):
    """The tag of a shared variable: its test value is its value."""

    def __init__(self, owner: SharedVariable) -> None:
        self._owner = owner

    @property
    def test_value(self) -> np.ndarray:
        return self._owner.data

    @test_value.setter
    def test_value(self, value: np.ndarray) -> None:
        raise ModelError("the test value of a shared variable is its value: use set_value")


class SharedVariable(Variable):
    """A leaf whose value can be set between evaluations, also to a new shape.

    Parameters
    ----------
    value
        First value; its dtype and number of dimensions are fixed from then on.
    name
        Shown by ``str``.
    borrow
        Keep the array itself, not a copy.
    broadcastable
        Dimensions that keep length 1; none by default.

    Attributes
    ----------
    version : int
        Grows by one with every :meth:`set_value`.
    default_update : Variable or None
        New value that every function which reads the variable gives it, if it has no update of its own.
    changes : bool
        Whether it takes a new value in every call of a function, by :meth:`refresh`.
    """

    changes = False

    def __init__(
        self,
        value: Any,
        name: str | None = None,
        borrow: bool = False,
        broadcastable: Sequence[bool] | None = None,
    ) -> None:
        array = array_of(value)
        super().__init__(NAMES[array.dtype], tuple(broadcastable or (False,) * array.ndim), name)
        self.tag = _SharedTag(self)
        self.data = array if borrow else array.copy()
        self.version = 0
        self.default_update: Variable | None = None

    def get_value(self, borrow: bool = False, return_internal_type: bool = False) -> np.ndarray:
        """The current value (a copy unless ``borrow``)."""
        return self.data if borrow else self.data.copy()

    def set_value(self, new_value: Any, borrow: bool = False) -> None:
        """Replace the value by one of the same number of dimensions; the shape may differ.

        Raises
        ------
        TypeError
            If the number of dimensions differs, or the dtype cannot be converted without loss.
        """
        array = array_of(new_value)
        if array.ndim != self.ndim:
            raise TypeError(
                f"shared variable {self}: set_value got {array.ndim} dimensions, the variable has {self.ndim}"
            )
        # lists and numbers have no dtype that would have to fit, only values
        fits = (
            np.can_cast(array.dtype, self.dtype, "safe")
            if isinstance(new_value, np.ndarray)
            else np.can_cast(array.dtype, self.dtype, "same_kind") or np.array_equal(array.astype(self.dtype), array)
        )
        if not fits:
            raise TypeError(
                f"shared variable {self} has dtype {self.dtype}; a value of dtype {array.dtype} may lose digits: "
                f"convert it with .astype({self.dtype!r})"
            )
        array = array.astype(self.dtype, copy=not borrow)
        self.data = array
        self.version += 1

    def refresh(self) -> None:
        """Take a new value; called before every call of a function when :attr:`changes`."""

    @property
    def container(self) -> SharedVariable:
        """Theano's container of the value; here the variable itself."""
        return self


class Input(Variable):
    """A leaf that is given a value at evaluation.

    Parameters
    ----------
    name
        Shown by ``str`` and in the error when no value was given.
    dtype
        NumPy dtype name.
    shape
        Static shape, None for a length that is not known.
    test_value
        Example value; converted to ``dtype``.
    """

    def __init__(
        self,
        name: str | None,
        dtype: str,
        shape: Sequence[int | None] = (),
        test_value: Any = None,
    ) -> None:
        value = None if test_value is None else np.asarray(test_value, dtype)
        super().__init__(dtype, tuple([n == 1 for n in shape]), name, test_value=value)
        self.input_shape = tuple(shape)

    @property
    def static_shape(self) -> tuple[int | None, ...]:
        """The shape this input was made with."""
        return self.input_shape


class Given(Variable):
    """A leaf that holds a tensor: a value of a generator model, among the variables of a graph.

    Parameters
    ----------
    tensor
        The tensor, of static shape; its value is the test value where it is known.
    """

    def __init__(self, tensor: Tensor) -> None:
        eager = isinstance(tensor, tf.__internal__.EagerTensor)
        super().__init__(
            tensor.dtype.name,
            tuple([n == 1 for n in tensor.shape]),
            test_value=np.asarray(tensor.numpy()) if eager else None,
        )
        self.tensor = tensor

    @property
    def static_shape(self) -> tuple[int | None, ...]:
        """The shape of the tensor."""
        return tuple(self.tensor.shape)


def _updates_of(variable: Variable) -> dict[SharedVariable, Variable]:
    """The updates that the shared variables of a graph bring themselves."""
    from pm_migrate.shims.theano.evaluation import shared_inputs

    return {v: v.default_update for v in shared_inputs([variable]) if v.default_update is not None}


def get_test_value(variable: Variable) -> np.ndarray | None:
    """The test value of a variable as an array of its dtype, or None."""
    value = getattr(variable.tag, "test_value", None)
    if value is None or (type(value) is np.ndarray and value.dtype == DTYPES[variable.dtype]):
        return value
    return np.asarray(value, DTYPES[variable.dtype])


def array_of(value: Any) -> np.ndarray:
    """Convert data (numbers, lists, NumPy, pandas, xarray) to an array of a dtype that the graph can hold.

    Raises
    ------
    TypeError
        For data that is not numeric.
    """
    if isinstance(value, np.ma.MaskedArray):
        raise NotSupported("masked arrays in tensor expressions: pass them as observed= or fill them first")
    if hasattr(value, "tocsr"):
        raise NotSupported("scipy.sparse matrices: convert with .toarray()")
    array = value.to_numpy() if hasattr(value, "to_numpy") else np.asarray(value)
    if array.dtype == object:
        try:  # pandas keeps plain numbers in object columns
            if any(item is None for item in array.flat):
                raise TypeError("None is no number")
            array = array.astype("float64")
        except (TypeError, ValueError):
            raise TypeError(f"cannot make a tensor of {type(value).__name__} with dtype object") from None
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if array.dtype == np.longdouble and array.dtype not in NAMES:
        array = array.astype("float64")
    if array.dtype not in NAMES:
        raise TypeError(f"cannot make a tensor of dtype {array.dtype}: {str(value)[:60]}")
    return array


def constant(value: Any, name: str | None = None, ndim: int | None = None, dtype: str | None = None) -> Constant:
    """``tt.constant``: a variable with a fixed value."""
    if dtype is not None:
        array = np.asarray(array_of(value), dtype)
    elif type(value) is int and -(2**31) <= value < 2**31:
        return Constant(np.asarray(value, "int64"), name, weak=True)
    elif type(value) is float:
        array = np.asarray(value, config.floatX)
    else:
        array = array_of(value)
    if ndim is not None and array.ndim != ndim:
        if array.ndim > ndim:
            raise ValueError(f"a constant of {array.ndim} dimensions cannot have ndim={ndim}")
        array = array.reshape((1,) * (ndim - array.ndim) + array.shape)
    return Constant(array, name)


def as_variable(value: Any, name: str | None = None) -> Variable:
    """``tt.as_tensor_variable`` without its options; lists that hold variables are stacked."""
    if isinstance(value, Variable):
        return value
    if isinstance(value, numbers.Number) or np.isscalar(value):
        return constant(value, name)
    if hasattr(value, "_as_variable"):
        return value._as_variable()
    if _holds_variables(value):
        from pm_migrate.shims.theano.ops.joining import stack

        return stack([as_variable(item) for item in value])
    return constant(value, name)


def _holds_variables(value: Any) -> bool:
    """Whether a (nested) sequence contains a variable, or what becomes one."""
    if isinstance(value, (list, tuple)):
        return any(
            isinstance(item, Variable) or hasattr(item, "_as_variable") or _holds_variables(item) for item in value
        )
    return isinstance(value, np.ndarray) and value.dtype == object and _holds_variables(value.tolist())


def apply(op: Op, *inputs: Any, name: str | None = None) -> Variable:
    """Make the node ``op(*inputs)``, and compute its test value when every input has one.

    Raises
    ------
    ModelError
        When the operation fails on the test values: names the operation and the shapes and dtypes of its operands.
    """
    operands = tuple([v if isinstance(v, Variable) else as_variable(v) for v in inputs])
    values = _input_values(operands)
    value = None
    if values is not None:
        value = _run(op, operands, values)
    kind = _kind(op, operands, value)
    node = Apply(op, operands)
    result = Variable(kind[0], kind[1], name, node)
    if value is not None:
        result.tag.test_value = _checked(op, value, kind)
    result.is_constant = _all_constant(operands)
    node.outputs = (result,)
    return result


def apply_multiple(op: Op, *inputs: Any) -> list[Variable]:
    """Like :func:`apply` for an operation with several results."""
    operands = tuple([v if isinstance(v, Variable) else as_variable(v) for v in inputs])
    values = _input_values(operands)
    results = None if values is None else _run(op, operands, values)
    assert op.infer is not None
    assert op.outputs is not None
    node = Apply(op, operands)
    node.outputs = tuple(
        Variable(dtype, broadcastable, None, node, i) for i, (dtype, broadcastable) in enumerate(op.infer(operands))
    )
    for i, output in enumerate(node.outputs):
        if results is not None:
            output.tag.test_value = _checked(op, results[i], (output.dtype, output.broadcastable))
        output.is_constant = _all_constant(operands)
    return list(node.outputs)


def _all_constant(operands: Sequence[Variable]) -> bool:
    return all([v.is_constant for v in operands])  # noqa: C419 - faster than a generator, and called for each node


def _input_values(operands: Sequence[Variable]) -> list[np.ndarray] | None:
    values = [get_test_value(v) for v in operands]
    missing = any([v is None for v in values])  # noqa: C419
    return None if missing else values  # type: ignore[return-value]


def _kind(op: Op, operands: Sequence[Variable], value: np.ndarray | None) -> Kind:
    try:
        return op.kind(operands, value)
    except (NotSupported, ModelError):
        raise
    except Exception as error:
        raise as_model_error(_complaint(op, operands, error), error) from error


def _checked(op: Op, value: Any, kind: Kind) -> np.ndarray:
    """The test value in the dtype of the result; its number of dimensions must be the declared one."""
    array = np.asarray(value, DTYPES[kind[0]])
    if array.ndim != len(kind[1]):
        raise ModelError(
            f"{op.name}: the result has {array.ndim} dimensions {array.shape}, the operation declares {len(kind[1])}"
        )
    return array


def run_numpy(op: Op, values: Sequence[np.ndarray]) -> Any:
    """Compute an operation on arrays, in NumPy where it has a NumPy form, else by eager TensorFlow."""
    if op.fast is not None:
        with np.errstate(all="ignore"):
            return op.fast(*values)
    with nullcontext() if tf.executing_eagerly() else tf.init_scope():
        result = op.impl(*(values if op.raw else [tf.constant(v) for v in values]))
        if op.outputs is None:
            return np.asarray(result)
        return [np.asarray(r) for r in result]


def _run(op: Op, operands: Sequence[Variable], values: Sequence[np.ndarray]) -> Any:
    try:
        value = run_numpy(op, values)
    except (NotSupported, ModelError):
        raise
    except Exception as error:
        raise as_model_error(_complaint(op, operands, error), error) from error
    return np.asarray(value) if op.outputs is None else value


def _complaint(op: Op, operands: Sequence[Variable], error: Exception) -> str:
    shown = ", ".join(f"{v}: {v.dtype} {v.static_shape}" for v in operands)
    return f"{op.name}: {str(error).strip() or type(error).__name__}\n  operands: {shown or 'none'}"

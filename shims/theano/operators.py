"""Operators and methods of variables, and what NumPy and Python do with them.

Every method defers to the function of the same name in :mod:`pm_migrate.shims.theano.ops`, loaded when first used:
those modules need :class:`~pm_migrate.shims.theano.graph.Variable`, which has these methods.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from pm_migrate.shims.theano.graph import Variable


class _Operations:
    """The modules of operations, imported on first use."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        package = "pm_migrate.shims.theano"
        module = import_module(f"{package}.interop" if name == "interop" else f"{package}.ops.{name}")
        setattr(self, name, module)
        return module


_ops = _Operations()


class Operators:
    """Arithmetic, comparison, indexing and the array methods; mixed into every variable."""

    # NumPy arrays and pandas objects on the left leave the operation to the variable
    __array_priority__ = 1000
    __pandas_priority__ = 10000

    ndim: int
    dtype: str
    static_shape: tuple[int | None, ...]

    # NumPy and Python protocols. There is no __array__: arrays of dtype object may hold variables, as with Theano.

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return _ops.interop.ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return _ops.interop.function(func, args, kwargs)

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        # identity, as in Theano: the elementwise comparison is tt.eq
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    def __bool__(self) -> bool:
        # Theano refuses only results of comparisons; helper functions test "if mu:" for None
        owner = self.owner  # type: ignore[attr-defined]
        if owner is not None and owner.op.name in ("lt", "le", "gt", "ge"):
            raise TypeError(
                "the truth of a comparison between tensors is not known while the model is built; use tt.switch, and "
                "tt.and_ in place of a < b < c"
            )
        return True

    def __len__(self) -> int:
        raise TypeError(f"object of type {type(self).__name__!r} has no len(): use .shape[0]")

    def __iter__(self) -> Iterator[Variable]:
        if self.ndim == 0:
            raise TypeError("a scalar tensor cannot be iterated over")
        length = self.static_shape[0]
        if length is None:
            raise TypeError(
                f"the length of {self} is not known, so it cannot be iterated over; if this is builtins.sum or max, "
                "use tt.sum or tt.max"
            )
        return (self[i] for i in range(length))

    def __float__(self) -> NoReturn:
        raise TypeError(f"{self} is a symbolic tensor, not a number: use .eval()")

    __int__ = __complex__ = __index__ = __float__

    # arithmetic

    def __add__(self, other: Any) -> Variable:
        return _binary("add", self, other)

    def __radd__(self, other: Any) -> Variable:
        return _binary("add", other, self)

    def __sub__(self, other: Any) -> Variable:
        return _binary("sub", self, other)

    def __rsub__(self, other: Any) -> Variable:
        return _binary("sub", other, self)

    def __mul__(self, other: Any) -> Variable:
        return _binary("mul", self, other)

    def __rmul__(self, other: Any) -> Variable:
        return _binary("mul", other, self)

    def __truediv__(self, other: Any) -> Variable:
        return _binary("true_div", self, other)

    def __rtruediv__(self, other: Any) -> Variable:
        return _binary("true_div", other, self)

    def __floordiv__(self, other: Any) -> Variable:
        return _binary("int_div", self, other)

    def __rfloordiv__(self, other: Any) -> Variable:
        return _binary("int_div", other, self)

    def __mod__(self, other: Any) -> Variable:
        return _binary("mod", self, other)

    def __rmod__(self, other: Any) -> Variable:
        return _binary("mod", other, self)

    def __divmod__(self, other: Any) -> tuple[Variable, Variable]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Variable, Variable]:
        return other // self, other % self

    def __pow__(self, other: Any) -> Variable:
        return _binary("pow", self, other)

    def __rpow__(self, other: Any) -> Variable:
        return _binary("pow", other, self)

    def __matmul__(self, other: Any) -> Variable:
        return _ops.linalg.dot(self, other)

    def __rmatmul__(self, other: Any) -> Variable:
        return _ops.linalg.dot(other, self)

    def __lt__(self, other: Any) -> Variable:
        return _binary("lt", self, other)

    def __le__(self, other: Any) -> Variable:
        return _binary("le", self, other)

    def __gt__(self, other: Any) -> Variable:
        return _binary("gt", self, other)

    def __ge__(self, other: Any) -> Variable:
        return _binary("ge", self, other)

    def __and__(self, other: Any) -> Variable:
        return _binary("and_", self, other)

    def __rand__(self, other: Any) -> Variable:
        return _binary("and_", other, self)

    def __or__(self, other: Any) -> Variable:
        return _binary("or_", self, other)

    def __ror__(self, other: Any) -> Variable:
        return _binary("or_", other, self)

    def __xor__(self, other: Any) -> Variable:
        return _binary("xor", self, other)

    def __rxor__(self, other: Any) -> Variable:
        return _binary("xor", other, self)

    def __neg__(self) -> Variable:
        return _ops.elemwise.neg(self)

    def __pos__(self) -> Variable:
        return self

    def __abs__(self) -> Variable:
        return _ops.elemwise.abs_(self)

    def __invert__(self) -> Variable:
        return _ops.elemwise.invert(self)

    def __ceil__(self) -> Variable:
        return _ops.elemwise.ceil(self)

    def __floor__(self) -> Variable:
        return _ops.elemwise.floor(self)

    def __trunc__(self) -> Variable:
        return _ops.elemwise.trunc(self)

    def __getitem__(self, index: Any) -> Variable:
        return _ops.indexing.subtensor(self, index)

    # shape and layout

    @property
    def shape(self) -> Variable:
        """The shape, an int64 vector."""
        return _ops.shaping.shape(self)

    @property
    def size(self) -> Variable:
        """The number of elements, an int64 scalar."""
        return _ops.shaping.size(self)

    @property
    def T(self) -> Variable:
        """All axes reversed."""
        return _ops.shaping.transpose(self)

    def transpose(self, *axes: Any) -> Variable:
        """Permute the axes, all reversed by default."""
        if len(axes) == 1 and isinstance(axes[0], (list, tuple)):
            axes = tuple(axes[0])
        return _ops.shaping.transpose(self, axes or None)

    def reshape(self, *shape: Any, ndim: int | None = None) -> Variable:
        """Give the elements a new shape; one length may be -1."""
        if len(shape) == 1 and (isinstance(shape[0], (list, tuple)) or hasattr(shape[0], "ndim")):
            return _ops.shaping.reshape(self, shape[0], ndim=ndim)
        return _ops.shaping.reshape(self, shape, ndim=ndim)

    def dimshuffle(self, *pattern: Any) -> Variable:
        """Permute, drop and (``'x'``) insert axes."""
        if len(pattern) == 1 and isinstance(pattern[0], (list, tuple)):
            pattern = tuple(pattern[0])
        return _ops.shaping.dimshuffle(self, pattern)

    def flatten(self, ndim: int = 1) -> Variable:
        """Join the last axes so that ``ndim`` are left."""
        return _ops.shaping.flatten(self, ndim)

    def ravel(self) -> Variable:
        """All elements in one vector."""
        return _ops.shaping.flatten(self)

    def swapaxes(self, axis1: int, axis2: int) -> Variable:
        """Exchange two axes."""
        return _ops.shaping.swapaxes(self, axis1, axis2)

    def squeeze(self) -> Variable:
        """Drop the axes that are known to have length 1."""
        return _ops.shaping.squeeze(self)

    def repeat(self, repeats: Any, axis: int | None = None) -> Variable:
        """Repeat elements (of the flattened tensor without an axis)."""
        return _ops.joining.repeat(self, repeats, axis)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Variable:
        """The diagonal over two axes."""
        return _ops.shaping.diagonal(self, offset, axis1, axis2)

    def take(self, indices: Any, axis: int | None = None, mode: str = "raise") -> Variable:
        """Elements by index."""
        return _ops.selection.take(self, indices, axis, mode)

    def nonzero(self, return_matrix: bool = False) -> Any:
        """Indices of the elements that are not zero."""
        return _ops.selection.nonzero(self, return_matrix)

    def nonzero_values(self) -> Variable:
        """The elements that are not zero."""
        return _ops.selection.nonzero_values(self)

    def compress(self, condition: Any, axis: int | None = None) -> Variable:
        """The slices along an axis where the condition holds."""
        return _ops.selection.compress(condition, self, axis)

    def copy(self, name: str | None = None) -> Variable:
        """A new variable with the same value."""
        return _ops.elemwise.tensor_copy(self, name)

    def astype(self, dtype: Any) -> Variable:
        """Convert the dtype."""
        return _ops.elemwise.cast(self, dtype)

    def fill(self, value: Any) -> Variable:
        """A tensor of this shape, filled with a value."""
        return _ops.creation.fill(self, value)

    def zeros_like(self, dtype: Any = None) -> Variable:
        """Zeros of this shape."""
        return _ops.creation.zeros_like(self, dtype)

    def ones_like(self, dtype: Any = None) -> Variable:
        """Ones of this shape."""
        return _ops.creation.ones_like(self, dtype)

    # reductions

    def sum(self, axis: Any = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None) -> Variable:
        """Sum over axes; integers add up in int64."""
        return _ops.reductions.sum(self, axis, dtype, keepdims, acc_dtype)

    def prod(self, axis: Any = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None) -> Variable:
        """Product over axes."""
        return _ops.reductions.prod(self, axis, dtype, keepdims, acc_dtype)

    def mean(self, axis: Any = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None) -> Variable:
        """Mean over axes; of integers it is float."""
        return _ops.reductions.mean(self, axis, dtype, False, keepdims, acc_dtype)

    def var(self, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False) -> Variable:
        """Population variance over axes."""
        return _ops.reductions.var(self, axis, ddof, keepdims, corrected)

    def std(self, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False) -> Variable:
        """Population standard deviation over axes."""
        return _ops.reductions.std(self, axis, ddof, keepdims, corrected)

    def max(self, axis: Any = None, keepdims: bool = False) -> Variable:
        """Maximum over axes."""
        return _ops.reductions.max(self, axis, keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Variable:
        """Minimum over axes."""
        return _ops.reductions.min(self, axis, keepdims)

    def ptp(self, axis: Any = None) -> Variable:
        """Maximum minus minimum."""
        return _ops.reductions.ptp(self, axis)

    def argmax(self, axis: Any = None, keepdims: bool = False) -> Variable:
        """Index of the maximum (of the flattened tensor without an axis)."""
        return _ops.reductions.argmax(self, axis, keepdims)

    def argmin(self, axis: Any = None, keepdims: bool = False) -> Variable:
        """Index of the minimum (of the flattened tensor without an axis)."""
        return _ops.reductions.argmin(self, axis, keepdims)

    def any(self, axis: Any = None, keepdims: bool = False) -> Variable:
        """Whether any element is true."""
        return _ops.reductions.any(self, axis, keepdims)

    def all(self, axis: Any = None, keepdims: bool = False) -> Variable:
        """Whether all elements are true."""
        return _ops.reductions.all(self, axis, keepdims)

    def cumsum(self, axis: int | None = None) -> Variable:
        """Cumulative sum (of the flattened tensor without an axis)."""
        return _ops.reductions.cumsum(self, axis)

    def cumprod(self, axis: int | None = None) -> Variable:
        """Cumulative product (of the flattened tensor without an axis)."""
        return _ops.reductions.cumprod(self, axis)

    def sort(self, axis: int | None = -1, kind: str = "quicksort", order: Any = None) -> Variable:
        """Sorted along an axis."""
        return _ops.reductions.sort(self, axis)

    def argsort(self, axis: int | None = -1, kind: str = "quicksort", order: Any = None) -> Variable:
        """Indices that sort along an axis."""
        return _ops.reductions.argsort(self, axis)

    def norm(self, L: Any, axis: Any = None, keepdims: bool = False) -> Variable:
        """The L-norm over axes."""
        return _ops.reductions.norm(self, L, axis, keepdims)

    def trace(self) -> Variable:
        """Sum of the diagonal of a matrix."""
        return _ops.linalg.trace(self)

    def dot(self, other: Any) -> Variable:
        """Product of matrices and vectors, as ``tt.dot``."""
        return _ops.linalg.dot(self, other)

    # elementwise

    def clip(self, a_min: Any, a_max: Any) -> Variable:
        """Limit to an interval."""
        return _ops.elemwise.clip(self, a_min, a_max)

    def round(self, mode: str | None = None) -> Variable:
        """Round, halves to even."""
        return _ops.elemwise.round(self, mode)

    def get_test_value(self) -> Any:
        """The test value, or an ``AttributeError``."""
        return self.tag.test_value  # type: ignore[attr-defined]


def _binary(name: str, left: Any, right: Any) -> Any:
    function = getattr(_ops.elemwise, name)
    try:
        return function(left, right)
    except TypeError as error:
        # what cannot be a tensor (a string, an unknown class) may know how to combine itself with a variable
        if "cannot make a tensor" in str(error):
            return NotImplemented
        raise


def _method(name: str) -> Any:
    def method(self: Operators) -> Any:
        return getattr(_ops.elemwise, name)(self)

    method.__name__ = name
    method.__doc__ = f"Elementwise ``{name}``."
    return method


# NumPy calls these on the elements of an object array; Theano has them for the same reason
for _name in [
    "exp",
    "exp2",
    "expm1",
    "log",
    "log2",
    "log10",
    "log1p",
    "sqrt",
    "sin",
    "cos",
    "tan",
    "arcsin",
    "arccos",
    "arctan",
    "sinh",
    "cosh",
    "tanh",
    "arcsinh",
    "arccosh",
    "arctanh",
    "ceil",
    "floor",
    "trunc",
    "deg2rad",
    "rad2deg",
]:
    setattr(Operators, _name, _method(_name))

"""The values that a model yields: a thin class around ``tf.Tensor`` that behaves like an array."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.pymc4.tensors import arithmetic, indexing, numpy_functions
from pm_migrate.shims.pymc4.tensors.promotion import normalise, to_tensor
from pm_migrate.shims.pymc4.tensors.symbolic import on_values
from pm_migrate.shims.theano.graph import Given, Variable

Tensor = Any

_NO_ARRAY = (
    "a value of a model cannot become a NumPy array: the result would be a constant without a gradient. "
    "Use tf.stack([...]) for np.array([...]), tf.gather(array, x) for array[x], np.exp(x) and the like directly, "
    "or tf.convert_to_tensor(x) for a plain tensor"
)


def wrap(value: Any) -> Any:
    """Wrap tensors, also inside lists, tuples and dictionaries; leave everything else."""
    if isinstance(value, tf.Tensor):
        return GeneratorTensor(value)
    if isinstance(value, dict):
        return {k: wrap(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return _rebuild(value, [wrap(v) for v in value])
    return value


def unwrap(value: Any) -> Any:
    """Give back plain tensors, also inside lists, tuples and dictionaries; leave everything else."""
    if isinstance(value, GeneratorTensor):
        return value.tensor
    if isinstance(value, Variable):
        return to_tensor(value)
    if isinstance(value, dict):
        return {k: unwrap(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return _rebuild(value, [unwrap(v) for v in value])
    return value


def _rebuild(like: list[Any] | tuple[Any, ...], items: list[Any]) -> Any:
    return type(like)(*items) if hasattr(like, "_fields") else type(like)(items)


def _operator(function: Callable[[Tensor, Tensor], Tensor], reverse: bool = False) -> Callable[..., Any]:
    def method(self: GeneratorTensor, other: Any) -> Any:
        try:
            other = to_tensor(other)
        except TypeError:
            return NotImplemented
        return GeneratorTensor(function(other, self.tensor) if reverse else function(self.tensor, other))

    return method


def _method(name: str) -> Callable[..., Any]:
    def method(self: GeneratorTensor, *args: Any, **kwargs: Any) -> Any:
        return _finish(numpy_functions.FUNCTIONS[name](self.tensor, *unwrap(args), **unwrap(kwargs)))

    method.__name__ = name
    method.__doc__ = f"As ``numpy.ndarray.{name}``."
    return method


def _theano(name: str) -> Callable[..., Any]:
    """A method of Theano's variables."""
    method = on_values(getattr(Variable, name))
    method.__doc__ = f"As ``{name}`` of Theano's variables."
    return method


def _finish(result: Any) -> Any:
    """Wrap the result of a NumPy function, in normalised dtypes."""
    if isinstance(result, tf.Tensor):
        return GeneratorTensor(normalise(result))
    if isinstance(result, (list, tuple)):
        return _rebuild(result, [_finish(r) for r in result])
    return result


class GeneratorTensor:
    """A value of a model: a tensor that also works as NumPy-style code expects.

    Indexing, operators, methods and NumPy functions follow NumPy; every TensorFlow function takes it and gives one
    back. The tensor inside is :attr:`tensor`, ``tf.convert_to_tensor(x)`` gives it too.

    Parameters
    ----------
    tensor
        A tensor, of one draw.
    name
        The name of the variable of the model that it is the value of, as in PyMC3; None for what is computed.

    Examples
    --------
    >>> import numpy as np, tensorflow as tf
    >>> from pm_migrate.pymc4 import GeneratorTensor
    >>> x = GeneratorTensor(tf.constant([1.0, 2.0, 3.0], tf.float64))
    >>> x[np.array([2, 0])].numpy().tolist()
    [3.0, 1.0]
    >>> (np.array([1, 2, 3]) * x).numpy().tolist()
    [1.0, 4.0, 9.0]
    >>> tf.exp(x).dtype.name
    'float64'
    """

    __slots__ = ("name", "tensor")
    __array_priority__ = 1000
    __pandas_priority__ = 10_000  # so that Series * x comes here

    def __init__(self, tensor: Tensor, name: str | None = None) -> None:
        self.tensor = tensor
        self.name = name

    @property
    def shape(self) -> tf.TensorShape:
        """Static shape; compares equal to a tuple."""
        return self.tensor.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.tensor.shape.rank

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.tensor.shape))

    @property
    def dtype(self) -> tf.DType:
        """TensorFlow dtype; compares equal to the NumPy one."""
        return self.tensor.dtype

    @property
    def T(self) -> GeneratorTensor:
        """All axes reversed, as in NumPy."""
        return GeneratorTensor(tf.transpose(self.tensor))

    def get_shape(self) -> tf.TensorShape:
        """Static shape."""
        return self.tensor.shape

    def numpy(self) -> np.ndarray:
        """The value as an array; only outside a compiled function."""
        return self.tensor.numpy()

    def astype(self, dtype: Any) -> GeneratorTensor:
        """Cast; floating-point dtypes all mean ``floatX``."""
        return GeneratorTensor(normalise(tf.cast(self.tensor, tf.as_dtype(np.dtype(dtype)))))

    def copy(self) -> GeneratorTensor:
        """The value itself: tensors do not change."""
        return self

    def eval(self, inputs_to_values: Any = None) -> np.ndarray:
        """The value as an array, where it does not depend on random variables.

        Raises
        ------
        TypeError
            For a value that is not known while the model is compiled.
        """
        known = tf.get_static_value(self.tensor)
        if known is None:
            raise TypeError(_NO_ARRAY)
        return np.asarray(known)

    def get_value(self, borrow: bool = False) -> np.ndarray:
        """As :meth:`eval`: data of a model by the name that shared variables give it."""
        return self.eval()

    def _as_variable(self) -> Given:
        return Given(self.tensor)

    def reshape(self, *shape: Any, **options: Any) -> GeneratorTensor:
        """As ``numpy.ndarray.reshape``: ``x.reshape(2, 3)`` or ``x.reshape((2, 3))``."""
        wanted = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
        return GeneratorTensor(tf.reshape(self.tensor, wanted))

    def transpose(self, *axes: Any) -> GeneratorTensor:
        """As ``numpy.ndarray.transpose``."""
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None
        return GeneratorTensor(tf.transpose(self.tensor, order))

    def __getitem__(self, key: Any) -> GeneratorTensor:
        return GeneratorTensor(indexing.getitem(self.tensor, key))

    def __setitem__(self, key: Any, value: Any) -> None:
        raise TypeError(
            "a value of a model cannot be assigned to in place; build a list and tf.stack it, "
            "or use tf.tensor_scatter_nd_update"
        )

    def __iter__(self) -> Iterator[GeneratorTensor]:
        if self.ndim == 0:
            raise TypeError("iteration over a tensor of rank 0")
        return (self[i] for i in range(len(self)))

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("len() of a tensor of rank 0")
        return int(self.tensor.shape[0])

    def __array__(self, *args: Any, **kwargs: Any) -> np.ndarray:
        raise TypeError(_NO_ARRAY)

    def __index__(self) -> int:
        raise TypeError(_NO_ARRAY)

    def __bool__(self) -> bool:
        return bool(self.tensor)

    def __float__(self) -> float:
        return float(self.tensor)

    def __int__(self) -> int:
        return int(self.tensor)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        return _finish(numpy_functions.apply_ufunc(ufunc, method, inputs, options))

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Any:
        return _finish(numpy_functions.apply_function(function, unwrap(args), unwrap(dict(kwargs))))

    def __repr__(self) -> str:
        return f"GeneratorTensor({self.tensor!r})"

    __hash__ = None  # type: ignore[assignment]

    __add__, __radd__ = _operator(arithmetic.add), _operator(arithmetic.add, reverse=True)
    __sub__, __rsub__ = _operator(arithmetic.subtract), _operator(arithmetic.subtract, reverse=True)
    __mul__, __rmul__ = _operator(arithmetic.multiply), _operator(arithmetic.multiply, reverse=True)
    __truediv__ = _operator(arithmetic.BINARY["truediv"])
    __rtruediv__ = _operator(arithmetic.BINARY["truediv"], reverse=True)
    __floordiv__, __rfloordiv__ = _operator(arithmetic.floordiv), _operator(arithmetic.floordiv, reverse=True)
    __mod__, __rmod__ = _operator(arithmetic.mod), _operator(arithmetic.mod, reverse=True)
    __pow__, __rpow__ = _operator(arithmetic.power), _operator(arithmetic.power, reverse=True)
    __matmul__, __rmatmul__ = _operator(arithmetic.matmul), _operator(arithmetic.matmul, reverse=True)
    __and__, __rand__ = _operator(arithmetic.logical_and), _operator(arithmetic.logical_and, reverse=True)
    __or__, __ror__ = _operator(arithmetic.logical_or), _operator(arithmetic.logical_or, reverse=True)
    __xor__, __rxor__ = _operator(arithmetic.logical_xor), _operator(arithmetic.logical_xor, reverse=True)
    __lt__, __le__ = _operator(arithmetic.BINARY["less"]), _operator(arithmetic.BINARY["less_equal"])
    __gt__, __ge__ = _operator(arithmetic.BINARY["greater"]), _operator(arithmetic.BINARY["greater_equal"])
    __eq__ = _operator(arithmetic.BINARY["equal"])
    __ne__ = _operator(arithmetic.BINARY["not_equal"])

    def __neg__(self) -> GeneratorTensor:
        return GeneratorTensor(arithmetic.negative(self.tensor))

    def __pos__(self) -> GeneratorTensor:
        return self

    def __abs__(self) -> GeneratorTensor:
        return GeneratorTensor(tf.abs(self.tensor))

    def __invert__(self) -> GeneratorTensor:
        return GeneratorTensor(tf.logical_not(self.tensor))

    sum, prod, mean, std, var = map(_method, ("sum", "prod", "mean", "std", "var"))
    max, min, argmax, argmin = map(_method, ("max", "min", "argmax", "argmin"))
    all, any, cumsum, cumprod = map(_method, ("all", "any", "cumsum", "cumprod"))
    ravel, squeeze, swapaxes, repeat = map(_method, ("ravel", "squeeze", "swapaxes", "repeat"))
    take, dot, clip, round = map(_method, ("take", "dot", "clip", "round"))
    flatten, dimshuffle, norm, nonzero, fill = map(_theano, ("flatten", "dimshuffle", "norm", "nonzero", "fill"))
    zeros_like, ones_like, sort = map(_theano, ("zeros_like", "ones_like", "sort"))
    diagonal, trace, argsort = map(_method, ("diagonal", "trace", "argsort"))

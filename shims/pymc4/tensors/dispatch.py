"""TensorFlow functions on the values of a model.

A value has no conversion to a tensor of its own, so a TensorFlow function that meets one fails to convert it, and
TensorFlow then asks its registered dispatchers. Ours gives the function the tensors inside and wraps what comes out.
Calls without such a value never come here unless they fail, and then they are handed back: TensorFlow code elsewhere
in the process sees no change.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.ops import functional_ops

from pm_migrate.shims.pymc4.tensors.arithmetic import BINARY, GUARDED
from pm_migrate.shims.pymc4.tensors.indexing import getitem
from pm_migrate.shims.pymc4.tensors.numpy_functions import largest, smallest
from pm_migrate.shims.pymc4.tensors.promotion import floatx, promote, to_tensor
from pm_migrate.shims.pymc4.tensors.tensor import GeneratorTensor, unwrap, wrap
from pm_migrate.shims.theano.graph import Variable

#: Parameters of TensorFlow functions that are not data, so that their integers and booleans stay what they are.
_NOT_DATA = frozenset(
    """axis axes indices perm shape dtype name num_segments segment_ids multiples repeats depth begin size condition
    mask paddings k num num_or_size_splits batch_dims keepdims equation validate_indices shift input_shape output_shape
    sequence_length lower num_lower num_upper pred partitions num_partitions block_shape crops new_shape out_type
    output_type exclusive reverse full_matrices seed adjoint transpose_a transpose_b adjoint_a adjoint_b""".split()
)

#: Functions that divide: integers would be divided as integers.
_ALWAYS_FLOAT = frozenset(
    {"reduce_mean", "reduce_mean_v2", "reduce_variance", "reduce_std", "reduce_mean_with_dims", "moments", "l2_loss"}
)
_COUNTS_BOOLEANS = frozenset({"reduce_sum", "cumsum", "reduce_prod"})
_CONVERSIONS = frozenset({"convert_to_tensor", "convert_to_tensor_v2", "convert_to_tensor_v2_with_dispatch"})
_REFUSED = (TypeError, ValueError, tf.errors.InvalidArgumentError, tf.errors.NotFoundError)

#: Reductions whose gradient is Theano's.
EXTREMES = {
    **dict.fromkeys(("reduce_max", "reduce_max_with_dims"), largest),
    **dict.fromkeys(("reduce_min", "reduce_min_v1"), smallest),
}

_evaluation = threading.local()


class evaluating:
    """Context of one evaluation of a model: only within one are callables in arguments looked into."""

    def __enter__(self) -> None:
        _evaluation.depth = getattr(_evaluation, "depth", 0) + 1
        if _evaluation.depth == 1:
            _evaluation.number = getattr(_evaluation, "number", 0) + 1

    def __exit__(self, *error: object) -> None:
        _evaluation.depth -= 1


def is_evaluating() -> bool:
    """Whether a model is being evaluated in this thread."""
    return getattr(_evaluation, "depth", 0) > 0


def evaluation_number() -> int | None:
    """A number of the evaluation that runs in this thread, None outside of any."""
    return _evaluation.number if is_evaluating() else None


def _holds(values: Iterable[Any], test: Callable[[Any], bool]) -> bool:
    for value in values:
        if test(value):
            return True
        if isinstance(value, (list, tuple)):
            if _holds(value, test):
                return True
        elif isinstance(value, dict) and _holds(value.values(), test):
            return True
    return False


def _is_value(value: Any) -> bool:
    return isinstance(value, GeneratorTensor) or (is_evaluating() and isinstance(value, Variable))


def _is_function(value: Any) -> bool:
    return inspect.isfunction(value) or inspect.ismethod(value)


class GeneratorTensorDispatcher(tf.__internal__.dispatch.GlobalOpDispatcher):
    """Runs TensorFlow functions on :class:`GeneratorTensor` arguments."""

    def handle(self, op: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Called by TensorFlow when ``op(*args, **kwargs)`` failed with a TypeError or ValueError."""
        _forget_caching_device(op)
        everything = (*args, *kwargs.values())
        with_functions = is_evaluating() and any(map(_is_function, everything))
        if not with_functions and not _holds(everything, _is_value):
            return self.NOT_SUPPORTED
        name = op.__name__
        if name == "strided_slice" and not (args and _is_value(args[0])):
            return self.NOT_SUPPORTED  # a step of tensor[value], which comes here again as a whole
        if with_functions:
            everything = tuple(map(_adapted, everything))
            if everything == (*args, *kwargs.values()):
                return self.NOT_SUPPORTED
            args, kwargs = everything[: len(args)], dict(zip(kwargs, everything[len(args) :], strict=True))
        if name in _CONVERSIONS:
            return op(*_plain(args), **_plain(kwargs))
        result = _special(name, args, kwargs)
        return wrap(_call(op, _plain(args), _plain(kwargs)) if result is None else result)


def _forget_caching_device(op: Callable[..., Any]) -> None:
    """Undo what a failed loop leaves behind in TensorFlow's variable scope, which is shared by the whole process.

    ``tf.scan``, ``tf.foldl`` and ``tf.foldr`` set a caching device while they trace, and take it back only when they
    succeed; later code that makes variables eagerly (``tfp.mcmc.sample_chain``, the old optimisers) would fail.
    """
    if op.__module__ == functional_ops.__name__:
        scope = tf.compat.v1.get_variable_scope()
        if getattr(scope.caching_device, "__module__", None) == functional_ops.__name__:
            scope._caching_device = None  # its setter refuses outside of graphs


def _adapted(function: Any) -> Any:
    """A callable argument, so that it sees values of the model and returns plain tensors."""
    if not _is_function(function) or getattr(function, "adapted", False):
        return function

    def adapted(*args: Any, **kwargs: Any) -> Any:
        return unwrap(function(*wrap(args), **wrap(kwargs)))

    adapted.adapted = True  # type: ignore[attr-defined]
    return adapted


def _plain(value: Any) -> Any:
    """Tensors for values of the model and arrays for pandas objects, in nested arguments.

    Python's floats keep their digits: TensorFlow takes them for float32 where nothing else in a list or beside it has a
    dtype.
    """
    if floatx() == tf.float64 and _are_floats(value):
        return np.asarray(value) if isinstance(value, (list, tuple)) else np.float64(value)
    if isinstance(value, GeneratorTensor):
        return value.tensor
    if isinstance(value, Variable):
        return to_tensor(value)
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(_plain(v) for v in value)
    return value.to_numpy() if hasattr(value, "to_numpy") else value


def _are_floats(value: Any) -> bool:
    """Whether a value is a float of Python's, or nested lists of numbers with one."""
    if not isinstance(value, (list, tuple)) or hasattr(value, "_fields"):
        return type(value) is float
    parts = [*value]
    return any(map(_are_floats, parts)) and all(type(part) is int or _are_floats(part) for part in parts)


def _special(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Elementwise functions under NumPy's promotion, and with guarded gradients; None for every other function."""
    operands = [*args, *(v for k, v in kwargs.items() if k != "name" and v is not None)]
    if name in GUARDED and len(operands) == 1:
        return GUARDED[name](to_tensor(operands[0]))
    if name in EXTREMES and not kwargs.get("reduction_indices"):
        options = {k: v for k, v in kwargs.items() if k in ("axis", "keepdims") and v is not None}
        return EXTREMES[name](to_tensor(args[0] if args else kwargs["input_tensor"]), *args[1:3], **options)
    if name in BINARY and len(operands) == 2:
        return BINARY[name](to_tensor(operands[0]), to_tensor(operands[1]))
    if name == "_slice_helper":  # tensor[value]: TensorFlow's own form fails under tf.vectorized_map
        return getitem(to_tensor(operands[0]), unwrap(operands[1]))
    if name in {"where", "where_v2"} and len(operands) == 3:
        condition, x, y = (to_tensor(v) for v in operands)
        return tf.where(tf.cast(condition, tf.bool), *promote(x, y))
    return None


def _call(op: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call with plain tensors; where TensorFlow refuses the mix of dtypes, once more with all data as floats."""
    name = op.__name__
    if name in _ALWAYS_FLOAT:
        return op(*_floats(args[:1]), *args[1:], **kwargs)
    if name in _COUNTS_BOOLEANS and args and getattr(args[0], "dtype", None) == tf.bool:
        return op(tf.cast(args[0], tf.int64), *args[1:], **kwargs)
    try:
        return op(*args, **kwargs)
    except _REFUSED:
        _forget_caching_device(op)
        floats = _with_float_data(op, args, kwargs)
        if floats is None:
            raise
    return op(*floats[0], **floats[1])


def _with_float_data(
    op: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """Arguments with numeric data cast to ``floatX``; None when there is nothing to cast."""
    try:
        names = [*inspect.signature(op).parameters]
    except (TypeError, ValueError):
        return None
    by_name = dict(zip(names, args, strict=False)) | kwargs
    cast = {k: v if k in _NOT_DATA else _floats(v) for k, v in by_name.items()}
    if all(cast[k] is v for k, v in by_name.items()):
        return None
    positional = tuple(cast[n] for n in names[: len(args)])
    return positional, {k: cast[k] for k in kwargs}


def _floats(value: Any) -> Any:
    """Numeric data cast to ``floatX``, the value itself when there is none."""
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        items = [_floats(v) for v in value]
        return value if all(a is b for a, b in zip(items, value, strict=True)) else type(value)(items)
    if isinstance(value, tf.Tensor):
        castable = value.dtype != floatx() and (
            value.dtype.is_floating or value.dtype.is_integer or value.dtype.is_bool
        )
        return tf.cast(value, floatx()) if castable else value
    if isinstance(value, (np.ndarray, np.generic)):
        return value.astype(floatx().as_numpy_dtype) if value.dtype.kind in "fiub" else value
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _packed(value: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Any:
    """Refuse to pack a list of tensors into a dtype that cannot hold them; TensorFlow's own turn in any other case.

    TensorFlow packs a list that stands beside a tensor into the dtype of that: ``tf.concat([[x], counts], 0)`` would
    cut off the decimals of ``x``, without a word.
    """
    if dtype is None or not is_evaluating():
        return NotImplemented
    wanted = tf.as_dtype(dtype).base_dtype
    if _holds(value, lambda part: tf.is_tensor(part) and _cut(part.dtype, wanted)):
        raise TypeError(
            f"a list has numbers that {wanted.name} cannot hold, and stands beside {wanted.name}: use tf.cast"
        )
    return NotImplemented


def _cut(dtype: tf.DType, wanted: tf.DType) -> bool:
    """Whether numbers lose something: decimals, or digits that ``floatX`` has."""
    if dtype.is_floating and wanted.is_floating:
        return dtype.size > wanted.size and wanted.size < floatx().size
    return not np.can_cast(dtype.as_numpy_dtype, wanted.as_numpy_dtype, "same_kind")


GeneratorTensorDispatcher().register()
tf.register_tensor_conversion_function((list, tuple), _packed, 50)  # TensorFlow's own has 99

"""The shortest ways into a compiled function: for programs that are called some hundred thousand times.

The call of a ``ConcreteFunction`` looks for tapes and matches arguments, which takes longer than a small model. What
TensorFlow does below that is no public API: where a version has it otherwise, the public way is taken.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import numpy as np
import tensorflow as tf

Tensor = Any
#: Of arrays and, after them, tensors.
Caller = Callable[[Sequence[np.ndarray], Sequence[Tensor]], Sequence[Tensor]]
#: Of a vector and, after it, tensors.
VectorCaller = Callable[[np.ndarray, Sequence[Tensor]], list[np.ndarray]]

# TensorFlow takes the memory of an array as it is when it begins at a multiple of this
_ALIGNMENT = 64


#: Inputs that XLA must know when it compiles, by type of operation: shapes, axes, ends of slices.
_STATIC_INPUTS = {
    **dict.fromkeys(
        "BroadcastTo Cumprod Cumsum ExpandDims MirrorPad OneHot Pad PadV2 Reshape Tile TopKV2".split(), (1,)
    ),
    **dict.fromkeys("All Any ArgMax ArgMin Max Mean Min Prod Roll Sum Transpose".split(), (1,)),
    **dict.fromkeys(("Slice", "SplitV", "StridedSlice"), (1, 2, 3)),
    **dict.fromkeys(("Empty", "Fill", "Split", "TensorListReserve"), (0,)),
    **dict.fromkeys(("LinSpace", "Range"), (0, 1, 2)),
    "GatherV2": (2,),
    "ScatterNd": (2,),
}
_SHAPES = frozenset(("Rank", "Shape", "ShapeN", "Size"))


def decides_shapes(concrete: Any) -> bool:
    """Whether a value that a ``ConcreteFunction`` is called with decides a shape in it, or which part is taken.

    XLA compiles such a program anew for each value.
    """
    depending: set[str] = set()
    for op in concrete.graph.get_operations():
        given = [source.op.name in depending for source in op.inputs]
        if op.type == "Placeholder" or (any(given) and op.type not in _SHAPES):
            depending.add(op.name)
        if any(given[i] for i in _STATIC_INPUTS.get(op.type, ()) if i < len(given)):
            return True
    return False


def caller(concrete: Any) -> Caller:
    """What calls a ``ConcreteFunction``.

    Returns
    -------
    callable
        ``call(arrays, tensors)`` gives the outputs as a sequence of tensors. The arrays must have the dtypes and shapes
        that the function was made for.
    """
    entry = _entry(concrete, jit=False)
    if entry is None:
        return lambda arrays, tensors: concrete(*map(tf.constant, arrays), *tensors)
    execute, tensor_of = entry
    return lambda arrays, tensors: execute([*map(tensor_of, arrays), *tensors])


def vector_caller(concrete: Any, example: np.ndarray, *, jit: bool) -> VectorCaller:
    """What calls a ``ConcreteFunction`` of a vector, again and again: the vector's place in memory stays the same.

    Parameters
    ----------
    concrete
        The function.
    example
        A vector as it will be called with.
    jit
        Whether XLA compiled the function as a whole. It must not be one that :func:`decides_shapes`: XLA knows again
        what it compiled for by the memory that it was called with.
    """
    entry = _entry(concrete, jit=jit)
    kept = None if entry is None else _kept(example, entry[1])
    if entry is None or kept is None:
        usual = caller(concrete)
        return lambda array, tensors: [output.numpy() for output in usual([array], tensors)]
    execute, (buffer, vector), lock = entry[0], kept, threading.Lock()

    def call(array: np.ndarray, tensors: Sequence[Tensor]) -> list[np.ndarray]:
        with lock:
            buffer[:] = array
            return [output.numpy() for output in execute([vector, *tensors])]

    return call


def _kept(example: np.ndarray, tensor_of: Callable[[np.ndarray], Tensor]) -> tuple[np.ndarray, Tensor] | None:
    """An array and a tensor over the same memory; None where there is no such thing.

    Of a tensor that is used on another device TensorFlow keeps a copy there, which would not follow.
    """
    if any(device.device_type != "CPU" for device in tf.config.list_logical_devices()):
        return None
    memory = np.zeros(example.nbytes + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    buffer = memory[start : start + example.nbytes].view(example.dtype)
    tensor = tensor_of(buffer)
    buffer[:] = 1.0
    return (buffer, tensor) if np.array_equal(tensor.numpy(), buffer) else None


def _entry(
    concrete: Any, *, jit: bool
) -> tuple[Callable[[list[Tensor]], Sequence[Tensor]], Callable[[np.ndarray], Tensor]] | None:
    """What runs a function without looking for tapes, and what makes a tensor of an array without copying it."""
    try:
        from tensorflow.python import pywrap_tfe
        from tensorflow.python.eager import context as eager
        from tensorflow.python.eager import core
        from tensorflow.python.framework.ops import EagerTensor

        context = eager.context()
        inner = concrete._inference_function
        name, count = inner.name.decode(), len(inner.function_type.flat_outputs)
        # how to optimise and run the graph: XLA has done the one, and there is nothing to the other
        attributes = () if jit else tuple(chain.from_iterable(context.function_call_options.as_attrs().items()))
        handle, device, captured = context._handle, context.device_name, list(concrete.captured_inputs)
        run, Failure, public = pywrap_tfe.TFE_Py_Execute, core._NotOkStatusException, core._status_to_exception
    except (ImportError, AttributeError):
        return None

    # TensorFlow forgets a function when nothing holds it any more
    def execute(inputs: list[Tensor], held: Any = concrete) -> Sequence[Tensor]:
        try:
            outputs: Sequence[Tensor] = run(handle, device, name, inputs + captured, attributes, count)
        except Failure as error:
            raise public(error) from None
        return outputs

    return execute, lambda array: EagerTensor(array, device, None)

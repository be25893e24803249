"""The shortest way into a compiled function: for programs that are called some hundred thousand times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import numpy as np
import tensorflow as tf

Tensor = Any
Caller = Callable[[Sequence[np.ndarray], Sequence[Tensor]], Sequence[Tensor]]


def caller(concrete: Any) -> Caller:
    """What calls a compiled function of arrays and, after them, tensors.

    The call of a ``ConcreteFunction`` looks for tapes and matches arguments, which takes longer than a small model.
    What TensorFlow does below that is no public API: where a version has it otherwise, the public way is taken.

    Parameters
    ----------
    concrete
        A ``ConcreteFunction``, with a flat sequence of outputs.

    Returns
    -------
    callable
        ``call(arrays, tensors)`` gives the outputs as a sequence of tensors. The arrays must have the dtypes and shapes
        that the function was made for.
    """
    return _direct(concrete) or (lambda arrays, tensors: concrete(*map(tf.constant, arrays), *tensors))


def _direct(concrete: Any) -> Caller | None:
    """Without looking for tapes; None where this TensorFlow has no such way."""
    try:
        from tensorflow.python import pywrap_tfe
        from tensorflow.python.eager import context as eager
        from tensorflow.python.eager import core
        from tensorflow.python.framework.ops import EagerTensor

        context = eager.context()
        inner = concrete._inference_function
        name, count = inner.name.decode(), len(inner.function_type.flat_outputs)
        attributes = tuple(chain.from_iterable(context.function_call_options.as_attrs().items()))
        handle, device, captured = context._handle, context.device_name, list(concrete.captured_inputs)
        execute, Failure, public = pywrap_tfe.TFE_Py_Execute, core._NotOkStatusException, core._status_to_exception
    except (ImportError, AttributeError):
        return None

    # TensorFlow forgets a function when nothing holds it any more
    def direct(arrays: Sequence[np.ndarray], tensors: Sequence[Tensor], held: Any = concrete) -> Sequence[Tensor]:
        inputs = [*(EagerTensor(array, device, None) for array in arrays), *tensors, *captured]
        try:
            outputs: Sequence[Tensor] = execute(handle, device, name, inputs, attributes, count)
        except Failure as error:
            raise public(error) from None
        return outputs

    return direct

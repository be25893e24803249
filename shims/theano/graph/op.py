"""``theano.graph.op``: operations that a program defines, as subclasses of :class:`Op`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import NotSupported
from pm_migrate.shims.theano import names, operation
from pm_migrate.shims.theano.graph import Apply, Variable, as_variable, get_test_value

__all__ = ["Op", "get_test_value"]


class Op:
    """An operation written in Python: subclass it, as under Theano.

    ``make_node`` says what the results are (or ``itypes`` and ``otypes`` do), ``perform`` computes them on arrays, and
    ``grad`` (or ``L_op``) gives the gradient as a graph. A model that uses it runs Python in each evaluation, so that
    XLA cannot compile it.

    Examples
    --------
    >>> import pm_migrate.shims.theano.tensor as tt
    >>> class Cube(Op):
    ...     itypes, otypes = [tt.dvector], [tt.dvector]
    ...     def perform(self, node, inputs, outputs):
    ...         outputs[0][0] = inputs[0] ** 3
    ...     def grad(self, inputs, gradients):
    ...         return [3.0 * inputs[0] ** 2 * gradients[0]]
    >>> x = as_variable([1.0, 2.0])
    >>> Cube()(x).eval().tolist(), tt.grad(Cube()(x).sum(), x).eval().tolist()
    ([1.0, 8.0], [3.0, 12.0])
    """

    # what the graph reads of an operation, besides its name
    branches: tuple[int, ...] = ()
    info: Any = None
    python = True

    default_output: int | None = None
    itypes: Sequence[Any]
    otypes: Sequence[Any]

    @property
    def name(self) -> str:
        """The name that messages show."""
        return str(self)

    @name.setter
    def name(self, value: str) -> None:
        self.__dict__["name"] = value

    def __str__(self) -> str:
        return self.__dict__.get("name") or type(self).__name__

    def __eq__(self, other: object) -> bool:
        # operations of equal properties are equal; without a list of properties only the same object is
        props = getattr(self, "__props__", None)
        if props is None or type(self) is not type(other):
            return self is other
        return all(getattr(self, p) == getattr(other, p) for p in props)

    def __hash__(self) -> int:
        props = getattr(self, "__props__", None)
        return (
            hash((type(self), tuple(getattr(self, p) for p in props))) if props is not None else object.__hash__(self)
        )

    # what a program overrides

    def make_node(self, *inputs: Any) -> Apply:
        """The node for inputs, by ``itypes`` and ``otypes``."""
        if not hasattr(self, "itypes") or not hasattr(self, "otypes"):
            raise NotImplementedError(f"{self}: define itypes and otypes, or make_node")
        variables = [as_variable(v) for v in inputs]
        if len(variables) != len(self.itypes):
            raise ValueError(f"{self} takes {len(self.itypes)} tensors, but got {len(variables)}")
        for i, (variable, kind) in enumerate(zip(variables, self.itypes, strict=True)):
            if variable.ndim != kind.ndim or (variable.dtype != kind.dtype and not variable.weak):
                raise TypeError(
                    f"{self}: argument {i} must have type {kind}, but {variable} is {variable.type}; "
                    f"tt.cast(x, {kind.dtype!r}) converts it"
                )
            if variable.weak and variable.dtype != kind.dtype:
                variables[i] = variable.astype(kind.dtype)
        return Apply(self, variables, [kind() for kind in self.otypes])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[list[Any]], params: Any = None) -> None:
        """Compute the results of a node: ``output_storage[i][0] = ...``."""
        raise NotImplementedError(f"{self} has no perform method")

    def grad(self, inputs: Sequence[Variable], output_grads: Sequence[Variable]) -> Sequence[Any]:
        """Gradients with respect to the inputs, given those with respect to the results."""
        raise NotSupported(
            f"the gradient of {self}, an operation without a grad method; instead: write one, or sample its inputs "
            "with a step method that needs no gradient"
        )

    def L_op(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_grads: Sequence[Variable]
    ) -> Sequence[Any]:
        """Like ``grad``, with the results at hand."""
        return self.grad(inputs, output_grads)

    def do_constant_folding(self, fgraph: Any, node: Apply) -> bool:
        """Whether the results for constant inputs may be computed once."""
        return True

    # applying it

    def __call__(self, *inputs: Any, **kwargs: Any) -> Any:
        return_list = kwargs.pop("return_list", False)
        name = kwargs.pop("name", None)
        node = self.make_node(*inputs, **kwargs)
        fill_test_values(node)
        if self.default_output is not None:
            result = node.outputs[self.default_output]
            return [result] if return_list else result
        if len(node.outputs) == 1 and not return_list:
            if name is not None:
                node.outputs[0].name = name
            return node.outputs[0]
        return list(node.outputs)

    def lower(self, node: Apply) -> operation.Op:
        """What evaluates the node: ``perform`` on arrays inside of TensorFlow, with the gradient of ``grad``."""

        def arrays(*values: Any) -> list[np.ndarray]:
            results = _performed(self, node, values)
            remember_shapes(self, [np.shape(v) for v in values], [r.shape for r in results])
            return results

        def forward(*tensors: Any) -> list[Any]:
            expected = _remembered_shapes(self, tensors)

            def checked(*values: Any) -> list[np.ndarray]:
                results = arrays(*values)
                if expected is not None and [r.shape for r in results] != expected:
                    raise ValueError(f"{self}: results of shapes {[r.shape for r in results]}, earlier {expected}")
                return results

            results = tf.numpy_function(checked, tensors, [v.dtype for v in node.outputs], stateful=True)
            results = list(results) if isinstance(results, (list, tuple)) else [results]
            for result, shape in zip(results, expected or (), strict=False):
                result.set_shape(shape)
            return results

        return lowered(self, node, forward, arrays)

    def makes_constant(self, node: Apply) -> bool:
        """Whether the results never change."""
        return bool(node.inputs) and self.do_constant_folding(None, node) and all(v.is_constant for v in node.inputs)


COp = Op


def fill_test_values(node: Apply) -> None:
    """Compute the test values of the results of a node, where its inputs have some."""
    values = [get_test_value(v) for v in node.inputs]
    missing = any(v is None for v in values) or not node.inputs
    if not missing:
        fast = node.lowered.fast
        assert fast is not None
        for output, value in zip(node.outputs, fast(*values), strict=True):
            output.tag.test_value = np.asarray(value, output.dtype)
    for output in node.outputs:
        output.is_constant = not missing and node.op.makes_constant(node)


def lowered(op: Op, node: Apply, forward: Callable[..., Any], arrays: Callable[..., Any] | None) -> operation.Op:
    """An operation of the graph with a given computation, and the gradient of ``L_op``."""
    refused: dict[int, str] = {}

    @tf.custom_gradient
    def impl(*tensors: Any) -> Any:
        results = list(forward(*tensors))
        for result, output in zip(results, node.outputs, strict=True):
            result.set_shape([1 if b else None for b in output.broadcastable])

        def backward(*slopes: Any) -> list[Any]:
            return _backward(op, node, tensors, results, slopes, refused)

        return results, backward

    def checked(*tensors: Any) -> tuple[Any, ...]:
        tensors = tuple(_probe(op, i, tf.convert_to_tensor(t), refused) for i, t in enumerate(tensors))
        return tuple(impl(*tensors))

    kinds = [(v.dtype, v.broadcastable) for v in node.outputs]
    count = len(node.outputs)
    return operation.Op(str(op), checked, infer=lambda i: kinds, fast=arrays, outputs=count, python=op.python)


def remember_shapes(op: Op, inputs: Sequence[tuple[int, ...]], results: Sequence[tuple[int, ...]]) -> None:
    """Keep the shapes of results by those of the inputs: where a model is traced, only they are known."""
    found = list(results)
    for owner in (op.__dict__, _SHAPES.setdefault(type(op), {})):
        shapes = owner.setdefault("_shapes", {}).setdefault(tuple(inputs), [])
        if found not in shapes:
            shapes.append(found)


#: Shapes by class, for programs that make their operations anew where they apply them.
_SHAPES: dict[type, dict[str, Any]] = {}


def _remembered_shapes(op: Op, tensors: Sequence[Any]) -> list[tuple[int, ...]] | None:
    """The shapes of results, when all results for inputs of these shapes had the same."""
    if any(not t.shape.is_fully_defined() for t in tensors):
        return None
    key = tuple(tuple(t.shape) for t in tensors)
    for owner in (op.__dict__, _SHAPES.get(type(op), {})):
        shapes = owner.get("_shapes", {}).get(key)
        if shapes:
            return shapes[0] if len(shapes) == 1 else None
    return None


def _performed(op: Op, node: Apply, values: Sequence[Any]) -> list[np.ndarray]:
    storage: list[list[Any]] = [[None] for _ in node.outputs]
    op.perform(node, [np.array(v) for v in values], storage)
    results = []
    for i, (cell, output) in enumerate(zip(storage, node.outputs, strict=True)):
        if cell[0] is None:
            raise ValueError(f"{op}: perform left output {i} empty; set output_storage[{i}][0]")
        result = np.asarray(cell[0], output.dtype)
        if result.ndim != output.ndim:
            raise TypeError(
                f"{op}: perform gave output {i} {result.ndim} dimensions {result.shape}; it is declared {output.type}"
            )
        results.append(result)
    return results


def _probe(op: Op, i: int, tensor: Any, refused: dict[int, str]) -> Any:
    """The same tensor; an error where a gradient passes that ``grad`` said is not defined."""
    if not tensor.dtype.is_floating:
        return tensor

    @tf.custom_gradient
    def identity(t: Any) -> Any:
        def backward(slope: Any) -> Any:
            if i in refused:
                from pm_migrate.shims.theano.gradient import NullTypeGradError

                raise NullTypeGradError(refused[i])
            return slope

        return tf.identity(t), backward

    return identity(tensor)


class Refused:
    """The gradient of something that has none: what ``theano.gradient.grad_undefined`` returns."""

    def __init__(self, op: Any, position: int, x: Any, comment: str = "") -> None:
        self.message = f"the gradient of {op} with respect to its input {position} ({x}) is not defined. {comment}"


class Disconnected:
    """The gradient of something that the result does not depend on: ``theano.gradient.DisconnectedType()()``."""

    def __call__(self) -> Disconnected:
        return self


def _backward(
    op: Op, node: Apply, tensors: Sequence[Any], results: Sequence[Any], slopes: Sequence[Any], refused: dict[int, str]
) -> list[Any]:
    from pm_migrate.shims.theano.evaluation import evaluate

    symbols, gradients = _symbolic(op, node)
    if len(gradients) != len(node.inputs):
        raise ValueError(f"{op}: grad gave {len(gradients)} gradients for {len(node.inputs)} inputs")
    wanted: list[Variable] = []
    places: list[int] = []
    answers: list[Any] = [tf.zeros_like(t) for t in tensors]
    for i, gradient in enumerate(gradients):
        if not tensors[i].dtype.is_floating:
            answers[i] = None
        elif isinstance(gradient, Refused):
            refused[i] = gradient.message
        elif gradient is not None and not isinstance(gradient, Disconnected):
            places.append(i)
            wanted.append(as_variable(gradient))
    givens = {
        **dict(zip(node.inputs, tensors, strict=True)),
        **dict(zip(node.outputs, results, strict=True)),
        **dict(zip(symbols, slopes, strict=True)),
    }
    for i, value in zip(places, evaluate(wanted, givens), strict=True):
        value = tf.cast(value, tensors[i].dtype)
        value.set_shape(tensors[i].shape)
        answers[i] = value
    return answers


def _symbolic(op: Op, node: Apply) -> tuple[list[Variable], Sequence[Any]]:
    """The gradients as a graph of the node's inputs, its outputs and the gradients with respect to these."""
    if node.gradients is None:
        symbols = []
        for output in node.outputs:
            symbol = output.type(f"gradient of {op}")
            value = get_test_value(output)
            if value is not None:
                symbol.tag.test_value = np.ones_like(value)
            symbols.append(symbol)
        node.gradients = symbols, op.L_op(list(node.inputs), list(node.outputs), list(symbols))
    return node.gradients


def gradients_defined(node: Apply) -> Sequence[Any]:
    """The gradients of a node as graphs; ``NotImplementedError`` if none can be taken through it."""
    return _symbolic(node.op, node)[1] if isinstance(node.op, Op) else []


__getattr__ = names.missing("theano.graph.op")

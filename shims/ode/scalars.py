"""A small TensorFlow graph as one Python function of numbers.

A solver of differential equations calls the right-hand side some hundred times for each solution, with a handful of
numbers. To enter a compiled TensorFlow function takes longer than all of the arithmetic in it; so the arithmetic is
written out, number by number, as straight Python.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

Tensor = Any


def _strided(op: tf.Operation, *operands: np.ndarray) -> list[Tensor]:
    masks = {name: op.get_attr(name) for name in _MASKS}
    names = ("shape", "begin", "end", "strides", "dy") if op.type == "StridedSliceGrad" else _SLICE
    given = {name: tf.constant(value) for name, value in zip(names, operands, strict=True)}
    with tf.init_scope():
        return [getattr(tf.raw_ops, op.type)(**given, **masks)]


def _offsets(axis: int, shapes: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Where each of some arrays begins that are joined along an axis."""
    ends = np.cumsum([0, *(shape[axis] for shape in shapes)])
    return [np.where(np.arange(len(shape)) == axis, end, 0) for shape, end in zip(shapes, ends, strict=False)]


def _unpacked(op: tf.Operation, x: np.ndarray) -> list[np.ndarray]:
    return list(np.moveaxis(x, op.get_attr("axis"), 0))


_SLICE = ("input", "begin", "end", "strides")
_MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
#: Operations that only move numbers, on the places of the numbers.
_MOVING: Mapping[str, Callable[..., Sequence[Any]]] = {
    "BroadcastTo": lambda op, x, shape: [np.broadcast_to(x, shape)],
    "ConcatV2": lambda op, *xs: [np.concatenate(xs[:-1], axis=int(xs[-1]))],
    "ExpandDims": lambda op, x, axis: [np.expand_dims(x, int(axis))],
    "GatherV2": lambda op, x, index, axis: [np.take(x, index, axis=int(axis))],
    "Identity": lambda op, x: [x],
    "IdentityN": lambda op, *xs: xs,
    "Pack": lambda op, *xs: [np.stack(xs, axis=op.get_attr("axis"))],
    "Reshape": lambda op, x, shape: [np.reshape(x, shape)],
    "Slice": lambda op, x, begin, size: [x[tuple(slice(b, b + n) for b, n in zip(begin, size, strict=True))]],
    "Split": lambda op, axis, x: np.split(x, op.get_attr("num_split"), axis=int(axis)),
    "SplitV": lambda op, x, sizes, axis: np.split(x, np.cumsum(sizes)[:-1], axis=int(axis)),
    "Squeeze": lambda op, x: [np.squeeze(x, tuple(op.get_attr("squeeze_dims")) or None)],
    "StopGradient": lambda op, x: [x],
    "StridedSlice": _strided,
    "StridedSliceGrad": _strided,
    "Tile": lambda op, x, times: [np.tile(x, times)],
    "Transpose": lambda op, x, order: [np.transpose(x, order)],
    "Unpack": _unpacked,
}
#: Operations on axes and shapes.
_WHOLE: Mapping[str, Callable[..., Sequence[Any]]] = {
    "ConcatOffset": lambda axis, *shapes: _offsets(int(axis), shapes),
    "FloorMod": lambda a, b: [np.mod(a, b)],
}
#: Elementwise operations as Python expressions.
_ELEMENTWISE = {
    "Abs": "abs({0})",
    "Add": "{0} + {1}",
    "AddV2": "{0} + {1}",
    "Cos": "cos({0})",
    "Cosh": "cosh({0})",
    "Equal": "{0} == {1}",
    "Exp": "exp({0})",
    "Expm1": "expm1({0})",
    "Float": "float({0})",
    "Floor": "float(floor({0}))",
    "Greater": "{0} > {1}",
    "GreaterEqual": "{0} >= {1}",
    "Inv": "1.0 / {0}",
    "Less": "{0} < {1}",
    "LessEqual": "{0} <= {1}",
    "Log": "log({0})",
    "Log1p": "log1p({0})",
    "LogicalAnd": "{0} and {1}",
    "LogicalNot": "not {0}",
    "LogicalOr": "{0} or {1}",
    "Maximum": "{0} if {0} >= {1} else {1}",
    "Minimum": "{0} if {0} <= {1} else {1}",
    "Mul": "{0} * {1}",
    "MulNoNan": "{0} * {1} if {1} else 0.0",
    "Neg": "-{0}",
    "NotEqual": "{0} != {1}",
    "Pow": "pow({0}, {1})",
    "RealDiv": "{0} / {1}",
    "Reciprocal": "1.0 / {0}",
    "ReciprocalGrad": "-{1} * {0} * {0}",
    "Rsqrt": "1.0 / sqrt({0})",
    "Select": "{1} if {0} else {2}",
    "SelectV2": "{1} if {0} else {2}",
    "Sigmoid": "1.0 / (1.0 + exp(-{0}))",
    "SigmoidGrad": "{1} * {0} * (1.0 - {0})",
    "Sign": "copysign(1.0, {0}) if {0} else 0.0",
    "Sin": "sin({0})",
    "Sinh": "sinh({0})",
    "Sqrt": "sqrt({0})",
    "SqrtGrad": "{1} * 0.5 / {0}",
    "Square": "{0} * {0}",
    "Sub": "{0} - {1}",
    "Tan": "tan({0})",
    "Tanh": "tanh({0})",
    "TanhGrad": "{1} * (1.0 - {0} * {0})",
}
_FUNCTIONS = {
    name: getattr(math, name)
    for name in "copysign cos cosh exp expm1 floor log log1p pow sin sinh sqrt tan tanh".split()
}
#: A graph with more numbers than this gains nothing by being written out.
_LARGEST = 5000


class _CannotWrite(Exception):
    """The graph has an operation that is not among those above."""


class _Writer:
    """Writes a graph out: a tensor is an array of places in the list of atoms, which are names and numbers.

    The first place is that of 0.
    """

    def __init__(self) -> None:
        self.atoms: list[str] = []
        self.lines: list[str] = []
        self._places: dict[str, int] = {}
        self.zero, self.one = self.place("0.0"), self.place("1.0")

    def place(self, atom: str) -> int:
        """The place of a name or number."""
        if atom not in self._places:
            self._places[atom] = len(self.atoms)
            self.atoms.append(atom)
        return self._places[atom]

    def computed(self, text: str) -> int:
        """The place of the value of an expression, which is computed once."""
        if text not in self._places:
            if len(self.lines) >= _LARGEST:
                raise _CannotWrite("too large")
            self.lines.append(f"v{len(self.lines)} = {text}")
            self._places[text] = self.place(f"v{len(self.lines) - 1}")
        return self._places[text]

    def constant(self, array: np.ndarray) -> np.ndarray:
        """The places of known numbers."""
        if array.dtype.kind not in "fib" or not np.all(np.isfinite(array)):
            raise _CannotWrite(f"constants of {array.dtype}")
        places = [self.place(repr(v)) for v in array.ravel().tolist()]
        return np.array(places, np.int64).reshape(array.shape)

    def elementwise(self, kind: str, operands: Sequence[np.ndarray]) -> np.ndarray:
        """The places of an elementwise operation's results."""
        arrays = np.broadcast_arrays(*operands)
        results = [self._one(kind, places) for places in zip(*(a.ravel().tolist() for a in arrays), strict=True)]
        return np.array(results, np.int64).reshape(arrays[0].shape)

    def _one(self, kind: str, places: Sequence[int]) -> int:
        # a derivative that is 0 whatever the values are has no part in a sum of products
        if kind in ("Mul", "MulNoNan") and self.zero in places:
            return self.zero
        for neutral, kinds in ((self.one, ("Mul", "MulNoNan")), (self.zero, ("Add", "AddV2"))):
            if kind in kinds and neutral in places:
                return places[1] if places[0] == neutral else places[0]
        if kind == "Neg" and places[0] == self.zero:
            return self.zero
        if kind == "Sub" and places[1] == self.zero:
            return places[0]
        return self.computed(_ELEMENTWISE[kind].format(*(_operand(self.atoms[p]) for p in places)))

    def total(self, columns: np.ndarray) -> np.ndarray:
        """The places of the sums over the first axis."""
        found = np.full(columns.shape[1:], self.zero, np.int64)
        for column in columns:
            found = self.elementwise("AddV2", [found, column])
        return found

    def product(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """The places of a matrix product."""
        return self.total(self.elementwise("Mul", [a.T[:, :, None], b[:, None, :]]))


def _operand(atom: str) -> str:
    return f"({atom})" if atom.startswith("-") else atom


def written_out(function: Any) -> Callable[[Sequence[float]], list[float]] | None:
    """A concrete function of one vector as a Python function of a list; None where it has operations of other kinds.

    Where TensorFlow gives an infinity or NaN, the Python function raises an ``ArithmeticError`` or ``ValueError``.
    """
    graph = function.graph
    writer = _Writer()
    (vector,), (result,) = graph.inputs, graph.outputs
    names = [f"x{i}" for i in range(int(vector.shape[0]))]
    places = {vector.ref(): np.array([writer.place(name) for name in names])}
    try:
        for op in graph.get_operations():
            _write(op, places, writer)
    except _CannotWrite:
        return None
    ends = ", ".join(writer.atoms[p] for p in places[result.ref()])
    body = "\n".join(f"    {line}" for line in (f"{', '.join(names)}, = x", *writer.lines, f"return [{ends}]"))
    namespace: dict[str, Any] = dict(_FUNCTIONS)
    exec(compile(f"def f(x):\n{body}\n", "<right-hand side>", "exec"), namespace)
    return namespace["f"]


def _write(op: tf.Operation, places: dict[Any, np.ndarray], writer: _Writer) -> None:
    """Add what one operation computes."""
    if all(t.ref() in places for t in op.outputs):
        return
    known = [tf.get_static_value(t) for t in op.outputs]
    if all(value is not None for value in known):
        for tensor, value in zip(op.outputs, known, strict=True):
            if _is_data(tensor):  # whole numbers are axes and shapes, which are read where they are needed
                places[tensor.ref()] = writer.constant(value)
        return
    if op.type in _WHOLE:
        places.update(
            zip([t.ref() for t in op.outputs], _WHOLE[op.type](*(_of(t, places) for t in op.inputs)), strict=True)
        )
    if not all(map(_is_data, op.outputs)):
        return
    results = _moved(op, places) if op.type in _MOVING else [_computed(op, places, writer)]
    places.update((t.ref(), r) for t, r in zip(op.outputs, results, strict=True))


def _is_data(tensor: Tensor) -> bool:
    return tensor.dtype.is_floating or tensor.dtype.is_bool


def _of(tensor: Tensor, places: dict[Any, np.ndarray]) -> np.ndarray:
    """Places of the numbers of an operand, or its own value where it is an axis or a shape."""
    if tensor.ref() in places:
        return places[tensor.ref()]
    value = None if _is_data(tensor) else tf.get_static_value(tensor)
    if value is None:
        raise _CannotWrite(tensor.op.type)
    return value


def _moved(op: tf.Operation, places: dict[Any, np.ndarray]) -> list[np.ndarray]:
    """What an operation that moves numbers makes of their places; the place of 0 is 0, for padding."""
    return [np.asarray(r) for r in _MOVING[op.type](op, *(_of(t, places) for t in op.inputs))]


def _computed(op: tf.Operation, places: dict[Any, np.ndarray], writer: _Writer) -> np.ndarray:
    operands = [_of(t, places) for t in op.inputs]
    match op.type:
        case kind if kind in _ELEMENTWISE:
            return writer.elementwise(kind, operands)
        case "AddN":
            return writer.total(np.stack(operands))
        case "ZerosLike" | "OnesLike":
            return np.full_like(operands[0], writer.zero if op.type == "ZerosLike" else writer.one)
        case "Fill":
            return np.full(operands[0], operands[1])
        case "Cast" if op.inputs[0].dtype.is_bool:
            return writer.elementwise("Float", operands)
        case "Cast":
            return operands[0]
        case "Sum" | "Mean":
            axes = tuple(np.ravel(operands[1]).tolist())
            moved = np.moveaxis(operands[0], axes, range(len(axes)))
            total = writer.total(moved.reshape(-1, *moved.shape[len(axes) :]))
            if op.type == "Mean":
                count = np.array(operands[0].size / max(total.size, 1))
                total = writer.elementwise("RealDiv", [total, writer.constant(count)])
            return np.expand_dims(total, axes) if op.get_attr("keep_dims") else total
        case "MatMul":
            a, b = (x.T if op.get_attr(f"transpose_{side}") else x for x, side in zip(operands, "ab", strict=True))
            return writer.product(a, b)
    raise _CannotWrite(op.type)

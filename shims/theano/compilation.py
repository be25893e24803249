"""``theano.function``: a graph compiled by ``tf.function``, called with NumPy arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError
from pm_migrate.shims.theano import promotion
from pm_migrate.shims.theano.calling import Caller, caller
from pm_migrate.shims.theano.evaluation import evaluate, replace, shared_inputs, toposort
from pm_migrate.shims.theano.graph import SharedVariable, Variable, array_of, as_variable


class In:
    """An input of a function with a default value: ``In(x, value=0.0)``.

    Parameters
    ----------
    variable
        The input.
    name
        Name by which it may be given as keyword.
    value
        Default.
    """

    def __init__(self, variable: Variable, name: str | None = None, value: Any = None, **ignored: Any) -> None:
        self.variable = variable
        self.name = name or variable.name
        self.value = value


Param = In


def function(
    inputs: Sequence[Any],
    outputs: Any = None,
    mode: Any = None,
    updates: Any = None,
    givens: Any = None,
    no_default_updates: bool = False,
    accept_inplace: bool = False,
    name: str | None = None,
    rebuild_strict: bool = True,
    allow_input_downcast: bool | None = None,
    profile: Any = None,
    on_unused_input: str | None = None,
) -> Function:
    """Compile a graph: ``f = function([x], [y], updates=[(s, s + 1)], givens={a: b})``.

    Parameters
    ----------
    inputs
        Variables, or :class:`In` for defaults.
    outputs
        A variable, a list of them, a dict of them by name, or None.
    updates
        Pairs or a dict: shared variables and their new values, computed from the old ones.
    givens
        Pairs or a dict: variables and what to use in their place.
    on_unused_input
        ``raise`` (the default), ``warn`` or ``ignore``.

    Returns
    -------
    Function
        Called with arrays, it returns arrays.

    Examples
    --------
    >>> from pm_migrate.shims.theano.types import CONSTRUCTORS
    >>> x = CONSTRUCTORS["dvector"]("x")
    >>> function([x], x.sum())([1.0, 2.0])
    array(3.)
    """
    pairs = _pairs(updates)
    if no_default_updates is not True:
        pairs = [*pairs, *_default_updates(outputs, pairs, _as_list(no_default_updates))]
    return Function(inputs, outputs, pairs, _pairs(givens), name, allow_input_downcast, on_unused_input)


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else []


def _default_updates(
    outputs: Any, updates: Sequence[tuple[Any, Any]], left_out: Sequence[Any]
) -> list[tuple[Any, Any]]:
    """The updates that shared variables bring themselves, such as the states of random streams."""
    given = {shared for shared, _ in updates}
    reached = shared_inputs([*Function.flat(outputs), *(as_variable(new) for _, new in updates)])
    return [(v, v.default_update) for v in reached if v.default_update is not None and v not in {*given, *left_out}]


def _pairs(mapping: Any) -> list[tuple[Any, Any]]:
    if mapping is None:
        return []
    return list(mapping.items()) if isinstance(mapping, Mapping) else list(mapping)


class Function:
    """What :func:`function` returns."""

    def __init__(
        self,
        inputs: Sequence[Any],
        outputs: Any,
        updates: Sequence[tuple[Any, Any]],
        givens: Sequence[tuple[Any, Any]],
        name: str | None,
        allow_downcast: bool | None,
        on_unused_input: str | None,
    ) -> None:
        if not isinstance(inputs, (list, tuple)):
            raise TypeError("theano.function: the inputs must be a list of variables")
        self.name = name
        self.inputs = [i if isinstance(i, In) else In(i) for i in inputs]
        self._downcast = bool(allow_downcast)
        self._outputs = outputs
        wanted = self.flat(outputs)
        self._updated = [shared for shared, _ in updates]
        results = [*wanted, *(self._new_value(shared, new) for shared, new in updates)]
        if givens:
            results = replace(results, {as_variable(a): as_variable(b) for a, b in givens})
        self.results = results
        self._check_inputs(on_unused_input or "raise")
        shared = shared_inputs(results)
        # integers stay constants, since they may decide shapes; floats are arguments: set_value compiles nothing
        self._changing = [v for v in shared if v.changes]
        self._arguments = [v for v in shared if promotion.is_float(v.dtype) or v in self._updated or v.changes]
        self._fixed = [v for v in shared if v not in self._arguments]
        self._versions: list[int] = []
        self._compiled: dict[tuple[tuple[int, ...], ...], Caller] = {}

    @staticmethod
    def flat(outputs: Any) -> list[Variable]:
        """The outputs as a list."""
        if outputs is None:
            return []
        if isinstance(outputs, dict):
            return [as_variable(v) for v in outputs.values()]
        return [as_variable(v) for v in (outputs if isinstance(outputs, (list, tuple)) else [outputs])]

    @staticmethod
    def _new_value(shared: Any, new: Any) -> Variable:
        if not isinstance(shared, SharedVariable):
            raise TypeError(f"theano.function: an update must be of a shared variable, not of {shared}")
        new = as_variable(new)
        if new.ndim != shared.ndim or not np.can_cast(new.dtype, shared.dtype, "same_kind"):
            raise TypeError(
                f"theano.function: the update of {shared} ({shared.dtype}, {shared.ndim}-d) has the wrong kind: "
                f"{new.dtype}, {new.ndim}-d"
            )
        return new

    def _check_inputs(self, on_unused: str) -> None:
        order = set(toposort(self.results, stop=[i.variable for i in self.inputs]))
        given = {i.variable for i in self.inputs}
        for entry in self.inputs:
            if entry.variable not in order and on_unused == "raise":
                raise ModelError(
                    f"theano.function: no output depends on the input {entry.variable}; "
                    "on_unused_input='ignore' allows it"
                )
        for variable in order:
            free = variable.owner is None and not variable.is_constant and not isinstance(variable, SharedVariable)
            if free and variable not in given:
                raise ModelError(f"theano.function: the outputs depend on {variable}, which is not among the inputs")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        for variable in self._changing:
            variable.refresh()
        values = [self._convert(entry, value) for entry, value in self._match(args, kwargs)]
        values += [v.data for v in self._arguments]
        fixed = [v.version for v in self._fixed]
        if fixed != self._versions:
            self._versions, self._compiled = fixed, {}
        key = tuple([v.shape for v in values])
        if key not in self._compiled:
            self._compiled[key] = self._compile(values)
        results = [np.asarray(r.numpy()) for r in self._compiled[key](values, ())]
        count = len(results) - len(self._updated)
        for shared, new in zip(self._updated, results[count:], strict=True):
            shared.set_value(new.astype(shared.dtype, copy=False))
        results = results[:count]
        if isinstance(self._outputs, dict):
            return dict(zip(self._outputs, results, strict=True))
        if self._outputs is None or isinstance(self._outputs, (list, tuple)):
            return results
        return results[0]

    def _compile(self, values: Sequence[np.ndarray]) -> Caller:
        """The program for values of these shapes."""
        given = [*(entry.variable for entry in self.inputs), *self._arguments]

        def run(*tensors: Any) -> list[Any]:
            return evaluate(self.results, dict(zip(given, tensors, strict=True)))

        specs = [tf.TensorSpec(value.shape, value.dtype) for value in values]
        return caller(tf.function(run, autograph=False).get_concrete_function(*specs))

    def _match(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[tuple[In, Any]]:
        names = [entry.name for entry in self.inputs]
        if len(args) > len(names) or set(kwargs) - set(names):
            raise TypeError(f"function {self.name or ''} takes {names}, but got {len(args)} values and {list(kwargs)}")
        given = dict(enumerate(args)) | {names.index(k): v for k, v in kwargs.items()}
        matched = []
        for i, entry in enumerate(self.inputs):
            value = given.get(i, entry.value)
            if value is None:
                raise TypeError(f"function {self.name or ''}: no value for the input {entry.name}")
            matched.append((entry, value))
        return matched

    def _convert(self, entry: In, value: Any) -> np.ndarray:
        variable = entry.variable
        array = array_of(value)
        if array.ndim != variable.ndim:
            raise TypeError(f"input {variable} has {variable.ndim} dimensions, the value {array.ndim}: {array.shape}")
        if self._downcast or np.can_cast(array.dtype, variable.dtype, "safe"):
            return array.astype(variable.dtype)
        converted = array.astype(variable.dtype)
        exact = np.array_equal(converted, array, equal_nan=promotion.is_float(array.dtype.name))
        if not exact and not (isinstance(value, float) and promotion.is_float(variable.dtype)):
            raise TypeError(
                f"input {variable} has dtype {variable.dtype}; a value of dtype {array.dtype} would lose digits "
                "(allow_input_downcast=True allows it)"
            )
        return converted

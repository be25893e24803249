"""The graph of a generator model: which variable is computed from which (``pm.model_to_graphviz``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from pm_migrate.shims.model_graph import ModelGraph
from pm_migrate.shims.pymc4.coroutine_model import Model
from pm_migrate.shims.pymc4.density_model import DensityModel, density
from pm_migrate.shims.pymc4.distribution import Distribution
from pm_migrate.shims.pymc4.flow.driver import Handler, drive
from pm_migrate.shims.pymc4.flow.executors import observed_tensor
from pm_migrate.shims.pymc4.observing import Data, Incomplete, replaced
from pm_migrate.shims.pymc4.terms import Deterministic, Potential

Tensor = Any


def _is_symbolic(value: Any) -> bool:
    return tf.is_tensor(value) and not isinstance(value, tf.__internal__.EagerTensor)


class _Tracing(Handler):
    """One run inside a TensorFlow graph, in which every variable is an input."""

    def __init__(self, replacements: Mapping[str, Any]) -> None:
        super().__init__()
        self.replacements = replacements
        self.parents: dict[str, set[str]] = {}
        self._known: dict[Any, str] = {}

    def _note(self, name: str, *tensors: Any) -> None:
        """The variables that some tensors are directly computed from."""
        found: set[str] = set()
        stack: list[Any] = [t.op for t in tensors if _is_symbolic(t)]
        seen: set[Any] = set()
        while stack:
            operation = stack.pop()
            if operation in seen:
                continue
            seen.add(operation)
            if operation in self._known:
                found.add(self._known[operation])
            else:
                stack += [t.op for t in operation.inputs] + list(operation.control_inputs)
        self.parents[name] = found

    def _input(self, name: str, value: Tensor) -> Tensor:
        made = tf.raw_ops.Placeholder(dtype=value.dtype, shape=value.shape)
        self._known[made.op] = name
        return made

    def distribution(self, name: str, dist: Distribution) -> Tensor:
        data = observed_tensor(name, dist, self.replacements)
        if isinstance(data, Incomplete):
            data = data.known
        value = dist.test_value if data is None else data
        own = self._input(name, value)
        self._note(name, dist.log_prob(own))
        self.parents[name].discard(name)
        if _is_symbolic(data) and data.op in self._known:  # named data
            self.parents.setdefault(self._known[data.op], set()).add(name)
        return own

    def deterministic(self, name: str, value: Any, item: Deterministic | None) -> None:
        if item is None:
            return
        tensor = tf.convert_to_tensor(value)
        self._note(name, tensor)
        if _is_symbolic(tensor):
            self._known.setdefault(tensor.op, name)

    def potential(self, name: str, potential: Potential) -> None:
        self._note(name, potential.value)

    def named_data(self, name: str, item: Data) -> Tensor:
        self.parents[name] = set()
        return self._input(name, replaced(name, item, self.replacements))


def parents(model: Model, observed: Mapping[str, Any] | None = None) -> dict[str, set[str]]:
    """Names of the direct parents of each variable of a model."""
    run = _Tracing({**model.replaced, **(observed or {})})

    def traced() -> Tensor:
        drive(model, run)
        return tf.zeros([])

    tf.function(traced, autograph=False).get_concrete_function()
    return run.parents


class GeneratorGraph(ModelGraph):
    """The variables of a generator model and how they depend on each other; see :class:`ModelGraph`."""

    def __init__(self, view: DensityModel) -> None:
        super().__init__(view)
        self._parents = parents(view.generator)

    def get_parents(self, var: Any) -> set[str]:
        return {name for name in self._parents.get(str(var.name), set()) if name in self.var_names}

    def make_compute_graph(self) -> dict[str, set[str]]:
        return {name: self.get_parents(self.model[name]) for name in self.var_names}


def model_to_graphviz(model: Any, *, formatting: str = "plain") -> Any:
    """Draw a generator model with graphviz, as PyMC3's ``pm.model_to_graphviz``.

    Parameters
    ----------
    model
        The model.
    formatting
        ``plain`` or ``plain_with_params``; parameters are not known by name, so that both draw the same.

    Returns
    -------
    graphviz.Digraph
    """
    if "plain" not in formatting:
        raise ValueError(
            f"Unsupported formatting for graph nodes: {formatting!r}; it is 'plain' or 'plain_with_params'."
        )
    return GeneratorGraph(density(model)).make_graph(formatting=formatting)

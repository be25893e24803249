"""A log density under the interface of a model, as far as step methods and their driver read it.

Step methods were made for models of the ``with`` front end: they look at free variables, which are inputs of an
expression graph, and at ``logpt``. A density of either front end has both: its value variables become inputs, and the
function that it is becomes one operation on them. So the same step methods run on the same programs for both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.density import LogDensity, ValueVariable
from pm_migrate.shims.model.value_grad import ValueGradFunction
from pm_migrate.shims.theano.graph import Input, Variable, apply
from pm_migrate.shims.theano.operation import Op


class ValueInput(Input):
    """A value variable as an input of the graph.

    Attributes
    ----------
    value_variable : ValueVariable
        What it was made of.
    dshape, dsize
        Shape and number of elements.
    """

    def __init__(self, variable: ValueVariable) -> None:
        super().__init__(variable.name, variable.dtype, variable.shape, variable.test_value)
        self.value_variable = variable
        self.dshape = variable.shape
        self.dsize = variable.size


class DensityModel:
    """The model that step methods see.

    Parameters
    ----------
    density
        The target.
    jit
        Whether programs are compiled with XLA; otherwise they run as TensorFlow graphs.

    Attributes
    ----------
    free_RVs, cont_vars, disc_vars : list of ValueInput
        All value variables in the order of the density, those with and those without a gradient.
    logpt : Variable
        The log density.
    """

    def __init__(self, density: LogDensity, *, jit: bool = True) -> None:
        self.density = density
        self.free_RVs = [ValueInput(v) for v in density.variables]
        self.cont_vars = [v for v in self.free_RVs if not v.value_variable.discrete]
        self.disc_vars = [v for v in self.free_RVs if v.value_variable.discrete]
        self.vars = self.free_RVs
        self.named_vars = {v.name: v for v in self.free_RVs}
        self.deterministics: list[Variable] = []
        self.ndim = sum(v.dsize for v in self.free_RVs)
        names = [v.name for v in density.variables]

        def logp(*values: Any) -> Any:
            return tf.cast(density.logp(dict(zip(names, values, strict=True))), tf.float64)

        # an operation that leaves TensorFlow is not compiled with XLA, and that is all there is to it
        operation = Op("log density", logp, dtype="float64", ndim=0, python=density.python or not jit)
        self.logpt = apply(operation, *self.free_RVs)
        self._functions: dict[Any, Any] = {}

    @classmethod
    def of(cls, density: LogDensity, *, jit: bool = True) -> DensityModel:
        """The one that a density keeps, with what was compiled for it, until its data change."""
        kept: DensityModel = density.remembered(f"model for step methods, jit={jit}", lambda: cls(density, jit=jit))
        return kept

    @property
    def test_point(self) -> dict[str, np.ndarray]:
        """The unconstrained test values by name."""
        return self.density.test_point

    def _signature(self) -> tuple[Any, ...]:
        return ()  # nothing is ever added

    def logp_dlogp_function(self, grad_vars: Sequence[Any] | None = None, **kwargs: Any) -> ValueGradFunction:
        """The log density and its gradient by some variables, all continuous ones by default; compiled once."""
        chosen = self.cont_vars if grad_vars is None else list(grad_vars)
        names = tuple(v.name for v in chosen)
        key = ("gradient", names, *sorted(kwargs.items()))
        if key not in self._functions:
            others = [v for v in self.free_RVs if v.name not in names]
            self._functions[key] = ValueGradFunction([self.logpt], chosen, others, **kwargs)
        kept: ValueGradFunction = self._functions[key]
        return kept

    def check_test_point(self, point: Mapping[str, Any] | None = None) -> Any:
        """The log density term by term, a pandas Series."""
        import pandas

        return pandas.Series(self.density.terms_at(self.test_point if point is None else point))

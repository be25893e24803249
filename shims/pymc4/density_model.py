"""``pm.density(model)``: a generator model as PyMC3 shows a model.

PyMC3 code asks a model for its log density at a point, its test point and its variables. A generator model has none of
these; the view that is made here has all of them, under PyMC3's names. It is a model of the drop-in whose variables are
computed by the generator, so that everything which the drop-in does with a model works on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import NotSupported
from pm_migrate.shims import recording
from pm_migrate.shims.density import LogDensity, ValueVariable
from pm_migrate.shims.model.core import Model as PyMC3Model
from pm_migrate.shims.model.variables import DeterministicVariable, FreeRV, ObservedRV, TransformedRV, named
from pm_migrate.shims.pymc4.compilation import complete, in_floatx
from pm_migrate.shims.pymc4.coroutine_model import Model
from pm_migrate.shims.pymc4.density_terms import (
    at_test_point,
    elementwise,
    pymc3_density,
    returned,
    without_jacobians,
)
from pm_migrate.shims.pymc4.drawn import Drawn
from pm_migrate.shims.pymc4.errors import StopExecution
from pm_migrate.shims.pymc4.flow.driver import not_a_model
from pm_migrate.shims.theano.graph import Apply, Op, SharedVariable, Variable, constant

__all__ = ["DensityModel", "density"]

Tensor = Any
Run = Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]]


def density(model: Any, observed: Mapping[str, Any] | None = None) -> DensityModel:
    """A model as PyMC3 shows it: its variables and its log density at a point.

    Parameters
    ----------
    model
        A generator model; what this function gave is returned as it is.
    observed
        Data that replace those in the model, by name.

    Returns
    -------
    DensityModel
        The same one for every call with a model, until its data change.

    Raises
    ------
    StopExecution
        When ``model`` is not a model, for instance a template that was not called.

    Examples
    --------
    >>> import pm_migrate.pymc4 as pm
    >>> @pm.model(name=None)
    ... def m():
    ...     mu = yield pm.Normal("mu", 0.0, 1.0)
    ...     sd = yield pm.HalfNormal("sd", 1.0)
    ...     yield pm.Normal("y", mu, sd, observed=[1.0, 2.0])
    >>> view = pm.density(m())
    >>> view.free_RVs, sorted(view.test_point)
    ([mu ~ Normal, sd_log__ ~ TransformedDistribution], ['mu', 'sd_log__'])
    >>> round(float(view.logp({"mu": 1.0, "sd_log__": 0.0})), 4)
    -4.4829
    """
    if isinstance(model, DensityModel):
        return model
    if not isinstance(model, Model):
        raise StopExecution(not_a_model(model))
    own = pymc3_density(model, observed)
    view: DensityModel = own.remembered("as PyMC3 shows it", lambda: _made(model, own, observed))
    return view


def _made(model: Model, own: LogDensity, observed: Mapping[str, Any] | None) -> DensityModel:
    recorded, recording.active = recording.active, False  # it is no model of its own
    try:
        return DensityModel(model, own, observed)
    finally:
        recording.active = recorded


class _Transform:
    """The transform of a variable, at the values of what it depends on."""

    def __init__(self, view: DensityModel, variable: ValueVariable) -> None:
        self._view, self._variable = view, variable
        self.name = self.tag = str(variable.transform)

    def forward_val(self, x: Any, point: Mapping[str, Any] | None = None) -> np.ndarray:
        """The unconstrained value of a constrained one."""
        others = {name: value for name, value in (point or {}).items() if name != self._variable.name}
        return self._view.complete({**others, self._variable.rv_name: x})[self._variable.name]


class _Term:
    """One term of the log density, as a random variable has it."""

    def __init__(self, view: DensityModel, name: str, scaling: float) -> None:
        self._view, self._name = view, name
        self.scaling = None if scaling == 1.0 else constant(np.asarray(scaling))

    def node(self, what: str) -> Variable:
        """The term as an expression; see :meth:`pm_migrate.shims.model.terms.Term.node`."""
        if what.endswith("_unscaled"):
            raise NotSupported("the log density of a generator model is not known without the factor of total_size=")
        return self._view._outputs(what)[self._name]


class _Shown:
    """Text of a variable: its name and the name of its distribution."""

    name: Any
    distribution: Any

    def _str_repr(self, name: str | None = None, dist: Any = None, formatting: str = "plain") -> str:
        own = self.name if name is None else name
        label = "TransformedDistribution" if getattr(self, "transform", None) is not None else self.distribution.label
        if "latex" in formatting:
            return rf"$\text{{{own}}} \sim \text{{{label}}}$"
        return f"{own} ~ {label}"


class FreeView(_Shown, FreeRV):
    """A free variable of a generator model."""

    def __init__(self, view: DensityModel, variable: ValueVariable, distribution: Drawn) -> None:
        super().__init__(variable.name, variable.rv_name, distribution, view, variable.test_value)
        self.value_variable = variable
        if variable.transform is not None:
            self.transform = _Transform(view, variable)

    @property
    def distribution(self) -> Any:
        """What can be drawn from: that of the random variable."""
        return self.constrained_distribution


class ConstrainedView(_Shown, TransformedRV):
    """A free variable of a generator model before its transform."""

    def determines(self, value: np.ndarray) -> dict[Variable, np.ndarray]:
        """The unconstrained value: what a generator returns is an expression of that."""
        return {self.transformed: self.transformation.forward_val(value)}


class ObservedView(_Shown, ObservedRV):
    """An observed variable of a generator model."""

    def random(self, point: Any = None, size: Any = None) -> np.ndarray:
        """Draw values of the shape of the data."""
        return self.distribution.random(point=point, size=size)


class DensityModel(PyMC3Model):
    """A generator model under the interface of PyMC3's ``Model``; made by :func:`density`.

    Attributes
    ----------
    generator : Model
        The generator model.
    replaced : mapping or None
        Data that replace those in it.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        instance = super().__new__(cls)
        instance._parent = None  # whatever is open where it is made
        return instance

    def __init__(self, generator: Model, own: LogDensity, observed: Mapping[str, Any] | None = None) -> None:
        super().__init__(name=generator.prefix or "", coords=own.coords)
        self.generator = generator
        self._own, self.replaced = own, observed
        self._nodes_of: dict[str, dict[str, Variable]] = {}
        self.RV_dims = dict(own.dims)
        self._at_test, self._labels = at_test_point(generator, own, observed)
        self._add_random()
        self._add_observed()
        self._add_rest()

    # variables

    def _add_random(self) -> None:
        """Free variables, and what else results record, in the order of the model."""
        by_name = {v.rv_name: v for v in self._own.variables}
        at_test = self._at_test["values"]
        free = {
            name: FreeView(self, v, Drawn(self, name, self._labels.get(name, "Missing"), at_test[name]))
            for name, v in by_name.items()
        }
        for position, (name, variable) in enumerate(free.items()):
            variable.term = _Term(self, name, self._own.scaling if position == 0 else 1.0)
            self.free_RVs.append(variable)
        values = self._outputs("values")
        for name in at_test:
            if name in free:
                self._name(free[name])
            if name not in free or by_name[name].transform is not None:
                self._name(self._recorded(name, values[name], free.get(name)))

    def _recorded(self, name: str, expression: Variable, free: FreeView | None) -> Variable:
        """A constrained random variable, or a deterministic."""
        variable: Any = named(DeterministicVariable if free is None else ConstrainedView, expression, name)
        if free is not None:
            variable.distribution, variable.model = free.constrained_distribution, self
            variable.transformed, variable.transformation = free, free.transform
        self.deterministics.append(variable)
        return variable

    def _add_observed(self) -> None:
        for name, data in self._own.observed.items():
            missing = np.isnan(data) if data.dtype.kind == "f" else np.zeros(data.shape, bool)
            variable: Any = named(ObservedView, constant(np.asarray(data)), name)
            variable.distribution, variable.model = Drawn(self, name, self._labels[name], np.asarray(data)), self
            variable.observations = np.ma.MaskedArray(data, missing) if missing.any() else data
            variable.missing_values = self.named_vars.get(f"{name}_missing") if missing.any() else None
            variable.missing_at = missing if missing.any() else None
            if variable.missing_values is not None:
                self.missing_values.append(variable.missing_values)
            variable.term = _Term(self, name, 1.0)
            self.observed_RVs.append(variable)
            self._name(variable)

    def _add_rest(self) -> None:
        """Potentials and named data."""
        random = {v.rv_name for v in self._own.variables} | set(self._own.observed)
        for name, term in self._outputs("logp").items():
            if name not in random:
                potential = named(Variable, term, name)
                self.potentials.append(potential)
                self._name(potential)
        for name, data in self._own.constants.items():
            self._name(SharedVariable(np.asarray(data), name))

    def _name(self, variable: Any) -> None:
        self.named_vars[variable.name] = variable
        if not hasattr(self, self.name_of(variable.name)):
            setattr(self, self.name_of(variable.name), variable)

    # expressions

    def _outputs(self, what: str) -> dict[str, Variable]:
        """The results of one run of the generator as expressions of the free variables."""
        if what not in self._nodes_of:
            self._nodes_of[what] = _results(what, self._run(what), self.free_RVs, self._values_at_test(what), self._own)
        return self._nodes_of[what]

    def _run(self, what: str) -> Run:
        own = self._own
        if what == "values":
            return own.recorded
        if what == "logp":
            return lambda values: own.evaluate(values).terms
        if what == "returned":
            return self._returned_tensors
        make = without_jacobians if what == "logp_nojac" else elementwise
        return make(self.generator, own, self.replaced)

    def _values_at_test(self, what: str) -> dict[str, np.ndarray]:
        if what not in self._at_test:
            found = self._run(what)(self._own.tensors(self._own.test_point))
            self._at_test[what] = {name: np.asarray(x.numpy()) for name, x in found.items()}
        return self._at_test[what]

    @cached_property
    def returned(self) -> Any:
        """What the generator returns, as PyMC3's code has it after the model.

        Values of the model are expressions of its variables; Gaussian processes predict at points; what else there is
        stays what it is.

        Examples
        --------
        >>> import pm_migrate.pymc4 as pm
        >>> @pm.model(name=None, keep_return=False)
        ... def m():
        ...     mu = yield pm.Normal("mu", 1.0, 1.0, shape=2)
        ...     return 3 * mu, "three"
        >>> three, text = pm.density(m()).returned
        >>> three.tag.test_value, text
        (array([3., 3.]), 'three')
        """
        from pm_migrate.shims.pymc4.gp.shown import shown_processes

        found = self._return(self._own.tensors(self._own.test_point))
        shown = shown_processes(self.generator, found if isinstance(found, tuple) else (found,))
        for place, expression in self._outputs("returned").items():
            shown[int(place)] = expression
        return tuple(shown) if isinstance(found, tuple) else shown[0]

    def _return(self, values: Mapping[str, Tensor]) -> Any:
        return returned(self.generator, self._own, self.replaced)(values)

    def _returned_tensors(self, values: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The tensors among what the generator returns, by their place."""
        found = self._return(values)
        parts = found if isinstance(found, tuple) else (found,)
        return in_floatx(self.generator, {str(i): part for i, part in enumerate(parts) if tf.is_tensor(part)})

    # what the drop-in asks of a model

    def log_density(self) -> LogDensity:
        """The log density, with PyMC3's names of value variables."""
        return self._own

    def complete(self, point: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """A full unconstrained point: given values, and test values for the rest; constrained names are transformed.

        Raises
        ------
        KeyError
            For a name that is not in the model.
        """
        unknown = [name for name in point if name not in self.named_vars]
        if unknown:
            raise KeyError(f"no variable {unknown[0]!r} in the model; it has {sorted(self.named_vars)}")
        variables = self.generator_variables()
        random = {v.rv_name for v in self._own.variables}
        given = {variables.get(name, name): x for name, x in point.items() if name in variables or name in random}
        found = complete(self.generator, given, self.replaced)
        return {new: found[old] for new, old in variables.items()}

    def generator_variables(self) -> dict[str, str]:
        """The generator's names of value variables by PyMC3's."""
        from pm_migrate.shims.pymc4.calls import density_of

        theirs = density_of(self.generator, self.replaced).variables
        return {v.name: old.name for v, old in zip(self._own.variables, theirs, strict=True)}

    def _given(self, name: str, point: Mapping[str, Any], count: int) -> dict[str, np.ndarray]:
        """Values at a point for all random variables but one, repeated."""
        known = {*(v.rv_name for v in self._own.variables), *(v.name for v in self._own.variables), *self._own.observed}
        own = {v.name for v in self._own.variables if v.rv_name == name} | {name}
        used = {key: np.asarray(x) for key, x in point.items() if key in known and key not in own}
        return {key: np.broadcast_to(x, (count, *x.shape)) for key, x in used.items()}

    def __reduce_ex__(self, protocol: Any) -> Any:
        return density, (self.generator, self.replaced)


def _results(
    what: str, run: Run, free: Sequence[FreeView], at_test: Mapping[str, np.ndarray], own: LogDensity
) -> dict[str, Variable]:
    """The values that a function of the free variables gives, as expressions of them."""
    names, inputs = list(at_test), [str(v.name) for v in free]

    def impl(*values: Tensor) -> tuple[Tensor, ...]:
        found = run(dict(zip(inputs, values, strict=True)))
        return tuple(found[name] for name in names)

    kinds = [(x.dtype.name, tuple(n == 1 for n in x.shape)) for x in at_test.values()]
    operation = Op(
        f"{what} of a generator", impl, infer=lambda inputs: kinds, outputs=len(names), python=own.python, folds=False
    )
    node = Apply(operation, tuple(free))
    node.outputs = tuple(
        Variable(dtype, broadcastable, None, node, i, at_test[names[i]])
        for i, (dtype, broadcastable) in enumerate(kinds)
    )
    return dict(zip(names, node.outputs, strict=True))

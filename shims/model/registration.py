"""How variables are added to a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError
from pm_migrate.shims import quirks
from pm_migrate.shims.distributions.binding import as_float
from pm_migrate.shims.model.functions import modelcontext
from pm_migrate.shims.model.observing import as_tensor, get_scaling, pandas_to_array
from pm_migrate.shims.model.terms import Term, repetitions
from pm_migrate.shims.model.variables import (
    DeterministicVariable,
    FreeRV,
    MultiObservedRV,
    ObservedRV,
    OfTerm,
    TransformedRV,
    named,
)
from pm_migrate.shims.theano.config import config
from pm_migrate.shims.theano.graph import Op, Variable, apply
from pm_migrate.shims.theano.tensor import as_tensor_variable
from pm_migrate.shims.transforms import Transform
from pm_migrate.shims.util import get_transformed_name

Tensor = Any
Dims = str | Sequence[str] | None


class Registration:
    """The part of a model that names variables and adds them."""

    name: str
    coords: dict[str, Any]
    RV_dims: dict[str, tuple[str, ...]]
    named_vars: Any
    free_RVs: Any
    observed_RVs: Any
    deterministics: Any
    potentials: Any
    missing_values: Any
    _random: Any

    # names

    @property
    def prefix(self) -> str:
        """What names in the model begin with."""
        return f"{self.name}_" if self.name else ""

    def name_for(self, name: str) -> str:
        """Full name of a variable, the model's prefix included."""
        return name if name.startswith(self.prefix) else f"{self.prefix}{name}"

    def name_of(self, name: str) -> str:
        """Name of a variable without the model's prefix."""
        return name.removeprefix(self.prefix) if name else name

    def _new_name(self, *names: str) -> None:
        """Raise when a variable of one of these names is there already, here or in a parent."""
        for name in names:
            if self.named_vars.tree_contains(name):
                raise ValueError(f"Variable name {name} already exists.")

    # dimensions

    def add_coords(self, coords: Mapping[str, Sequence[Any]] | None) -> None:
        """Add coordinate values by dimension name.

        Raises
        ------
        ValueError
            For a reserved name, or other values of a dimension that is there.
        """
        for name, values in (coords or {}).items():
            if name in {"draw", "chain"}:
                raise ValueError(
                    "Dimensions can not be named `draw` or `chain`, as they are reserved for the sampler's outputs."
                )
            if name in self.coords and not np.array_equal(self.coords[name], values):
                raise ModelError(
                    f"Duplicate and incompatible coordinate: {name} has {len(self.coords[name])} values already, "
                    f"{list(self.coords[name])[:3]}..., and would get {list(values)[:3]}..."
                )
            self.coords.setdefault(name, values)

    def shape_from_dims(self, dims: str | Sequence[str]) -> tuple[int, ...]:
        """Shape that ``dims=`` stands for.

        Raises
        ------
        ValueError
            For a dimension without coordinates, and for one that comes twice.
        """
        names = (dims,) if isinstance(dims, str) else tuple(dims)
        if len(set(names)) != len(names):
            raise ModelError(f"dims={names}: Can not contain the same dimension name twice.")
        for name in names:
            if name not in self.coords:
                raise ModelError(
                    f"Unknown dimension name {name!r}: dims={name!r} is not in the model's coords "
                    f"{sorted(self.coords)}. Add it to coords= of the model or to a pm.Data variable, or pass shape= "
                    "instead."
                )
        return tuple(n for name in names for n in np.shape(self.coords[name]))

    # variables

    def add_random_variable(self, var: Any, dims: Dims = None) -> None:
        """Add a variable under its name to this model and its parents, and as an attribute.

        Parameters
        ----------
        var
            A named variable.
        dims
            Names of its dimensions.

        Raises
        ------
        ValueError
            When the name is taken.
        """
        self._new_name(var.name)
        if dims is not None:
            names = (dims,) if isinstance(dims, str) else tuple(dims)
            self.shape_from_dims(names)
            self.RV_dims[var.name] = names
        self.named_vars[var.name] = var
        if not hasattr(self, self.name_of(var.name)):
            setattr(self, self.name_of(var.name), var)

    def Var(self, name: str, dist: Any, data: Any = None, total_size: Any = None, dims: Dims = None) -> Any:
        """Add a random variable: PyMC3's method behind every named distribution.

        Parameters
        ----------
        name
            Its name.
        dist
            Its distribution.
        data
            Observations, or None.
        total_size
            Number of observations in all, when these are a minibatch of them; see :func:`get_scaling`.
        dims
            Names of its dimensions.

        Returns
        -------
        FreeRV, TransformedRV, ObservedRV or MultiObservedRV
        """
        name = self.name_for(name)
        self._new_name(name)
        if isinstance(data, Mapping):
            return self._observed_together(name, dist, data, total_size)
        if data is not None:
            return self._observed(name, dist, data, total_size, dims)
        if getattr(dist, "transform", None) is None:
            return self._free(name, dist, total_size, dims)
        return self._transformed(name, dist, total_size, dims)

    def _enter_term(self, variable: Any, term: Term, total_size: Any) -> None:
        """Note a factor of the log density, in order."""
        holder: Any = variable if term.free is None else term.free
        holder.term, holder.total_size = term, total_size
        self._random.append((term.name, variable, term.dist))

    def _observed_together(self, name: str, dist: Any, data: Mapping[str, Any], total_size: Any) -> MultiObservedRV:
        """Data by keyword of the distribution's ``logp``; some of them may be variables."""
        given = {key: as_tensor(value, key, self, dist) for key, value in data.items()}
        logp = as_tensor_variable(dist.logp(**given)).astype(config.floatX)
        variable = named(MultiObservedRV, logp, name)
        variable.distribution, variable.model, variable.data = dist, self, given
        variable.missing_values = [v.missing_values for v in given.values() if v.missing_values is not None]
        scaling = get_scaling(total_size, logp.shape, logp.ndim)
        self.observed_RVs.append(variable)
        for missing in variable.missing_values:
            self._add_missing(missing)
        self.add_random_variable(variable)
        self._enter_term(variable, Term(name, variable, OfTerm(dist), scaling=scaling), total_size)
        return variable

    def _observed(self, name: str, dist: Any, data: Any, total_size: Any, dims: Dims) -> ObservedRV:
        observations = data if isinstance(data, Variable) else pandas_to_array(data)
        source = as_tensor(observations, name, self, dist)
        scaling = get_scaling(total_size, source.shape, source.ndim)
        dist.check(tuple(np.shape(source.tag.test_value)))
        variable = named(ObservedRV, source, name)
        variable.distribution, variable.model = dist, self
        variable.observations, variable.missing_values = observations, source.missing_values
        self.observed_RVs.append(variable)
        if source.missing_values is not None:
            variable.missing_at = source.missing_at
            self._add_missing(source.missing_values)
        self.add_random_variable(variable, dims)
        self._enter_term(variable, Term(name, variable, dist, scaling=scaling), total_size)
        return variable

    def _add_missing(self, missing: FreeRV) -> None:
        """Add the free variable in the places of missing data."""
        self._new_name(str(missing.name))
        self.free_RVs.append(missing)
        self.missing_values.append(missing)
        self.named_vars[missing.name] = missing
        self._enter_term(missing, Term(str(missing.name), missing, missing.distribution), None)

    def _free(self, name: str, dist: Any, total_size: Any, dims: Dims) -> FreeRV:
        value = dist.default()
        dist.check(value.shape)
        free = FreeRV(name, name, dist, self, value)
        scaling = get_scaling(total_size, free.shape, free.ndim)
        self.free_RVs.append(free)
        self.add_random_variable(free, dims)
        self._enter_term(free, Term(name, free, dist, scaling=scaling), total_size)
        return free

    def _transformed(self, name: str, dist: Any, total_size: Any, dims: Dims) -> TransformedRV:
        value = dist.default()
        dist.check(value.shape)
        transform: Transform = dist.transform
        full_name = get_transformed_name(name, transform)
        self._new_name(full_name)
        ends = [as_tensor_variable(p) for p in transform.params]
        at_test = transform.rebind(*(as_float(e.tag.test_value) for e in ends))
        start = np.asarray(at_test.forward(as_float(value)).numpy(), value.dtype)
        dist.check_dimensions(start)
        free = FreeRV(full_name, name, dist, self, start, transform)
        variable = _constrained(free, name, transform, ends, value.shape)
        variable.distribution, variable.model = dist, self
        variable.transformed, variable.transformation, variable.total_size = free, transform, total_size
        scaling = get_scaling(total_size, free.shape, free.ndim)
        repeats = _repeats(dist, transform, variable, value, at_test.log_jacobian(tf.constant(start)))
        self.free_RVs.append(free)
        self.add_random_variable(free)
        self.deterministics.append(variable)
        self.add_random_variable(variable, dims)
        ends = variable.owner.inputs[1:]
        self._enter_term(variable, Term(name, variable, dist, free, tuple(ends), repeats, scaling), total_size)
        return variable


def _constrained(
    free: FreeRV, name: str, transform: Transform, ends: Sequence[Variable], shape: tuple[int, ...]
) -> Any:
    """The constrained value as an expression of the unconstrained one."""

    def backward(y: Tensor, *params: Tensor) -> Tensor:
        return tf.cast(transform.rebind(*params).backward(as_float(y)), free.dtype)

    op = Op(f"backward:{transform.tag}", backward, dtype=free.dtype, shape=shape)
    variable = apply(op, free, *(e.astype("float64") for e in ends), name=name)
    variable.__class__ = TransformedRV
    return variable


def _repeats(dist: Any, transform: Transform, variable: Variable, value: np.ndarray, jacobian: Tensor) -> bool:
    """Whether PyMC3 counts the log density or the Jacobian repeatedly, which is kept unless quirks are fixed.

    It adds arrays of different shapes by broadcasting: the density of a whole vector and the Jacobian of an
    elementwise transform.
    """
    # a number with numbers for parameters has one density and one Jacobian, unless a program wrote the density
    plain = not getattr(dist, "_written", True) and not any(p.ndim for p in (variable, *dist.params.values()))
    if plain or quirks.fixed():
        return False
    term = dist.bound_at_test_point().log_prob(as_float(value))
    density, slope = repetitions(term.shape, jacobian.shape)
    if density == slope == 1:
        return False
    counted = "density of the whole vector" if density > 1 else "Jacobian"
    quirks.say_once(
        f"{dist.label} with the transform {transform.tag}",
        f"the log density and the Jacobian have different shapes, and the {counted} is counted "
        f"{max(density, slope)} times.",
    )
    return True


def Deterministic(name: str, var: Any, model: Any = None, dims: Dims = None) -> Any:
    """Name an expression, so that traces record it.

    Parameters
    ----------
    name
        Its name.
    var
        A variable, or anything that converts to one.
    model
        The model; the open one by default.
    dims
        Names of its dimensions.
    """
    model = modelcontext(model)
    full = model.name_for(name)
    model._new_name(full)
    variable = named(DeterministicVariable, as_tensor_variable(var), full)
    model.deterministics.append(variable)
    model.add_random_variable(variable, dims)
    return variable


def Potential(name: str, var: Any, model: Any = None) -> Any:
    """Add a term to the log density.

    Parameters
    ----------
    name
        Its name.
    var
        The term; summed when it is not a scalar.
    model
        The model; the open one by default.
    """
    model = modelcontext(model)
    full = model.name_for(name)
    model._new_name(full)
    variable = named(Variable, as_tensor_variable(var), full)
    model.potentials.append(variable)
    model.add_random_variable(variable)
    return variable

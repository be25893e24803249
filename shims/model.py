"""The ``with`` front end: PyMC3's ``Model`` and what lives in it, compiled to the one log density."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError, NotSupported
from pm_migrate.shims import quirks, recording
from pm_migrate.shims.compilation import compile_model, repetitions
from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.theano.evaluation import evaluate
from pm_migrate.shims.theano.graph import Op, SharedVariable, Variable, apply, array_of
from pm_migrate.shims.theano.tensor import as_tensor_variable
from pm_migrate.shims.transforms import Transform
from pm_migrate.shims.variables import (
    DeterministicVariable,
    FreeRV,
    MultiObservedRV,
    ObservedRV,
    OfTerm,
    TransformedRV,
    givens_from_point,
    named,
)

Tensor = Any


class _Stack(threading.local):
    """The models that are open in this thread, innermost last."""

    def __init__(self) -> None:
        self.models: list[Model] = []


class Model:
    """A container of random variables: PyMC3's ``pm.Model``.

    Parameters
    ----------
    name
        Prefix of the names of everything in the model (``name_x``).
    model
        Parent model; by default the model that is open where this one is made.
    coords
        Coordinate values by dimension name.
    theano_config
        Kept for PyMC3's signature.
    check_bounds
        Kept for PyMC3's signature: with False, PyMC3 leaves out the masks that give ``-inf`` outside the support and
        for invalid parameters, and computes nonsense there. Here they are always there; they cost next to nothing.
    """

    _stack = _Stack()

    def __init__(
        self,
        name: str = "",
        model: Model | None = None,
        theano_config: Any = None,
        coords: Mapping[str, Sequence[Any]] | None = None,
        check_bounds: bool = True,
    ) -> None:
        self.name = name
        self.parent = model if model is not None else self.get_context(error_if_none=False)
        self.coords: dict[str, Any] = dict(coords or {})
        self.named_vars: dict[str, Variable] = {}
        self.free_RVs: list[FreeRV] = []
        self.observed_RVs: list[ObservedRV] = []
        self.deterministics: list[Variable] = []
        self.potentials: list[Variable] = []
        self._random: list[tuple[str, Variable, Any]] = []  # name, constrained variable, distribution; in order
        self._dims: dict[str, tuple[str, ...]] = {}
        self._density: LogDensity | None = None
        recording.record(self)

    def __enter__(self) -> Model:
        self._stack.models.append(self)
        return self

    def __exit__(self, *exception: Any) -> None:
        self._stack.models.pop()

    @classmethod
    def get_context(cls, error_if_none: bool = True) -> Any:
        """The innermost open model.

        Raises
        ------
        TypeError
            When none is open and ``error_if_none``.
        """
        if cls._stack.models:
            return cls._stack.models[-1]
        if error_if_none:
            raise TypeError("No model on context stack: use it inside a 'with model:' block or pass model=.")
        return None

    @property
    def root(self) -> Model:
        """The outermost model of a nest."""
        return self if self.parent is None else self.parent.root

    @property
    def vars(self) -> list[FreeRV]:
        """Free value variables."""
        return self.free_RVs

    @property
    def basic_RVs(self) -> list[Variable]:
        """Free value variables, then observed ones: what the log density is summed over."""
        return [*self.free_RVs, *self.observed_RVs]

    @property
    def unobserved_RVs(self) -> list[Variable]:
        """Free value variables, then constrained variables and deterministics."""
        return [*self.free_RVs, *self.deterministics]

    @property
    def cont_vars(self) -> list[FreeRV]:
        """Free value variables with a gradient."""
        return [v for v in self.free_RVs if not v.distribution.discrete]

    @property
    def disc_vars(self) -> list[FreeRV]:
        """Free value variables without a gradient."""
        return [v for v in self.free_RVs if v.distribution.discrete]

    @property
    def test_point(self) -> dict[str, np.ndarray]:
        """Start values by value-variable name."""
        return {str(v.name): v.tag.test_value for v in self.free_RVs}

    def name_for(self, name: str) -> str:
        """Full name of a variable, the model's prefix included."""
        return f"{self.prefix}_{name}" if self.prefix and not name.startswith(f"{self.prefix}_") else name

    @property
    def prefix(self) -> str:
        """Prefix of names, the parents' included."""
        if self.parent is None or not self.parent.prefix:
            return self.name
        return f"{self.parent.prefix}_{self.name}" if self.name else self.parent.prefix

    def __getitem__(self, key: str) -> Variable:
        """A variable by its name, with or without the model's prefix."""
        for name in (key, self.name_for(key)):
            if name in self.named_vars:
                return self.named_vars[name]
        raise KeyError(f"no variable {key!r} in the model; it has {sorted(self.named_vars)}")

    def __contains__(self, key: str) -> bool:
        return key in self.named_vars or self.name_for(key) in self.named_vars

    def __getattr__(self, name: str) -> Any:
        named = self.__dict__.get("named_vars", {})
        if name in named:
            return named[name]
        raise AttributeError(f"'Model' object has no attribute {name!r}")

    def shape_from_dims(self, dims: str | Sequence[str]) -> tuple[int, ...]:
        """Shape that ``dims=`` stands for.

        Raises
        ------
        ModelError
            For a dimension without coordinates.
        """
        names = (dims,) if isinstance(dims, str) else tuple(dims)
        for name in names:
            if name not in self.coords:
                raise ModelError(
                    f"dims={name!r} is not in the model's coords {sorted(self.coords)}; pass shape= instead"
                )
        return tuple(len(self.coords[name]) for name in names)

    def add_coords(self, coords: Mapping[str, Sequence[Any]]) -> None:
        """Add coordinate values by dimension name."""
        for name, values in coords.items():
            if name in self.coords and not np.array_equal(self.coords[name], values):
                raise ModelError(f"Duplicate and incompatible coordinate: {name}.")
            self.coords[name] = values

    def _register(self, name: str, variable: Variable, lists: Sequence[str] = ()) -> None:
        """Add a variable to this model and every parent."""
        model: Model | None = self
        while model is not None:
            if name in model.named_vars:
                raise ValueError(f"Variable name {name} already exists.")
            model.named_vars[name] = variable
            for attribute in lists:
                getattr(model, attribute).append(variable)
            model._density = None
            model = model.parent

    def _register_random(self, name: str, variable: Variable, distribution: Any, dims: Any) -> None:
        model: Model | None = self
        while model is not None:
            model._random.append((name, variable, distribution))
            if dims is not None:
                model._dims[name] = (dims,) if isinstance(dims, str) else tuple(dims)
            model = model.parent

    def Var(self, name: str, dist: Any, data: Any = None, total_size: Any = None, dims: Any = None) -> Variable:
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
            Minibatch scaling: not supported.
        dims
            Names of its dimensions.
        """
        if total_size is not None:
            raise NotSupported(f"{name}: total_size= (minibatch scaling) is not supported; pass the full data")
        name = self.name_for(name)
        if name in self.named_vars:
            raise ValueError(f"Variable name {name} already exists.")
        if isinstance(data, Mapping):
            dist, variable = self._observed_together(name, dist, data)
        elif data is not None:
            variable = self._observed(name, dist, data)
        else:
            variable = self._free(name, dist)
        self._register_random(name, variable, dist, dims)
        return variable

    def _observed_together(self, name: str, dist: Any, data: Mapping[str, Any]) -> tuple[Any, MultiObservedRV]:
        """Data by keyword of the distribution's ``logp``; some of them may be variables."""
        given = {
            key: value if isinstance(value, Variable) else as_tensor_variable(_observations(name, value, None))
            for key, value in data.items()
        }
        variable = named(MultiObservedRV, as_tensor_variable(dist.logp(**given)).astype("float64"), name)
        variable.distribution, variable.model, variable.data = dist, self, given
        self._register(name, variable, ["observed_RVs"])
        return OfTerm(dist), variable

    def _observed(self, name: str, dist: Any, data: Any) -> ObservedRV:
        values = data.data if isinstance(data, SharedVariable) else _observations(name, data, dist.dtype)
        source = data if isinstance(data, SharedVariable) else as_tensor_variable(values)
        variable = named(ObservedRV, source, name)
        variable.distribution, variable.model = dist, self
        variable.observations = data if isinstance(data, SharedVariable) else values
        dist.check(tuple(np.shape(values)))
        self._register(name, variable, ["observed_RVs"])
        return variable

    def _free(self, name: str, dist: Any) -> Variable:
        value = dist.default()
        dist.check(value.shape)
        if dist.transform is None:
            free = FreeRV(name, name, dist, self, value)
            self._register(name, free, ["free_RVs"])
            return free
        transform: Transform = dist.transform
        ends = [as_tensor_variable(p) for p in transform.params]
        at_test = transform.rebind(*(tf.constant(np.asarray(e.tag.test_value, np.float64)) for e in ends))
        start = np.asarray(at_test.forward(tf.constant(value)).numpy())
        free = FreeRV(f"{name}_{transform.tag}__", name, dist, self, start)
        free.transform = transform

        def backward(y: Tensor, *params: Tensor) -> Tensor:
            return transform.rebind(*params).backward(y)

        op = Op(f"backward:{transform.tag}", backward, dtype="float64", shape=value.shape)
        variable = apply(op, free, *(e.astype("float64") for e in ends), name=name)
        variable.__class__ = TransformedRV
        variable.distribution, variable.model = dist, self
        variable.transformed, variable.transformation = free, transform
        jacobian = at_test.log_jacobian(tf.constant(start))
        # a number with numbers for parameters has one density and one Jacobian, unless a program wrote the density
        plain = not getattr(dist, "_written", True) and not any(p.ndim for p in (free, *dist.params.values()))
        if not plain and not quirks.fixed():
            term = dist.bound_at_test_point().log_prob(tf.constant(value))
            density, slope = repetitions(term.shape, jacobian.shape)
            variable.repeats = density > 1 or slope > 1
            if variable.repeats:
                counted = "density of the whole vector" if density > 1 else "Jacobian"
                quirks.say_once(
                    f"{dist.label} with the transform {transform.tag}",
                    f"the log density and the Jacobian have different shapes, and the {counted} is counted "
                    f"{max(density, slope)} times.",
                )
        self._register(str(free.name), free, ["free_RVs"])
        self._register(name, variable, ["deterministics"])
        return variable

    def complete(self, point: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """A full unconstrained point: given values, and test values for the rest; constrained names are transformed.

        Raises
        ------
        KeyError
            For a name that is not in the model.
        """
        full = self.test_point
        for name, value in point.items():
            variable = self.named_vars.get(name)
            if isinstance(variable, TransformedRV):
                params = [as_tensor_variable(p) for p in variable.transformation.params]
                tensors = evaluate([p.astype("float64") for p in params], givens_from_point(params, point))
                forward = variable.transformation.rebind(*tensors).forward
                full[str(variable.transformed.name)] = forward(tf.constant(np.asarray(value, np.float64))).numpy()
            elif isinstance(variable, FreeRV):
                full[name] = np.asarray(value, variable.dtype)
            elif variable is None:
                raise KeyError(f"no variable {name!r} in the model; it has {sorted(self.named_vars)}")
        return full

    def log_density(self) -> LogDensity:
        """Compile the model to its log density (kept until a variable is added)."""
        if self._density is None:
            self._density = compile_model(self)
        return self._density

    def logp(self, point: Mapping[str, Any]) -> np.ndarray:
        """Log density at an unconstrained point (names that are missing take their test values)."""
        return np.asarray(self.log_density().logp_and_gradient(self.complete(point))[0])

    fastlogp = logp

    def dlogp(self, point: Mapping[str, Any]) -> np.ndarray:
        """Gradient at an unconstrained point, flat, in the order of the continuous free variables."""
        density = self.log_density()
        return density.flatten({**self.test_point, **density.logp_and_gradient(self.complete(point))[1]})

    fastdlogp = dlogp

    def check_test_point(self, test_point: Mapping[str, Any] | None = None, round_vals: int = 2) -> Any:
        """Log density of each term at the test point, as a pandas Series."""
        import pandas as pd

        terms = self.log_density().terms_at(self.complete(test_point or {}))
        by_variable = {str(v.name): terms[v.rv_name] for v in self.basic_RVs}
        return pd.Series(by_variable, name="Log-probability of test_point").round(round_vals)

    def __repr__(self) -> str:
        names = [name for name in self.named_vars if not name.endswith("__")]
        return f"Model({', '.join(names)})"


def _observations(name: str, data: Any, dtype: str | None) -> np.ndarray:
    """Observed data as an array of the distribution's dtype, or their own."""
    masked = isinstance(data, np.ma.MaskedArray) and bool(np.any(data.mask))
    values = array_of(np.ma.getdata(data) if isinstance(data, np.ma.MaskedArray) else data)
    if masked or (values.dtype.kind == "f" and bool(np.any(np.isnan(values)))):
        raise NotSupported(
            f"{name}: observed data have missing values, which are not imputed; leave those entries out, or make them "
            "a random variable of their own"
        )
    return values if dtype is None else values.astype(dtype)


def modelcontext(model: Model | None) -> Model:
    """The given model, or the one that is open.

    Raises
    ------
    TypeError
        When there is neither.
    """
    return model if model is not None else Model.get_context()


def Deterministic(name: str, var: Any, model: Model | None = None, dims: Any = None) -> Any:
    """Name an expression, so that traces record it.

    Parameters
    ----------
    name
        Its name.
    var
        A variable, or anything that converts to one.
    """
    model = modelcontext(model)
    full = model.name_for(name)
    variable = named(DeterministicVariable, as_tensor_variable(var), full)
    model._register(full, variable, ["deterministics"])
    if dims is not None:
        model._dims[full] = (dims,) if isinstance(dims, str) else tuple(dims)
    return variable


def Potential(name: str, var: Any, model: Model | None = None) -> Any:
    """Add a term to the log density.

    Parameters
    ----------
    name
        Its name.
    var
        The term; summed when it is not a scalar.
    """
    model = modelcontext(model)
    full = model.name_for(name)
    variable = named(DeterministicVariable, as_tensor_variable(var), full)
    model._register(full, variable, ["potentials"])
    return variable


def Data(name: str, value: Any, *, dims: Any = None, export_index_as_coords: bool = False) -> SharedVariable:
    """Data that can be replaced by :func:`set_data`: a shared variable registered in the model.

    Parameters
    ----------
    name
        Its name.
    value
        An array or anything that converts to one.
    """
    model = modelcontext(None)
    array = array_of(value)
    array = array.astype("int64" if array.dtype.kind in "iub" else "float64")
    full = model.name_for(name)
    shared = SharedVariable(array, full)
    model._register(full, shared)
    if dims is not None:
        model._dims[full] = (dims,) if isinstance(dims, str) else tuple(dims)
    return shared


def set_data(new_data: Mapping[str, Any], model: Model | None = None) -> None:
    """Replace the values of :func:`Data` containers by name.

    Raises
    ------
    TypeError
        For a name that is not a data container.
    """
    model = modelcontext(model)
    for name, value in new_data.items():
        variable = model[name]
        if not isinstance(variable, SharedVariable):
            raise TypeError(
                f"The variable `{name}` must be defined as `pymc3.Data` inside the model to allow updating."
            )
        variable.set_value(array_of(value))


def Point(*args: Any, model: Model | None = None, **kwargs: Any) -> dict[str, np.ndarray]:
    """A point of the model as a dictionary; names that are not free variables are dropped."""
    names = {str(v.name): v for v in modelcontext(model).free_RVs}
    given = dict(*args, **kwargs)
    return {name: np.asarray(value, names[name].dtype) for name, value in given.items() if name in names}

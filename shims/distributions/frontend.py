"""Distributions of the ``with`` front end: PyMC3's constructors over catalogue rows."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from pm_migrate.catalog import DISTRIBUTIONS, expr
from pm_migrate.catalog import Distribution as Row
from pm_migrate.errors import CatalogueError, ModelError
from pm_migrate.shims.distributions.binding import Bound, bind
from pm_migrate.shims.distributions.functions import TF_FUNCTIONS
from pm_migrate.shims.theano.evaluation import evaluate
from pm_migrate.shims.theano.functions import TENSOR_FUNCTIONS
from pm_migrate.shims.theano.graph import Op, Variable, apply
from pm_migrate.shims.theano.tensor import as_tensor_variable
from pm_migrate.shims.transforms import Transform, default_transform

_UNSET: Any = object()


class Distribution:
    """A distribution as PyMC3 programs write it: ``pm.Normal("x", mu=0, sd=1)``.

    Called with a name inside a model it registers a random variable and returns it; ``.dist(...)`` returns the
    distribution alone.

    Parameters
    ----------
    shape
        Total shape of one value.
    testval, initval
        Start value, in the constrained space.
    transform
        A :class:`~pm_migrate.shims.transforms.Transform`, or None for none.
    dtype
        Kept for PyMC3's signature: continuous values are float64, discrete ones int64.
    """

    row: ClassVar[Row]

    def __new__(cls, name: Any = _UNSET, *args: Any, **kwargs: Any) -> Any:
        from pm_migrate.shims.model import Model

        model = Model.get_context(error_if_none=False)
        if model is None:
            raise TypeError(
                "No model on context stack, which is needed to instantiate distributions. Add variable inside a "
                "'with model:' block, or use the '.dist' syntax for a standalone distribution."
            )
        if not isinstance(name, str):
            raise TypeError(f"Name needs to be a string but got: {'nothing' if name is _UNSET else name}")
        data = kwargs.pop("observed", None)
        total_size = kwargs.pop("total_size", None)
        dims = kwargs.pop("dims", None)
        if dims is not None and "shape" not in kwargs:
            kwargs["shape"] = model.shape_from_dims(dims)
        return model.Var(name, cls.dist(*args, **kwargs), data=data, total_size=total_size, dims=dims)

    @classmethod
    def dist(cls, *args: Any, **kwargs: Any) -> Any:
        """Return the distribution itself, not registered in any model."""
        instance = object.__new__(cls)
        cls.__init__(instance, *args, **kwargs)
        return instance

    def __init__(
        self,
        *args: Any,
        shape: Any = None,
        testval: Any = None,
        initval: Any = None,
        transform: Any = "auto",
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        self._given, chosen_transform = self._bind_arguments(args, kwargs)
        if chosen_transform is not _UNSET:
            transform = chosen_transform
        self.params = {name: as_tensor_variable(value) for name, value in self._given.items()}
        self.dtype = "int64" if self.row.discrete else "float64"
        self.testval = initval if initval is not None else testval
        self.shape = self._shape(shape)
        automatic = isinstance(transform, str) and transform == "auto"
        self.transform = self._default_transform() if automatic else transform
        if self.transform is not None and not isinstance(self.transform, Transform):
            raise ModelError(
                f"{self.row.name}: transform={transform!r} is not a transform of pm.distributions.transforms"
            )

    def _bind_arguments(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
        """Match a call to one of the row's forms; the errors are PyMC3's, with the choices named."""
        row = self.row
        unknown = sorted(set(kwargs) - set(row.signature))
        if unknown:
            raise TypeError(f"{row.name}.__init__() got an unexpected keyword argument {unknown[0]!r}")
        if len(args) > len(row.signature):
            raise TypeError(f"{row.name} takes {len(row.signature)} arguments {row.signature}, {len(args)} were given")
        spelled = dict(zip(row.signature, args, strict=False))
        twice = sorted(set(spelled) & set(kwargs))
        if twice:
            raise TypeError(f"{row.name}.__init__() got multiple values for argument {twice[0]!r}")
        spelled.update(kwargs)
        transform = spelled.pop("transform", _UNSET)
        lower = spelled.pop("lower") if "lower" in row.options and "lower" in spelled else True
        given: dict[str, Any] = {}
        for keyword, value in spelled.items():
            if value is not None:
                given[row.param(keyword).name] = value
        if not lower and "chol" in given:
            given["chol"] = as_tensor_variable(given["chol"]).T
        try:
            self.form = row.form_for(frozenset(given))
        except CatalogueError as error:
            raise self._argument_error(given, error) from None
        for name in self.form.given:
            if name not in given:
                given[name] = float(expr.evaluate(row.param(name).default or "", {}, {}))
        self._explicit = frozenset(spelled)
        return {name: given[name] for name in self.form.given}, transform

    def _argument_error(self, given: Mapping[str, Any], error: CatalogueError) -> Exception:
        if {"tau", "sigma"} <= set(given) or {"lam", "sigma"} <= set(given):
            return ValueError(f"Can't pass both tau and sigma: {error}")
        required = [p.name for p in self.row.params if all(p.name in f.given for f in self.row.forms)]
        missing = [name for name in required if name not in given and self.row.param(name).default is None]
        if missing:
            return TypeError(f"{self.row.name}.__init__() missing required argument {missing[0]!r}")
        return ValueError(f"Incompatible parameterization. {error}")

    def _shape(self, shape: Any) -> tuple[int, ...]:
        if shape is None:
            # PyMC3 infers the shape of Dirichlet alone
            return tuple(np.shape(self.params["a"].tag.test_value)) if self.row.name == "Dirichlet" else ()
        if isinstance(shape, Variable):
            shape = shape.eval()
        return tuple(int(n) for n in np.atleast_1d(np.asarray(shape, dtype=int)).tolist())

    def _default_transform(self) -> Transform | None:
        ends: tuple[Any, Any] = (None, None)
        if self.row.transform == "bounded":
            given = {name: self.params[name] for name in ("lower", "upper")}
            ends = tuple(  # type: ignore[assignment]
                value if name in self._explicit or self.row.param(name).default not in {"-inf", "inf"} else None
                for name, value in given.items()
            )
        return default_transform(self.row.transform, ends)

    def __getattr__(self, name: str) -> Any:
        """Parameters by PyMC3's attribute names: ``.mu``, ``.sigma``, ``.sd``, ``.tau``."""
        if name.startswith("_") or name == "params":
            raise AttributeError(name)
        row = type(self).row
        if name in self.params:
            return self.params[name]
        mapping = row.canonical_of(self.form)
        canonical = "sigma" if name in {"sd", "sigma"} else name
        if canonical in mapping:
            return as_tensor_variable(expr.evaluate(mapping[canonical], self.params, TENSOR_FUNCTIONS))
        if name in {"tau", "lam"} and "sigma" in mapping:
            return self.sigma**-2.0
        raise AttributeError(f"{row.name} distribution has no attribute {name!r}")

    def bound(self, values: Mapping[Variable, Any]) -> Bound:
        """Bind the row to evaluated parameters (tensors by parameter variable)."""
        return bind(self.row, self.form, {name: values[var] for name, var in self.params.items()})

    def bound_at_test_point(self) -> Bound:
        """Bind the row to the parameters' test values."""
        return bind(self.row, self.form, {name: var.tag.test_value for name, var in self.params.items()})

    def default(self) -> np.ndarray:
        """The test value: ``testval`` if one was given, else the row's default (PyMC3's), of the full shape."""
        value = self.testval
        if isinstance(value, str):
            value = getattr(self, value)
        if value is None:
            value = self.bound_at_test_point().test_value().numpy()
        elif isinstance(value, Variable):
            value = value.tag.test_value
        value = np.asarray(value)
        if self.row.discrete:
            value = np.asarray(np.round(value))
        if value.ndim > len(self.shape):
            raise TypeError(
                f"Wrong number of dimensions: expected {len(self.shape)}, got {value.ndim} with shape {value.shape}. "
                f"Pass shape= to {self.row.name}."
            )
        return (np.ones(self.shape) * value).astype(self.dtype)

    def logp(self, value: Any) -> Variable:
        """Elementwise log density as an expression.

        Parameters
        ----------
        value
            A variable, array or number.
        """
        value = as_tensor_variable(value)
        names = list(self.params)

        def impl(x: Any, *params: Any) -> Any:
            return bind(self.row, self.form, dict(zip(names, params, strict=True))).log_prob(x)

        ndim = max([value.ndim, *(p.ndim for p in self.params.values())]) - self.row.rank
        op = Op(name=f"logp:{self.row.name}", impl=impl, dtype="float64", ndim=max(ndim, 0))
        return apply(op, value, *self.params.values())

    def random(self, point: Any = None, size: Any = None) -> np.ndarray:
        """Draw values.

        Parameters
        ----------
        point
            Values of other random variables by name, for parameters that depend on them; their test values otherwise.
        size
            Leading shape of the draws.

        Returns
        -------
        ndarray
            Shape ``size + shape``. Seeded by NumPy's global state, as in PyMC3.
        """
        from pm_migrate.shims.variables import givens_from_point

        if not self.row.has_random:
            raise ValueError(f"Cannot sample from {self.row.name} variable")
        lead = () if size is None else tuple(np.atleast_1d(size).tolist())
        params = list(self.params.values())
        tensors = evaluate(params, givens_from_point(params, point or {}))
        bound = self.bound(dict(zip(params, tensors, strict=True)))
        shape = self.shape or (*bound.batch_shape, *bound.event_shape)
        seed = tf.constant(np.random.randint(0, 2**31 - 1, size=2), tf.int32)
        draws = bound.sample((*lead, *shape), seed).numpy()
        return draws.astype(self.dtype)

    def __repr__(self) -> str:
        return f"{self.row.name}({', '.join(self.params)})"


class Continuous(Distribution):
    """Distributions with a density."""


class Discrete(Distribution):
    """Distributions on the integers."""


def _make(row: Row) -> type[Distribution]:
    """Build the class of a row, with PyMC3's signature for ``help``."""
    base: type[Distribution] = Discrete if row.discrete else Continuous
    arguments = ", ".join(row.signature)
    doc = f"{row.name}({arguments})\n\nLog density: ``{row.logp}``\n\nSource: {row.source}."
    cls = type(row.name, (base,), {"row": row, "__doc__": doc, "__module__": "pm_migrate.shims.distributions"})
    parameters = [inspect.Parameter("name", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    parameters += [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None) for name in row.signature
    ]
    cls.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return cls


#: PyMC3's classes by name, aliases included (an alias is the same class).
CLASSES: dict[str, type[Distribution]] = {}
for _name, _row in DISTRIBUTIONS.items():
    CLASSES[_name] = CLASSES[_row.name] if _row.name in CLASSES else _make(_row)

__all__ = ["CLASSES", "TF_FUNCTIONS", "Continuous", "Discrete", "Distribution"]

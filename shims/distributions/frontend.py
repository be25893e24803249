"""Distributions of the ``with`` front end: PyMC3's constructors over catalogue rows."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from pm_migrate.catalog import DISTRIBUTIONS, expr
from pm_migrate.catalog import Distribution as Row
from pm_migrate.errors import CatalogueError, ModelError
from pm_migrate.shims import quirks
from pm_migrate.shims.distributions import arguments, drawing
from pm_migrate.shims.distributions.base import (
    UNSET,
    BoundedContinuous,
    Continuous,
    Discrete,
    Distribution,
    PositiveContinuous,
    UnitContinuous,
    shape_of,
)
from pm_migrate.shims.distributions.binding import Bound, bind
from pm_migrate.shims.distributions.host_draws import HOST_DRAWS
from pm_migrate.shims.distributions.multivariate import REFINED
from pm_migrate.shims.distributions.repeating import often
from pm_migrate.shims.theano import promotion
from pm_migrate.shims.theano.config import config
from pm_migrate.shims.theano.functions import TENSOR_FUNCTIONS
from pm_migrate.shims.theano.graph import Constant, Op, Variable, apply, get_test_value
from pm_migrate.shims.theano.ops.shaping import shape_padright
from pm_migrate.shims.theano.tensor import as_tensor_variable
from pm_migrate.shims.transforms import Transform, default_transform

_MODULE = "pm_migrate.shims.distributions"
#: Base class by tag of the default transform, as PyMC3 derives them.
_BASES: Mapping[str, type[Distribution]] = {
    "log": PositiveContinuous,
    "logodds": UnitContinuous,
    "bounded": BoundedContinuous,
    "interval": BoundedContinuous,
}
#: Rows whose classes PyMC3 derives from others, which programs ask for with ``isinstance``.
_PARENTS: Mapping[str, str] = {"ChiSquared": "Gamma", "OrderedLogistic": "Categorical", "OrderedProbit": "Categorical"}
#: Names of PyMC3's classes where they are not the row's.
_CLASS_NAMES: Mapping[str, str] = {"Lognormal": "LogNormal"}
#: Start values that PyMC3 looks for, where they are not those of :class:`Continuous` and :class:`Discrete`.
_DEFAULTS: Mapping[str, tuple[str, ...]] = {
    "Flat": ("_default",),
    "HalfFlat": ("_default",),
    "TruncatedNormal": ("_defaultval",),
    "DirichletMultinomial": ("_defaultval",),
    "DiscreteWeibull": ("median",),
}
#: Where the faults of rows do not show; PyMC3's density is the right one for all values there.
_HARMLESS: Mapping[str, Callable[..., Any]] = {
    "ExGaussian": lambda mu, sigma, nu: nu > 0.05 * sigma,
    "Triangular": lambda lower, upper, c: (lower <= c) & (c <= upper),
}
#: Rows whose PyMC3 classes take no positional arguments but their own.
_NO_FURTHER = frozenset({"Gumbel", "LogitNormal", "Normal"})
#: Positional arguments of PyMC3's base classes.
_OF_BASE = ("shape", "dtype", "defaults")
_ORDERED = "between({}(cutpoints - column(eta)))"
#: Attributes that PyMC3 computes besides parameters and moments, as expressions of a row's parameters.
_ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    "Categorical": {"k": "count(p)"},
    "ChiSquared": {"alpha": "nu / 2", "beta": "0.5 + 0 * nu"},
    "Multinomial": {"p": "p / sum(p)"},
    "MvNormal": {"chol_cov": "chol"},
    "MvStudentT": {"chol_cov": "chol"},
    "OrderedLogistic": {"k": "count(cutpoints) + 1", "p": _ORDERED.format("sigmoid")},
    "OrderedProbit": {"k": "count(cutpoints) + 1", "p": _ORDERED.format("ndtr")},
    "Rice": {"b": "nu / sigma"},
    "Wald": {"phi": "lam / mu"},
    "Wishart": {"p": "count(V)"},
}


class CatalogueDistribution(Distribution):
    """A distribution of the catalogue.

    Parameters
    ----------
    *args, **kwargs
        The row's own parameters, in PyMC3's order and under PyMC3's names.
    shape
        Total shape of one value.
    testval, initval
        Start value, in the constrained space, or ``"mean"``, ``"median"``, ``"mode"``.
    transform
        A :class:`~pm_migrate.shims.transforms.Transform`, or None for none.
    dtype
        By ``floatX``: ``float64`` for continuous and ``int64`` for discrete distributions, or ``float32`` and
        ``int16``.
    defaults
        Names of attributes to take a start value from, the first finite one, in place of the row's.
    """

    row: ClassVar[Row]
    # where a program's subclass leaves out the row's own __init__: super(pm.Categorical, self).__init__(shape=n)
    _parameters: Mapping[str, Variable] = MappingProxyType({})
    _of_row = False
    _own_defaults = True

    def _init(
        self,
        *args: Any,
        shape: Any = None,
        testval: Any = None,
        initval: Any = None,
        transform: Any = "auto",
        dtype: Any = None,
        defaults: Any = (),
        broadcastable: Any = None,
        **kwargs: Any,
    ) -> None:
        row = self.row
        further = self._further(args[len(row.signature) :])
        shape, dtype = further.get("shape", shape), further.get("dtype", dtype)
        transform, defaults = further.get("transform", transform), further.get("defaults", defaults)
        self._of_row = True
        self._parameters, chosen_transform = self._bind_arguments(args[: len(row.signature)], kwargs)
        if chosen_transform is not UNSET:
            transform = chosen_transform
        arguments.check_together(row, self._parameters, self.form.given[1] if row.name == "LKJCorr" else None)
        if row.discrete and dtype is not None and np.dtype(dtype).name not in {"int16", "int64"}:
            raise TypeError(f"{self.label}: Discrete classes expect dtype to be int16 or int64, not {dtype}.")
        automatic = isinstance(transform, str) and transform == "auto"
        if self.row.discrete and transform is not None and not automatic:
            raise ModelError(f"{self.label}: Transformations for discrete distributions are not allowed.")
        self._own_defaults = bool(defaults)
        usual = ("mode",) if row.discrete else ("median", "mean", "mode")
        Distribution.__init__(
            self,
            shape=self._shape(shape),
            dtype=_dtype_of_values(row.discrete, dtype),
            initval=initval if testval is None else testval,
            defaults=defaults or _DEFAULTS.get(row.name, usual),
            transform=self._default_transform() if automatic else transform,
        )
        self.quirks = "fixed" if quirks.fixed() else "pymc3"
        if self.row.fault and self.fault_matters and not quirks.fixed():
            quirks.say_once(self.row.name, self.row.fault)

    @property
    def label(self) -> str:
        return type(self).__name__

    @property
    def kind(self) -> str:
        return self.row.kind

    @property
    def event_rank(self) -> int:
        return self.row.rank

    @property
    def keeps_event_axis(self) -> bool:
        return self.row.name in {"Multinomial", "DirichletMultinomial"}

    @property
    def fault_matters(self) -> bool:
        """Whether the row's fault changes a posterior with these parameters."""
        if self.row.name == "Wald":  # whose distribution function alone is at fault
            return False
        values = {name: np.asarray(v.data) for name, v in self._parameters.items() if isinstance(v, Constant)}
        harmless = _HARMLESS.get(self.row.name)
        if harmless is None or len(values) < len(self._parameters):
            return True
        return not np.all(harmless(**values))

    @property
    def has_random(self) -> bool:
        return (self.row.has_random and self._of_row) or self._overrides("random")

    @property
    def drawn(self) -> Any:
        return self if self._overrides("random") or not self._of_row else _RowOf(self)

    def _overrides(self, method: str) -> bool:
        """Whether a program's subclass writes a method of its own."""
        return method in self.__dict__ or getattr(type(self), method) is not getattr(CatalogueDistribution, method)

    @property
    def _written(self) -> bool:
        """Whether a program's subclass writes the log density or the draws itself."""
        return self._overrides("logp") or self._overrides("random")

    @property
    def draws_in_python(self) -> bool:
        return self._written

    @property
    def params(self) -> Mapping[str, Variable]:
        return super().params if self._written else self._parameters

    def _further(self, values: tuple[Any, ...]) -> dict[str, Any]:
        """Positional arguments behind the row's own: those of the base class, in its order."""
        transformed = isinstance(self, (PositiveContinuous, UnitContinuous, BoundedContinuous))
        names = (*["transform"] * transformed, *(() if isinstance(self, BoundedContinuous) else _OF_BASE))
        names = () if self.row.name in _NO_FURTHER else names
        if len(values) > len(names):
            signature = self.row.signature
            raise TypeError(
                f"{self.row.name} takes {len(signature)} arguments {signature} and {list(names)}, "
                f"{len(signature) + len(values)} were given"
            )
        return dict(zip(names, values, strict=False))

    def _bind_arguments(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[dict[str, Variable], Any]:
        """Match a call to one of the row's forms; the errors are PyMC3's, with the choices named."""
        row = self.row
        unknown = sorted(set(kwargs) - set(row.signature))
        if unknown:
            raise TypeError(f"{row.name}.__init__() got an unexpected keyword argument {unknown[0]!r}")
        spelled = dict(zip(row.signature, args, strict=False))
        twice = sorted(set(spelled) & set(kwargs))
        if twice:
            raise TypeError(f"{row.name}.__init__() got multiple values for argument {twice[0]!r}")
        spelled.update(kwargs)
        transform = spelled.pop("transform", UNSET)
        lower = spelled.pop("lower") if "lower" in row.options and "lower" in spelled else True
        self.options = {name: spelled.pop(name) for name in row.options if name in spelled}
        given: dict[str, Any] = {}
        if spelled.get("Sigma") is not None and spelled.get("cov") is not None:
            raise ValueError(f"{row.name}: Specify only one of cov and Sigma, the same matrix under two names")
        for keyword, value in spelled.items():
            if value is None:
                arguments.refuse_none(row, row.param(keyword), keyword)
            else:
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
        return {name: arguments.parameter(row, row.param(name), given[name]) for name in self.form.given}, transform

    def _argument_error(self, given: Mapping[str, Any], error: CatalogueError) -> Exception:
        if {"tau", "sigma"} <= set(given) or {"lam", "sigma"} <= set(given):
            return ValueError(f"Can't pass both tau and sigma: {error}")
        if self.row.name == "NegativeBinomial":
            for first, second in (("alpha", "n"), ("mu", "p")):
                if (first in given) == (second in given):
                    what = "Can't specify both {} and {}" if first in given else "Must specify either {} or {}"
                    return ModelError(f"Incompatible parametrization. {what.format(first, second)}. {error}")
        if self.row.name == "LKJCorr":  # all its arguments have defaults
            return ValueError(
                "LKJCorr: Invalid parameter: please use eta as the shape parameter and n as the dimension parameter, "
                f"got {sorted(given)}"
            )
        required = [p.name for p in self.row.params if all(p.name in f.given for f in self.row.forms)]
        missing = [name for name in required if name not in given and self.row.param(name).default is None]
        chosen = any(set(form.given) - set(required) <= set(given) for form in self.row.forms)
        if missing and (chosen or self.row.signature[0] in missing):
            names = " and ".join(repr(name) for name in missing)
            return TypeError(f"{self.label}.__init__() missing required argument{'s' * (len(missing) > 1)} {names}")
        return ValueError(f"Incompatible parameterization. {error}")

    def _shape(self, shape: Any) -> tuple[int, ...]:
        if shape is None and self.row.name == "Dirichlet":  # PyMC3 infers the shape of Dirichlet alone
            warnings.warn(
                "Shape not explicitly set. Please, set the value using the `shape` keyword argument. Using the test "
                "value of `a` to infer the shape.",
                DeprecationWarning,
                stacklevel=4,
            )
            return tuple(np.shape(get_test_value(self._parameters["a"])))
        return shape_of(shape)

    def _default_transform(self) -> Transform | None:
        """The row's transform, its ends in the parameters as given."""
        if self.row.transform not in {"bounded", "interval", "lowerbound"}:
            return default_transform(self.row.transform)
        lower, upper = (self._end(text) for text in self.row.ends)
        return default_transform(self.row.transform, (lower, upper))

    def _end(self, text: str) -> Variable | None:
        """One end of the support; None for an infinite one."""
        value = as_tensor_variable(self._canonical(text))
        return None if isinstance(value, Constant) and bool(np.all(np.isinf(value.data))) else value

    def _canonical(self, text: str) -> Any:
        """An expression in the canonical parameters, as a variable."""
        mapping = self.row.canonical_of(self.form)
        values = {name: expr.evaluate(mapping[name], self._parameters, TENSOR_FUNCTIONS) for name in expr.names(text)}
        return self._evaluate(text, values)

    def _evaluate(self, text: str, values: Mapping[str, Any]) -> Any:
        """An expression in parameters; numbers of a batch of vectors or matrices are put beside them."""
        aligned = {
            name: shape_padright(value, self.row.rank - self.row.param(name).domain.rank)
            if isinstance(value, Variable) and value.ndim and self.row.param(name).domain.rank < self.row.rank
            else value
            for name, value in values.items()
        }
        return expr.evaluate(text, aligned if self._batched else values, TENSOR_FUNCTIONS)

    @property
    def _batched(self) -> bool:
        """Whether a number is given for each vector of a batch: the trials of Multinomial."""
        return any(v.ndim and not self.row.param(n).domain.rank for n, v in self._parameters.items())

    def __getattr__(self, name: str) -> Any:
        """Parameters and moments by PyMC3's attribute names: ``.mu``, ``.sigma``, ``.sd``, ``.tau``, ``.mean``."""
        if name.startswith("_") or name in {"form", "params"} or not self._of_row:
            raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
        row = type(self).row
        further = _ATTRIBUTES.get(row.name, {}).get(name)
        if further is not None:
            whole = expr.names(further) <= set(self._parameters)
            value = self._evaluate(further, self._parameters) if whole else self._canonical(further)
            value = as_tensor_variable(value)
            kept = promotion.is_float(value.dtype) and not further.startswith("count")
            return value if kept else value.astype("int64" if further.startswith("count") else self._floatX)
        if name in self._parameters:
            return self._parameters[name]
        mapping = row.canonical_of(self.form)
        canonical = "sigma" if name in {"sd", "sigma"} else name
        if canonical in mapping:
            return as_tensor_variable(self._canonical(canonical))
        if name in row.moments:
            moment = as_tensor_variable(self._canonical(row.moments[name]))
            return moment.astype("int64") if row.discrete and name != "mean" else moment
        if name == "median" and row.name == "Interpolated":
            return self._start()
        if name in {"tau", "lam"} and "sigma" in mapping:
            return self.sigma**-2.0
        if name == "mode" and row.discrete:  # what PyMC3 starts discrete distributions at
            return as_tensor_variable(self._canonical(row.test_value)).astype("int64")
        raise AttributeError(f"{row.name} distribution has no attribute {name!r}")

    def bound(self, values: Mapping[Variable, Any]) -> Any:
        """The density at evaluated parameters (tensors by parameter variable)."""
        if self._written:
            return super().bound(values)
        return self._bind({name: values[variable] for name, variable in self._parameters.items()})

    def _bind(self, given: Mapping[str, Any]) -> Bound:
        with quirks.quirks(self.quirks):
            return bind(self.row, self.form, given)

    def default(self) -> np.ndarray:
        """The start value: the given one, else the row's (PyMC3's), of the full shape.

        Raises
        ------
        AttributeError
            When it is not finite.
        """
        if self.testval is not None or self._own_defaults:
            return super().default()
        value = self._start()
        if not np.all(np.isfinite(value)):
            raise AttributeError(
                f"{self.label} has no finite default value to use, checked: {self.defaults}. Pass testval argument or "
                "adjust so value is finite."
            )
        return self._filled(value)

    def _start(self) -> np.ndarray:
        """The row's start value at the test values of the parameters."""
        given = {name: variable.tag.test_value for name, variable in self._parameters.items()}
        value = np.asarray(self._bind(given).test_value().numpy())
        return np.round(value) if self.row.discrete else value

    def check(self, shape: tuple[int, ...]) -> None:
        """Raise at the line that made the variable when the density cannot take values of this shape.

        Raises
        ------
        ModelError
            Naming the shapes.
        """
        super().check(shape)
        rank = self.row.rank
        if self._written or any(get_test_value(v) is None for v in self._parameters.values()):
            return
        if len(shape) < rank:
            raise ModelError(f"{self.label}: Invalid dimension for value: {len(shape)}, it needs {rank} or more")
        bound = self.bound_at_test_point()
        event = bound.event_shape
        try:
            np.broadcast_shapes(shape, (*bound.batch_shape, *event))
            fits = shape[len(shape) - rank :] == event
        except ValueError:
            fits = False
        if not fits:
            sizes = ", ".join(f"{name} {np.shape(v.tag.test_value)}" for name, v in self._parameters.items())
            raise ModelError(f"{self.label}: a value of shape {shape} does not go with parameters of shapes {sizes}")

    def logp(self, value: Any) -> Variable:
        """Elementwise log density as an expression.

        Parameters
        ----------
        value
            A variable, array or number.
        """
        density = self._elementwise("logp", value, lambda bound, x: bound.log_prob(x))
        return shape_padright(density) if self.keeps_event_axis else density

    def logcdf(self, value: Any) -> Variable:
        """Elementwise logarithm of the distribution function as an expression.

        Raises
        ------
        AttributeError
            Where PyMC3 has none.
        """
        if self.row.logcdf is None:
            raise AttributeError(f"{self.label} has no logcdf (as in PyMC3)")
        if self.row.name == "Wald" and self.quirks == "pymc3":
            quirks.say_once(self.row.name, self.row.fault)
        return self._elementwise("logcdf", value, lambda bound, x: bound.log_cdf(x))

    def _elementwise(self, what: str, value: Any, function: Callable[[Bound, Any], Any]) -> Variable:
        value = as_tensor_variable(value)
        names, dtype = list(self._parameters), self.density_dtype(value)

        def compute(x: Any, *params: Any) -> Any:
            return tf.cast(function(self._bind(dict(zip(names, params, strict=True))), x), dtype)

        key = (what, self.row.name, self.form.given, self.quirks, dtype)

        def impl(*tensors: Any) -> Any:
            return often(key, compute, tensors)

        ranks = [v.ndim - self.row.param(n).domain.rank for n, v in self._parameters.items()]
        op = Op(
            name=f"{what}:{self.row.name}",
            impl=impl,
            dtype=dtype,
            ndim=max(value.ndim - self.row.rank, *ranks, 0),
        )
        return apply(op, value, *self._parameters.values())

    def random(self, point: Any = None, size: Any = None) -> np.ndarray:
        """Draw values.

        Parameters
        ----------
        point
            Values of other random variables by name, for parameters that depend on them; they are drawn otherwise.
        size
            Leading shape of the draws.

        Returns
        -------
        ndarray
            Shape ``size + shape``. Seeded by NumPy's global state, as in PyMC3.
        """
        self.require_random()
        return drawing.draw(_RowOf(self), None, point, size)


def _dtype_of_values(discrete: bool, dtype: Any) -> str:
    """Dtype of the values of a distribution: the one given, where it is of their kind, else PyMC3's for ``floatX``."""
    name = None if dtype is None else np.dtype(dtype).name
    if discrete:
        return name or ("int16" if config.floatX == "float32" else "int64")
    return name if name in {"float32", "float64"} else config.floatX


class _RowOf:
    """A distribution's row, when its ``logp`` or ``random`` are a program's own."""

    draws_in_python = False

    def __init__(self, dist: CatalogueDistribution) -> None:
        self.shape, self.params, self.label = dist.shape, dist._parameters, dist.label
        self.dtype, self.drawn_dtype = dist.dtype, dist.drawn_dtype
        self._dist = dist
        self.event_rank = dist.event_rank
        self.shape_is_given = getattr(dist, "shape_is_given", False)
        self.host_row = dist.row.name if dist.row.name in HOST_DRAWS else None

    def batches(self, led: set[Variable]) -> dict[Variable, int] | None:
        """Number of axes of each parameter's one value; None where matrices differ from draw to draw."""
        ranks = {v: self._dist.row.param(name).domain.rank for name, v in self.params.items()}
        return None if any(ranks[v] > 1 for v in led) or self._dist.row.rank > 1 else ranks

    def bound(self, values: Mapping[Variable, Any]) -> Bound:
        return self._dist._bind({name: values[variable] for name, variable in self.params.items()})

    def bound_at_test_point(self) -> Bound:
        """The density at the test values of the parameters."""
        return self.bound({variable: variable.tag.test_value for variable in self.params.values()})


def _no_logcdf(dist: CatalogueDistribution) -> Any:
    raise AttributeError(f"{dist.label} has no logcdf (as in PyMC3)")


def _make(row: Row) -> type[Distribution]:
    """Build the class of a row, with PyMC3's signature for ``help``."""
    base = Discrete if row.discrete else _BASES.get("" if row.rank else row.transform or "", Continuous)
    arguments = ", ".join(row.signature)
    doc = f"{row.name}({arguments})\n\nLog density: ``{row.logp}``\n\nSource: {row.source}."
    members: dict[str, Any] = {"row": row, "__doc__": doc, "__module__": _MODULE}
    if row.logcdf is None:
        members["logcdf"] = property(_no_logcdf)
    bases: tuple[type, ...] = (CLASSES[_PARENTS[row.name]],) if row.name in _PARENTS else (CatalogueDistribution, base)
    init = {"__init__": CatalogueDistribution._init}
    if row.name in REFINED:
        bases = (REFINED[row.name], type(row.name, bases, init))
    else:
        members |= init
    cls = type(_CLASS_NAMES.get(row.name, row.name), bases, members)
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

__all__ = ["CLASSES", "CatalogueDistribution"]

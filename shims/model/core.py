"""PyMC3's ``Model``: what lives in it, compiled to the one log density."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from pm_migrate.shims import recording
from pm_migrate.shims.blocking import ArrayOrdering, DictToArrayBijection
from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.distributions.binding import as_float
from pm_migrate.shims.model import presenting, terms
from pm_migrate.shims.model.compilation import compile_model
from pm_migrate.shims.model.context import ContextMeta
from pm_migrate.shims.model.factor import Factor
from pm_migrate.shims.model.functions import FastPointFunc, LoosePointFunc, Point
from pm_migrate.shims.model.pickling import WholeGraph
from pm_migrate.shims.model.profiling import ProfileStats
from pm_migrate.shims.model.registration import Registration
from pm_migrate.shims.model.trees import treedict, treelist
from pm_migrate.shims.model.value_grad import ValueGradFunction
from pm_migrate.shims.model.variables import FreeRV, TransformedRV, givens_from_point
from pm_migrate.shims.model.views import FlatView, flatten
from pm_migrate.shims.theano.compilation import function
from pm_migrate.shims.theano.evaluation import evaluate
from pm_migrate.shims.theano.graph import Variable
from pm_migrate.shims.theano.tensor import as_tensor_variable
from pm_migrate.shims.vartypes import continuous_types, discrete_types, typefilter

_LISTS = ("free_RVs", "observed_RVs", "deterministics", "potentials", "missing_values")
#: Compiled functions that a model keeps.
_KEPT = 64


class Model(Registration, WholeGraph, Factor, metaclass=ContextMeta):
    """A container of random variables: PyMC3's ``pm.Model``.

    Parameters
    ----------
    name
        Prefix of the names of everything made in the model: ``name_x``.
    model
        Parent model; by default the model that is open where this one is made. What is added to a model is added to
        its parents.
    theano_config
        Flags of ``theano.config`` that hold while the model is open; ``compute_test_value`` is ``raise`` by default.
    coords
        Coordinate values by dimension name.
    check_bounds
        Kept for PyMC3's signature: with False, PyMC3 leaves out the masks that give ``-inf`` outside the support and
        for invalid parameters, and computes nonsense there. Here they are always there; they cost next to nothing.

    Examples
    --------
    >>> import pm_migrate.shims as pm
    >>> with pm.Model() as model:
    ...     x = pm.Normal("x", 0.0, 1.0)
    >>> round(float(model.logp(x=0.0)), 6)
    -0.918939
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        instance = super().__new__(cls)
        parent = kwargs.get("model")
        instance._parent = parent if parent is not None else cls.get_context(error_if_none=False)
        instance._theano_config = {"compute_test_value": "raise", **(kwargs.get("theano_config") or {})}
        return instance

    def __init__(
        self,
        name: str = "",
        model: Model | None = None,
        theano_config: Mapping[str, Any] | None = None,
        coords: Mapping[str, Sequence[Any]] | None = None,
        check_bounds: bool = True,
    ) -> None:
        self.name = name
        self.coords: dict[str, Any] = {}
        self.RV_dims: dict[str, tuple[str, ...]] = {}
        self.check_bounds = check_bounds
        self.add_coords(coords)
        parent = self._parent
        self.named_vars: Any = treedict(parent=None if parent is None else parent.named_vars)
        for kind in _LISTS:
            setattr(self, kind, treelist(parent=None if parent is None else getattr(parent, kind)))
        #: name, constrained variable and distribution of every random variable, in order
        self._random: Any = treelist(parent=None if parent is None else parent._random)
        for attribute, make in self.computed.items():
            setattr(self, attribute, make())
        recording.record(self)

    computed: ClassVar[dict[str, Callable[[], Any]]] = {"_density": lambda: None, "_nodes": dict, "_functions": dict}
    _parent: Model | None
    _theano_config: dict[str, Any]
    _density: tuple[Any, LogDensity] | None
    _nodes: dict[str, tuple[Any, Variable]]
    _functions: dict[Any, Callable[..., Any]]

    # the tree

    @property
    def model(self) -> Model:
        """Itself."""
        return self

    @property
    def parent(self) -> Model | None:
        """The model around this one, or None."""
        return self._parent

    @property
    def root(self) -> Model:
        """The outermost model of a nest."""
        return self if self.parent is None else self.parent.root

    @property
    def isroot(self) -> bool:
        """Whether there is no model around this one."""
        return self.parent is None

    # variables

    @property
    def vars(self) -> list[FreeRV]:
        """Free value variables."""
        return self.free_RVs

    @property
    def basic_RVs(self) -> list[Any]:
        """Free value variables, then observed ones: what the log density is summed over."""
        return [*self.free_RVs, *self.observed_RVs]

    @property
    def unobserved_RVs(self) -> list[Variable]:
        """Free value variables, then constrained variables and deterministics."""
        return [*self.free_RVs, *self.deterministics]

    @property
    def cont_vars(self) -> list[FreeRV]:
        """Free value variables with a gradient."""
        return typefilter(self.free_RVs, continuous_types)

    @property
    def disc_vars(self) -> list[FreeRV]:
        """Free value variables without a gradient."""
        return typefilter(self.free_RVs, discrete_types)

    @property
    def ndim(self) -> int:
        """Number of elements of all free value variables."""
        return sum(v.dsize for v in self.free_RVs)

    @property
    def test_point(self) -> dict[str, np.ndarray]:
        """Start values by value-variable name."""
        return {str(v.name): np.array(v.tag.test_value) for v in self.free_RVs}

    def __getitem__(self, key: str) -> Variable:
        """A variable by its name, with or without the model's prefix."""
        for name in (key, self.name_for(key)):
            if name in self.named_vars:
                return self.named_vars[name]
        raise KeyError(f"no variable {key!r} in the model; it has {sorted(self.named_vars)}")

    def __contains__(self, key: str) -> bool:
        return key in self.named_vars or self.name_for(key) in self.named_vars

    # the log density

    def log_density(self) -> LogDensity:
        """Compile the model to its log density (kept until a variable is added)."""
        signature = self._signature()
        if self._density is None or self._density[0] != signature:
            self._density = signature, compile_model(self)
        return self._density[1]

    def _signature(self) -> tuple[Any, ...]:
        """Changes when something is added to the model."""
        return (len(self.named_vars), *(tuple(map(id, getattr(self, kind))) for kind in _LISTS))

    def _sum(self, what: str, variables: Callable[[], Sequence[Variable]], name: str | None = None) -> Variable:
        """A sum of terms as an expression, the same one until something is added to the model."""
        signature = self._signature()
        if what not in self._nodes or self._nodes[what][0] != signature:
            self._nodes[what] = signature, terms.total(variables(), name)
        return self._nodes[what][1]

    @property
    def logpt(self) -> Variable:
        name = f"__logp_{self.name}" if self.name else "__logp"
        return self._sum("logp", lambda: [*(v.logpt for v in self.basic_RVs), *self.potentials], name)

    @property
    def logp_nojact(self) -> Variable:
        name = f"__logp_nojac_{self.name}" if self.name else "__logp_nojac"
        return self._sum("logp_nojac", lambda: [*(v.logp_nojact for v in self.basic_RVs), *self.potentials], name)

    @property
    def varlogpt(self) -> Variable:
        """The log density of the free variables alone."""
        return self._sum("varlogp", lambda: [v.logpt for v in self.free_RVs])

    @property
    def datalogpt(self) -> Variable:
        """The log density of the observed variables, and the potentials."""
        return self._sum("datalogp", lambda: [*(v.logpt for v in self.observed_RVs), *self.potentials])

    def logp_dlogp_function(
        self, grad_vars: Sequence[Variable] | None = None, tempered: bool = False, **kwargs: Any
    ) -> ValueGradFunction:
        """Compile the log density and its gradient as one program of a flat array.

        Parameters
        ----------
        grad_vars
            Free variables of the array; all continuous ones by default.
        tempered
            Make the log density of the observed variables a cost of its own, with a weight.
        **kwargs
            For :class:`ValueGradFunction`.

        Raises
        ------
        ValueError
            For a discrete variable.
        """
        grad_vars = self.cont_vars if grad_vars is None else list(grad_vars)
        for var in grad_vars:
            if var.dtype not in continuous_types:
                raise ValueError(f"Can only compute the gradient of continuous types: {var.name} is {var.dtype}")
        costs = [self.logpt]
        if tempered:
            free = self._sum("free", lambda: [*(v.logpt for v in self.free_RVs), *self.potentials])
            costs = [free, self._sum("observed", lambda: [v.logpt for v in self.observed_RVs])]
        chosen = {v.name for v in grad_vars}
        extra = [v for v in self.free_RVs if v.name not in chosen]
        return ValueGradFunction(costs, grad_vars, extra, **kwargs)

    # compiled functions

    def makefn(self, outs: Any, mode: Any = None, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """Compile expressions to a function of the free variables, by position or keyword.

        Parameters
        ----------
        outs
            An expression, or a list of them.
        mode, *args, **kwargs
            For ``theano.function``.
        """
        kwargs.setdefault("on_unused_input", "ignore")
        kwargs.setdefault("allow_input_downcast", True)
        stats = kwargs.pop("profile", None)
        compiled: Any = function(list(self.free_RVs), outs, mode, *args, **kwargs)
        if not stats:
            return compiled
        profile = stats if isinstance(stats, ProfileStats) else ProfileStats()
        timed: Any = profile.timed(compiled)
        timed.profile = profile
        return timed

    def fn(self, outs: Any, mode: Any = None, *args: Any, **kwargs: Any) -> LoosePointFunc:
        """Compile expressions to a function of a point, given as a dictionary or keywords."""
        return LoosePointFunc(self.makefn(outs, mode, *args, **kwargs), self)

    def fastfn(self, outs: Any, mode: Any = None, *args: Any, **kwargs: Any) -> FastPointFunc:
        """Compile expressions to a function of one dictionary of exactly the free variables."""
        return FastPointFunc(self.makefn(outs, mode, *args, **kwargs))

    def _function(self, outs: Any, key: tuple[Any, ...], loose: bool) -> Callable[..., Any]:
        """:meth:`fn` or :meth:`fastfn` of an expression (or what makes it), compiled once per key."""
        key = (*key, len(self.free_RVs))
        if key not in self._functions:
            if len(self._functions) >= _KEPT:
                self._functions.pop(next(iter(self._functions)))
            self._functions[key] = self.makefn(outs() if callable(outs) else outs)
        compiled = self._functions[key]
        return LoosePointFunc(compiled, self) if loose else FastPointFunc(compiled)

    def _in_order(self, variables: Sequence[Variable]) -> list[Variable]:
        """Variables in the order of the model, others last."""
        position = {v: i for i, v in enumerate(self.free_RVs)}
        return sorted(variables, key=lambda v: position.get(v, len(position)))

    def profile(
        self, outs: Any, n: int = 1000, point: Mapping[str, Any] | None = None, profile: Any = True, **kwargs: Any
    ) -> ProfileStats:
        """Call the compiled function of expressions ``n`` times at a point, and time it."""
        compiled: Any = self.makefn(outs, profile=profile, **kwargs)
        point = self.test_point if point is None else point
        for _ in range(n):
            compiled(**point)
        return compiled.profile

    # points

    @property
    def bijection(self) -> DictToArrayBijection:
        """Points as flat arrays of all free variables, and back."""
        return DictToArrayBijection(ArrayOrdering(self.free_RVs), self.test_point)

    @property
    def dict_to_array(self) -> Callable[..., np.ndarray]:
        """Function of a point that gives the flat array."""
        return self.bijection.map

    @property
    def logp_array(self) -> Callable[..., Any]:
        """The log density as a function of a flat array."""
        return self.bijection.mapf(self.fastlogp)

    @property
    def dlogp_array(self) -> Callable[..., Any]:
        """The gradient by the continuous variables as a function of a flat array."""
        return self.bijection.mapf(self.fastdlogp(self.cont_vars))

    def flatten(self, vars: Any = None, order: ArrayOrdering | None = None, inputvar: Any = None) -> FlatView:
        """One input vector in place of the free variables.

        Parameters
        ----------
        vars
            Variables; all free ones by default.
        order
            Their order.
        inputvar
            The vector; a new one by default.

        Returns
        -------
        FlatView
            ``input``, the vector; ``replacements``, its parts by variable, for ``theano.clone``; ``view``, where each
            variable lies, by name.
        """
        return flatten(self, self.free_RVs if vars is None else vars, order, inputvar)

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
                free, forward = variable.transformed, variable.transformation.rebind(*tensors).forward
                full[str(free.name)] = np.asarray(forward(as_float(value)).numpy(), free.dtype)
            elif isinstance(variable, FreeRV):
                full[name] = np.asarray(value, variable.dtype)
            elif variable is None:
                raise KeyError(f"no variable {name!r} in the model; it has {sorted(self.named_vars)}")
        return full

    def check_test_point(self, test_point: Mapping[str, Any] | None = None, round_vals: int = 2) -> Any:
        """Log density of each term at a point, by default the test point, as a pandas Series."""
        import pandas as pd

        point = Point(self.test_point if test_point is None else test_point, model=self)
        variables = self.basic_RVs
        values = self._function(lambda: [v.logpt for v in variables], ("terms", *variables), loose=True)(point)
        names = [str(v.name) for v in variables]
        return pd.Series(
            {name: np.round(value, round_vals) for name, value in zip(names, values, strict=True)},
            name="Log-probability of test_point",
            dtype=np.result_type(*values) if values else float,
        )

    # text

    def _str_repr(self, formatting: str = "plain", **kwargs: Any) -> str:
        return presenting.of_model(self, formatting)

    def _repr_latex_(self, *, formatting: str = "latex", **kwargs: Any) -> str:
        return self._str_repr(formatting=formatting, **kwargs)

    __latex__ = _repr_latex_

    def __str__(self) -> str:
        return self._str_repr()

    def __repr__(self) -> str:
        names = [name for name in self.named_vars if not name.endswith("__")]
        return f"Model({', '.join(names)})"

    def __hash__(self) -> int:
        return hash(id(self))

    def __eq__(self, other: object) -> bool:
        return self is other


Model._context_class = Model

"""``pymc3.variational.flows``: invertible maps with a known Jacobian, and formulas that chain them.

A formula such as ``scale-planar*4-loc`` names the flows in the order in which they are applied:

| name | map |
|---|---|
| ``loc`` | ``z + loc`` |
| ``scale`` | ``z * log(1 + exp(rho))`` |
| ``planar`` | ``z + u * tanh(w . z + b)`` (Rezende and Mohamed, 2015) |
| ``radial`` | ``z + b * (z - z_ref) / (a + r)``, ``r`` the distance from ``z_ref`` (ibid.) |
| ``hh`` | the reflection at the plane normal to ``v`` (Tomczak and Welling, 2016) |

A flow takes noise ``(samples, d)``; with three axes, ``(samples, rows, d)``, each row has parameters of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from pm_migrate.shims.distributions.dist_math import rho2sigma
from pm_migrate.shims.model.pickling import PickledWhole
from pm_migrate.shims.theano import clone, shared
from pm_migrate.shims.theano import tensor as tt
from pm_migrate.shims.theano.config import config
from pm_migrate.shims.theano.graph import SharedVariable, Variable, as_variable, get_test_value
from pm_migrate.shims.util import WithMemoization
from pm_migrate.shims.variational.nodes import (
    BatchedGroupError,
    LocalGroupError,
    collect_shared_to_list,
    node_property,
    parameter_shapes,
)

__all__ = ["Formula", "HouseholderFlow", "LocFlow", "PlanarFlow", "RadialFlow", "ScaleFlow"]

_TINY = 1e-10  # of PyMC3, in the denominators


class Formula:
    """Flows by their names: ``Formula("planar*2-loc")(z0, dim=3)`` gives the last of three flows.

    Parameters
    ----------
    formula
        Names of flows, with ``-`` between them and ``*`` before a number of repetitions.

    Raises
    ------
    ValueError
        When it cannot be read.
    KeyError
        For a flow that is not known.
    """

    def __init__(self, formula: str) -> None:
        parts = formula.lower().replace(" ", "").split("-")
        self.formula = "-".join(parts)
        self.flows: list[type[AbstractFlow]] = []
        for part in parts:
            name, *repeats = part.split("*")
            if len(repeats) > 1:
                raise ValueError(f"Wrong format: {formula}")
            self.flows.extend([flow_for_short_name(name)] * int(repeats[0] if repeats else 1))
        self._check()

    def _check(self) -> None:
        if not self.flows:
            raise ValueError("No flows in formula")

    def __call__(
        self,
        z0: Any = None,
        dim: int | None = None,
        jitter: float = 0.001,
        params: Mapping[int, Mapping[str, Any]] | None = None,
        batch_size: Any = None,
    ) -> AbstractFlow:
        """The last flow, whose parents are the others.

        Parameters
        ----------
        z0
            Noise; an input by default.
        dim
            Number of elements of a sample.
        jitter
            Standard deviation of the parameters that are made.
        params
            Parameters by name, by number of the flow.
        batch_size
            Number of rows.
        """
        self._check()
        flow = z0
        for i, kind in enumerate(self.flows):
            given = (params or {}).get(i, {})
            flow = kind(dim=dim, jitter=jitter, z0=flow, batch_size=batch_size, **given)
        return flow

    def __reduce__(self) -> Any:
        return type(self), (self.formula,)

    def __latex__(self) -> str:
        return r"Formula{\mathcal{N}(0, 1) -> " + self.formula + "}"

    __repr__ = _repr_latex_ = _latex_repr_ = __latex__

    def get_param_spec_for(self, **kwargs: Any) -> dict[int, dict[str, tuple[int, ...]]]:
        """Shapes of the parameters of each flow, for ``d=`` elements."""
        return {i: kind.get_param_spec_for(**kwargs) for i, kind in enumerate(self.flows)}


def seems_like_formula(formula: Any) -> bool:
    """Whether a text is a formula of known flows."""
    try:
        Formula(formula)
    except (ValueError, KeyError):
        return False
    return True


def seems_like_flow_params(params: Mapping[Any, Any]) -> bool:
    """Whether a dictionary has the parameters of known flows by the numbers 0, 1, ..."""
    if set(params) != set(range(len(params))):
        return False
    return all(isinstance(p, Mapping) and frozenset(p) in AbstractFlow._by_params for p in params.values())


class AbstractFlow(PickledWhole, WithMemoization):
    """A flow, at the end of a chain of them.

    Parameters
    ----------
    z0
        What comes in: a tensor, or the flow before; an input by default.
    dim
        Number of elements of a sample; of the flow before, when there is one.
    jitter
        Standard deviation of the parameters that are made.
    batch_size
        Number of rows, for noise with three axes.
    local
        Whether the parameters must be given.

    Raises
    ------
    ValueError
        When the number of elements is not known.
    """

    shared_params: Any = None
    __param_spec__: ClassVar[Mapping[str, Sequence[str]]] = {}
    short_name = ""
    _by_params: ClassVar[dict[frozenset[str], type[AbstractFlow]]] = {}
    _by_name: ClassVar[dict[str, type[AbstractFlow]]] = {}

    @classmethod
    def register(cls, sbcls: type[AbstractFlow]) -> type[AbstractFlow]:
        """Decorator: make a flow known by its parameters and its name."""
        spec = frozenset(sbcls.__param_spec__)
        if spec in cls._by_params or sbcls.short_name in cls._by_name:
            raise AssertionError(f"{sbcls.__name__}: there is a flow with these parameters or this name")
        cls._by_params[spec] = cls._by_name[sbcls.short_name] = sbcls
        return sbcls

    @classmethod
    def flow_for_params(cls, params: Mapping[str, Any]) -> type[AbstractFlow]:
        """The flow with parameters of these names."""
        if frozenset(params) not in cls._by_params:
            known = [sorted(spec) for spec in cls._by_params]
            raise KeyError(f"No such flow for the following params: {list(params)}, only these are supported: {known}")
        return cls._by_params[frozenset(params)]

    @classmethod
    def flow_for_short_name(cls, name: str) -> type[AbstractFlow]:
        """The flow of this name."""
        if name.lower() not in cls._by_name:
            raise KeyError(f"No such flow: {name!r}, only these are supported: {sorted(cls._by_name)}")
        return cls._by_name[name.lower()]

    def __init__(
        self, z0: Any = None, dim: Any = None, jitter: float = 0.001, batch_size: Any = None, local: bool = False
    ) -> None:
        self.local = local
        self.batch_size = batch_size
        self._jitter = jitter
        self.parent: AbstractFlow | None = None
        if isinstance(z0, AbstractFlow):
            self.parent, dim, z0 = z0, z0.dim, z0.forward
        if dim is None:
            raise ValueError("Cannot infer dimension of flow, please provide dim or Flow instance as z0")
        self.dim: int = dim
        self.z0: Variable = tt.matrix() if z0 is None else as_variable(z0)

    def add_param(self, user: Any = None, name: str = "", ref: Any = 0.0, dtype: str = "floatX") -> Variable:
        """A parameter: what the program gave, or a shared variable of normal numbers around ``ref``.

        Raises
        ------
        LocalGroupError, BatchedGroupError
            When it has to be given, or the number of rows is not known.
        """
        shape = parameter_shapes(self.__param_spec__, d=self.dim)[name]
        if user is not None:
            if self.batched:
                shape = (-1 if self.local or self.batch_size is None else self.batch_size, *shape)
            return as_variable(user).reshape(shape)
        if self.local:
            raise LocalGroupError("Need parameters for local group flow")
        if self.batched:
            if self.batch_size is None:
                raise BatchedGroupError("Need batch size to infer parameter shape")
            shape = (self.batch_size, *shape)
        value = np.asarray(np.random.normal(size=shape) * self._jitter + ref)
        return shared(value.astype(config.floatX if dtype == "floatX" else dtype), name=name)

    @property
    def params(self) -> list[SharedVariable]:
        """The shared variables of this flow."""
        return collect_shared_to_list(self.shared_params)

    @property
    def chain(self) -> list[AbstractFlow]:
        """This flow and those before it, the first one last."""
        return [self] if self.parent is None else [self, *self.parent.chain]

    @property
    def all_params(self) -> list[SharedVariable]:
        """The shared variables of the chain."""
        return [param for flow in self.chain for param in flow.params]

    @property
    def sum_logdets(self) -> Variable:
        """The log determinant of the chain, for each sample."""
        return tt.add(*(flow.logdet for flow in self.chain))

    @node_property
    def forward(self) -> Variable:
        """What comes out."""
        raise NotImplementedError

    @node_property
    def logdet(self) -> Variable:
        """Logarithm of the determinant of the Jacobian, for each sample; summed over rows."""
        raise NotImplementedError

    def forward_pass(self, z0: Any) -> Variable:
        """The chain on other noise."""
        return clone(self.forward, {self.root.z0: as_variable(z0)}, strict=False)

    __call__ = forward_pass

    @property
    def root(self) -> AbstractFlow:
        """The first flow of the chain."""
        return self.chain[-1]

    @property
    def formula(self) -> str:
        """The chain as a formula, without repetitions."""
        return "-".join(flow.short_name for flow in reversed(self.chain))

    @property
    def isroot(self) -> bool:
        """Whether there is no flow before."""
        return self.parent is None

    @property
    def batched(self) -> bool:
        """Whether each row has parameters of its own."""
        return self.z0.ndim == 3

    @classmethod
    def get_param_spec_for(cls, **kwargs: Any) -> dict[str, tuple[int, ...]]:
        """Shapes of the parameters, for ``d=`` elements."""
        return parameter_shapes(cls.__param_spec__, **kwargs)

    def _per_row(self, param: Variable) -> Variable:
        """A parameter against noise: ``()`` as ``(rows, 1)``, ``(d,)`` as it is, when there are rows."""
        return param.dimshuffle(0, "x") if self.batched and param.ndim == 1 else param

    def _over_rows(self, logdet: Variable) -> Variable:
        """A log determinant for each sample, of one for each row."""
        return logdet.sum(axis=-1) if self.batched else logdet

    def __repr__(self) -> str:
        return f"Flow{{{self.short_name}}}"

    def __str__(self) -> str:
        return self.short_name


flow_for_params = AbstractFlow.flow_for_params
flow_for_short_name = AbstractFlow.flow_for_short_name


class FlowFn:
    """A function with its inverse and derivative, of which a flow is made."""

    @staticmethod
    def fn(*args: Any) -> Any:
        """The function."""
        raise NotImplementedError

    @staticmethod
    def inv(*args: Any) -> Any:
        """Its inverse in the last argument."""
        raise NotImplementedError

    @staticmethod
    def deriv(*args: Any) -> Any:
        """Its derivative by the last argument."""
        raise NotImplementedError

    def __call__(self, *args: Any) -> Any:
        return self.fn(*args)


class LinearFlow(AbstractFlow):
    """``z + u * h(w . z + b)``.

    Parameters
    ----------
    h
        The function.
    u, w, b
        Parameters: two vectors and a number, for each row.
    **kwargs
        As for :class:`AbstractFlow`.
    """

    __param_spec__: ClassVar[Mapping[str, Sequence[str]]] = {"u": ("d",), "w": ("d",), "b": ()}

    def __init__(self, h: FlowFn, u: Any = None, w: Any = None, b: Any = None, **kwargs: Any) -> None:
        self.h = h
        super().__init__(**kwargs)
        given = {"u": u, "w": w, "b": b}
        self.shared_params = {name: self.add_param(value, name) for name, value in given.items()}
        self.u_, self.w_ = self.make_uw(self.u, self.w)

    u = property(lambda self: self.shared_params["u"])
    w = property(lambda self: self.shared_params["w"])
    b = property(lambda self: self.shared_params["b"])

    def make_uw(self, u: Variable, w: Variable) -> tuple[Variable, Variable]:
        """Vectors for which the flow can be inverted."""
        raise NotImplementedError("Need to implement valid U, W transform")

    @node_property
    def _argument(self) -> Variable:
        """``w . z + b``, for each sample and row, with an axis of length 1 at the end."""
        return ((self.z0 * self.w_).sum(axis=-1) + self.b).dimshuffle(*range(self.z0.ndim - 1), "x")

    @node_property
    def forward(self) -> Variable:
        """What comes out."""
        return self.z0 + self.h(self._argument) * self.u_

    @node_property
    def logdet(self) -> Variable:
        """``log|1 + h'(w . z + b) * (w . u)|``, by the matrix determinant lemma."""
        slope = (self.h.deriv(self._argument) * self.w_ * self.u_).sum(axis=-1)
        return self._over_rows(tt.log(tt.abs_(1.0 + slope)))


class Tanh(FlowFn):
    """The hyperbolic tangent."""

    fn = staticmethod(tt.tanh)
    inv = staticmethod(tt.arctanh)

    @staticmethod
    def deriv(*args: Any) -> Any:
        """Its derivative."""
        (x,) = args
        return 1.0 - tt.tanh(x) ** 2


@AbstractFlow.register
class PlanarFlow(LinearFlow):
    """``z + u * tanh(w . z + b)``, with ``u`` moved along ``w`` so that ``w . u > -1`` (the article's appendix A.1)."""

    short_name = "planar"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(h=Tanh(), **kwargs)

    def make_uw(self, u: Variable, w: Variable) -> tuple[Variable, Variable]:
        """``u`` moved, and ``w`` as it is."""
        product = (u * w).sum(axis=-1, keepdims=True)
        moved = -1.0 + tt.nnet.softplus(product)
        return u + (moved - product) * w / ((w**2).sum(axis=-1, keepdims=True) + _TINY), w


class ReferencePointFlow(AbstractFlow):
    """``z + b * h(a, r) * (z - z_ref)`` with the distance ``r`` of ``z`` from ``z_ref``.

    Parameters
    ----------
    h
        The function.
    a, b, z_ref
        Parameters: two numbers and a point, for each row.
    **kwargs
        As for :class:`AbstractFlow`.
    """

    __param_spec__: ClassVar[Mapping[str, Sequence[str]]] = {"a": (), "b": (), "z_ref": ("d",)}

    def __init__(self, h: FlowFn, a: Any = None, b: Any = None, z_ref: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.h = h
        a, b = self.add_param(a, "a"), self.add_param(b, "b")
        noise = get_test_value(self.z0)
        ref = 0.0 if noise is None else noise[0]
        self.shared_params = {"a": a, "b": b, "z_ref": self.add_param(z_ref, "z_ref", ref=ref, dtype=self.z0.dtype)}
        self.a_, self.b_ = self.make_ab(self.a, self.b)

    a = property(lambda self: self.shared_params["a"])
    b = property(lambda self: self.shared_params["b"])
    z_ref = property(lambda self: self.shared_params["z_ref"])

    def make_ab(self, a: Variable, b: Variable) -> tuple[Variable, Variable]:
        """Numbers for which the flow can be inverted."""
        raise NotImplementedError("Need to specify how to get a, b")

    @node_property
    def _distance(self) -> Variable:
        """``r``, with an axis of length 1 at the end."""
        return (self.z0 - self.z_ref).norm(2, axis=-1, keepdims=True)

    @node_property
    def forward(self) -> Variable:
        """What comes out."""
        a, b = self._per_row(self.a_), self._per_row(self.b_)
        return self.z0 + b * self.h(a, self._distance) * (self.z0 - self.z_ref)

    @node_property
    def logdet(self) -> Variable:
        """``log((1 + b h)**(d - 1) * (1 + b h + b h' r))``: d - 1 directions across, and one along the distance."""
        a, b, r = self._per_row(self.a_), self._per_row(self.b_), self._distance
        across = 1.0 + b * self.h(a, r)
        along = across + b * self.h.deriv(a, r) * r
        return self._over_rows(tt.log(across ** (float(self.dim) - 1.0) * along).sum(axis=-1))


class Radial(FlowFn):
    """``1 / (a + r)``."""

    @staticmethod
    def fn(*args: Any) -> Any:
        """The function."""
        a, r = args
        return 1.0 / (a + r)

    @staticmethod
    def inv(*args: Any) -> Any:
        """Its inverse in ``r``."""
        a, y = args
        return 1.0 / y - a

    @staticmethod
    def deriv(*args: Any) -> Any:
        """Its derivative by ``r``."""
        a, r = args
        return -1.0 / (a + r) ** 2


@AbstractFlow.register
class RadialFlow(ReferencePointFlow):
    """``z + b * (z - z_ref) / (a + r)``, with ``a > 0`` and ``b > -a`` (appendix A.2 of the article)."""

    short_name = "radial"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Radial(), **kwargs)

    def make_ab(self, a: Variable, b: Variable) -> tuple[Variable, Variable]:
        """``exp(a)``, and ``b`` above minus that."""
        a = tt.exp(a)
        return a, -a + tt.nnet.softplus(b)


@AbstractFlow.register
class LocFlow(AbstractFlow):
    """``z + loc``."""

    __param_spec__: ClassVar[Mapping[str, Sequence[str]]] = {"loc": ("d",)}
    short_name = "loc"

    def __init__(self, loc: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shared_params = {"loc": self.add_param(loc, "loc")}

    loc = property(lambda self: self.shared_params["loc"])

    @node_property
    def forward(self) -> Variable:
        """What comes out."""
        return self.z0 + self.loc

    @node_property
    def logdet(self) -> Variable:
        """Zero."""
        return tt.zeros((self.z0.shape[0],))


@AbstractFlow.register
class ScaleFlow(AbstractFlow):
    """``z * log(1 + exp(rho))``."""

    __param_spec__: ClassVar[Mapping[str, Sequence[str]]] = {"rho": ("d",)}
    short_name = "scale"

    def __init__(self, rho: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shared_params = {"rho": self.add_param(rho, "rho")}
        self.scale = rho2sigma(self.shared_params["rho"])

    @node_property
    def forward(self) -> Variable:
        """What comes out."""
        return self.z0 * self.scale

    @node_property
    def logdet(self) -> Variable:
        """The sum of the logarithms of the scales."""
        return tt.repeat(tt.sum(tt.log(self.scale)), self.z0.shape[0])


@AbstractFlow.register
class HouseholderFlow(AbstractFlow):
    """``z - 2 v (v . z) / |v|**2``."""

    __param_spec__: ClassVar[Mapping[str, Sequence[str]]] = {"v": ("d",)}
    short_name = "hh"

    def __init__(self, v: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        v = self.add_param(v, "v")
        self.shared_params = {"v": v}
        columns, rows = (v[..., None], v[:, None, :]) if self.batched else (v[:, None], v[None, :])
        norm = (v**2).sum(axis=-1) + _TINY
        self.H = tt.eye(self.dim) - 2.0 * columns * rows / (norm[:, None, None] if self.batched else norm)

    @node_property
    def forward(self) -> Variable:
        """What comes out."""
        if not self.batched:
            return self.z0.dot(self.H)
        return tt.batched_dot(self.z0.swapaxes(0, 1), self.H).swapaxes(0, 1)

    @node_property
    def logdet(self) -> Variable:
        """Zero: a reflection."""
        return tt.zeros((self.z0.shape[0],))

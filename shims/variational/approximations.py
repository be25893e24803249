"""``pymc3.variational.approximations``: the families, and approximations of one group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from pm_migrate.shims.distributions.dist_math import rho2sigma
from pm_migrate.shims.math import batched_diag
from pm_migrate.shims.theano import shared
from pm_migrate.shims.theano import tensor as tt
from pm_migrate.shims.theano.config import config, floatX
from pm_migrate.shims.theano.graph import SharedVariable, Variable, as_variable
from pm_migrate.shims.variational import flows
from pm_migrate.shims.variational.approximation import Approximation
from pm_migrate.shims.variational.group import Group, over_samples
from pm_migrate.shims.variational.nodes import LocalGroupError, ParametrizationError, node_property, without_test_value

__all__ = ["Empirical", "FullRank", "MeanField", "NormalizingFlow", "sample_approx"]

_HALF_LOG_2PI = 0.5 * float(np.log(2.0 * np.pi))


def standard_normal_logp(z: Variable) -> Variable:
    """Log density of standard normal noise, summed over all axes but the first."""
    logp = -0.5 * z**2 - _HALF_LOG_2PI
    return logp.sum(axis=list(range(1, logp.ndim)))


class _Gaussian(Group):
    """A family of normal distributions, whose parameters are made from a start point."""

    def __init_group__(self, group: Sequence[Any]) -> None:
        super().__init_group__(group)
        if not self._check_user_params():
            self.shared_params = self.create_shared_params(self._kwargs.get("start"))
        self._finalize_init()

    def create_shared_params(self, start: Mapping[str, Any] | None = None) -> dict[str, SharedVariable]:
        """New parameters that begin at a point."""
        raise NotImplementedError

    @node_property
    def mean(self) -> Variable:
        """Means, ``(d,)``; ``(rows, d)`` of a batched group."""
        return self.params_dict["mu"]


@Group.register
class MeanFieldGroup(_Gaussian):
    """Independent normal distributions in the unconstrained space: means ``mu``, deviations ``log(1 + exp(rho))``."""

    __param_spec__: ClassVar[Mapping[str, Sequence[str]]] = {"mu": ("d",), "rho": ("d",)}
    short_name = "mean_field"
    alias_names = frozenset(["mf"])

    def create_shared_params(self, start: Mapping[str, Any] | None = None) -> dict[str, SharedVariable]:
        """New parameters: means at a point, ``rho`` zero."""
        mu = floatX(self._start(start))
        return {"mu": shared(mu, "mu"), "rho": shared(floatX(np.zeros(mu.shape)), "rho")}

    @node_property
    def rho(self) -> Variable:
        """What the standard deviations are made of."""
        return self.params_dict["rho"]

    @node_property
    def std(self) -> Variable:
        """Standard deviations, ``(d,)``; ``(rows, d)`` of a batched group."""
        return rho2sigma(self.rho)

    @node_property
    def cov(self) -> Variable:
        """Covariance, ``(d, d)``; ``(rows, d, d)`` of a batched group."""
        variances = self.std**2
        return batched_diag(variances) if self.batched else tt.diag(variances)

    @node_property
    def symbolic_random(self) -> Variable:
        """The samples."""
        return self.std * self.symbolic_initial + self.mean

    @node_property
    def symbolic_logq_not_scaled(self) -> Variable:
        """Log density of each sample: that of the noise, less the logarithms of the deviations."""
        z = self.symbolic_initial
        logq = -0.5 * z**2 - _HALF_LOG_2PI - tt.log(self.std)
        return logq.sum(axis=list(range(1, logq.ndim)))


@Group.register
class FullRankGroup(_Gaussian):
    """A multivariate normal distribution: mean ``mu``, and row by row the lower triangle ``L_tril`` of a factor.

    The covariance is ``L @ L.T``.
    """

    __param_spec__: ClassVar[Mapping[str, Sequence[str]]] = {"mu": ("d",), "L_tril": ("int(d * (d + 1) / 2)",)}
    short_name = "full_rank"
    alias_names = frozenset(["fr"])

    def create_shared_params(self, start: Mapping[str, Any] | None = None) -> dict[str, SharedVariable]:
        """New parameters: the mean at a point, the factor the identity."""
        mu = self._start(start)
        factor = np.eye(self.ddim, dtype=config.floatX)[self.tril_indices]
        if self.batched:
            factor = np.tile(factor, (self.bdim, 1))
        return {"mu": shared(floatX(mu), "mu"), "L_tril": shared(factor, "L_tril")}

    @property
    def num_tril_entries(self) -> int:
        """Number of elements of the triangle."""
        return self.ddim * (self.ddim + 1) // 2

    @property
    def tril_indices(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns of the triangle's elements."""
        return np.tril_indices(self.ddim)

    @node_property
    def L(self) -> Variable:
        """The factor, ``(d, d)``; ``(rows, d, d)`` of a batched group."""
        entries = self.params_dict["L_tril"]
        d = self.ddim
        if not self.batched:
            return tt.set_subtensor(tt.zeros((d, d))[self.tril_indices], entries)
        empty = tt.zeros((d, d, as_variable(self.bdim)))
        return tt.set_subtensor(empty[self.tril_indices], entries.T).dimshuffle(2, 0, 1)

    @node_property
    def cov(self) -> Variable:
        """Covariance, ``(d, d)``; ``(rows, d, d)`` of a batched group."""
        L = self.L
        return tt.batched_dot(L, L.swapaxes(-1, -2)) if self.batched else L.dot(L.T)

    @node_property
    def std(self) -> Variable:
        """Standard deviations, ``(d,)``; ``(rows, d)`` of a batched group."""
        return tt.sqrt((self.L**2).sum(axis=-1))

    @node_property
    def symbolic_random(self) -> Variable:
        """The samples."""
        z = self.symbolic_initial
        if not self.batched:
            return z.dot(self.L.T) + self.mean
        return tt.batched_dot(z.swapaxes(0, 1), self.L.swapaxes(1, 2)).swapaxes(0, 1) + self.mean

    @node_property
    def symbolic_logq_not_scaled(self) -> Variable:
        """Log density of each sample: that of the noise, less the logarithm of the determinant.

        As PyMC3's density of a factor, it is -inf when an element of the diagonal is not positive.
        """
        d = self.ddim
        last = np.cumsum(np.arange(1, d + 1)) - 1  # where the diagonal is in the triangle
        diagonal = self.params_dict["L_tril"][..., last]
        valid = tt.gt(diagonal, 0).all()
        logdet = tt.log(tt.switch(valid, diagonal, 1.0)).sum()
        return tt.switch(valid, standard_normal_logp(self.symbolic_initial) - logdet, -np.inf)


@Group.register
class EmpiricalGroup(Group):
    """Particles: samples are drawn from the rows of ``histogram``, ``(n, d)``.

    Made from a trace (``trace=``), or of ``size=`` particles around a start point, with standard deviation ``jitter=``.
    """

    supports_batched = False
    has_logq = False
    __param_spec__: ClassVar[Mapping[str, Sequence[str]]] = {"histogram": ("s", "d")}
    short_name = "empirical"

    def __init_group__(self, group: Sequence[Any]) -> None:
        super().__init_group__(group)
        trace = self._kwargs.get("trace")
        if trace is not None and not all(var.name in trace.varnames for var in self.group):
            raise ValueError("trace has not all FreeRV in the group")
        if not self._check_user_params(spec_kw={"s": -1}):
            self.shared_params = self.create_shared_params(
                trace=trace,
                size=self._kwargs.get("size"),
                jitter=self._kwargs.get("jitter", 1),
                start=self._kwargs.get("start"),
            )
        self._finalize_init()

    def create_shared_params(
        self, trace: Any = None, size: int | None = None, jitter: float = 1, start: Mapping[str, Any] | None = None
    ) -> dict[str, SharedVariable]:
        """New particles, from a trace or around a point.

        Raises
        ------
        ParametrizationError
            With neither ``trace`` nor ``size``.
        """
        if trace is not None:
            points = [self.bij.map(trace.point(i, chain)) for chain in trace.chains for i in range(len(trace))]
            return {"histogram": shared(floatX(np.stack(points)), "histogram")}
        if size is None:
            raise ParametrizationError("Need `trace` or `size` to initialize")
        center = floatX(np.tile(self._start(start), (size, 1)))
        return {"histogram": shared(center + floatX(np.random.normal(0, jitter, center.shape)), "histogram")}

    def randidx(self, size: Any = None) -> Variable:
        """Random numbers of particles, of a size: a number, a tuple, or an expression of at most one axis."""
        if size is None:
            size = (1,)
        elif isinstance(size, Variable):
            if size.ndim > 1:
                raise ValueError("size ndim should be no more than 1d")
        else:
            size = tuple(np.atleast_1d(size).tolist())
        count = floatX(self.histogram.shape[0])
        positions = self._rng.uniform(size=size, low=floatX(0), high=floatX(1)) * count
        # in float32 the product of a number just below 1 may be rounded to the count
        return tt.minimum(positions.astype("int32"), self.histogram.shape[0] - 1)

    def _new_initial(self, size: Any, deterministic: Any, more_replacements: Any = None) -> Variable:
        drawn = self.histogram[self.randidx(size)]
        center = tt.repeat(self.mean.dimshuffle("x", 0), 1 if size is None else size, axis=0)
        if isinstance(deterministic, Variable):
            return without_test_value(tt.switch(deterministic, center, drawn))
        return without_test_value(center if deterministic else drawn)

    @property
    def symbolic_random(self) -> Variable:
        """The samples."""
        return self.symbolic_initial

    @property
    def histogram(self) -> Variable:
        """The particles."""
        return self.params_dict["histogram"]

    @node_property
    def mean(self) -> Variable:
        """Mean of the particles."""
        return self.histogram.mean(0)

    @node_property
    def cov(self) -> Variable:
        """Covariance of the particles, over their number."""
        x = self.histogram - self.mean
        return x.T.dot(x) / floatX(self.histogram.shape[0])

    @node_property
    def std(self) -> Variable:
        """Standard deviations of the particles."""
        return tt.sqrt(tt.diag(self.cov))

    def __str__(self) -> str:
        if self.group is not None and isinstance(self.histogram, SharedVariable):
            shape = ", ".join(map(str, self.histogram.get_value(borrow=True).shape))
        else:
            shape = "None, " + ("undefined" if self.group is None else str(self.ddim))
        return f"{type(self).__name__}[{shape}]"


class NormalizingFlowGroup(Group):
    """Standard normal noise through a sequence of flows (Rezende and Mohamed, 2015).

    The flows are given by a formula, as ``vfam`` or ``flow=``: ``scale-planar*4-loc``. See
    :mod:`~pm_migrate.shims.variational.flows`.
    """

    default_flow = "scale-loc"

    def __init_group__(self, group: Sequence[Any]) -> None:
        super().__init_group__(group)
        formula = self._kwargs.get("flow", self._vfam)
        if not (formula is None or isinstance(formula, (str, flows.Formula))):
            raise TypeError(
                "Wrong type provided for NormalizingFlow as `flow` argument, expected Formula or string, not "
                f"{type(formula).__name__}"
            )
        if self._check_user_params(f=formula):
            names = [flows.flow_for_params(self.user_params[i]).short_name for i in range(len(self.user_params))]
            formula = "-".join(names)
        elif formula is None:
            formula = self.default_flow
        if not isinstance(formula, flows.Formula):
            formula = flows.Formula(formula)
        self.flow = formula(
            dim=self.ddim,
            z0=self.symbolic_initial,
            jitter=self._kwargs.get("jitter", 1),
            params=self.user_params,
            batch_size=-1 if self.local else self.bdim if self.batched else None,
        )
        self._finalize_init()

    def _check_user_params(self, **kwargs: Any) -> bool:
        params = self._user_params = self.user_params
        if params is None:
            return False
        if kwargs["f"] is not None:
            raise ParametrizationError("No formula is allowed if user params are provided")
        if not isinstance(params, dict):
            raise TypeError("params should be a dict")
        if not all(isinstance(k, int) for k in params):
            raise TypeError("params should be a dict with `int` keys")
        needed = list(range(len(params)))
        if set(params) != set(needed):
            raise ParametrizationError(
                "Passed parameters do not have a needed set of keys, they should be equal, "
                f"needed {needed}, got {sorted(params)}"
            )
        for i in needed:
            flows.flow_for_params(params[i])
        return True

    def _chain(self) -> list[Any]:
        """The flows, the last one first."""
        return self.flow.chain

    @property
    def shared_params(self) -> dict[int, Any] | None:
        """Parameters of each flow, the last one first; None when the program gave them."""
        if self.user_params is not None:
            return None
        return {i: flow.shared_params for i, flow in enumerate(self._chain())}

    @shared_params.setter
    def shared_params(self, value: Mapping[int, Any]) -> None:
        if self.user_params is not None:
            raise AttributeError("Cannot set when having user params")
        for i, flow in enumerate(self._chain()):
            flow.shared_params = value[i]

    @property
    def params(self) -> list[Any]:
        """The shared variables of all flows."""
        return self.flow.all_params

    @property
    def symbolic_random(self) -> Variable:
        """The samples."""
        return self.flow.forward

    @node_property
    def symbolic_logq_not_scaled(self) -> Variable:
        """Log density of each sample: that of the noise, less the log determinants."""
        return standard_normal_logp(self.symbolic_initial) - self.flow.sum_logdets

    @node_property
    def bdim(self) -> Any:
        """Number of rows: 1 for a group that is not batched, an expression for a local one."""
        return next(iter(self.user_params[0].values())).shape[0] if self.local else super().bdim

    @classmethod
    def get_param_spec_for(cls, flow: Any = default_flow, **kwargs: Any) -> dict[Any, Any]:
        """Shapes of the parameters of each flow of a formula, for ``d=`` elements."""
        return flows.Formula(flow).get_param_spec_for(**kwargs)


def sample_approx(approx: Approximation, draws: int = 100, include_transformed: bool = True) -> Any:
    """Draw from an approximation: ``approx.sample``.

    Parameters
    ----------
    approx
        The approximation.
    draws
        Number of draws.
    include_transformed
        Whether the trace has the unconstrained values of transformed variables too.
    """
    return approx.sample(draws=draws, include_transformed=include_transformed)


class SingleGroupApproximation(Approximation):
    """All variables in one group, and local ones (``local_rv={z: dict(mu=mu, rho=rho)}``) in groups of their own.

    Attributes of the group are attributes of the approximation. The parameters are those of the group's class.
    """

    _group_class: ClassVar[type[Group]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        model = kwargs.get("model")
        groups = [self._group_class(None, *args, **kwargs)]
        for var, params in (kwargs.get("local_rv") or {}).items():
            groups.append(Group([var], params=params, local=True, model=model))
        super().__init__(groups, model=model)

    def __getattr__(self, item: str) -> Any:
        if "groups" not in self.__dict__:  # not there yet, as while a pickle is read
            raise AttributeError(f"{type(self).__name__} has no attribute {item!r}")
        return getattr(self.groups[0], item)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *dir(self.groups[0])})


class MeanField(SingleGroupApproximation):
    """Independent normal distributions for all variables; the parameters are those of :class:`MeanFieldGroup`."""

    _group_class = MeanFieldGroup


class FullRank(SingleGroupApproximation):
    """A multivariate normal distribution for all variables; the parameters are those of :class:`FullRankGroup`."""

    _group_class = FullRankGroup


class Empirical(SingleGroupApproximation):
    """Particles: the draws of a trace, or ``size`` of them around a start point.

    Parameters
    ----------
    trace
        A trace.
    size
        Number of particles.
    **kwargs
        ``jitter``, ``start``, ``model``, ``random_seed``.

    Raises
    ------
    LocalGroupError
        For ``local_rv=``.
    """

    _group_class = EmpiricalGroup

    def __init__(self, trace: Any = None, size: int | None = None, **kwargs: Any) -> None:
        if kwargs.get("local_rv") is not None:
            raise LocalGroupError("Empirical approximation does not support local variables")
        super().__init__(trace=trace, size=size, **kwargs)

    def evaluate_over_trace(self, node: Any) -> Any:
        """Expressions of the variables for every particle, in their order.

        Parameters
        ----------
        node
            An expression, or a list of them.
        """
        return over_samples(self.to_flat_input(node), [self.input], [self.histogram])


class NormalizingFlow(SingleGroupApproximation):
    """Flows for all variables.

    Parameters
    ----------
    flow
        Formula.
    *args, **kwargs
        As for :class:`NormalizingFlowGroup`.
    """

    _group_class = NormalizingFlowGroup

    def __init__(self, flow: Any = NormalizingFlowGroup.default_flow, *args: Any, **kwargs: Any) -> None:
        kwargs["flow"] = flow
        super().__init__(*args, **kwargs)

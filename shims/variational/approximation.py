"""An approximation of a posterior: groups that together have all free variables of a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from pm_migrate.errors import NotSupported
from pm_migrate.shims import recording
from pm_migrate.shims.backends.base import MultiTrace
from pm_migrate.shims.backends.ndarray import NDArray
from pm_migrate.shims.model.functions import modelcontext
from pm_migrate.shims.model.pickling import PickledWhole
from pm_migrate.shims.theano import clone, function, shared
from pm_migrate.shims.theano import tensor as tt
from pm_migrate.shims.theano.config import floatX
from pm_migrate.shims.theano.evaluation import ancestors
from pm_migrate.shims.theano.graph import Variable
from pm_migrate.shims.util import WithMemoization, get_default_varnames, locally_cachedmethod
from pm_migrate.shims.variational.group import Group, over_samples
from pm_migrate.shims.variational.nodes import (
    GroupError,
    VariationalInferenceError,
    node_property,
    try_to_set_test_value,
)


class Approximation(PickledWhole, WithMemoization):
    """Groups of variables as one approximation: ``Approximation([Group([x], "fr"), Group(None, "mf")])``.

    Parameters
    ----------
    groups
        Groups; one of them may have ``group=None`` for all variables that the others leave.
    model
        The model, that which is open by default.

    Raises
    ------
    GroupError
        When a variable has no group, or two, or two groups are to take what is left.
    TypeError
        For a model without free variables.
    """

    def __init__(self, groups: Sequence[Group], model: Any = None) -> None:
        self._scale_cost_to_minibatch = shared(np.int8(1))
        model = modelcontext(model)
        if not model.free_RVs:
            raise TypeError("Model does not have FreeRVs")
        self.groups: list[Any] = []
        self.model = model
        seen: set[Any] = set()
        rest: Any = None
        for group in groups:
            if group.group is None:
                if rest is not None:
                    raise GroupError("More than one group is specified for the rest variables")
                rest = group
                continue
            if set(group.group) & seen:
                raise GroupError("Found duplicates in groups")
            seen.update(group.group)
            self.groups.append(group)
        left = [v for v in model.free_RVs if v not in seen]
        if left:
            if rest is None:
                raise GroupError(
                    f"No approximation is specified for the rest variables: {', '.join(v.name for v in left)}"
                )
            rest.__init_group__(left)
            self.groups.append(rest)

    def collect(self, item: str, part: str = "total") -> list[Any]:
        """An attribute of each group.

        Parameters
        ----------
        item
            The attribute.
        part
            Of which groups: ``total``, ``local``, ``global`` or ``batched``.
        """
        wanted: dict[str, Callable[[Any], bool]] = {
            "total": lambda g: True,
            "local": lambda g: g.local,
            "global": lambda g: not g.local,
            "batched": lambda g: g.batched,
        }
        if part not in wanted:
            raise ValueError(f"unknown part {part!r}, expected one of {sorted(wanted)}")
        return [getattr(g, item) for g in self.groups if wanted[part](g)]

    # what it is made of

    inputs = property(lambda self: self.collect("input"))
    symbolic_randoms = property(lambda self: self.collect("symbolic_random"))
    has_logq = property(lambda self: all(self.collect("has_logq")))
    has_local = property(lambda self: any(self.collect("local")))
    has_global = property(lambda self: not all(self.collect("local")))
    has_batched = property(lambda self: any(self.collect("batched")))
    ndim = property(lambda self: sum(self.collect("ndim")))
    ddim = property(lambda self: sum(self.collect("ddim")))

    @property
    def params(self) -> list[Any]:
        """The shared variables that a fit moves."""
        return [param for params in self.collect("params") for param in params]

    @property
    def replacements(self) -> dict[Any, Variable]:
        """Each free variable as a part of one of :attr:`inputs`."""
        return {var: part for g in self.groups for var, part in g.replacements.items()}

    @property
    def all_histograms(self) -> bool:
        """Whether every group consists of particles."""
        return all(self._are_histograms())

    @property
    def any_histograms(self) -> bool:
        """Whether a group consists of particles."""
        return any(self._are_histograms())

    def _are_histograms(self) -> list[bool]:
        from pm_migrate.shims.variational.approximations import EmpiricalGroup

        return [isinstance(g, EmpiricalGroup) for g in self.groups]

    @node_property
    def joint_histogram(self) -> Variable:
        """The particles of all groups, ``(n, d)``."""
        if not self.all_histograms:
            raise VariationalInferenceError(f"{self} does not consist of all Empirical approximations")
        return tt.concatenate(self.collect("histogram"), axis=-1)

    @node_property
    def symbolic_random(self) -> Variable:
        """The samples of all groups, ``(samples, d)``."""
        return tt.concatenate(self.collect("symbolic_random2d"), axis=-1)

    @property
    def scale_cost_to_minibatch(self) -> bool:
        """Whether objectives are divided by the largest factor of ``total_size=``."""
        return bool(self._scale_cost_to_minibatch.get_value())

    @scale_cost_to_minibatch.setter
    def scale_cost_to_minibatch(self, value: Any) -> None:
        self._scale_cost_to_minibatch.set_value(np.int8(bool(value)))

    # log densities

    @node_property
    def symbolic_normalizing_constant(self) -> Variable:
        """What objectives are divided by; see :attr:`scale_cost_to_minibatch`."""
        scales = [*self.collect("symbolic_normalizing_constant"), *(v.scaling for v in self.model.observed_RVs)]
        largest = tt.max(tt.stack([floatX(scale) for scale in scales]))
        return floatX(tt.switch(self._scale_cost_to_minibatch, largest, tt.constant(1, dtype=largest.dtype)))

    @node_property
    def symbolic_logq(self) -> Variable:
        """Log density of each sample under the approximation."""
        return tt.add(*self.collect("symbolic_logq"))

    @node_property
    def logq(self) -> Variable:
        """Mean log density of the samples under the approximation."""
        return tt.add(*self.collect("logq"))

    @node_property
    def logq_norm(self) -> Variable:
        """:attr:`logq` over :attr:`symbolic_normalizing_constant`."""
        return self.logq / self.symbolic_normalizing_constant

    @node_property
    def _sized_symbolic_varlogp_and_datalogp(self) -> list[Variable]:
        return self.symbolic_sample_over_posterior([self.model.varlogpt, self.model.datalogpt])

    @node_property
    def sized_symbolic_varlogp(self) -> Variable:
        """Log density of the free variables under the model, for each sample."""
        return self._sized_symbolic_varlogp_and_datalogp[0]

    @node_property
    def sized_symbolic_datalogp(self) -> Variable:
        """Log density of the data and potentials, for each sample."""
        return self._sized_symbolic_varlogp_and_datalogp[1]

    @node_property
    def sized_symbolic_logp(self) -> Variable:
        """Log density of the model, for each sample."""
        return self.sized_symbolic_varlogp + self.sized_symbolic_datalogp

    @node_property
    def varlogp(self) -> Variable:
        """Mean log density of the free variables."""
        return self.sized_symbolic_varlogp.mean(0)

    @node_property
    def datalogp(self) -> Variable:
        """Mean log density of the data and potentials."""
        return self.sized_symbolic_datalogp.mean(0)

    @node_property
    def logp(self) -> Variable:
        """Mean log density of the model."""
        return self.varlogp + self.datalogp

    @node_property
    def _single_symbolic_varlogp_and_datalogp(self) -> list[Variable]:
        return self.symbolic_single_sample([self.model.varlogpt, self.model.datalogpt])

    @node_property
    def single_symbolic_varlogp(self) -> Variable:
        """Log density of the free variables, for the first sample."""
        return self._single_symbolic_varlogp_and_datalogp[0]

    @node_property
    def single_symbolic_datalogp(self) -> Variable:
        """Log density of the data and potentials, for the first sample."""
        return self._single_symbolic_varlogp_and_datalogp[1]

    @node_property
    def single_symbolic_logp(self) -> Variable:
        """Log density of the model, for the first sample."""
        return self.single_symbolic_datalogp + self.single_symbolic_varlogp

    @node_property
    def logp_norm(self) -> Variable:
        """:attr:`logp` over :attr:`symbolic_normalizing_constant`."""
        return self.logp / self.symbolic_normalizing_constant

    @node_property
    def varlogp_norm(self) -> Variable:
        """:attr:`varlogp` over :attr:`symbolic_normalizing_constant`."""
        return self.varlogp / self.symbolic_normalizing_constant

    @node_property
    def datalogp_norm(self) -> Variable:
        """:attr:`datalogp` over :attr:`symbolic_normalizing_constant`."""
        return self.datalogp / self.symbolic_normalizing_constant

    # samples of expressions

    def make_size_and_deterministic_replacements(self, s: Any, d: Any, more_replacements: Any = None) -> dict[Any, Any]:
        """What the noise of the groups is replaced by, for ``s`` samples, with further replacements."""
        more = dict(more_replacements or {})
        drawn: dict[Any, Any] = {}
        for g in self.groups:
            drawn.update(g.make_size_and_deterministic_replacements(s, d, more))
        return {**drawn, **more}

    def set_size_and_deterministic(self, node: Any, s: Any, d: Any, more_replacements: Any = None) -> Any:
        """Draw the noise that expressions of samples are made of.

        Parameters
        ----------
        node
            An expression or a list of them.
        s
            Number of samples, a number or an expression; None for one.
        d
            Whether to take the mean of the noise in its place, a flag or an expression.
        more_replacements
            Further replacements.
        """
        drawn = self.make_size_and_deterministic_replacements(s, d, more_replacements)
        result = clone(clone(node, self.get_optimization_replacements(s, d)), drawn)
        try_to_set_test_value(node, result, s)
        return result

    def to_flat_input(self, node: Any) -> Any:
        """Expressions of the variables as expressions of :attr:`inputs`."""
        return clone(node, self.replacements, strict=False)

    def symbolic_sample_over_posterior(self, node: Any) -> Any:
        """Expressions of the variables for each sample; the samples are still symbolic."""
        flat = self.to_flat_input(node)
        return over_samples(flat, self.inputs, self.symbolic_randoms, local=self.has_local)

    def symbolic_single_sample(self, node: Any) -> Any:
        """Expressions of the variables for the first sample."""
        first = [samples[0] for samples in self.symbolic_randoms]
        return clone(self.to_flat_input(node), dict(zip(self.inputs, first, strict=True)), strict=False)

    def get_optimization_replacements(self, s: Any, d: Any) -> dict[Variable, Variable]:
        """For a single sample: means over samples as that sample's value."""
        if s is not None and not (isinstance(s, int) and s == 1):
            return {}
        return {self.varlogp: self.single_symbolic_varlogp, self.datalogp: self.single_symbolic_datalogp}

    def sample_node(
        self, node: Any, size: Any = None, deterministic: Any = False, more_replacements: Any = None
    ) -> Any:
        """Expressions of the model's variables for samples from the approximation.

        Parameters
        ----------
        node
            An expression, or a list of them.
        size
            Number of samples, a number or an expression; None for one without an axis of its own.
        deterministic
            Whether the noise is replaced by its mean, a flag or an expression.
        more_replacements
            Further replacements, such as new data in place of the old.

        Returns
        -------
        Variable or list of Variable
            With the samples on the first axis, unless ``size`` is None.

        Raises
        ------
        NotSupported
            For replacements that a generator model does not have in its expressions, such as its data.
        """
        self._check_replaced(node, more_replacements or {})
        changed = clone(node, more_replacements, strict=False)
        sampled = self.symbolic_single_sample(changed) if size is None else self.symbolic_sample_over_posterior(changed)
        sampled = self.set_size_and_deterministic(sampled, size, deterministic, more_replacements)
        try_to_set_test_value(node, sampled, size)
        return sampled

    def _check_replaced(self, node: Any, replacements: Mapping[Any, Any] | Sequence[tuple[Any, Any]]) -> None:
        """The expressions of a generator model are of its variables alone: replacing its data would change nothing."""
        if not hasattr(type(self.model), "returned"):  # not the view of a generator model
            return
        known = set(ancestors(node if isinstance(node, (list, tuple)) else [node]))
        for old in dict(replacements):
            if old not in known:
                raise NotSupported(
                    f"more_replacements: {old} is no part of this expression of a generator model, which holds its "
                    "data; set them (pm.set_data, set_value), and sample again"
                )

    def rslice(self, name: str) -> Variable:
        """The samples of a free variable, by its name; they are still symbolic.

        Raises
        ------
        KeyError
            For a name that no group has.
        """
        for g in self.groups:
            if name in g.ordering.by_name:
                place = g.ordering[name]
                random = g.symbolic_random
                found = random[..., place.slc].reshape((random.shape[0], *place.shp)).astype(place.dtyp)
                found.name = f"{name}_vi_random_slice"
                return found
        raise KeyError(f"{name!r} not found")

    @node_property
    def sample_dict_fn(self) -> Callable[..., dict[str, np.ndarray]]:
        """Function of a number of draws that gives them by free variable."""
        size = tt.iscalar("size")
        names = [v.name for v in self.model.free_RVs]
        sampled = self.set_size_and_deterministic([self.rslice(name) for name in names], size, 0)
        compiled = function([size], sampled)

        def draw(draws: int = 100) -> dict[str, np.ndarray]:
            return dict(zip(names, compiled(draws), strict=True))

        return draw

    @locally_cachedmethod
    def _recorder(self, count: int) -> Callable[..., list[np.ndarray]]:
        """Function of draws of the free variables that gives those of the ``count`` others of a trace."""
        free = list(self.model.free_RVs)
        others = self.model.unobserved_RVs[-count:]
        rows = [tt.TensorType(v.dtype, (False,) * (v.ndim + 1))(f"{v.name}_draws") for v in free]
        stand_ins = {v: v.type(v.name) for v in free}
        graphs = clone(others, stand_ins, strict=False)
        return function(rows, over_samples(graphs, list(stand_ins.values()), rows), on_unused_input="ignore")

    def sample(self, draws: int = 500, include_transformed: bool = True) -> MultiTrace:
        """Draw from the approximation.

        Parameters
        ----------
        draws
            Number of draws.
        include_transformed
            Whether the trace has the unconstrained values of transformed variables too.

        Returns
        -------
        MultiTrace
            One chain.
        """
        if recording.active:
            recording.use(self.model)
            density = self.model.log_density()
            order = recording.stand_in_order(self.model, density, 1, draws, sum(v.size for v in density.variables))
            free = {name: x[order[0]] for name, x in recording.stand_in_draws(self.model, density).items()}
        else:
            free = self.sample_dict_fn(draws)
        others = [v for v in self.model.unobserved_RVs if v.name not in free]
        values = self._recorder(len(others))(*(free[v.name] for v in self.model.free_RVs)) if others else []
        samples = {**free, **dict(zip((v.name for v in others), values, strict=True))}
        recorded = get_default_varnames(self.model.unobserved_RVs, include_transformed=include_transformed)
        kept: Mapping[str, np.ndarray] = {v.name: samples[v.name] for v in recorded}
        return MultiTrace([NDArray.filled(0, kept, None, self.model, recorded)])

    def __str__(self) -> str:
        shown = [str(g) for g in self.groups]
        if len(shown) >= 5:
            shown = [*shown[:2], "...", *shown[-2:]]
        return f"Approximation{{{' & '.join(shown)}}}"

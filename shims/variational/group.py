"""A group of variables with one variational family: the part of an approximation that samples them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from pm_migrate.shims.blocking import ArrayOrdering, DictToArrayBijection, VarMap
from pm_migrate.shims.model.functions import modelcontext
from pm_migrate.shims.model.pickling import PickledWhole
from pm_migrate.shims.theano import clone
from pm_migrate.shims.theano import tensor as tt
from pm_migrate.shims.theano.config import floatX
from pm_migrate.shims.theano.graph import Variable, as_variable
from pm_migrate.shims.theano.rows import each_row
from pm_migrate.shims.theanof import tt_rng
from pm_migrate.shims.util import WithMemoization, get_transformed, update_start_vals
from pm_migrate.shims.variational.nodes import (
    BatchedGroupError,
    GroupError,
    LocalGroupError,
    ParametrizationError,
    collect_shared_to_list,
    node_property,
    parameter_shapes,
    try_to_set_test_value,
    without_test_value,
)
from pm_migrate.shims.vartypes import discrete_types


class Group(PickledWhole, WithMemoization):
    """Variables that are approximated together: ``Group([x, y], vfam="full_rank")``.

    Making one gives an object of the class of the family, which ``vfam`` or the keys of ``params`` choose.

    Parameters
    ----------
    group
        Variables of the model; None for those that no other group of the approximation has.
    vfam
        Family: ``mean_field`` (``mf``), ``full_rank`` (``fr``), ``empirical``, or a formula of flows such as
        ``scale-planar*4-loc``. Not together with ``params``.
    params
        Parameters, as expressions or shared variables; to train them, give the shared variables they are made of to
        ``fit(more_obj_params=...)``. Keys ``mu`` and ``rho``: mean field; ``mu`` and ``L_tril``: full rank;
        ``histogram``: empirical; 0, 1, ...: dictionaries of the parameters of one flow each.
    random_seed
        Of the group's own random stream; None for the package's.
    model
        The model, that which is open by default.
    local
        Whether the parameters have one row for each row of the (only) variable, computed from data. Needs ``params``.
    rowwise
        Whether each row of the (only) variable has parameters of its own.
    options
        Kept for subclasses.
    **kwargs
        For the family: ``start`` (a point), ``size``, ``trace``, ``jitter``, ``flow``.

    Attributes
    ----------
    symbolic_initial : Variable
        Standard noise that the samples are made of: ``(samples, d)``; ``(samples, rows, d)`` for a batched group.
    symbolic_random : Variable
        The samples, of the same shape.
    input : Variable
        One sample as a vector; a matrix for a batched group.
    replacements : dict
        Each variable as a part of ``input``.

    Raises
    ------
    TypeError
        Without a family, or with both ``vfam`` and ``params``.
    KeyError
        For a family that is not known.
    """

    shared_params: Any = None
    symbolic_initial: Any = None
    replacements: Any = None
    input: Any = None
    supports_batched = True
    has_logq = True
    initial_dist_name = "normal"
    initial_dist_map = 0.0
    __param_spec__: ClassVar[Mapping[str, Sequence[str]]] = {}
    short_name = ""
    alias_names: ClassVar[frozenset[str]] = frozenset()
    _by_params: ClassVar[dict[frozenset[Any], type[Group]]] = {}
    _by_name: ClassVar[dict[str, type[Group]]] = {}

    @classmethod
    def register(cls, sbcls: type[Group]) -> type[Group]:
        """Decorator: make a family known by its parameters and names."""
        spec, names = frozenset(sbcls.__param_spec__), [sbcls.short_name, *sbcls.alias_names]
        if spec in cls._by_params or any(name in cls._by_name for name in names):
            raise AssertionError(f"{sbcls.__name__}: there is a family with these parameters or one of these names")
        cls._by_params[spec] = sbcls
        cls._by_name.update(dict.fromkeys(names, sbcls))
        return sbcls

    @classmethod
    def group_for_params(cls, params: Mapping[Any, Any]) -> Any:
        """The family with parameters of these names."""
        from pm_migrate.shims.variational import approximations, flows

        if flows.seems_like_flow_params(params):
            return approximations.NormalizingFlowGroup
        if frozenset(params) not in cls._by_params:
            known = [sorted(spec) for spec in cls._by_params]
            raise KeyError(f"No such group for the following params: {list(params)}, only these are supported: {known}")
        return cls._by_params[frozenset(params)]

    @classmethod
    def group_for_short_name(cls, name: str) -> Any:
        """The family of this name, or the flows of this formula."""
        from pm_migrate.shims.variational import approximations, flows

        if flows.seems_like_formula(name):
            return approximations.NormalizingFlowGroup
        if name.lower() not in cls._by_name:
            raise KeyError(f"No such group: {name!r}, only these are supported: {sorted(cls._by_name)}, and flows")
        return cls._by_name[name.lower()]

    def __new__(cls, group: Any = None, vfam: Any = None, params: Any = None, *args: Any, **kwargs: Any) -> Any:
        if cls is not Group:
            return super().__new__(cls)
        if vfam is not None and params is not None:
            raise TypeError("Cannot call Group with both `vfam` and `params` provided")
        if vfam is not None:
            return super().__new__(cls.group_for_short_name(vfam))
        if params is not None:
            return super().__new__(cls.group_for_params(params))
        raise TypeError("Need to call Group with either `vfam` or `params` provided")

    def __init__(
        self,
        group: Sequence[Any] | None,
        vfam: str | None = None,
        params: Mapping[Any, Any] | None = None,
        random_seed: int | None = None,
        model: Any = None,
        local: bool = False,
        rowwise: bool = False,
        options: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if local and not self.supports_batched:
            raise LocalGroupError(f"{type(self).__name__} does not support local groups")
        if local and rowwise:
            raise LocalGroupError(f"{type(self).__name__} does not support local grouping in rowwise mode")
        self.options = {} if options is None else options
        self._vfam = vfam.lower() if isinstance(vfam, str) else vfam
        self._local = local
        self._batched = rowwise
        self._rng = tt_rng(random_seed)
        self.model = modelcontext(model)
        self.group: Any = group
        self.user_params: Any = params
        self._user_params: dict[Any, Any] | None = None
        self._kwargs = kwargs  # until the variables are known
        if group is not None:
            self.__init_group__(group)

    @classmethod
    def get_param_spec_for(cls, **kwargs: Any) -> dict[Any, Any]:
        """Shapes of the parameters, by name, for ``d=`` elements."""
        return parameter_shapes(cls.__param_spec__, **kwargs)

    def _check_user_params(self, **kwargs: Any) -> bool:
        """Take the parameters that the program gave, in the right shapes; whether there are any."""
        given = self.user_params
        if given is None:
            return False
        if not isinstance(given, dict):
            raise TypeError("params should be a dict")
        if set(given) != set(self.__param_spec__):
            raise ParametrizationError(
                "Passed parameters do not have a needed set of keys, they should be equal, "
                f"got {sorted(given)}, needed {sorted(self.__param_spec__)}"
            )
        spec = self.get_param_spec_for(d=self.ddim, **kwargs.pop("spec_kw", {}))
        self._user_params = {}
        for name, param in given.items():
            rows: tuple[Any, ...] = (-1,) if self.local else (self.bdim,) if self.batched else ()
            self._user_params[name] = as_variable(param).reshape(rows + spec[name])
        return True

    def _start(self, start: Mapping[str, Any] | None) -> np.ndarray:
        """A start point as the vector of the group: ``(d,)``, or ``(rows, d)`` of a batched group."""
        point = dict(self.model.test_point)
        if start is not None:
            given = dict(start)
            update_start_vals(given, point, self.model)
            point = given
        if not self.batched:
            return self.bij.map(point)
        # every row begins where the first one does
        return np.tile(np.ravel(point[self.group[0].name][0]), (self.bdim, 1))

    def __init_group__(self, group: Sequence[Any]) -> None:
        """Lay out the variables; subclasses then make their parameters."""
        if not group:
            raise GroupError("Got empty group")
        if self.group is None:
            self.group = group
        if self.batched and len(group) > 1:
            kind, error = ("Local", LocalGroupError) if self.local else ("Batched", BatchedGroupError)
            raise error(f"{kind} groups with more than 1 variable are not supported")
        if self.local and self.user_params is None:
            raise LocalGroupError("Local groups need `params`, one row for each row of the variable")
        name = type(self).__name__
        initial, sample = (tt.tensor3, tt.matrix) if self.batched else (tt.matrix, tt.vector)
        self.symbolic_initial = initial(f"{name}_symbolic_initial_tensor")
        self.input = sample(f"{name}_symbolic_input")
        self.ordering = ArrayOrdering([])
        self.replacements = {}
        self.group = [get_transformed(var) for var in self.group]
        for var in self.group:
            self._lay_out(var)
        self.bij = DictToArrayBijection(self.ordering, {})

    def _lay_out(self, var: Any) -> None:
        """Give a variable its place in the vector of the group."""
        if var.dtype in discrete_types:
            raise ParametrizationError(f"Discrete variables are not supported by VI: {var}")
        if self.batched and var.ndim < 1:
            kind, error = ("Local", LocalGroupError) if self.local else ("Batched", BatchedGroupError)
            raise error(f"{kind} variable should not be scalar")
        begin = self.ordering.size
        self.ordering.size += int(np.prod(var.dshape[1:])) if self.batched else var.dsize
        shape = (-1, *var.dshape[1:]) if self.local else tuple(var.dshape)
        place = VarMap(var.name, slice(begin, self.ordering.size), shape, var.dtype)
        self.ordering.vmap.append(place)
        self.ordering.by_name[place.var] = place
        part = self.input[..., place.slc].reshape(shape).astype(place.dtyp)
        part.name = f"{place.var}_vi_replacement"
        self.replacements[var] = part

    def _finalize_init(self) -> None:
        """Forget what was only needed to make the parameters."""
        del self._kwargs

    local = property(lambda self: self._local)
    batched = property(lambda self: self._local or self._batched)

    @property
    def params_dict(self) -> Mapping[Any, Any]:
        """Parameters by name, those of the program in the shapes they are used in."""
        return self.shared_params if self._user_params is None else self._user_params

    @property
    def params(self) -> list[Any]:
        """The shared variables among the parameters."""
        return collect_shared_to_list(self.shared_params if self.user_params is None else self.user_params)

    @node_property
    def bdim(self) -> Any:
        """Number of rows: 1 for a group that is not batched, an expression for a local one."""
        if self.local:
            return next(iter(self.params_dict.values())).shape[0]
        return self.ordering.vmap[0].shp[0] if self.batched else 1

    @node_property
    def ndim(self) -> Any:
        """Number of elements of all rows."""
        return self.ordering.size * self.bdim

    @property
    def ddim(self) -> int:
        """Number of elements of a row."""
        return self.ordering.size

    # sampling

    def _new_initial_shape(self, size: Any, dim: Any, more_replacements: Any = None) -> Variable:
        if not self.batched:
            return tt.stack([size, dim])
        rows = clone(as_variable(self.bdim), more_replacements)
        return tt.stack([size, rows, dim])

    def _new_initial(self, size: Any, deterministic: Any, more_replacements: Any = None) -> Variable:
        """Noise for ``size`` samples, or its mean.

        Replacements reach its shape, since the number of rows of a local group may come from an input that is replaced.
        """
        shape = self._new_initial_shape(
            as_variable(1 if size is None else size), as_variable(self.ddim), more_replacements
        )
        dtype = self.symbolic_initial.dtype
        symbolic = isinstance(deterministic, Variable)
        center = tt.ones(shape, dtype) * np.asarray(self.initial_dist_map, dtype)
        if not symbolic and deterministic:
            return center
        noise = without_test_value(getattr(self._rng, self.initial_dist_name)(size=shape))
        return tt.switch(deterministic, center, noise) if symbolic else noise

    @node_property
    def symbolic_random(self) -> Variable:
        """The samples as a function of :attr:`symbolic_initial` and the parameters."""
        raise NotImplementedError

    @node_property
    def symbolic_random2d(self) -> Variable:
        """The samples as a matrix."""
        return self.symbolic_random.flatten(2) if self.batched else self.symbolic_random

    def _random(self) -> Variable:
        return tt.patternbroadcast(
            self.symbolic_random.astype(self.symbolic_initial.dtype), self.symbolic_initial.broadcastable
        )

    def set_size_and_deterministic(self, node: Any, s: Any, d: Any, more_replacements: Any = None) -> Any:
        """Draw the noise that expressions of samples are made of.

        Parameters
        ----------
        node
            An expression or a list of them.
        s
            Number of samples, a number or an expression.
        d
            Whether to take the mean of the noise in its place, a flag or an expression.
        more_replacements
            Further replacements.
        """
        drawn = clone(node, self.make_size_and_deterministic_replacements(s, d, more_replacements))
        try_to_set_test_value(node, drawn, s)
        return drawn

    def to_flat_input(self, node: Any) -> Any:
        """Expressions of the variables as expressions of :attr:`input`."""
        return clone(node, self.replacements, strict=False)

    def symbolic_sample_over_posterior(self, node: Any) -> Any:
        """Expressions of the variables for each sample; the samples are still symbolic."""
        return over_samples(self.to_flat_input(node), [self.input], [self._random()], local=self.local)

    def symbolic_single_sample(self, node: Any) -> Any:
        """Expressions of the variables for the first sample."""
        return clone(self.to_flat_input(node), {self.input: self._random()[0]})

    def make_size_and_deterministic_replacements(
        self, s: Any, d: Any, more_replacements: Any = None
    ) -> dict[Variable, Variable]:
        """What :attr:`symbolic_initial` is replaced by, for ``s`` samples."""
        initial = tt.patternbroadcast(self._new_initial(s, d, more_replacements), self.symbolic_initial.broadcastable)
        if more_replacements:
            initial = clone(initial, more_replacements)
        return {self.symbolic_initial: initial}

    # log density

    @node_property
    def symbolic_normalizing_constant(self) -> Variable:
        """The largest factor of ``total_size=`` among the variables."""
        scale = self.to_flat_input(tt.max(tt.stack([v.scaling for v in self.group])))
        return floatX(self.symbolic_single_sample(scale))

    @node_property
    def symbolic_logq_not_scaled(self) -> Variable:
        """Log density of each sample, without the factor of ``total_size=``."""
        raise NotImplementedError

    @node_property
    def symbolic_logq(self) -> Variable:
        """Log density of each sample; that of a local group counts as often as the variable does."""
        if not self.local:
            return self.symbolic_logq_not_scaled
        scale = self.symbolic_single_sample(self.to_flat_input(self.group[0].scaling))
        return self.symbolic_logq_not_scaled * scale

    @node_property
    def logq(self) -> Variable:
        """Mean log density of the samples."""
        return self.symbolic_logq.mean(0)

    @node_property
    def logq_norm(self) -> Variable:
        """:attr:`logq` over :attr:`symbolic_normalizing_constant`."""
        return self.logq / self.symbolic_normalizing_constant

    @node_property
    def mean(self) -> Variable:
        """Mean of a sample."""
        raise NotImplementedError

    @node_property
    def cov(self) -> Variable:
        """Covariance of a sample."""
        raise NotImplementedError

    @node_property
    def std(self) -> Variable:
        """Standard deviations of a sample."""
        raise NotImplementedError

    def __str__(self) -> str:
        if self.group is None:
            shape = "undefined"
        else:
            rows = "None, " if self.local else f"{self.bdim}, " if self.batched else ""
            shape = f"{rows}{self.ddim}"
        return f"{type(self).__name__}[{shape}]"


def over_samples(node: Any, inputs: Sequence[Variable], rows: Sequence[Variable], *, local: bool = False) -> Any:
    """An expression, or each of a list, for every row of the samples.

    Every sample has a minibatch of its own, as in PyMC3: the mean over samples varies less. Not where an approximation
    has local variables (``local``): those belong to one minibatch.
    """
    if isinstance(node, (list, tuple)):
        return each_row(node, inputs, rows, own_random=not local)
    return each_row([node], inputs, rows, own_random=not local)[0]


group_for_params = Group.group_for_params
group_for_short_name = Group.group_for_short_name

"""What step methods have in common (``pymc3.step_methods.arraystep``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum, unique
from typing import Any, ClassVar

import numpy as np

from pm_migrate.shims.blocking import ArrayOrdering, DictToArrayBijection
from pm_migrate.shims.model import modelcontext
from pm_migrate.shims.step_methods.compound import CompoundStep
from pm_migrate.shims.theanof import inputvars
from pm_migrate.shims.util import get_var_name

__all__ = ["ArrayStep", "ArrayStepShared", "Competence", "metrop_select"]

Point = Mapping[str, np.ndarray]


@unique
class Competence(IntEnum):
    """How well a step method suits a variable: the assignment takes the highest, of equals the first."""

    INCOMPATIBLE = 0
    COMPATIBLE = 1
    PREFERRED = 2
    IDEAL = 3


class BlockedStep:
    """A step method for some variables of a model, all at once (``blocked``) or each on its own.

    The constructor of a subclass is called with ``vars`` (value variables, whatever the program gave), ``model`` and
    ``blocked`` resolved. Where variables are stepped each on its own, there is one object per variable, and the result
    is the :class:`~pm_migrate.shims.step_methods.compound.CompoundStep` of them.

    Parameters
    ----------
    vars
        Random variables; all free ones of the model by default.
    blocked
        Whether they are stepped together; ``default_blocked`` of the class by default, True where it says nothing.
    model
        The model; the open one by default.

    Attributes
    ----------
    vars : list
        The value variables.
    generates_stats : bool
        Whether ``step`` returns statistics beside the point.
    stats_dtypes : list of dict
        Their dtypes by name.

    Raises
    ------
    ValueError
        When there is no variable.
    """

    generates_stats = False
    stats_dtypes: ClassVar[list[dict[str, Any]]] = []
    vars: Sequence[Any] = []
    _new_args: tuple[tuple[Any, ...], dict[str, Any]]

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("blocked") is None:
            kwargs["blocked"] = getattr(cls, "default_blocked", True)
        kwargs["model"] = modelcontext(kwargs.get("model"))
        if "vars" in kwargs:
            variables = kwargs.pop("vars")
        elif args:
            variables, *rest = args
            args = tuple(rest)
        else:
            variables = kwargs["model"].vars
        variables = inputvars(variables)
        if not variables:
            raise ValueError("No free random variables to sample.")
        if kwargs["blocked"] or len(variables) == 1:
            return cls._made(variables, args, kwargs)
        alone = [cls._made([variable], args, kwargs) for variable in variables]
        for step in alone:  # Python calls the constructor of what this method returns only if it is a cls
            (chosen, *others), keywords = step.__getnewargs_ex__()
            step.__init__(chosen, *others, **keywords)
        return CompoundStep(alone)

    @classmethod
    def _made(cls, variables: list[Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """A new object that knows what it was made of, for pickling."""
        step = super().__new__(cls)
        step._new_args = (variables, *args), dict(kwargs)
        return step

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return self._new_args

    @staticmethod
    def competence(var: Any, has_grad: bool) -> Competence:
        """How well the method suits a variable; a subclass may leave out ``has_grad``."""
        return Competence.INCOMPATIBLE

    @classmethod
    def _competence(cls, vars: Any, have_grad: Any) -> list[Competence]:
        """:meth:`competence` for one or several variables."""
        many = isinstance(vars, (list, tuple))
        pairs = zip(vars, have_grad, strict=True) if many else [(vars, have_grad)]
        found = []
        for var, has_grad in pairs:
            try:
                found.append(cls.competence(var, has_grad))
            except TypeError:
                found.append(cls.competence(var))  # type: ignore[call-arg]
        return found

    @property
    def vars_shape_dtype(self) -> dict[str, tuple[tuple[int, ...], np.dtype]]:
        """Shape and dtype of each variable that is stepped, by name."""
        return {var.name: (var.dshape, np.dtype(var.dtype)) for var in self.vars}

    def stop_tuning(self) -> None:
        """End the tuning, of a method that has some."""
        if hasattr(self, "tune"):
            self.tune = False


class ArrayStep(BlockedStep):
    """A step method on the flat array of its variables, with functions of it.

    A subclass has ``astep(q0, *fs)``, which gives the next array, and its statistics if it has some; with ``allvars``,
    the point is the last argument.

    Parameters
    ----------
    vars
        Value variables.
    fs
        Functions of a point, ``model.fastlogp`` as a rule. One with a method ``of_array(ordering, point)`` makes its
        function of the array itself.
    allvars, blocked
        See above, and :class:`BlockedStep`.
    """

    astep: Callable[..., Any]

    def __init__(self, vars: Sequence[Any], fs: Sequence[Any], allvars: bool = False, blocked: bool = True) -> None:
        self.vars = vars
        self.ordering = ArrayOrdering(vars)
        self.fs = fs
        self.allvars = allvars
        self.blocked = blocked

    def step(self, point: Point) -> Any:
        """The next point, and the statistics if there are some."""
        bij = DictToArrayBijection(self.ordering, point)
        inputs = [f.of_array(self.ordering, point) if hasattr(f, "of_array") else bij.mapf(f) for f in self.fs]
        return _told(self, bij, self.astep(bij.map(point), *inputs, *([point] if self.allvars else [])))


class ArrayStepShared(BlockedStep):
    """A step method on the flat array of its variables, whose functions read the other variables elsewhere.

    A subclass has ``astep(q0)``.

    Parameters
    ----------
    vars
        Value variables.
    shared
        For each other variable what is told its value before a step: anything with ``set_value``.
    blocked
        See :class:`BlockedStep`.
    """

    astep: Callable[..., Any]

    def __init__(self, vars: Sequence[Any], shared: Mapping[Any, Any], blocked: bool = True) -> None:
        self.vars = vars
        self.ordering = ArrayOrdering(vars)
        self.shared = {get_var_name(var): place for var, place in shared.items()}
        self.blocked = blocked
        self.bij: DictToArrayBijection | None = None

    def step(self, point: Point) -> Any:
        """The next point, and the statistics if there are some."""
        for name, place in self.shared.items():
            place.set_value(point[name])
        self.bij = DictToArrayBijection(self.ordering, point)
        return _told(self, self.bij, self.astep(self.bij.map(point)))


def _told(step: BlockedStep, bij: DictToArrayBijection, result: Any) -> Any:
    """What ``astep`` returned, with a point in place of the array."""
    if not step.generates_stats:
        return bij.rmap(result)
    array, stats = result
    return bij.rmap(array), stats


class PopulationArrayStepShared(ArrayStepShared):
    """A step method that sees where the other chains are.

    Attributes
    ----------
    population : list of dict
        The points of all chains, replaced as they move.
    this_chain, other_chains
        Index of the own chain in it, and those of the others.
    """

    def __init__(self, vars: Sequence[Any], shared: Mapping[Any, Any], blocked: bool = True) -> None:
        self.population: list[Point] | None = None
        self.this_chain: int | None = None
        self.other_chains: list[int] | None = None
        super().__init__(vars, shared, blocked)

    def link_population(self, population: list[Point], chain_index: int) -> None:
        """Show the method its population.

        Parameters
        ----------
        population
            The points of all chains; the list stays the same, its items change.
        chain_index
            Which of them is the own one.

        Raises
        ------
        ValueError
            With fewer than two others.
        """
        others = [chain for chain in range(len(population)) if chain != chain_index]
        if len(others) < 2:
            raise ValueError(
                f"Chain {chain_index} has only {others} beside it: {type(self).__name__} needs a population of at "
                "least 3 chains."
            )
        self.population, self.this_chain, self.other_chains = population, chain_index, others


class GradientSharedStep(BlockedStep):
    """A step method with the gradient of the log density; a subclass has ``astep(q0)``.

    Parameters
    ----------
    vars
        Continuous value variables.
    model, blocked
        See :class:`BlockedStep`.
    dtype
        Of the array; ``floatX`` by default.
    logp_dlogp_func
        The log density and its gradient; that of the model by default.
    **theano_kwargs
        For ``model.logp_dlogp_function``.
    """

    astep: Callable[..., Any]

    def __init__(
        self,
        vars: Sequence[Any],
        model: Any = None,
        blocked: bool = True,
        dtype: Any = None,
        logp_dlogp_func: Any = None,
        **theano_kwargs: Any,
    ) -> None:
        model = modelcontext(model)
        self.vars = vars
        self.blocked = blocked
        func = logp_dlogp_func
        if func is None:
            func = model.logp_dlogp_function(vars, dtype=dtype, **theano_kwargs)
        self._logp_dlogp_func = func

    def step(self, point: Point) -> Any:
        """The next point, and the statistics if there are some."""
        func = self._logp_dlogp_func
        func.set_extra_values(point)
        result = self.astep(func.dict_to_array(point))
        if not self.generates_stats:
            return func.array_to_full_dict(result)
        array, stats = result
        return func.array_to_full_dict(array), stats


def metrop_select(mr: Any, q: Any, q0: Any) -> tuple[Any, bool]:
    """Accept a proposal or not, by Metropolis et al. (1953).

    Parameters
    ----------
    mr
        Logarithm of the acceptance ratio; not finite is never accepted.
    q, q0
        Proposed and current state.

    Returns
    -------
    (state, bool)
        ``q`` with probability ``min(1, exp(mr))``, else ``q0``; and whether it is ``q``. Takes one uniform number from
        NumPy's global state if ``mr`` is finite.
    """
    if np.isfinite(mr) and np.log(np.random.uniform()) < mr:
        return q, True
    return q0, False

"""Which step method takes which variable."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pm_migrate.errors import IncorrectArgumentsError
from pm_migrate.shims.backends.base import BaseTrace, MultiTrace
from pm_migrate.shims.step_methods.discrete import BinaryGibbsMetropolis, BinaryMetropolis, CategoricalGibbsMetropolis
from pm_migrate.shims.step_methods.hmc import NUTS, HamiltonianMC
from pm_migrate.shims.step_methods.metropolis import Metropolis
from pm_migrate.shims.step_methods.slicer import Slice
from pm_migrate.shims.theano import gradient
from pm_migrate.shims.theano.evaluation import uses_python
from pm_migrate.shims.vartypes import discrete_types

#: What the assignment chooses from; of equally suitable ones, the first.
STEP_METHODS: tuple[Any, ...] = (
    NUTS,
    HamiltonianMC,
    Metropolis,
    BinaryMetropolis,
    BinaryGibbsMetropolis,
    Slice,
    CategoricalGibbsMetropolis,
)

NUTS_DEFAULTS = {"target_accept": 0.8, "max_treedepth": 10}

#: What the compiled sampler does: options of NUTS, initialisations, and step methods of discrete variables.
_COMPILED_OPTIONS = frozenset(NUTS_DEFAULTS)
_COMPILED_INITS = (None, "auto", "jitter+adapt_diag", "adapt_diag", "jitter+adapt_full", "adapt_full")
#: Initialisations whose start points and metric ``init_nuts`` finds.
FITTED_INITS = ("advi+adapt_diag", "advi", "advi_map", "map")
_COMPILED_METHODS = frozenset({NUTS, Metropolis, BinaryGibbsMetropolis, CategoricalGibbsMetropolis})


def as_list(step: Any) -> list[Any]:
    """Step methods that a program gave: none, one or several."""
    if step is None:
        return []
    try:
        return list(step)
    except TypeError:
        return [step]


def stepped(steps: Iterable[Any]) -> set[Any]:
    """The variables that some step methods take."""
    found: set[Any] = set()
    for step in steps:
        found.update(step.vars if hasattr(step, "vars") else stepped(step.methods))
    return found


def has_gradient(model: Any, var: Any) -> bool:
    """Whether the log density of a model has a gradient with respect to a variable."""
    if var.dtype in discrete_types:
        return False
    if not uses_python([model.logpt]):
        return True
    try:
        gradient.grad(model.logpt, var)
    except (AttributeError, NotImplementedError, gradient.NullTypeGradError):
        return False
    return True


def select(model: Any, taken: set[Any], methods: Sequence[Any] = STEP_METHODS) -> dict[Any, list[Any]]:
    """The step method of each free variable that no other takes, by their competence.

    Returns
    -------
    dict
        Variables by class of step method.
    """
    selected: dict[Any, list[Any]] = defaultdict(list)
    for var in model.free_RVs:
        if var in taken:
            continue
        slope = has_gradient(model, var)
        suited = [method._competence(var, slope) for method in methods]
        selected[methods[suited.index(max(suited))]].append(var)
    return dict(selected)


def instantiate_steppers(
    model: Any,
    steps: list[Any],
    selected_steps: Mapping[Any, Sequence[Any]],
    step_kwargs: Mapping[str, Mapping[str, Any]] | None = None,
) -> Any:
    """Make step methods for the variables that were assigned to them.

    Parameters
    ----------
    model
        The model.
    steps
        Step methods that there are already; the others are added to the list.
    selected_steps
        Variables by class of step method.
    step_kwargs
        Arguments by the name of the class: ``{"metropolis": {"tune_interval": 50}}``.

    Returns
    -------
    list or step method
        The list, or what is in it if that is one.

    Raises
    ------
    IncorrectArgumentsError
        For arguments of a step method that nothing was assigned to.
    """
    step_kwargs = step_kwargs or {}
    taking = {method: list(variables) for method, variables in selected_steps.items() if len(variables) > 0}
    unused = sorted(set(step_kwargs) - {method.name for method in taking})
    if unused:
        raise IncorrectArgumentsError(f"Unused step method arguments: {unused}")
    with contextlib.nullcontext() if model is None else model:
        steps += [method(vars=variables, **step_kwargs.get(method.name, {})) for method, variables in taking.items()]
    return steps[0] if len(steps) == 1 else steps


def assign_step_methods(
    model: Any,
    step: Any = None,
    methods: Sequence[Any] = STEP_METHODS,
    step_kwargs: Mapping[str, Mapping[str, Any]] | None = None,
) -> Any:
    """Step methods for all free variables of a model.

    Parameters
    ----------
    model
        The model.
    step
        A step method, or several, for some of the variables. The others get one of ``methods``: each class says how
        well it suits a variable (``competence``).
    methods
        Classes of step methods.
    step_kwargs
        See :func:`instantiate_steppers`.

    Returns
    -------
    list or step method
        All of them, or the one that there is.
    """
    steps = as_list(step)
    return instantiate_steppers(model, steps, select(model, stepped(steps), methods), step_kwargs)


def compiled_options(
    model: Any, step: Any, init: str | None, nuts: Mapping[str, Any], kwargs: Mapping[str, Any], trace: Any
) -> dict[str, Any] | None:
    """Options of the compiled sampler if it does what a call of ``pm.sample`` asks for, else None.

    Parameters
    ----------
    model, step, init, kwargs, trace
        Arguments of the call.
    nuts
        Options of NUTS in it.
    """
    steps, given = as_list(step), dict(nuts)
    if kwargs or len(steps) > 1 or isinstance(trace, (BaseTrace, MultiTrace)):
        return None
    if steps:
        own = steps[0].compiled_options() if isinstance(steps[0], NUTS) else None
        if own is None:
            return None
        given.update(own)
    elif init not in (*_COMPILED_INITS, *FITTED_INITS):
        return None
    assigned = select(model, stepped(steps))
    if not (given.keys() <= _COMPILED_OPTIONS and assigned.keys() <= _COMPILED_METHODS) or model.log_density().python:
        return None
    return {**NUTS_DEFAULTS, **given}

"""PyMC3's step methods for generator models: ``pm.Metropolis(["x"], model=model)``.

They are the drop-in's, on the model that :func:`pm.density <pm_migrate.shims.pymc4.density_model.density>` shows.
Variables are given by name. ``NUTS`` and ``CompoundStep`` are PyMC4's samplers in the package itself, so that PyMC3's
are ``pm.step_methods.NUTS`` and ``pm.step_methods.CompoundStep``, the module they live in there, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pm_migrate.shims import step_methods as own
from pm_migrate.shims.pymc4.density_model import DensityModel, density
from pm_migrate.shims.step_methods.compound import CompoundStep
from pm_migrate.shims.theano.graph import Variable
from pm_migrate.shims.theanof import inputvars

__all__ = [
    "MLDA",
    "NUTS",
    "BinaryGibbsMetropolis",
    "BinaryMetropolis",
    "CategoricalGibbsMetropolis",
    "CauchyProposal",
    "CompoundStep",
    "DEMetropolis",
    "DEMetropolisZ",
    "EllipticalSlice",
    "HamiltonianMC",
    "LaplaceProposal",
    "Metropolis",
    "MultivariateNormalProposal",
    "NormalProposal",
    "PoissonProposal",
    "Slice",
    "UniformProposal",
    "value_variables",
]

CauchyProposal = own.CauchyProposal
LaplaceProposal = own.LaplaceProposal
MultivariateNormalProposal = own.MultivariateNormalProposal
NormalProposal = own.NormalProposal
PoissonProposal = own.PoissonProposal
UniformProposal = own.UniformProposal


def value_variables(view: DensityModel, variables: Any) -> list[Any] | None:
    """The value variables that names, or variables of a view, stand for; None stays None.

    Parameters
    ----------
    view
        The model.
    variables
        Names of random variables or of their value variables, or variables that the view has; one or several.
        Of an expression (``y.missing_values[0]``) its variables, as in PyMC3.

    Raises
    ------
    KeyError
        For a name that the model does not have.
    ValueError
        For the name of something that is not sampled.
    """
    if variables is None:
        return None
    several = [variables] if isinstance(variables, (str, Variable)) else list(variables)
    free = {v.name: v for v in view.free_RVs}
    found = []
    for variable in several:
        named = view[variable] if isinstance(variable, str) else view.named_vars.get(variable.name)
        chosen = [v for n in ([named] if named is not None else inputvars(variable)) for v in _of_name(n, free)]
        if not chosen:
            name = variable if named is None else named.name
            raise ValueError(f"{name!r} is not sampled: it is observed, or follows from other variables")
        found += chosen
    return list(dict.fromkeys(found))


def _of_name(variable: Any, free: Mapping[str, Any]) -> list[Any]:
    """The value variable of a random variable that the model has a name for."""
    chosen = free.get(getattr(variable, "transformed", variable).name)
    return [] if chosen is None else [chosen]


class OfGenerator:
    """The part of a step method that finds its variables in a generator model.

    Parameters
    ----------
    vars
        Names of random variables; all free ones by default.
    *args, **kwargs
        Of the step method.
    model
        The generator model.
    """

    def __new__(cls, vars: Any = None, *args: Any, model: Any = None, **kwargs: Any) -> Any:
        view = _view(cls, model)
        chosen = value_variables(view, vars)
        return super().__new__(cls, *([] if chosen is None else [chosen]), *args, model=view, **kwargs)  # type: ignore[call-arg]

    def __init__(self, vars: Any = None, *args: Any, model: Any = None, **kwargs: Any) -> None:
        view = _view(type(self), model)
        chosen = value_variables(view, vars)
        if chosen is None:
            every = self._all(view)
            chosen = None if every is None else list(every)
        super().__init__(chosen, *args, model=view, **kwargs)  # type: ignore[call-arg]

    def _all(self, view: DensityModel) -> Sequence[Any] | None:
        """What is stepped where nothing is said."""
        return None


def _view(cls: type, model: Any) -> DensityModel:
    if model is None:
        raise TypeError(
            f"pm.{cls.__name__} needs the model that it is for: pm.{cls.__name__}(['x'], model=model); without names "
            "it takes all free variables"
        )
    return density(model)


class _AllFree:
    """Step methods that have no default of their own."""

    def _all(self, view: DensityModel) -> Sequence[Any] | None:
        return list(view.free_RVs)


class NUTS(OfGenerator, own.NUTS):
    __doc__ = own.NUTS.__doc__


class HamiltonianMC(OfGenerator, own.HamiltonianMC):
    __doc__ = own.HamiltonianMC.__doc__


class Metropolis(OfGenerator, own.Metropolis):
    __doc__ = own.Metropolis.__doc__


class BinaryMetropolis(_AllFree, OfGenerator, own.BinaryMetropolis):
    __doc__ = own.BinaryMetropolis.__doc__


class BinaryGibbsMetropolis(_AllFree, OfGenerator, own.BinaryGibbsMetropolis):
    __doc__ = own.BinaryGibbsMetropolis.__doc__


class CategoricalGibbsMetropolis(_AllFree, OfGenerator, own.CategoricalGibbsMetropolis):
    __doc__ = own.CategoricalGibbsMetropolis.__doc__


class DEMetropolis(OfGenerator, own.DEMetropolis):
    __doc__ = own.DEMetropolis.__doc__


class DEMetropolisZ(OfGenerator, own.DEMetropolisZ):
    __doc__ = own.DEMetropolisZ.__doc__


class Slice(OfGenerator, own.Slice):
    __doc__ = own.Slice.__doc__


class EllipticalSlice(OfGenerator, own.EllipticalSlice):
    __doc__ = own.EllipticalSlice.__doc__


class MLDA(own.MLDA):
    __doc__ = own.MLDA.__doc__

    def __new__(cls, coarse_models: Any, vars: Any = None, *args: Any, model: Any = None, **kwargs: Any) -> Any:
        view = _view(cls, model)
        kwargs["vars"] = value_variables(view, vars) or view.free_RVs
        return super().__new__(cls, [density(m) for m in coarse_models], *args, model=view, **kwargs)

    def __init__(self, coarse_models: Any, vars: Any = None, *args: Any, model: Any = None, **kwargs: Any) -> None:
        view = _view(type(self), model)
        chosen = value_variables(view, vars) or view.free_RVs
        super().__init__([density(m) for m in coarse_models], chosen, *args, model=view, **kwargs)

"""PyMC4's samplers, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pm_migrate.errors import ArgumentError, IncorrectArgumentsError, ModelError
from pm_migrate.shims.density import LogDensity, ValueVariable
from pm_migrate.shims.inference.chains import Chains
from pm_migrate.shims.pymc4.coroutine_model import Model
from pm_migrate.shims.pymc4.mcmc import arguments, running, steps
from pm_migrate.shims.pymc4.mcmc.arguments import Options
from pm_migrate.shims.pymc4.mcmc.base import Sampler
from pm_migrate.shims.pymc4.mcmc.logp import (
    build_logp_and_deterministic_functions,
    tile_init,
    vectorize_logp_function,
)
from pm_migrate.shims.pymc4.names import NameParts
from pm_migrate.shims.step_methods.of_density import DensityModel, ValueInput

__all__ = [
    "HMC",
    "NUTS",
    "CompoundStep",
    "HMCSimple",
    "NUTSSimple",
    "RandomWalkM",
    "build_logp_and_deterministic_functions",
    "reg_samplers",
    "register_sampler",
    "tile_init",
    "vectorize_logp_function",
]

#: The samplers by the names that ``sampler_type=`` takes.
reg_samplers: dict[str, type[Sampler]] = {}


def register_sampler(cls: Any) -> Any:
    """Make a sampler known by its name."""
    reg_samplers[cls._name] = cls
    return cls


class _Gradient(Sampler):
    """A sampler with gradients, by one of two rules for the step size."""

    _grad = True
    _simple: ClassVar[bool] = False
    _adaptation_keys = arguments.DUAL_KEYS
    _make: ClassVar[Any]

    def _run(self, density: LogDensity, call: running.Call) -> Chains:
        return self._stepwise(density, call)

    @classmethod
    def _steps(cls, variables: Sequence[ValueInput], model: DensityModel, how: Options, dense: bool) -> list[Any]:
        made: list[Any] = cls._make(variables, model, how, cls._simple, dense)
        return made


@register_sampler
class HMC(_Gradient):
    """Hamiltonian Monte Carlo with trajectories of ``num_leapfrog_steps`` steps, 3 by default.

    Their size is adapted by dual averaging (Hoffman & Gelman 2014, section 3.2) to ``target_accept_prob``, 0.75 by
    default. See :class:`Sampler` for the arguments.

    References
    ----------
    Neal, R. M. (2011). MCMC using Hamiltonian dynamics. Handbook of Markov Chain Monte Carlo, chapter 5.
    """

    _name = "hmc"
    _kernel_keys = arguments.HMC_KEYS
    _make = staticmethod(steps.hmc)
    stat_names = ("mean_tree_accept",)


@register_sampler
class HMCSimple(HMC):
    """:class:`HMC` whose step size grows or shrinks by 1 % (``adaptation_rate``) after each draw of the warm-up.

    References
    ----------
    Andrieu, C. & Thoms, J. (2008). A tutorial on adaptive MCMC. Statistics and Computing 18 (equation 19).
    """

    _name = "hmc_simple"
    _simple = True
    _adaptation_keys = arguments.SIMPLE_KEYS


@register_sampler
class NUTS(_Gradient):
    """The No-U-Turn Sampler, in the compiled program.

    The multinomial variant (Betancourt 2017) with dual averaging to ``target_accept_prob``, 0.8 by default, and a
    learnt mass matrix. With ``max_energy_diff``, ``exploration_shrinkage``, ``step_count_smoothing`` or ``decay_rate``
    it is run draw by draw, which is slower. See :class:`Sampler` for the arguments.

    References
    ----------
    Hoffman, M. D. & Gelman, A. (2014). The No-U-Turn Sampler. JMLR 15, 1593-1623.
    Betancourt, M. (2017). A conceptual introduction to Hamiltonian Monte Carlo. arXiv:1701.02434.
    """

    _name = "nuts"
    _kernel_keys = arguments.NUTS_KEYS
    _make = staticmethod(steps.nuts)
    _target_accept = 0.8
    stat_names = ("lp", "tree_size", "diverging", "energy", "mean_tree_accept")

    def _run(self, density: LogDensity, call: running.Call) -> Chains:
        if self._how.compiled:
            return running.compiled(density, call, self._how)
        return self._stepwise(density, call)


@register_sampler
class NUTSSimple(NUTS):
    """:class:`NUTS`, draw by draw, whose step size changes as that of :class:`HMCSimple`; the target is 0.75."""

    _name = "nuts_simple"
    _simple = True
    _adaptation_keys = arguments.SIMPLE_KEYS
    _target_accept = 0.75

    def _run(self, density: LogDensity, call: running.Call) -> Chains:
        return self._stepwise(density, call)


@register_sampler
class RandomWalkM(Sampler):
    """Random-walk Metropolis, for variables of any kind.

    Each variable is moved on its own by the step that suits it, and the scale of moves is tuned in the warm-up. With
    ``new_state_fn``, or ``defaults="pymc4"``, continuous and integer variables are moved all at once and untuned, as
    in PyMC4. See :class:`Sampler` for the other arguments.

    Parameters
    ----------
    model
        A model.
    new_state_fn
        A proposal of :mod:`~pm_migrate.shims.pymc4.state_functions`, or a function like those that
        ``tfp.mcmc.random_walk_normal_fn`` makes.

    References
    ----------
    Metropolis, N. et al. (1953). Equation of state calculations by fast computing machines. J. Chem. Phys. 21.
    """

    _name = "rwm"
    _kernel_keys = arguments.RWM_KEYS
    stat_names = ("mean_accept",)

    def _run(self, density: LogDensity, call: running.Call) -> Chains:
        return self._stepwise(density, call)

    @classmethod
    def _steps(cls, variables: Sequence[ValueInput], model: DensityModel, how: Options, dense: bool) -> list[Any]:
        return steps.random_walk(variables, model, how)


@register_sampler
class CompoundStep(Sampler):
    """Samplers one after another, each for its variables.

    Variables that ``sampler_methods`` does not name get NUTS, or Metropolis steps if they are discrete; without
    ``sampler_methods`` everything runs in the compiled program. Other keywords are those of :class:`NUTS`, for the
    variables that it takes by default. See :class:`Sampler` for the arguments.

    Parameters
    ----------
    model
        A model.
    sampler_methods
        Tuples ``(variables, sampler class)`` or ``(variables, sampler class, keywords)``. Variables are a name or a
        list of names, with or without the path of models. Those that share a sampler and its keywords are moved
        together.
    """

    _name = "compound"
    _kernel_keys = arguments.NUTS_KEYS
    _adaptation_keys = arguments.DUAL_KEYS
    _target_accept = 0.8

    def __init__(self, model: Model, *, sampler_methods: Sequence[Any] | None = None, **kwargs: Any) -> None:
        self._methods = [_entry(item) for item in sampler_methods or ()]
        super().__init__(model, **kwargs)

    def _run(self, density: LogDensity, call: running.Call) -> Chains:
        if self._methods or not self._how.compiled:
            return self._stepwise(density, call)
        return running.compiled(density, call, self._how)

    def _stepwise(self, density: LogDensity, call: running.Call) -> Chains:
        assigned = self._assigned(density)

        def make(model: DensityModel, dense: bool) -> list[Any]:
            made = []
            for sampler, how, names in assigned:
                made += sampler._steps([v for v in model.free_RVs if v.name in names], model, how, dense)
            return made

        return running.stepwise(density, call, self._how, make)

    @classmethod
    def _steps(cls, variables: Sequence[ValueInput], model: DensityModel, how: Options, dense: bool) -> list[Any]:
        raise ModelError("a CompoundStep cannot be a part of another one; name the samplers themselves")

    def _check(self, density: LogDensity) -> None:
        self._assigned(density)

    def _assigned(self, density: LogDensity) -> list[tuple[type[Sampler], Options, set[str]]]:
        """Samplers with their options and the names of their value variables, in the order of the variables.

        Raises
        ------
        ModelError
            For a variable that there is not, or a discrete one for a sampler with gradients.
        """
        assigned: dict[str, tuple[type[Sampler], dict[str, Any] | None]] = {}
        for wanted, sampler, keywords in self._methods:
            for v in _variables(density, wanted):
                if v.discrete and sampler._grad:
                    raise ModelError(
                        f"The `{_leaf(v.rv_name)}` doesn't support gradient, please provide an appropriate sampler "
                        "method: RandomWalkM"
                    )
                assigned[v.name] = sampler, keywords
        found: list[tuple[tuple[type[Sampler], dict[str, Any] | None], Options, set[str]]] = []
        for v in density.variables:
            chosen = assigned.get(v.name, (RandomWalkM if v.discrete else NUTS, None))
            same = next((names for other, _, names in found if other == chosen), None)
            if same is None:
                found.append((chosen, self._options(*chosen), {v.name}))
            else:
                same.add(v.name)
        return [(sampler, how, names) for (sampler, _), how, names in found]

    def _options(self, sampler: type[Sampler], keywords: Mapping[str, Any] | None) -> Options:
        """Options of one sampler: its own, or those of the whole for variables that were not assigned."""
        if keywords is None:
            return self._how
        return sampler._resolve(**{"defaults": "pymc4" if self._pymc4 else "pm_migrate", **keywords})[1]


def sampler_class(name: str) -> type[Sampler]:
    """A sampler by its name, PyMC4's later ``randomwalkm`` included.

    Raises
    ------
    KeyError
        With the names that there are.
    """
    found = reg_samplers.get("rwm" if name == "randomwalkm" else name)
    if found is None:
        raise KeyError(f"The given sampler doesn't exist: {name!r}. Please choose samplers from: {list(reg_samplers)}")
    return found


def _leaf(name: str) -> str:
    return NameParts.from_name(name).untransformed_name


def _variables(density: LogDensity, names: Sequence[str]) -> list[ValueVariable]:
    """Value variables by names of random or value variables, with or without the path of models."""
    found = []
    for name in names:
        own = [v for v in density.variables if name in (v.rv_name, v.name, _leaf(v.rv_name))]
        if not own:
            known = [v.rv_name for v in density.variables]
            raise ModelError(f"sampler_methods names {name!r}, which is no variable of the model; it has {known}")
        found += own
    return found


def _entry(item: Any) -> tuple[list[str], type[Sampler], dict[str, Any]]:
    """Names, sampler and keywords of an item of ``sampler_methods``."""
    if not isinstance(item, (tuple, list)) or len(item) not in (2, 3):
        raise IncorrectArgumentsError(
            "You need to provide `sampler_methods` as tuples of length 2 or 3, (variables, sampler class) or "
            f"(variables, sampler class, keywords); got {item!r}"
        )
    names, sampler, *rest = item
    if not (isinstance(sampler, type) and issubclass(sampler, Sampler)):
        raise ArgumentError(f"sampler_methods: {sampler!r} is no sampler class; give one as pm.RandomWalkM")
    return [names] if isinstance(names, str) else list(names), sampler, dict(rest[0] if rest else {})

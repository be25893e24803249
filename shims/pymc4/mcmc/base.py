"""What PyMC4's samplers have in common: they are made for a model, and called for draws."""

from __future__ import annotations

import abc
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pm_migrate.errors import IncorrectArgumentsError, ModelError
from pm_migrate.shims import inference, recording
from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.inference.chains import Chains
from pm_migrate.shims.pymc4.calls import density_of, from_state, integer_seed
from pm_migrate.shims.pymc4.compilation import complete
from pm_migrate.shims.pymc4.coroutine_model import Model
from pm_migrate.shims.pymc4.flow.state import SamplingState
from pm_migrate.shims.pymc4.mcmc import arguments, running, steps
from pm_migrate.shims.pymc4.mcmc.arguments import Options
from pm_migrate.shims.pymc4.mcmc.results import Wanted, inference_data, thinned
from pm_migrate.shims.step_methods.of_density import DensityModel, ValueInput


class Sampler(abc.ABC):
    """A sampler of one model.

    Parameters
    ----------
    model
        A model.
    target_accept, max_treedepth
        PyMC3's names of ``target_accept_prob`` and ``max_tree_depth``.
    adapt_mass_matrix
        Whether a mass matrix is learnt in the warm-up (and the scale of random walks). PyMC4 did not.
    defaults
        ``"pm_migrate"``, or ``"pymc4"`` for what PyMC4 did where nothing else is said: target 0.75, steps that begin at
        0.1 and do not vary, no mass matrix, starts that are not jittered; the log of the acceptance ratio in
        ``mean_tree_accept`` and unconstrained values in ``posterior``.
    **kwargs
        Keywords of TensorFlow Probability's kernel, its adaptation and ``sample_chain``; see
        :mod:`~pm_migrate.shims.pymc4.mcmc.arguments`.

    Raises
    ------
    TypeError
        For something else than a model, and for keywords that the sampler does not have.
    ValueError
        For a model with discrete variables if the sampler needs gradients, and for values that make no sense.
    NotSupported
        For keywords of TensorFlow Probability's that have no counterpart.

    Examples
    --------
    >>> import pm_migrate.pymc4 as pm
    >>> @pm.model
    ... def m():
    ...     yield pm.Normal("x", 0, 1)
    >>> trace = pm.HMC(m(), num_leapfrog_steps=5)(num_samples=10, num_chains=2, burn_in=10, progressbar=False)
    >>> trace.posterior["m/x"].shape
    (2, 10)
    """

    _name: ClassVar[str]
    _grad: ClassVar[bool] = False
    _kernel_keys: ClassVar[frozenset[str]]
    _adaptation_keys: ClassVar[frozenset[str]] = frozenset()
    stat_names: Sequence[str] = ()
    _target_accept: ClassVar[float] = 0.75

    def __init__(
        self,
        model: Model,
        *,
        target_accept: float | None = None,
        max_treedepth: int | None = None,
        adapt_mass_matrix: bool | None = None,
        defaults: str = "pm_migrate",
        _check_now: bool = True,
        **kwargs: Any,
    ) -> None:
        if not isinstance(model, Model):
            raise TypeError(
                f"`sample` function only supports `pm.Model` objects, but you've passed `{type(model)}`; call the "
                "template that pm.model made"
            )
        given = {"target_accept": target_accept, "max_treedepth": max_treedepth, "defaults": defaults, **kwargs}
        self.model = model
        self._pymc4 = defaults == "pymc4"
        groups, self._how = self._resolve(adapt_mass_matrix=adapt_mass_matrix, **given)
        self.kernel_kwargs, self.adaptation_kwargs, self.chain_kwargs = groups
        if _check_now and not recording.active:  # pm.sample has data that may take the place of the model's
            self._check(density_of(model, None))

    @classmethod
    def _resolve(
        cls,
        *,
        target_accept: float | None = None,
        max_treedepth: int | None = None,
        adapt_mass_matrix: bool | None = None,
        defaults: str = "pm_migrate",
        **kwargs: Any,
    ) -> tuple[Any, Options]:
        """The keywords of the constructor, sorted, and what they amount to."""
        if defaults not in ("pm_migrate", "pymc4"):
            raise ModelError(f"defaults={defaults!r}, but must be 'pm_migrate' or 'pymc4'")
        given = _renamed(kwargs, target_accept_prob=target_accept, max_tree_depth=max_treedepth)
        groups = arguments.sort_keywords(cls._name, cls._kernel_keys, cls._adaptation_keys, given)
        plain: dict[str, Any] = {"target_accept_prob": cls._target_accept}
        if defaults == "pymc4":
            plain = {"step_size": steps.FIRST_STEP, "vary_step_size": False}
        plain["adapt_mass_matrix"] = defaults != "pymc4" if adapt_mass_matrix is None else adapt_mass_matrix
        return groups, arguments.options(*groups, **plain)

    def sample(
        self,
        *,
        num_samples: int = 1000,
        num_chains: int = 10,
        burn_in: int = 100,
        observed: Mapping[str, Any] | None = None,
        state: SamplingState | None = None,
        use_auto_batching: bool = True,
        xla: bool = True,
        seed: int | None = None,
        trace_discrete: Sequence[str] | None = None,
        include_log_likelihood: bool = False,
        start: Mapping[str, Any] | None = None,
        init: str | None = None,
        include_transformed: bool | None = None,
        log_accept_ratio: bool | None = None,
        progressbar: bool = True,
        return_inferencedata: bool | None = True,
    ) -> Any:
        """Draw from the posterior; the arguments are those of :func:`pm_migrate.pymc4.sample`."""
        if state is not None and observed is not None:
            raise ModelError("Can't use both `state` and `observed` arguments")
        wanted = Wanted(
            include_transformed=self._pymc4 if include_transformed is None else include_transformed,
            log_accept_ratio=self._pymc4 if log_accept_ratio is None else log_accept_ratio,
            include_log_likelihood=include_log_likelihood,
            trace_discrete=trace_discrete,
            multi_trace=not return_inferencedata,
            target_accept=None if recording.active else self._how.target_accept_prob,
        )
        observed, start = from_state(state, observed, start)
        density = density_of(self.model, observed)
        if recording.active:
            recording.use(self.model)
            chains = inference.stand_in(self.model, density, num_chains, num_samples)
            return inference_data(self.model, density, chains, observed, wanted)
        self._check(density)
        self._say_adaptation(burn_in)
        left_out = self._how.num_steps_between_results
        call = running.Call(
            draws=max((num_samples - 1) * (left_out + 1) + 1, 0),
            tune=burn_in,
            chains=num_chains,
            seed=integer_seed(seed),
            start=None if start is None else complete(self.model, start, observed),
            init=init if init is not None else "adapt_diag" if self._pymc4 else "auto",
            jit=xla,
            progress=progressbar,
        )
        running.check(density, call)
        chains = thinned(self._run(density, call), left_out)
        return inference_data(self.model, density, chains, observed, wanted)

    __call__ = sample

    @abc.abstractmethod
    def _run(self, density: LogDensity, call: running.Call) -> Chains:
        """Make the chains."""

    @classmethod
    @abc.abstractmethod
    def _steps(cls, variables: Sequence[ValueInput], model: DensityModel, how: Options, dense: bool) -> list[Any]:
        """Step methods for some variables."""

    def _stepwise(self, density: LogDensity, call: running.Call) -> Chains:
        def make(model: DensityModel, dense: bool) -> list[Any]:
            return self._steps(model.free_RVs, model, self._how, dense)

        return running.stepwise(density, call, self._how, make)

    def _check(self, density: LogDensity) -> None:
        """Refuse discrete variables where a gradient is needed."""
        if self._grad and density.discrete:
            names = ", ".join(v.rv_name for v in density.discrete)
            raise ModelError(
                f"Discrete distributions can't be used with gradient-based sampler: {names}; leave sampler_type= out, "
                "or give 'compound'"
            )

    def _say_adaptation(self, burn_in: int) -> None:
        steps_ = self.adaptation_kwargs.get("num_adaptation_steps", burn_in)
        if steps_ != burn_in:
            warnings.warn(
                f"num_adaptation_steps={steps_} is replaced by burn_in={burn_in}, as PyMC4's sample did: the warm-up "
                "and the adaptation are the same draws",
                UserWarning,
                stacklevel=3,
            )


def _renamed(kwargs: Mapping[str, Any], **own: Any) -> dict[str, Any]:
    """Keywords with PyMC3's names of two of them replaced."""
    given = dict(kwargs)
    for name, value in own.items():
        if value is not None:
            if name in given:
                raise IncorrectArgumentsError(f"{name}= was given twice, once under PyMC3's name; give one of the two")
            given[name] = value
    return given

"""What Hamiltonian steps have in common (``pymc3.step_methods.hmc.base_hmc``)."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from pm_migrate.errors import SamplingError
from pm_migrate.shims.backends.report import SamplerWarning, WarningType
from pm_migrate.shims.model import Point, modelcontext
from pm_migrate.shims.step_methods.arraystep import GradientSharedStep
from pm_migrate.shims.step_methods.hmc.integration import CpuLeapfrogIntegrator, State
from pm_migrate.shims.step_methods.hmc.quadpotential import QuadPotential, QuadPotentialDiagAdapt, quad_potential
from pm_migrate.shims.step_methods.step_sizes import DualAverageAdaptation
from pm_migrate.shims.theano.config import floatX
from pm_migrate.shims.theanof import inputvars
from pm_migrate.shims.tuning.scaling import guess_scaling

#: The states of so many divergences are kept; the others are counted.
_KEPT_DIVERGENCES = 100
#: Terms of the log density beyond this are named when sampling cannot start.
_HUGE = 1e20


class HMCStepData(NamedTuple):
    """A transition: where it ended, its acceptance statistic, a divergence if there was one, and statistics."""

    end: Any
    accept_stat: float
    divergence_info: DivergenceInfo | None
    stats: dict[str, Any]


class DivergenceInfo(NamedTuple):
    """A divergence: in words, the exception if there was one, the last good state, and the bad one if there is one."""

    message: str
    exec_info: Exception | None
    state: State | None
    state_div: State | None


class BaseHMC(GradientSharedStep):
    """A Hamiltonian step; subclasses give the trajectory, ``_hamiltonian_step``.

    Parameters
    ----------
    vars
        Value variables to step; all continuous ones by default.
    scaling
        Precision matrix or its diagonal (covariance with ``is_cov``), or a point at which the diagonal of the second
        derivatives is taken. By default, a diagonal is learnt while tuning.
    step_scale
        First step size, times the fourth root of the number of elements.
    is_cov
        Whether ``scaling`` is a covariance matrix.
    model
        The model; the open one by default.
    blocked
        Step all variables together, otherwise one by one (a ``CompoundStep``).
    potential
        A :class:`~pm_migrate.shims.step_methods.hmc.quadpotential.QuadPotential`, in place of ``scaling``.
    dtype
        Of the position; ``floatX`` by default.
    Emax
        Error of the energy from which a trajectory counts as diverging.
    target_accept, gamma, k, t0
        Of the :class:`~pm_migrate.shims.step_methods.step_sizes.DualAverageAdaptation`.
    adapt_step_size
        Whether the step size is learnt while tuning.
    step_rand
        Function of the step size, which gives the one that is taken.
    **theano_kwargs
        For ``model.logp_dlogp_function``.

    Attributes
    ----------
    tune : bool
        Whether the step learns.
    potential : QuadPotential
    step_adapt : DualAverageAdaptation
    integrator : CpuLeapfrogIntegrator
    step_size : float
        Of the last transition.
    iter_count : int
        Transitions so far.

    Raises
    ------
    ValueError
        For both ``scaling`` and ``potential``, and for variables without a gradient.
    """

    default_blocked = True

    def __init__(
        self,
        vars: Sequence[Any] | None = None,
        scaling: Any = None,
        step_scale: float = 0.25,
        is_cov: bool = False,
        model: Any = None,
        blocked: bool = True,
        potential: QuadPotential | None = None,
        dtype: Any = None,
        Emax: float = 1000,
        target_accept: float = 0.8,
        gamma: float = 0.05,
        k: float = 0.75,
        t0: float = 10,
        adapt_step_size: bool = True,
        step_rand: Callable[[float], float] | None = None,
        **theano_kwargs: Any,
    ) -> None:
        self._model = modelcontext(model)
        vars = inputvars(self._model.cont_vars if vars is None else vars)
        super().__init__(vars, blocked=blocked, model=self._model, dtype=dtype, **theano_kwargs)
        self.adapt_step_size = adapt_step_size
        self.Emax = Emax
        self.iter_count = 0
        size = self._logp_dlogp_func.size
        self.step_size = step_scale / size**0.25
        self.step_adapt = DualAverageAdaptation(self.step_size, target_accept, gamma, k, t0)
        self.target_accept = target_accept
        self.tune = True
        if isinstance(scaling, Mapping):
            scaling = guess_scaling(Point(scaling, model=self._model), model=self._model, vars=vars)
        if scaling is not None and potential is not None:
            raise ValueError("Can not specify both potential and scaling.")
        if scaling is not None:
            potential = quad_potential(scaling, is_cov)
        elif potential is None:
            potential = QuadPotentialDiagAdapt(size, floatX(np.zeros(size)), floatX(np.ones(size)), 10)
        self.potential = potential
        self.integrator = CpuLeapfrogIntegrator(self.potential, self._logp_dlogp_func)
        self._step_rand = step_rand
        self._warnings: list[SamplerWarning] = []
        self._samples_after_tune = 0
        self._num_divs_sample = 0

    def __copy__(self) -> Any:
        """A step with the same compiled log density that learns on its own, for another chain."""
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made.potential, made.step_adapt = copy.deepcopy(self.potential), copy.deepcopy(self.step_adapt)
        made.integrator = CpuLeapfrogIntegrator(made.potential, self._logp_dlogp_func)
        made._warnings = list(self._warnings)
        return made

    def _hamiltonian_step(self, start: State, p0: np.ndarray, step_size: float) -> HMCStepData:
        """Make a trajectory from ``start``, whose momentum is ``p0``, and choose the next state."""
        raise NotImplementedError(f"{type(self).__name__} has no _hamiltonian_step")

    def astep(self, q0: np.ndarray) -> tuple[np.ndarray, list[dict[str, Any]]]:
        """One transition of a flat array.

        Raises
        ------
        SamplingError
            When the energy is not finite at the start.
        """
        perf_start, process_start = time.perf_counter(), time.process_time()
        p0 = self.potential.random()
        start = self.integrator.compute_state(q0, p0)
        if not np.isfinite(start.energy):
            self._refuse_start()
        adapts = self.tune and self.adapt_step_size
        self.step_size = step_size = self.step_adapt.current(adapts)
        if self._step_rand is not None:
            step_size = self._step_rand(step_size)
        with np.errstate(over="ignore", invalid="ignore"):  # of a trajectory that diverges, which is reported
            done = self._hamiltonian_step(start, p0, step_size)
        perf_end, process_end = time.perf_counter(), time.process_time()

        self.step_adapt.update(done.accept_stat, adapts)
        self.potential.update(done.end.q, done.end.q_grad, self.tune)
        if done.divergence_info:
            self._note_divergence(done.divergence_info)
        self.iter_count += 1
        if not self.tune:
            self._samples_after_tune += 1
        stats = {
            "tune": self.tune,
            "diverging": bool(done.divergence_info),
            "perf_counter_diff": perf_end - perf_start,
            "process_time_diff": process_end - process_start,
            "perf_counter_start": perf_start,
            **done.stats,
            **self.step_adapt.stats(),
        }
        return done.end.q, [stats]

    def _refuse_start(self) -> None:
        terms = self._model.check_test_point()
        bad = terms[(np.abs(terms) >= _HUGE) | np.isnan(terms)]
        self.potential.raise_ok(self._logp_dlogp_func._ordering.vmap)
        message = (
            "Bad initial energy, check any log probabilities that are inf or -inf, nan or very small:\n"
            f"{bad.to_string()}"
        )
        self._warnings.append(SamplerWarning(WarningType.BAD_ENERGY, message, "critical", self.iter_count))
        raise SamplingError("Bad initial energy")

    def _note_divergence(self, info: DivergenceInfo) -> None:
        kind = WarningType.TUNING_DIVERGENCE if self.tune else WarningType.DIVERGENCE
        details: dict[str, Any] = {}
        if not self.tune:
            self._num_divs_sample += 1
            if self._num_divs_sample < _KEPT_DIVERGENCES:
                details = {
                    "divergence_point_source": self._point(info.state),
                    "divergence_point_dest": self._point(info.state_div),
                    "divergence_info": info,
                }
        warning = SamplerWarning(kind, info.message, "debug", self.iter_count, info.exec_info, **details)
        self._warnings.append(warning)

    def _point(self, state: State | None) -> dict[str, np.ndarray] | None:
        return None if state is None else self._logp_dlogp_func.array_to_dict(state.q)

    def reset_tuning(self, start: Any = None) -> None:
        """Forget the step size and the scale that were learnt."""
        self.step_adapt.reset()
        self.reset(start=None)

    def reset(self, start: Any = None) -> None:
        """Forget the scale that was learnt, and begin to tune."""
        self.tune = True
        self.potential.reset()

    def warnings(self) -> list[SamplerWarning]:
        """What there is to say about the transitions so far: each divergence, and what they amount to."""
        found = list(self._warnings)
        count = self._num_divs_sample
        advice = "Increase `target_accept` or reparameterize."
        message = ""
        if count and self._samples_after_tune == count:
            message = "The chain contains only diverging samples. The model is probably misspecified."
        elif count == 1:
            message = f"There was 1 divergence after tuning. {advice}"
        elif count > 1:
            message = f"There were {count} divergences after tuning. {advice}"
        if message:
            found.append(SamplerWarning(WarningType.DIVERGENCES, message, "error"))
        return [*found, *self.step_adapt.warnings()]

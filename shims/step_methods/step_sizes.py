"""The step size of Hamiltonian steps by dual averaging (``pymc3.step_methods.step_sizes``)."""

from __future__ import annotations

import numpy as np

from pm_migrate.shims.backends.report import SamplerWarning, WarningType

#: Draws that a mean acceptance is trusted as: more would call a harmless mismatch one.
_TRUSTED = 100


class DualAverageAdaptation:
    """Find the step size whose mean acceptance statistic is the target.

    Parameters
    ----------
    initial_step
        First step size.
    target
        Mean acceptance statistic to reach.
    gamma
        Strength of the pull to ten times the first step size.
    k
        Exponent with which the running mean forgets; in (0.5, 1].
    t0
        Draws by which early ones are damped.

    References
    ----------
    Hoffman, M. D. & Gelman, A. (2014). The No-U-Turn Sampler. JMLR 15, 1593-1623 (section 3.2, equation 6).

    Examples
    --------
    >>> adaptation = DualAverageAdaptation(0.5, target=0.8, gamma=0.05, k=0.75, t0=10)
    >>> adaptation.update(1.0, tune=True)  # everything was accepted: longer steps
    >>> bool(adaptation.current(tune=True) > 0.5)
    True
    """

    def __init__(self, initial_step: float, target: float, gamma: float, k: float, t0: float) -> None:
        self._initial_step = initial_step
        self._target = target
        self._k = k
        self._t0 = t0
        self._gamma = gamma
        self.reset()

    def reset(self) -> None:
        """Forget all draws."""
        self._log_step = np.log(self._initial_step)
        self._log_bar = self._log_step
        self._hbar = 0.0
        self._count = 1
        self._mu = np.log(10 * self._initial_step)
        self._tuned_stats: list[float] = []

    def current(self, tune: bool) -> float:
        """The step size to take: the next trial while tuning, the running mean afterwards."""
        return np.exp(self._log_step if tune else self._log_bar)

    def update(self, accept_stat: float, tune: bool) -> None:
        """Learn from the acceptance statistic of a draw; without ``tune`` it is kept for :meth:`warnings` alone."""
        if not tune:
            self._tuned_stats.append(accept_stat)
            return
        count = self._count
        weight = 1.0 / (count + self._t0)
        self._hbar = (1 - weight) * self._hbar + weight * (self._target - accept_stat)
        self._log_step = self._mu - self._hbar * np.sqrt(count) / self._gamma
        newest = count**-self._k
        self._log_bar = newest * self._log_step + (1 - newest) * self._log_bar
        self._count = count + 1

    def stats(self) -> dict[str, float]:
        """``step_size``, the next trial, and ``step_size_bar``, the running mean."""
        return {"step_size": np.exp(self._log_step), "step_size_bar": np.exp(self._log_bar)}

    def warnings(self) -> list[SamplerWarning]:
        """A warning when the draws after tuning were accepted far more or less than the target says.

        The target has to lie in the central 95 % of a Beta distribution that takes the mean acceptance for a share of
        (at most) 100 draws.
        """
        from scipy import stats

        if not self._tuned_stats:
            return []
        mean = np.mean(self._tuned_stats)
        size = min(_TRUSTED, len(self._tuned_stats))
        lower, upper = stats.beta(mean * size + 1, (1 - mean) * size + 1).interval(0.95)
        if lower <= self._target <= upper:
            return []
        message = (
            f"The acceptance probability does not match the target. It is {mean}, but should be close to "
            f"{self._target}. Try to increase the number of tuning steps."
        )
        info = {"target": self._target, "actual": mean}
        return [SamplerWarning(WarningType.BAD_ACCEPTANCE, message, "warn", extra=info)]


class MultiplicativeAdaptation(DualAverageAdaptation):
    """Lengthen the step by a fixed share after each draw that was accepted more than the target says, else shorten it.

    The rule of ``tfp.mcmc.SimpleStepSizeAdaptation``. It forgets nothing and does not average: the last step size of
    the warm-up is the one that stays.

    Parameters
    ----------
    initial_step, target
        As for :class:`DualAverageAdaptation`.
    rate
        Each draw multiplies or divides the step size by ``1 + rate``.

    References
    ----------
    Andrieu, C. & Thoms, J. (2008). A tutorial on adaptive MCMC. Statistics and Computing 18, 343-373 (equation 19).

    Examples
    --------
    >>> adaptation = MultiplicativeAdaptation(0.5, target=0.75, rate=0.01)
    >>> adaptation.update(0.9, tune=True)
    >>> float(adaptation.current(tune=False).round(6))
    0.505
    """

    def __init__(self, initial_step: float, target: float, rate: float = 0.01) -> None:
        self._log_factor = np.log1p(rate)
        super().__init__(initial_step, target, gamma=np.nan, k=np.nan, t0=np.nan)

    def update(self, accept_stat: float, tune: bool) -> None:
        if not tune:
            self._tuned_stats.append(accept_stat)
            return
        self._log_step += self._log_factor if accept_stat > self._target else -self._log_factor
        self._log_bar = self._log_step

"""``pymc3.variational.inference``: fitting an approximation, and ``pm.fit``."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from pm_migrate.shims import recording
from pm_migrate.shims.model.functions import modelcontext
from pm_migrate.shims.model.profiling import ProfileStats
from pm_migrate.shims.variational import test_functions
from pm_migrate.shims.variational.approximations import Empirical, FullRank, MeanField, NormalizingFlow
from pm_migrate.shims.variational.nodes import AEVBInferenceError
from pm_migrate.shims.variational.operators import KL, KSD
from pm_migrate.shims.variational.progress import FitProgress
from pm_migrate.shims.variational.stepping import Stepper

__all__ = [
    "ADVI",
    "ASVGD",
    "NFVI",
    "SVGD",
    "FullRankADVI",
    "ImplicitGradient",
    "Inference",
    "KLqp",
    "fit",
]

_log = logging.getLogger("pymc3")

_SHOWN = 1000  # losses that the average is taken over
_RECORDED = 100_000  # losses of a fit that is not made, at most
_TRACKING = "http://docs.pymc.io/notebooks/variational_api_quickstart.html#Tracking-parameters"

Callback = Callable[[Any, Any, int], Any]


class State(NamedTuple):
    """Where a fit has come to."""

    i: int
    step: Callable[[], Any]
    callbacks: Sequence[Callback]
    score: bool


class Inference:
    """An objective, and the fit of its approximation.

    Parameters
    ----------
    op
        Class of the operator.
    approx
        The approximation.
    tf
        Test function of the operator, or None.
    **kwargs
        For the operator.

    Attributes
    ----------
    hist : ndarray
        The loss before each iteration so far.
    """

    def __init__(self, op: Any, approx: Any, tf: Any, **kwargs: Any) -> None:
        self.hist: np.ndarray = np.asarray(())
        self.objective = op(approx, **kwargs)(tf)
        self.state: State | None = None
        self._stepper: Stepper | None = None

    approx = property(lambda self: self.objective.approx)

    def _maybe_score(self, score: bool | None) -> bool:
        """Whether losses are computed: where there are any, unless they are not wanted."""
        has_loss = self.objective.op.returns_loss
        if score is None:
            return has_loss
        if score and not has_loss:
            warnings.warn(
                f"method `fit` got `score == True` but {self.objective.op} does not return loss. "
                "Ignoring `score` argument",
                stacklevel=3,
            )
            return False
        return score

    def run_profiling(self, n: int = 1000, score: bool | None = None, **kwargs: Any) -> ProfileStats:
        """Make ``n`` steps one by one, and time them.

        Parameters
        ----------
        n
            Number of iterations; Ctrl-C ends them early.
        score
            Whether the loss is computed.
        **kwargs
            As for :meth:`fit`.
        """
        kwargs["fn_kwargs"] = {**(kwargs.get("fn_kwargs") or {}), "profile": True}
        stats = ProfileStats()
        step = stats.timed(self.objective.step_function(score=self._maybe_score(score), **kwargs))
        try:
            for _ in range(n):
                step()
        except KeyboardInterrupt:
            pass
        return stats

    def fit(
        self,
        n: int = 10000,
        score: bool | None = None,
        callbacks: Sequence[Callback] | None = None,
        progressbar: bool = True,
        *,
        step: Callable[[], Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Fit the approximation.

        Parameters
        ----------
        n
            Number of iterations. Ctrl-C ends the fit, and keeps what was fitted.
        score
            Whether the loss of each iteration is computed; by default where there is one.
        callbacks
            Called as ``callback(approx, losses, i)`` after iteration ``i``; ``StopIteration`` from one ends the fit.
        progressbar
            Whether to show the progress, where somebody can see it.
        step
            Function that makes one step and gives the loss before it, in place of the objective's (not in PyMC3).
        **kwargs
            ``obj_n_mc``, ``tf_n_mc``, ``obj_optimizer``, ``test_optimizer``, ``more_obj_params``, ``more_tf_params``,
            ``more_updates``, ``more_replacements``, ``total_grad_norm_constraint``, ``fn_kwargs``, of
            :meth:`~pm_migrate.shims.variational.objectives.ObjectiveFunction.step_function`.

        Returns
        -------
        Approximation
            With the losses in ``hist``.

        Raises
        ------
        FloatingPointError
            When the loss, or without losses a parameter, becomes NaN; names the variables.
        """
        scored = self._maybe_score(score)
        if recording.active:
            return self._stand_still(n, callbacks)
        step = self.objective.step_function(score=scored, **kwargs) if step is None else step
        state = self._iterate(0, n, State(0, step, list(callbacks or []), scored), progressbar)
        self.approx.hist = self.hist  # PyMC3's way to the losses for pm.fit
        self.state = state
        return self.approx

    def refine(self, n: int, progressbar: bool = True) -> None:
        """Go on with the last fit: its step, callbacks and optimiser.

        Parameters
        ----------
        n
            Number of iterations.
        progressbar
            Whether to show the progress.

        Raises
        ------
        TypeError
            Before any fit.
        """
        if recording.active:
            self._stand_still(n, None)
            return
        if self.state is None:
            raise TypeError("Need to call `.fit` first")
        self.state = self._iterate(self.state.i, n, self.state, progressbar)

    def _stand_still(self, n: int, callbacks: Sequence[Callback] | None) -> Any:
        """What a recording gets for a fit: the approximation as it began, and losses that fall."""
        recording.use(self.approx.model)
        self.hist = self.approx.hist = np.linspace(1.0, 0.0, max(1, min(int(n), _RECORDED)))
        try:
            for i in range(1, 4):
                for callback in callbacks or ():
                    callback(self.approx, self.hist[:i], i)
        except StopIteration:
            pass
        return self.approx

    def _iterate(self, before: int, n: int, state: State, progressbar: bool) -> State:
        """Make ``n`` iterations after ``before`` earlier ones."""
        params = self.approx.params
        if self._stepper is None or self._stepper.step is not state.step:
            self._stepper = Stepper(state.step, params[0] if params else None, state.score)
        losses = np.full(n, np.nan)
        done = at = 0  # iterations made, and the one that is being made, as PyMC3 counts it
        try:
            with FitProgress(progressbar, n) as progress:
                for block in self._stepper.iterate(n, one_by_one=bool(state.callbacks)):
                    at = done + len(block.losses) - 1
                    losses[done : at + 1] = block.losses
                    if block.failed:
                        self._fail(losses[:at], state.score)
                    done = at + 1
                    if progress.shown:
                        progress.show(done, _average(losses[:done]) if state.score else None)
                    for callback in state.callbacks:
                        callback(self.approx, losses[:done] if state.score else None, done + before)
                    at = min(done, n - 1)
        except (KeyboardInterrupt, StopIteration) as stopped:
            losses = losses[:at]
            if isinstance(stopped, StopIteration):
                _log.info(str(stopped))
            share = 100 * at // n
            self._report(f"Interrupted at {at:,d} [{share:.0f}%]", losses, n, state.score)
        else:
            self._report("Finished [100%]", losses, n, state.score)
        if state.score:
            self.hist = np.concatenate([self.hist, losses])
        return state._replace(i=at + before)

    @staticmethod
    def _report(what: str, losses: np.ndarray, n: int, scored: bool) -> None:
        if not scored:
            return
        if n < 10:
            last = losses[-1] if len(losses) else np.nan
            _log.info(f"{what}: Loss = {last:,.5g}")
        else:
            _log.info(f"{what}: Average Loss = {_average(losses):,.5g}")

    def _fail(self, losses: np.ndarray, scored: bool) -> None:
        """Raise for a NaN, with the elements of variables whose parameter has become one."""
        if scored:
            self.hist = np.concatenate([self.hist, losses])
        message = ["NaN occurred in optimization. "]
        params = self.approx.params
        if params:
            ordering = self.approx.groups[0].ordering
            names = [(place.var, j) for place in ordering.vmap for j in range(place.slc.stop - place.slc.start)]
            bad = np.flatnonzero(np.isnan(params[0].get_value(borrow=True)))
            told = [names[i] for i in bad if i < len(names)]
            message += [f"The current approximation of RV `{name}`.ravel()[{j}] is NaN." for name, j in told]
            if len(told) == len(bad):
                message.append(f"Try tracking this parameter: {_TRACKING}")
        raise FloatingPointError("\n".join(message))


def _average(losses: np.ndarray) -> float:
    """Mean of the last finite losses."""
    recent = losses[-_SHOWN:]
    recent = recent[np.isfinite(recent)]
    return float(recent.mean()) if len(recent) else float("nan")


class KLqp(Inference):
    """Fits an approximation by its Kullback-Leibler divergence from the posterior.

    Parameters
    ----------
    approx
        An approximation with a log density.
    beta
        Weight of the divergence from the prior (Higgins et al., 2017; Burgess et al., 2017).
    """

    def __init__(self, approx: Any, beta: float = 1.0) -> None:
        super().__init__(KL, approx, None, beta=beta)


class ADVI(KLqp):
    """Automatic differentiation variational inference (Kucukelbir et al., 2017): independent normal distributions.

    Parameters
    ----------
    local_rv
        Parameters of local variables: ``{z: dict(mu=mu, rho=rho)}`` (Kingma and Welling, 2014).
    model, random_seed
        The model, and the seed of the approximation's own random numbers.
    start
        Point at which the means begin; the deviations begin at ``log(2)``.

    Examples
    --------
    >>> import pm_migrate.shims as pm
    >>> with pm.Model():
    ...     x = pm.Normal("x", 3.0, 1.0)
    ...     approx = pm.ADVI(random_seed=1).fit(10, progressbar=False)
    >>> len(approx.hist)
    10
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(MeanField(*args, **kwargs))


class FullRankADVI(KLqp):
    """The same with a multivariate normal distribution; parameters of :class:`ADVI`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(FullRank(*args, **kwargs))


class ImplicitGradient(Inference):
    """Fits any approximation from which can be drawn, by a kernel.

    Parameters
    ----------
    approx
        The approximation.
    estimator
        Class of the operator.
    kernel
        Its test function.
    **kwargs
        For the operator, as ``temperature``.
    """

    def __init__(self, approx: Any, estimator: Any = KSD, kernel: Any = test_functions.rbf, **kwargs: Any) -> None:
        super().__init__(op=estimator, approx=approx, tf=kernel, **kwargs)


class SVGD(ImplicitGradient):
    """Stein variational gradient descent (Liu and Wang, 2016): particles that move together.

    Parameters
    ----------
    n_particles
        Number of particles.
    jitter
        Standard deviation of the particles at the beginning.
    model, random_seed
        The model, and the seed of the approximation's own random numbers; the particles begin with NumPy's.
    start
        Point around which they begin.
    estimator, kernel, **kwargs
        As for :class:`ImplicitGradient`.

    Raises
    ------
    AEVBInferenceError
        For ``local_rv=``.
    """

    def __init__(
        self,
        n_particles: int = 100,
        jitter: float = 1,
        model: Any = None,
        start: Mapping[str, Any] | None = None,
        random_seed: int | None = None,
        estimator: Any = KSD,
        kernel: Any = test_functions.rbf,
        **kwargs: Any,
    ) -> None:
        if kwargs.get("local_rv") is not None:
            raise AEVBInferenceError("SVGD does not support local groups")
        approx = Empirical(size=n_particles, jitter=jitter, start=start, model=model, random_seed=random_seed)
        super().__init__(approx=approx, estimator=estimator, kernel=kernel, **kwargs)


class ASVGD(ImplicitGradient):
    """Amortised Stein variational gradient descent (Wang, Feng and Liu, 2016): samples in place of particles.

    Parameters
    ----------
    approx
        The approximation; :class:`FullRank` by default.
    estimator, kernel, **kwargs
        As for :class:`ImplicitGradient`; ``model`` and ``local_rv`` for the default approximation.
    """

    def __init__(
        self, approx: Any = None, estimator: Any = KSD, kernel: Any = test_functions.rbf, **kwargs: Any
    ) -> None:
        warnings.warn(
            "You are using experimental inference Operator: ASVGD often underestimates the posterior variance at "
            "temperature = 1, its default, which suits few dimensions and many samples (obj_n_mc). A higher "
            "temperature spreads the samples, a lower one seldom helps.",
            stacklevel=2,
        )
        if approx is None:
            approx = FullRank(model=kwargs.pop("model", None), local_rv=kwargs.pop("local_rv", None))
        super().__init__(estimator=estimator, approx=approx, kernel=kernel, **kwargs)

    def fit(
        self,
        n: int = 10000,
        score: bool | None = None,
        callbacks: Sequence[Callback] | None = None,
        progressbar: bool = True,
        obj_n_mc: int = 500,
        **kwargs: Any,
    ) -> Any:
        """Fit with ``obj_n_mc`` samples in each iteration; see :meth:`Inference.fit`."""
        return super().fit(n, score, callbacks, progressbar, obj_n_mc=obj_n_mc, **kwargs)

    def run_profiling(
        self, n: int = 1000, score: bool | None = None, obj_n_mc: int = 500, **kwargs: Any
    ) -> ProfileStats:
        """Time steps of ``obj_n_mc`` samples; see :meth:`Inference.run_profiling`."""
        return super().run_profiling(n, score, obj_n_mc=obj_n_mc, **kwargs)


class NFVI(KLqp):
    """Normalizing flows (Rezende and Mohamed, 2015).

    Parameters
    ----------
    flow
        Formula, such as ``scale-planar*4-loc``; by default ``scale-loc``, which is mean field. See
        :mod:`~pm_migrate.shims.variational.flows`.
    model, random_seed
        As for :class:`ADVI`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(NormalizingFlow(*args, **kwargs))


_METHODS: dict[str, Callable[..., Inference]] = {
    "advi": ADVI,
    "fullrank_advi": FullRankADVI,
    "svgd": SVGD,
    "asvgd": ASVGD,
    "nfvi": NFVI,
}


def fit(
    n: int = 10000,
    local_rv: Mapping[Any, Any] | None = None,
    method: Any = "advi",
    model: Any = None,
    random_seed: int | None = None,
    start: Mapping[str, Any] | None = None,
    inf_kwargs: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """Approximate the posterior of a model: PyMC3's ``pm.fit``.

    Parameters
    ----------
    n
        Number of iterations.
    local_rv
        Parameters of local variables.
    method
        ``advi``, ``fullrank_advi``, ``svgd``, ``asvgd``, ``nfvi``, ``nfvi=<formula>``, or an :class:`Inference`.
    model
        The model, that which is open by default.
    random_seed
        Seed of the approximation's own random numbers.
    start
        Point at which it begins.
    inf_kwargs
        Further arguments of the method's class.
    **kwargs
        As for :meth:`Inference.fit`.

    Returns
    -------
    Approximation

    Raises
    ------
    KeyError
        For a name that is no method.
    TypeError
        For what is neither a name nor an :class:`Inference`.

    Examples
    --------
    >>> import pm_migrate.shims as pm
    >>> with pm.Model():
    ...     x = pm.Normal("x", 0.0, 1.0)
    ...     approx = pm.fit(10, method="fullrank_advi", random_seed=1, progressbar=False)
    >>> approx.sample(5)["x"].shape
    (5,)
    """
    options = dict(inf_kwargs or {})
    given = {"local_rv": local_rv, "random_seed": random_seed, "start": start}
    options.update({name: value for name, value in given.items() if value is not None})
    wrong = f"method should be one of {sorted(_METHODS)}, nfvi=<formula>, or an Inference instance, not {method!r}"
    if isinstance(method, Inference):
        return method.fit(n, **kwargs)
    if not isinstance(method, str):
        raise TypeError(wrong)
    name, equals, formula = method.lower().partition("=")
    if name not in _METHODS or (equals and name != "nfvi"):
        raise KeyError(wrong)
    options["model"] = modelcontext(model)
    return _METHODS[name](*([formula] if equals else []), **options).fit(n, **kwargs)

"""Approximations of posteriors, and ``pm.fit``: PyMC4's ``pymc4.variational.approximations``."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
import tensorflow as tf

from pm_migrate.errors import NotSupported
from pm_migrate.shims import recording
from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.pymc4.compilation import complete
from pm_migrate.shims.pymc4.coroutine_model import Model
from pm_migrate.shims.pymc4.pymc3_variational import fit as pymc3_fit
from pm_migrate.shims.pymc4.pymc3_variational import is_pymc3s
from pm_migrate.shims.pymc4.variational import updates
from pm_migrate.shims.pymc4.variational.callbacks import Watching
from pm_migrate.shims.pymc4.variational.foreign import ForeignSteps, is_foreign
from pm_migrate.shims.pymc4.variational.lowrank import LowRankNormal
from pm_migrate.shims.pymc4.variational.standing_in import model_of
from pm_migrate.shims.variational.approximations import FullRank as FullRankNormal
from pm_migrate.shims.variational.approximations import MeanField as MeanFieldNormal
from pm_migrate.shims.variational.inference import KLqp

__all__ = ["ADVIFit", "Approximation", "FullRank", "LowRank", "MeanField", "fit"]

Tensor = Any
#: Options of ``tfp.vi.fit_surrogate_posterior`` that decide how PyMC4's program ran, and nothing here.
_WITHOUT_EFFECT = frozenset({"jit_compile", "name"})


class Approximation:
    """An approximation of the posterior in the unconstrained space: PyMC4's base class.

    Parameters
    ----------
    model
        A model without discrete variables.
    random_seed
        Seed of its random numbers; from NumPy's global state when None.
    start
        Where the means begin: values by name of a random variable or its transform, the rest at the test point; or
        ``"random"``, standard normal numbers in the unconstrained space, as in PyMC4. The test point by default.
    **options
        For the family.

    Attributes
    ----------
    model : Model
        The model.
    approx : pm_migrate.shims.variational.Approximation
        The family in the drop-in's form: ``approx.mean.eval()``, ``approx.std.eval()``, ``approx.cov.eval()``, in the
        order of :attr:`unobserved_keys`.
    losses : ndarray
        The loss before each iteration so far.

    Raises
    ------
    TypeError
        For what is not a model, for instance a template that was not called.
    ValueError
        For a model without unobserved variables, or with discrete ones.
    """

    family: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        model: Model | None = None,
        random_seed: int | None = None,
        *,
        start: Mapping[str, Any] | str | None = None,
        **options: Any,
    ) -> None:
        if not isinstance(model, Model):
            raise TypeError(
                f"`fit` function only supports `pymc4.Model` objects, but you've passed `{type(model)}`; a template "
                "becomes a model by calling it"
            )
        self.model = model
        recording.use(model)
        self._density: LogDensity = recording.density(model)
        if random_seed is None and not recording.active:
            random_seed = int(np.random.randint(2**31 - 1))
        stand_in = model_of(self._density)
        self.approx = self.family(
            model=stand_in, random_seed=random_seed, start=self._start(start, random_seed), **options
        )
        self._inference = KLqp(self.approx)

    def _start(self, start: Mapping[str, Any] | str | None, seed: int | None) -> Mapping[str, Any] | None:
        if start is None:
            return None
        if not isinstance(start, str):
            return complete(self.model, start)
        if start != "random":
            raise ValueError(f"start={start!r} is neither a point, 'random' nor None")
        rng = np.random.default_rng(seed)
        return {v.name: rng.standard_normal(v.shape) for v in self._density.variables}

    @property
    def unobserved_keys(self) -> list[str]:
        """Names of the value variables, in order."""
        return [v.name for v in self._density.variables]

    @property
    def losses(self) -> np.ndarray:
        return self._inference.hist

    def target_log_prob(self, *values: Any) -> Tensor:
        """Log density of the model, Jacobians included.

        Parameters
        ----------
        *values
            Unconstrained values in the order of :attr:`unobserved_keys`, ``(n, *shape)`` each.

        Returns
        -------
        Tensor
            Shape ``(n,)``.
        """
        tensors = {
            v.name: tf.cast(tf.convert_to_tensor(x), v.dtype)
            for v, x in zip(self._density.variables, values, strict=True)
        }
        return tf.vectorized_map(self._density.logp, tensors)

    def sample(self, n: int) -> Any:
        """Draw from the approximation.

        Parameters
        ----------
        n
            Number of draws.

        Returns
        -------
        InferenceData
            One chain. As from :func:`pm.sample`, ``posterior`` has random variables and deterministics, and
            ``unconstrained_posterior`` the values of transformed variables.
        """
        from pm_migrate.shims import inference
        from pm_migrate.shims.inference.trace import attributes, dataset

        if recording.active:
            chains = inference.stand_in(self.model, self._density, 1, n, statistics=False)
        else:
            drawn = {name: np.asarray(x)[None] for name, x in self.approx.sample_dict_fn(n).items()}
            chains = inference.chains_from_values(drawn)
        data = inference.to_inference_data(self._density, chains)
        transformed = {v.name: chains.values[v.name] for v in self._density.variables if v.transform is not None}
        if transformed:
            with warnings.catch_warnings():
                # ArviZ knows no name for unconstrained draws
                warnings.filterwarnings("ignore", message=".*not defined in the InferenceData scheme")
                data.add_groups({"unconstrained_posterior": dataset(transformed, None, attributes(None))})
        return data

    def fit(
        self,
        num_steps: int = 10000,
        sample_size: int = 1,
        optimizer: Any = None,
        *,
        callbacks: Sequence[Callable[..., Any]] | None = None,
        convergence_criterion: Any = None,
        progressbar: bool = True,
    ) -> ADVIFit:
        """Go on with the fit; the parameters are those of :func:`fit`."""
        watching = list(callbacks or [])
        criterion = None
        if convergence_criterion is not None:
            criterion = Watching(convergence_criterion, self.approx.params)
            watching.append(criterion)
        rule = updates.adam() if optimizer is None else optimizer
        done = len(self.losses)
        inference = ForeignSteps(self._inference, rule) if is_foreign(rule) else self._inference
        inference.fit(num_steps, obj_n_mc=sample_size, obj_optimizer=rule, callbacks=watching, progressbar=progressbar)
        losses = self.losses[done:]
        if criterion is not None and criterion.converged:
            losses = np.pad(losses, (0, num_steps - len(losses)), mode="edge")
        return ADVIFit(self, tf.constant(losses, self.model.floatx))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.model!r}>"


class MeanField(Approximation):
    """Independent normal distributions in the unconstrained space (Kucukelbir et al., 2017).

    The parameters are those of :class:`Approximation`. The deviations begin at ``log(2)``, as in PyMC3.

    Examples
    --------
    >>> import pm_migrate.pymc4 as pm
    >>> @pm.model
    ... def m():
    ...     x = yield pm.Normal("x", 3.0, 1.0)
    >>> advi = pm.fit(method=pm.MeanField(m(), random_seed=1), num_steps=10, progressbar=False)
    >>> advi.losses.shape
    TensorShape([10])
    >>> advi.approximation.sample(5).posterior["m/x"].shape
    (1, 5)
    """

    family = MeanFieldNormal


class FullRank(Approximation):
    """A multivariate normal distribution of all variables together in the unconstrained space.

    The parameters are those of :class:`Approximation`. In PyMC4 each variable had a multivariate normal distribution of
    its own, so that variables were independent of each other; here they are not. The factor begins at the identity.
    """

    family = FullRankNormal


class LowRank(Approximation):
    """A multivariate normal distribution of which the covariance is a diagonal and a matrix of low rank.

    PyMC4 has the name alone. See :class:`~pm_migrate.shims.pymc4.variational.lowrank.LowRankGroup`.

    Parameters
    ----------
    model, random_seed, start
        As for :class:`Approximation`.
    rank
        Rank of the matrix; the whole part of the root of the number of dimensions by default.
    """

    family = LowRankNormal


_METHODS: dict[str, type[Approximation]] = {"advi": MeanField, "fullrank_advi": FullRank, "lowrank_advi": LowRank}


class ADVIFit(NamedTuple):
    """The result of :func:`fit`.

    Parameters
    ----------
    approximation
        The fitted approximation.
    losses
        The negative evidence lower bound before each iteration, a tensor of shape ``(num_steps,)``.
    """

    approximation: Approximation
    losses: Tensor


def fit(
    model: Model | None = None,
    method: str | Approximation = "advi",
    num_steps: int = 10000,
    sample_size: int = 1,
    random_seed: int | None = None,
    optimizer: Any = None,
    *,
    start: Mapping[str, Any] | str | None = None,
    callbacks: Sequence[Callable[..., Any]] | None = None,
    convergence_criterion: Any = None,
    progressbar: bool = True,
    **kwargs: Any,
) -> Any:
    """Fit an approximation to the posterior by its Kullback-Leibler divergence.

    Parameters
    ----------
    model
        A model.
    method
        ``advi``, ``fullrank_advi``, ``lowrank_advi``, or an :class:`Approximation`, which has its model and is fitted
        further.
    num_steps
        Number of iterations. Ctrl-C ends the fit, and keeps what was fitted.
    sample_size
        Number of draws that the gradient of an iteration is estimated from.
    random_seed
        For a reproducible fit; from NumPy's global state when None. Not for an approximation, which has its own.
    optimizer
        One of :mod:`~pm_migrate.shims.pymc4.variational.updates`, :func:`adam` by default; or an optimiser of
        TensorFlow or Keras, anything with ``apply_gradients``, which makes steps one by one in Python.
    start
        Where the means begin, as for :class:`Approximation` (not in PyMC4).
    callbacks
        Called as ``callback(approx, losses, i)`` after iteration ``i``, with the drop-in's approximation;
        ``StopIteration`` from one ends the fit (not in PyMC4).
    convergence_criterion
        A criterion of TensorFlow Probability, or
        :class:`~pm_migrate.shims.pymc4.variational.callbacks.CheckParametersConvergence`. What is left of the losses
        repeats the last one, as in PyMC4.
    progressbar
        Whether to show the progress, where somebody can see it (not in PyMC4).
    **kwargs
        ``jit_compile`` and ``name`` have no effect: the program is always compiled. ``n=`` and PyMC3's other arguments
        (``obj_optimizer``, ``obj_n_mc``, ``score``, ``inf_kwargs`` ...) ask for a fit as PyMC3 does it, by any of its
        methods or one of its inference objects: see :mod:`pm_migrate.shims.pymc4.pymc3_variational`.

    Returns
    -------
    ADVIFit, or Approximation
        The approximation and the losses; of a fit as PyMC3 does it, its approximation.

    Raises
    ------
    KeyError
        For a name that is no method.
    TypeError
        For what is neither a name nor an approximation, and without a model.
    FloatingPointError
        When the loss becomes NaN.
    NotSupported
        For other options of ``tfp.vi.fit_surrogate_posterior``.

    Examples
    --------
    >>> import pm_migrate.pymc4 as pm
    >>> @pm.model(name=None)
    ... def m():
    ...     x = yield pm.Normal("x", 3.0, 1.0)
    >>> rule = pm.updates.adam(learning_rate=0.1)
    >>> advi = pm.fit(m(), num_steps=400, random_seed=1, optimizer=rule, progressbar=False)
    >>> round(float(advi.approximation.approx.mean.eval()[0]), 1)
    3.0
    """
    if is_pymc3s(method, kwargs):
        own = {"random_seed": random_seed, "start": start, "callbacks": callbacks, "progressbar": progressbar}
        return pymc3_fit(model, method, **{name: x for name, x in own.items() if x is not None}, **kwargs)
    unknown = sorted(set(kwargs) - _WITHOUT_EFFECT)
    if unknown:
        raise NotSupported(
            f"pm.fit does not support {unknown}; the loss is the negative evidence lower bound, and callbacks= see the "
            "approximation after every iteration"
        )
    wrong = f"method should be one of {set(_METHODS)} or Approximation instance, not {method!r}"
    if isinstance(method, str):
        if method.lower() not in _METHODS:
            raise KeyError(wrong)
        method = _METHODS[method.lower()](model, random_seed, start=start)
    elif not isinstance(method, Approximation):
        raise TypeError(wrong)
    elif start is not None:
        raise TypeError("start= belongs to the approximation: pm.MeanField(model, random_seed, start=...)")
    return method.fit(
        num_steps,
        sample_size,
        optimizer,
        callbacks=callbacks,
        convergence_criterion=convergence_criterion,
        progressbar=progressbar,
    )

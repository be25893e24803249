"""PyMC3's Gaussian processes in generator models (not in PyMC4): their methods are yielded.

Examples
--------
>>> import numpy as np
>>> import pm_migrate.pymc4 as pm
>>> X = np.linspace(0, 1, 5)[:, None]
>>> @pm.model(name=None)
... def build_model():
...     scale = yield pm.Gamma("scale", 2, 1)
...     gp = pm.gp.Marginal(cov_func=pm.gp.kernels.ExpQuad(1, ls=scale))
...     yield gp.marginal_likelihood("y", X=X, y=np.sin(X[:, 0]), noise=0.1)
>>> model = build_model()
>>> mean, variance = pm.gp.of(model, "y").predict(np.array([[0.5]]), point={"scale": 1.0}, diag=True)
>>> mean.round(2).tolist()
[0.48]
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Generator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.errors import ModelError
from pm_migrate.shims.gp import gp as pymc3
from pm_migrate.shims.pymc4.density_dist import DensityDist
from pm_migrate.shims.pymc4.distributions import CLASSES, STRUCTURED, Deterministic
from pm_migrate.shims.pymc4.tensors.symbolic import computed, lifted
from pm_migrate.shims.theano.graph import Variable

__all__ = ["TP", "Latent", "LatentKron", "Marginal", "MarginalKron", "MarginalSparse", "Of", "of"]

#: PyMC4's names of the parameters that processes give, where they are others.
_PARAMETERS = {
    "Normal": {"mu": "loc", "sigma": "scale"},
    "MvNormal": {"mu": "loc", "cov": "covariance_matrix"},
    "MvStudentT": {"nu": "df", "mu": "loc", "cov": "scale_matrix"},
    "KroneckerNormal": {"mu": "loc"},
    "DensityDist": {"logp": "log_prob"},
}


class _Made(threading.local):
    """The processes of the evaluation that runs in this thread, by the variables that they made."""

    processes: dict[str, Any] | None = None


_made = _Made()


def _values(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with tensors in place of expressions, which are computed together."""
    flat = [v for p in parameters.values() for v in (p if isinstance(p, list) else [p]) if isinstance(v, Variable)]
    tensors = dict(zip(flat, computed(flat), strict=True))

    def value(parameter: Any) -> Any:
        if isinstance(parameter, list):
            return [value(p) for p in parameter]
        return tensors[parameter] if isinstance(parameter, Variable) else parameter

    return {name: value(parameter) for name, parameter in parameters.items()}


class _Yielded:
    """A process whose methods give generators, which the model yields."""

    def _make(self, kind: str, name: str, /, **parameters: Any) -> Any:
        parameters = _values(parameters)
        if kind == "Deterministic":
            return Deterministic(name, parameters["var"])
        if kind == "ChiSquared":
            return CLASSES["Gamma"](name, 0.5 * parameters["nu"], 0.5)
        names = _PARAMETERS[kind]
        made = DensityDist if kind == "DensityDist" else (CLASSES.get(kind) or STRUCTURED[kind])
        return made(name, **{names.get(key, key): value for key, value in parameters.items()})

    def _run(self, steps: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        value: Any = None
        last = ""
        while True:
            try:
                item = steps.send(value)
            except StopIteration as stop:
                if _made.processes is not None and last:
                    _made.processes[last] = self
                return stop.value
            last = item.name
            value = lifted((yield item))

    def predict(self, *args: Any, **kwargs: Any) -> Any:
        """Refused: within a model there are no numbers."""
        raise ModelError(
            f"{type(self).__name__}.predict: outside of the model, as pm.gp.of(model, 'y').predict(Xnew, point=point), "
            "with the name that the process gave its variable; within it, predictt gives values of the model"
        )


class Latent(_Yielded, pymc3.Latent):
    """As PyMC3's: ``f = yield gp.prior("f", X)``."""


class TP(_Yielded, pymc3.TP):
    """As PyMC3's: ``f = yield gp.prior("f", X)``."""


class Marginal(_Yielded, pymc3.Marginal):
    """As PyMC3's: ``yield gp.marginal_likelihood("y", X, y, noise)``."""


class MarginalSparse(_Yielded, pymc3.MarginalSparse):
    """As PyMC3's: ``yield gp.marginal_likelihood("y", X, Xu, y, noise)``; the data can be drawn, too."""

    def _density(self, X: Any, Xu: Any, sigma: Any) -> dict[str, Any]:
        return {**super()._density(X, Xu, sigma), "random": functools.partial(self._draw, X, Xu, sigma)}

    def _draw(self, X: Any, Xu: Any, sigma: Any, shape: tuple[int, ...], seed: Any) -> Any:
        _, A, noise = self._approximation(X, Xu, sigma, self.cov_func)
        mean, A, noise = computed([self.mean_func(X), A, noise])
        of_inducing, of_data = tf.unstack(tf.random.split(seed, 2))
        inducing = tf.random.stateless_normal((*shape[:-1], A.shape[0]), of_inducing, dtype=A.dtype)
        white = tf.random.stateless_normal(shape, of_data, dtype=A.dtype)
        return mean + tf.linalg.matvec(A, inducing, transpose_a=True) + tf.sqrt(noise) * white


class LatentKron(_Yielded, pymc3.LatentKron):
    """As PyMC3's: ``f = yield gp.prior("f", Xs)``."""


class MarginalKron(_Yielded, pymc3.MarginalKron):
    """As PyMC3's: ``yield gp.marginal_likelihood("y", Xs, y, sigma)``."""


class Of:
    """The process of a model that made a variable; see :func:`of`."""

    def __init__(self, model: Any, name: str) -> None:
        self.model = model
        self.name = name
        self._free: set[str] | None = None

    def predict(self, Xnew: Any, point: Mapping[str, Any] | None = None, **options: Any) -> list[np.ndarray]:
        """Mean and covariance at new points, as arrays.

        Parameters
        ----------
        Xnew
            Points, one a row.
        point
            Values of the parameters by name: of one draw, or of :func:`find_MAP`; names of transformed variables and
            of deterministics have no effect. Parameters that miss are drawn from their priors, as in PyMC3.
        **options
            ``diag``, ``pred_noise``: see :meth:`pm_migrate.shims.gp.gp.Marginal.predict`.

        Raises
        ------
        ValueError
            For options that need values of the model, as ``given``.
        """
        if options.get("given"):
            raise ValueError(
                "pm.gp.of(...).predict takes no given=: its entries belong to the model; add a conditional to the "
                "model, or return what predictt gives"
            )
        options.pop("given", None)
        return self._evaluated(point, lambda made: self._process(made).predictt(Xnew, **options))

    def _process(self, returned: Any) -> Any:
        """The process, in the evaluation that runs."""
        processes = _made.processes or {}
        if self.name not in processes:
            known = ", ".join(map(repr, processes)) or "none"
            raise ModelError(f"no Gaussian process of the model made {self.name!r}; those with one: {known}")
        return processes[self.name]

    def _evaluated(self, point: Mapping[str, Any] | None, what: Callable[[Any], Any]) -> list[np.ndarray]:
        """What is computed from what the model returns, with the values of a point."""
        from pm_migrate.shims.pymc4.flow import evaluate_meta_model, evaluate_model

        if self._free is None:
            self._free = set(evaluate_meta_model(self.model)[1].untransformed_values)
        values = {name: value for name, value in (point or {}).items() if name in self._free}

        def asking() -> Generator[Any, Any, Any]:
            return tuple(computed(what((yield self.model))))

        before, _made.processes = _made.processes, {}
        try:
            seed = int(np.random.randint(2**31 - 1))
            return [np.asarray(tensor) for tensor in evaluate_model(asking(), values=values, seed=seed)[0]]
        finally:
            _made.processes = before


def of(model: Any, name: str) -> Of:
    """The Gaussian process of a model that made one of its variables, to predict from it at points.

    Parameters
    ----------
    model
        A generator model.
    name
        The variable of its ``prior`` or ``marginal_likelihood``.
    """
    return Of(model, name)

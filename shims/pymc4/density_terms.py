"""The log density of a generator model under PyMC3's names, and its parts that PyMC3 tells apart.

PyMC3 calls the value variable of ``sigma`` ``sigma_log__``, where a generator model has ``__log_sigma``; its forward
draws have unconstrained values too; and it knows the log density without the Jacobians of transforms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.density import LogDensity, ValueVariable
from pm_migrate.shims.model.terms import added
from pm_migrate.shims.pymc4.calls import density_of
from pm_migrate.shims.pymc4.compilation import DensityRun, ForwardRun, in_floatx, scaled
from pm_migrate.shims.pymc4.coroutine_model import Model
from pm_migrate.shims.pymc4.distribution import Distribution
from pm_migrate.shims.pymc4.flow.driver import drive

Tensor = Any
Values = Mapping[str, Tensor]


def pymc3_name(variable: ValueVariable) -> str:
    """PyMC3's name of a value variable: ``sigma_log__``."""
    return variable.rv_name if variable.transform is None else f"{variable.rv_name}_{variable.transform}__"


class _Run(DensityRun):
    """A run that keeps what the model returned."""

    returned: Any = None


class _NoJacobian(_Run):
    """Terms without the Jacobians of transforms."""

    def _latent_term(self, name: str, dist: Distribution, unconstrained: Tensor) -> None:
        total = tf.reduce_sum(dist.log_prob(self.values[name]))
        self.terms[name] = scaled(total, dist.scaling(unconstrained.shape))


class _EachElement(_Run):
    """Terms of latent variables element by element, too."""

    def _latent_term(self, name: str, dist: Distribution, unconstrained: Tensor) -> None:
        super()._latent_term(name, dist, unconstrained)
        each = dist.log_prob(self.values[name])
        if dist.transform is not None:
            each = added(each, dist.transform.log_jacobian(unconstrained))
        self.elementwise[name] = each


class _AtTestPoint(_EachElement):
    """One run that finds the names of the distributions' classes, too."""

    def __init__(self, *rest: Any) -> None:
        super().__init__(*rest)
        self.labels: dict[str, str] = {}

    def distribution(self, name: str, dist: Distribution) -> Tensor:
        self.labels[name] = type(dist).__name__
        return super().distribution(name, dist)


class _BothSpaces(ForwardRun):
    """Forward draws with the unconstrained values of what was drawn.

    Parameters
    ----------
    names
        PyMC3's name of the value variable of each random variable that has a transform.
    """

    def __init__(self, names: Mapping[str, str], *rest: Any) -> None:
        super().__init__(*rest)
        self.given: Mapping[str, Any]
        self._names = names
        self.unconstrained: dict[str, Tensor] = {}

    def distribution(self, name: str, dist: Distribution) -> Tensor:
        full = self._names.get(name)
        if full is not None and name not in self.given and full in self.given:
            backward = dist.transform.backward(tf.cast(self.given[full], dist.dtype))
            self.given = {**self.given, name: backward}
        value = super().distribution(name, dist)
        if full is not None:
            self.unconstrained[full] = dist.transform.forward(value)
        return value


def pymc3_density(model: Model, observed: Mapping[str, Any] | None = None) -> LogDensity:
    """The log density of a model, with PyMC3's names of value variables.

    Parameters
    ----------
    model
        A generator model.
    observed
        Data that replace those in the model, by name.
    """
    own = density_of(model, observed)
    found: LogDensity = own.remembered("under PyMC3's names", lambda: _renamed(model, own, observed))
    return found


def _renamed(model: Model, own: LogDensity, observed: Mapping[str, Any] | None) -> LogDensity:
    names = {v.name: pymc3_name(v) for v in own.variables}
    transformed = {v.rv_name: names[v.name] for v in own.variables if v.transform is not None}

    def back(values: Values) -> dict[str, Tensor]:
        return {name: values[new] for name, new in names.items()}

    def forward(given: Values, seed: Tensor) -> dict[str, Tensor]:
        count = len({v.rv_name for v in own.variables} | set(own.observed))
        seeds = tf.unstack(tf.random.experimental.stateless_split(seed, max(count, 1)))
        run = _BothSpaces(transformed, {**model.replaced, **(observed or {})}, given, seeds)
        drive(model, run)
        return {**in_floatx(model, run.values), **in_floatx(model, run.unconstrained)}

    return replace(
        own,
        variables=tuple(replace(v, name=names[v.name]) for v in own.variables),
        evaluate=lambda values: own.evaluate(back(values)),
        values=None if own.values is None else lambda values: own.values(back(values)),
        forward=forward,
        _compiled={},
    )


def without_jacobians(
    model: Model, density: LogDensity, observed: Mapping[str, Any] | None = None
) -> Callable[[Values], dict[str, Tensor]]:
    """The terms of the log density without the Jacobians of transforms, as a function of unconstrained values.

    Parameters
    ----------
    model, observed
        As for :func:`pymc3_density`, which gave ``density``.
    """
    return _terms(_NoJacobian, lambda run: run.terms, model, density, observed)


def elementwise(
    model: Model, density: LogDensity, observed: Mapping[str, Any] | None = None
) -> Callable[[Values], dict[str, Tensor]]:
    """The terms of random variables element by element; see :func:`without_jacobians`."""
    return _terms(_EachElement, lambda run: run.elementwise, model, density, observed)


def returned(model: Model, density: LogDensity, observed: Mapping[str, Any] | None = None) -> Callable[[Values], Any]:
    """What the generator returns; see :func:`without_jacobians`."""
    return _terms(_Run, lambda run: run.returned, model, density, observed)


def at_test_point(
    model: Model, density: LogDensity, observed: Mapping[str, Any] | None = None
) -> tuple[dict[str, dict[str, np.ndarray]], dict[str, str]]:
    """What a run at the test point gives.

    Returns
    -------
    (dict, dict)
        Terms of the log density (``logp``), what results record (``values``) and terms element by element
        (``elementwise``), each by name; and the names of the classes of distributions by random variable.
    """

    def pick(run: Any) -> dict[str, Any]:
        values = in_floatx(model, run.values)
        return {"logp": run.terms, "values": values, "elementwise": run.elementwise, "labels": run.labels}

    with tf.init_scope():
        found = _terms(_AtTestPoint, pick, model, density, observed)(density.tensors(density.test_point))
    labels = found.pop("labels")
    arrays = {what: {name: np.asarray(x.numpy()) for name, x in parts.items()} for what, parts in found.items()}
    return arrays, labels


def _terms(
    run_class: type[_Run],
    pick: Callable[[Any], dict[str, Any]],
    model: Model,
    density: LogDensity,
    observed: Mapping[str, Any] | None,
) -> Callable[[Values], dict[str, Any]]:
    own = density_of(model, observed)
    known = {v.name: v for v in own.variables}
    names = {v.name: renamed.name for v, renamed in zip(own.variables, density.variables, strict=True)}

    def evaluate(values: Values) -> dict[str, Tensor]:
        replacements = {**model.replaced, **(observed or {})}
        run = run_class(replacements, {name: values[new] for name, new in names.items()}, known)
        run.returned = drive(model, run)
        return pick(run)

    return evaluate


__all__ = ["at_test_point", "elementwise", "pymc3_density", "pymc3_name", "returned", "without_jacobians"]

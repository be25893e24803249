"""Second derivatives of a generator model's log density by named variables, as PyMC3 takes them.

PyMC3's ``find_hessian(point, vars=[p])`` differentiates by the constrained ``p`` where ``p`` has a transform. Its graph
computes the prior of ``p`` from the unconstrained value, so that this derivative sees everything but that prior and the
Jacobian: the likelihood, and the priors that depend on ``p``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.pymc4.calls import density_of
from pm_migrate.shims.pymc4.compilation import DensityRun
from pm_migrate.shims.pymc4.density_model import DensityModel
from pm_migrate.shims.pymc4.distribution import Distribution
from pm_migrate.shims.pymc4.flow.driver import drive
from pm_migrate.shims.pymc4.tensors import to_tensor

Tensor = Any


class _Given(DensityRun):
    """Terms of the log density, those of some variables left out, whose constrained values are given."""

    def __init__(self, constrained: Mapping[str, Tensor], *rest: Any) -> None:
        super().__init__(*rest)
        self._constrained = constrained

    def distribution(self, name: str, dist: Distribution) -> Tensor:
        if name not in self._constrained:
            return super().distribution(name, dist)
        self.values[name] = to_tensor(self._constrained[name])
        return self.values[name]


def negative_hessian(view: DensityModel, point: Mapping[str, Any], names: Sequence[str]) -> np.ndarray:
    """The negative matrix of second derivatives by some variables, in their order.

    Parameters
    ----------
    view
        The model.
    point
        Values by name, constrained or not; what is missing is at the test value.
    names
        Random variables or value variables (``sd_log__``).

    Raises
    ------
    ValueError
        For a discrete variable.
    """
    own = density_of(view.generator, view.replaced)
    full = view.complete({n: x for n, x in point.items() if n in view.test_point})
    theirs = view.generator_variables()
    replacements = {**view.generator.replaced, **(view.replaced or {})}
    values = {theirs[name]: tf.constant(x, tf.float64) for name, x in full.items()}
    known = {v.name: v for v in own.variables}
    by_rv = {v.rv_name: v for v in own.variables}
    transformed = [n for n in names if n in by_rv and by_rv[n].transform is not None]
    recorded = own.recorded({name: tf.cast(x, known[name].dtype) for name, x in values.items()})
    chosen = {n: tf.cast(recorded[n], tf.float64) if n in transformed else values[theirs.get(n, n)] for n in names}
    sizes = [int(np.prod(x.shape, dtype=int)) for x in chosen.values()]
    wrong = [n for n in names if n not in transformed and known[theirs.get(n, n)].discrete]
    if wrong:
        raise ValueError(f"the log density has no derivative by the discrete {wrong}")

    @tf.function(autograph=False)
    def second(flat: Tensor) -> Tensor:
        with tf.GradientTape() as outer:
            outer.watch(flat)
            with tf.GradientTape() as inner:
                inner.watch(flat)
                parts = dict(zip(names, tf.split(flat, sizes), strict=True))
                shaped = {n: tf.reshape(x, chosen[n].shape) for n, x in parts.items()}
                free = {theirs.get(n, n): x for n, x in shaped.items() if n not in transformed}
                at = {name: tf.cast(x, known[name].dtype) for name, x in {**values, **free}.items()}
                run = _Given({n: shaped[n] for n in transformed}, replacements, at, known)
                drive(view.generator, run)
                logp = tf.add_n([tf.cast(t, tf.float64) for t in run.terms.values()])
            slope = inner.gradient(logp, flat, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return outer.jacobian(slope, flat, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    return -second(tf.concat([tf.reshape(x, [-1]) for x in chosen.values()], 0)).numpy()

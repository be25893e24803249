"""Distributions with a program's own log density (not in PyMC4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import tensorflow as tf

from pm_migrate.errors import NotSupported
from pm_migrate.shims.distributions.composite import Given
from pm_migrate.shims.model.observing import scaling_of
from pm_migrate.shims.pymc4.composites import Composite
from pm_migrate.shims.pymc4.distribution import Distribution
from pm_migrate.shims.pymc4.observing import Incomplete, observations
from pm_migrate.shims.pymc4.tensors import FLOATX, to_tensor, wrap
from pm_migrate.shims.pymc4.terms import Potential

Tensor = Any


class DensityDist(Composite):
    """DensityDist(name, log_prob, random, discrete)

    A distribution with a given log density (not in PyMC4). Give ``shape=`` when a value is not a scalar.

    Parameters
    ----------
    log_prob
        Function of a tensor that gives the log density, elementwise or summed.
    random
        Function of a shape and a stateless seed that gives draws, or the method ``random`` of another distribution;
        None when it cannot be drawn from.
    discrete
        Whether values are integers.

    Notes
    -----
    With ``observed=`` a dictionary, as in PyMC3, ``log_prob`` takes its entries by keyword; they are data or values of
    the model. It is then a term of the log density, a :class:`Potential`.

    Examples
    --------
    >>> import pm_migrate.pymc4 as pm
    >>> float(pm.DensityDist.dist(lambda x: -0.5 * x**2).log_prob(3.0))
    -4.5
    >>> float(pm.DensityDist("d", lambda x, y: -x * y, observed={"x": 2.0, "y": 3.0}).value)
    -6.0
    """

    def __new__(cls, name: Any = None, *args: Any, **kwargs: Any) -> Any:
        if isinstance(kwargs.get("observed"), Mapping):
            return density_of_several(name, *args, **kwargs)
        return super().__new__(cls)

    signature = ("log_prob", "random", "discrete")
    optional: ClassVar[Mapping[str, Any]] = {"random": None, "discrete": False}

    def _numbers(self, log_prob: Callable[..., Any], random: Any, discrete: bool) -> Given:
        if not callable(log_prob):
            raise TypeError(f"DensityDist needs a function for its log density, got {type(log_prob).__name__}")

        def density(value: Tensor) -> Tensor:
            return to_tensor(log_prob(wrap(value)))

        other = getattr(random, "__self__", None)

        def sampler(shape: tuple[int, ...], seed: Tensor) -> Tensor:
            if isinstance(other, Distribution):
                return other.sample_total(shape, seed)
            return to_tensor(random(shape, seed))

        return Given(density, None if random is None else sampler, tf.constant(0.0, FLOATX))

    @property
    def discrete(self) -> bool:
        return bool(self.conditions["discrete"])

    @property
    def counts_per_element(self) -> bool:
        return self.quirks != "fixed"

    @property
    def has_random(self) -> bool:
        return self.conditions["random"] is not None


def density_of_several(
    name: Any,
    log_prob: Callable[..., Any],
    discrete: bool = False,
    *,
    observed: Mapping[str, Any],
    total_size: Any = None,
    **options: Any,
) -> Potential:
    """The log density of several things, of which none is drawn; those of a discrete one lose their fractions."""
    ignored = {"shape", "testval", "dtype", "random"}
    if set(options) - ignored:
        raise TypeError(
            f"DensityDist({name!r}): {', '.join(sorted(set(options) - ignored))}= has no meaning for a dict"
        )
    given = {key: observations(value, discrete) for key, value in observed.items()}
    incomplete = [key for key, value in given.items() if isinstance(value, Incomplete)]
    if incomplete:
        raise NotSupported(f"DensityDist({name!r}): observed {', '.join(incomplete)} has missing entries; fill them in")
    coef = max((scaling_of(total_size, tuple(v.shape)) for v in given.values()), default=1.0)
    return Potential(name, lambda: to_tensor(log_prob(**wrap(given))), coef)

"""``pymc3.distributions.continuous``: the continuous distributions of numbers, and base classes for more."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from pm_migrate.errors import ModelError
from pm_migrate.shims.distributions.base import BoundedContinuous, Continuous, PositiveContinuous, UnitContinuous
from pm_migrate.shims.distributions.frontend import CLASSES
from pm_migrate.shims.theano.config import floatX

_ROWS = {name: cls for name, cls in CLASSES.items() if not cls.row.discrete and cls.row.rank == 0}

__all__ = [
    "BoundedContinuous",
    "Continuous",
    "PositiveContinuous",
    "UnitContinuous",
    "assert_negative_support",
    "get_tau_sigma",
    *_ROWS,
]


def __getattr__(name: str) -> Any:
    if name in _ROWS:
        return _ROWS[name]
    raise AttributeError(f"module 'pymc3.distributions.continuous' has no attribute {name!r}")


def get_tau_sigma(tau: Any = None, sigma: Any = None) -> tuple[Any, Any]:
    """Precision and standard deviation from one of them; both are 1 when neither is given.

    Raises
    ------
    ValueError
        When both are given.

    Examples
    --------
    >>> tau, sigma = get_tau_sigma(sigma=2.0)
    >>> float(tau), float(sigma)
    (0.25, 2.0)
    """
    if tau is not None and sigma is not None:
        raise ModelError("Can't pass both tau and sigma")
    if tau is not None:
        tau = 1.0 * (np.asarray(tau) if isinstance(tau, (list, tuple)) else tau)
        return floatX(tau), floatX(tau**-0.5)
    sigma = 1.0 * (np.asarray(sigma) if isinstance(sigma, (list, tuple)) else 1.0 if sigma is None else sigma)
    return floatX(sigma**-2.0), floatX(sigma)


def assert_negative_support(var: Any, label: str, distname: str, value: float = -1e-6) -> None:
    """Warn when a random variable that has to be positive can be negative.

    Parameters
    ----------
    var
        The variable; anything that is not random is left alone.
    label, distname
        Name of the parameter, and of the distribution, for the message.
    value
        The negative number to ask about.
    """
    dist = getattr(var, "distribution", None)
    if dist is None:
        return
    try:
        possible = np.any(np.isfinite(dist.logp(value).tag.test_value))
    except AttributeError:
        return
    if possible:
        warnings.warn(
            f"The variable specified for {label} has negative support for {distname}, likely making it unsuitable for "
            "this parameter.",
            stacklevel=3,
        )

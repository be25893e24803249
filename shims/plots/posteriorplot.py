"""PyMC3's own plot."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np


def plot_posterior_predictive_glm(
    trace: Any,
    eval: np.ndarray | None = None,
    lm: Callable[[np.ndarray, Any], Any] | None = None,
    samples: int = 30,
    **kwargs: Any,
) -> None:
    """Plot lines of a regression at some posterior draws.

    Parameters
    ----------
    trace
        A ``MultiTrace`` or an ``InferenceData``.
    eval
        Where to evaluate the lines; 100 points from 0 to 1 by default.
    lm
        Function of those points and of a draw (values by name); ``Intercept + x * points`` by default.
    samples
        Number of lines.
    **kwargs
        For ``matplotlib.pyplot.plot``.
    """
    import matplotlib.pyplot as plt

    warnings.warn(
        "The `plot_posterior_predictive_glm` function will migrate to ArviZ in a future release.",
        DeprecationWarning,
        stacklevel=2,
    )
    points = np.linspace(0, 1, 100) if eval is None else eval
    line = _line if lm is None else lm
    if not kwargs.keys() & {"lw", "linewidth"}:
        kwargs["lw"] = 0.2
    if not kwargs.keys() & {"c", "color"}:
        kwargs["c"] = "k"
    draws = trace if hasattr(trace, "_straces") else trace.posterior.to_dataframe().to_dict(orient="records")
    for which in np.random.randint(0, len(draws), samples):
        plt.plot(points, line(points, draws[which]), **kwargs)
        kwargs.pop("label", None)  # once is enough
    plt.title("Posterior predictive")


def _line(points: np.ndarray, draw: Any) -> Any:
    return draw["Intercept"] + draw["x"] * points

"""Plots of Gaussian processes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from pm_migrate.shims import quirks

#: Upper percentiles of the bands, the widest first, and the position of each one's colour in the palette.
_PERCENTILES = np.linspace(99.0, 51.0, 40)
_COLOURS = np.linspace(0.0, 1.0, 40)

#: Draws that are shown as lines.
_LINES = 30


def plot_gp_dist(
    ax: Any,
    samples: Any,
    x: Any,
    plot_samples: bool = True,
    palette: str = "Reds",
    fill_alpha: float = 0.8,
    samples_alpha: float = 0.1,
    fill_kwargs: Mapping[str, Any] | None = None,
    samples_kwargs: Mapping[str, Any] | None = None,
) -> Any:
    """Draw functions over one input as percentile bands, and some of them as lines.

    Parameters
    ----------
    ax
        Matplotlib axes.
    samples
        Draws of the function, shape ``(draws, points)``; an ``xarray.DataArray`` with chains, ``(chain, draw,
        points)``, too (not in PyMC4).
    x
        Points, of any shape with as many entries.
    plot_samples
        Also draw 30 of the draws, chosen by NumPy's global random state.
    palette
        Name of a Matplotlib colour map.
    fill_alpha, samples_alpha
        Opacity of bands and lines.
    fill_kwargs, samples_kwargs
        Further arguments of ``ax.fill_between`` and ``ax.plot``.

    Returns
    -------
    Axes
        ``ax``.
    """
    import matplotlib.pyplot as plt

    colours = plt.get_cmap(palette)
    x = np.asarray(x).ravel()
    samples = np.asarray(samples)
    samples = samples.reshape(-1, samples.shape[-1])
    if np.isnan(samples).any():
        warnings.warn(
            "There are `nan` entries in the [samples] arguments. The plot will not contain a band!",
            UserWarning,
            quirks.user_level(),
        )
    for percentile, position in zip(_PERCENTILES, _COLOURS, strict=True):
        lower, upper = np.percentile(samples, [100.0 - percentile, percentile], axis=0)
        ax.fill_between(x, upper, lower, color=colours(position), alpha=fill_alpha, **(fill_kwargs or {}))
    if plot_samples:
        chosen = np.random.randint(0, len(samples), _LINES)
        ax.plot(x, samples[chosen].T, color=colours(0.9), lw=1, alpha=samples_alpha, **(samples_kwargs or {}))
    return ax

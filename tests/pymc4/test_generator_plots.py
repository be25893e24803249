"""``pm.plots``: what is drawn has the right numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from numpy.testing import assert_allclose

import pm_migrate.pymc4 as pm

X = np.linspace(-1.0, 1.0, 6)[:, None]
SAMPLES = np.random.default_rng(1).normal(size=(200, 6)) + X[:, 0]


@pytest.fixture
def ax() -> Iterator[Any]:
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def test_bands_are_percentiles(ax: Any) -> None:
    assert pm.plots.plot_gp_dist(ax, SAMPLES, X, plot_samples=False) is ax
    bands = [c for c in ax.collections if isinstance(c, PolyCollection)]
    assert len(bands) == 40
    assert len(ax.lines) == 0
    colours = matplotlib.colormaps["Reds"]
    for band, percentile, position in zip(bands, np.linspace(99, 51, 40), np.linspace(0, 1, 40), strict=True):
        points = band.get_paths()[0].vertices
        for i, x in enumerate(X[:, 0]):
            drawn = points[points[:, 0] == x, 1]
            expected = np.percentile(SAMPLES[:, i], [100 - percentile, percentile])
            assert_allclose([drawn.min(), drawn.max()], expected, rtol=1e-12)
        assert_allclose(band.get_facecolor()[0], [*colours(position)[:3], 0.8])


def test_lines_are_draws(ax: Any) -> None:
    np.random.seed(4)
    pm.plots.plot_gp_dist(ax, SAMPLES, X, palette="Blues", samples_alpha=0.3, samples_kwargs={"linestyle": "--"})
    np.random.seed(4)
    chosen = np.random.randint(0, 200, 30)
    assert len(ax.lines) == 30
    for line, i in zip(ax.lines, chosen, strict=True):
        assert_allclose(line.get_xdata(), X[:, 0])
        assert_allclose(line.get_ydata(), SAMPLES[i])
        assert line.get_color() == matplotlib.colormaps["Blues"](0.9)
        assert (line.get_alpha(), line.get_linewidth(), line.get_linestyle()) == (0.3, 1, "--")


def test_options_and_chains(ax: Any) -> None:
    pm.plots.gp_plots.plot_gp_dist(
        ax, SAMPLES.reshape(2, 100, 6), list(X[:, 0]), False, fill_alpha=0.5, fill_kwargs={"linewidth": 3}
    )
    widest = ax.collections[0]
    assert widest.get_alpha() == 0.5
    assert widest.get_linewidth() == 3
    assert_allclose(widest.get_paths()[0].vertices[:, 1].max(), np.percentile(SAMPLES, 99, axis=0).max())

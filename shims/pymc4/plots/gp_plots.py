"""Plots of Gaussian processes."""

from __future__ import annotations

from pm_migrate.shims.plots.gp_plots import plot_gp_dist

__all__ = ["plot_gp_dist"]

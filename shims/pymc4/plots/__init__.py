"""Plots: PyMC4's ``pm.plots``."""

from __future__ import annotations

from pm_migrate.shims.pymc4.plots.gp_plots import plot_gp_dist

__all__ = ["plot_gp_dist"]

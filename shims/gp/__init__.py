"""Gaussian processes: PyMC3's ``pm.gp``, on the lazy tensor graph.

Examples
--------
>>> import numpy as np
>>> import pm_migrate.shims as pm3
>>> X = np.linspace(0, 1, 5)[:, None]
>>> with pm3.Model() as model:
...     scale = pm3.Gamma("scale", 2, 1)
...     gp = pm3.gp.Marginal(cov_func=pm3.gp.cov.ExpQuad(1, ls=scale))
...     y = gp.marginal_likelihood("y", X=X, y=np.sin(X[:, 0]), noise=0.1)
>>> mean, variance = gp.predict(np.array([[0.5]]), point={"scale": 1.0}, diag=True)
>>> mean.round(2).tolist()
[0.48]
"""

from __future__ import annotations

from pm_migrate.shims.gp import cov, gp, mean, util
from pm_migrate.shims.gp.gp import TP, Latent, LatentKron, Marginal, MarginalKron, MarginalSparse

__all__ = ["TP", "Latent", "LatentKron", "Marginal", "MarginalKron", "MarginalSparse", "cov", "gp", "mean", "util"]

"""``pymc3.glm``: generalised linear models from a formula or a design matrix.

Examples
--------
>>> import numpy as np, pm_migrate.shims as pm
>>> with pm.Model() as model:
...     line = pm.glm.GLM(np.linspace(0.0, 1.0, 5), np.arange(5.0))
>>> [v.name for v in model.free_RVs], model.observed_RVs
(['Intercept', 'x0', 'sd_log__'], [y])
"""

from __future__ import annotations

from pm_migrate.shims.glm import families
from pm_migrate.shims.glm.linear import GLM, LinearComponent

__all__ = ["GLM", "LinearComponent", "families"]

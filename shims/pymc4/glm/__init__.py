"""``pm.glm``: PyMC3's generalised linear models as models to be yielded (not in PyMC4).

Examples
--------
>>> import numpy as np, pm_migrate.pymc4 as pm
>>> @pm.model(name=None)
... def regression(x, y):
...     line = yield pm.glm.GLM(x, y, priors={"x0": pm.Normal.dist(0, 10)})
>>> density = regression(np.linspace(0.0, 1.0, 5), np.arange(5.0)).log_density()
>>> [v.name for v in density.variables]
['Intercept', 'x0', '__log_sd']
"""

from __future__ import annotations

from pm_migrate.shims.glm.utils import any_to_tensor_and_labels
from pm_migrate.shims.pymc4.glm import families
from pm_migrate.shims.pymc4.glm.linear import GLM, Linear, LinearComponent

__all__ = ["GLM", "Linear", "LinearComponent", "any_to_tensor_and_labels", "families"]

"""``pymc3.ode``: solutions of ordinary differential equations in a model.

Examples
--------
>>> import numpy as np, pm_migrate.shims as pm
>>> decay = pm.ode.DifferentialEquation(lambda y, t, p: [-p[0] * y[0]], times=[1.0], n_states=1, n_theta=1, t0=0)
>>> with pm.Model() as model:
...     rate = pm.Exponential("rate", 1.0)
...     pm.Deterministic("left", decay(y0=[1.0], theta=[rate]))
left
>>> bool(np.isclose(model.left.tag.test_value, np.exp(-np.log(2.0)), rtol=1e-6))
True
"""

from __future__ import annotations

from pm_migrate.shims.ode import utils
from pm_migrate.shims.ode.ode import DifferentialEquation

__all__ = ["DifferentialEquation", "utils"]

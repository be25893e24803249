"""Stores of draws: PyMC3's ``pm.backends`` for generator models.

Examples
--------
>>> import os, tempfile
>>> import pm_migrate.pymc4 as pm
>>> @pm.model(name=None)
... def coin():
...     yield pm.Beta("p", 2.0, 2.0)
>>> folder = os.path.join(tempfile.mkdtemp(), "coin")
>>> options = {"num_chains": 1, "seed": 1, "progressbar": False, "compute_convergence_checks": False}
>>> data = pm.sample(coin(), num_samples=5, burn_in=5, trace=pm.backends.Text(folder), **options)
>>> os.listdir(folder)
['chain-0.csv']
>>> pm.backends.text.load(folder)["p"].shape  # warm-up included, as in PyMC3
(10,)
"""

from __future__ import annotations

from pm_migrate.shims.pymc4.backends import text
from pm_migrate.shims.pymc4.backends.text import Text

__all__ = ["Text", "text"]

"""Number of ships that pass a strait per hour, in the spelling of PyMC3 3.11."""
import numpy as np
import pymc3 as pm

ships = np.array([3, 5, 2, 8, 4, 6, 3, 3, 7, 5, 9, 4, 2, 6, 5, 5])

with pm.Model() as model:
    lam = pm.Gamma('lam', 2, 0.5)
    pm.Poisson('ships', lam, observed=ships)

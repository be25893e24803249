"""Cooling of a cup of tea: pm.ode solves the differential equation inside the model."""
import numpy as np
import pymc3 as pm
from pymc3.ode import DifferentialEquation

minutes = np.array([1., 3., 6., 10., 15., 25.])
degrees = np.array([84.2, 76.8, 67.5, 57.1, 47.9, 35.6])


def cooling(y, t, p):
    return [-p[0] * (y[0] - p[1])]


# TODO(pm-migrate PM310): DifferentialEquation has no rule: keep this on PyMC3
tea = DifferentialEquation(func=cooling, times=minutes, n_states=1, n_theta=2, t0=0)

with pm.Model() as cup:
    k = pm.Lognormal('k', -3, .5)
    room = pm.Normal('room', 20, 3)
    sigma = pm.HalfNormal('sigma', 1)
    curve = tea(y0=[90.], theta=[k, room])
    pm.Normal('degrees', mu=curve[:, 0], sd=sigma, observed=degrees)

print(cup.free_RVs)

"""Cooling of a cup of tea: pm.ode solves the differential equation inside the model."""
import numpy as np
import pymc3 as pm
from pymc3.ode import DifferentialEquation
from scipy.integrate import odeint

minutes = np.array([1., 3., 6., 10., 15., 25.])


def cooling(y, t, p):
    return [-p[0] * (y[0] - p[1]) * (1 + .1 * np.exp(-t))]


degrees = odeint(cooling, 90., np.append(0., minutes), args=([.06, 21.],))[1:, 0]
degrees += np.random.RandomState(8).normal(0, .5, 6)

tea = DifferentialEquation(func=cooling, times=minutes, n_states=1, n_theta=2, t0=0)

with pm.Model() as cup:
    k = pm.Lognormal('k', -3, .5)
    room = pm.Normal('room', 20, 3)
    sigma = pm.HalfNormal('sigma', 1)
    curve = tea(y0=[90.], theta=[k, room])
    pm.Normal('degrees', mu=curve[:, 0], sd=sigma, observed=degrees)

print(cup.free_RVs)

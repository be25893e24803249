"""Cooling of a cup of tea: pm.ode solves the differential equation inside the model."""
import numpy as np
import pm_migrate.pymc4 as pm
from scipy.integrate import odeint

minutes = np.array([1., 3., 6., 10., 15., 25.])


def cooling(y, t, p):
    return [-p[0] * (y[0] - p[1]) * (1 + .1 * np.exp(-t))]


degrees = odeint(cooling, 90., np.append(0., minutes), args=([.06, 21.],))[1:, 0]
degrees += np.random.RandomState(8).normal(0, .5, 6)

tea = pm.ode.DifferentialEquation(func=cooling, times=minutes, n_states=1, n_theta=2, t0=0)


@pm.model(name=None)
def build_cup():
    k = yield pm.LogNormal('k', -3, .5)
    room = yield pm.Normal('room', 20, 3)
    sigma = yield pm.HalfNormal('sigma', 1)
    curve = tea(y0=[90.], theta=[k, room])
    yield pm.Normal('degrees', loc=curve[:, 0], scale=sigma, observed=degrees)


cup = build_cup()

print(pm.density(cup).free_RVs)

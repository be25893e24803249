"""Series: stochastic volatility by a random walk, an autoregression with a constant."""

import numpy as np
import pymc3 as pm

returns = 0.02 * np.sin(np.arange(40.0) ** 2)
with pm.Model() as volatility:
    step = pm.Exponential("step_size", 10)
    vol = pm.GaussianRandomWalk("volatility", sigma=step, shape=len(returns))
    nu = pm.Exponential("nu", 0.1)
    pm.StudentT("returns", nu=nu, lam=np.exp(-2 * vol), observed=returns)

with pm.Model() as autoregression:
    rho = pm.Normal("rho", 0.0, 0.5, shape=3)
    tau = pm.Gamma("tau", 2.0, 1.0)
    pm.AR("y", rho, tau=tau, constant=True, init=pm.Normal.dist(0.0, 2.0), observed=returns * 50)

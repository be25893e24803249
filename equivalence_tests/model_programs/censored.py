"""Censored data: survival functions as Potentials, a DensityDist of several data, piecewise constant hazards."""

import numpy as np
import pymc3 as pm
import theano.tensor as tt

t = np.array([0.5, 1.2, 2.5, 3.0, 3.0, 3.0])
event = np.array([1, 1, 1, 0, 0, 1])
age = np.array([-1.0, 0.3, 0.2, 1.5, -0.4, 0.9])


def weibull_lccdf(x, alpha, beta):
    return -((x / beta) ** alpha)


with pm.Model() as weibull:
    alpha = pm.HalfNormal("alpha", 10.0)
    mu = pm.Normal("mu", 0, 100)
    beta = pm.Deterministic("beta", tt.exp(mu / alpha))
    pm.Weibull("y_obs", alpha=alpha, beta=beta, observed=t[event == 1])
    pm.Potential("y_cens", weibull_lccdf(t[event == 0], alpha, beta))

with pm.Model() as density:
    lam = pm.Gamma("lam", 2.0, 1.0)

    def logp(failure, value):
        return (failure * tt.log(lam) - lam * value).sum()

    pm.DensityDist("x", logp, observed={"failure": event, "value": t})

with pm.Model() as switched:
    b = pm.Normal("b", 0.0, 2.0)
    s = pm.HalfNormal("s", 1.0)
    eta = b * age
    log_density = pm.Normal.dist(eta, s).logp(t)
    log_tail = tt.log(0.5 * tt.erfc((t - eta) / (s * np.sqrt(2.0))))
    pm.Potential("likelihood", tt.switch(event, log_density, log_tail))

with pm.Model() as hazards:
    intervals = np.array([0.0, 1.0, 2.0, 3.0])
    exposure = np.maximum(0, np.minimum(t[:, None], intervals[1:]) - intervals[:-1])
    death = (np.searchsorted(intervals[1:], t)[:, None] == np.arange(3)) * event[:, None]
    lambda0 = pm.Gamma("lambda0", 0.01, 0.01, shape=3)
    beta = pm.Normal("beta", 0, sigma=1000)
    lambda_ = pm.Deterministic("lambda_", tt.outer(tt.exp(beta * age), lambda0))
    mu = pm.Deterministic("mu", exposure * lambda_)
    pm.Poisson("obs", mu + 1e-9, observed=death.astype(int))

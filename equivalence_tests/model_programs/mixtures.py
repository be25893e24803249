"""Mixtures: ordered means, a Dirichlet process, zero inflation, components of several kinds."""

import numpy as np
import pymc3 as pm
import pymc3.distributions.transforms as tr
import theano.tensor as tt

y = np.r_[np.linspace(-3, -1, 8), np.linspace(1, 4, 9)]
with pm.Model() as ordered:
    p = pm.Dirichlet("p", a=np.array([1.0, 2.0, 1.0]), shape=3)
    pm.Potential("p_min_potential", tt.switch(tt.min(p) < 0.01, -np.inf, 0))
    means = pm.Normal("means", mu=0.0, sd=5.0, shape=3, transform=tr.ordered, testval=np.array([-1.0, 0.0, 1.0]))
    sd = pm.HalfCauchy("sd", 2.0)
    pm.NormalMixture("y", w=p, mu=means, sd=sd, observed=y)


def stick_breaking(beta):
    portion = tt.concatenate([[1], tt.extra_ops.cumprod(1 - beta)[:-1]])
    return beta * portion


with pm.Model() as dirichlet_process:
    alpha = pm.Gamma("alpha", 2.0, 1.0)
    beta = pm.Beta("beta", 1.0, alpha, shape=5)
    parts = stick_breaking(beta)
    w = pm.Deterministic("w", parts / parts.sum())
    tau = pm.Gamma("tau", 1.0, 1.0, shape=5)
    lambda_ = pm.Gamma("lambda_", 10.0, 1.0, shape=5)
    mu = pm.Normal("mu", 0, tau=lambda_ * tau, shape=5)
    pm.NormalMixture("obs", w, mu, tau=lambda_ * tau, observed=y)

with pm.Model() as inflated:
    psi = pm.Beta("psi", 1.0, 1.0)
    rate = pm.Gamma("rate", 2.0, 0.1)
    pm.ZeroInflatedPoisson("n", psi, rate, observed=np.array([0, 0, 3, 5, 0, 1, 9]))
    alpha = pm.Exponential("alpha", 1.0)
    pm.Mixture(
        "m",
        w=[psi, 1 - psi],
        comp_dists=[pm.NegativeBinomial.dist(mu=rate, alpha=alpha), pm.Poisson.dist(rate)],
        observed=[1, 4, 2],
    )

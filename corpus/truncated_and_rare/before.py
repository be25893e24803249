"""Rarer families beside each other: truncated, extreme, heavy-tailed, and counts of failures."""
import numpy as np
import pymc3 as pm

rng = np.random.RandomState(341)
speed = np.clip(rng.normal(48, 6, 40), 30, 60)
angle = rng.laplace(.5, 1., 40)
tries = rng.geometric(.3, 40)
income = rng.pareto(3., 40) + 1

with pm.Model() as road:
    mu = pm.TruncatedNormal('mu', mu=50, sd=10, lower=30, upper=60)
    spread = pm.ChiSquared('spread', nu=6)
    pm.Logistic('speed', mu=mu, s=spread, observed=speed)

    direction = pm.Gumbel('direction', mu=0, beta=1)
    width = pm.Wald('width', mu=2., lam=3.)
    pm.Laplace('angle', mu=direction, b=width, observed=angle)

    p = pm.Kumaraswamy('p', a=2, b=3)
    pm.Geometric('tries', p=p, observed=tries)

    tail = pm.ExGaussian('tail', mu=2, sd=.5, nu=1)
    pm.Pareto('income', alpha=pm.math.abs_(tail) + 1, m=1, observed=income)
    trace = pm.sample(200, tune=400, chains=2, cores=1, random_seed=342)

print(pm.summary(trace))

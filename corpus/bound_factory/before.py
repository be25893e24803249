"""Bounded priors three ways: kept in a name, called at once, and with a computed bound."""
import numpy as np
import pymc3 as pm

rng = np.random.RandomState(13)
x = np.linspace(0, 4, 50)
y = 2.0 * (1 - np.exp(-1.3 * x)) + rng.normal(0, 0.1, x.size)

PositiveNormal = pm.Bound(pm.Normal, lower=0.0)

with pm.Model() as saturation:
    top = PositiveNormal('top', mu=1, sd=2)
    rate = PositiveNormal('rate', 0, 2)
    start = pm.Bound(pm.Normal, lower=-0.5, upper=0.5)('start', mu=0, sd=0.2)
    s = pm.Bound(pm.Flat, lower=0)('s', testval=1.)
    curve = start + top * (1 - pm.math.exp(-rate * x))
    pm.Normal('y', mu=curve, sd=s, observed=y)
    trace = pm.sample(400, tune=500, chains=2, cores=1, random_seed=14)

print(pm.summary(trace, var_names=['top', 'rate', 's']))

"""Bounded priors three ways: kept in a name, called at once, and with a computed bound."""
import arviz as az
import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

rng = np.random.RandomState(13)
x = np.linspace(0, 4, 50)
y = 2.0 * (1 - np.exp(-1.3 * x)) + rng.normal(0, 0.1, x.size)

PositiveNormal = pm.Bound(pm.Normal, lower=0.0)


@pm.model(name=None)
def build_saturation():
    top = yield PositiveNormal('top', loc=1, scale=2)
    rate = yield PositiveNormal('rate', 0, 2)
    start = yield pm.Bound(pm.Normal, lower=-0.5, upper=0.5)('start', loc=0, scale=0.2)
    s = yield pm.Bound(pm.Flat, lower=0)('s', testval=1.)
    curve = start + top * (1 - tf.exp(-rate * x))
    yield pm.Normal('y', loc=curve, scale=s, observed=y)


saturation = build_saturation()
trace = pm.sample(saturation, num_samples=400, burn_in=500, num_chains=2, seed=14)

print(az.summary(trace, var_names=['top', 'rate', 's']))

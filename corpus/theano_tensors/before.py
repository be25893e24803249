"""Distances between shops, clipped, sorted and summed: a sample of Theano's functions."""
import numpy as np
import pymc3 as pm
import theano
import theano.tensor as tt

rng = np.random.RandomState(361)
x = rng.uniform(0, 10, 20)
sales = 30 * np.exp(-((x - 4) / 3)**2) + rng.normal(0, 2, 20)
towns = theano.shared(np.array([0, 1] * 10), name='towns')
x_shared = theano.shared(x)

with pm.Model() as shops:
    centre = pm.Uniform('centre', 0, 10)
    width = pm.HalfNormal('width', sd=5)
    height = pm.HalfNormal('height', sd=30, shape=2)
    distance = tt.abs_(x_shared - centre)
    distance = tt.clip(distance, 1e-3, 10.)
    ratio = tt.minimum(tt.sqr(distance / width), 50.)
    mu = height[towns] * tt.exp(-ratio)
    mu = tt.set_subtensor(mu[0], mu[0] + 0.)
    total = pm.Deterministic('total', tt.sum(mu) / tt.cast(mu.shape[0], 'float64'))
    order = pm.Deterministic('order', tt.sort(height)[::-1])
    pm.Normal('sales', mu=mu, sd=3., observed=sales)
    trace = pm.sample(200, tune=400, chains=2, cores=1, random_seed=362)

print(trace['centre'].mean().round(1), trace['total'].mean().round(1))

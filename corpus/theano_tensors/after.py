"""Distances between shops, clipped, sorted and summed: a sample of Theano's functions."""
import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

rng = np.random.RandomState(361)
x = rng.uniform(0, 10, 20)
sales = 30 * np.exp(-((x - 4) / 3)**2) + rng.normal(0, 2, 20)
towns = pm.shared(np.array([0, 1] * 10), name='towns')
x_shared = pm.shared(x)


@pm.model(name=None)
def build_shops():
    centre = yield pm.Uniform('centre', 0, 10)
    width = yield pm.HalfNormal('width', scale=5)
    height = yield pm.HalfNormal('height', scale=30, batch_stack=2)
    distance = tf.abs(x_shared - centre)
    distance = tf.clip_by_value(distance, 1e-3, 10.)
    ratio = tf.minimum(tf.square(distance / width), 50.)
    mu = height[towns] * tf.exp(-ratio)
    mu = pm.math.set_subtensor(mu, 0, mu[0] + 0.)
    total = yield pm.Deterministic('total', tf.reduce_sum(mu) / pm.math.cast(mu.shape[0], 'float64'))
    order = yield pm.Deterministic('order', pm.math.sort(height)[::-1])
    yield pm.Normal('sales', loc=mu, scale=3., observed=sales)


shops = build_shops()
trace = pm.sample(shops, num_samples=200, burn_in=400, num_chains=2, seed=362)

print(pm.draws(trace, 'centre').mean().round(1), pm.draws(trace, 'total').mean().round(1))

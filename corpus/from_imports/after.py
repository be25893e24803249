"""Grip strength of climbers, with each name imported by itself."""
import arviz as az
import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

rng = np.random.RandomState(8)
years = rng.uniform(0, 10, 30)
grip = np.exp(3.5 + 0.04 * years) + rng.normal(0, 2., 30)
design = pm.shared(np.column_stack([np.ones_like(years), years]))


@pm.model(name=None)
def build_climbers():
    b = yield pm.Normal('b', loc=0, scale=np.array([5., 1.]), shape=2)
    scale = yield pm.HalfNormal('scale', scale=5, transform=pm.transforms.log)
    mu = tf.exp(pm.math.dot(design, b))
    yield pm.StudentT('grip', df=4, loc=mu, scale=scale * tf.ones_like(mu), observed=grip)


climbers = build_climbers()
trace = pm.sample(climbers, num_samples=300, burn_in=400, num_chains=2, start={'b': np.array([3.5, 0.])},
                  seed=4)

print(az.summary(trace))

"""Two rivers share a climate: a model in parts, each with a prefix for its names."""
import numpy as np
import pymc3 as pm

rng = np.random.RandomState(151)
north = rng.normal(11., 2., 20)
south = rng.normal(14., 2., 20)

with pm.Model() as climate:
    level = pm.Normal('level', mu=12, sd=3)
    sigma = pm.HalfNormal('sigma', sd=3)

    with pm.Model(name='north'):
        shift = pm.Normal('shift', mu=0, sd=2)
        pm.Normal('flow', mu=level + shift, sd=sigma, observed=north)

    with pm.Model(name='south'):
        shift = pm.Normal('shift', mu=0, sd=2)
        pm.Normal('flow', mu=level + shift, sd=sigma, observed=south)

    trace = pm.sample(300, tune=500, chains=2, cores=1, random_seed=152)

print('north %.1f, south %.1f' % (trace['north_shift'].mean(), trace['south_shift'].mean()))

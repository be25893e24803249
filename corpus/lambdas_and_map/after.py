"""Priors made by lambdas and by map."""
import numpy as np
import pymc3 as pm

rng = np.random.RandomState(311)
features = rng.normal(size=(40, 3))
target = features.dot([.5, 0., -1.]) + rng.normal(0, .5, 40)

with pm.Model() as model:
    # TODO(pm-migrate PM212): a generator cannot yield from here: create the variable in a loop
    weight = lambda name: pm.Laplace(name, mu=0, b=1)
    weights = list(map(weight, ['w_length', 'w_width', 'w_height']))
    mu = sum(w * features[:, k] for k, w in enumerate(weights))
    pm.Normal('target', mu=mu, sd=pm.HalfNormal('sd', 1), observed=target)
    trace = pm.sample(200, tune=300, chains=2, cores=1, random_seed=312)

print(pm.summary(trace))

"""Degrees of a trend: models in a dictionary, sampled in a loop and compared."""
import arviz as az
import numpy as np
import pymc3 as pm

rng = np.random.RandomState(231)
year = np.linspace(-1, 1, 30)
value = 2 + year - 1.5 * year**2 + rng.normal(0, .3, 30)

models, traces = {}, {}

with pm.Model() as models['line']:
    b = pm.Normal('b', 0, 5, shape=2)
    s = pm.HalfNormal('s', 1)
    pm.Normal('value', b[0] + b[1] * year, s, observed=value)

with pm.Model() as models['parabola']:
    b = pm.Normal('b', 0, 5, shape=3)
    s = pm.HalfNormal('s', 1)
    pm.Normal('value', b[0] + b[1] * year + b[2] * year**2, s, observed=value)

for name, model in models.items():
    with model:
        traces[name] = pm.sample(200, tune=300, chains=2, cores=1, random_seed=232)

for name in models:
    with models[name]:
        ppc = pm.sample_posterior_predictive(traces[name], samples=50, random_seed=233)
    print(name, np.abs(ppc['value'].mean(axis=0) - value).mean().round(2))

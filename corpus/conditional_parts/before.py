"""One factory, many variants: flags switch parts of the model on and off."""
import numpy as np
import pymc3 as pm

rng = np.random.RandomState(211)
dose = rng.uniform(0, 3, 50)
site = rng.randint(0, 4, 50)
response = 1. + 0.7 * dose + rng.normal(0, .5, 4)[site] + rng.normal(0, .4, 50)


def make_model(sites=True, robust=False, centered=True):
    with pm.Model() as model:
        base = pm.Normal('base', 0, 3)
        slope = pm.Normal('slope', 0, 1)
        mu = base + slope * dose
        if sites:
            sd_site = pm.HalfNormal('sd_site', 1)
            if centered:
                effect = pm.Normal('effect', 0, sd_site, shape=4)
            else:
                raw = pm.Normal('raw', 0, 1, shape=4)
                effect = pm.Deterministic('effect', raw * sd_site)
            mu = mu + effect[site]
        sigma = pm.HalfNormal('sigma', 1)
        if robust:
            pm.StudentT('response', nu=4, mu=mu, sd=sigma, observed=response)
        else:
            pm.Normal('response', mu=mu, sd=sigma, observed=response)
    return model


plain = make_model(sites=False)
robust = make_model(centered=False, robust=True)

with plain:
    trace_plain = pm.sample(200, tune=300, chains=2, cores=1, random_seed=212)
with robust:
    trace_robust = pm.sample(200, tune=300, chains=2, cores=1, random_seed=213)

print('slope %.2f and %.2f' % (trace_plain['slope'].mean(), trace_robust['slope'].mean()))

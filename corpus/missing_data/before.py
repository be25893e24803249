"""Gaps in a rain gauge: masked observations are imputed."""
import numpy as np
import pymc3 as pm

counts = np.array([4, 5, 4, 0, 1, 4, -999, 4, 0, 6, 3, 3, 4, -999, 2, 6])
masked_counts = np.ma.masked_values(counts, value=-999)
heat = np.array([21.5, 22.1, np.nan, 20.4, 19.9, np.nan, 23.0, 22.4])

with pm.Model() as rainy_days:
    lam = pm.Exponential('lam', 0.25)
    days = pm.Poisson('days', lam, observed=masked_counts)
    trace = pm.sample(300, tune=300, chains=2, cores=1, random_seed=1)

with pm.Model() as temperature:
    mu = pm.Normal('mu', 20, 5)
    sd = pm.HalfNormal('sd', 3)
    obs = pm.Normal('obs', mu=mu, sd=sd, observed=np.ma.masked_invalid(heat))
    heat_trace = pm.sample(300, tune=300, chains=2, cores=1, random_seed=2)

print('days of the missing weeks:', trace['days_missing'].mean(axis=0).round(1))
print('missing temperatures:', heat_trace['obs_missing'].mean(axis=0).round(1))

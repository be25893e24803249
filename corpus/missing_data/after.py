"""Gaps in a rain gauge: masked observations are imputed."""
import numpy as np
import pm_migrate.pymc4 as pm

counts = np.array([4, 5, 4, 0, 1, 4, -999, 4, 0, 6, 3, 3, 4, -999, 2, 6])
masked_counts = np.ma.masked_values(counts, value=-999)
heat = np.array([21.5, 22.1, np.nan, 20.4, 19.9, np.nan, 23.0, 22.4])


@pm.model(name=None)
def build_rainy_days():
    lam = yield pm.Exponential('lam', 0.25)
    days = yield pm.Poisson('days', lam, observed=masked_counts)


rainy_days = build_rainy_days()
trace = pm.sample(rainy_days, num_samples=300, burn_in=300, num_chains=2, seed=1, return_inferencedata=False)


@pm.model(name=None)
def build_temperature():
    mu = yield pm.Normal('mu', 20, 5)
    sd = yield pm.HalfNormal('sd', 3)
    obs = yield pm.Normal('obs', loc=mu, scale=sd, observed=np.ma.masked_invalid(heat))


temperature = build_temperature()
heat_trace = pm.sample(temperature, num_samples=300, burn_in=300, num_chains=2, seed=2,
                       return_inferencedata=False)

print('days of the missing weeks:', trace['days_missing'].mean(axis=0).round(1))
print('missing temperatures:', heat_trace['obs_missing'].mean(axis=0).round(1))

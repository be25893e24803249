"""Two explanations of a signal, compared by their marginal likelihood from sequential Monte Carlo."""
import numpy as np
import pymc3 as pm

signal = np.random.RandomState(101).normal(0.4, 1., size=25)

with pm.Model() as silent:
    sd = pm.HalfNormal('sd', 2)
    pm.Normal('signal', mu=0, sd=sd, observed=signal)
    trace_silent = pm.sample_smc(500, chains=2, random_seed=[1, 2])

with pm.Model() as shifted:
    mu = pm.Normal('mu', 0, 1)
    sd = pm.HalfNormal('sd', 2)
    pm.Normal('signal', mu=mu, sd=sd, observed=signal)
    trace_shifted = pm.sample_smc(draws=500, kernel='metropolis', threshold=0.5, random_seed=[1, 2], chains=2)

print('mean of the shifted model: %.2f' % trace_shifted['mu'].mean())
print('scale of the silent one: %.2f' % trace_silent['sd'].mean())

"""Tide-gauge residuals: two autoregressive series."""
import numpy as np
import pymc3 as pm

rng = np.random.RandomState(3)
level = np.zeros(120)
for t in range(2, 120):
    level[t] = 0.6 * level[t - 1] - 0.2 * level[t - 2] + rng.normal(0, 0.5)

with pm.Model() as ar1:
    k = pm.Uniform('k', -1, 1)
    tau_e = pm.Gamma('tau_e', 2, 1)
    pm.AR1('level', k=k, tau_e=tau_e, observed=level)
    trace1 = pm.sample(300, tune=300, chains=2, cores=1, random_seed=1)

with pm.Model() as ar2:
    rho = pm.Normal('rho', 0., 1., shape=2)
    sigma = pm.HalfNormal('sigma', 1.)
    pm.AR('level', rho, sigma=sigma, observed=level)
    trace2 = pm.sample(300, tune=300, chains=2, cores=1, random_seed=1)

print('one lag: %.2f' % trace1['k'].mean())
print('two lags:', trace2['rho'].mean(axis=0).round(2))

"""The old plotting names, all of which became ArviZ's."""
import matplotlib
matplotlib.use('Agg')
import matplotlib.pyplot as plt
import numpy as np
import pymc3 as pm

y = np.random.RandomState(271).normal(1, 2, size=40)

with pm.Model() as m:
    mu = pm.Normal('mu', 0, 5)
    sigma = pm.HalfNormal('sigma', 5)
    pm.Normal('y', mu, sigma, observed=y)
    trace = pm.sample(300, tune=300, chains=2, cores=1, random_seed=272)

    pm.traceplot(trace, var_names=['mu'])
    pm.plot_posterior(trace, var_names=['mu', 'sigma'], ref_val=0)
    pm.forestplot(trace)
    pm.autocorrplot(trace, var_names=['mu'])
    pm.energyplot(trace)
    pm.densityplot(trace)
    pm.pairplot(trace, divergences=True)

print(pm.rhat(trace))
print(pm.ess(trace))
print(pm.hdi(trace['mu'], 0.9))
plt.close('all')

"""The old plotting names, all of which became ArviZ's."""
import matplotlib
matplotlib.use('Agg')
import arviz as az
import matplotlib.pyplot as plt
import numpy as np
import pm_migrate.pymc4 as pm

y = np.random.RandomState(271).normal(1, 2, size=40)


@pm.model(name=None)
def build_m():
    mu = yield pm.Normal('mu', 0, 5)
    sigma = yield pm.HalfNormal('sigma', 5)
    yield pm.Normal('y', mu, sigma, observed=y)


m = build_m()
trace = pm.sample(m, num_samples=300, burn_in=300, num_chains=2, seed=272)

az.plot_trace(trace, var_names=['mu'])
az.plot_posterior(trace, var_names=['mu', 'sigma'], ref_val=0)
az.plot_forest(trace)
az.plot_autocorr(trace, var_names=['mu'])
az.plot_energy(trace)
az.plot_density(trace)
az.plot_pair(trace, divergences=True)

print(az.rhat(trace))
print(az.ess(trace))
print(az.hdi(pm.draws(trace, 'mu'), 0.9))
plt.close('all')

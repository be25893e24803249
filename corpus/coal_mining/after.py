"""Coal-mining disasters in Great Britain, 1851 to 1962: when did the rate fall?

Yearly counts from Jarrett (1979).
"""
import arviz as az
import matplotlib.pyplot as plt
import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

disasters = np.array([4, 5, 4, 0, 1, 4, 3, 4, 0, 6, 3, 3, 4, 0, 2, 6,
                      3, 3, 5, 4, 5, 3, 1, 4, 4, 1, 5, 5, 3, 4, 2, 5,
                      2, 2, 3, 4, 2, 1, 3, 2, 2, 1, 1, 1, 1, 3, 0, 0,
                      1, 0, 1, 1, 0, 0, 3, 1, 0, 3, 2, 2, 0, 1, 1, 1,
                      0, 1, 0, 1, 0, 0, 0, 2, 1, 0, 0, 0, 1, 1, 0, 2,
                      3, 3, 1, 1, 2, 1, 1, 1, 1, 2, 4, 2, 0, 0, 1, 4,
                      0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0])
years = np.arange(1851, 1851 + len(disasters))


@pm.model(name=None)
def build_disaster_model():
    switchpoint = yield pm.DiscreteUniform('switchpoint', low=years.min(), high=years.max(), testval=1900)

    # Priors for the rates before and after the switch
    early_rate = yield pm.Exponential('early_rate', 1)
    late_rate = yield pm.Exponential('late_rate', 1)

    # Allocate the rates to the years before and after
    rate = tf.where(switchpoint >= years, early_rate, late_rate)

    yield pm.Poisson('disasters', rate, observed=disasters)


disaster_model = build_disaster_model()
trace = pm.sample(disaster_model, num_samples=2000, burn_in=1000, num_chains=2, seed=4)
ppc = pm.sample_posterior_predictive(disaster_model, trace, num_draws=500, seed=5)

az.plot_trace(trace, var_names=['early_rate', 'late_rate'])
print(az.summary(trace))

# Years that hold most of the posterior of the switch
counts = np.bincount(pm.draws(trace, 'switchpoint') - 1851, minlength=len(years))
for year in years[np.argsort(counts)[::-1][:5]]:
    print(year, counts[year - 1851] / counts.sum())

plt.figure(figsize=(10, 4))
plt.plot(years, disasters, '.')
plt.plot(years, pm.draws(ppc, 'disasters', group='posterior_predictive').mean(axis=0), 'r')
plt.axvline(pm.draws(trace, 'switchpoint').mean())
plt.close('all')

"""Coal-mining disasters in Great Britain, 1851 to 1962: when did the rate fall?

Yearly counts from Jarrett (1979).
"""
import matplotlib.pyplot as plt
import numpy as np
import pymc3 as pm

disasters = np.array([4, 5, 4, 0, 1, 4, 3, 4, 0, 6, 3, 3, 4, 0, 2, 6,
                      3, 3, 5, 4, 5, 3, 1, 4, 4, 1, 5, 5, 3, 4, 2, 5,
                      2, 2, 3, 4, 2, 1, 3, 2, 2, 1, 1, 1, 1, 3, 0, 0,
                      1, 0, 1, 1, 0, 0, 3, 1, 0, 3, 2, 2, 0, 1, 1, 1,
                      0, 1, 0, 1, 0, 0, 0, 2, 1, 0, 0, 0, 1, 1, 0, 2,
                      3, 3, 1, 1, 2, 1, 1, 1, 1, 2, 4, 2, 0, 0, 1, 4,
                      0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0])
years = np.arange(1851, 1851 + len(disasters))

with pm.Model() as disaster_model:

    switchpoint = pm.DiscreteUniform('switchpoint', lower=years.min(), upper=years.max(), testval=1900)

    # Priors for the rates before and after the switch
    early_rate = pm.Exponential('early_rate', 1)
    late_rate = pm.Exponential('late_rate', 1)

    # Allocate the rates to the years before and after
    rate = pm.math.switch(switchpoint >= years, early_rate, late_rate)

    pm.Poisson('disasters', rate, observed=disasters)

    trace = pm.sample(2000, tune=1000, chains=2, random_seed=4)
    ppc = pm.sample_posterior_predictive(trace, samples=500, random_seed=5)

pm.traceplot(trace, var_names=['early_rate', 'late_rate'])
print(pm.summary(trace))

# Years that hold most of the posterior of the switch
counts = np.bincount(trace['switchpoint'] - 1851, minlength=len(years))
for year in years[np.argsort(counts)[::-1][:5]]:
    print(year, counts[year - 1851] / counts.sum())

plt.figure(figsize=(10, 4))
plt.plot(years, disasters, '.')
plt.plot(years, ppc['disasters'].mean(axis=0), 'r')
plt.axvline(trace['switchpoint'].mean())
plt.close('all')

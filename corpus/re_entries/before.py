"""A model that grows: priors first, then the likelihoods of two laboratories, then sampling."""
import numpy as np
import pymc3 as pm

rng = np.random.RandomState(40)
lab_a = rng.normal(5.0, 0.3, size=10)
lab_b = rng.normal(5.3, 0.6, size=15)

with pm.Model() as weighing:
    mass = pm.Normal('mass', mu=5, sd=2)
    bias = pm.Normal('bias', mu=0, sd=0.5)

with weighing:
    sigma_a = pm.HalfNormal('sigma_a', sd=1)
    pm.Normal('lab_a', mu=mass, sd=sigma_a, observed=lab_a)

print('first laboratory: mean %.2f' % lab_a.mean())

with weighing:
    sigma_b = pm.HalfNormal('sigma_b', sd=1)
    pm.Normal('lab_b', mu=mass + bias, sd=sigma_b, observed=lab_b)

print('second laboratory: mean %.2f' % lab_b.mean())

with weighing:
    trace = pm.sample(300, tune=300, chains=2, cores=1, random_seed=41)

with weighing:
    ppc = pm.sample_posterior_predictive(trace, samples=50, random_seed=42)

print('mass %.2f, bias of the second laboratory %.2f' % (trace['mass'].mean(), trace['bias'].mean()))
print(ppc['lab_a'].shape, ppc['lab_b'].shape)

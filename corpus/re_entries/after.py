"""A model that grows: priors first, then the likelihoods of two laboratories, then sampling."""
import numpy as np
import pm_migrate.pymc4 as pm

rng = np.random.RandomState(40)
lab_a = rng.normal(5.0, 0.3, size=10)
lab_b = rng.normal(5.3, 0.6, size=15)

print('first laboratory: mean %.2f' % lab_a.mean())


@pm.model(name=None)
def build_weighing():
    mass = yield pm.Normal('mass', loc=5, scale=2)
    bias = yield pm.Normal('bias', loc=0, scale=0.5)
    sigma_a = yield pm.HalfNormal('sigma_a', scale=1)
    yield pm.Normal('lab_a', loc=mass, scale=sigma_a, observed=lab_a)
    sigma_b = yield pm.HalfNormal('sigma_b', scale=1)
    yield pm.Normal('lab_b', loc=mass + bias, scale=sigma_b, observed=lab_b)


weighing = build_weighing()

print('second laboratory: mean %.2f' % lab_b.mean())

trace = pm.sample(weighing, num_samples=300, burn_in=300, num_chains=2, seed=41)

ppc = pm.sample_posterior_predictive(weighing, trace, num_draws=50, seed=42)

print('mass %.2f, bias of the second laboratory %.2f' % (pm.draws(trace, 'mass').mean(), pm.draws(trace, 'bias').mean()))
print(pm.draws(ppc, 'lab_a', group='posterior_predictive').shape, pm.draws(ppc, 'lab_b', group='posterior_predictive').shape)

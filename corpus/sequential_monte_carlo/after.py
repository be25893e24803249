"""Two explanations of a signal, compared by their marginal likelihood from sequential Monte Carlo."""
import numpy as np
import pm_migrate.pymc4 as pm

signal = np.random.RandomState(101).normal(0.4, 1., size=25)


@pm.model(name=None)
def build_silent():
    sd = yield pm.HalfNormal('sd', 2)
    yield pm.Normal('signal', loc=0, scale=sd, observed=signal)


silent = build_silent()
trace_silent = pm.sample_smc(500, chains=2, random_seed=[1, 2], model=silent)


@pm.model(name=None)
def build_shifted():
    mu = yield pm.Normal('mu', 0, 1)
    sd = yield pm.HalfNormal('sd', 2)
    yield pm.Normal('signal', loc=mu, scale=sd, observed=signal)


shifted = build_shifted()
trace_shifted = pm.sample_smc(500, kernel='metropolis', threshold=0.5, random_seed=[1, 2], chains=2,
                              model=shifted)

print('mean of the shifted model: %.2f' % trace_shifted['mu'].mean())
print('scale of the silent one: %.2f' % trace_silent['sd'].mean())

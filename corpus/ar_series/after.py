"""Tide-gauge residuals: two autoregressive series."""
import numpy as np
import pm_migrate.pymc4 as pm

rng = np.random.RandomState(3)
level = np.zeros(120)
for t in range(2, 120):
    level[t] = 0.6 * level[t - 1] - 0.2 * level[t - 2] + rng.normal(0, 0.5)


@pm.model(name=None)
def build_ar1():
    k = yield pm.Uniform('k', -1, 1)
    tau_e = yield pm.Gamma('tau_e', 2, 1)
    yield pm.AR1('level', coefficient=k, precision=tau_e, observed=level)


ar1 = build_ar1()
trace1 = pm.sample(ar1, num_samples=300, burn_in=300, num_chains=2, seed=1)


@pm.model(name=None)
def build_ar2():
    rho = yield pm.Normal('rho', 0., 1., batch_stack=2)
    sigma = yield pm.HalfNormal('sigma', 1.)
    yield pm.ConditionalAR('level', rho, level_scale=sigma, observed=level)


ar2 = build_ar2()
trace2 = pm.sample(ar2, num_samples=300, burn_in=300, num_chains=2, seed=1)

print('one lag: %.2f' % pm.draws(trace1, 'k').mean())
print('two lags:', pm.draws(trace2, 'rho').mean(axis=0).round(2))

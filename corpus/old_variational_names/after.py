"""Wear of brake pads, fitted in the spelling of PyMC3 3.0."""
import numpy as np
import pymc3 as pm

rng = np.random.RandomState(251)
km = rng.uniform(1, 6, 40)
wear = 0.4 * km + rng.normal(0, .2, 40)

with pm.Model() as pads:
    slope = pm.Normal('slope', 0, 1)
    sd = pm.HalfNormal('sd', 1)
    pm.Normal('wear', slope * km, sd=sd, observed=wear)
    # TODO(pm-migrate PM310): pm.advi has no rule: PyMC3 dropped it in 3.2: approx = pm.fit(n, method='advi') takes its place, and -approx.hist that of its elbo_vals
    v_params = pm.variational.advi(n=1000)
    # TODO(pm-migrate PM310): pm.sample_vp has no rule: PyMC3 dropped it in 3.2: approx.sample(draws) takes its place
    trace = pm.variational.sample_vp(v_params, draws=200)

print(v_params.means['slope'])
print(trace['slope'].mean())

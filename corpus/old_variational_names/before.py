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
    v_params = pm.variational.advi(n=1000)
    trace = pm.variational.sample_vp(v_params, draws=200)

print(v_params.means['slope'])
print(trace['slope'].mean())

"""Which of the sensors are broken? A discrete flag for each, sampled by Gibbs steps."""
import numpy as np
import pymc3 as pm
import theano.tensor as tt

rng = np.random.RandomState(81)
broken = rng.binomial(1, 0.3, size=8)
readings = rng.normal(20 + 10 * broken[:, None], 1.0, size=(8, 5))

with pm.Model() as sensors:
    p_broken = pm.Beta('p_broken', 1, 3)
    flag = pm.Bernoulli('flag', p_broken, shape=8)
    shift = pm.Normal('shift', 8, 4)
    mu = tt.switch(tt.eq(flag, 1), 20 + shift, 20)
    pm.Normal('readings', mu=mu[:, None], sd=1., observed=readings)

    step1 = pm.BinaryGibbsMetropolis([flag])
    step2 = pm.NUTS([p_broken, shift])
    trace = pm.sample(300, tune=300, step=[step1, step2], chains=2, cores=1, random_seed=82)

print('P(broken):', trace['flag'].mean(axis=0).round(2))

"""Marriage and divorce, both measured with error: the true values are unknowns, a vector each."""
import numpy as np
import pymc3 as pm

rng = np.random.RandomState(291)
n = 25
marriage = rng.normal(size=n)
divorce = -.6 * marriage + rng.normal(0, .5, n)
marriage_se = rng.uniform(.1, .4, n)
divorce_se = rng.uniform(.1, .4, n)
marriage_obs = rng.normal(marriage, marriage_se)
divorce_obs = rng.normal(divorce, divorce_se)

with pm.Model() as m15:
    sigma = pm.Exponential('sigma', 1)
    a = pm.Normal('a', 0, .2)
    b = pm.Normal('b', 0, .5)
    m_true = pm.Normal('m_true', 0, 1, shape=n)
    d_true = pm.Normal('d_true', mu=a + b * m_true, sigma=sigma, shape=n, testval=divorce_obs)
    pm.Normal('d_obs', mu=d_true, sd=divorce_se, observed=divorce_obs)
    pm.Normal('m_obs', mu=m_true, sd=marriage_se, observed=marriage_obs)
    trace = pm.sample(200, tune=400, chains=2, cores=1, target_accept=.9, random_seed=292)

print(pm.summary(trace, var_names=['a', 'b', 'sigma']))

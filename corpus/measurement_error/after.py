"""Marriage and divorce, both measured with error: the true values are unknowns, a vector each."""
import arviz as az
import numpy as np
import pm_migrate.pymc4 as pm

rng = np.random.RandomState(291)
n = 25
marriage = rng.normal(size=n)
divorce = -.6 * marriage + rng.normal(0, .5, n)
marriage_se = rng.uniform(.1, .4, n)
divorce_se = rng.uniform(.1, .4, n)
marriage_obs = rng.normal(marriage, marriage_se)
divorce_obs = rng.normal(divorce, divorce_se)


@pm.model(name=None)
def build_m15():
    sigma = yield pm.Exponential('sigma', 1)
    a = yield pm.Normal('a', 0, .2)
    b = yield pm.Normal('b', 0, .5)
    m_true = yield pm.Normal('m_true', 0, 1, batch_stack=n)
    d_true = yield pm.Normal('d_true', loc=a + b * m_true, scale=sigma, shape=n, testval=divorce_obs)
    yield pm.Normal('d_obs', loc=d_true, scale=divorce_se, observed=divorce_obs)
    yield pm.Normal('m_obs', loc=m_true, scale=marriage_se, observed=marriage_obs)


m15 = build_m15()
trace = pm.sample(m15, num_samples=200, burn_in=400, num_chains=2, target_accept=.9, seed=292)

print(az.summary(trace, var_names=['a', 'b', 'sigma']))

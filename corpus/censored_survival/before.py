"""Time to the first repair, with machines that have not failed yet: a potential for the censored ones."""
import numpy as np
import pymc3 as pm
import theano.tensor as tt

rng = np.random.RandomState(131)
lifetime = rng.weibull(1.8, 60) * 10.
observed_until = 12.
failed = lifetime < observed_until
new = rng.binomial(1, .5, 60)


def weibull_lccdf(x, alpha, beta):
    ''' Log complementary cdf of the Weibull distribution. '''
    return -(x / beta)**alpha


with pm.Model() as repairs:
    alpha = pm.Gamma('alpha', 4, 2)
    b = pm.Normal('b', mu=0, sd=1)
    base = pm.Normal('base', np.log(10), 1)
    beta = tt.exp(base + b * new)

    y_obs = pm.Weibull('y_obs', alpha=alpha, beta=beta[failed], observed=lifetime[failed])
    y_cens = pm.Potential('y_cens', weibull_lccdf(observed_until, alpha, beta[~failed]))

    trace = pm.sample(300, tune=400, chains=2, cores=1, random_seed=132)

print(pm.summary(trace, var_names=['alpha', 'b']))

"""Time to the first repair, with machines that have not failed yet: a potential for the censored ones."""
import arviz as az
import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

rng = np.random.RandomState(131)
lifetime = rng.weibull(1.8, 60) * 10.
observed_until = 12.
failed = lifetime < observed_until
new = rng.binomial(1, .5, 60)


def weibull_lccdf(x, alpha, beta):
    ''' Log complementary cdf of the Weibull distribution. '''
    return -(x / beta)**alpha


@pm.model(name=None)
def build_repairs():
    alpha = yield pm.Gamma('alpha', 4, 2)
    b = yield pm.Normal('b', loc=0, scale=1)
    base = yield pm.Normal('base', np.log(10), 1)
    beta = tf.exp(base + b * new)

    y_obs = yield pm.Weibull('y_obs', concentration=alpha, scale=beta[failed], observed=lifetime[failed])
    y_cens = yield pm.Potential('y_cens', weibull_lccdf(observed_until, alpha, beta[~failed]))


repairs = build_repairs()
trace = pm.sample(repairs, num_samples=300, burn_in=400, num_chains=2, seed=132)

print(az.summary(trace, var_names=['alpha', 'b']))

"""Regression with outliers: Gaussian and Student-t errors side by side, on simulated data."""
import arviz as az
import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

rng = np.random.RandomState(11)
n = 100
X = np.column_stack([np.ones(n), rng.uniform(-1, 1, n), rng.normal(0, 1, n)])
y = X.dot([1., 2., -0.5]) + rng.normal(0, 0.3, n)
y[:8] += rng.normal(6, 1, 8)  # outliers

traces = {}
for family in ['normal', 'student']:
    @pm.model(name=None)
    def build_model(family):
        beta = yield pm.Normal('beta', 0, scale=10, batch_stack=X.shape[1])
        sigma = yield pm.HalfCauchy('sigma', 1)
        mu = pm.math.dot(X, beta)

        if family == 'normal':
            like = yield pm.Normal('like', mu, scale=sigma, observed=y)
        else:
            nu = (yield pm.Exponential('nu_minus_one', 1 / 29.)) + 1
            like = yield pm.StudentT('like', df=nu, loc=mu, scale=sigma, observed=y)

        # Soft constraint: the two slopes share about one unit of size
        yield pm.Potential('size', -0.5 * tf.square(tf.reduce_sum(tf.abs(beta[1:])) - 2.5))

    model = build_model(family)
    traces[family] = pm.sample(model, num_samples=1000, burn_in=1000, num_chains=2, seed=12, progressbar=False)

for family, trace in traces.items():
    print(family)
    print(az.summary(trace, var_names=['beta', 'sigma']))
    print('slope %.2f +- %.2f' % (pm.draws(trace, 'beta')[:, 1].mean(), pm.draws(trace, 'beta')[:, 1].std()))

"""Regression with outliers: Gaussian and Student-t errors side by side, on simulated data."""
import arviz as az
import numpy as np
import pymc3 as pm
import theano.tensor as tt

rng = np.random.RandomState(11)
n = 100
X = np.column_stack([np.ones(n), rng.uniform(-1, 1, n), rng.normal(0, 1, n)])
y = X.dot([1., 2., -0.5]) + rng.normal(0, 0.3, n)
y[:8] += rng.normal(6, 1, 8)  # outliers

traces = {}
for family in ['normal', 'student']:
    with pm.Model() as model:
        beta = pm.Normal('beta', 0, sd=10, shape=X.shape[1])
        sigma = pm.HalfCauchy('sigma', 1)
        mu = tt.dot(X, beta)

        if family == 'normal':
            like = pm.Normal('like', mu, sd=sigma, observed=y)
        else:
            nu = pm.Exponential('nu_minus_one', 1 / 29.) + 1
            like = pm.StudentT('like', nu=nu, mu=mu, sd=sigma, observed=y)

        # Soft constraint: the two slopes share about one unit of size
        pm.Potential('size', -0.5 * tt.sqr(tt.sum(tt.abs_(beta[1:])) - 2.5))

        traces[family] = pm.sample(1000, tune=1000, chains=2, random_seed=12, progressbar=False)

for family, trace in traces.items():
    print(family)
    print(az.summary(trace, var_names=['beta', 'sigma']))
    print('slope %.2f +- %.2f' % (trace['beta'][:, 1].mean(), trace['beta'][:, 1].std()))

"""Varying intercepts and slopes of coffee houses: a packed Cholesky factor, unpacked by hand."""
import numpy as np
import pymc3 as pm
import theano.tensor as tt

np.random.seed(22)
n_cafes, n_visits = 12, 8
cafe = np.repeat(np.arange(n_cafes), n_visits)
afternoon = np.tile([0, 1], n_cafes * n_visits // 2)
ab = np.random.multivariate_normal([3.5, -1.], [[1., -.35], [-.35, .25]], n_cafes)
wait = np.random.normal(ab[cafe, 0] + ab[cafe, 1] * afternoon, .5)

with pm.Model() as cafes:
    sd_dist = pm.HalfCauchy.dist(beta=2)  # also the scales of both effects
    packed_chol = pm.LKJCholeskyCov('packed_chol', n=2, eta=2, sd_dist=sd_dist)
    chol = pm.expand_packed_triangular(2, packed_chol, lower=True)

    # from the factor to correlation and standard deviations
    cov = pm.math.dot(chol, chol.T)
    sigma_ab = pm.Deterministic('sigma_cafe', tt.sqrt(tt.diag(cov)))
    corr = tt.diag(sigma_ab**-1).dot(cov.dot(tt.diag(sigma_ab**-1)))
    r = pm.Deterministic('Rho', corr[np.triu_indices(2, k=1)])

    ab = pm.Normal('ab', mu=0, sd=10, shape=2)
    ab_cafe = pm.MvNormal('ab_cafe', mu=ab, chol=chol, shape=(n_cafes, 2))

    mu = ab_cafe[:, 0][cafe] + ab_cafe[:, 1][cafe] * afternoon
    sd = pm.HalfCauchy('sd', beta=2)
    wait_times = pm.Normal('wait', mu=mu, sd=sd, observed=wait)
    trace = pm.sample(200, tune=400, chains=2, cores=1, random_seed=10)

print('correlation %.2f' % trace['Rho'].mean())

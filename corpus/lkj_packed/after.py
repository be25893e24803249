"""Varying intercepts and slopes of coffee houses: a packed Cholesky factor, unpacked by hand."""
import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

np.random.seed(22)
n_cafes, n_visits = 12, 8
cafe = np.repeat(np.arange(n_cafes), n_visits)
afternoon = np.tile([0, 1], n_cafes * n_visits // 2)
ab = np.random.multivariate_normal([3.5, -1.], [[1., -.35], [-.35, .25]], n_cafes)
wait = np.random.normal(ab[cafe, 0] + ab[cafe, 1] * afternoon, .5)

sd_dist = pm.HalfCauchy.dist(scale=2)  # also the scales of both effects


@pm.model(name=None)
def build_cafes():
    packed_chol = yield pm.LKJCholeskyCov('packed_chol', n=2, eta=2, sd_dist=sd_dist)
    chol = pm.expand_packed_triangular(2, packed_chol, lower=True)

    # from the factor to correlation and standard deviations
    cov = pm.math.dot(chol, chol.T)
    sigma_ab = yield pm.Deterministic('sigma_cafe', tf.sqrt(pm.math.diag(cov)))
    corr = pm.math.diag(sigma_ab**-1).dot(cov.dot(pm.math.diag(sigma_ab**-1)))
    r = yield pm.Deterministic('Rho', corr[np.triu_indices(2, k=1)])

    ab = yield pm.Normal('ab', loc=0, scale=10, batch_stack=2)
    ab_cafe = yield pm.MvNormalCholesky('ab_cafe', loc=ab, scale_tril=chol, shape=(n_cafes, 2))

    mu = ab_cafe[:, 0][cafe] + ab_cafe[:, 1][cafe] * afternoon
    sd = yield pm.HalfCauchy('sd', scale=2)
    wait_times = yield pm.Normal('wait', loc=mu, scale=sd, observed=wait)


cafes = build_cafes()
trace = pm.sample(cafes, num_samples=200, burn_in=400, num_chains=2, seed=10)

print('correlation %.2f' % pm.draws(trace, 'Rho').mean())

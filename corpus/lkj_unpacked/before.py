"""Leaf length, width and weight vary together: an LKJ prior whose three outputs are unpacked at once."""
import numpy as np
import pymc3 as pm

rng = np.random.RandomState(4)
true_cov = np.array([[1., .6, .3], [.6, 2., .8], [.3, .8, 1.5]])
leaves = [3., 2., 5.] + rng.normal(size=(60, 3)).dot(np.linalg.cholesky(true_cov).T)

with pm.Model() as leaf_model:
    chol, corr, sds = pm.LKJCholeskyCov('chol', n=3, eta=2., sd_dist=pm.Exponential.dist(1.0), compute_corr=True)
    cov = pm.Deterministic('cov', chol.dot(chol.T))
    mu = pm.Normal('mu', 0., 5., shape=3)
    pm.MvNormal('leaf', mu, chol=chol, observed=leaves)

    trace = pm.sample(300, tune=500, chains=2, cores=1, random_seed=44)

print(trace['chol_corr'].mean(axis=0).round(2))
print(trace['cov'].mean(axis=0).round(2))

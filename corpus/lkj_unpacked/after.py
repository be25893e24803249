"""Leaf length, width and weight vary together: an LKJ prior whose three outputs are unpacked at once."""
import numpy as np
import pm_migrate.pymc4 as pm

rng = np.random.RandomState(4)
true_cov = np.array([[1., .6, .3], [.6, 2., .8], [.3, .8, 1.5]])
leaves = [3., 2., 5.] + rng.normal(size=(60, 3)).dot(np.linalg.cholesky(true_cov).T)


@pm.model(name=None)
def build_leaf_model():
    chol, corr, sds = yield from pm.lkj_cholesky_cov('chol', n=3, eta=2., sd_dist=pm.Exponential.dist(1.0),
                                                     compute_corr=True)
    cov = yield pm.Deterministic('cov', chol.dot(chol.T))
    mu = yield pm.Normal('mu', 0., 5., batch_stack=3)
    yield pm.MvNormalCholesky('leaf', mu, scale_tril=chol, observed=leaves)


leaf_model = build_leaf_model()
trace = pm.sample(leaf_model, num_samples=300, burn_in=500, num_chains=2, seed=44, return_inferencedata=False)

print(trace['chol_corr'].mean(axis=0).round(2))
print(trace['cov'].mean(axis=0).round(2))

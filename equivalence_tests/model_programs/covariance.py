"""Covariance matrices: LKJCholeskyCov packed and computed, correlated effects, multivariate Student."""

import numpy as np
import pymc3 as pm
import theano.tensor as tt

x = np.random.RandomState(1).normal(size=(20, 3))
cafe = np.arange(20) % 5
afternoon = np.arange(20) % 2
with pm.Model() as packed_form:
    packed = pm.LKJCholeskyCov("packed", n=3, eta=2.0, sd_dist=pm.Exponential.dist(1.0))
    chol = pm.expand_packed_triangular(3, packed, lower=True)
    mu = pm.Normal("mu", 0.0, 10.0, shape=3)
    pm.MvNormal("x", mu, chol=chol, observed=x)

with pm.Model() as computed:
    chol, corr, stds = pm.LKJCholeskyCov("chol_cov", n=2, eta=4.0, sd_dist=pm.HalfCauchy.dist(2.5), compute_corr=True)
    ab_bar = pm.Normal("ab_bar", mu=np.array([5.0, -1.0]), sigma=2.0, shape=2)
    z = pm.Normal("z", 0.0, 1.0, shape=(2, 5))
    ab = pm.Deterministic("ab", ab_bar + tt.dot(chol, z).T)
    pm.Deterministic("corr", corr)
    mu = ab[cafe, 0] + ab[cafe, 1] * afternoon
    pm.Normal("wait", mu, pm.Exponential("s", 1.0), observed=x[:, 0])

with pm.Model() as student:
    pm.MvStudentT("t", nu=pm.Gamma("nu", 2.0, 0.1), mu=np.zeros(3), Sigma=np.eye(3) * 2.0, observed=x)
    pm.MvNormal("y", np.zeros(3), tau=np.diag([1.0, 2.0, 0.5]) * pm.Gamma("precision", 2.0, 1.0), observed=x)

"""Regularised regression, bounded distributions, a kernel with its Cholesky factor, a small network."""

import numpy as np
import pymc3 as pm
import theano
import theano.tensor as tt

rng = np.random.RandomState(5)
X = rng.normal(size=(15, 4))
y = X @ np.array([1.0, 0.0, -2.0, 0.0]) + rng.normal(size=15)
Xs = theano.shared(X)
with pm.Model() as horseshoe:
    tau = pm.HalfStudentT("tau", 2, 0.1)
    lam = pm.HalfStudentT("lam", 2, shape=4)
    c2 = pm.InverseGamma("c2", 1, 1)
    z = pm.Normal("z", 0.0, 1.0, shape=4)
    lam_t = tt.sqrt(c2) * lam / tt.sqrt(c2 + tau**2 * lam**2)
    beta = pm.Deterministic("beta", z * tau * lam_t)
    sigma = pm.HalfNormal("sigma", 2.5)
    pm.Normal("y", tt.dot(Xs, beta), sigma, observed=y)

with pm.Model() as bounded:
    Positive = pm.Bound(pm.Normal, lower=0.0)
    a = Positive("a", mu=1.0, sigma=2.0, shape=2)
    t = pm.TruncatedNormal("t", mu=0.5, sigma=1.0, lower=-1.0, upper=2.0)
    n = pm.Bound(pm.Poisson, lower=1)("n", mu=3.0)
    pm.Laplace("y", a[0] + a[1] * X[:, 0] + t, b=n, observed=y)

with pm.Model() as kernel:
    ls = pm.Gamma("ls", 2.0, 1.0)
    eta = pm.HalfCauchy("eta", 3.0)
    d2 = (X[:, None, 0] - X[None, :, 0]) ** 2
    K = eta**2 * tt.exp(-0.5 * d2 / ls**2) + 0.1 * tt.eye(15)
    L = tt.slinalg.cholesky(K)
    f = pm.Deterministic("f", tt.dot(L, pm.Normal("v", 0.0, 1.0, shape=15)))
    pm.Bernoulli("b", logit_p=f, observed=y > 0)
    pm.MvNormal("g", mu=tt.zeros(15), cov=K, observed=y)

with pm.Model() as network:
    w1 = pm.Normal("w1", 0.0, 1.0, shape=(4, 3), testval=rng.normal(size=(4, 3)))
    w2 = pm.Normal("w2", 0.0, 1.0, shape=(3,), testval=rng.normal(size=3))
    hidden = pm.math.tanh(pm.math.dot(Xs, w1))
    out = pm.math.sigmoid(pm.math.dot(hidden, w2))
    pm.Bernoulli("class", out, observed=(y > 0).astype(int), total_size=150)

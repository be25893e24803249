"""Few of twelve genes matter: a regularised horseshoe."""
import numpy as np
import pymc3 as pm
import theano.tensor as tt

rng = np.random.RandomState(181)
n, D = 60, 12
X = rng.normal(size=(n, D))
y = X[:, 0] * 2 - X[:, 3] * 1.5 + rng.normal(0, 1, n)
D0 = 2

with pm.Model() as genes:
    sigma = pm.HalfNormal('sigma', 2)
    tau = pm.HalfStudentT('tau', 2, D0 / (D - D0) * sigma / np.sqrt(n))
    lam = pm.HalfStudentT('lam', 5, shape=D)
    c2 = pm.InverseGamma('c2', 1, 1)
    z = pm.Normal('z', 0.0, 1.0, shape=D)
    beta = pm.Deterministic('beta', z * tau * lam * tt.sqrt(c2 / (c2 + tau**2 * lam**2)))
    beta0 = pm.Normal('beta0', 0., 5.)
    obs = pm.Normal('obs', mu=beta0 + tt.dot(X, beta), sigma=sigma, observed=y)
    trace = pm.sample(200, tune=400, chains=2, cores=1, target_accept=0.95, random_seed=182)

print(np.abs(trace['beta'].mean(0)).argsort()[::-1][:2])

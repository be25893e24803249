"""Few of twelve genes matter: a regularised horseshoe."""
import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

rng = np.random.RandomState(181)
n, D = 60, 12
X = rng.normal(size=(n, D))
y = X[:, 0] * 2 - X[:, 3] * 1.5 + rng.normal(0, 1, n)
D0 = 2


@pm.model(name=None)
def build_genes():
    sigma = yield pm.HalfNormal('sigma', 2)
    tau = yield pm.HalfStudentT('tau', 2, D0 / (D - D0) * sigma / np.sqrt(n))
    lam = yield pm.HalfStudentT('lam', 5, scale=1.0, batch_stack=D)
    c2 = yield pm.InverseGamma('c2', 1, 1)
    z = yield pm.Normal('z', 0.0, 1.0, batch_stack=D)
    beta = yield pm.Deterministic('beta', z * tau * lam * tf.sqrt(c2 / (c2 + tau**2 * lam**2)))
    beta0 = yield pm.Normal('beta0', 0., 5.)
    obs = yield pm.Normal('obs', loc=beta0 + pm.math.dot(X, beta), scale=sigma, observed=y)


genes = build_genes()
trace = pm.sample(genes, num_samples=200, burn_in=400, num_chains=2, target_accept=0.95, seed=182)

print(np.abs(pm.draws(trace, 'beta').mean(0)).argsort()[::-1][:2])

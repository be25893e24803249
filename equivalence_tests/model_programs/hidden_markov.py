"""Distributions of one's own, one without its parent's __init__; hidden Markov models, with states and marginal."""

import numpy as np
import pymc3 as pm
import theano
import theano.tensor as tt


class HMMStates(pm.Categorical):
    def __init__(self, P, init, *args, **kwargs):
        super(pm.Categorical, self).__init__(*args, **kwargs)
        self.P, self.init, self.k = P, init, P.shape[0]
        self.mode = tt.cast(0, dtype="int64")

    def logp(self, x):
        steps = self.P[x[:-1]]
        return pm.Categorical.dist(self.init).logp(x[0]) + tt.sum(pm.Categorical.dist(steps).logp(x[1:]))


class Walk(pm.Continuous):
    def __init__(self, tau, k, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.tau = tau = tt.as_tensor_variable(tau)
        self.k = k = tt.as_tensor_variable(k)
        self.median = self.mean = tt.as_tensor_variable(0.0)

    def logp(self, x):
        return tt.sum(pm.Normal.dist(mu=self.k * x[:-1], tau=self.tau).logp(x[1:])) + pm.Normal.dist(0.0, 10.0).logp(
            x[0]
        )


y = np.sin(np.arange(12.0))
with pm.Model() as states:
    P = pm.Dirichlet("P", a=np.ones((2, 2)), shape=(2, 2))
    x = HMMStates("x", P, np.array([0.5, 0.5]), shape=12, dtype="int64", testval=np.arange(12) % 2)
    mu = pm.Normal("mu", 0.0, 1.0, shape=2)
    pm.Normal("y", mu[x], 1.0, observed=y)

with pm.Model() as walk:
    k = pm.Normal("k", 1.0, 1.0)
    tau = pm.Gamma("tau", 2.0, 1.0)
    level = Walk("level", tau, k, shape=12)
    pm.Normal("y", level, 0.5, observed=y)

with pm.Model() as forward:
    P = pm.Dirichlet("P", a=np.ones(3), shape=(3, 3))
    mu = pm.Normal("mu", np.array([-1.0, 0.0, 1.0]), 1.0, shape=3)
    emission = pm.Normal.dist(mu, 1.0).logp(tt.as_tensor_variable(y)[:, None])

    def step(e, a, P):
        m = tt.max(a)
        return tt.log(tt.dot(tt.exp(a - m), P)) + m + e

    alphas, _ = theano.scan(step, sequences=[emission[1:]], outputs_info=[emission[0] - np.log(3.0)], non_sequences=[P])
    pm.Potential("marginal", pm.math.logsumexp(alphas[-1]))

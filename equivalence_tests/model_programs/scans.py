"""Recurrences by scan: growth with doses, two lags, a Kalman filter."""

import numpy as np
import pymc3 as pm
import theano
import theano.tensor as tt

theano.config.compute_test_value = "ignore"
y = np.array([30.0, 26.0, 21.0, 18.0, 14.0, 11.0])
dose = np.array([0.0, 1.0, 0.0, 0.0, 1.0, 0.0])
with pm.Model() as logistic_growth:
    r = pm.HalfNormal("r", 1.0)
    K = pm.Gamma("K", 2.0, 0.1)
    n0 = pm.Lognormal("n0", 3.0, 1.0)

    def grow(d, n, r, K):
        return n + r * n * (1 - n / K) - d

    n, _ = theano.scan(grow, sequences=dose, outputs_info=n0, non_sequences=[r, K])
    pm.Lognormal("y", tt.log(tt.clip(n, 1e-6, 1e6)), 0.2, observed=y)

with pm.Model() as two_back:
    a = pm.Normal("a", 0.0, 1.0, shape=2)
    start = pm.Normal("start", 0.0, 1.0, shape=2)
    z, _ = theano.scan(
        lambda x2, x1: a[0] * x1 + a[1] * x2 + 1.0, outputs_info={"initial": start, "taps": [-2, -1]}, n_steps=6
    )
    pm.Normal("y", z, 5.0, observed=y)

with pm.Model() as kalman:
    q = pm.HalfNormal("q", 1.0)
    s = pm.HalfNormal("s", 2.0)

    def update(obs, m, v):
        v = v + q**2
        gain = v / (v + s**2)
        logp = -0.5 * (tt.log(2 * np.pi * (v + s**2)) + (obs - m) ** 2 / (v + s**2))
        return m + gain * (obs - m), (1 - gain) * v, logp

    (_, _, logps), _ = theano.scan(
        update,
        sequences=[tt.as_tensor_variable(y)],
        outputs_info=[tt.constant(np.float64(20.0)), tt.constant(np.float64(100.0)), None],
    )
    pm.Potential("logp", logps.sum())

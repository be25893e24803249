# verdict: neither's
# settled: the slope of tanh far out is 1 less a number next to 1; with 60 digits both sides are wrong by 1.8e-12
# signature: drop-in: gradient: HalfFlat
import numpy as np
import pymc3 as pm
import theano.tensor as tt

data = np.array([0, 8, 9])

with pm.Model() as model:
    a = pm.Cauchy("a", 1.7, 3.2, shape=3)
    flat = pm.HalfFlat("flat")
    y = pm.DiscreteWeibull("y", 0.1, tt.tanh(flat + flat) + 1.5, observed=data)

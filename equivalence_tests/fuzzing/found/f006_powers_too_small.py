# verdict: PyMC3's
# settled: the two powers that PyMC3 subtracts are 0 in double precision; their difference has the logarithm here
# signature: drop-in: log density: DiscreteWeibull
import numpy as np
import pymc3 as pm
import theano.tensor as tt

data = np.array([0, 0, 0, 0, 4])

with pm.Model() as model:
    a = pm.Wald("a", 2.3)
    y = pm.DiscreteWeibull("y", 0.5 + 0.4 * tt.tanh(a), a, observed=data)

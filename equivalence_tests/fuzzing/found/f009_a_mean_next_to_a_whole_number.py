# verdict: neither's
# settled: the mean, whose whole part is the start value, is exactly 1; a rounding decides on which side of 1 it is
# signature: drop-in: test point: test point
# where: some processors
import numpy as np
import pymc3 as pm
import theano.tensor as tt

with pm.Model() as model:
    curve = pm.Interpolated("curve", np.linspace(-2, 2, 6), np.array([0.1, 0.5, 1.0, 0.8, 0.4, 0.1]))
    a1 = pm.NegativeBinomial("a1", p=tt.nnet.sigmoid(curve), n=tt.exp(curve))

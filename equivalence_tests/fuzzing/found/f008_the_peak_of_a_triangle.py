# verdict: neither's
# settled: the test point is the peak, and a rounding of the transform decides on which side of it the slope is taken
# signature: drop-in: gradient: Triangular
import pymc3 as pm
import theano.tensor as tt

with pm.Model() as model:
    a = pm.Triangular("a", -2.9, 2.3, 1.1)
    a1 = pm.VonMises("a1", -0.9, tt.exp(a))

# verdict: PyMC3's
# settled: powers below 1e-308 have few digits left, and the slope with them; here logarithms of powers are subtracted
# signature: drop-in: gradient: Kumaraswamy
import numpy as np
import pymc3 as pm

data = np.array([11, 2, 12, 5])

with pm.Model() as model:
    a = pm.Kumaraswamy("a", a=1.1, b=2.1)
    y = pm.DiscreteWeibull("y", 0.5 + 0.4 * pm.math.tanh(a), 3.1, observed=data)

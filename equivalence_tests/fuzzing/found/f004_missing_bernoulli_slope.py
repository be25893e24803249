# verdict: ours
# settled: as f003: the slope of a term that is -inf for a value which is neither 0 nor 1
# signature: drop-in: gradient: LogitNormal
import numpy as np
import pymc3 as pm

data = np.array([0, 0])
mask = np.array([1, 0])

with pm.Model() as model:
    a = pm.LogitNormal("a", 1.0, 1.2)
    y = pm.Bernoulli("y", logit_p=a, observed=np.ma.masked_array(data, mask=mask))

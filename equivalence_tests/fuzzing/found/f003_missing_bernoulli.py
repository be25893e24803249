# verdict: ours
# settled: the fuzzer gave a missing value of Bernoulli data numbers but 0 and 1, all of which PyMC3 takes for successes
# signature: drop-in: log density: Bernoulli
import numpy as np
import pymc3 as pm

data = np.array([1, 1, 0])
mask = np.array([1, 1, 0])

with pm.Model() as model:
    rate = pm.BetaBinomial("rate", 1.3, 0.9, 6, shape=1)
    pm.Bernoulli("y", logit_p=rate, observed=np.ma.masked_array(data, mask=mask), total_size=6)

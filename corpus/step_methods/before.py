"""The old way to sample: a start at the mode, a step method, and the first part cut off."""
import numpy as np
import pymc3 as pm

data = np.random.RandomState(91).exponential(4.0, size=40)

with pm.Model() as model:
    alpha = pm.HalfNormal('alpha', 2)
    beta = pm.HalfNormal('beta', 5)
    pm.Weibull('data', alpha=alpha, beta=beta, observed=data)

    start = pm.find_MAP()
    step = pm.Metropolis()
    trace = pm.sample(1000, step=step, start=start, tune=200, chains=2, cores=1, random_seed=92)

burned = trace[200::2]
print(len(burned), burned['alpha'].mean().round(2), burned['beta'].mean().round(2))

with model:
    slices = pm.sample(300, step=[pm.Slice([alpha]), pm.Metropolis(vars=[beta], scaling=.5)], tune=300,
                       chains=2, cores=1, random_seed=93)

print(pm.summary(slices))

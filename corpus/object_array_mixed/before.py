"""A soil model: some layers are known, others are random; NumPy adds them up in a loop."""
import numpy as np
import pymc3 as pm

depth = np.array([0.5, 1.0, 1.5, 2.0])
known = {0: 1.2, 3: 2.6}  # resistance of the layers that were dug up
measured = np.array([0.71, 1.42, 2.36, 3.58])

with pm.Model() as soil:
    layers = np.array([0.] * len(depth), dtype=object)
    for k in range(len(depth)):
        if k in known:
            layers[k] = known[k]
        else:
            layers[k] = pm.Lognormal('layer_%d' % k, mu=np.log(1.5), sd=0.3)

    total = 0.
    sigma = pm.HalfNormal('sigma', 0.2)
    for k, resistance in enumerate(layers):
        total += 0.5 * resistance
        pm.Normal('measured_{}'.format(k), mu=total, sd=sigma, observed=measured[k])

    trace = pm.sample(300, tune=400, chains=2, cores=1, target_accept=.9, random_seed=17)

print(pm.summary(trace))

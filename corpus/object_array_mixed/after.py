"""A soil model: some layers are known, others are random; NumPy adds them up in a loop."""
import arviz as az
import numpy as np
import pm_migrate.pymc4 as pm

depth = np.array([0.5, 1.0, 1.5, 2.0])
known = {0: 1.2, 3: 2.6}  # resistance of the layers that were dug up
measured = np.array([0.71, 1.42, 2.36, 3.58])


@pm.model(name=None)
def build_soil():
    layers = np.array([0.] * len(depth), dtype=object)
    for k in range(len(depth)):
        if k in known:
            layers[k] = known[k]
        else:
            layers[k] = yield pm.LogNormal('layer_%d' % k, loc=np.log(1.5), scale=0.3)

    total = 0.
    sigma = yield pm.HalfNormal('sigma', 0.2)
    for k, resistance in enumerate(layers):
        total += 0.5 * resistance
        yield pm.Normal('measured_{}'.format(k), loc=total, scale=sigma, observed=measured[k])


soil = build_soil()
trace = pm.sample(soil, num_samples=300, burn_in=400, num_chains=2, target_accept=.9, seed=17)

print(az.summary(trace))

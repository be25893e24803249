"""The old way to sample: a start at the mode, a step method, and the first part cut off."""
import arviz as az
import numpy as np
import pm_migrate.pymc4 as pm

data = np.random.RandomState(91).exponential(4.0, size=40)


@pm.model(name=None)
def build_model():
    alpha = yield pm.HalfNormal('alpha', 2)
    beta = yield pm.HalfNormal('beta', 5)
    yield pm.Weibull('data', concentration=alpha, scale=beta, observed=data)


model = build_model()
start = pm.find_MAP(model)
step = pm.Metropolis(model=model)
trace = pm.sample(model, num_samples=1000, burn_in=200, num_chains=2, step=step, start=start, seed=92)

burned = trace.isel(draw=slice(200, None, 2))
print(burned.posterior.sizes['draw'], pm.draws(burned, 'alpha').mean().round(2), pm.draws(burned, 'beta').mean().round(2))

slices = pm.sample(model, num_samples=300, burn_in=300, num_chains=2,
                   step=[pm.Slice(['alpha'], model=model), pm.Metropolis(['beta'], scaling=.5, model=model)],
                   seed=93)

print(az.summary(slices))

"""Rain on two islands, with everything imported by a star."""
from numpy.random import RandomState
import arviz as az
import pm_migrate.pymc4 as pm

rain = RandomState(2).gamma(2., 4., size=(25, 2))


@pm.model(name=None)
def build_islands():
    shape = yield pm.Uniform('shape', 0.1, 10, batch_stack=2)
    mean = yield pm.HalfNormal('mean', scale=20, batch_stack=2)
    difference = yield pm.Deterministic('difference', mean[0] - mean[1])
    yield pm.Gamma('rain', concentration=shape, rate=shape / mean, observed=rain)


islands = build_islands()
trace = pm.sample(islands, num_samples=300, burn_in=300, num_chains=2, seed=6)

print(az.summary(trace, var_names=['mean', 'difference']))
print('first island is wetter: %.2f' % (pm.draws(trace, 'difference') > 0).mean())

"""Rain on two islands, with everything imported by a star."""
from numpy.random import RandomState
from pymc3 import *

rain = RandomState(2).gamma(2., 4., size=(25, 2))

with Model() as islands:
    shape = Uniform('shape', 0.1, 10, shape=2)
    mean = HalfNormal('mean', sd=20, shape=2)
    difference = Deterministic('difference', mean[0] - mean[1])
    Gamma('rain', alpha=shape, beta=shape / mean, observed=rain)
    trace = sample(300, tune=300, chains=2, cores=1, random_seed=6)

print(summary(trace, var_names=['mean', 'difference']))
print('first island is wetter: %.2f' % (trace['difference'] > 0).mean())

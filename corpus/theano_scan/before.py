"""A reservoir that leaks: the level of each day follows from the day before, by a scan."""
import numpy as np
import pymc3 as pm
import theano
import theano.tensor as tt

rng = np.random.RandomState(171)
inflow = rng.gamma(2., 1., 30)
level = [10.]
for amount in inflow:
    level.append(0.8 * level[-1] + amount)
level = np.array(level[1:]) + rng.normal(0, .3, 30)


def step(amount, before, keep):
    return keep * before + amount


with pm.Model() as reservoir:
    keep = pm.Beta('keep', 4, 2)
    first = pm.Normal('first', mu=10, sd=5)
    noise = pm.HalfNormal('noise', sd=1)
    levels, updates = theano.scan(fn=step, sequences=[tt.as_tensor_variable(inflow)],
                                  outputs_info=[first], non_sequences=[keep])
    pm.Normal('level', mu=levels, sd=noise, observed=level)
    trace = pm.sample(200, tune=300, chains=2, cores=1, random_seed=172)

print('share kept each day: %.2f' % trace['keep'].mean())

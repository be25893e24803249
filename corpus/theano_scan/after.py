"""A reservoir that leaks: the level of each day follows from the day before, by a scan."""
import numpy as np
import pm_migrate.pymc4 as pm

rng = np.random.RandomState(171)
inflow = rng.gamma(2., 1., 30)
level = [10.]
for amount in inflow:
    level.append(0.8 * level[-1] + amount)
level = np.array(level[1:]) + rng.normal(0, .3, 30)


def step(amount, before, keep):
    return keep * before + amount


@pm.model(name=None)
def build_reservoir():
    keep = yield pm.Beta('keep', concentration1=4, concentration0=2)
    first = yield pm.Normal('first', loc=10, scale=5)
    noise = yield pm.HalfNormal('noise', scale=1)
    levels, updates = pm.scan(fn=step, sequences=[np.asarray(inflow)],
                                  outputs_info=[first], non_sequences=[keep])
    yield pm.Normal('level', loc=levels, scale=noise, observed=level)


reservoir = build_reservoir()
trace = pm.sample(reservoir, num_samples=200, burn_in=300, num_chains=2, seed=172)

print('share kept each day: %.2f' % pm.draws(trace, 'keep').mean())

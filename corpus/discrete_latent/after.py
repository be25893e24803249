"""Which of the sensors are broken? A discrete flag for each, sampled by Gibbs steps."""
import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

rng = np.random.RandomState(81)
broken = rng.binomial(1, 0.3, size=8)
readings = rng.normal(20 + 10 * broken[:, None], 1.0, size=(8, 5))


@pm.model(name=None)
def build_sensors():
    p_broken = yield pm.Beta('p_broken', concentration1=1, concentration0=3)
    flag = yield pm.Bernoulli('flag', p_broken, batch_stack=8)
    shift = yield pm.Normal('shift', 8, 4)
    mu = tf.where(tf.equal(flag, 1), 20 + shift, 20)
    yield pm.Normal('readings', loc=mu[:, None], scale=1., observed=readings)


sensors = build_sensors()
step1 = pm.BinaryGibbsMetropolis(['flag'], model=sensors)
step2 = pm.step_methods.NUTS(['p_broken', 'shift'], model=sensors)
trace = pm.sample(sensors, num_samples=300, burn_in=300, num_chains=2, step=[step1, step2], seed=82)

print('P(broken):', pm.draws(trace, 'flag').mean(axis=0).round(2))

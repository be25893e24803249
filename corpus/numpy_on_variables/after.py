"""NumPy applied to random variables, and to plain arrays, in the same lines."""
import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

rng = np.random.RandomState(371)
t = np.linspace(0.1, 5, 30)
signal = 2 * np.sin(1.5 * t) * np.exp(-.2 * t) + rng.normal(0, .1, 30)


@pm.model(name=None)
def build_oscillator():
    amplitude = yield pm.HalfNormal('amplitude', 3)
    omega = yield pm.Normal('omega', 1.5, .2)
    damping = yield pm.Exponential('damping', 2)
    envelope = amplitude * tf.exp(-damping * t)
    phase = tf.sqrt(tf.square(omega)) * t
    yield pm.Deterministic('energy', tf.math.log(1 + amplitude**2) + np.log(2.))
    yield pm.Normal('signal', loc=envelope * tf.sin(phase), scale=.1 * np.ones_like(t), observed=signal)


oscillator = build_oscillator()
trace = pm.sample(oscillator, num_samples=200, burn_in=400, num_chains=2, seed=372)

print({name: float(np.mean(pm.draws(trace, name)).round(2)) for name in ['amplitude', 'omega', 'damping']})

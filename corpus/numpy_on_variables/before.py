"""NumPy applied to random variables, and to plain arrays, in the same lines."""
import numpy as np
import pymc3 as pm

rng = np.random.RandomState(371)
t = np.linspace(0.1, 5, 30)
signal = 2 * np.sin(1.5 * t) * np.exp(-.2 * t) + rng.normal(0, .1, 30)

with pm.Model() as oscillator:
    amplitude = pm.HalfNormal('amplitude', 3)
    omega = pm.Normal('omega', 1.5, .2)
    damping = pm.Exponential('damping', 2)
    envelope = amplitude * np.exp(-damping * t)
    phase = np.sqrt(np.square(omega)) * t
    pm.Deterministic('energy', np.log(1 + amplitude**2) + np.log(2.))
    pm.Normal('signal', mu=envelope * np.sin(phase), sd=.1 * np.ones_like(t), observed=signal)
    trace = pm.sample(200, tune=400, chains=2, cores=1, random_seed=372)

print({name: float(np.mean(trace[name]).round(2)) for name in ['amplitude', 'omega', 'damping']})

"""A formula instead of a model: pm.GLM."""
import numpy as np
import pandas as pd
import pymc3 as pm

rng = np.random.RandomState(261)
frame = pd.DataFrame({'x': np.linspace(0, 1, 40)})
frame['y'] = 1 + 2 * frame.x + rng.normal(0, .3, 40)

with pm.Model() as line:
    # TODO(pm-migrate PM310): pm.glm.GLM.from_formula has no rule: keep this on PyMC3
    pm.glm.GLM.from_formula('y ~ x', frame)
    trace = pm.sample(200, tune=300, chains=2, cores=1, random_seed=262)

print(pm.summary(trace))

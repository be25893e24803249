"""A trace that is written to disk and read again in a later session."""
import os
import shutil
import tempfile

import numpy as np
import pymc3 as pm

snow = np.array([12., 30., 22., 8., 41., 17.])

with pm.Model() as winters:
    mu = pm.HalfNormal('mu', 50)
    alpha = pm.Exponential('alpha', 1)
    pm.Gamma('snow', alpha=alpha, beta=alpha / mu, observed=snow)
    trace = pm.sample(200, tune=300, chains=2, cores=1, random_seed=281)

folder = tempfile.mkdtemp()
path = pm.save_trace(trace, directory=os.path.join(folder, 'snow.trace'), overwrite=True)
with winters:
    loaded = pm.load_trace(path)
print(np.allclose(loaded['mu'], trace['mu']))
shutil.rmtree(folder)

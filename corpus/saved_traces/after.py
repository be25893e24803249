"""A trace that is written to disk and read again in a later session."""
import os
import shutil
import tempfile

import numpy as np
import pm_migrate.pymc4 as pm

snow = np.array([12., 30., 22., 8., 41., 17.])


@pm.model(name=None)
def build_winters():
    mu = yield pm.HalfNormal('mu', 50)
    alpha = yield pm.Exponential('alpha', 1)
    yield pm.Gamma('snow', concentration=alpha, rate=alpha / mu, observed=snow)


winters = build_winters()
trace = pm.sample(winters, num_samples=200, burn_in=300, num_chains=2, seed=281, return_inferencedata=False)

folder = tempfile.mkdtemp()
path = pm.save_trace(trace, directory=os.path.join(folder, 'snow.trace'), overwrite=True)
loaded = pm.load_trace(path)
print(np.allclose(loaded['mu'], trace['mu']))
shutil.rmtree(folder)

"""Draws that go into text files, one for each chain, and are read again by a later part of the program."""
import os
import shutil
import tempfile

import numpy as np
import pm_migrate.pymc4 as pm

distance = np.array([0.5, 1.1, 1.9, 3.2, 4.0, 5.3])
height = np.array([2.1, 2.4, 3.3, 4.1, 5.2, 6.0])
folder = tempfile.mkdtemp()


@pm.model(name=None)
def build_slope():
    coef = yield pm.Normal('coef', 0, 5, batch_stack=2)
    noise = yield pm.HalfNormal('noise', 1)
    mean = yield pm.Deterministic('mean', coef[0] + coef[1] * distance)
    yield pm.Normal('height', mean, noise, observed=height)


slope = build_slope()

db = pm.backends.Text(os.path.join(folder, 'all'))
trace = pm.sample(slope, num_samples=300, burn_in=200, num_chains=2, trace=db, seed=7)
print(pm.draws(trace, 'coef').mean(axis=0), pm.draws(trace, 'noise').mean())

some = pm.backends.Text(os.path.join(folder, 'some'), vars=['coef', 'noise'])
pm.sample(slope, num_samples=300, burn_in=200, num_chains=2, trace=some, seed=8)
few = pm.sample(slope, num_samples=300, burn_in=200, num_chains=2, trace=['noise'], seed=9)
again = pm.backends.text.load(os.path.join(folder, 'all'), model=slope)
# the files have the warm-up, too
warm = len(again) - 300
print(again[warm:]['coef'].shape, again['noise', warm:].mean(), pm.draws(few, 'noise').mean())
ppc = pm.sample_posterior_predictive(slope, again, num_draws=50, return_inferencedata=False)
print(ppc['height'].mean())
pm.backends.text.dump(os.path.join(folder, 'copy'), again)
shutil.rmtree(folder)

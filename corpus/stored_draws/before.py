"""Draws that go into text files, one for each chain, and are read again by a later part of the program."""
import os
import shutil
import tempfile

import numpy as np
import pymc3 as pm
from pymc3.backends import text

distance = np.array([0.5, 1.1, 1.9, 3.2, 4.0, 5.3])
height = np.array([2.1, 2.4, 3.3, 4.1, 5.2, 6.0])
folder = tempfile.mkdtemp()

with pm.Model() as slope:
    coef = pm.Normal('coef', 0, 5, shape=2)
    noise = pm.HalfNormal('noise', 1)
    mean = pm.Deterministic('mean', coef[0] + coef[1] * distance)
    pm.Normal('height', mean, noise, observed=height)

with slope:
    db = pm.backends.Text(os.path.join(folder, 'all'))
    trace = pm.sample(300, tune=200, chains=2, trace=db, random_seed=7)
print(trace['coef'].mean(axis=0), trace['noise'].mean())

some = pm.backends.Text(os.path.join(folder, 'some'), model=slope, vars=[coef, noise])
pm.sample(300, tune=200, chains=2, trace=some, model=slope, random_seed=8)
with slope:
    few = pm.sample(300, tune=200, chains=2, trace=[noise], random_seed=9)
    again = text.load(os.path.join(folder, 'all'))
# the files have the warm-up, too
warm = len(again) - 300
print(again[warm:]['coef'].shape, again['noise', warm:].mean(), few['noise'].mean())
ppc = pm.sample_posterior_predictive(again, samples=50, model=slope)
print(ppc['height'].mean())
text.dump(os.path.join(folder, 'copy'), again)
shutil.rmtree(folder)

# verdict: PyMC3's
# settled: PyMC3 repeats a concentration of length 1 for every category, but sums it as one: no density; here an error
# signature: drop-in: crash: ModelError: DirichletMultinomial: a value of shape does not go with parameters of shapes
import numpy as np
import pymc3 as pm

data = np.array([[0, 6, 0], [0, 6, 0], [0, 6, 0], [0, 6, 0], [0, 6, 0]])

with pm.Model() as model:
    a = pm.Gamma("a", 1.0, 2.3, shape=1)
    pm.DirichletMultinomial("tally", n=6, a=a, shape=(5, 3), observed=data)

# verdict: PyMC3's
# settled: found at a shape of 121, where it needs some processors' logarithms to differ; at 484 it always does
# signature: drop-in: log density: Gamma
import pymc3 as pm

with pm.Model() as model:
    a = pm.Gamma("a", mu=1.1, sd=0.05)

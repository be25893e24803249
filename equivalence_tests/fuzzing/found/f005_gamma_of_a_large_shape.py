# verdict: PyMC3's
# settled: at a shape of 121 PyMC3's difference of large terms is off by 1.2e-13; with 40 digits it is the number here
# signature: drop-in: log density: Gamma
import pymc3 as pm

with pm.Model() as model:
    a = pm.Gamma("a", mu=1.1, sd=-1.6 - (-1.7))

# verdict: PyMC3's
# settled: pm.Potential renames the variable that it is given, in PyMC3; here the variable keeps its name
# signature: drop-in: variables: X is missing
import pymc3 as pm

with pm.Model() as model:
    a = pm.Exponential("a", 1.0)
    pm.Potential("pot", a)

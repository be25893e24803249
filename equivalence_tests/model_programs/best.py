"""Two groups compared: Kruschke's BEST, with data frames and deterministics."""

import numpy as np
import pandas as pd
import pymc3 as pm

rng = np.random.RandomState(3)
frame = pd.DataFrame(
    dict(value=np.r_[rng.normal(101, 4, 12), rng.normal(99, 2, 9)], group=np.r_[["drug"] * 12, ["placebo"] * 9])
)
mu_m, mu_s = frame.value.mean(), frame.value.std() * 2
with pm.Model() as best:
    m1 = pm.Normal("group1_mean", mu=mu_m, sd=mu_s)
    m2 = pm.Normal("group2_mean", mu=mu_m, sd=mu_s)
    s1 = pm.Uniform("group1_std", lower=1, upper=10)
    s2 = pm.Uniform("group2_std", lower=1, upper=10)
    nu = pm.Exponential("nu_minus_one", 1 / 29.0) + 1
    pm.Deterministic("nu", nu)
    pm.StudentT("drug", nu=nu, mu=m1, lam=s1**-2, observed=frame[frame.group == "drug"].value)
    pm.StudentT("placebo", nu=nu, mu=m2, lam=s2**-2, observed=frame.value[frame.group == "placebo"])
    diff = pm.Deterministic("difference of means", m1 - m2)
    pm.Deterministic("effect size", diff / np.sqrt((s1**2 + s2**2) / 2))

"""Generalised linear models: formulas and matrices, every family, priors, offsets, given coefficients, names."""

import numpy as np
import pandas as pd
import pymc3 as pm
from pymc3.glm import GLM, LinearComponent, families

frame = pd.DataFrame(
    {
        "x": np.linspace(-1.0, 2.0, 12),
        "group": list("aabbccabcabc"),
        "y": 0.5 * np.arange(12.0) + np.sin(np.arange(12.0)),
        "hits": [0, 1, 0, 2, 1, 3, 2, 4, 1, 2, 5, 4],
        "tries": [3, 2, 4, 3, 2, 5, 4, 6, 2, 2, 7, 5],
    }
)
frame["yes"] = frame.hits > 1
shift = np.cos(frame.x.values)


def wave(x):
    return np.sin(3 * x)


with pm.Model() as line:
    GLM.from_formula("y ~ wave(x) + C(group) * x", frame)

with pm.Model(name="outer") as robust:
    top = pm.Normal("top", 0, 1)
    scale = pm.HalfNormal("scale", 2)
    family = families.StudentT(
        link=families.Identity(), priors={"nu": pm.Gamma.dist(2, 0.1), "lam": pm.Uniform.dist(0, 20)}
    )
    priors = {"Intercept": pm.Normal.dist(mu=top, sd=3), "Regressor": pm.Laplace.dist(mu=0, b=scale)}
    pm.glm.GLM.from_formula("y ~ x + I(x**2)", frame, priors=priors, family=family, offset=shift)

with pm.Model() as binomial:
    slope = pm.Normal("slope", 0, 2)
    several = {"x": frame.x, "z": shift}
    GLM(several, frame.hits, vars={"z": slope}, family=families.Binomial(priors={"n": frame.tries.values}))
    GLM.from_formula("yes ~ x", frame, family="binomial", name="second", priors={"x": pm.Cauchy.dist(0, 2.5)})

with pm.Model() as counts:
    GLM.from_formula("hits ~ 0 + x", frame, family=families.Poisson(), name="first", offset=np.log(frame.tries.values))
    GLM(frame[["x"]], frame.hits, family="negative_binomial", name="second", labels=["steep"])
    GLM(frame.x, frame.hits, intercept=False, family="poisson", name="third")

with pm.Model() as component:
    lm = LinearComponent.from_formula("y ~ x", frame)
    part = LinearComponent(np.stack([shift, shift**2], axis=1), frame.y, intercept=False, name="part")
    sigma = pm.Uniform("sigma", 0, 20)
    pm.Normal("y_obs", mu=lm.y_est + part.y_est, sigma=sigma, observed=frame.y)
    pm.Deterministic("twice", 2 * part.coeffs)

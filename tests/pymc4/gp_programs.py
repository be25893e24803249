"""Gaussian processes written for PyMC3 and for the generator front end, side by side.

Run by an interpreter that has PyMC3, ``python gp_programs.py`` writes ``recorded_gp.json`` anew.
"""

from __future__ import annotations

import json
import pathlib
import sys

import numpy as np

RECORD = pathlib.Path(__file__).with_name("recorded_gp.json")

#: Points by number of features: no two at the same place, so that PyMC3's 1e-12 under the root does not matter.
LINE = np.array([[-1.3], [-0.4], [0.25], [0.9], [2.1]])
NEW_LINE = np.array([[-0.85], [0.6], [3.0]])
PLANE = np.array([[-1.3, 0.2], [-0.4, 1.1], [0.25, -0.7], [0.9, 0.05]])
NEW_PLANE = np.array([[0.1, 0.3], [-1.0, -0.5]])
POINTS = {1: (LINE, NEW_LINE), 2: (PLANE, NEW_PLANE)}

#: Name to number of features, PyMC3's expression and ours.
COVARIANCES = {
    "ExpQuad": (1, "cov.ExpQuad(1, ls=0.7)", "cov.ExpQuad(0.7)"),
    "ExpQuad, amplitude": (1, "1.5**2 * cov.ExpQuad(1, ls=0.7)", "cov.ExpQuad(0.7, 1.5)"),
    "ExpQuad, features": (2, "cov.ExpQuad(2, ls=[0.7, 2.0])", "cov.ExpQuad(1.0, scale_diag=[0.7, 2.0])"),
    "ExpQuad, ARD": (2, "cov.ExpQuad(2, ls=[0.7, 2.0])", "cov.ExpQuad([0.7, 2.0], ARD=True)"),
    "ExpQuad, plane": (2, "cov.ExpQuad(2, ls=0.7)", "cov.ExpQuad(0.7)"),
    "ExpQuad, one of two": (2, "cov.ExpQuad(2, ls=0.7, active_dims=[1])", "cov.ExpQuad(0.7, active_dims=[[1]])"),
    "RatQuad": (2, "cov.RatQuad(2, alpha=0.6, ls=0.7)", "cov.RatQuad(0.7, scale_mixture_rate=0.6)"),
    "Matern12": (2, "cov.Matern12(2, ls=0.7)", "cov.Matern12(0.7)"),
    "Matern32": (2, "cov.Matern32(2, ls=0.7)", "cov.Matern32(0.7)"),
    "Matern52": (2, "cov.Matern52(2, ls=0.7)", "cov.Matern52(0.7)"),
    "Matern52, ARD": (2, "cov.Matern52(2, ls=[0.7, 2.0])", "cov.Matern52([0.7, 2.0], ARD=True)"),
    "Exponential": (2, "cov.Exponential(2, ls=0.7)", "cov.Exponential(0.7**0.5)"),
    "Exponential, ARD": (2, "cov.Exponential(2, ls=[0.7, 2.0])", "cov.Exponential([0.7**0.5, 2.0**0.5], ARD=True)"),
    "Cosine": (1, "cov.Cosine(1, ls=0.7)", "cov.Cosine(0.7**0.5)"),
    "Periodic": (2, "cov.Periodic(2, period=1.3, ls=0.7)", "cov.Periodic(2 * 0.7, period=1.3)"),
    "Periodic, ARD": (
        2,
        "cov.Periodic(2, period=1.3, ls=[0.7, 2.0])",
        "cov.Periodic([2 * 0.7, 2 * 2.0], period=1.3, ARD=True)",
    ),
    "Constant": (1, "cov.Constant(0.3)", "cov.Constant(0.3)"),
    "Linear": (2, "cov.Linear(2, c=0.4)", "cov.Linear(0.0, 1.0, 0.4)"),
    "Polynomial": (2, "cov.Polynomial(2, c=0.4, d=3, offset=0.5)", "(cov.Linear(0.0, 1.0, 0.4) + 0.5) ** 3"),
    "Gibbs": (
        1,
        "cov.Gibbs(1, lambda x, a: 0.5 + a * x**2, args=(0.1,))",
        "cov.Gibbs(lambda x, a: 0.5 + a * x**2, (0.1,))",
    ),
    "ScaledCov": (
        1,
        "cov.ScaledCov(1, cov.Matern32(1, ls=0.7), lambda x, a: a + x**2, args=(0.3,))",
        "cov.ScaledCov(cov.Matern32(0.7), lambda x, a: a + x**2, (0.3,))",
    ),
    "WarpedInput": (
        2,
        "cov.WarpedInput(2, cov.ExpQuad(2, ls=0.7), lambda x, a: x + a * x**3, args=(0.3,))",
        "cov.WarpedInput(cov.ExpQuad(0.7), lambda x, a: x + a * x**3, (0.3,))",
    ),
    "sum": (2, "cov.ExpQuad(2, ls=0.7) + cov.Matern52(2, ls=2.0)", "cov.ExpQuad(0.7) + cov.Matern52(2.0)"),
    "product": (
        2,
        "cov.ExpQuad(2, ls=0.7) * cov.Linear(2, c=0.4) * 3.0",
        "cov.ExpQuad(0.7) * cov.Linear(0.0, 1.0, 0.4) * 3.0",
    ),
    "square": (2, "cov.Matern52(2, ls=0.7) ** 2", "cov.Matern52(0.7) ** 2"),
}

#: Whose matrix of the points with themselves alone is comparable.
NOISE = {"WhiteNoise": (1, "cov.WhiteNoise(0.3)", "cov.WhiteNoise(0.3**2)")}

#: Values at LINE, and the covariance function and mean of the processes that are compared.
VALUES = np.array([0.3, -0.2, 0.1, 0.8, -0.5])
PROCESSES = {
    "zero": ("cov.Matern52(1, ls=0.7)", "mean.Zero()", "cov.Matern52(0.7)", "mean.Zero()"),
    "constant": ("2.0 * cov.ExpQuad(1, ls=0.7)", "mean.Constant(0.4)", "2.0 * cov.ExpQuad(0.7)", "mean.Constant(0.4)"),
    "noisy": (
        "cov.ExpQuad(1, ls=0.7) + cov.WhiteNoise(0.2)",
        "mean.Zero()",
        "cov.ExpQuad(0.7) + cov.WhiteNoise(0.2**2)",
        "mean.Zero()",
    ),
}


def record() -> None:
    import pymc3 as pm
    import theano.tensor as tt

    namespace = {"cov": pm.gp.cov, "mean": pm.gp.mean}
    known = {}
    for name, (features, theirs, _) in {**COVARIANCES, **NOISE}.items():
        points, new = POINTS[features]
        k = eval(theirs, namespace)
        known[name] = {
            "matrix": k(points).eval().tolist(),
            "cross": k(points, new).eval().tolist(),
            "diagonal": k(points, diag=True).eval().tolist(),
        }
    for name, (covariance, mean, _, _) in PROCESSES.items():
        gp = pm.gp.Latent(mean_func=eval(mean, namespace), cov_func=eval(covariance, namespace))
        with pm.Model() as model:
            gp.prior("f", LINE, reparameterize=False)
        with pm.Model() as rotated:
            gp.prior("f", LINE)
        mu, covariance = gp._build_conditional(NEW_LINE, LINE, tt.as_tensor_variable(VALUES), gp.cov_func, gp.mean_func)
        point = {"f_rotated_": VALUES}
        known["process " + name] = {
            "logp": float(model.logp({"f": VALUES})),
            "rotated logp": float(rotated.logp(point)),
            "rotated f": rotated.fn(rotated["f"])(point).tolist(),
            "mean": mu.eval().tolist(),
            "covariance": covariance.eval().tolist(),
        }
    lines = [f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in known.items()]
    RECORD.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    sys.path.insert(0, str(RECORD.parent))
    record()

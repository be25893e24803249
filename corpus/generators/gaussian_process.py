"""A latent Gaussian process: a function from noisy values of it, and the function where nothing was measured."""

from __future__ import annotations

import arviz as az
import numpy as np

import pm_migrate.pymc4 as pm

NOISE = 0.3


def curve(x):
    return np.sin(1.5 * x)


@pm.model
def process(x, new, y):
    length = yield pm.InverseGamma("length", 8.0, 8.0)
    size = yield pm.HalfNormal("size", 1.0)
    noise = yield pm.HalfNormal("noise", 1.0)
    gp = pm.gp.LatentGP(cov_fn=pm.gp.cov.ExpQuad(length_scale=length, amplitude=size, feature_ndims=1))
    f = yield gp.prior("f", x, jitter=1e-6)
    yield pm.Normal("y", f, noise, observed=y)
    yield gp.conditional("f_new", new, given={"X": x, "f": f}, jitter=1e-6)


def main(draws=500, tune=500):
    rng = np.random.default_rng(7)
    x = np.sort(rng.uniform(-3.0, 3.0, 20))[:, None]
    new = np.linspace(-2.5, 2.5, 5)[:, None]
    y = curve(x[:, 0]) + rng.normal(0.0, NOISE, len(x))
    trace = pm.sample(process(x, new, y), num_samples=draws, burn_in=tune, num_chains=2, seed=7, target_accept=0.9)
    found = {"noise": trace.posterior["process/noise"], "new values": trace.posterior["process/f_new"]}
    return found, {"noise": NOISE, "new values": curve(new[:, 0])}


if __name__ == "__main__":
    found, truth = main()
    print(az.summary(found))
    print("put in:", truth)

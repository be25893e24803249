"""Eight schools (Rubin 1981), with a part of the model that is a generator of its own."""

from __future__ import annotations

import arviz as az
import numpy as np

import pm_migrate.pymc4 as pm

EFFECT = np.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0])
ERROR = np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0])


def shifted_and_scaled(name, size):
    """Normal effects around a common mean, drawn without their location and scale."""
    location = yield pm.Normal(f"{name}_mean", 0, 10)
    log_scale = yield pm.Normal(f"{name}_log_scale", 5, 1)
    standard = yield pm.Normal(f"{name}_standard", 0, 1, event_stack=size)
    effects = yield pm.Deterministic(name, location + np.exp(log_scale) * standard)
    return effects


@pm.model
def schools():
    effects = yield shifted_and_scaled("effect", len(EFFECT))
    yield pm.Normal("gain", effects, ERROR, observed=EFFECT, reinterpreted_batch_ndims=1)


def main(draws=1000, tune=1000):
    trace = pm.sample(schools(), num_samples=draws, burn_in=tune, num_chains=2, seed=2, target_accept=0.95)
    found = {"effects": trace.posterior["schools/effect"]}
    return found, {"effects": exact_means()}


def exact_means():
    """Posterior means by quadrature over the two hyperparameters; given those, everything is normal."""
    mean, log_scale = np.meshgrid(np.linspace(-30, 40, 281), np.linspace(0, 8, 321), indexing="ij")
    scale = np.exp(log_scale)[..., None]
    total = np.sqrt(ERROR**2 + scale**2)
    log_density = -0.5 * (mean / 10) ** 2 - 0.5 * (log_scale - 5) ** 2
    log_density = log_density + np.sum(-np.log(total) - 0.5 * ((EFFECT - mean[..., None]) / total) ** 2, axis=-1)
    weight = np.exp(log_density - log_density.max())
    given = (EFFECT * scale**2 + mean[..., None] * ERROR**2) / total**2
    return np.einsum("ij,ijk->k", weight, given) / weight.sum()


if __name__ == "__main__":
    found, truth = main()
    print(az.summary(found))
    print("by quadrature:", truth)

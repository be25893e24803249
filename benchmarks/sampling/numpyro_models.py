"""The benchmark models in NumPyro's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist

Data = dict[str, Any]


def eight_schools(d: Data) -> None:
    """See ``models.py``, as for the others."""
    mu, tau = numpyro.sample("mu", dist.Normal(0.0, 5.0)), numpyro.sample("tau", dist.HalfCauchy(5.0))
    z = numpyro.sample("z", dist.Normal(jnp.zeros(8), 1.0))
    numpyro.sample("y", dist.Normal(mu + tau * z, d["sigma"]), obs=d["y"])


def radon(d: Data) -> None:
    """Varying intercepts."""
    mu, scale = numpyro.sample("mu", dist.Normal(0.0, 10.0)), numpyro.sample("scale", dist.HalfCauchy(5.0))
    a = numpyro.sample("a", dist.Normal(mu * jnp.ones(85), scale))
    slope, noise = numpyro.sample("slope", dist.Normal(0.0, 10.0)), numpyro.sample("noise", dist.HalfCauchy(5.0))
    numpyro.sample("y", dist.Normal(a[d["group"]] + slope * d["floor"], noise), obs=d["y"])


def logistic(d: Data) -> None:
    """Logistic regression."""
    intercept = numpyro.sample("intercept", dist.Normal(0.0, 2.0))
    beta = numpyro.sample("beta", dist.Normal(jnp.zeros(d["x"].shape[1]), 1.0))
    numpyro.sample("y", dist.BernoulliLogits(intercept + d["x"] @ beta), obs=d["y"])


def mvnormal(d: Data) -> None:
    """Correlated normals."""
    numpyro.sample("x", dist.MultivariateNormal(jnp.zeros(len(d["cov"])), covariance_matrix=d["cov"]))


def mixture(d: Data) -> None:
    """Three normals."""
    w = numpyro.sample("w", dist.Dirichlet(jnp.full(3, 2.0)))
    mu = numpyro.sample("mu", dist.Normal(jnp.array([-3.0, 0.0, 3.0]), 2.0))
    sigma = numpyro.sample("sigma", dist.HalfNormal(2.0 * jnp.ones(3)))
    numpyro.sample("y", dist.MixtureSameFamily(dist.Categorical(w), dist.Normal(mu, sigma)), obs=d["y"])


def volatility(d: Data) -> None:
    """Walking volatility."""
    step, nu = numpyro.sample("step", dist.Exponential(10.0)), numpyro.sample("nu", dist.Exponential(0.1))
    z = numpyro.sample("z", dist.Normal(jnp.zeros(len(d["y"])), 1.0))
    numpyro.sample("y", dist.StudentT(nu + 2.0, 0.0, jnp.exp(step * jnp.cumsum(z)) * 0.01), obs=d["y"])


def independent(d: Data) -> None:
    """Standard normals."""
    numpyro.sample("x", dist.Normal(jnp.zeros(d["size"]), 1.0))


MODELS: dict[str, Callable[[Data], None]] = {
    "eight_schools": eight_schools,
    "radon": radon,
    "logistic": logistic,
    "mvnormal": mvnormal,
    "mixture": mixture,
    "volatility": volatility,
    "independent": independent,
}

"""Information criteria of generator models, against the formulas and against PyMC3's definition by a loop."""

from __future__ import annotations

from typing import Any

import arviz as az
import numpy as np
import pytest
from scipy import stats

import pm_migrate.pymc4 as pm
from pm_migrate.errors import IncorrectArgumentsError

RNG = np.random.default_rng(4)
Y = np.array([0.3, 1.1, -0.4])


@pm.model(name=None)
def line(y: np.ndarray) -> Any:
    mu = yield pm.Normal("mu", 0.0, 2.0)
    sd = yield pm.HalfNormal("sd", 1.5)
    k = yield pm.Poisson("k", 2.0)
    yield pm.Normal("y", mu + k, sd, observed=y)


def draws(names: tuple[str, ...] = ("mu", "__log_sd", "k")) -> tuple[dict[str, np.ndarray], Any]:
    """Unconstrained values of two chains, and the same as an InferenceData."""
    values = {"mu": RNG.normal(size=(2, 40)), "__log_sd": RNG.normal(size=(2, 40)) / 3, "k": RNG.poisson(2, (2, 40))}
    posterior = {"mu": values["mu"], "sd": np.exp(values["__log_sd"]), "k": values["k"]}
    data = az.from_dict(posterior=posterior)
    hidden = {n: x for n, x in values.items() if n in names and n not in posterior}
    if hidden:
        data.add_groups({"unconstrained_posterior": az.convert_to_dataset(hidden)})
    return {n: x.reshape(-1) for n, x in values.items()}, data


def deviance(mu: Any, log_sd: Any, k: Any) -> Any:
    """-2 times the log density, with the Jacobian of the logarithm."""
    sd = np.exp(log_sd)
    prior = stats.norm(0, 2).logpdf(mu) + stats.halfnorm(0, 1.5).logpdf(sd) + log_sd + stats.poisson(2).logpmf(k)
    return -2 * (prior + stats.norm(np.add(mu, k)[..., None], np.asarray(sd)[..., None]).logpdf(Y).sum(-1))


def test_they_follow_the_formulas() -> None:
    values, data = draws()
    mean = float(np.mean(deviance(values["mu"], values["__log_sd"], values["k"])))
    # PyMC3's compiled density took the whole part of the mean of whole numbers
    at_mean = float(deviance(values["mu"].mean(), values["__log_sd"].mean(), int(values["k"].mean())))
    assert pm.dic(data, model=line(Y)) == pytest.approx(2 * mean - at_mean, rel=1e-12)
    assert pm.bpic(data, model=line(Y)) == pytest.approx(3 * mean - 2 * at_mean, rel=1e-12)


def test_a_multitrace_gives_what_a_loop_over_its_points_does() -> None:
    model = line(Y)
    trace = pm.sample(model, num_samples=30, burn_in=30, num_chains=2, seed=3, return_inferencedata=False)
    view = pm.density(model)
    mean = np.mean([-2 * view.logp(point) for point in trace.points()])
    at_mean = -2 * view.logp({n: np.trunc(trace[n].mean(0)) if n == "k" else trace[n].mean(0) for n in view.test_point})
    assert pm.dic(trace, model) == pytest.approx(2 * mean - at_mean, rel=1e-10)


def test_what_sample_gives_is_enough() -> None:
    data = pm.sample(line(Y), num_samples=30, burn_in=30, num_chains=2, seed=3)
    assert np.isfinite(pm.dic(data, line(Y)))
    assert pm.dic(data, line(Y)) != pm.bpic(data, line(Y))


def test_bad_input_is_named() -> None:
    _, data = draws()
    with pytest.raises(TypeError, match=r"pm\.dic needs model="):
        pm.dic(data)
    with pytest.raises(IncorrectArgumentsError, match="no values of '__log_sd'"):
        pm.bpic(draws(("mu",))[1], line(Y))

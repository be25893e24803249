"""``pm.pymc3``: distributions and ``sample`` under PyMC3's own arguments, against the drop-in, which PyMC3 judges."""

from __future__ import annotations

import numpy as np
import pytest

import pm_migrate.pymc4 as pm
import pm_migrate.shims as pm3
from pm_migrate.shims import pymc4

#: Distributions with arguments that are renamed, computed, in other places, or options.
CALLS = [
    ("Normal", (), {}),
    ("Normal", (1, 2.0), {"shape": 3, "testval": [0.1, 0.2, 0.3]}),
    ("Normal", (), {"mu": 0, "sd": 2, "observed": [0.5, 0.7]}),
    ("HalfNormal", (), {"sd": 2, "transform": None, "testval": 0.3}),
    ("Beta", (), {"mu": 0.3, "sd": 0.2}),
    ("Gamma", (), {"mu": 2.0, "sd": 1}),
    ("Lognormal", (0,), {"tau": 2}),
    ("StudentT", (4,), {"mu": 1, "lam": 3}),
    ("Pareto", (), {"alpha": 2, "m": 1}),
    ("Uniform", (), {"lower": -1, "upper": 2, "initval": 0.5}),
    ("NegativeBinomial", (), {"mu": 3, "alpha": 2, "observed": [1, 2]}),
    ("Bernoulli", (), {"logit_p": 0.3, "observed": [0, 1]}),
    ("MvNormal", (np.zeros(2),), {"tau": np.array([[2.0, 0.3], [0.3, 1.0]]), "shape": 2}),
    ("AR", ([0.3, 0.1],), {"tau": 2, "shape": 5}),
    ("GaussianRandomWalk", (), {"sd": 2, "shape": 4}),
]


@pytest.mark.parametrize(("name", "args", "kwargs"), CALLS, ids=[f"{n}{i}" for i, (n, _, _) in enumerate(CALLS)])
def test_the_density_is_the_one_of_the_drop_in(name, args, kwargs):
    @pm.model(name=None)
    def ours():
        yield getattr(pm.pymc3, name)("x", *args, **kwargs)

    with pm3.Model() as theirs:
        getattr(pm3, name)("x", *args, **kwargs)
    model = ours()
    names = [v.name for v in model.log_density().variables]
    point = {k: np.asarray(v) + 0.01 for k, v in theirs.test_point.items()}
    same = dict(zip(names, point.values(), strict=True))
    assert model.logp(same) == pytest.approx(float(theirs.logp(point)), rel=1e-12)


def test_arguments_may_be_values_of_the_model():
    @pm.model(name=None)
    def ours():
        tau = yield pm.pymc3.Gamma("tau", mu=2.0, sd=1.0)
        yield pm.pymc3.Normal("x", tau=tau, observed=[0.5, 1.0])

    with pm3.Model() as theirs:
        pm3.Normal("x", tau=pm3.Gamma("tau", mu=2.0, sd=1.0), observed=[0.5, 1.0])
    point = {"tau_log__": np.array(0.4)}
    assert ours().logp({"__log_tau": 0.4}) == pytest.approx(float(theirs.logp(point)), rel=1e-12)


def test_without_a_name():
    assert pm.pymc3.Gamma.dist(mu=2, sd=1).log_prob_numpy(1.5) == pytest.approx(
        float(pm3.Gamma.dist(mu=2, sd=1).logp(1.5).eval()), rel=1e-12
    )


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        ((), {"sigma": 1, "sd": 2}, "two values"),
        ((0, 1), {"sd": 2}, "two values"),
        ((), {"sigma": 1, "tau": 2}, "no parametrisation"),
        ((0, 1, 2, 3, 4), {}, "at most"),
        ((), {"scale": 1}, "scale"),
    ],
)
def test_arguments_that_pymc3_does_not_take(args, kwargs, message):
    with pytest.raises(TypeError, match=message):
        pm.pymc3.Normal("x", *args, **kwargs)


@pytest.mark.parametrize("name", ["LKJCholeskyCov", "DensityDist", "BART", "Metropolis", "_private"])
def test_what_is_not_there(name):
    with pytest.raises(AttributeError, match=name):
        getattr(pm.pymc3, name)


def test_one_object_for_each():
    assert pm.pymc3.Normal is pm.pymc3.Normal and pm.pymc3.Normal.__name__ == "Normal"


@pytest.fixture
def drawn(monkeypatch):
    """What ``pm.sample`` is called with."""
    calls = []
    monkeypatch.setattr(pymc4, "sample", lambda model, **given: calls.append(given))
    return calls


@pytest.mark.parametrize(
    ("args", "kwargs", "given"),
    [
        ((), {}, {"num_samples": 1000, "burn_in": 1000, "num_chains": 4}),
        ((500,), {"tune": 100, "chains": 2, "cores": 1}, {"num_samples": 500, "burn_in": 100, "num_chains": 2}),
        ((), {"njobs": 3}, {"num_samples": 1000, "burn_in": 1000, "num_chains": 3}),
        (
            (),
            {"cores": 1, "init": None, "target_accept": 0.9, "k": 0.7, "random_seed": 3},
            {
                "num_samples": 1000,
                "burn_in": 1000,
                "num_chains": 2,
                "init": "adapt_diag",
                "target_accept": 0.9,
                "step_kwargs": {"k": 0.7},
                "seed": 3,
            },
        ),
    ],
)
def test_sample_takes_pymc3_arguments(drawn, args, kwargs, given):
    pm.pymc3.sample(None, *args, **kwargs)
    assert drawn == [{**given, "return_inferencedata": False}]


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        ((500,), {"draws": 2}, "two values"),
        ((), {"model": 1}, "model"),
        ((), {"num_samples": 3}, "num_samples"),
        ((), {"step_kwargs": {}, "k": 1}, "two places"),
        (tuple(range(20)), {}, "at most"),
    ],
)
def test_arguments_that_sample_does_not_take(drawn, args, kwargs, message):
    with pytest.raises(TypeError, match=message):
        pm.pymc3.sample(None, *args, **kwargs)
    assert drawn == []

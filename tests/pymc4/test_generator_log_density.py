"""Log densities of generator models: every catalogue row against its formula, and the two front ends against each
other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import generator_formulas as formulas
import mpmath as mp
import numpy as np
import pytest
import tensorflow as tf

import pm_migrate.pymc4 as pm
from pm_migrate.shims.pymc4.distributions import CLASSES

_COV = np.array([[2.0, 0.6], [0.6, 1.5]])
_CHOL = np.array([[1.2, 0.0], [-0.4, 0.8]])

# class -> parametrisations as arguments by name, each with values in the support
CASES: dict[str, list[tuple[dict[str, Any], list[Any]]]] = {
    "Normal": [({"loc": 0.3, "scale": 1.7}, [-2.0, 0.3, 40.0])],
    "Cauchy": [({"loc": -0.5, "scale": 0.7}, [-3.0, 0.2, 1e4])],
    "StudentT": [({"loc": 0.2, "scale": 1.3, "df": 4.5}, [-1.0, 0.2, 30.0])],
    "Laplace": [({"loc": 0.4, "scale": 2.0}, [-3.0, 0.1, 5.0])],
    "Flat": [({}, [-3.0, 1e6])],
    "HalfFlat": [({}, [0.1, 1e6])],
    "HalfNormal": [({"scale": 1.7}, [0.01, 2.0, 9.0])],
    "HalfCauchy": [({"scale": 2.5}, [0.01, 2.0, 1e5])],
    "Exponential": [({"rate": 0.4}, [0.0, 0.3, 20.0])],
    "Gamma": [({"concentration": 2.5, "rate": 1.5}, [1e-3, 1.0, 12.0])],
    "InverseGamma": [({"concentration": 3.5, "scale": 2.0}, [0.05, 1.0, 30.0])],
    "LogNormal": [({"loc": 0.3, "scale": 0.8}, [1e-3, 1.0, 40.0])],
    "Uniform": [({"low": -1.5, "high": 2.5}, [-1.5, 0.2, 2.5])],
    "Beta": [({"concentration0": 2.5, "concentration1": 0.7}, [1e-3, 0.4, 0.99])],
    "TruncatedNormal": [
        ({"loc": 0.3, "scale": 1.4, "low": -1.0, "high": 2.0}, [-0.9, 0.5, 1.9]),
        ({"loc": 0.3, "scale": 1.4, "low": 0.5}, [0.6, 3.0]),
        ({"loc": 0.3, "scale": 1.4, "high": 0.5}, [-4.0, 0.4]),
    ],
    "Bernoulli": [({"probs": 0.3}, [0, 1]), ({"logits": -1.2}, [0, 1])],
    "Binomial": [({"total_count": 9.0, "probs": 0.35}, [0, 4, 9])],
    "Poisson": [({"rate": 3.7}, [0, 3, 25])],
    "NegativeBinomial": [
        ({"total_count": 3.5, "probs": 0.4}, [0, 3, 25]),
        ({"total_count": 3.5, "logits": -0.8}, [0, 3, 25]),
    ],
    "Categorical": [({"probs": np.array([0.2, 0.5, 0.3])}, [0, 1, 2]), ({"probs": np.array([2.0, 6.0])}, [0, 1])],
    "DiscreteUniform": [({"low": -2, "high": 5}, [-2, 0, 5])],
    "MvNormal": [({"loc": np.array([0.5, -1.0]), "covariance_matrix": _COV}, [[0.0, 0.0], [2.0, -3.0]])],
    "MvNormalCholesky": [({"loc": np.array([0.5, -1.0]), "scale_tril": _CHOL}, [[0.0, 0.0], [2.0, -3.0]])],
    "Dirichlet": [({"concentration": np.array([0.7, 2.0, 3.5])}, [[0.2, 0.3, 0.5], [0.01, 0.09, 0.9]])],
}
_FLAT = [(name, given, value) for name, cases in CASES.items() for given, values in cases for value in values]
_IDS = [f"{name}-{i}" for i, (name, _, _) in enumerate(_FLAT)]


def test_every_class_has_a_case_or_is_judged_by_the_record() -> None:
    # equivalence_tests/test_record.py compares every generator form of the rows on record with PyMC3's numbers
    record = Path(__file__).parents[2] / "equivalence_tests" / "recorded" / "pymc3.json"
    recorded = set(json.loads(record.read_text(encoding="utf-8")))
    assert {name for name, cls in CLASSES.items() if name not in CASES and cls.row.name not in recorded} == set()
    assert set(CASES) <= set(CLASSES)


@pytest.mark.parametrize(("name", "given", "value"), _FLAT, ids=_IDS)
def test_log_prob_is_the_formula(name: str, given: dict[str, Any], value: Any) -> None:
    dist = CLASSES[name].dist(**given)
    expected = formulas.log_density(dist.row, dist.form, dist.conditions, value)
    got = dist.log_prob_numpy(np.asarray(value))
    assert got.shape == ()
    # a few units in the last place of the largest term of any of these formulas, which stay below 100
    assert abs(mp.mpf(float(got)) - expected) < mp.mpf(2e-13) * max(1, abs(expected))


_SMOOTH = [
    (name, given, value)
    for name, given, value in _FLAT
    if CLASSES[name].row.rank == 0
    and not CLASSES[name].row.discrete
    and (name, value) not in {("Exponential", 0.0), ("Uniform", -1.5), ("Uniform", 2.5)}  # ends of the support
]


@pytest.mark.parametrize(("name", "given", "value"), _SMOOTH, ids=[f"{n}-{v}" for n, _, v in _SMOOTH])
def test_gradients_are_the_formulas(name: str, given: dict[str, Any], value: float) -> None:
    """By the value and by every parameter, against numerical derivatives in 40 digits."""
    names = [n for n in given if name != "Uniform"]  # the density of Uniform has no smooth dependence there to test
    tensors = {n: tf.constant(given[n], tf.float64) for n in names}
    x = tf.constant(value, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch([x, *tensors.values()])
        dist = CLASSES[name].dist(**{**given, **tensors})
        logp = dist.log_prob(x)
    gradients = tape.gradient(logp, [x, *tensors.values()], unconnected_gradients="zero")
    everything = {**{n: dist.conditions[n] for n in dist.form.given}}

    def at(shifted: str | None, v: Any) -> mp.mpf:
        point = everything if shifted is None else {**everything, shifted: v}
        return formulas.log_density(dist.row, dist.form, point, v if shifted is None else value)

    for shifted, gradient in zip([None, *names], gradients, strict=True):
        centre = value if shifted is None else given[shifted]
        if not np.isfinite(centre):
            continue
        # dist.conditions hold tensors; the formula reads them through np.asarray
        expected = mp.diff(lambda v, s=shifted: at(s, v), mp.mpf(centre))
        assert abs(mp.mpf(float(gradient)) - expected) < mp.mpf(1e-11) * max(1, abs(expected)), shifted


def test_out_of_support_and_invalid_parameters_give_minus_infinity() -> None:
    assert pm.Exponential.dist(1.0).log_prob_numpy(-1.0) == -np.inf
    assert pm.Normal.dist(0.0, -1.0).log_prob_numpy(0.0) == -np.inf
    assert pm.Bernoulli.dist(0.5).log_prob_numpy(2) == -np.inf
    assert pm.Categorical.dist([0.5, 0.5]).log_prob_numpy(2) == -np.inf


def test_density_in_unconstrained_space() -> None:
    """Terms with Jacobians, written out: log for HalfNormal, the interval map for Uniform, log-ratio for Dirichlet."""

    @pm.model(name=None)
    def build() -> Any:
        yield pm.HalfNormal("sigma", 1.5)
        yield pm.Uniform("u", -1.0, 3.0)
        yield pm.Dirichlet("p", [1.5, 2.0, 3.0])

    density = build().log_density()
    assert [v.name for v in density.variables] == ["__log_sigma", "__interval_u", "__stickbreaking_p"]
    y, z, s = mp.mpf("0.3"), mp.mpf("-0.7"), [mp.mpf("0.2"), mp.mpf("-0.4")]
    terms = density.terms_at({"__log_sigma": 0.3, "__interval_u": -0.7, "__stickbreaking_p": [0.2, -0.4]})
    sigma = mp.exp(y)
    half_normal = mp.log(2 / mp.pi) / 2 - mp.log(1.5) - (sigma / 1.5) ** 2 / 2 + y
    share = 1 / (1 + mp.exp(-z))
    uniform = -mp.log(4) + mp.log(4 * share * (1 - share))
    logits = [*s, -sum(s)]
    weights = [mp.exp(v) for v in logits]
    p = [w / sum(weights) for w in weights]
    a = [mp.mpf("1.5"), mp.mpf(2), mp.mpf(3)]
    # determinant of d p[:2] / d s with p = softmax(s, -sum(s)), by its matrix
    jacobian = mp.matrix(2, 2)
    for i in range(2):
        for j in range(2):
            mean = p[j] - p[2]
            jacobian[i, j] = p[i] * ((1 if i == j else 0) - mean)
    dirichlet = (
        mp.loggamma(sum(a)) - sum(map(mp.loggamma, a)) + sum((ai - 1) * mp.log(pi) for ai, pi in zip(a, p, strict=True))
    )
    dirichlet += mp.log(mp.det(jacobian))
    for name, expected in {"sigma": half_normal, "u": uniform, "p": dirichlet}.items():
        assert abs(mp.mpf(terms[name]) - expected) < mp.mpf(1e-14) * 10, name


def _pairs() -> dict[str, tuple[Any, Any]]:
    """Models in both front ends, with the names of their value variables in order."""
    import pm_migrate.shims as pm3

    rng = np.random.default_rng(1)
    group = np.array([0, 1, 1, 2, 2, 2])
    x, y = rng.normal(size=6), rng.normal(size=6)
    counts = np.array([0, 3, 1, 7, 2, 2])
    data = rng.normal(size=(6, 2))

    with pm3.Model() as varying3:
        mu = pm3.Normal("mu", mu=0, sd=5)
        tau = pm3.HalfCauchy("tau", beta=2)
        a = pm3.Normal("a", mu=mu, sd=tau, shape=3)
        b = pm3.Normal("b", mu=0, tau=0.1, shape=3)
        sigma = pm3.Uniform("sigma", 0, 10)
        pm3.Deterministic("ratio", a / sigma)
        pm3.Normal("y", mu=a[group] + b[group] * x, sd=sigma, observed=y)

    @pm.model(name=None)
    def varying() -> Any:
        mu = yield pm.Normal("mu", loc=0, scale=5)
        tau = yield pm.HalfCauchy("tau", scale=2)
        a = yield pm.Normal("a", loc=mu, scale=tau, batch_stack=3)
        b = yield pm.Normal("b", loc=0, scale=0.1**-0.5, batch_stack=3)
        sigma = yield pm.Uniform("sigma", low=0, high=10)
        yield pm.Deterministic("ratio", a / sigma)
        yield pm.Normal("y", loc=a[group] + b[group] * x, scale=sigma, observed=y)

    with pm3.Model() as counts3:
        alpha = pm3.Gamma("alpha", mu=2, sigma=1)
        rate = pm3.Exponential("rate", 0.5, shape=3)
        p = pm3.Dirichlet("p", a=np.array([1.0, 2.0, 3.0]))
        pm3.Potential("soft", -0.5 * (p[0] - 0.3) ** 2)
        pm3.NegativeBinomial("n", mu=rate[group] * (1 + p[1]), alpha=alpha, observed=counts)
        pm3.MvNormal("z", mu=p[:2], cov=_COV, observed=data)

    @pm.model(name=None)
    def counted() -> Any:
        alpha = yield pm.Gamma("alpha", 2.0**2 / 1.0**2, 2.0 / 1.0**2)
        rate = yield pm.Exponential("rate", 0.5, shape=3)
        p = yield pm.Dirichlet("p", np.array([1.0, 2.0, 3.0]))
        yield pm.Potential("soft", -0.5 * (p[0] - 0.3) ** 2)
        mu = rate[group] * (1 + p[1])
        yield pm.NegativeBinomial("n", alpha, logits=np.log(mu) - np.log(alpha), observed=counts)
        yield pm.MvNormal("z", p[:2], _COV, observed=data)

    return {"varying intercepts": (varying3, varying()), "counts": (counts3, counted())}


@pytest.mark.parametrize("name", ["varying intercepts", "counts"])
def test_front_ends_agree(name: str) -> None:
    theirs, ours = (m.log_density() for m in _pairs()[name])
    assert [v.rv_name for v in theirs.variables] == [v.rv_name for v in ours.variables]
    assert [v.shape for v in theirs.variables] == [v.shape for v in ours.variables]
    rng = np.random.default_rng(0)
    names = {t.name: o.name for t, o in zip(theirs.variables, ours.variables, strict=True)}
    for t, o in zip(theirs.variables, ours.variables, strict=True):
        np.testing.assert_allclose(o.test_value, t.test_value, rtol=1e-14)
    for _ in range(5):
        point = {v.name: v.test_value + rng.normal(size=v.shape) for v in theirs.variables}
        logp3, gradient3 = theirs.logp_and_gradient(point)
        logp, gradient = ours.logp_and_gradient({names[n]: v for n, v in point.items()})
        np.testing.assert_allclose(logp, logp3, rtol=1e-13)
        for n, g in gradient3.items():
            np.testing.assert_allclose(gradient[names[n]], g, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("name", ["varying intercepts", "counts"])
def test_front_ends_draw_the_same_from_the_prior(name: str) -> None:
    seed = tf.constant([3, 4])
    with_block, generator = _pairs()[name]
    theirs, ours = (m.log_density().forward({}, seed) for m in (with_block, generator))
    unconstrained = {v.name for v in with_block.log_density().variables if v.name != v.rv_name}
    assert set(theirs) - unconstrained - {str(p.name) for p in with_block.potentials} == set(ours)
    for variable, draw in ours.items():
        np.testing.assert_allclose(theirs[variable], draw, rtol=1e-12, err_msg=variable)


def test_the_density_compiles_and_batches() -> None:
    density = _pairs()["counts"][1].log_density()
    point = density.test_point
    eager = float(density.logp(density.tensors(point)))
    np.testing.assert_allclose(density.logp_and_gradient(point, jit=True)[0], eager, rtol=1e-13)
    batch = {n: tf.stack([t, t]) for n, t in density.tensors(point).items()}
    mapped = tf.function(
        lambda b: tf.vectorized_map(density.logp, b, fallback_to_while_loop=False), autograph=False, jit_compile=True
    )
    np.testing.assert_allclose(mapped(batch), [eager, eager], rtol=1e-13)

"""``pm.density`` and PyMC3's functions of a model, for generator models; the numbers are PyMC3 3.11.6's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import pm_migrate.pymc4 as pm
from pm_migrate.codemod.rules import asked
from pm_migrate.errors import NotSupported
from pm_migrate.shims.pymc4.errors import StopExecution
from pm_migrate.shims.pymc4.model_graph import parents

DATA = np.array([1.0, 2.0, 0.5])
POINT = {"mu": 0.3, "sd_log__": -0.2, "u_interval__": np.array([0.5, -1.0]), "k": 2}


@pm.model(name=None)
def mixed() -> Any:
    mu = yield pm.Normal("mu", 0, 2)
    sd = yield pm.HalfNormal("sd", 1)
    u = yield pm.Uniform("u", 0, 2, batch_stack=2)
    k = yield pm.Poisson("k", 3)
    d = yield pm.Deterministic("d", mu + sd * u)
    yield pm.Potential("p", -(mu**2))
    yield pm.Normal("y", tf.reduce_sum(d) + k, sd, observed=DATA)


@pm.model(name=None)
def normal() -> Any:
    mu = yield pm.Normal("mu", 0, 2)
    sd = yield pm.HalfNormal("sd", 1)
    yield pm.Normal("y", mu, sd, observed=DATA)
    yield pm.Deterministic("d", mu + sd)


MIXED, NORMAL = mixed(), normal()
VIEW = pm.density(MIXED)


def test_the_log_density_and_its_derivatives_are_pymc3s() -> None:
    assert float(VIEW.logp(POINT)) == pytest.approx(-28.800142267859645, rel=1e-13)
    assert float(VIEW.logp_nojac(POINT)) == pytest.approx(-26.911759285582875, rel=1e-13)
    gradient = [-26.56980445, 17.62808529, -5.22720246, -3.70622742]
    np.testing.assert_allclose(VIEW.dlogp()(POINT), gradient, rtol=1e-8)
    expected = [[20.15189637, -38.72449685], [-38.72449685, 32.57412046]]
    np.testing.assert_allclose(VIEW.d2logp([VIEW["mu"], VIEW["sd_log__"]])(POINT), expected, rtol=1e-8)


def test_terms_and_test_values_are_pymc3s() -> None:
    terms = VIEW.check_test_point(POINT)
    assert dict(terms) == {"mu": -1.62, "sd_log__": -0.76, "u_interval__": -3.07, "k": -1.5, "y": -21.76}
    assert list(VIEW.test_point) == ["mu", "sd_log__", "u_interval__", "k"]
    assert float(VIEW.test_point["sd_log__"]) == pytest.approx(-0.22579135, abs=1e-8)
    assert float(VIEW["sd"].tag.test_value) == pytest.approx(np.sqrt(2 / np.pi))


@pytest.mark.parametrize("attribute", sorted(asked.OF_VARIABLES - {"get_value"}))  # that is pm.Data's
def test_what_rewritten_programs_ask_of_variables_is_there(attribute: str) -> None:
    view = pm.density(NORMAL)
    assert any(hasattr(view[name], attribute) for name in ("mu", "sd", "y"))


@pytest.mark.parametrize("name", ["mu", "sd"])
@pytest.mark.parametrize("attribute", sorted(asked.OF_DISTRIBUTIONS))
def test_what_rewritten_programs_ask_of_distributions_is_there(name: str, attribute: str) -> None:
    assert getattr(pm.density(NORMAL)[name].distribution, attribute) is not None


def test_variables_are_given_to_functions_of_a_model() -> None:
    view = pm.density(NORMAL)
    assert float(view.fn(view["sd"])({"mu": 0.3, "sd_log__": np.log(2.0)})) == pytest.approx(2.0)
    assert [float(x) for x in view.fn([view["mu"], view["sd_log__"]])({"mu": 0.3, "sd_log__": 1.0})] == [0.3, 1.0]


def test_variables_have_pymc3s_names_and_places() -> None:
    assert [v.name for v in VIEW.unobserved_RVs] == ["mu", "sd_log__", "u_interval__", "k", "sd", "u", "d"]
    assert [v.name for v in VIEW.cont_vars] == ["mu", "sd_log__", "u_interval__"]
    assert [v.name for v in VIEW.disc_vars] == ["k"] and [v.name for v in VIEW.observed_RVs] == ["y"]
    assert [v.name for v in VIEW.potentials] == ["p"] and VIEW.ndim == 5
    assert VIEW["u"] is VIEW.u and VIEW["u"].dshape == (2,) and VIEW["u"].transformed is VIEW["u_interval__"]
    assert str(VIEW["sd"]) == "sd ~ HalfNormal"


def test_a_variable_is_drawn_from_given_a_point_or_the_prior() -> None:
    np.random.seed(0)
    drawn = VIEW["mu"].random(size=4000)
    assert drawn.shape == (4000,) and abs(drawn.mean()) < 5 * 2 / np.sqrt(4000) and abs(drawn.std() / 2 - 1) < 0.07
    at = {"mu": 1.0, "sd": 1e-6, "u": [0.0, 0.0], "k": 3}
    np.testing.assert_allclose(VIEW["y"].random(point=at, size=2), np.full((2, 3), 5.0), atol=1e-4)
    assert VIEW["u"].random().shape == (2,) and VIEW["y"].random().shape == (3,)


def test_what_is_not_kept_of_a_distribution_says_so() -> None:
    with pytest.raises(NotSupported, match="'sigma' is not kept"):
        _ = VIEW["mu"].distribution.sigma


def test_a_view_is_kept_until_data_change_and_is_its_own_view() -> None:
    assert pm.density(MIXED) is VIEW and pm.density(VIEW) is VIEW
    other = pm.density(MIXED, {"y": DATA + 1})
    assert other is not VIEW and float(other.logp(POINT)) != float(VIEW.logp(POINT))


def test_a_template_is_no_model() -> None:
    with pytest.raises(StopExecution, match="call it"):
        pm.density(mixed)


def test_the_maximum_is_pymc3s() -> None:
    found = pm.find_MAP(NORMAL, progressbar=False)
    expected = {"mu": 1.13366689, "sd_log__": -0.52590315, "sd": 0.59102134, "d": 1.72468823}
    assert list(found) == list(expected)
    np.testing.assert_allclose([float(x) for x in found.values()], list(expected.values()), rtol=1e-6)
    part = pm.find_MAP(NORMAL, vars=["mu"], start={"sd": 1.0}, progressbar=False)
    np.testing.assert_allclose([float(part["mu"]), float(part["sd"])], [1.07692308, 1.0], rtol=1e-6)
    assert "sd_log__" not in pm.find_MAP(NORMAL, include_transformed=False, progressbar=False)


def test_second_derivatives_are_pymc3s_by_constrained_names_too() -> None:
    at = {"mu": 1.13366689, "sd_log__": -0.52590315}
    expected = [[8.83845273, 0.56683408], [0.56683408, 7.39722553]]
    np.testing.assert_allclose(pm.find_hessian(at, model=NORMAL), expected, rtol=1e-6)
    # without the prior of sd, as PyMC3's graph has it
    np.testing.assert_allclose(pm.find_hessian(at, vars=["sd"], model=NORMAL), [[20.17690816]], rtol=1e-6)
    np.testing.assert_allclose(pm.guess_scaling(at, model=NORMAL), [8.83845273, 7.39722553], rtol=1e-6)


def test_a_discrete_variable_has_no_second_derivative() -> None:
    with pytest.raises(ValueError, match="discrete"):
        pm.find_hessian(POINT, vars=["k"], model=MIXED)


def test_parents_are_those_of_the_model() -> None:
    assert parents(MIXED) == {
        "mu": set(),
        "sd": set(),
        "u": set(),
        "k": set(),
        "d": {"mu", "sd", "u"},
        "p": {"mu"},
        "y": {"d", "k", "sd"},
    }


def test_named_data_point_to_what_reads_them_and_are_filled_by_what_they_observe() -> None:
    @pm.model(name=None)
    def regression() -> Any:
        x = yield pm.Data("x", np.arange(3.0))
        slope = yield pm.Normal("slope", 0, 1)
        seen = yield pm.Data("seen", np.arange(3.0))
        yield pm.Normal("y", slope * x, 1.0, observed=seen)

    assert parents(regression()) == {"x": set(), "slope": set(), "seen": {"y"}, "y": {"slope", "x"}}


@pytest.mark.parametrize("kind", ["log_prob", "log_cdf"])
def test_what_a_model_asks_an_anonymous_distribution_for_is_a_value_of_the_model(kind: str) -> None:
    def censored(p: Any) -> Any:
        return getattr(pm.Binomial.dist(5, p), kind)(np.arange(3)).sum() * 2

    @pm.model(name=None)
    def counts() -> Any:
        p = yield pm.Flat("p")
        yield pm.Potential("c", censored(p))

    plain = getattr(pm.Binomial.dist(5, 0.5), kind)(np.arange(3))
    assert isinstance(plain, tf.Tensor)
    np.testing.assert_allclose(pm.density(counts()).logp({"p": 0.5}), 2 * plain.numpy().sum())


def test_a_mixture_of_anonymous_distributions_is_a_value_of_the_model() -> None:
    @pm.model(name=None)
    def mixed_by_hand() -> Any:
        mu = yield pm.Flat("mu")
        parts = [pm.Mixture.dist([0.5, 0.5], [pm.Normal.dist(mu, 1), pm.Normal.dist(-mu, 1)]), pm.Normal.dist(mu, 2)]
        yield pm.Potential("p", sum(part.log_prob(DATA).sum() for part in parts))

    def normal_at(mu: float, sd: float) -> Any:
        return -0.5 * ((DATA - mu) / sd) ** 2 - np.log(sd) - 0.5 * np.log(2 * np.pi)

    expected = np.logaddexp(normal_at(0.3, 1), normal_at(-0.3, 1)) + np.log(0.5) + normal_at(0.3, 2)
    np.testing.assert_allclose(pm.density(mixed_by_hand()).logp({"mu": 0.3}), expected.sum())

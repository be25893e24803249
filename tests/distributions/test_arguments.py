"""Arguments of the elementary distributions: kinds of values, wrong ones, attributes, draws with invalid parameters.

Numbers, kinds of errors and shapes are recorded from PyMC3 3.11.6 for the same calls.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import pm_migrate.shims as pm
from pm_migrate.catalog import ROWS
from pm_migrate.errors import ShapeError
from pm_migrate.shims import theano
from pm_migrate.shims.theano import tensor as tt

CALLS: dict[str, tuple[Any, ...]] = {
    "Normal": (1, 2),
    "Cauchy": (1, 2),
    "StudentT": (4, 1, 2),
    "Laplace": (1, 2),
    "AsymmetricLaplace": (2, 3),
    "ExGaussian": (1, 2, 3),
    "VonMises": (1, 2),
    "SkewNormal": (1, 2),
    "Gumbel": (1, 2),
    "Logistic": (1, 2),
    "Moyal": (1, 2),
    "HalfNormal": (2,),
    "HalfCauchy": (2,),
    "HalfStudentT": (4, 2),
    "Exponential": (2,),
    "Gamma": (2, 3),
    "InverseGamma": (2, 3),
    "ChiSquared": (3,),
    "Lognormal": (1, 2),
    "Weibull": (2, 3),
    "Wald": (1, 2),
    "Pareto": (2, 3),
    "Rice": (1, 2),
    "Uniform": (1, 3),
    "Beta": (2, 3),
    "Kumaraswamy": (2, 3),
    "Triangular": (1, 3, 2),
    "LogitNormal": (1, 2),
}


@pytest.mark.parametrize("name", CALLS)
def test_integers_for_parameters_of_continuous_distributions_are_floats(name: str) -> None:
    dist = getattr(pm, name).dist(*CALLS[name])
    assert {v.dtype for v in dist.params.values()} == {"float64"}
    for moment in ("mean", "median", "mode", "variance"):
        if hasattr(dist, moment):
            assert getattr(dist, moment).dtype == "float64"


@pytest.mark.parametrize(
    "dist",
    [
        pm.Poisson.dist(2.5),
        pm.Binomial.dist(5, 0.25),
        pm.Bernoulli.dist(0.25),
        pm.Categorical.dist([0.2, 0.8]),
        pm.DiscreteUniform.dist(1, 4),
        pm.HyperGeometric.dist(10, 4, 5),
        pm.ZeroInflatedPoisson.dist(0.5, 3),
    ],
    ids=str,
)
def test_modes_of_discrete_distributions_are_integers(dist: Any) -> None:
    assert dist.mode.dtype == "int64"


@pytest.mark.parametrize(
    ("dist", "name", "expected"),
    [
        (pm.Wald.dist(1, 2), "phi", 2.0),
        (pm.Rice.dist(nu=1, sigma=2), "b", 0.5),
        (pm.ChiSquared.dist(3), "alpha", 1.5),
        (pm.ChiSquared.dist(3), "beta", 0.5),
        (pm.Categorical.dist([0.2, 0.8]), "k", 2),
        (pm.OrderedLogistic.dist(0, [0.0, 1.0]), "k", 3),
        (pm.OrderedLogistic.dist(0, [0.0, 1.0]), "p", [0.5, 0.2310586, 0.2689414]),
        (pm.OrderedProbit.dist(0, [0.0, 1.0]), "p", [0.5, 0.3413447, 0.1586552]),
        (pm.Multinomial.dist(5, [1.0, 3.0]), "p", [0.25, 0.75]),
        (pm.MvNormal.dist(np.zeros(2), chol=2 * np.eye(2)), "chol_cov", [[2.0, 0.0], [0.0, 2.0]]),
        (pm.Multinomial.dist(np.array([5, 6]), np.ones((2, 3)), shape=(2, 3)), "mean", [[5 / 3] * 3, [2.0] * 3]),
        (pm.Multinomial.dist(np.array([5, 6]), np.ones((2, 3)), shape=(2, 3)), "mode", [[1, 2, 2], [2, 2, 2]]),
        (pm.DirichletMultinomial.dist(np.array([5, 6]), np.ones((2, 3)), (2, 3)), "mean", [[5 / 3] * 3, [2.0] * 3]),
    ],
)
def test_attributes_that_pymc3_computes(dist: Any, name: str, expected: Any) -> None:
    assert getattr(dist, name).eval() == pytest.approx(np.array(expected), abs=1e-7)


def test_the_median_of_interpolated_is_its_start_value() -> None:
    dist = pm.Interpolated.dist(np.array([0.0, 1.0, 3.0]), np.array([0.5, 1.0, 2.0]))
    assert float(dist.median) == pytest.approx(1.915476, abs=1e-6)
    with pm.Model() as m:
        pm.Interpolated("x", np.array([0.0, 1.0, 3.0]), np.array([0.5, 1.0, 2.0]), testval="median")
    assert m.test_point["x_interval__"] == pytest.approx(0.5688249, abs=1e-6)


def test_classes_are_named_and_derived_as_in_pymc3() -> None:
    assert pm.Lognormal is pm.LogNormal and pm.Lognormal.__name__ == "LogNormal"
    assert str(pm.Lognormal.dist()) == "[unnamed] ~ LogNormal"
    assert issubclass(pm.ChiSquared, pm.Gamma)
    assert issubclass(pm.OrderedLogistic, pm.Categorical) and issubclass(pm.OrderedProbit, pm.Categorical)
    assert not issubclass(pm.LKJCorr, pm.distributions.continuous.BoundedContinuous)
    assert float(pm.ChiSquared.dist(3).logp(2.0).eval()) == pytest.approx(-1.572365, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "defaults"),
    [
        ("Normal", ("median", "mean", "mode")),
        ("Poisson", ("mode",)),
        ("Flat", ("_default",)),
        ("TruncatedNormal", ("_defaultval",)),
        ("DiscreteWeibull", ("median",)),
    ],
)
def test_names_of_start_values(name: str, defaults: tuple[str, ...]) -> None:
    calls = {"Normal": (0, 1), "Poisson": (2,), "TruncatedNormal": (0, 1), "DiscreteWeibull": (0.5, 2)}
    assert getattr(pm, name).dist(*calls.get(name, ())).defaults == defaults


def test_start_values_by_given_names() -> None:
    with pm.Model() as m:
        pm.Gumbel("x", 1, 2, defaults=("mode",))
    assert m.test_point["x"] == 1.0


# --- wrong arguments -------------------------------------------------------------------------------------------------

#: Rows with a scalar parameter that may be misspelled as text: all that have parameters.
WITH_PARAMETERS = [row for row in ROWS if row.params and row.name not in {"Wishart", "LKJCorr", "MatrixNormal"}]


@pytest.mark.parametrize("row", WITH_PARAMETERS, ids=lambda r: r.name)
def test_text_for_a_parameter_is_both_a_value_and_a_type_error(row: Any) -> None:
    # PyMC3 raises a ValueError for most distributions, a TypeError for the others
    call = dict.fromkeys(row.forms[0].given, "abc")
    shape = {"shape": 2} if row.name == "DirichletMultinomial" else {}
    for kind in (ValueError, TypeError):
        with pytest.raises(kind, match=f"{row.name}: .*'abc' is not numeric"):
            getattr(pm, row.name).dist(**call, **shape)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: pm.Cauchy.dist(), TypeError, "missing required arguments 'alpha' and 'beta'"),
        (lambda: pm.MvNormal.dist(), TypeError, "missing required argument 'mu'"),
        (lambda: pm.MvNormal.dist(np.zeros(2)), ValueError, "Incompatible parameterization.*cov"),
        (lambda: pm.MvStudentT.dist(nu=4), ValueError, "Incompatible parameterization.*chol"),
        (lambda: pm.MvStudentT.dist(4, np.eye(2), np.zeros(2), cov=np.eye(2)), ValueError, "only one of cov and Sigma"),
        (lambda: pm.LKJCorr.dist(), ValueError, "use eta as the shape parameter and n as the dimension"),
        (lambda: pm.LKJCorr.dist(eta=2), ValueError, "use eta as the shape parameter"),
        (lambda: pm.LKJCorr.dist(eta=2, n=3.5), TypeError, r"n must be an integer.*3\.5"),
        (lambda: pm.LKJCorr.dist(eta=2, n=1), ValueError, "n must be at least 2.*got 1"),
        (lambda: pm.MvNormal.dist(np.zeros(2), cov=np.ones(2)), ValueError, "cov must be two dimensional"),
        (lambda: pm.MvNormal.dist(np.zeros(2), chol=np.ones(2)), ValueError, "chol must be two dimensional"),
        (lambda: pm.MvNormal.dist(np.zeros(2), tau=2.0), ValueError, "tau must be two dimensional"),
        (lambda: pm.MvNormal.dist(np.zeros(2), cov=np.ones((2, 2, 2))), ValueError, "cov must be two dimensional"),
        (lambda: pm.MvNormal.dist(np.zeros(2), cov=np.ones((2, 3))), ValueError, r"square.*\(2, 3\)"),
        (lambda: pm.Multinomial.dist(5, 0.5), ValueError, "p must have at least one dimension.*0.5"),
        (lambda: pm.Dirichlet.dist(2.0), ValueError, "a must have at least one dimension"),
        (lambda: pm.Categorical.dist(0.5), ValueError, "p must have at least one dimension"),
        (lambda: pm.Interpolated.dist(np.arange(3.0), np.ones(2)), ValueError, r"shape \(3,\).*\(2,\)"),
        (lambda: pm.Interpolated.dist(-np.arange(3.0), np.ones(3)), ValueError, "x_points must be increasing"),
        (lambda: pm.Normal.dist(mu=None), ValueError, "mu=None is not a number.*default, 0"),
        (lambda: pm.Poisson.dist(2, dtype="float64"), TypeError, "int16 or int64, not float64"),
        (lambda: pm.Bernoulli.dist(0.5, dtype="int32"), TypeError, "int16 or int64"),
        (lambda: pm.Uniform.dist(-np.inf, 1).default(), AttributeError, "no finite default value to use"),
        (lambda: pm.Normal.dist(np.nan, 1).default(), AttributeError, "no finite default value to use"),
    ],
)
def test_wrong_arguments(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("kwargs", [{"lower": None, "upper": None}, {"sigma": None, "tau": 4.0}, {"tau": None}])
def test_none_where_pymc3_has_it_for_a_default(kwargs: Any) -> None:
    assert np.isfinite(pm.TruncatedNormal.dist(0.0, **kwargs).logp(0.5).eval())
    assert np.isfinite(pm.Rice.dist(nu=1.0, sigma=None).logp(0.5).eval())


# --- data ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        [2.5, 2.5],
        (2.5, 2.5),
        np.array([2.5, 2.5], "float32"),
        pd.Series([2.5, 2.5]),
        pd.DataFrame({"a": [2.5, 2.5]}),
        theano.shared(np.array([2.5, 2.5])),
        tt.constant(np.array([2.5, 2.5])),
        tt.constant(np.array([1.5, 1.5])) + 1.0,
    ],
    ids=lambda d: type(d).__name__,
)
def test_kinds_of_data(data: Any) -> None:
    with pm.Model() as m:
        pm.Normal("x", 1, 2, observed=data)
    assert float(m.logp(m.test_point)) == pytest.approx(-3.786671, abs=1e-6)


@pytest.mark.parametrize("data", ["abc", ["a", "b"], pd.Series(["a", "b"])], ids=["text", "list", "series"])
def test_data_that_are_no_numbers(data: Any) -> None:
    with pm.Model() as m, pytest.raises(ValueError, match=r"x: observed=.* is not numeric"):
        pm.Normal("x", 0, 1, observed=data)
    assert not m.named_vars


def test_data_may_be_computed_from_replaceable_data() -> None:
    with pm.Model() as m:
        d = pm.Data("d", [1.0, 2.0])
        pm.Normal("x", 0, 1, observed=d * 2.0)
    assert float(m.logp()) == pytest.approx(-(2.0**2 + 4.0**2) / 2 - np.log(2 * np.pi), rel=1e-14)
    pm.set_data({"d": [3.0]}, model=m)
    assert float(m.logp()) == pytest.approx(-(6.0**2) / 2 - 0.5 * np.log(2 * np.pi), rel=1e-14)
    assert m.log_density().observed["x"].tolist() == [6.0]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: pm.MvNormal("x", np.zeros(2), cov=np.eye(2), observed=0.5), "Invalid dimension for value: 0"),
        (lambda: pm.MvNormal("x", np.zeros(2), cov=np.eye(2), observed=np.zeros(3)), r"\(3,\) does not go with.*cov"),
        (lambda: pm.LKJCorr("x", 1, 2, transform=None, observed=[0.1, 0.2, 0.3]), r"\(3,\) does not go with"),
        (lambda: pm.Normal("x", np.zeros(2), 1, observed=np.zeros(3)), r"\(3,\) does not go with.*mu \(2,\)"),
        (lambda: pm.Categorical("x", np.ones((2, 3)), observed=[0, 1, 0]), r"\(3,\) does not go with.*p \(2, 3\)"),
        (lambda: pm.Poisson("x", np.ones(2), observed=[0, 1, 0]), r"\(3,\) does not go with.*mu \(2,\)"),
    ],
)
def test_data_of_another_shape_than_the_parameters(build: Any, message: str) -> None:
    with pm.Model(), pytest.raises(ValueError, match=message):
        build()


# --- draws -----------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::pm_migrate.shims.quirks.QuirkWarning")  # Triangular: c outside of its ends
@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: pm.Normal.dist(0, -1), r"Normal: invalid parameters mu=0\.0, sigma=-1\.0; it needs sigma > 0"),
        (lambda: pm.Uniform.dist(3, 1), "lower=3.0, upper=1.0"),
        (lambda: pm.Beta.dist(mu=0.5, sigma=2.0), "sigma=2.0"),
        (lambda: pm.Bernoulli.dist(1.5), "p=1.5"),
        (lambda: pm.Categorical.dist([-0.2, 1.2]), "p >= 0"),
        (lambda: pm.HyperGeometric.dist(5, 10, 2), "k <= N"),
        (lambda: pm.DiscreteUniform.dist(3, 1), "lower <= upper"),
        (lambda: pm.Geometric.dist(0.0), "p > 0"),
        (lambda: pm.Triangular.dist(0, 1, 3), "c <= upper"),
        (lambda: pm.MvNormal.dist(np.zeros(2), cov=-np.eye(2), shape=2), "positive definite"),
        (lambda: pm.TruncatedNormal.dist(np.nan, 1, lower=0), "mu=nan"),
        (lambda: pm.Gamma.dist(np.array([1.0, -1.0]), 1.0), "alpha > 0"),
    ],
)
def test_draws_with_invalid_parameters_raise(build: Any, message: str) -> None:
    for size in (None, 3):
        with pytest.raises(ValueError, match=message):
            build().random(size=size)


def test_draws_with_random_parameters_that_turn_out_invalid_raise() -> None:
    with pm.Model():
        s = pm.Normal("s", -5.0, 0.1)
        x = pm.Normal("x", 0.0, s)
    for size in (None, 4):
        with pytest.raises(ValueError, match=r"Cannot draw from Normal: .*sigma > 0"):
            x.random(size=size)
    assert x.random(point={"s": 1.0}, size=2).shape == (2,)


@pytest.mark.parametrize(("n", "fits"), [([5], True), ([5, 3], True), ([[5]], False), ([[5], [3]], False)])
def test_parameters_that_do_not_go_with_a_required_shape_are_refused(n: list, fits: bool) -> None:
    dist = pm.DirichletMultinomial.dist(n=n, a=[[1000.0, 1.0, 1.0], [1.0, 1.0, 1000.0]], shape=(2, 3))
    if fits:
        assert dist.random(size=4).shape == (4, 2, 3)
    else:
        with pytest.raises(ShapeError, match=r"shape=\(2, 3\)"):
            dist.random(size=4)

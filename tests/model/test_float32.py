"""Models under ``theano.config.floatX = "float32"``: the dtypes are those that PyMC3 3.11.6 gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from scipy import stats

import pm_migrate.shims as pm
from pm_migrate.shims import theano
from pm_migrate.shims.distributions.timeseries import AR1, GARCH11
from pm_migrate.shims.theano import tensor as tt

pytestmark = pytest.mark.filterwarnings(
    "ignore::pm_migrate.shims.exceptions.ImputationWarning", "ignore:.*is counted:UserWarning"
)


@pytest.fixture(autouse=True)
def float32() -> Iterator[None]:
    with theano.config.change_flags(floatX="float32"):
        yield


def continuous() -> None:
    x = pm.Normal("x", 0, 1, shape=3)
    s = pm.HalfNormal("s", 2.0)
    pm.Beta("b", np.array([2.0, 1.5]), 3, shape=2)
    pm.Uniform("u", -1, 2)
    pm.Exponential("e", [1.0, 2.0], shape=2)
    pm.StudentT("t", 3, 0.0, 1.0)
    pm.TruncatedNormal("n", 0.0, 1.0, lower=0.3)
    pm.Flat("f")
    pm.VonMises("v", 0.3, 1.0)
    pm.Deterministic("d", tt.exp(x) * s)
    pm.Deterministic("positive", x > 0)
    pm.Normal("y", x, s, observed=np.array([1.0, 2.0, 3.0]))


def discrete() -> None:
    k = pm.Poisson("k", 3.0)
    pm.Binomial("n", 5, 0.3, shape=2)
    pm.Categorical("c", np.array([0.2, 0.3, 0.5]))
    b = pm.Bernoulli("b", 0.4)
    pm.DiscreteUniform("u", 0, 9)
    pm.Deterministic("d", k * 2.5)
    pm.Deterministic("product", k * b)
    pm.Poisson("y", 1.5 + b, observed=np.array([1, 2, 3]))
    pm.Bernoulli("z", 0.5, observed=[True, False])


def vectors() -> None:
    m = pm.MvNormal("m", np.zeros(2), cov=np.array([[2.0, 0.3], [0.3, 1.0]]), shape=2)
    d = pm.Dirichlet("d", np.ones(3), shape=3)
    pm.MvStudentT("t", 3.0, mu=np.zeros(2), cov=np.eye(2), shape=2)
    pm.Multinomial("n", 5, d, shape=3)
    pm.MatrixNormal("matrix", mu=np.zeros((2, 2)), rowcov=np.eye(2), colcov=np.eye(2), shape=(2, 2))
    pm.MvNormal("y", m, chol=np.array([[1.0, 0.0], [0.3, 0.8]]), observed=[[0.1, 0.2], [1.0, -1.0]])


def vectors_of_float32() -> None:
    eye = np.eye(2, dtype="float32")
    m = pm.MvNormal("m", 0.0, cov=eye, shape=2)
    pm.MvNormal("c", np.zeros(2, "float32"), chol=eye, shape=(3, 2))
    pm.MvNormal("y", m, tau=eye, observed=[[0.1, 0.2], [1.0, -1.0]])


def factors() -> None:
    packed = pm.LKJCholeskyCov("p", eta=2.0, n=2, sd_dist=pm.Exponential.dist(1.0))
    chol = pm.Deterministic("chol", pm.expand_packed_triangular(2, packed))
    pm.LKJCorr("c", eta=1.0, n=2)
    pm.MvNormal("y", np.zeros(2), chol=chol, observed=[[0.1, 0.2], [1.0, -1.0]])


def bounds() -> None:
    x = pm.Bound(pm.Normal, lower=0.0)("x", mu=1.0, sigma=2.0)
    pm.Bound(pm.Normal, lower=-1.0, upper=np.ones(2))("y", mu=0.0, sigma=1.0, shape=2)
    pm.Bound(pm.Poisson, lower=1)("k", 3.0)
    pm.Normal("z", x, 1.0, observed=2.0)


def mixtures() -> None:
    w = pm.Dirichlet("w", np.ones(2), shape=2)
    pm.Mixture("m", w, [pm.Normal.dist(0.0, 1.0), pm.Normal.dist(2.0, 1.0)])
    pm.Mixture("k", w, [pm.Poisson.dist(2.0), pm.Poisson.dist(5.0)])
    pm.NormalMixture("y", w, mu=np.array([0.0, 1.0]), sd=1.0, observed=np.array([0.1, 0.2]))
    pm.Mixture("n", w, pm.Poisson.dist(np.array([1.0, 2.0])), observed=np.array([1, 2, 3]))
    pm.ZeroInflatedPoisson("z", 0.5, 2.0, observed=np.array([0, 1, 2]))


def densities() -> None:
    x = pm.DensityDist("x", lambda v: -0.5 * v**2)
    pm.DensityDist("y", lambda v: -0.5 * (v - x) ** 2, observed=np.array([1.0, 2.0]))
    both = {"a": np.array([1.0, 2.0]), "b": np.array([3.0, 4.0])}
    pm.DensityDist("z", lambda a, b: -0.5 * (a - b) ** 2 + x, observed=both)


def series() -> None:
    pm.GaussianRandomWalk("g", sigma=1.0, shape=4)
    pm.AR("a", rho=np.array([0.3, 0.2]), sigma=1.0, shape=5)
    AR1("a1", k=0.5, tau_e=1.0, shape=4)
    pm.MvGaussianRandomWalk("m", mu=np.zeros(2), cov=np.eye(2), shape=(3, 2))
    GARCH11("v", omega=1.0, alpha_1=0.2, beta_1=0.3, initial_vol=1.0, shape=4)
    pm.GaussianRandomWalk("y", sigma=1.0, init=pm.Normal.dist(0.0, 1.0), observed=np.array([0.1, -0.3, 0.5]))


def data() -> None:
    x = pm.Data("x", np.array([1.0, 2.0, 3.0]))
    index = pm.Data("index", [0, 1, 1])
    a = pm.Normal("a", 0, 1, shape=2)
    mu = pm.Deterministic("mu", a[index] * x)
    pm.Deterministic("wide", a[index] * index)
    pm.Normal("y", mu, 1.0, observed=x)
    pm.Poisson("n", tt.exp(mu), observed=index)


def potentials() -> None:
    a = pm.Normal("a", 0, 1.0)
    k = pm.Poisson("k", 2.0)
    pm.Potential("p", -(a**2))
    pm.Potential("q", tt.switch(k > 0, 0.0, -np.inf))


def scaled() -> None:
    a = pm.Normal("a", 0, 1.0, total_size=10)
    pm.Normal("b", 0, 1.0, shape=2, total_size=[5])
    pm.Normal("y", a, 1.0, observed=np.array([1.0, 2.0]), total_size=100)
    pm.Poisson("k", 2.0, observed=np.array([1, 2]), total_size=50)


def missing() -> None:
    a = pm.Normal("a", 0, 1.0)
    pm.Normal("y", a, 1.0, observed=np.array([1.0, np.nan, 2.0]))


def missing_counts() -> None:
    a = pm.Normal("a", 0, 1.0)
    pm.Poisson("y", tt.exp(a), observed=np.ma.masked_values(np.array([1, -1, 3]), -1))


def explicit() -> None:
    a = pm.Normal("a", 0, 1.0, dtype="float64")
    pm.HalfNormal("b", 1.0, dtype="float64")
    pm.Uniform("u", 0, 1, dtype="float64")
    pm.Poisson("k", 2.0, dtype="int64")
    pm.DensityDist("d", lambda v: -(v**2), dtype="float64")
    pm.Normal("f", 0, 1.0, dtype="float32")
    pm.Normal("y", a, 1.0, observed=np.array([1.0, 2.0]), dtype="float64")


Expected = tuple[dict[str, str], set[str]]
#: Dtypes that PyMC3 3.11.6 gives: of variables other than float32, and the terms that are float64 and not float32.
CASES: dict[Callable[[], None], Expected] = {
    continuous: ({"positive": "bool"}, set()),
    discrete: ({**dict.fromkeys(["k", "n", "c", "b", "u", "product", "y", "z"], "int16"), "d": "float32"}, set()),
    vectors: ({"n": "int16"}, {"m", "d_stickbreaking__", "t", "matrix", "y"}),
    vectors_of_float32: ({}, set()),
    factors: ({}, {"p_cholesky-cov-packed__", "c_interval__", "y"}),
    bounds: ({"k": "int16"}, set()),
    mixtures: ({"k": "int16", "n": "int16", "z": "int16"}, {"w_stickbreaking__"}),
    densities: ({}, set()),
    series: ({}, {"a", "m"}),
    data: ({"index": "int64", "wide": "float64", "n": "int64"}, set()),
    potentials: ({"k": "int16"}, set()),
    scaled: ({"k": "int16"}, set()),
    missing: ({}, set()),
    missing_counts: ({"y": "int16", "y_missing": "int16"}, {"y_missing"}),
    explicit: (
        {**dict.fromkeys(["a", "b_log__", "b", "u_interval__", "u", "d", "y"], "float64"), "k": "int64"},
        {"a", "b_log__", "u_interval__", "k", "d", "y"},
    ),
}


def made(program: Callable[[], None]) -> Any:
    with pm.Model() as model:
        program()
    return model


@pytest.mark.parametrize("program", CASES, ids=lambda program: program.__name__)
def test_dtypes_are_those_of_pymc3(program: Callable[[], None]) -> None:
    others, wide = CASES[program]
    model = made(program)
    assert {name: v.dtype for name, v in model.named_vars.items()} == {
        name: others.get(name, "float32") for name in model.named_vars
    }
    assert {name: x.dtype.name for name, x in model.test_point.items()} == {v.name: v.dtype for v in model.free_RVs}
    assert {v.name for v in model.basic_RVs if v.logpt.dtype != "float32"} == wide
    assert {v.logp_elemwiset.dtype for v in model.basic_RVs if v.name in wide} <= {"float64"}
    total = "float64" if wide else "float32"
    assert model.logpt.dtype == total
    assert model.logp(model.test_point).dtype == total
    for variable in model.basic_RVs:  # what is declared is what is computed
        assert variable.logpt.tag.test_value.dtype == variable.logpt.dtype
        assert variable.logp_elemwiset.tag.test_value.dtype == variable.logp_elemwiset.dtype


def points(model: Any) -> list[dict[str, np.ndarray]]:
    """Points around the test point, of the dtypes of the model."""
    rng = np.random.default_rng(0)

    def moved(x: np.ndarray) -> np.ndarray:
        return x + rng.normal(0.0, 0.5, x.shape).astype(x.dtype) if x.dtype.kind == "f" else x

    return [{name: moved(x) for name, x in model.test_point.items()} for _ in range(3)]


@pytest.mark.parametrize("program", CASES, ids=lambda program: program.__name__)
def test_values_are_those_of_the_float64_model_to_float32_precision(program: Callable[[], None]) -> None:
    model = made(program)
    with theano.config.change_flags(floatX="float64"):
        exact = made(program)
        for point in points(model):
            terms = exact.log_density().terms_at(point).values()
            size = max(1.0, sum(map(abs, terms)))
            assert float(model.logp(point)) == pytest.approx(sum(terms), abs=1e-6 * size)
            gradient = exact.dlogp()(point)
            assert model.dlogp()(point) == pytest.approx(
                gradient, rel=2e-6, abs=2e-6 * np.max(np.abs(gradient), initial=1)
            )


def test_a_flat_program_has_the_dtype_of_the_model() -> None:
    model = made(scaled)
    function = model.logp_dlogp_function()
    function.set_extra_values({})
    array = function.dict_to_array(model.test_point)
    value, gradient = function(array)
    # PyMC3 3.11.6 gives float32 for all of them
    assert {array.dtype.name, value.dtype.name, gradient.dtype.name} == {"float32"}
    with pytest.raises(TypeError, match="Can not cast float64 to float32"):
        made(explicit).logp_dlogp_function()


@pytest.mark.parametrize(
    "dtype, logp",
    # dtypes that PyMC3 3.11.6 gives
    [
        ("float32", lambda: pm.Normal.dist(0, 1).logp(1.0)),
        ("float32", lambda: pm.Normal.dist(0, 1).logp(1)),
        ("float64", lambda: pm.Normal.dist(0, 1).logp(np.array([1.0, 2.0]))),
        ("float64", lambda: pm.Normal.dist(0, 1).logp(np.array([1, 2]))),
        ("float32", lambda: pm.Normal.dist(np.array([1.0]), 1).logcdf(1.0)),
        ("float32", lambda: pm.Poisson.dist(3.0).logp(1)),
        ("float32", lambda: pm.Bound(pm.Normal, lower=np.zeros(3)).dist(mu=0.0, sd=1.0).logp(np.ones(3, "float32"))),
        ("float64", lambda: pm.NormalMixture.dist([0.5, 0.5], [0.0, 1.0], 1.0).logp(1.0)),
        ("float32", lambda: pm.GaussianRandomWalk.dist(sigma=1.0, shape=3).logp(np.ones(3, "float32"))),
    ],
)
def test_log_densities_of_distributions(dtype: str, logp: Callable[[], Any]) -> None:
    density = logp()
    assert density.dtype == density.eval().dtype.name == dtype


def test_parameters_and_draws() -> None:
    with pm.Model() as model:
        x = pm.Normal("x", np.array([0.1, 0.2]), 1, shape=2)
        k = pm.Poisson("k", 3.0)
        w = pm.Mixture("w", np.array([0.5, 0.5]), [pm.Normal.dist(0.0, 1.0), pm.Normal.dist(1.0, 1.0)])
        pm.Deterministic("d", x * k)
        pm.Normal("y", x, 1.0, observed=[1, 2])
    # PyMC3 3.11.6 gives float32 parameters, and NumPy's dtypes for draws, but the dtype of a mixture
    assert x.distribution.mu.dtype == x.distribution.tau.dtype == x.distribution.mean.dtype == "float32"
    assert (x.random().dtype, k.random(size=2).dtype, w.random().dtype) == ("float64", "int64", "float32")
    prior = pm.sample_prior_predictive(3, model=model, random_seed=1)
    assert {name: v.dtype.name for name, v in prior.items()} == {
        "x": "float64",
        "k": "int64",
        "w": "float32",
        "d": "float32",
        "y": "float64",
    }


def test_draws_are_those_of_float64() -> None:
    def drawn() -> dict[str, np.ndarray]:
        with pm.Model() as model:
            s = pm.Gamma("s", 2.0, 1.0)
            pm.Normal("y", pm.Poisson("k", 2.0), s, observed=np.zeros(3))
        return pm.sample_prior_predictive(20, model=model, random_seed=1)

    narrow = drawn()
    with theano.config.change_flags(floatX="float64"):
        for name, draws in drawn().items():
            assert narrow[name] == pytest.approx(draws, rel=1e-5, abs=1e-5)


def test_sampling() -> None:
    with pm.Model() as model:
        mu = pm.Normal("mu", 0.0, 2.0)
        s = pm.HalfNormal("s", 2.0)
        pm.Bernoulli("k", 0.5)
        pm.Deterministic("d", mu * s)
        pm.Normal("y", mu, s, observed=np.linspace(-1.0, 3.0, 20))
        trace = pm.sample(300, tune=300, chains=2, random_seed=1, progressbar=False)
        predicted = pm.sample_posterior_predictive(trace, var_names=["y", "d", "mu", "k"], random_seed=1)
    # PyMC3 3.11.6 gives these
    recorded = {"mu": "float32", "s_log__": "float32", "s": "float32", "d": "float32", "k": "int16"}
    assert {name: trace[name].dtype.name for name in trace.varnames} == recorded
    assert {name: x.dtype.name for name, x in trace.point(0).items()} == recorded
    assert {name: x.dtype.name for name, x in predicted.items()} == {
        "y": "float64",
        "d": "float32",
        "mu": "float32",
        "k": "int16",
    }
    assert trace["mu"].mean() == pytest.approx(1.0, abs=0.15)
    assert trace["k"].mean() == pytest.approx(0.5, abs=0.15)
    assert trace["s"] == pytest.approx(np.exp(trace["s_log__"]), rel=1e-6)
    for point in (model.test_point, trace.point(3)):
        assert np.isfinite(model.logp(point))


def test_the_maximum() -> None:
    with pm.Model() as model:
        x = pm.Normal("x", 1.0, 1.0, shape=2)
        s = pm.HalfNormal("s", 2.0)
        pm.Normal("y", x, s, observed=np.array([1.0, 2.0, 4.0])[:, None])
        found = pm.find_MAP(progressbar=False)
    assert {name: v.dtype.name for name, v in found.items()} == dict.fromkeys(["x", "s_log__", "s"], "float32")
    with theano.config.change_flags(floatX="float64"), pm.Model():
        x = pm.Normal("x", 1.0, 1.0, shape=2)
        s = pm.HalfNormal("s", 2.0)
        pm.Normal("y", x, s, observed=np.array([1.0, 2.0, 4.0])[:, None])
        exact = pm.find_MAP(progressbar=False)
    assert {name: found[name] for name in exact} == {name: pytest.approx(v, rel=1e-2) for name, v in exact.items()}
    assert model.d2logp()(model.test_point).dtype == "float32"


def test_a_value_that_float32_rounds_to_an_end_keeps_its_density() -> None:
    with pm.Model() as model:
        x = pm.Beta("x", 2.0, 3.0)
    point = {"x_logodds__": np.float32(18.0)}
    assert x.eval({model["x_logodds__"]: point["x_logodds__"]}) == 1.0
    assert float(model.logp(point)) == pytest.approx(np.log(12.0) - 3 * 18.0, rel=1e-6)  # PyMC3 3.11.6: -inf
    assert model.dlogp()(point) == pytest.approx([-3.0], rel=1e-6)


def test_counts_that_int16_does_not_hold_are_kept() -> None:
    with pm.Model():
        n = pm.Poisson("n", 70_000.0, observed=np.array([70_000, 3]))
        m = pm.Poisson("m", 70_000.0, observed=np.ma.masked_values([70_000, -1], -1))
    # PyMC3 3.11.6 lets them wrap around: 70000 becomes 4464
    assert n.eval().tolist() == [70_000, 3]
    assert m.eval({m.missing_values: [5]}).tolist() == [70_000, 5]
    assert float(n.logpt.eval()) == pytest.approx(stats.poisson.logpmf([70_000, 3], 70_000).sum(), rel=1e-6)


def test_a_model_made_after_a_float32_one_is_unaffected() -> None:
    narrow = made(scaled)
    narrow.logp(narrow.test_point)
    with theano.config.change_flags(floatX="float64"):
        model = made(scaled)
        assert {v.dtype for v in model.free_RVs} == {"float64"}
        assert {v.logpt.dtype for v in model.basic_RVs} == {model.logpt.dtype} == {"float64"}
        assert model.logp(model.test_point).dtype == model.dlogp()(model.test_point).dtype == "float64"
        # and the flag may be put back before a float32 model is used
        assert {v.dtype for v in narrow.free_RVs} == {narrow.logpt.dtype} == {"float32"}
        assert narrow.dlogp()(narrow.test_point).dtype == "float32"
        assert float(narrow.logp(narrow.test_point)) == pytest.approx(float(model.logp(model.test_point)), rel=1e-6)


def test_explicit_dtypes_in_a_float64_model() -> None:
    with theano.config.change_flags(floatX="float64"), pm.Model() as model:
        x = pm.Normal("x", 0.0, 1.0, dtype="float32")
        k = pm.Poisson("k", 2.0, dtype="int16")
    # PyMC3 3.11.6 gives these
    assert (x.dtype, k.dtype, x.logpt.dtype, k.logpt.dtype) == ("float32", "int16", "float64", "float64")
    assert model.test_point["x"].dtype == "float32"

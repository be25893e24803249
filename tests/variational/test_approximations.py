"""Groups and approximations: how they are made, their moments, densities and samples."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy import stats

import pm_migrate.shims as pm
from pm_migrate.shims import theano
from pm_migrate.shims.theano import tensor as tt
from pm_migrate.shims.variational.approximations import (
    EmpiricalGroup,
    FullRankGroup,
    MeanFieldGroup,
    NormalizingFlowGroup,
)
from pm_migrate.shims.variational.opvi import (
    BatchedGroupError,
    GroupError,
    LocalGroupError,
    ParametrizationError,
    VariationalInferenceError,
)

L = np.array([[0.9, 0.0], [-0.3, 0.6]])


@pytest.fixture
def model() -> pm.Model:
    with pm.Model() as model:
        a = pm.HalfNormal("a", shape=(3, 2))
        b = pm.Normal("b", shape=2)
        pm.Deterministic("c", a.sum(axis=0) * b)
    return model


@pytest.mark.parametrize(
    ("family", "kind"),
    [
        ("mean_field", MeanFieldGroup),
        ("MF", MeanFieldGroup),
        ("full_rank", FullRankGroup),
        ("fr", FullRankGroup),
        ("scale-planar*2-loc", NormalizingFlowGroup),
    ],
)
def test_families_by_name(model: pm.Model, family: str, kind: type) -> None:
    group = pm.Group([model.a], family, model=model)
    assert type(group) is kind
    assert group.ddim == 6


def test_families_by_parameters(model: pm.Model) -> None:
    given = {"mu": np.ones((3, 2)), "rho": np.zeros((3, 2))}
    group = pm.Group([model.a], params=given, model=model)
    assert type(group) is MeanFieldGroup and group.params == []
    np.testing.assert_array_equal(group.mean.eval(), np.ones(6))
    assert type(pm.Group([model.b], params={0: {"loc": np.ones(2)}}, model=model)) is NormalizingFlowGroup
    assert type(pm.Group([model.b], params={"histogram": np.ones((5, 2))}, model=model)) is EmpiricalGroup


def test_what_makes_no_group(model: pm.Model) -> None:
    with pytest.raises(TypeError, match="either `vfam` or `params`"):
        pm.Group([model.b], model=model)
    with pytest.raises(TypeError, match="both `vfam` and `params`"):
        pm.Group([model.b], "mf", {"mu": 1}, model=model)
    with pytest.raises(KeyError, match="No such group: 'mean'"):
        pm.Group([model.b], "mean", model=model)
    with pytest.raises(KeyError, match="No such group for the following params"):
        pm.Group([model.b], params={"mu": 1, "sigma": 2}, model=model)
    with pytest.raises(ParametrizationError, match="needed set of keys"):
        MeanFieldGroup([model.b], params={"mu": np.ones(2)}, model=model)
    with pytest.raises(ParametrizationError, match="Need `trace` or `size`"):
        pm.Group([model.b], "empirical", model=model)
    with pytest.raises(GroupError, match="Got empty group"):
        pm.Group([], "mf", model=model)
    with pytest.raises(BatchedGroupError, match="more than 1 variable"):
        pm.Group([model.a, model.b], "mf", rowwise=True, model=model)
    with pytest.raises(LocalGroupError, match="does not support local"):
        pm.Group([model.b], params={"histogram": np.ones((5, 2))}, local=True, model=model)
    with pm.Model():
        count, number = pm.Poisson("n", 2.0), pm.Normal("x")
        with pytest.raises(ParametrizationError, match="Discrete variables are not supported by VI: n"):
            pm.Group([count], "mf")
        with pytest.raises(BatchedGroupError, match="should not be scalar"):
            pm.Group([number], "mf", rowwise=True)


def test_groups_have_every_variable_once(model: pm.Model) -> None:
    with model:
        first, rest = pm.Group([model.a], "fr"), pm.Group(None, "mf")
        approx = pm.Approximation([first, rest])
        assert [v.name for v in rest.group] == ["b"]
        assert (approx.ndim, approx.ddim, len(approx.params)) == (8, 8, 4)
        assert str(approx) == "Approximation{FullRankGroup[6] & MeanFieldGroup[2]}"
        for groups, message in (
            ([pm.Group([model.a], "mf")], "No approximation is specified for the rest variables: b"),
            ([pm.Group([model.a], "mf"), pm.Group([model.a, model.b], "mf")], "duplicates"),
            ([pm.Group(None, "mf"), pm.Group(None, "mf")], "More than one group"),
        ):
            with pytest.raises(GroupError, match=message):
                pm.Approximation(groups)
        with pytest.raises(VariationalInferenceError):
            approx.joint_histogram  # noqa: B018
        with pytest.raises(ValueError, match="unknown part"):
            approx.collect("ddim", "some")


def test_moments() -> None:
    with pm.Model() as model:
        pm.Normal("x", shape=2)
    mean_field = pm.MeanField(model=model)
    mean_field.shared_params["rho"].set_value(np.log(np.expm1([0.5, 2.0])))
    np.testing.assert_allclose(mean_field.std.eval(), [0.5, 2.0], rtol=1e-12)
    np.testing.assert_allclose(mean_field.cov.eval(), np.diag([0.25, 4.0]), rtol=1e-12)
    full = pm.FullRank(model=model)
    full.shared_params["L_tril"].set_value(L[np.tril_indices(2)])
    np.testing.assert_allclose(full.cov.eval(), L @ L.T, rtol=1e-12)
    np.testing.assert_allclose(full.std.eval(), np.sqrt(np.diag(L @ L.T)), rtol=1e-12)
    particles = pm.Empirical(size=7, model=model)
    x = particles.histogram.get_value()
    np.testing.assert_allclose(particles.mean.eval(), x.mean(0), rtol=1e-12)
    np.testing.assert_allclose(particles.cov.eval(), np.cov(x.T, ddof=0), rtol=1e-12)


def test_log_densities_of_samples() -> None:
    with pm.Model() as model:
        pm.Normal("x", shape=2)
    noise, m = np.random.RandomState(2).normal(size=(5, 2)), np.array([1.0, -2.0])
    full = pm.FullRank(model=model).groups[0]
    full.shared_params["mu"].set_value(m)
    full.shared_params["L_tril"].set_value(L[np.tril_indices(2)])
    z, logq = (v.eval({full.symbolic_initial: noise}) for v in (full.symbolic_random, full.symbolic_logq))
    np.testing.assert_allclose(z, m + noise @ L.T, rtol=1e-12)
    np.testing.assert_allclose(logq, stats.multivariate_normal(m, L @ L.T).logpdf(z), rtol=1e-12)
    # a factor with a negative diagonal is none, as in PyMC3
    full.shared_params["L_tril"].set_value(np.array([0.9, -0.3, -0.6]))
    assert (full.symbolic_logq.eval({full.symbolic_initial: noise}) == -np.inf).all()


@pytest.mark.parametrize("family", ["mf", "fr", "scale-loc"])
def test_rows_with_parameters_of_their_own(model: pm.Model, family: str) -> None:
    group = pm.Group([model.a], family, rowwise=True, model=model)
    noise = np.random.RandomState(2).normal(size=(4, 3, 2))
    rng = np.random.RandomState(1)
    for param in group.params:
        param.set_value(rng.uniform(0.5, 1.5, size=param.get_value().shape))
        assert len(param.get_value()) == 3
    z, logq = (v.eval({group.symbolic_initial: noise}) for v in (group.symbolic_random, group.symbolic_logq))
    values = {param.name: param.get_value() for param in group.params}
    expected, density = np.zeros_like(noise), np.zeros(4)
    for row in range(3):
        factor = np.zeros((2, 2))
        if family == "fr":
            factor[np.tril_indices(2)] = values["L_tril"][row]
        else:
            factor = np.diag(np.log1p(np.exp(values["rho"][row])))
        center = values["loc" if family == "scale-loc" else "mu"][row]
        expected[:, row] = center + noise[:, row] @ factor.T
        density += stats.multivariate_normal(center, factor @ factor.T).logpdf(expected[:, row])
    np.testing.assert_allclose(z, expected, rtol=1e-12)
    np.testing.assert_allclose(logq, density, rtol=1e-12)
    if family != "scale-loc":
        assert group.cov.eval().shape == (3, 2, 2)


def test_start() -> None:
    with pm.Model() as model:
        pm.HalfNormal("s")
        pm.Normal("x", shape=2)
    start = {"s": 3.0, "x": np.array([1.0, 2.0])}
    expected = [np.log(3.0), 1.0, 2.0]
    np.testing.assert_allclose(pm.MeanField(start=start, model=model).mean.eval(), expected, rtol=1e-12)
    np.testing.assert_allclose(pm.FullRank(start={"s_log__": 0.7}, model=model).mean.eval(), [0.7, 0, 0], rtol=1e-12)
    particles = pm.Empirical(size=4, jitter=1e-9, start=start, model=model).histogram.get_value()
    np.testing.assert_allclose(particles, np.tile(expected, (4, 1)), atol=1e-7)


def test_draws(model: pm.Model) -> None:
    approx = pm.MeanField(model=model, random_seed=3)
    trace = approx.sample(2000)
    assert set(trace.varnames) == {"a_log__", "a", "b", "c"} and len(trace) == 2000
    np.testing.assert_allclose(trace["a"], np.exp(trace["a_log__"]), rtol=1e-12)
    np.testing.assert_allclose(trace["c"], trace["a"].sum(axis=1) * trace["b"], rtol=1e-12)
    assert set(pm.sample_approx(approx, 5, include_transformed=False).varnames) == {"a", "b", "c"}
    assert approx.sample_dict_fn(6)["a_log__"].shape == (6, 3, 2)
    # deviation log(2) of every element around the start; 8 elements, 1e-4 for a wrong alarm together
    flat = np.column_stack([trace["a_log__"].reshape(2000, 6), trace["b"]])
    center = np.concatenate([model.test_point["a_log__"].ravel(), model.test_point["b"]])
    for column, m in zip(flat.T, center, strict=True):
        assert stats.kstest(column, "norm", (m, np.log(2))).pvalue > 1e-4 / 8


def test_a_deterministic_that_comes_later_is_in_the_next_trace(model: pm.Model) -> None:
    approx = pm.MeanField(model=model)
    approx.sample(3)
    with model:
        pm.Deterministic("d", model.b + 1)
    trace = approx.sample(3)
    np.testing.assert_allclose(trace["d"], trace["b"] + 1, rtol=1e-12)


def test_draws_of_particles() -> None:
    with pm.Model() as model:
        pm.Normal("x")
    approx = pm.Empirical(size=5, model=model, random_seed=1)
    particles = approx.histogram.get_value()[:, 0]
    draws = approx.sample(2000)["x"]
    counts = [(draws == p).sum() for p in particles]
    assert sum(counts) == 2000
    assert stats.chisquare(counts).pvalue > 1e-4
    np.testing.assert_allclose(approx.evaluate_over_trace(model.x**2).eval(), particles**2, rtol=1e-12)
    center = approx.sample_node(model.x, size=3, deterministic=True).eval()
    np.testing.assert_allclose(center, np.full(3, particles.mean()), rtol=1e-12)


def test_particles_of_a_trace() -> None:
    with pm.Model() as model:
        pm.HalfNormal("s")
    trace = pm.MeanField(model=model).sample(6)
    approx = pm.Empirical(trace, model=model)
    np.testing.assert_array_equal(approx.histogram.get_value()[:, 0], trace["s_log__"])
    assert str(approx.groups[0]) == "EmpiricalGroup[6, 1]"
    with pytest.raises(LocalGroupError):
        pm.Empirical(size=3, model=model, local_rv={model.s: {}})


def test_sampled_expressions(model: pm.Model) -> None:
    approx = pm.MeanField(model=model, random_seed=5)
    node = model.a.sum() + model.b.sum()
    start = np.exp(model.test_point["a_log__"]).sum() + model.test_point["b"].sum()
    fixed = approx.sample_node(node, deterministic=True)
    np.testing.assert_allclose(fixed.eval(), start, rtol=1e-12)
    np.testing.assert_allclose(approx.sample_node(node, size=3, deterministic=True).eval(), np.full(3, start))
    size, flag = tt.iscalar("size"), tt.bscalar("flag")
    many = approx.sample_node(node, size=size)
    draws = many.eval({size: 50})
    assert draws.shape == (50,) and len(set(draws)) == 50
    assert many.eval({size: 2}).shape == (2,)
    chosen = approx.sample_node(node, size=4, deterministic=flag)
    np.testing.assert_allclose(chosen.eval({flag: 1}), np.full(4, start))
    assert len(set(chosen.eval({flag: 0}))) == 4
    # expressions of a list see the same samples
    one, two = theano.function([], approx.sample_node([node, 2 * node], size=10))()
    np.testing.assert_allclose(two, 2 * one, rtol=1e-12)


def test_replacements_in_sampled_expressions() -> None:
    inputs = theano.shared(np.arange(3.0))
    with pm.Model() as model:
        slope = pm.Normal("slope")
        known = pm.Normal("known")
    approx = pm.MeanField(model=model)
    line = slope * inputs + known
    new = np.linspace(0.0, 1.0, 5)
    draws = approx.sample_node(line, size=4, more_replacements={inputs: new, known: np.asarray(10.0)}).eval()
    assert draws.shape == (4, 5)
    np.testing.assert_allclose(draws[:, 0], 10.0, rtol=1e-12)
    np.testing.assert_allclose(draws[:, 2], (draws[:, 0] + draws[:, 4]) / 2, rtol=1e-12)


def test_rslice(model: pm.Model) -> None:
    approx = pm.MeanField(model=model)
    noise = np.random.RandomState(1).normal(size=(2, 8))
    group = approx.groups[0]
    got = approx.rslice("b").eval({group.symbolic_initial: noise})
    np.testing.assert_allclose(got, noise[:, 6:] * np.log(2), rtol=1e-12)
    with pytest.raises(KeyError, match="'c' not found"):
        approx.rslice("c")


def test_local_variables_follow_their_parameters() -> None:
    """Also to another number of rows."""
    features = theano.shared(np.arange(6.0).reshape(3, 2))
    with pm.Model() as model:
        z = pm.Normal("z", shape=3, total_size=30)
        w = pm.Normal("w")
        pm.Normal("y", z * w, 1.0, observed=np.ones(3))
    params = {"mu": features.sum(axis=1), "rho": features[:, 0]}
    approx = pm.MeanField(local_rv={z: params}, model=model)
    local, rest = approx.groups
    assert local.local and [v.name for v in rest.group] == ["w"]
    noise = np.array([[[0.1], [-0.2], [0.3]], [[1.0], [0.5], [-1.5]]])
    sample, logq = (v.eval({local.symbolic_initial: noise}) for v in (local.symbolic_random, local.symbolic_logq))
    m, s = np.array([1.0, 5.0, 9.0]), np.log1p(np.exp([0.0, 2.0, 4.0]))
    np.testing.assert_allclose(sample[..., 0], m + s * noise[..., 0], rtol=1e-12)
    np.testing.assert_allclose(logq, 10 * stats.norm(m, s).logpdf(sample[..., 0]).sum(-1), rtol=1e-12)
    features.set_value(np.zeros((5, 2)))
    assert approx.sample(4)["z"].shape == (4, 5)


def test_pickled_approximations_are_whole(model: pm.Model) -> None:
    approx = pm.FullRank(model=model)
    approx.shared_params["mu"].set_value(np.arange(8.0))
    approx.logq  # noqa: B018 - so that there is something in the cache
    again = pickle.loads(pickle.dumps(approx))
    assert not hasattr(again, "_cache")
    np.testing.assert_array_equal(again.mean.eval(), np.arange(8.0))
    again.shared_params["mu"].set_value(np.zeros(8))
    assert approx.mean.eval()[1] == 1.0
    assert again.sample(2)["c"].shape == (2, 2)


def test_float32() -> None:
    with theano.config.change_flags(floatX="float32"):
        with pm.Model() as model:
            x = pm.Normal("x", shape=2)
            pm.Normal("y", x, 1.0, observed=np.ones(2, "float32"))
        for approx in (pm.MeanField(model=model), pm.FullRank(model=model), pm.NormalizingFlow("planar", model=model)):
            assert {p.dtype for p in approx.params} == {"float32"}
            fitted = pm.KLqp(approx).fit(3, progressbar=False)
            assert np.isfinite(fitted.hist).all() and fitted.sample(2)["x"].dtype == "float32"

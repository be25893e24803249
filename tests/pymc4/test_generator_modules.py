"""PyMC4's modules around sampling: where they are found, and their functions."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import arviz
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import stats

import pm_migrate.pymc4 as pm
from pm_migrate.errors import NotSupported

DATA = np.array([1.0, 2.0, 4.0])


@pm.model
def m() -> Any:
    mu = yield pm.Normal("mu", 0.0, 2.0)
    sd = yield pm.HalfNormal("sd", 1.0)
    yield pm.Poisson("n", 3.0)
    yield pm.Deterministic("double", 2 * mu)
    yield pm.Normal("y", mu, sd, observed=DATA)


def test_modules_are_found_under_both_names() -> None:
    import pm_migrate.pymc4.inference.sampling as sampling
    from pm_migrate.pymc4.forward_sampling import sample_prior_predictive
    from pm_migrate.pymc4.inference.utils import initialize_sampling_state
    from pm_migrate.pymc4.mcmc.samplers import HMC, NUTS, CompoundStep, HMCSimple, NUTSSimple, RandomWalkM
    from pm_migrate.pymc4.scopes import name_scope
    from pm_migrate.pymc4.utils import NameParts

    assert sampling.sample is pm.sample is pm.inference.sampling.sample
    assert sampling is sys.modules["pm_migrate.shims.pymc4.inference.sampling"]
    assert (HMC, NUTS, CompoundStep) == (pm.HMC, pm.NUTS, pm.CompoundStep)
    assert (HMCSimple, NUTSSimple, RandomWalkM) == (pm.HMCSimple, pm.NUTSSimple, pm.RandomWalkM)
    assert sample_prior_predictive is pm.sample_prior_predictive
    assert initialize_sampling_state is pm.initialize_sampling_state is pm.mcmc.utils.initialize_sampling_state
    assert name_scope is pm.name_scope and NameParts is pm.utils.NameParts
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'pm_migrate.pymc4.nothing'"):
        import pm_migrate.pymc4.nothing  # noqa: F401
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = pm.mcmc.nothing
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = pm.inference.nothing


def test_samplers_are_not_imported_before_they_are_used() -> None:
    program = (
        "import sys, pm_migrate.pymc4 as pm; pm.Normal; pm.sample_prior_predictive;"
        "print([n for n in sys.modules if '.pymc4.mcmc' in n or n.endswith('step_methods.hmc') or n == 'arviz'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_scopes() -> None:
    scope = pm.scopes.Scope
    with scope(name="a", number=1):
        with pm.scopes.name_scope("b"), scope(number=3):
            assert scope.variable_name("x") == pm.variable_name("x") == "a/b/x"
            assert pm.scopes.transformed_variable_name("log", "x") == "a/b/__log_x"
            assert list(scope.chain("number")) == [1, None, 3]
            assert list(scope.chain("number", drop_none=True, leaf=5)) == [1, 3, 5]
            assert list(scope.chain("name", predicate=lambda s: s.number is None)) == ["b"]
            assert len(scope.get_contexts()) == 3 and scope.get_contexts()[0].anything is None
        assert scope.variable_name(None) == "a"
    assert scope.get_contexts() == []
    assert scope.variable_name(None) is None and scope.variable_name("") is None
    assert repr(scope(name="a")) == "Scope({'name': 'a'})"


def test_scopes_know_the_models_that_are_open() -> None:
    seen = []

    @pm.model
    def inner() -> Any:
        seen.append(list(pm.scopes.Scope.chain("name")))
        yield pm.Normal("x", 0, 1)

    @pm.model
    def outer() -> Any:
        yield inner()

    pm.evaluate_model(outer())
    assert seen == [["outer", "inner"]]


def test_merge_dicts_and_map_nested() -> None:
    assert pm.utils.merge_dicts({"a": 1}, {"b": 2}, c=3) == {"a": 1, "b": 2, "c": 3}
    with pytest.raises(ValueError, match=r"Found duplicate keys in merge: \['a'\]"):
        pm.utils.merge_dicts({"a": 1}, {"a": 2})
    with pytest.raises(ValueError, match=r"\['b'\]"):
        pm.utils.merge_dicts({"b": 1}, b=2)
    nested = {"a": [1, (2, "x")], "b": {}, "c": ()}
    doubled = pm.utils.map_nested(lambda x: 2 * x, nested, cond=lambda x: isinstance(x, int))
    assert doubled == {"a": [2, (4, "x")], "b": {}, "c": ()}
    assert pm.utils.map_nested(str, 3) == "3"


def test_biwrap() -> None:
    @pm.utils.biwrap
    def tagged(fn: Any, tag: str = "plain") -> Any:
        return tag, fn

    assert tagged(abs) == ("plain", abs)
    assert tagged(tag="t")(abs) == ("t", abs)

    class Registry:
        @pm.utils.biwrap
        def keep(self, fn: Any, tag: str = "plain") -> Any:
            return self, tag, fn

    registry = Registry()
    assert registry.keep(abs) == (registry, "plain", abs)
    assert registry.keep(tag="t")(abs) == (registry, "t", abs)


def test_get_data_says_where_to_look() -> None:
    with pytest.raises(NotSupported, match=r"get_data\('radon.csv'\).*download"):
        pm.utils.get_data("radon.csv")


def test_initialize_sampling_state() -> None:
    state, names = pm.initialize_sampling_state(m())
    assert set(state.all_unobserved_values) == {"m/mu", "m/__log_sd", "m/n"}
    assert names == ["m/double", "m/sd"]
    np.testing.assert_array_equal(state.observed_values["m/y"], DATA)
    replaced, _ = pm.initialize_sampling_state(m(), observed={"m/y": [0.0, 1.0]})
    np.testing.assert_array_equal(replaced.observed_values["m/y"], [0.0, 1.0])
    _, given = pm.evaluate_model_transformed(m(), values={"m/mu": 1.5})
    from_state, _ = pm.initialize_sampling_state(m(), state=given)
    assert float(from_state.all_unobserved_values["m/mu"]) == 1.5
    with pytest.raises(ValueError, match="not empty state"):
        pm.initialize_sampling_state(m(), observed={"m/y": [0.0]}, state=given)


def test_initialize_state() -> None:
    evaluated, sampled, discrete, continuous, continuous_all, discrete_all = pm.mcmc.utils.initialize_state(m())
    assert (discrete, continuous) == (["m/n"], ["m/mu", "m/sd"])
    assert set(continuous_all) == {"m/mu", "m/sd", "m/y"} and set(discrete_all) == {"m/n"}
    assert set(sampled.all_unobserved_values) == {"m/mu", "m/__log_sd", "m/n"}
    assert "m/y" in evaluated.observed_values
    latent = pm.mcmc.utils.initialize_state(m(), observed={"m/y": None})
    assert latent[3] == ["m/mu", "m/sd", "m/y"]


def test_names_of_value_variables() -> None:
    remove = pm.mcmc.utils.scope_remove_transformed_part_if_required
    assert remove("a/b/__log_sd", {"a/b/__log_sd": 0}) == ("a/b/sd", "sd")
    assert remove("a/b/sd", {"a/b/__log_sd": 0}) == ("a/b/sd", "sd")
    assert remove("__log_exp_m1_sd", {}) == ("__log_exp_m1_sd", "__log_exp_m1_sd")


def test_trace_to_arviz() -> None:
    convert = pm.mcmc.utils.trace_to_arviz
    drawn = tf.reshape(tf.range(24), (4, 3, 2))  # draws, chains, shape
    data = convert(
        {"m/x": drawn}, {"lp": tf.reshape(tf.range(12), (4, 3))}, {"m/y": DATA}, log_likelihood={"m/y": drawn}
    )
    assert data.posterior["m/x"].shape == (3, 4, 2)
    assert data.posterior["m/x"].values[2, 1].tolist() == drawn[1, 2].numpy().tolist()
    assert data.sample_stats["lp"].shape == (3, 4) and data.log_likelihood["m/y"].shape == (3, 4, 2)
    np.testing.assert_array_equal(data.observed_data["m/y"], DATA)
    prior = convert(prior_predictive={"m/x": np.zeros((5, 2))})
    assert prior.prior_predictive["m/x"].shape == (1, 5, 2)
    predictive = {"m/y": np.zeros((3, 4, 7))}
    joined = convert(data, posterior_predictive=predictive)
    assert {"posterior", "posterior_predictive"} <= set(joined.groups())
    alone = convert(data, posterior_predictive=predictive, inplace=False)
    assert isinstance(alone, arviz.InferenceData) and alone.groups() == ["posterior_predictive"]


def test_log_density_as_a_function() -> None:
    build = pm.mcmc.samplers.build_logp_and_deterministic_functions
    logp, initial, recorded, names, state = build(m())
    assert list(initial) == ["m/mu", "m/__log_sd", "m/n"] and names == ["m/double", "m/sd"]
    np.testing.assert_array_equal(state.observed_values["m/y"], DATA)
    mu, log_sd, n = tf.constant(0.5, tf.float64), tf.constant(-0.3, tf.float64), tf.constant(2, tf.int64)
    sd = np.exp(-0.3)
    expected = stats.norm(0, 2).logpdf(0.5) + stats.halfnorm.logpdf(sd) - 0.3 + stats.poisson(3).logpmf(2)
    expected += stats.norm(0.5, sd).logpdf(DATA).sum()
    np.testing.assert_allclose(logp(mu, log_sd, n), expected, rtol=1e-12)
    np.testing.assert_allclose(logp(**{"m/mu": mu, "m/__log_sd": log_sd, "m/n": n}), expected, rtol=1e-12)
    np.testing.assert_allclose([float(x) for x in recorded(mu, log_sd, n)], [1.0, sd], rtol=1e-12)
    with pytest.raises(TypeError, match="Either list state should be passed or a dict one"):
        logp(mu, **{"m/n": n})
    with pytest.raises(TypeError, match="only supports"):
        build(m)
    with pytest.raises(ValueError, match="Can't use both"):
        build(m(), observed={"m/y": DATA}, state=state)


def test_log_density_over_chains() -> None:
    samplers = pm.mcmc.samplers
    logp, initial, *_ = samplers.build_logp_and_deterministic_functions(m())
    values = samplers.tile_init(list(initial.values()), 4)
    assert [x.shape for x in values] == [(4,)] * 3
    values[0] += tf.range(4, dtype=tf.float64)
    many = samplers.vectorize_logp_function(logp)(*values)
    one = [logp(*(x[i] for x in values)) for i in range(4)]
    np.testing.assert_allclose(many, one, rtol=1e-12)


def test_log_density_of_a_model_that_is_written_for_batches() -> None:
    @pm.model
    def batched() -> Any:
        mu = yield pm.Normal("mu", 0.0, 1.0)
        yield pm.Normal("y", mu[..., None], 1.0, observed=DATA, reinterpreted_batch_ndims=1)

    build = pm.mcmc.samplers.build_logp_and_deterministic_functions
    logp, *_ = build(batched(), num_chains=2, collect_reduced_log_prob=False)
    mu = np.array([0.5, -1.0])
    expected = stats.norm.logpdf(mu) + stats.norm.logpdf(DATA, mu[:, None]).sum(-1)
    np.testing.assert_allclose(logp(tf.constant(mu)), expected, rtol=1e-12)


PROPOSALS = [pm.categorical_uniform_fn(classes=4), pm.bernoulli_fn(), pm.gaussian_round_fn(scale=2.0)]


@pytest.mark.parametrize("proposal", PROPOSALS, ids=lambda p: p._name)
def test_proposals_move_as_they_say(proposal: Any) -> None:
    state = np.ones(4000, np.int64)
    np.random.seed(3)
    seed = tf.constant([1, 2])
    [parts, again] = [proposal()([tf.constant(state), tf.constant(state, tf.float32)], seed) for _ in range(2)]
    assert [p.dtype for p in parts] == [tf.int64, tf.float32] and parts[0].shape == (4000,)
    np.testing.assert_array_equal(parts[0], again[0])
    assert not np.array_equal(parts[0], parts[1])  # each part has a seed of its own
    # chances of each value by the definition; a chi-squared of 4000 draws below its quantile 1 - 1e-6
    moves = np.arange(-12, 13)
    edges = stats.norm(0, 2).cdf(np.append(moves - 0.5, 12.5))
    chances = {
        "categorical_uniform_fn": dict.fromkeys(range(4), 0.25),
        "bernoulli_fn": {0: 0.5, 1: 0.5},
        "gaussian_round_fn": dict(zip((1 + moves).tolist(), np.diff(edges), strict=True)),
    }[proposal._name]
    for drawn in (np.asarray(parts[0]), np.asarray(parts[1]).astype(int), proposal.draw(state)):
        assert set(np.unique(drawn)) <= set(chances)
        often = [value for value, chance in chances.items() if chance > 0.001]
        counts = np.array([(drawn == value).sum() for value in often])
        wanted = 4000 * np.array([chances[value] for value in often])
        assert ((counts - wanted) ** 2 / wanted).sum() < stats.chi2(len(often) - 1).ppf(1 - 1e-6)


def test_proposals_are_equal_by_name_and_parameters() -> None:
    categorical = pm.categorical_uniform_fn
    assert categorical(classes=3) == categorical(classes=3) != categorical(classes=4)
    assert categorical(classes=3) != categorical(classes=3, name="other")
    assert pm.gaussian_round_fn(1.0) != pm.gaussian_round_fn(2.0) and pm.bernoulli_fn() == pm.bernoulli_fn()
    assert len({pm.bernoulli_fn(), pm.bernoulli_fn()}) == 1
    with pytest.raises(ValueError, match="`scale` must broadcast with `state_parts`"):
        pm.gaussian_round_fn(scale=[1.0, 2.0])()([tf.constant(0)], None)


def test_proposals_work_in_the_kernel_of_tensorflow_probability() -> None:
    kernel = tfp.mcmc.RandomWalkMetropolis(
        lambda k: tfp.distributions.Bernoulli(probs=0.25).log_prob(k), new_state_fn=pm.bernoulli_fn()()
    )
    drawn = tfp.mcmc.sample_chain(500, tf.zeros(8), kernel=kernel, trace_fn=None, seed=(1, 2))
    # 4000 draws, of which at least a fifth count as independent
    assert abs(float(tf.reduce_mean(drawn)) - 0.25) < 4.5 * 0.43 / np.sqrt(800)

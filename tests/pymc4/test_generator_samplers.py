"""The samplers of PyMC4: what each draws, its keywords, its statistics, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import stats

import pm_migrate.pymc4 as pm
from pm_migrate.errors import NotSupported
from pm_migrate.shims.step_methods.step_sizes import MultiplicativeAdaptation

DATA = np.array([1.2, 0.4, 2.0, 1.1])


@pm.model
def normal() -> Any:
    mu = yield pm.Normal("mu", 0.0, 2.0)
    yield pm.HalfNormal("sd", 1.0)
    yield pm.Normal("wide", 0.0, 30.0)
    yield pm.Deterministic("twice", 2 * mu)
    yield pm.Normal("y", mu, 1.0, observed=DATA)


@pm.model
def mixed() -> Any:
    yield pm.Normal("x", 0.0, 1.0)
    yield pm.Bernoulli("k", 0.3)
    yield pm.Categorical("c", np.array([0.2, 0.3, 0.5]))
    yield pm.Poisson("n", 3.0)


# of these, programs are compiled once for all tests (NUTS for each number of chains above two)
NORMAL, MIXED = normal(), mixed()

# the posterior of mu: precision 1 / 4 of the prior and 1 of each datum; that of sd is its prior
PRECISION = 0.25 + len(DATA)
MEAN, SD = DATA.sum() / PRECISION, PRECISION**-0.5


def run(model: Any, sampler_type: str | None = None, **kwargs: Any) -> Any:
    asked: dict[str, Any] = {"num_samples": 20, "num_chains": 2, "burn_in": 20, "seed": 1, "progressbar": False}
    return pm.sample(model, sampler_type, **{**asked, **kwargs})


GRADIENT = ("nuts", "hmc", "nuts_simple", "hmc_simple")


@pytest.mark.parametrize("sampler_type", [*GRADIENT, "rwm", "randomwalkm"])
def test_each_sampler_draws_the_posterior(sampler_type: str) -> None:
    trace = run(NORMAL, sampler_type, num_samples=800, burn_in=400)
    mu, sd = trace.posterior["normal/mu"].values, trace.posterior["normal/sd"].values
    assert mu.shape == (2, 800)
    # at least 100 effective draws: 4.5 standard errors of mean and of standard deviation
    assert abs(mu.mean() - MEAN) < 4.5 * SD / 10
    assert abs(mu.std() / SD - 1) < 4.5 / np.sqrt(2 * 100)
    assert abs(sd.mean() - np.sqrt(2 / np.pi)) < 4.5 * 0.603 / 10
    np.testing.assert_allclose(trace.posterior["normal/twice"], 2 * mu, rtol=1e-12)


@pytest.mark.parametrize("sampler_type", GRADIENT)
def test_statistics_have_the_names_of_both(sampler_type: str) -> None:
    found = run(NORMAL, sampler_type).sample_stats
    for name in ("lp", "tree_size", "diverging", "energy", "mean_tree_accept", "acceptance_rate", "n_steps"):
        assert found[name].shape == (2, 20), name
    np.testing.assert_array_equal(found["tree_size"], found["n_steps"])
    np.testing.assert_array_equal(found["mean_tree_accept"], found["acceptance_rate"])
    assert ((found["mean_tree_accept"] >= 0) & (found["mean_tree_accept"] <= 1)).all()
    assert found["diverging"].dtype == bool


@pytest.mark.parametrize("sampler_type", GRADIENT)
def test_lp_is_the_log_density_of_the_draw(sampler_type: str) -> None:
    trace = run(NORMAL, sampler_type)
    mu, sd = trace.posterior["normal/mu"].values, trace.posterior["normal/sd"].values
    expected = stats.norm(0, 30).logpdf(trace.posterior["normal/wide"].values)
    expected += stats.norm(0, 2).logpdf(mu) + stats.norm(mu[..., None]).logpdf(DATA).sum(-1)
    expected += stats.halfnorm.logpdf(sd) + np.log(sd)  # the Jacobian of the logarithm
    moved = np.ones(mu.shape, bool)  # HMC gives the proposal's, as PyMC3: the draw's where it was accepted
    if "accepted" in trace.sample_stats:
        moved = trace.sample_stats["accepted"].values
    assert moved.sum() > 10
    np.testing.assert_allclose(trace.sample_stats["lp"].values[moved], expected[moved], rtol=1e-11)


def test_the_random_walk_has_its_statistic() -> None:
    found = run(NORMAL, "rwm").sample_stats
    assert set(found.data_vars) == {"mean_accept", "accepted"}
    assert ((found["mean_accept"] >= 0) & (found["mean_accept"] <= 1)).all()
    posterior = run(NORMAL, "rwm").posterior
    moved = [np.diff(posterior[f"normal/{name}"].values, axis=1) != 0 for name in ("mu", "sd", "wide")]
    np.testing.assert_array_equal(np.mean(moved, axis=0), found["accepted"].values[:, 1:])


@pytest.mark.parametrize("sampler_type", ["nuts", "hmc", "hmc_simple", "rwm"])
def test_a_seed_repeats_the_draws(sampler_type: str) -> None:
    np.random.seed(5)
    first = run(NORMAL, sampler_type, seed=3)
    after = np.random.random()
    np.random.seed(5)
    assert np.random.random() == after  # a run with a seed takes nothing from the global state, nor sets it
    again = run(NORMAL, sampler_type, seed=3)
    other = run(NORMAL, sampler_type, seed=4)
    values = [trace.posterior["normal/mu"].values for trace in (first, again, other)]
    np.testing.assert_array_equal(values[0], values[1])
    assert not np.array_equal(values[0], values[2])
    assert not np.array_equal(values[0][0], values[0][1])


def test_without_a_seed_numpy_decides() -> None:
    np.random.seed(11)
    first = run(NORMAL, "hmc", seed=None).posterior["normal/mu"].values
    second = run(NORMAL, "hmc", seed=None).posterior["normal/mu"].values
    np.random.seed(11)
    np.testing.assert_array_equal(first, run(NORMAL, "hmc", seed=None).posterior["normal/mu"])
    assert not np.array_equal(first, second)


def test_automatic_batching_and_xla() -> None:
    plain = run(NORMAL, "hmc").posterior["normal/mu"]
    np.testing.assert_array_equal(plain, run(NORMAL, "hmc", use_auto_batching=False).posterior["normal/mu"])
    # the same deviates, with the log density rounded in another way
    np.testing.assert_allclose(run(NORMAL, "hmc", xla=False).posterior["normal/mu"][:, :10], plain[:, :10], rtol=1e-6)
    uncompiled = run(NORMAL, "nuts", xla=False, num_samples=100, burn_in=100, num_chains=1, max_tree_depth=2)
    assert abs(float(uncompiled.posterior["normal/mu"].mean()) - MEAN) < 4.5 * SD / np.sqrt(25)
    assert set(np.unique(uncompiled.sample_stats["tree_size"])) <= {1, 2, 3}


def test_step_size_is_that_of_the_first_draws() -> None:
    for sampler_type in GRADIENT:
        found = run(NORMAL, sampler_type, step_size=0.2, burn_in=0, num_chains=1).sample_stats
        np.testing.assert_allclose(found["step_size"], 0.2, rtol=1e-12)
    # dual averaging is drawn to ten times the first step, so that a small one is left behind
    adapted = run(NORMAL, "nuts", step_size=1e-3, burn_in=100, num_chains=1).sample_stats
    assert float(adapted["step_size"][0, -1]) > 0.05
    with pytest.raises(ValueError, match=r"step_size = -1\.0, but must be positive"):
        run(NORMAL, "hmc", step_size=-1.0)


def test_number_of_steps_and_depth() -> None:
    np.testing.assert_array_equal(run(NORMAL, "hmc").sample_stats["n_steps"], 3)
    np.testing.assert_array_equal(run(NORMAL, "hmc_simple", num_leapfrog_steps=7).sample_stats["n_steps"], 7)
    by_step = run(NORMAL, "nuts", max_tree_depth=2, max_energy_diff=500.0, step_size=1e-3, burn_in=0).sample_stats
    np.testing.assert_array_equal(by_step["tree_size"], 3)


def test_the_simple_rule() -> None:
    steps = run(NORMAL, "hmc_simple", step_size=0.5, burn_in=33, num_chains=1, adaptation_rate=0.1).sample_stats
    moves = np.log(float(steps["step_size"][0, -1]) / 0.5) / np.log(1.1)
    assert abs(moves - round(moves)) < 1e-9
    assert round(moves) % 2 == 1 and abs(moves) <= 33  # each of 33 draws is one move up or down
    # against the kernel of TensorFlow Probability, given the same acceptance
    ours = MultiplicativeAdaptation(0.3, target=0.75, rate=0.01)
    for acceptance in (0.9, 0.2, 0.76, 0.74, 1.0):
        _, theirs = _Told(acceptance).adapted(float(ours.current(tune=True)))
        ours.update(acceptance, tune=True)
        np.testing.assert_allclose(ours.current(tune=False), theirs, rtol=1e-6)


class _Told(tfp.mcmc.TransitionKernel):  # type: ignore[misc]
    """A kernel with a given acceptance."""

    def __init__(self, acceptance: float) -> None:
        self._acceptance = acceptance

    is_calibrated = True

    def bootstrap_results(self, init_state: Any) -> Any:
        return tfp.mcmc.HamiltonianMonteCarlo(lambda x: -(x**2), 1.0, 1).bootstrap_results(init_state)

    def one_step(self, current_state: Any, previous: Any, seed: Any = None) -> Any:
        return current_state, previous._replace(log_accept_ratio=tf.math.log(tf.constant(self._acceptance)))

    def adapted(self, step: float) -> tuple[Any, float]:
        kernel = tfp.mcmc.SimpleStepSizeAdaptation(self, num_adaptation_steps=10, target_accept_prob=0.75)
        state = tf.constant(0.0)
        results = kernel.bootstrap_results(state)
        results = results._replace(new_step_size=tf.constant(step))
        state, results = kernel.one_step(state, results)
        return state, float(results.new_step_size)


def test_thinning_leaves_draws_out() -> None:
    whole = run(NORMAL, "hmc", num_samples=13)
    thin = run(NORMAL, "hmc", num_samples=5, num_steps_between_results=2)
    np.testing.assert_array_equal(thin.posterior["normal/mu"], whole.posterior["normal/mu"][:, ::3])
    np.testing.assert_array_equal(thin.sample_stats["energy"], whole.sample_stats["energy"][:, ::3])
    assert thin.posterior.sizes["draw"] == 5


def test_metric_is_learnt_unless_not_wanted() -> None:
    sizes = []
    for adapt in (True, False):
        trace = run(NORMAL, "nuts", burn_in=200, num_samples=40, num_chains=1, adapt_mass_matrix=adapt)
        sizes.append(float(trace.sample_stats["tree_size"].mean()))
    # without a metric, steps of the narrow variable's size have to go the way of the wide one
    assert sizes[1] > 5 * sizes[0]


def test_defaults_of_pymc4() -> None:
    names = {"normal/mu", "normal/sd", "normal/wide", "normal/twice"}
    ours, theirs = run(NORMAL, "nuts"), run(NORMAL, "nuts", defaults="pymc4", burn_in=0)
    assert set(ours.posterior.data_vars) == names
    assert set(theirs.posterior.data_vars) == {*names, "normal/__log_sd"}
    np.testing.assert_allclose(theirs.posterior["normal/__log_sd"], np.log(theirs.posterior["normal/sd"]))
    found = theirs.sample_stats
    np.testing.assert_allclose(np.exp(found["mean_tree_accept"]), found["acceptance_rate"], rtol=1e-12)
    np.testing.assert_allclose(found["step_size"], 0.1, rtol=1e-12)
    for sampler_type, name in (("hmc", "mean_tree_accept"), ("rwm", "mean_accept")):
        assert (run(NORMAL, sampler_type, defaults="pymc4").sample_stats[name] < 0).any()
    steps = run(NORMAL, "hmc", defaults="pymc4", num_chains=1).sample_stats
    assert np.ptp(steps["path_length"].values) == 0  # all draws have one step size
    assert np.ptp(run(NORMAL, "hmc", num_chains=1).sample_stats["path_length"].values) > 0
    only = run(NORMAL, "nuts", defaults="pymc4", include_transformed=False, log_accept_ratio=False)
    assert set(only.posterior.data_vars) == names
    assert (only.sample_stats["mean_tree_accept"] >= 0).all()
    with pytest.raises(ValueError, match="defaults='pymc3', but must be"):
        run(NORMAL, defaults="pymc3")


def test_hmc_of_pymc4_gives_the_log_ratio_of_the_proposal() -> None:
    found = run(NORMAL, "hmc", log_accept_ratio=True, num_samples=100).sample_stats
    ratio = found["mean_tree_accept"].values
    assert (ratio > 0).any() and (ratio < 0).any()
    np.testing.assert_allclose(np.exp(np.minimum(ratio, 0.0)), found["acceptance_rate"], rtol=1e-12)


def discrete_means(trace: Any) -> list[float]:
    return [float(trace.posterior[f"mixed/{name}"].mean()) for name in ("k", "c", "n")]


@pytest.mark.parametrize("sampler_type", [None, "compound", "rwm"])
def test_discrete_variables_are_drawn(sampler_type: str | None) -> None:
    trace = run(MIXED, sampler_type, num_samples=600, burn_in=200)
    expected, spread = np.array([0.3, 1.3, 3.0]), np.array([0.46, 0.78, 1.73])
    # at least 100 effective draws
    assert (abs(discrete_means(trace) - expected) < 4.5 * spread / 10).all()
    assert abs(float(trace.posterior["mixed/x"].mean())) < 0.45
    for name in ("k", "c", "n"):
        assert trace.posterior[f"mixed/{name}"].dtype == np.int64
    assert set(np.unique(trace.posterior["mixed/c"])) == {0, 1, 2}


METHODS: list[Any] = [
    (["k", "c"], pm.RandomWalkM),
    ("mixed/x", pm.HMC, {"num_leapfrog_steps": 4}),
    ("n", pm.RandomWalkM, {"new_state_fn": pm.gaussian_round_fn(scale=2.0)}),
]


def test_sampler_methods() -> None:
    trace = run(MIXED, "compound", sampler_methods=METHODS, num_samples=600, burn_in=200)
    expected, spread = np.array([0.3, 1.3, 3.0]), np.array([0.46, 0.78, 1.73])
    assert (abs(discrete_means(trace) - expected) < 4.5 * spread / 10).all()
    np.testing.assert_array_equal(trace.sample_stats["n_steps"], 4)
    assert abs(float(trace.posterior["mixed/x"].std()) - 1) < 0.32
    assert {"mean_accept", "mean_tree_accept", "energy"} <= set(trace.sample_stats.data_vars)
    assert "lp" not in trace.sample_stats  # the last step's would be that of no draw
    again = run(MIXED, "rwm", sampler_methods=METHODS)
    assert again.posterior["mixed/k"].shape == (2, 20)  # a random walk with parts is a compound step


def test_proposals_of_each_kind_of_sampler_methods() -> None:
    @pm.model
    def discrete() -> Any:
        yield pm.Bernoulli("k", 0.3, batch_stack=2)
        yield pm.Categorical("c", np.array([0.2, 0.3, 0.5]))
        yield pm.Normal("x", 0.0, 1.0)

    methods = [
        ("k", pm.RandomWalkM, {"new_state_fn": pm.bernoulli_fn()}),
        ("c", pm.RandomWalkM, {"new_state_fn": pm.categorical_uniform_fn(classes=3)}),
        ("x", pm.RandomWalkM, {"new_state_fn": tfp.mcmc.random_walk_uniform_fn(scale=2.0)}),
    ]
    trace = run(discrete(), sampler_methods=methods, num_samples=400, num_chains=2, burn_in=0)
    assert abs(float(trace.posterior["discrete/k"].mean()) - 0.3) < 4.5 * 0.46 / np.sqrt(100)
    assert abs(float(trace.posterior["discrete/c"].mean()) - 1.3) < 4.5 * 0.78 / np.sqrt(80)
    assert abs(float(trace.posterior["discrete/x"].mean())) < 4.5 / np.sqrt(60)


def test_new_state_fn_of_the_random_walk() -> None:
    small = run(NORMAL, "rwm", new_state_fn=tfp.mcmc.random_walk_normal_fn(scale=1e-4), num_chains=1)
    mu = small.posterior["normal/mu"].values[0]
    assert 0 < np.abs(np.diff(mu)).max() < 1e-3

    def grows(parts: list[Any], seed: Any) -> list[Any]:
        return [tf.concat([part, part], 0)[:, None] for part in parts]

    with pytest.raises(ValueError, match="it has to keep the shape"):
        run(NORMAL, "rwm", new_state_fn=grows)


def test_classes_are_made_for_a_model_and_called() -> None:
    sampler = pm.mcmc.samplers.HMC(NORMAL, num_leapfrog_steps=5, target_accept_prob=0.9, num_steps_between_results=1)
    assert sampler.kernel_kwargs == {"num_leapfrog_steps": 5}
    assert sampler.adaptation_kwargs == {"target_accept_prob": 0.9}
    assert sampler.chain_kwargs == {"num_steps_between_results": 1}
    asked: dict[str, Any] = {"num_samples": 6, "num_chains": 1, "burn_in": 5, "seed": 2, "progressbar": False}
    called, sampled = sampler(**asked), sampler.sample(**asked)
    np.testing.assert_array_equal(called.posterior["normal/mu"], sampled.posterior["normal/mu"])
    np.testing.assert_array_equal(called.sample_stats["n_steps"], 5)
    assert list(pm.mcmc.samplers.reg_samplers) == ["hmc", "hmc_simple", "nuts", "nuts_simple", "rwm", "compound"]
    assert pm.mcmc.samplers.reg_samplers["rwm"] is pm.RandomWalkM


def test_trace_discrete() -> None:
    trace = run(MIXED, "rwm", trace_discrete=["k", "mixed/n"])
    kinds = {name: trace.posterior[f"mixed/{name}"].dtype for name in ("k", "n", "c", "x")}
    assert kinds == {"k": np.int32, "n": np.int32, "c": np.int64, "x": np.float64}
    with pytest.raises(ValueError, match="trace_discrete names 'z', which is no random variable of the model"):
        run(MIXED, "rwm", trace_discrete=["z"])


def test_the_automatic_choice() -> None:
    assert pm.inference.sampling.auto_assign_sampler(NORMAL) == "nuts"
    assert pm.inference.sampling.auto_assign_sampler(MIXED) == "compound"
    assert pm.inference.sampling.auto_assign_sampler(MIXED, "hmc") == "hmc"
    assert pm.inference.sampling.check_proposal_functions(MIXED)
    assert not pm.inference.sampling.check_proposal_functions(NORMAL)
    known = {"mixed/k": 1, "mixed/c": 2, "mixed/n": 3}
    assert not pm.inference.sampling.check_proposal_functions(MIXED, observed=known)
    # data for all discrete variables leave a model with gradients
    assert run(MIXED, "hmc", observed=known).posterior["mixed/x"].shape == (2, 20)


@pytest.mark.parametrize("sampler_type", GRADIENT)
def test_gradients_and_discrete_variables(sampler_type: str) -> None:
    with pytest.raises(ValueError, match="Discrete distributions can't be used with gradient-based sampler: mixed/k"):
        run(MIXED, sampler_type)
    with pytest.raises(ValueError, match="Discrete distributions can't be used"):
        pm.mcmc.samplers.reg_samplers[sampler_type](MIXED)
    with pytest.raises(ValueError, match="Discrete distributions can't be used"):
        run(MIXED, sampler_type, observed={"mixed/k": 1})


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ({"sampler_type": "gibbs"}, KeyError, r"'gibbs'. Please choose samplers from: \['hmc', 'hmc_simple', 'nuts'"),
        ({"sampler_type": "hmc", "sampler_methods": []}, ValueError, "parts of a compound step"),
        ({"sampler_methods": [("mu",)]}, ValueError, "tuples of length 2 or 3"),
        ({"sampler_methods": [("mu", "hmc")]}, TypeError, "'hmc' is no sampler class"),
        (
            {"sampler_methods": [("nu", pm.HMC)]},
            ValueError,
            r"names 'nu', which is no variable .* \['normal/mu'",
        ),
        ({"sampler_methods": [("mu", pm.CompoundStep)]}, ValueError, "cannot be a part of another one"),
        ({"sampler_methods": [("mu", pm.HMC, {"max_tree_depth": 3})]}, TypeError, "argument of nuts and nuts_simple"),
        ({"num_leapfrog_steps": 3}, TypeError, "'nuts' has no argument 'num_leapfrog_steps'; it is an argument of hmc"),
        ({"sampler_type": "rwm", "step_size": 1.0}, TypeError, "argument of nuts, hmc"),
        ({"stepsize": 3}, TypeError, "no argument 'stepsize'; it takes .*step_size, target_accept_prob"),
        ({"name": "x"}, ValueError, "Ambiguity in setting kwargs"),
        ({"parallel_iterations": 1}, ValueError, "Ambiguity in setting kwargs"),
        ({"trace_fn": len}, NotSupported, "yield a pm.Deterministic"),
        ({"num_burnin_steps": 3}, NotSupported, "give burn_in="),
        ({"reduce_fn": np.mean}, NotSupported, "each chain adapts its own step size"),
        ({"shrinkage_target": 3.0}, NotSupported, "give step_size= a tenth of it"),
        ({"unrolled_leapfrog_steps": 2}, NotSupported, "leave it out"),
        ({"step_size": [0.1, 0.2]}, NotSupported, "step_size= of several numbers"),
        ({"target_accept": 0.8, "target_accept_prob": 0.8}, ValueError, "given twice"),
        ({"target_accept_prob": 1.5}, ValueError, r"target_accept_prob = 1.5, but must be between 0 and 1"),
        ({"sampler_type": "hmc", "num_leapfrog_steps": 0}, ValueError, "must be at least 1"),
        ({"sampler_type": "hmc", "init": "adapt_full"}, NotSupported, "a diagonal mass matrix is learnt"),
        ({"sampler_type": "hmc", "num_samples": 0}, ValueError, "num_samples = 0, but must be at least 1"),
        ({"burn_in": -1}, ValueError, "burn_in = -1"),
        ({"num_chains": 0}, ValueError, "num_chains = 0"),
    ],
)
def test_what_is_refused(arguments: dict[str, Any], error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        run(NORMAL, **arguments)


def test_discrete_variables_in_sampler_methods() -> None:
    with pytest.raises(ValueError, match="The `k` doesn't support gradient"):
        run(MIXED, sampler_methods=[("k", pm.NUTS)])


def test_keywords_without_a_meaning_are_taken() -> None:
    plain = run(NORMAL, "hmc")
    taken = run(NORMAL, "hmc", parallel_iterations=1, validate_args=True, state_gradients_are_stopped=True)
    np.testing.assert_array_equal(plain.posterior["normal/mu"], taken.posterior["normal/mu"])
    with pytest.warns(UserWarning, match="num_adaptation_steps=5 is replaced by burn_in=20"):
        replaced = run(NORMAL, "hmc", num_adaptation_steps=5)
    np.testing.assert_array_equal(plain.posterior["normal/mu"], replaced.posterior["normal/mu"])


def test_state_and_observed_exclude_each_other() -> None:
    _, state = pm.evaluate_model_transformed(NORMAL)
    for call in (lambda **kw: run(NORMAL, **kw), pm.HMC(NORMAL)):
        with pytest.raises(ValueError, match="Can't use both `state` and `observed`"):
            call(state=state, observed={"normal/y": DATA})
    # a state with data in it does
    trace = run(NORMAL, "hmc", state=state)
    np.testing.assert_array_equal(trace.observed_data["normal/y"], DATA)


def test_a_state_is_where_chains_start() -> None:
    _, state = pm.evaluate_model_transformed(NORMAL, values={"normal/mu": 1.25})
    for sampler_type in ("hmc", "nuts"):
        trace = run(NORMAL, sampler_type, state=state, step_size=1e-9, burn_in=0, num_samples=3)
        # a trajectory has at most 1023 steps, and the momentum is below 5
        np.testing.assert_allclose(trace.posterior["normal/mu"], 1.25, atol=3 * 1023 * 5e-9)


@pytest.mark.parametrize("sampler_type", [None, "nuts", "hmc", "rwm", "compound"])
def test_a_model_without_unobserved_variables(sampler_type: str | None) -> None:
    @pm.model
    def known() -> Any:
        yield pm.Normal("y", 0.0, 1.0, observed=DATA)

    with pytest.raises(ValueError, match="no unobserved values"):
        run(known(), sampler_type)


def test_what_is_no_model() -> None:
    with pytest.raises(pm.StopExecution, match="is a template, not a model"):
        pm.sample(normal)
    for cls in pm.mcmc.samplers.reg_samplers.values():
        with pytest.raises(TypeError, match=r"only supports `pm.Model` objects"):
            cls(normal)


def test_one_chain_and_no_warm_up() -> None:
    for sampler_type in ("nuts", "hmc", "rwm"):
        trace = run(NORMAL, sampler_type, num_chains=1, burn_in=0, num_samples=7)
        assert trace.posterior["normal/mu"].shape == (1, 7)


def test_a_start_where_the_density_is_not_finite() -> None:
    @pm.model
    def bounded() -> Any:
        x = yield pm.Normal("x", 0.0, 1.0)
        yield pm.Potential(tf.where(x > 0.0, 0.0, -np.inf))

    trace = run(bounded(), "hmc", num_chains=4)  # half of the jittered starts have to be tried again
    assert (trace.posterior["bounded/x"] > 0).all()
    with pytest.raises(RuntimeError, match="log density is not finite at the start of chain 0"):
        run(bounded(), "hmc", start={"bounded/x": -1.0})

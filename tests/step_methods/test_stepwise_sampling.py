"""``pm.sample`` with step methods: who takes what, the loop around them, and what a trace keeps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import pytest

import pm_migrate.shims as pm
from pm_migrate.errors import IncorrectArgumentsError, SamplingError
from pm_migrate.shims import sampling
from pm_migrate.shims.inference.stepping import PopulationStepper
from pm_migrate.shims.step_methods.arraystep import ArrayStep, Competence, metrop_select
from pm_migrate.shims.step_methods.flat_logp import FlatLogp, LogpDifference
from pm_migrate.shims.theano.compile.ops import as_op

QUICK: dict[str, Any] = {"progressbar": False, "compute_convergence_checks": False}


@pytest.fixture(scope="module")
def made() -> Any:
    with pm.Model() as model:
        x = pm.Normal("x", 1.0, 2.0, shape=2)
        sigma = pm.HalfNormal("sigma", 1.0)
        k = pm.Poisson("k", 3.0)
        pm.Deterministic("total", x.sum() + sigma)
        pm.Normal("y", x.sum() + k, sigma, observed=1.0)
    return model


@pytest.fixture
def model(made: Any) -> Iterator[Any]:
    with made:
        yield made


def run(step: Any, draws: int = 20, tune: int = 10, chains: int = 2, **kwargs: Any) -> Any:
    return pm.sample(draws, tune=tune, chains=chains, step=step, **{"random_seed": 3, **QUICK, **kwargs})


# assignment


def assigned(step: Any) -> dict[str, list[str]]:
    steps = step if isinstance(step, list) else [step]
    return {type(s).__name__: [v.name for v in s.vars] for s in steps}


def test_the_most_competent_method_takes_a_variable() -> None:
    with pm.Model() as model:
        pm.Normal("x")
        pm.HalfNormal("s")
        pm.Binomial("n", 10, 0.5)
        pm.Bernoulli("b", 0.5)
        pm.Categorical("two", [0.4, 0.6])
        pm.Categorical("three", [0.4, 0.5, 0.1])
        steps = pm.sampling.assign_step_methods(model)
    assert {name: set(names) for name, names in assigned(steps).items()} == {
        "NUTS": {"x", "s_log__"},
        "Metropolis": {"n"},
        "BinaryGibbsMetropolis": {"b", "two"},
        "CategoricalGibbsMetropolis": {"three"},
    }


def test_given_methods_keep_their_variables_and_get_the_arguments_of_their_names(model: Any) -> None:
    given = pm.Slice([model["x"]])
    steps = sampling.assign_step_methods(model, given, step_kwargs={"metropolis": {"tune_interval": 50}})
    assert assigned(steps) == {"Slice": ["x"], "NUTS": ["sigma_log__"], "Metropolis": ["k"]}
    assert steps[0] is given and steps[2].tune_interval == 50


def test_arguments_of_a_method_that_takes_nothing_are_refused(model: Any) -> None:
    with pytest.raises(IncorrectArgumentsError, match="hmc"):
        sampling.assign_step_methods(model, step_kwargs={"hmc": {"path_length": 2.0}})


def test_without_a_gradient_slice_takes_a_variable_and_python_is_called() -> None:
    @as_op([pm.theano.tensor.dscalar], [pm.theano.tensor.dscalar])
    def half(x: Any) -> Any:
        return np.asarray(x / 2)

    with pm.Model() as model:
        x = pm.Normal("x")
        pm.Normal("y", half(x), 1.0, observed=3.0)
        assert model.log_density().python
        assert isinstance(sampling.assign_step_methods(model), pm.Slice)
        trace = pm.sample(400, tune=100, chains=2, random_seed=1, **QUICK)
    # conjugate: precision 1 + 1/4, mean 1.5 / 1.25; 200 effective draws of 800 would give an error of 0.06
    assert abs(trace["x"].mean() - 1.2) < 0.4


def test_the_compiled_sampler_takes_what_it_knows(model: Any) -> None:
    decide = sampling.compiled_options
    assert decide(model, None, "auto", {}, {}, None) == {"target_accept": 0.8, "max_treedepth": 10}
    assert decide(model, pm.NUTS(target_accept=0.9), "auto", {}, {}, None) == {
        "target_accept": 0.9,
        "max_treedepth": 10,
    }
    for step, init, nuts, kwargs in (
        (pm.NUTS(step_scale=0.5), "auto", {}, {}),
        (pm.NUTS([model["x"]]), "auto", {}, {}),
        (pm.Metropolis([model["k"]]), "auto", {}, {}),
        (None, "advi+adapt_diag_grad", {}, {}),
        (None, "auto", {"step_scale": 0.5}, {}),
        (None, "auto", {}, {"metropolis": {"tune": False}}),
    ):
        assert decide(model, step, init, nuts, kwargs, None) is None


# the loop


def test_draws_statistics_and_report(model: Any) -> None:
    trace = run([pm.Metropolis([model["x"]]), pm.Slice([model["sigma"]]), pm.Metropolis([model["k"]])])
    assert len(trace) == 20 and trace.nchains == 2
    assert trace.report.n_tune == 10 and trace.report.n_draws == 20
    assert trace.stat_names == {"accept", "accepted", "tune", "scaling"}
    assert trace["accept"].shape == (40, 2) and trace["accepted"].dtype == bool  # Slice has none
    assert not trace["tune"].any()
    np.testing.assert_allclose(trace["total"], trace["x"].sum(1) + trace["sigma"])
    np.testing.assert_allclose(np.exp(trace["sigma_log__"]), trace["sigma"])


def test_the_warm_up_is_kept_by_request(model: Any) -> None:
    with pytest.warns(UserWarning, match="Tuning samples will be included"):
        trace = run(pm.Metropolis(), discard_tuned_samples=False)
    assert len(trace) == 30
    data = run(pm.Metropolis(), return_inferencedata=True, discard_tuned_samples=False)
    assert data.posterior.sizes["draw"] == 20 and data.warmup_posterior.sizes["draw"] == 10
    assert data.sample_stats["accept"].shape[:2] == (2, 20)


def test_seeds_give_the_same_draws_and_chains_differ(model: Any) -> None:
    first, second = run(pm.Metropolis()), run(pm.Metropolis())
    np.testing.assert_array_equal(first["x"], second["x"])
    assert not np.array_equal(*first.get_values("x", combine=False))
    third = run(pm.Metropolis(), random_seed=[5, 3])
    assert not np.array_equal(first["x"], third["x"])


def test_with_one_core_the_step_itself_is_used_and_its_tuning_begins_anew(model: Any) -> None:
    step = pm.Metropolis([model["k"]], scaling=0.1, tune_interval=5)
    with pytest.warns(UserWarning, match="Tuning samples"):
        trace = run([step, pm.Slice([model["x"], model["sigma"]])], cores=1, discard_tuned_samples=False, tune=15)
    scaling = trace.get_sampler_stats("scaling", combine=False)
    assert all(chain[0] == 0.1 and chain[-1] != 0.1 for chain in scaling)
    assert step.scaling[0] == scaling[-1][-1]


def test_a_copy_is_used_with_several_cores(model: Any) -> None:
    step = pm.Metropolis([model["k"]], scaling=0.1, tune_interval=5)
    run([step, pm.Slice([model["x"], model["sigma"]])], cores=2, tune=15)
    assert step.scaling[0] == 0.1


def test_start_values_may_be_constrained_partial_and_one_per_chain(model: Any) -> None:
    starts = [{"x": [10.0, 10.0]}, {"sigma": 5.0}]
    with pytest.warns(UserWarning, match="Tuning samples"):
        trace = run(pm.Metropolis(scaling=1e-6, tune=False), start=starts, discard_tuned_samples=False)
    assert starts == [{"x": [10.0, 10.0]}, {"sigma": 5.0}]
    x, sigma = trace.get_values("x", combine=False), trace.get_values("sigma", combine=False)
    np.testing.assert_allclose(x[0][0], 10.0, atol=1e-3)
    np.testing.assert_allclose([x[1][0], x[1][0]], 1.0, atol=1e-3)
    np.testing.assert_allclose(sigma[1][0], 5.0, atol=1e-3)


def test_a_start_without_density_is_refused(model: Any) -> None:
    with pytest.raises(SamplingError, match="k"):
        run(pm.Metropolis(), start={"k": -1})


def test_a_callback_sees_every_draw(model: Any) -> None:
    seen: list[Any] = []

    def callback(trace: Any, draw: Any) -> None:
        assert len(trace) == draw.draw_idx + 1
        np.testing.assert_array_equal(trace.get_values("x")[draw.draw_idx], draw.point["x"])
        seen.append(draw)

    run(pm.Metropolis(), draws=3, tune=2, callback=callback, chain_idx=4)
    assert [d.chain for d in seen] == [4] * 5 + [5] * 5
    assert [d.tuning for d in seen[:5]] == [True, True, False, False, False]
    assert [d.is_last for d in seen[:5]] == [False] * 4 + [True]
    assert set(seen[0].stats[0]) == {"accept", "accepted", "tune", "scaling"}


@pytest.mark.parametrize(("stop", "chains", "draws"), [((0, 14), 1, 4), ((1, 14), 1, 20), ((2, 3), 2, 20)])
def test_an_interrupt_returns_the_complete_chains_or_what_the_first_has(
    model: Any, stop: tuple[int, int], chains: int, draws: int
) -> None:
    def callback(trace: Any, draw: Any) -> None:
        if (draw.chain, len(trace)) == stop:
            raise KeyboardInterrupt

    trace = run(pm.Metropolis(), chains=3, callback=callback)
    assert trace.nchains == chains and len(trace) == draws


def test_an_interrupt_before_the_first_draw_is_an_error(model: Any) -> None:
    class Stopped(pm.Slice):  # type: ignore[misc, name-defined]
        def astep(self, q0: Any, logp: Any) -> Any:
            raise KeyboardInterrupt

    with pytest.raises(ValueError, match="before a sample was created"):
        run([Stopped([model["x"]], blocked=True)])


def test_a_trace_is_continued(model: Any) -> None:
    trace = run(pm.Metropolis())
    last = trace.point(-1, chain=1)
    with pytest.warns(FutureWarning, match="MultiTrace"):
        longer = run(pm.Metropolis(scaling=1e-6), tune=0, draws=5, trace=trace)
    assert len(longer) == 25
    np.testing.assert_allclose(longer.get_values("x", chains=1)[20], last["x"], atol=1e-3)


def test_only_the_variables_of_trace_are_kept(model: Any) -> None:
    assert run(pm.Metropolis(), trace=[model["x"]]).varnames == ["x"]


def test_iter_sample_shows_the_trace_after_each_draw(model: Any) -> None:
    lengths = [len(trace) for trace in pm.iter_sample(4, pm.Metropolis(), tune=2, random_seed=1)]
    assert lengths == [1, 2, 3, 4]


def test_tuning_ends_with_the_warm_up(model: Any) -> None:
    class Tells(pm.Metropolis):  # type: ignore[misc, name-defined]
        ended = 0

        def stop_tuning(self) -> None:
            type(self).ended += 1
            super().stop_tuning()

    step = Tells([model["x"], model["sigma"], model["k"]], blocked=True)
    with pytest.warns(UserWarning, match="Tuning samples"):
        trace = run(step, discard_tuned_samples=False)
    assert Tells.ended == 2
    assert list(trace.get_sampler_stats("tune", chains=0)) == [True] * 10 + [False] * 20


# populations


def test_a_population_moves_in_step_and_needs_three_chains(model: Any) -> None:
    step = pm.DEMetropolis([model["x"], model["sigma"]], tune="lambda", tune_interval=5)
    with pytest.raises(ValueError, match="at least 3 chains"):
        run([step, pm.Metropolis([model["k"]])], chains=2)
    with pytest.warns(UserWarning, match="more chains than dimensions"):
        trace = run([step, pm.Metropolis([model["k"]])], chains=4, chain_idx=2)
    assert trace.chains == [2, 3, 4, 5] and len(trace) == 20
    assert "lambda" in trace.stat_names


def test_a_population_sees_where_the_others_were() -> None:
    class Follows(pm.DEMetropolis):  # type: ignore[misc, name-defined]
        def astep(self, q0: Any) -> Any:
            return self.bij.map(self.population[self.other_chains[0]]), self._choose(q0, q0)[1]

    with pm.Model():
        pm.Normal("x")
        step = Follows()
        points = [{"x": np.array(float(i))} for i in range(3)]
        steppers = []
        for i in range(3):
            steppers.append(Follows())
            steppers[-1].link_population(points, i)
        with PopulationStepper(steppers) as population:
            moved = [float(point["x"]) for point, _ in population.step(False, points)]
        assert moved == [1.0, 0.0, 0.0]
        with pytest.raises(ValueError, match="at least 3 chains"):
            step.link_population(points[:2], 0)


# own step methods and the pieces


def test_a_step_method_of_the_program(model: Any) -> None:
    class Prior(ArrayStep):
        """Draws x from its prior, whatever the data."""

        name = "prior"
        generates_stats = True
        stats_dtypes: ClassVar[list[Any]] = [{"norm": np.float64}]

        def __init__(self, vars: Any, model: Any = None) -> None:
            super().__init__(pm.inputvars(vars), [pm.modelcontext(model).fastlogp])

        def astep(self, q0: Any, logp: Any) -> Any:
            assert np.isfinite(logp(q0))
            q = 1.0 + 2.0 * np.random.standard_normal(len(q0))
            return q, [{"norm": np.linalg.norm(q)}]

        @staticmethod
        def competence(var: Any) -> Competence:
            return Competence.INCOMPATIBLE

    trace = run([Prior([model["x"]]), pm.Slice([model["sigma"]]), pm.Metropolis([model["k"]])])
    np.testing.assert_allclose(trace["norm"], np.linalg.norm(trace["x"], axis=1))


def test_a_blocked_step_knows_what_it_was_made_of(model: Any) -> None:
    compound = pm.Metropolis([model["x"], model["sigma"]], tune_interval=7)
    assert isinstance(compound, pm.CompoundStep) and len(compound.methods) == 2
    step = pm.Metropolis([model["sigma"]], tune_interval=7)
    (variables,), keywords = step.__getnewargs_ex__()
    assert [v.name for v in variables] == ["sigma_log__"] and keywords["tune_interval"] == 7
    assert step.vars_shape_dtype == {"sigma_log__": ((), np.dtype(float))}
    with pytest.raises(ValueError, match="No free random variables"):
        pm.Metropolis([])


def test_metrop_select_never_takes_what_is_not_finite() -> None:
    np.random.seed(0)
    assert [metrop_select(ratio, 1, 0) for ratio in (np.nan, np.inf, -np.inf)] == [(0, False)] * 3
    assert np.mean([metrop_select(np.log(0.3), 1, 0)[1] for _ in range(4000)]) == pytest.approx(0.3, abs=0.03)


def test_the_flat_density_follows_the_point_the_data_and_the_model() -> None:
    with pm.Model() as model:
        data = pm.Data("data", 1.0)
        index = pm.DiscreteUniform("index", 0, 2)
        x = pm.Normal("x", shape=3)
        pm.Normal("y", x[index], 1.0, observed=data)
        logp = FlatLogp.of(model)
        for i in (0, 1, 2, 1):  # one program, whatever the index
            point = {"index": np.array(i), "x": np.array([0.5, -1.0, 2.0])}
            assert logp(point) == pytest.approx(float(model.logp(point)), rel=1e-12)
        before = logp(point)
        pm.set_data({"data": 3.0})
        assert logp(point) == pytest.approx(float(model.logp(point)), rel=1e-12)
        assert logp(point) != before
        difference = LogpDifference(model, [x])
        difference.shared[index].set_value(np.array(2))
        q, q0 = np.array([0.0, 0.0, 1.0]), np.zeros(3)
        values = [float(model.logp({"index": 2, "x": a})) for a in (q, q0)]
        assert difference(q, q0) == pytest.approx(values[0] - values[1], rel=1e-12)
        pm.Normal("more")
        assert FlatLogp.of(model) is not logp

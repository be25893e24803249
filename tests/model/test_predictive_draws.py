"""Arguments of the predictive calls. Every shape, dtype and kind of error in the tables is what PyMC3 3.11.6 gives."""

from __future__ import annotations

import inspect
import time
import warnings
from functools import cache
from typing import Any

import numpy as np
import pytest
import rich.console

import pm_migrate.shims as pm
from pm_migrate.errors import IncorrectArgumentsError
from pm_migrate.shims.backends.base import MultiTrace
from pm_migrate.shims.backends.labelled import from_pymc3
from pm_migrate.shims.backends.ndarray import NDArray
from pm_migrate.shims.inference import progress

X = np.linspace(-1.0, 1.0, 7)
CHAINS, DRAWS = 2, 5


@cache
def made() -> tuple[Any, MultiTrace]:
    """A model with data of three shapes and a deterministic variable, and a trace of ten different points."""
    with pm.Model() as model:
        x = pm.Data("x", X)
        a = pm.Normal("a", 0.0, 1.0)
        s = pm.HalfNormal("s", 1.0)
        pm.Normal("b", a, 1.0, shape=3)
        mu = pm.Deterministic("mu", a + x)
        pm.Normal("y", mu, s, observed=X)
        pm.Poisson("k", 3.0, observed=np.array([1, 2, 3]))
        pm.Normal("one", a, 1.0, observed=0.3)
    return model, trace_of(model, CHAINS, DRAWS)


def trace_of(model: Any, chains: int, draws: int) -> MultiTrace:
    rng = np.random.default_rng(1)
    straces = []
    with model:
        for chain in range(chains):
            strace = NDArray()
            strace.setup(draws, chain)
            for _ in range(draws):
                strace.record({str(v.name): rng.normal(size=v.tag.test_value.shape) for v in model.free_RVs})
            straces.append(strace)
    return MultiTrace(straces)


def shapes(drawn: dict[str, np.ndarray]) -> dict[str, tuple[int, ...]]:
    return {name: x.shape for name, x in drawn.items()}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"y": (10, 7), "k": (10, 3), "one": (10,)}),
        ({"samples": 4}, {"y": (4, 7), "k": (4, 3), "one": (4,)}),
        ({"samples": np.int64(23)}, {"y": (23, 7), "k": (23, 3), "one": (23,)}),
        ({"size": 3}, {"y": (10, 3, 7), "k": (10, 3, 3), "one": (10, 3)}),
        ({"size": 1}, {"y": (10, 1, 7), "k": (10, 1, 3), "one": (10, 1)}),
        ({"size": (2, 3)}, {"y": (10, 2, 3, 7), "k": (10, 2, 3, 3), "one": (10, 2, 3)}),
        ({"keep_size": True}, {"y": (2, 5, 7), "k": (2, 5, 3), "one": (2, 5)}),
        ({"var_names": []}, {}),
        ({"var_names": ("one", "one")}, {"one": (10,)}),
        (
            {"var_names": ["y", "mu", "a", "b", "s", "s_log__", "x"]},
            {"y": (10, 7), "mu": (10, 7), "a": (10,), "b": (10, 3), "s": (10,), "s_log__": (10,), "x": (10, 7)},
        ),
        # what follows from the trace alone is not drawn, so that size= has no say in it
        (
            {"var_names": ["x", "mu", "b", "one"], "size": 2},
            {"x": (10, 7), "mu": (10, 7), "b": (10, 3), "one": (10, 2)},
        ),
    ],
)
def test_shapes_of_posterior_predictive_draws(options: dict[str, Any], expected: dict[str, Any]) -> None:
    model, trace = made()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        drawn = pm.sample_posterior_predictive(trace, model=model, progressbar=False, **options)
    assert type(drawn) is dict and shapes(drawn) == expected
    expected_warnings = ["samples parameter is smaller"] if options.get("samples") == 4 else []
    assert [str(w.message)[:28] for w in caught] == expected_warnings
    for name, x in drawn.items():
        assert x.dtype == ("int64" if name == "k" else "float64")


def test_values_of_the_trace_are_taken_from_it_and_in_order() -> None:
    model, trace = made()
    names = ["y", "mu", "a", "b", "s_log__"]
    drawn = pm.sample_posterior_predictive(trace, 13, model, names)
    for name in names[1:]:
        np.testing.assert_allclose(drawn[name], trace[name][np.arange(13) % 10], rtol=1e-12)
    kept = pm.sample_posterior_predictive(trace, model=model, var_names=["a"], keep_size=True)
    np.testing.assert_array_equal(kept["a"], np.stack(trace.get_values("a", combine=False)))
    many = pm.sample_posterior_predictive(trace, model=model, var_names=["one"], size=20_000, random_seed=1)["one"]
    # a mean of 20,000 standard normals is within 5 standard errors but for 6e-7
    np.testing.assert_allclose(many.mean(axis=1), trace["a"], atol=5 / np.sqrt(20_000))
    np.testing.assert_allclose(many.std(axis=1), 1.0, atol=5 / np.sqrt(40_000))


def test_points_that_leave_variables_out_have_them_drawn() -> None:
    model, _ = made()
    points = [{"a": np.array(50.0)}]
    drawn = pm.sample_posterior_predictive(points, 400, model, ["b", "one", "s", "a", "mu"])
    assert shapes(drawn) == {"b": (400, 3), "one": (400,), "s": (400,), "a": (400,), "mu": (400, 7)}
    assert abs(drawn["b"].mean() - 50.0) < 0.3 and drawn["s"].min() > 0 and np.ptp(drawn["s"]) > 0.5
    np.testing.assert_array_equal(drawn["mu"], np.broadcast_to(50.0 + X, (400, 7)))
    with_size = pm.sample_posterior_predictive([{"s": np.array(1.0)}], 4, model, ["x", "mu", "b", "s"], (2, 2))
    assert shapes(with_size) == {"x": (4, 7), "mu": (4, 2, 2, 7), "b": (4, 2, 2, 3), "s": (4,)}
    assert shapes(pm.sample_posterior_predictive(points, model=model, var_names=["one"], keep_size=True)) == {
        "one": (1, 1)
    }


def test_new_data_decide_the_shape() -> None:
    model, trace = made()
    with model:
        pm.set_data({"x": np.arange(4.0)})
        try:
            assert shapes(pm.sample_posterior_predictive(trace, var_names=["y", "mu"])) == {"y": (10, 4), "mu": (10, 4)}
            assert shapes(pm.sample_posterior_predictive(trace, var_names=["y"], size=2)) == {"y": (10, 2, 4)}
            assert shapes(pm.sample_posterior_predictive(trace, var_names=["y"], keep_size=True)) == {"y": (2, 5, 4)}
            assert shapes(pm.fast_sample_posterior_predictive(trace, var_names=["y"])) == {"y": (10, 4)}
            prior = pm.sample_prior_predictive(6, var_names=["y", "x"])
            assert shapes(prior) == {"y": (6, 4), "x": (4,)}
            np.testing.assert_array_equal(prior["x"], np.arange(4.0))
        finally:
            pm.set_data({"x": X})


def test_the_kinds_of_traces() -> None:
    model, trace = made()
    data = from_pymc3(trace, model=model, log_likelihood=False)
    for call in (pm.sample_posterior_predictive, pm.fast_sample_posterior_predictive):
        for kind in (trace, data, data.posterior):
            assert shapes(call(kind, model=model, var_names=["k"])) == {"k": (10, 3)}
            assert shapes(call(kind, model=model, var_names=["k"], keep_size=True)) == {"k": (2, 5, 3)}
            assert shapes(call(kind, 23, model, ["k"])) == {"k": (23, 3)}
            np.testing.assert_array_equal(call(kind, model=model, var_names=["a"])["a"], trace["a"])
        assert shapes(call([trace.point(0), trace.point(1)], model=model, var_names=["k"])) == {"k": (2, 3)}
        for wrong in ({"a": 1.0}, 3, [1, 2]):
            with pytest.raises(TypeError):
                call(wrong, model=model)
    assert shapes(pm.sample_posterior_predictive(trace[2:], model=model, var_names=["k"])) == {"k": (6, 3)}


def test_arguments_that_do_not_go_together() -> None:
    model, trace = made()
    with model:
        for options in ({"samples": 3}, {"size": 3}):
            with pytest.raises(IncorrectArgumentsError, match=f"keep_size and {next(iter(options))}"):
                pm.sample_posterior_predictive(trace, keep_size=True, **options)
        with pytest.raises(IncorrectArgumentsError, match="keep_size and samples"):
            pm.fast_sample_posterior_predictive(trace, samples=3, keep_size=True)
        with pytest.raises(IncorrectArgumentsError, match="list of points"):
            pm.fast_sample_posterior_predictive([trace.point(0)], keep_size=True)
        for call in (pm.sample_posterior_predictive, pm.fast_sample_posterior_predictive):
            with pytest.raises(KeyError, match="nothing"):
                call(trace, var_names=["nothing"])
        with pytest.raises(TypeError, match="float"):
            pm.sample_posterior_predictive(trace, samples=4.0)
        with pytest.raises(KeyError, match="nothing"):
            pm.sample_prior_predictive(var_names=["nothing"])
    with pytest.raises(TypeError, match="No model on context stack"):
        pm.sample_posterior_predictive(trace)


@pytest.mark.parametrize("call", ["posterior", "fast", "prior"])
def test_seeds(call: str) -> None:
    model, trace = made()

    def drawn(**options: Any) -> np.ndarray:
        if call == "prior":
            return pm.sample_prior_predictive(5, model, ["y"], **options)["y"]
        function = pm.fast_sample_posterior_predictive if call == "fast" else pm.sample_posterior_predictive
        return function(trace, model=model, var_names=["y"], **options)["y"]

    one = drawn(random_seed=3)
    np.testing.assert_array_equal(one, drawn(random_seed=3))
    assert not np.array_equal(one, drawn(random_seed=4))
    np.random.seed(3)
    np.testing.assert_array_equal(one, drawn())
    assert not np.array_equal(one, drawn())


def test_prior_draws() -> None:
    model, _ = made()
    every = pm.sample_prior_predictive(6, model)
    expected = {"a": (6,), "s": (6,), "s_log__": (6,), "b": (6, 3), "mu": (6, 7), "y": (6, 7), "k": (6, 3), "one": (6,)}
    assert shapes(every) == expected
    np.testing.assert_allclose(every["s_log__"], np.log(every["s"]), rtol=1e-12)
    np.testing.assert_allclose(every["mu"], every["a"][:, None] + X, rtol=1e-12)
    assert shapes(pm.sample_prior_predictive(model=model, var_names={"s"})) == {"s": (500,)}
    assert shapes(pm.sample_prior_predictive(1, model, ["b", "s"])) == {"b": (1, 3), "s": (1,)}
    assert shapes(pm.sample_prior_predictive((2, 3), model, ["b", "s"])) == {"b": (2, 3, 3), "s": (2, 3)}
    assert shapes(pm.sample_prior_predictive(None, model, ["b", "s"])) == {"b": (3,), "s": ()}
    assert pm.sample_prior_predictive(6, model, []) == {}


def test_only_what_is_asked_for_is_drawn_from_the_prior() -> None:
    calls = []

    def drawn(point: Any = None, size: Any = None) -> np.ndarray:
        calls.append(size)
        return np.zeros(size if size is not None else ())

    with pm.Model() as model:
        pm.Normal("a", 0.0, 1.0)
        pm.DensityDist("d", lambda v: -v * v, random=drawn)
    pm.sample_prior_predictive(4, model, ["a"])
    assert calls == []
    pm.sample_prior_predictive(4, model, ["d"])
    assert calls


@cache
def pair(width: float = 1e-3) -> tuple[list[Any], list[MultiTrace]]:
    """Two models whose data lie around 0 and 100."""
    models = []
    for centre in (0.0, 100.0):
        with pm.Model() as model:
            a = pm.Normal("a", 0.0, 1.0)
            pm.Normal("y", a + centre, width, observed=np.zeros(3))
        models.append(model)
    return models, [trace_of(model, 2, 40) for model in models]


def test_weighted_draws() -> None:
    models, traces = pair()
    call = pm.sample_posterior_predictive_w
    assert shapes(call(traces, 90, models)) == {"y": (90, 3)}
    assert shapes(call([traces[0], traces[1][:20]], None, models)) == {"y": (40, 3)}
    first = call(traces, 50, models, weights=[1, 0])["y"]
    assert np.abs(first).max() < 10
    drawn = call(traces, 4000, models, weights=np.array([0.2, 0.6]), random_seed=1)["y"]
    second = drawn[:, 0] > 50
    # 80 draws are shared 20 to 60; the share of 4,000 of them is within 5 standard errors but for 6e-7
    assert abs(second.mean() - 0.75) < 5 * np.sqrt(0.75 * 0.25 / 4000)
    assert len(np.unique(np.round(drawn[:, 0], 1))) > 20  # of different points
    again = call(traces, 4000, models, weights=np.array([0.2, 0.6]), random_seed=1)["y"]
    np.testing.assert_array_equal(drawn, again)
    data = [from_pymc3(t, model=m, log_likelihood=False) for t, m in zip(traces, models, strict=True)]
    assert shapes(call(data, 100, models)) == {"y": (100, 3)}
    assert shapes(call([d.posterior for d in data], 100, models)) == {"y": (100, 3)}
    with models[0]:
        assert shapes(call([traces[0], traces[0]], 10)) == {"y": (10, 3)}


def test_weighted_draws_need_as_many_of_each() -> None:
    models, traces = pair()
    for options, message in (
        ({"weights": [1]}, "traces and weights"),
        ({"models": models[:1]}, "models and weights"),
        ({"models": [models[0], made()[0]]}, "observed RVs"),
    ):
        with pytest.raises(ValueError, match=message):
            pm.sample_posterior_predictive_w(traces, 10, **{"models": models, **options})


def test_potentials_are_warned_of() -> None:
    with pm.Model() as model:
        a = pm.Normal("a", 0.0, 1.0)
        pm.Potential("p", 2 * a)
        pm.Normal("y", a, 1.0, observed=0.0)
    trace = trace_of(model, 1, 3)
    for call in (
        lambda: pm.sample_posterior_predictive(trace, model=model),
        lambda: pm.fast_sample_posterior_predictive(trace, model=model),
        lambda: pm.sample_posterior_predictive_w([trace], 4, [model]),
        lambda: pm.sample_prior_predictive(3, model, ["y"]),
    ):
        with pytest.warns(UserWarning, match="effect of Potentials on other parameters is ignored"):
            call()


def test_the_arguments_are_pymc3s() -> None:
    expected = {
        "sample_prior_predictive": "samples model var_names random_seed",
        "sample_posterior_predictive": "trace samples model var_names size keep_size random_seed progressbar",
        "fast_sample_posterior_predictive": "trace samples model var_names keep_size random_seed",
        "sample_posterior_predictive_w": "traces samples models weights random_seed progressbar",
    }
    for name, arguments in expected.items():
        assert list(inspect.signature(getattr(pm, name)).parameters) == arguments.split()


def test_a_bar_appears_late_and_only_where_somebody_sees_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def shown(wanted: bool, patience: float, terminal: bool) -> str:
        monkeypatch.setattr(progress, "PATIENCE", patience)
        monkeypatch.setattr(rich.console.Console, "is_terminal", terminal)
        with progress.LateBar(wanted, "Drawing"):
            time.sleep(0.3)
        return "".join(capsys.readouterr())

    assert "Drawing" in shown(True, 0.0, True)
    assert shown(True, 10.0, True) == ""
    assert shown(True, 0.0, False) == ""
    assert shown(False, 0.0, True) == ""

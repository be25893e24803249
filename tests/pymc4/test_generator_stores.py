"""Draws of generator models in text files, and the variables that ``trace=`` keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pm_migrate.pymc4 as pm
from pm_migrate.errors import TraceDirectoryError

DATA = np.array([1.2, 0.4, 2.0, 1.1])
RUN: dict[str, Any] = {"num_samples": 6, "burn_in": 4, "num_chains": 2, "seed": 1, "progressbar": False}
RUN["compute_convergence_checks"] = False


@pm.model(name=None)
def normal() -> Any:
    mu = yield pm.Normal("mu", 0.0, 2.0)
    b = yield pm.Normal("b", 0.0, 1.0, batch_stack=3)
    sd = yield pm.HalfNormal("sd", 1.0)
    yield pm.Deterministic("twice", 2 * b)
    yield pm.Normal("y", mu, sd, observed=DATA)


NORMAL = normal()


def test_a_store_has_the_warm_up_and_the_result_has_not(tmp_path: Path) -> None:
    store = pm.backends.Text(tmp_path / "chains")
    data = pm.sample(NORMAL, trace=store, **RUN)
    header = (tmp_path / "chains" / "chain-1.csv").read_text().splitlines()[0]
    assert header == "mu,b__0,b__1,b__2,sd_log__,sd,twice__0,twice__1,twice__2"
    assert (data.posterior.sizes["chain"], data.posterior.sizes["draw"]) == (2, 6)
    for model in (NORMAL, None):
        loaded = pm.backends.text.load(str(tmp_path / "chains"), model)
        assert loaded.varnames == ["mu", "b", "sd_log__", "sd", "twice"] and len(loaded) == 10
        for name in data.posterior:
            assert np.array_equal(loaded[4:].posterior[name], data.posterior[name])
    assert np.array_equal(
        loaded.get_values("sd_log__", burn=4), data.unconstrained_posterior["__log_sd"].values.ravel()
    )


def test_a_loaded_trace_knows_its_model(tmp_path: Path) -> None:
    trace = pm.sample(NORMAL, trace=pm.backends.Text(tmp_path / "chains"), return_inferencedata=False, **RUN)
    loaded = pm.backends.text.load(tmp_path / "chains", model=NORMAL)
    np.testing.assert_array_equal(loaded.observed_data["y"], DATA)
    np.testing.assert_allclose(loaded[4:].log_likelihood["y"], trace.log_likelihood["y"])
    assert pm.sample_posterior_predictive(NORMAL, loaded).posterior_predictive["y"].shape == (2, 10, 4)
    pm.backends.text.dump(tmp_path / "again", loaded)
    assert (tmp_path / "again/chain-0.csv").read_text() == (tmp_path / "chains/chain-0.csv").read_text()


def test_what_is_there_already_is_kept(tmp_path: Path) -> None:
    store = pm.backends.Text(tmp_path / "chains", vars=["b", "sd_log__"])
    data = pm.sample(NORMAL, trace=store, **RUN)
    assert list(data.posterior) == ["b"]
    before = (tmp_path / "chains/chain-0.csv").read_text()
    assert before.startswith("b__0,b__1,b__2,sd_log__\n")
    with pytest.raises(TraceDirectoryError, match=r"chain-0\.csv has draws of another run"):
        pm.sample(NORMAL, trace=pm.backends.Text(tmp_path / "chains"), **RUN)
    assert (tmp_path / "chains/chain-0.csv").read_text() == before
    with pytest.raises(TraceDirectoryError, match="No files present"):
        pm.backends.text.load(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("content", "shapes"),
    [
        ("x__0,x__1,x_log____0,x_log____1", {"x": (2,), "x_log__": (2,)}),
        ("x__0_0,x__0_1,y", {"x": (1, 2), "y": ()}),
        ("x__1,x__2", {"x__1": (), "x__2": ()}),
        ("x__0,x", {"x__0": (), "x": ()}),
        ("m/x__0,m/y__log__", {"m/x": (1,), "m/y__log__": ()}),
    ],
)
def test_shapes_without_a_model(tmp_path: Path, content: str, shapes: dict[str, tuple[int, ...]]) -> None:
    columns = content.split(",")
    (tmp_path / "chain-0.csv").write_text(f"{content}\n" + ",".join(f"{i}.5" for i in range(len(columns))) + "\n")
    loaded = pm.backends.text.load(tmp_path)
    assert {name: loaded[name].shape[1:] for name in loaded.varnames} == shapes
    assert sum(loaded[name].sum() for name in loaded.varnames) == sum(i + 0.5 for i in range(len(columns)))


@pytest.mark.parametrize("kept", [["mu"], ["b", "twice"], ["sd"], ["sd_log__", "sd"]])
def test_only_the_variables_that_are_named_are_kept(kept: list[str]) -> None:
    data = pm.sample(NORMAL, trace=kept, **RUN)
    assert sorted(data.posterior) == sorted(set(kept) - {"sd_log__"})
    assert ("unconstrained_posterior" in data.groups()) == ("sd_log__" in kept)
    trace = pm.sample(NORMAL, trace=kept, return_inferencedata=False, **RUN)
    assert sorted(trace.varnames) == sorted(kept)

"""Draws in text files: those of PyMC3 are read, those written here are PyMC3's, and nothing is mixed or cut short."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pm_migrate.shims as pm
from pm_migrate.errors import ModelError, TraceDirectoryError
from pm_migrate.reference import provision
from pm_migrate.shims import recording
from pm_migrate.shims.backends import text
from pm_migrate.shims.backends.base import MultiTrace
from pm_migrate.shims.backends.ndarray import NDArray

RUN = {"tune": 4, "chains": 2, "progressbar": False, "random_seed": 3, "compute_convergence_checks": False}
COLUMNS = "mu,b__0,b__1,b__2,c__0_0,c__0_1,c__1_0,c__1_1,s_log__,k,s,d,e__0,e__1,e__2".split(",")


def build() -> pm.Model:
    with pm.Model() as model:
        mu = pm.Normal("mu", 0, 1)
        b = pm.Normal("b", 0, 1, shape=3)
        pm.Normal("c", 0, 1, shape=(2, 2))
        s = pm.HalfNormal("s", 1)
        pm.Poisson("k", 3)
        pm.Deterministic("d", mu * 2)
        pm.Deterministic("e", b > 0)
        pm.Normal("y", mu, s, observed=[1.0, 2.0, 3.0])
    return model


@pytest.fixture(scope="module")
def model() -> pm.Model:
    return build()


def recorded(model: pm.Model, chains: int = 2, draws: int = 3) -> MultiTrace:
    """Chains of awkward numbers."""
    made = []
    for number in range(chains):
        strace = NDArray(model=model)
        strace.setup(draws, number)
        for i in range(draws):
            point = {
                "mu": np.array([0.1 + 0.2, 1e-17, -1e22][i % 3] + number),
                "b": np.array([1 / 3, 2e-308, 0.0]),
                "c": np.arange(4.0).reshape(2, 2) / 7,
                "s_log__": np.array(-0.0),
                "k": np.array(i + 7),
            }
            strace.record(point)
        strace.close()
        made.append(strace)
    return MultiTrace(made)


def test_files_have_every_draw_and_what_is_returned_no_warm_up(tmp_path: Path, model: pm.Model) -> None:
    folder = tmp_path / "chains"
    with model:
        store = pm.backends.Text(str(folder))
        assert folder.is_dir()
        trace = pm.sample(6, trace=store, **RUN)
        loaded = pm.backends.text.load(str(folder))
    assert sorted(p.name for p in folder.iterdir()) == ["chain-0.csv", "chain-1.csv"]
    assert (folder / "chain-0.csv").read_text().splitlines()[0].split(",") == COLUMNS
    assert len(trace) == 6 and len(loaded) == 10 and loaded.chains == [0, 1]
    assert loaded.varnames == trace.varnames == [v.name for v in model.unobserved_RVs]
    for name in trace.varnames:
        np.testing.assert_array_equal(loaded[4:][name], trace[name])
        assert loaded[name].dtype == trace[name].dtype
    assert (trace.report.n_tune, trace.report.n_draws) == (4, 6)
    assert loaded.log_likelihood["y"].shape == (2, 10, 3)


def test_with_and_without_a_store_the_draws_are_the_same(tmp_path: Path, model: pm.Model) -> None:
    with model:
        stored = pm.sample(6, trace=pm.backends.Text(str(tmp_path / "a")), return_inferencedata=True, **RUN)
        plain = pm.sample(6, return_inferencedata=True, **RUN)
    assert stored.groups() == plain.groups()
    for name in plain.posterior:
        np.testing.assert_array_equal(stored.posterior[name], plain.posterior[name])


def test_step_methods_and_some_variables(tmp_path: Path, model: pm.Model) -> None:
    folder = tmp_path / "chains"
    with model:
        store = pm.backends.Text(str(folder), vars=[model["mu"], model["c"]])
        trace = pm.sample(6, trace=store, step=pm.Metropolis(), chain_idx=5, **RUN)
        loaded = pm.backends.text.load(str(folder))
    assert sorted(p.name for p in folder.iterdir()) == ["chain-5.csv", "chain-6.csv"]
    assert loaded.varnames == trace.varnames == ["mu", "c"] and loaded["c"].shape == (20, 2, 2)


def test_a_warm_up_that_is_kept(tmp_path: Path, model: pm.Model) -> None:
    with model, pytest.warns(UserWarning, match="Tuning samples"):
        trace = pm.sample(6, trace=pm.backends.Text(str(tmp_path / "a")), discard_tuned_samples=False, **RUN)
    assert len(trace) == 10


def test_recording_by_hand(tmp_path: Path, model: pm.Model) -> None:
    with model:
        *_, last = pm.iter_sample(3, pm.Metropolis(), trace=pm.backends.Text(str(tmp_path / "a")), chain=4)
        loaded = pm.backends.text.load(str(tmp_path / "a"))
    assert loaded.chains == [4]
    np.testing.assert_array_equal(loaded["b"], last["b"])


def test_chains_of_another_run_are_not_added_to(tmp_path: Path, model: pm.Model) -> None:
    folder = tmp_path / "chains"
    with model:
        pm.sample(6, trace=pm.backends.Text(str(folder)), **RUN)
        before = {p.name: p.read_text() for p in folder.iterdir()}
        with pytest.raises(TraceDirectoryError, match=r"chain-0\.csv has draws of another run"):
            pm.sample(6, trace=pm.backends.Text(str(folder)), **RUN)
        assert before == {p.name: p.read_text() for p in folder.iterdir()}
        with pytest.warns(FutureWarning), pytest.raises(TraceDirectoryError, match=r"chain-0\.csv has draws"):
            pm.sample(6, trace=pm.backends.text.load(str(folder)), **RUN)
        assert before == {p.name: p.read_text() for p in folder.iterdir()}
        pm.sample(6, trace=pm.backends.Text(str(folder)), chain_idx=2, **RUN)
    assert len(list(folder.iterdir())) == 4


def test_all_files_or_none(tmp_path: Path, model: pm.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    spelt, calls = text._spelt, []

    def full(column: np.ndarray) -> list[str]:
        calls.append(column)
        if len(calls) > len(COLUMNS):
            raise OSError("No space left on device")
        return spelt(column)

    monkeypatch.setattr(text, "_spelt", full)
    with pytest.raises(OSError, match="space"):
        pm.backends.text.dump(str(tmp_path), recorded(model))
    assert not list(tmp_path.iterdir())


def test_values_are_those_written_to_the_last_digit(tmp_path: Path, model: pm.Model) -> None:
    trace = recorded(model)
    pm.backends.text.dump(str(tmp_path), trace, chains=[1])
    assert [p.name for p in tmp_path.iterdir()] == ["chain-1.csv"]
    pm.backends.text.dump(str(tmp_path), trace)
    loaded = pm.backends.text.load(str(tmp_path), model=model)
    for name in trace.varnames:
        np.testing.assert_array_equal(loaded[name], trace[name])
    assert loaded["k"].dtype == np.int64 and loaded["e"].dtype == bool and np.signbit(loaded["s_log__"]).all()
    with pytest.raises(TypeError, match="writes a MultiTrace, not Dataset"):
        pm.backends.text.dump(str(tmp_path), trace.posterior)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No files present in directory"),
        ("", "is empty"),
        ("mu,k\n1.0,2\n1.5", "line 3 has 1 of 2 values"),
        ("mu,k\n1.0,2\n1.5,21", "line 3 has 2 of 2 values, or no end"),
        ("mu,k\n1.0,2,3\n", "line 2 has 3 of 2 values"),
        ("mu,k\n1.0,two\n", "'two' in the column k"),
        ("mu,other\n1.0,2\n", "of another model: it has a column other"),
        ("b__0,b__1\n1.0,2\n", "of another model: it has a column b__0, .* b of shape"),
        ("b__0,b__1,b__2,b__3\n1.0,2,3,4\n", "of another model: it has a column b__3"),
    ],
)
def test_files_that_are_not_those_of_the_model(
    tmp_path: Path, model: pm.Model, content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "chain-0.csv").write_text(content)
    (tmp_path / "chain-x.csv").write_text("mu\n1\n")
    (tmp_path / "results.csv").write_text("mu\n1\n")
    with pytest.raises(TraceDirectoryError, match=message) as raised:
        pm.backends.text.load(str(tmp_path), model)
    assert str(tmp_path) in str(raised.value)


def test_draws_without_numbers_and_no_draws(tmp_path: Path, model: pm.Model) -> None:
    (tmp_path / "chain-0.csv").write_text("mu,s\nnan,inf\n,-inf\n")
    loaded = pm.backends.text.load(str(tmp_path), model)
    np.testing.assert_array_equal(loaded["mu"], [np.nan, np.nan])
    np.testing.assert_array_equal(loaded["s"], [np.inf, -np.inf])
    (tmp_path / "chain-0.csv").write_text("mu,b__0,b__1,b__2\n")
    assert pm.backends.text.load(str(tmp_path), model)["b"].shape == (0, 3)


def test_folders_that_cannot_be_made(tmp_path: Path, model: pm.Model) -> None:
    (tmp_path / "file").touch()
    with model:
        with pytest.raises(TraceDirectoryError, match=r"there is no folder .*nowhere"):
            pm.backends.Text(str(tmp_path / "nowhere" / "chains"))
        with pytest.raises(TraceDirectoryError, match="is a file"):
            pm.backends.Text(str(tmp_path / "file"))


def test_a_log_likelihood_needs_all_variables(model: pm.Model) -> None:
    with (
        model,
        pytest.warns(UserWarning, match="log_likelihood, it will be omitted: the trace does not have b, c, s_log__"),
    ):
        data = pm.sample(6, trace=[model["mu"]], return_inferencedata=True, **RUN)
    assert list(data.posterior) == ["mu"] and "log_likelihood" not in data.groups()
    with model:
        data = pm.sample(
            6, trace=[model["mu"]], return_inferencedata=True, idata_kwargs={"log_likelihood": False}, **RUN
        )
    assert list(data.posterior) == ["mu"]


@pytest.mark.parametrize(
    ("trace", "message"),
    [("text", r"pm\.backends\.Text"), (["mu", "nu"], "trace= has nu, and the model b, c, d, e, k, mu, s, s_log__")],
)
def test_what_is_no_store_and_no_variable(model: pm.Model, trace: Any, message: str) -> None:
    for step in (None, pm.Metropolis(model=model)):
        with model, pytest.raises(ModelError, match=message):
            pm.sample(6, trace=trace, step=step, **RUN)


#: What ``text.dump`` was, in functions that PyMC3 3.11 still has.
REFERENCE = """
import json, sys, warnings
warnings.simplefilter("ignore")
import numpy as np, pandas as pd, pymc3 as pm
from pymc3.backends.tracetab import create_flat_names, trace_to_dataframe

with pm.Model() as model:
    mu = pm.Normal("mu", 0, 1)
    b = pm.Normal("b", 0, 1, shape=3)
    pm.Normal("c", 0, 1, shape=(2, 2))
    s = pm.HalfNormal("s", 1)
    pm.Poisson("k", 3)
    pm.Deterministic("d", mu * 2)
    pm.Deterministic("e", b > 0)
    pm.Normal("y", mu, s, observed=[1.0, 2.0, 3.0])
    strace = pm.backends.NDArray(model=model)
    strace.setup(4, 0)
    random = np.random.RandomState(1)
    for i in range(4):
        free = {v.name: random.normal(size=np.shape(model.test_point[v.name])) for v in model.free_RVs}
        strace.record({**model.test_point, **free, "k": np.array(i)})
trace = pm.backends.base.MultiTrace([strace])
folder, other = sys.argv[1:]
trace_to_dataframe(trace, chains=0, include_transformed=True).to_csv(folder + "/chain-0.csv", index=False)
table, read = pd.read_csv(other + "/chain-1.csv", float_precision="round_trip"), {}
for name, shape in strace.var_shapes.items():
    columns = table[create_flat_names(name, shape)]
    read[name] = columns.values.reshape((len(table),) + tuple(shape)).tolist()
print(json.dumps({"written": {n: trace[n].tolist() for n in trace.varnames}, "read": read, "all": list(table)}))
"""


def test_files_are_those_of_pymc3(tmp_path: Path, model: pm.Model) -> None:
    python = provision.find()
    if python is None:
        pytest.skip("no PyMC3 reference interpreter: run `pm-migrate reference install`")
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    theirs.mkdir()
    trace = recorded(model)
    pm.backends.text.dump(str(ours), trace)
    found = json.loads(
        subprocess.run(
            [str(python), "-c", REFERENCE, str(theirs), str(ours)],
            env=provision.environment(python),
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        ).stdout.splitlines()[-1]
    )
    loaded = pm.backends.text.load(str(theirs), model)
    assert loaded.varnames == list(found["written"]) and found["all"] == COLUMNS
    for name, values in found["written"].items():
        np.testing.assert_array_equal(loaded[name], values)
        np.testing.assert_array_equal(trace.get_values(name, chains=1), found["read"][name])
    pm.backends.text.dump(str(ours), loaded)
    assert (ours / "chain-0.csv").read_text() == (theirs / "chain-0.csv").read_text()


def test_a_recording_writes_nothing_into_the_folders_of_a_program(tmp_path: Path, model: pm.Model) -> None:
    folder = tmp_path / "chains"
    pm.backends.text.dump(str(folder), recorded(model, chains=3))
    before = {p.name: p.read_text() for p in folder.iterdir()}
    recording.start()
    try:
        with model:
            assert pm.backends.text.load(str(folder)).nchains == 3
            trace = pm.sample(6, trace=pm.backends.Text(str(folder)), **RUN)
            loaded = pm.backends.text.load(str(folder))
        pm.backends.text.dump(str(tmp_path / "copy"), loaded)
        copied = pm.backends.text.load(str(tmp_path / "copy"), model)
    finally:
        recording.stop()
    assert {p.name: p.read_text() for p in folder.iterdir()} == before and not list((tmp_path / "copy").iterdir())
    for found in (loaded, copied):
        assert found.nchains == 2
        np.testing.assert_array_equal(found["b"], trace["b"])
    assert pm.backends.text.load(str(folder), model).nchains == 3

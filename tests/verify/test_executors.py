"""Tasks here and on clusters: all come back, whatever one of them does."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pm_migrate.errors import ExecutorError
from pm_migrate.reference import provision
from pm_migrate.verify import Task, executors, nodes, run_task
from pm_migrate.verify.executors import Done, run_tasks

from . import tasks

#: Of Dask's and Ray's own.
on_clusters = pytest.mark.filterwarnings("ignore:.*:ResourceWarning", "ignore:.*:DeprecationWarning")


def outcomes(done: Iterator[Done]) -> dict[int, Any]:
    """Results by index."""
    found = list(done)
    assert len({d.index for d in found}) == len(found)
    return {d.index: d.result for d in found}


def test_every_task_comes_back_once_with_its_number() -> None:
    assert outcomes(run_tasks(tasks.double, range(50), jobs=3)) == {i: 2 * i for i in range(50)}


def test_arguments_and_results_are_what_json_says() -> None:
    task = {"path": "a\u00e4.py", "points": [1.5, float("inf")], "none": None}
    (done,) = run_tasks(executors.version, [task], jobs=1)
    assert done == Done(0, executors.__version__)
    (done,) = run_tasks(tasks.double, [["\u00e4", float("-inf")]], jobs=1)
    assert done.result == ["\u00e4", float("-inf")] * 2


def test_nothing_to_do() -> None:
    assert list(run_tasks(tasks.double, [])) == []


def test_tasks_run_at_the_same_time_but_no_more_than_jobs() -> None:
    assert set(outcomes(run_tasks(tasks.crowd, range(8), jobs=1)).values()) == {1}
    assert max(outcomes(run_tasks(tasks.crowd, range(12), jobs=3)).values()) in (2, 3)


def test_what_ends_first_comes_first() -> None:
    assert [done.index for done in run_tasks(tasks.sleepy, [0.3, 0.0], jobs=2)] == [1, 0]


def test_a_task_that_raises_leaves_the_others_alone() -> None:
    done = {d.index: d for d in run_tasks(tasks.picky, range(6), jobs=2)}
    assert {i for i, d in done.items() if d.error} == {1, 3, 5}
    assert "ValueError: 3 is odd" in str(done[3].error) and "picky" in str(done[3].error)
    assert [done[i].result for i in (0, 2, 4)] == [0, 2, 4]


def test_a_result_that_cannot_be_said_is_an_error_of_its_task() -> None:
    (done,) = run_tasks(tasks.unsayable, [1])
    assert "not JSON serializable" in str(done.error)


def test_tasks_are_made_as_they_are_needed() -> None:
    made = []

    def endless() -> Iterator[int]:
        while True:
            made.append(len(made))
            yield made[-1]

    running = run_tasks(tasks.double, endless(), jobs=2)
    assert next(running).result is not None and len(made) <= 3 * executors.AHEAD
    running.close()  # type: ignore[attr-defined]
    assert len(made) <= 3 * executors.AHEAD


def test_stopping_early_gives_up_what_has_not_begun() -> None:
    running = run_tasks(tasks.sleepy, [0.0, 0.3, 60.0, 60.0], jobs=1)
    next(running)
    begun = time.monotonic()
    running.close()  # type: ignore[attr-defined]
    assert time.monotonic() - begun < 5.0


def test_functions_that_other_processes_cannot_import_are_refused() -> None:
    for function in (lambda x: x, tasks.double.__call__):
        with pytest.raises(ExecutorError, match="has to be a function of a module"):
            run_tasks(function, [1])


@pytest.mark.parametrize("task", [{1, 2}, SimpleNamespace()])
def test_tasks_that_json_cannot_say_are_refused(task: Any) -> None:
    with pytest.raises(ExecutorError, match="task 1 cannot be sent: Object of type"):
        list(run_tasks(tasks.double, [0, task], jobs=1))


def test_bad_choices_are_named() -> None:
    with pytest.raises(ExecutorError, match="executor is 'slurm'; it is one of local, dask, ray"):
        run_tasks(tasks.double, [1], executor="slurm")
    with pytest.raises(ExecutorError, match="jobs is 0"):
        run_tasks(tasks.double, [1], jobs=0)
    with pytest.raises(ExecutorError, match="the local executor has no address"):
        run_tasks(tasks.double, [1], address="tcp://a:1")


@pytest.mark.parametrize(("executor", "module"), [("dask", "distributed"), ("ray", "ray")])
def test_an_executor_that_is_not_installed_says_what_to_install(
    executor: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ExecutorError, match=rf"needs {module}: pip install 'pm-migrate\[{executor}\]'"):
        run_tasks(tasks.double, [1], executor=executor)


class OtherVersion(executors._Threads):
    """Nodes that have another pm-migrate, or none."""

    answer = '{"result": "0.0.1"}'

    def result(self, handle: Any) -> str:
        return self.answer


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ('{"result": "0.0.1"}', "have pm-migrate 0.0.1, here is "),
        ('{"error": "Traceback\\nImportError: gone\\n"}', "have pm-migrate ImportError: gone"),
        ("no JSON", "cannot run pm-migrate"),
    ],
)
def test_a_cluster_with_another_version_is_refused(answer: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "_Dask", lambda address, jobs: OtherVersion(jobs))
    monkeypatch.setattr(OtherVersion, "answer", answer)
    with pytest.raises(ExecutorError, match=words):
        run_tasks(tasks.double, [1], executor="dask")


def test_processes_of_this_machine_and_one_that_is_lost() -> None:
    """What ran beside a process that is lost is lost with it; what comes later is not."""
    done = {d.index: d for d in run_tasks(tasks.fragile, range(8), jobs=1, processes=True, ahead=1)}
    assert str(done[3].error).startswith("the task was lost: BrokenProcessPool")
    assert [done[i].result for i in (0, 1, 2, 4, 5, 6, 7)] == [0, 1, 2, 4, 5, 6, 7]


def test_stopping_early_ends_processes() -> None:
    running = run_tasks(tasks.sleepy, [0.0, 60.0], jobs=1, processes=True)
    next(running)
    begun = time.monotonic()
    running.close()  # type: ignore[attr-defined]
    assert time.monotonic() - begun < 20.0


def test_a_node_ends_its_workers_when_nothing_comes_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    from pm_migrate.reference import process

    ended: list[float] = []
    monkeypatch.setattr(process, "close_all", lambda: ended.append(time.monotonic()))
    monkeypatch.setattr(nodes, "IDLE", 0.3)
    name = "time:sleep"
    for _ in range(3):
        assert nodes.perform_on_node(name, "0.2") == '{"result": null}'
    last = time.monotonic()
    nodes.perform_on_node(name, "0.5")  # longer than a node waits: it is not idle
    assert not ended
    time.sleep(0.8)
    assert len(ended) == 1 and ended[0] - last >= 0.8


# --- on a cluster of this machine ------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["dask", "ray"])
def cluster(request: pytest.FixtureRequest) -> Iterator[tuple[str, str | None]]:
    """The name of an executor and the address of a cluster that is there already."""
    if request.param == "dask":
        distributed = pytest.importorskip("distributed", reason="the extra `dask` is not installed")
        with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as there:
            yield "dask", there.scheduler_address
        return
    ray = pytest.importorskip("ray", reason="the extra `ray` is not installed")
    paths = os.pathsep.join(path for path in sys.path if path)
    ray.init(
        address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error",
        runtime_env={"env_vars": {"PYTHONPATH": paths}},
    )  # fmt: skip
    yield "ray", None  # this process is connected to it
    ray.shutdown()


@on_clusters
def test_tasks_on_a_cluster_that_is_there(cluster: tuple[str, str | None]) -> None:
    executor, address = cluster
    done = {d.index: d for d in run_tasks(tasks.picky, range(20), executor=executor, address=address)}
    assert sorted(done) == list(range(20))
    assert all(done[i].result == i for i in range(0, 20, 2))
    assert all(f"ValueError: {i} is odd" in str(done[i].error) for i in range(1, 20, 2))
    processes = set(outcomes(run_tasks(tasks.process, range(20), executor=executor, address=address)).values())
    assert os.getpid() not in processes


@on_clusters
def test_a_task_that_takes_its_process_along_is_lost_alone(cluster: tuple[str, str | None]) -> None:
    executor, address = cluster
    done = {d.index: d for d in run_tasks(tasks.fragile, range(6), executor=executor, address=address)}
    assert str(done[3].error).startswith("the task was lost: ")
    assert [done[i].result for i in (0, 1, 2, 4, 5)] == [0, 1, 2, 4, 5]


@on_clusters
def test_stopping_early_on_a_cluster(cluster: tuple[str, str | None]) -> None:
    executor, address = cluster
    running = run_tasks(tasks.sleepy, [0.0, *[3.0] * 6], executor=executor, address=address)
    assert next(running).index == 0
    begun = time.monotonic()
    running.close()  # type: ignore[attr-defined]
    assert time.monotonic() - begun < 15.0
    assert outcomes(run_tasks(tasks.double, range(4), executor=executor, address=address)) == {0: 0, 1: 2, 2: 4, 3: 6}


@on_clusters
def test_programs_are_verified_on_a_cluster(
    cluster: tuple[str, str | None], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if request.config.getoption("--profile") != "deep":
        pytest.skip("starts PyMC3 and TensorFlow on two nodes: with --profile deep")
    if provision.find() is None:
        pytest.skip("no PyMC3 reference interpreter: run `pm-migrate reference install`")
    for name, line in (("a", ""), ("b", "raise ValueError('late')"), ("c", "import os; os._exit(3)")):
        text = f"import pymc3 as pm\nwith pm.Model() as model:\n    pm.Normal('x', 0.0, 2.0)\n{line}\n"
        (tmp_path / f"{name}.py").write_text(text)
    found = outcomes(
        run_tasks(
            run_task,
            [Task(str(tmp_path / f"{name}.py"), points=2).to_json() for name in "abc"],
            executor=cluster[0],
            address=cluster[1],
        )
    )
    assert [found[i]["ok"] for i in range(3)] == [True, True, False], found
    assert found[1]["report"]["notes"] and "exit code 3" in found[2]["report"]["models"][0]["detail"]

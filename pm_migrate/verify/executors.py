"""Many tasks: here, or on a Dask or Ray cluster.

A task is a pure function of a module, given by name, and one argument; argument and result are what JSON can say. Only
text travels, so a cluster needs nothing of the caller but pm-migrate itself, and the modules of the functions.
Verification and fuzzing are such tasks.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Collection, Generator, Hashable, Iterable
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, Protocol

from pm_migrate import __version__
from pm_migrate.errors import ExecutorError
from pm_migrate.verify.nodes import perform, perform_on_node, version

EXECUTORS = ("local", "dask", "ray")

#: Tasks sent ahead for each task that runs: enough to keep a node busy, few enough to make tasks as they are needed.
AHEAD = 3


@dataclass(frozen=True)
class Done:
    """One task that has ended.

    Parameters
    ----------
    index
        Its position among the tasks.
    result
        What the function returned.
    error
        Why there is no result: the traceback of the function, or how its process was lost.
    """

    index: int
    result: Any = None
    error: str | None = None


def run_tasks(
    function: Callable[[Any], Any],
    tasks: Iterable[Any],
    *,
    executor: str = "local",
    address: str | None = None,
    jobs: int | None = None,
    processes: bool = False,
    ahead: int = AHEAD,
) -> Generator[Done]:
    """Call a function with each task; yield what came out in the order in which tasks end.

    Tasks are taken from the iterable as they are needed, so it may be long or endless. A task that raises, or whose
    process dies, is a :class:`Done` with an error; the others go on. When the caller stops early (Ctrl-C, or
    ``close()`` of the generator), what has not begun is given up.

    Parameters
    ----------
    function
        A function of a module that can be imported where the tasks run.
    tasks
        What JSON can say.
    executor
        ``local``, ``dask`` or ``ray``.
    address
        Of an existing cluster (``tcp://scheduler:8786``, ``ray://head:10001``, ``auto``); without one, a cluster of
        this machine is started and stopped.
    jobs
        Tasks at a time, where this process decides that; by default the number of cores.
    processes
        Whether ``local`` runs tasks in processes rather than threads: for tasks that compute in Python. Threads are
        enough for those that wait for processes of their own, as verification does.
    ahead
        Tasks taken for each task that runs.

    Raises
    ------
    ExecutorError
        The executor is unknown, not installed, cannot be reached or runs another version of pm-migrate; or a task
        cannot be sent.

    Examples
    --------
    >>> sorted((done.index, done.result) for done in run_tasks(len, ["a", "bc"], jobs=2))
    [(0, 1), (1, 2)]
    """
    if jobs is not None and jobs < 1:
        raise ExecutorError(f"jobs is {jobs}; it has to be at least 1")
    name = _name(function)
    backend = _backend(executor, address, jobs or os.cpu_count() or 1, processes)
    return _run(backend, name, tasks, ahead)


def _run(backend: _Backend, name: str, tasks: Iterable[Any], ahead: int) -> Generator[Done]:
    numbered = enumerate(tasks)
    pending: dict[Hashable, int] = {}
    try:
        while True:
            room = max(0, ahead * backend.slots() - len(pending))  # a cluster may have shrunk
            for index, task in itertools.islice(numbered, room):
                pending[backend.submit(name, _text(task, index))] = index
            if not pending:
                break
            for handle in backend.first(pending):
                index = pending.pop(handle)
                try:
                    answer = json.loads(backend.result(handle))
                except Exception as error:  # of Dask, Ray or the pool: it is the task's answer
                    answer = {"error": f"the task was lost: {type(error).__name__}: {error}"}
                yield Done(index, **answer)
    except BaseException:  # Ctrl-C too: what is still pending must not run on; the error goes on
        backend.abort(pending)
        raise
    finally:
        backend.close()


def _name(function: Callable[[Any], Any]) -> str:
    """What a process that imports it calls a function."""
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
    if not module or module == "__main__" or getattr(sys.modules.get(module), name, None) is not function:
        raise ExecutorError(f"{function!r} cannot be sent to other processes: it has to be a function of a module")
    return f"{module}:{name}"


def _text(task: Any, index: int) -> str:
    try:
        return json.dumps(task)
    except (TypeError, ValueError) as error:
        raise ExecutorError(f"task {index} cannot be sent: {error}") from error


# --- where tasks run --------------------------------------------------------------------------------------------------


class _Backend(Protocol):
    """Where tasks run; handles are what it calls the tasks that were sent."""

    def slots(self) -> int:
        """Return how many tasks run at a time."""

    def submit(self, name: str, text: str) -> Hashable:
        """Send a task."""

    def first(self, pending: Collection[Any]) -> Collection[Any]:
        """Wait until some of the tasks have ended; return those."""

    def result(self, handle: Any) -> str:
        """Return what :func:`perform` returned, or raise why it did not."""

    def abort(self, pending: Collection[Any]) -> None:
        """Give up tasks."""

    def close(self) -> None:
        """Release everything; nothing is pending any more."""


def _backend(executor: str, address: str | None, jobs: int, processes: bool) -> _Backend:
    if executor not in EXECUTORS:
        raise ExecutorError(f"executor is {executor!r}; it is one of {', '.join(EXECUTORS)}")
    if executor == "local":
        if address is not None:
            raise ExecutorError(f"the local executor has no address; {address} is one of a cluster (dask, ray)")
        return _Processes(jobs) if processes else _Threads(jobs)
    make: Callable[[str | None, int], _Backend] = _Dask if executor == "dask" else _Ray
    try:
        backend = make(address, jobs)
    except ModuleNotFoundError as error:
        raise ExecutorError(
            f"the executor {executor} needs {error.name}: pip install 'pm-migrate[{executor}]'"
        ) from error
    except (OSError, ConnectionError, TimeoutError, ValueError, RuntimeError) as error:
        raise ExecutorError(f"{executor}: no cluster at {address or 'this machine'}: {error}") from error
    try:
        _same_version(executor, backend)
    except BaseException:  # Ctrl-C too: a cluster that was joined is left; the error goes on
        backend.close()
        raise
    return backend


def _same_version(executor: str, backend: _Backend) -> None:
    """Refuse a cluster without pm-migrate, or with another one: its numbers would be those of other code."""
    handle = backend.submit(_name(version), "null")
    backend.first([handle])
    try:
        answer = json.loads(backend.result(handle))
    except Exception as error:  # of Dask, Ray, or what importing us raised there: it is told, under one name
        raise ExecutorError(f"{executor}: the nodes of the cluster cannot run pm-migrate: {error}") from error
    if answer.get("result") != __version__:
        there = answer.get("result") or answer["error"].strip().splitlines()[-1]
        raise ExecutorError(f"{executor}: the nodes of the cluster have pm-migrate {there}, here is {__version__}")


class _Futures:
    """What threads and processes of this machine have in common."""

    pool: Executor

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self.pool = self.start()

    def start(self) -> Executor:
        raise NotImplementedError

    def slots(self) -> int:
        return self.jobs

    def submit(self, name: str, text: str) -> Hashable:
        return self.pool.submit(perform, name, text)

    def first(self, pending: Collection[Any]) -> Collection[Any]:
        return wait(pending, return_when=FIRST_COMPLETED).done

    def result(self, handle: Any) -> str:
        return handle.result()

    def close(self) -> None:
        self.pool.shutdown()


class _Threads(_Futures):
    """Threads of this process; the work is done by the worker processes that they ask."""

    def start(self) -> Executor:
        return ThreadPoolExecutor(self.jobs, thread_name_prefix="pm-migrate")

    def abort(self, pending: Collection[Any]) -> None:
        """End the workers that tasks wait for, until no task is left that could start another."""
        from pm_migrate.reference.process import close_all

        self.pool.shutdown(wait=False, cancel_futures=True)
        while not all(future.done() for future in pending):
            close_all()
            time.sleep(0.05)


class _Processes(_Futures):
    """Processes of this machine."""

    def start(self) -> Executor:
        return ProcessPoolExecutor(self.jobs, mp_context=get_context("spawn"))

    def submit(self, name: str, text: str) -> Hashable:
        try:
            return super().submit(name, text)
        except BrokenExecutor:  # a process was lost, with what ran beside it
            self.pool.shutdown(wait=False)
            self.pool = self.start()
            return super().submit(name, text)

    def abort(self, pending: Collection[Any]) -> None:
        """End the processes; what they started ends with them."""
        processes = list((getattr(self.pool, "_processes", None) or {}).values())  # public from Python 3.14 on
        self.pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()


class _Dask:
    """A Dask cluster: that of an address, or one of this machine."""

    def __init__(self, address: str | None, jobs: int) -> None:
        import distributed

        self.distributed = distributed
        self.stack = contextlib.ExitStack()
        with contextlib.ExitStack() as stack:
            where: Any = address
            if address is None:
                where = stack.enter_context(
                    distributed.LocalCluster(
                        n_workers=jobs, threads_per_worker=1, dashboard_address=None, silence_logs=logging.ERROR
                    )
                )
            self.client = stack.enter_context(distributed.Client(where, set_as_default=False))
            self.stack = stack.pop_all()

    def slots(self) -> int:
        return max(1, sum(self.client.nthreads().values()))  # workers come and go

    def submit(self, name: str, text: str) -> Hashable:
        return self.client.submit(perform_on_node, name, text, pure=False)

    def first(self, pending: Collection[Any]) -> Collection[Any]:
        with self.client.as_current():
            return self.distributed.wait(list(pending), return_when="FIRST_COMPLETED").done

    def result(self, handle: Any) -> str:
        return handle.result()

    def abort(self, pending: Collection[Any]) -> None:
        """Give up what has not begun; Dask lets what runs on its threads come to its end."""
        self.client.cancel(list(pending), force=True)

    def close(self) -> None:
        self.stack.close()


class _Ray:
    """A Ray cluster: that of an address, or one of this machine."""

    def __init__(self, address: str | None, jobs: int) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # a cluster of ours reports to nobody
        import ray

        self.ray = ray
        self.own = not ray.is_initialized()
        if self.own:
            # without an address Ray would look for whatever cluster runs here
            options: dict[str, Any] = {"address": address or "local", "log_to_driver": False, "logging_level": "error"}
            if address is None:
                paths = os.pathsep.join(path for path in sys.path if path)
                options |= {"num_cpus": jobs, "include_dashboard": False}
                options["runtime_env"] = {"env_vars": {"PYTHONPATH": paths}}
            ray.init(**options)
        self.perform = ray.remote(perform_on_node)

    def slots(self) -> int:
        return max(1, int(self.ray.cluster_resources().get("CPU", 1)))

    def submit(self, name: str, text: str) -> Hashable:
        return self.perform.remote(name, text)

    def first(self, pending: Collection[Any]) -> Collection[Any]:
        return self.ray.wait(list(pending), num_returns=1)[0]

    def result(self, handle: Any) -> str:
        return self.ray.get(handle)

    def abort(self, pending: Collection[Any]) -> None:
        for handle in pending:
            self.ray.cancel(handle, force=True)

    def close(self) -> None:
        if self.own:
            self.ray.shutdown()

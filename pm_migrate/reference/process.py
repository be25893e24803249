"""A worker process: started at the first question, timed, replaced when it is lost, never left behind.

A worker may crash, hang or print as the programs in it please. The client keeps a time limit for each question, shows
the end of what the worker printed when it is lost, and starts a fresh one for the next question.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from pm_migrate.errors import RemoteError, WorkerCrashed, WorkerTimeout
from pm_migrate.reference import worker
from pm_migrate.reference.worker import Connection

KEPT_OUTPUT = 1 << 16
SHOWN_LINES = 25
#: Seconds that the process of a program has to end when it is told to.
LEAVING = 20.0
MARKS = re.compile(rb"\x1e(\d+)\x1e\n")

_clients: weakref.WeakSet[WorkerClient] = weakref.WeakSet()


@atexit.register
def close_all() -> None:
    """End every worker of this process."""
    for client in list(_clients):
        client.close()


class WorkerClient:
    """A worker process that is started at the first question and replaced when it is lost.

    Parameters
    ----------
    command
        Command line of the worker.
    env
        Its environment.
    title
        What messages call it.
    timeout
        Seconds for an answer.
    start_timeout
        Seconds for the first answer (imports).
    alone
        Whether each program gets a process of its own, forked from the worker after its imports: what a program does to
        its process then ends with it, and nothing that it started is left. On Linux only; elsewhere all programs share
        the worker.
    memory
        Bytes that such a process and its descendants may occupy; None for no limit.
    """

    def __init__(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        *,
        title: str,
        timeout: float,
        start_timeout: float,
        alone: bool = False,
        memory: int | None = None,
    ) -> None:
        self.command, self.env, self.title = list(command), dict(env), title
        self.timeout, self.start_timeout = timeout, start_timeout
        self.alone, self.memory = alone and sys.platform == "linux", memory
        self.child: int | None = None
        self.life = 0
        self.versions: Mapping[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.RLock()
        self._asked = 0

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Process id of the running worker, None when none runs."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Start the worker, if it does not run, and ask for its versions."""
        with self._lock:
            if self._process is not None:
                return
            try:
                self._process = subprocess.Popen(
                    self.command,
                    env=self.env,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    start_new_session=True,
                )
            except OSError as error:
                raise WorkerCrashed(f"{self.title} could not be started: {error}") from error
            _clients.add(self)
            self.life += 1
            assert self._process.stdin and self._process.stdout and self._process.stderr
            self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
            self._output = _Output(self._process.stderr)
            self._connection = Connection(self._process.stdout, self._process.stdin)  # type: ignore[arg-type]
            reader = threading.Thread(target=_read, args=(self._connection, self._answers), daemon=True)
            reader.start()
            self._threads = (reader, self._output.thread)
            self.versions = self._ask("hello", {}, self.start_timeout)

    def call(self, op: str, /, *, timeout: float | None = None, **args: Any) -> Any:
        """Ask the worker for an operation and wait for the answer.

        Raises
        ------
        RemoteError
            The operation raised; its traceback is in the message.
        WorkerTimeout
            No answer in time; the worker was ended.
        WorkerCrashed
            The worker died.
        """
        with self._lock:
            self.start()
            return self._ask(op, args, self.timeout if timeout is None else timeout)

    def begin_alone(self, op: str, /, *, timeout: float | None = None, **args: Any) -> Any:
        """Like :meth:`call`; where programs are alone, in a new process that also answers what is asked from now on."""
        with self._lock:
            self.leave()
            self.start()
            self.life += 1
            return self._ask(op, args, self.timeout if timeout is None else timeout, alone=self.alone)

    def leave(self) -> None:
        """End the process of the current program, and all that it started."""
        with self._lock:
            if self.child is not None and self._process is not None:
                with contextlib.suppress(WorkerCrashed, WorkerTimeout):
                    self._ask("leave", {}, LEAVING)

    def _ask(self, op: str, args: Mapping[str, Any], timeout: float, *, alone: bool = False) -> Any:
        self._asked += 1
        number = self._asked
        request: dict[str, Any] = {"id": number, "op": op, "args": args}
        if alone:
            request["alone"] = {"memory": self.memory}
        frame = worker.encode(request)
        self._output.begin()
        try:
            self._connection.write(frame)
            answer = self._answer(number, timeout)
        except queue.Empty:
            message = f"{self.title} did not answer `{op}` within {timeout:g} s and was ended"
            raise WorkerTimeout(message + self._lost()) from None
        except OSError:
            answer = None
        except BaseException:  # Ctrl-C: the next answer would not be that to the next question
            self.close()
            raise
        if answer is None:
            code = self._wait_for_exit()
            raise WorkerCrashed(f"{self.title} {_death(code)} during `{op}`" + self._lost())
        if "died" in answer:
            how = answer["died"] if isinstance(answer["died"], str) else _death(answer["died"])
            raise WorkerCrashed(f"{self.title} {how} during `{op}`" + self._last_lines())
        if answer["ok"]:
            return answer["result"]
        error = answer["error"]
        raise RemoteError(
            f"{error['type']}: {error['message']}\n--- in {self.title} ---\n{error['traceback'].rstrip()}"
        )

    def _answer(self, number: int, timeout: float) -> Any:
        """Wait for the answer to a question; None when the worker is gone. ``queue.Empty`` when it takes too long."""
        end = time.monotonic() + timeout
        while True:
            answer = self._answers.get(timeout=max(0.0, end - time.monotonic()))
            if answer is None or answer["id"] == number:
                return answer
            if "began" in answer:
                self.child = answer["began"]
            elif "died" in answer or "left" in answer:
                self.child = None
                return answer if "died" in answer else {"ok": True, "result": None}
            elif answer["id"] is None or answer["id"] > number:
                return None
            # else the late answer to a question of a program that died

    def output(self) -> str:
        """What the worker printed during the last question (its end, if it was long)."""
        return self._output.until(self._asked)

    def _wait_for_exit(self) -> int | None:
        process = self._process
        try:
            return None if process is None else process.wait(timeout=2.0)
        except subprocess.TimeoutExpired:
            return None

    def _lost(self) -> str:
        """End the worker, or the one program in it; the last lines of what it printed, as the end of a message."""
        if not self._end_child():
            self.close()
        return self._last_lines()

    def _end_child(self) -> bool:
        """End the process of the current program; False if there is none, or if the worker does not notice."""
        if self.child is None or self._process is None:
            return False
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.child, signal.SIGKILL)
        with contextlib.suppress(queue.Empty):
            return self._answer(self._asked, LEAVING) is not None
        return False

    def _last_lines(self) -> str:
        lines = self._output.text().strip().splitlines()[-SHOWN_LINES:]
        return "\n--- the last lines that it printed ---\n" + "\n".join(lines) if lines else ""

    def close(self) -> None:
        """End the worker and everything that descends from it. The next question starts a new one.

        Takes no lock: a question that another thread has asked ends with :class:`WorkerCrashed`.
        """
        process, self._process = self._process, None
        self.child = None
        if process is None:
            return
        family = [process.pid, *worker.descendants(process.pid)]
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            for pid in family[1:]:  # programs have groups of their own
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()
        for thread in self._threads:
            thread.join(timeout=1.0)
        for pipe in (process.stdin, process.stdout, process.stderr):
            # a descendant that left the group may still hold the other end, and our reader with it
            with contextlib.suppress(OSError, ValueError):
                if pipe is not None and not any(thread.is_alive() for thread in self._threads):
                    pipe.close()
        _clients.discard(self)


def _read(connection: Connection, answers: queue.SimpleQueue[Any]) -> None:
    """Pass on answers; None when the pipe ended or carried something else."""
    try:
        while True:
            answers.put(connection.receive())
    except (EOFError, OSError, ValueError, KeyError, TypeError, MemoryError):
        answers.put(None)


def _death(code: int | None) -> str:
    if code is None:
        return "closed its pipe"
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


class _Output:
    """The end of what a worker prints, read by a thread so that it can never block; memory is bounded."""

    def __init__(self, pipe: BinaryIO | Any) -> None:
        self._pipe = pipe
        self._kept = b""
        self._dropped = 0
        self._start = 0
        self._changed = threading.Condition()
        self.thread = threading.Thread(target=self._drain, daemon=True)
        self.thread.start()

    def _drain(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while chunk := os.read(self._pipe.fileno(), KEPT_OUTPUT):
                with self._changed:
                    whole = self._kept + chunk
                    self._kept = whole[-KEPT_OUTPUT:]
                    self._dropped += len(whole) - len(self._kept)
                    self._changed.notify_all()

    def begin(self) -> None:
        """Remember where the output of the next question begins."""
        with self._changed:
            self._start = self._dropped + len(self._kept)

    def _since(self) -> bytes:
        return self._kept[max(0, self._start - self._dropped) :]

    def until(self, number: int) -> str:
        """Return what was printed since :meth:`begin`, up to the mark that ends question ``number``."""
        mark = worker.MARK.format(number).encode()
        with self._changed:
            self._changed.wait_for(lambda: mark in self._since(), timeout=1.0)
            return _clean(self._since().split(mark)[0])

    def text(self) -> str:
        """Return everything that is kept."""
        with self._changed:
            return _clean(self._kept)


def _clean(output: bytes) -> str:
    return MARKS.sub(b"", output).decode("utf-8", "replace")

"""Programs that have a process of their own: whatever they do there ends with them."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from pm_migrate.errors import RemoteError, WorkerCrashed, WorkerTimeout
from pm_migrate.reference.worker import descendants

from .conftest import FakeWorker

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs share a process where fork is not safe")

#: ``run`` executes code, and remembers what it was given as a program would be remembered.
RUN = """
seen = []
def run(code):
    seen.append(code)
    names = {"os": os, "sys": sys, "time": time, "subprocess": subprocess, "signal": signal}
    exec(code, names)
    return names.get("answer")
operations = {"run": run, "seen": lambda: seen, "pid": os.getpid}
"""


def gone(pid: int) -> bool:
    """Whether a process has ended, waiting a little for it."""
    for _ in range(100):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


def test_each_begins_anew_and_the_worker_lives_on(fake_worker: FakeWorker) -> None:
    with fake_worker(RUN, alone=True) as client:
        first = client.begin_alone("pid")
        assert client.begin_alone("run", code="import decimal; sys.modules['mine'] = decimal") is None
        assert client.call("seen") == ["import decimal; sys.modules['mine'] = decimal"]
        assert client.begin_alone("run", code="answer = 'mine' in sys.modules") is False
        assert client.call("seen") == ["answer = 'mine' in sys.modules"]
        worker = client.pid
        assert len({first, client.call("pid"), worker}) == 3
        client.leave()
        assert gone(first) and client.call("pid") == worker and client.call("seen") == []


@pytest.mark.parametrize(
    ("death", "words"),
    [
        ("os._exit(0)", "ended with exit code 0"),
        ("os._exit(5)", "ended with exit code 5"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "was ended by SIGSEGV"),
        ("print('x' * 10**6, file=sys.stderr); print('last words', file=sys.stderr); os.abort()", "last words"),
    ],
)
def test_a_crash_costs_only_itself(fake_worker: FakeWorker, death: str, words: str) -> None:
    with fake_worker(RUN, alone=True) as client:
        client.start()
        worker = client.pid
        with pytest.raises(WorkerCrashed, match=words):
            client.begin_alone("run", code=death)
        assert client.begin_alone("run", code="answer = 7") == 7 and client.pid == worker


def test_a_death_between_two_questions_is_told_at_the_next(fake_worker: FakeWorker) -> None:
    later = "import threading; threading.Timer(0.1, lambda: os._exit(3)).start()"
    with fake_worker(RUN, alone=True) as client:
        for _ in range(2):
            client.begin_alone("run", code=later)
            time.sleep(0.5)
            with pytest.raises(WorkerCrashed, match="exit code 3"):
                client.call("seen")
            assert client.begin_alone("run", code="answer = 7") == 7
        client.begin_alone("run", code=later)
        time.sleep(0.5)
        assert client.begin_alone("run", code="answer = 8") == 8


def test_a_hang_is_ended_and_the_worker_lives_on(fake_worker: FakeWorker) -> None:
    with fake_worker(RUN, alone=True) as client:
        client.start()
        worker = client.pid
        stubborn = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: pass"
        with pytest.raises(WorkerTimeout, match=r"did not answer `run` within 0.5 s"):
            client.begin_alone("run", timeout=0.5, code=stubborn)
        assert client.begin_alone("run", code="answer = 7") == 7 and client.pid == worker


def test_too_much_memory(fake_worker: FakeWorker) -> None:
    with fake_worker(RUN, alone=True, memory=2**28) as client:
        with pytest.raises(WorkerCrashed, match=r"used more than 0.25 GiB of memory and was ended"):
            client.begin_alone("run", code="kept = bytearray(2**29)\nwhile True: kept[::4096] = kept[::4096]")
        grandchild = "subprocess.Popen([sys.executable, '-c', 'k = bytes([1]) * 2**29\\nwhile True: pass']).wait()"
        with pytest.raises(WorkerCrashed, match="memory"):
            client.begin_alone("run", code=grandchild)
        assert client.begin_alone("run", code="answer = 7") == 7


DAEMON = """
pid = os.fork()
if pid == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    os.closerange(0, 100)
    open({path!r}, "w").write(str(os.getpid()))
    while True:
        time.sleep(1)
os.waitpid(pid, 0)
while not os.path.exists({path!r}) or not open({path!r}).read():
    time.sleep(0.01)
"""


@pytest.mark.parametrize("ending", ["leave", "next", "close", "crash"])
def test_nothing_that_it_started_is_left(fake_worker: FakeWorker, tmp_path: Path, ending: str) -> None:
    """A daemon has left its group, its session and its parent."""
    path = tmp_path / "pid"
    with fake_worker(RUN, alone=True) as client:
        code = DAEMON.format(path=str(path)) + "answer = subprocess.Popen(['sleep', '100']).pid"
        child = client.begin_alone("run", code=code)
        daemon = int(path.read_text())
        assert not {child, daemon} - set(descendants(os.getpid()))
        if ending == "crash":
            with pytest.raises(WorkerCrashed):
                client.call("run", code="os._exit(1)")
        elif ending == "next":
            client.begin_alone("pid")
        else:
            getattr(client, ending)()
        assert gone(daemon) and gone(child)


def test_a_forked_child_does_not_answer(fake_worker: FakeWorker) -> None:
    with fake_worker(RUN, alone=True) as client:
        assert client.begin_alone("run", code="answer = os.fork() and 'parent'") == "parent"
        assert client.call("run", code="answer = 7") == 7


def test_exceptions_leave_it_alone(fake_worker: FakeWorker) -> None:
    with fake_worker(RUN, alone=True) as client:
        with pytest.raises(RemoteError, match="SystemExit"):
            client.begin_alone("run", code="sys.exit(3)")
        with pytest.raises(RemoteError, match="EOFError"):
            client.call("run", code="input()")
        assert len(client.call("seen")) == 2

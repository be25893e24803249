"""A client survives whatever its worker does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from pm_migrate.errors import RemoteError, WorkerCrashed, WorkerTimeout
from pm_migrate.reference.process import WorkerClient

from .conftest import FakeWorker

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and process groups as POSIX has them")

NOISY = r"""
def noisy():
    print("from Python")
    os.write(1, b"to descriptor 1\n")
    ctypes.CDLL(None).puts(b"from C")
    ctypes.CDLL(None).fflush(None)
    subprocess.run(["echo", "from a child"])
    try:
        input()
    except EOFError:
        print("no input")
    return "still there"
operations = {"noisy": noisy}
"""


def gone(pid: int) -> bool:
    """Whether a process ends within some seconds."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if (
            Path(f"/proc/{pid}/stat").exists()
            and Path(f"/proc/{pid}/stat").read_text().rsplit(")")[1].split()[0] == "Z"
        ):
            return True
        time.sleep(0.05)
    return False


def test_it_starts_with_the_first_question(fake_worker: FakeWorker) -> None:
    client = fake_worker()
    assert client.pid is None
    assert client.call("echo", x=np.arange(3.0))["x"].tolist() == [0, 1, 2]
    assert client.versions == {"fake": "1"} and client.life == 1


def test_printing_cannot_reach_the_frames(fake_worker: FakeWorker) -> None:
    client = fake_worker(NOISY)
    assert client.call("noisy") == "still there"
    lines = set(client.output().splitlines())
    assert lines == {"from Python", "to descriptor 1", "from C", "from a child", "no input"}
    assert client.call("echo", a=1) == {"a": 1}
    assert client.output() == ""


def test_output_is_bounded_and_never_blocks(fake_worker: FakeWorker) -> None:
    client = fake_worker("operations = {'flood': lambda: [os.write(1, b'x' * 1000 + b'\\n') for _ in range(5000)][-1]}")
    assert client.call("flood") == 1001
    assert 10_000 < len(client.output()) <= 1 << 16


def test_an_exception_is_remote_and_harmless(fake_worker: FakeWorker) -> None:
    client = fake_worker("def bad(): return {}['key']\noperations = {'bad': bad, 'leave': lambda: sys.exit(3)}")
    with pytest.raises(RemoteError, match=r"(?s)KeyError: 'key'.*in bad"):
        client.call("bad")
    with pytest.raises(RemoteError, match="SystemExit: 3"):
        client.call("leave")
    with pytest.raises(RemoteError, match="KeyError: 'no_such'"):
        client.call("no_such")
    assert client.call("echo") == {} and client.life == 1


def test_an_answer_that_cannot_be_sent_is_remote(fake_worker: FakeWorker) -> None:
    client = fake_worker("operations = {'odd': lambda: object()}")
    with pytest.raises(RemoteError, match="cannot be sent"):
        client.call("odd")
    assert client.life == 1


def test_a_question_that_cannot_be_sent_leaves_the_worker_alone(fake_worker: FakeWorker) -> None:
    client = fake_worker()
    client.start()
    with pytest.raises(TypeError, match="cannot be sent"):
        client.call("echo", x=object())
    assert client.call("echo") == {} and client.life == 1


DEATHS = {
    "os._exit(7)": "ended with exit code 7",
    "os.kill(os.getpid(), signal.SIGSEGV)": "was ended by SIGSEGV",
    "ctypes.string_at(0)": "was ended by SIGSEGV",
    "(os.closerange(3, 50), time.sleep(60))": "closed its pipe",
}


@pytest.mark.parametrize("death", DEATHS)
def test_a_crash_shows_the_last_words_and_a_new_one_starts(fake_worker: FakeWorker, death: str) -> None:
    client = fake_worker(f"operations = {{'die': lambda: (os.write(2, b'last words'), {death})}}")
    client.start()
    pid = client.pid
    with pytest.raises(WorkerCrashed, match=f"(?s)the fake {DEATHS[death]} during `die`.*last words"):
        client.call("die")
    assert pid is not None and gone(pid)
    assert client.call("echo", a=2) == {"a": 2}
    assert client.life == 2


def test_a_hang_is_ended_in_time(fake_worker: FakeWorker) -> None:
    client = fake_worker("operations = {'hang': lambda: (print('thinking', flush=True), time.sleep(600))}")
    client.start()
    pid = client.pid
    start = time.monotonic()
    with pytest.raises(WorkerTimeout, match=r"(?s)did not answer `hang` within 1 s and was ended.*thinking"):
        client.call("hang", timeout=1.0)
    assert time.monotonic() - start < 20
    assert pid is not None and gone(pid)
    assert client.call("echo") == {}


def test_its_children_end_with_it(fake_worker: FakeWorker) -> None:
    client = fake_worker("operations = {'spawn': lambda: subprocess.Popen(['sleep', '600']).pid}")
    child = client.call("spawn")
    client.close()
    assert gone(child)
    client.close()


def test_a_forked_child_does_not_answer(fake_worker: FakeWorker) -> None:
    client = fake_worker("operations = {'fork': lambda: os.fork() == 0}")
    assert client.call("fork") is False
    assert [client.call("echo", n=n) for n in range(20)] == [{"n": n} for n in range(20)]


def test_a_worker_that_cannot_start(fake_worker: FakeWorker, tmp_path: Path) -> None:
    client = fake_worker("raise ImportError('no pymc3 here')")
    with pytest.raises(WorkerCrashed, match=r"(?s)exit code 1 during `hello`.*no pymc3 here"):
        client.call("echo")
    missing = WorkerClient([str(tmp_path / "python")], {}, title="nothing", timeout=1, start_timeout=1)
    with pytest.raises(WorkerCrashed, match="nothing could not be started"):
        missing.call("echo")


def test_a_worker_that_writes_rubbish(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import time; print('x' * 100, flush=True); time.sleep(600)"]
    with (
        WorkerClient(command, os.environ, title="rubbish", timeout=5, start_timeout=20) as client,
        pytest.raises(WorkerCrashed, match="rubbish closed its pipe"),
    ):
        client.call("echo")


@pytest.mark.parametrize("how", ["normal", "killed"])
def test_no_process_is_left_behind(fake_worker: FakeWorker, how: str) -> None:
    """Neither when Python ends without closing its clients, nor when it is killed while the worker is busy."""
    command = fake_worker("operations = {'busy': lambda: time.sleep(600)}").command
    script = f"""
import os, threading, time
from pm_migrate.reference.process import WorkerClient
client = WorkerClient({command!r}, os.environ, title="left", timeout=600, start_timeout=60)
client.start()
threading.Thread(target=client.call, args=("busy",), daemon=True).start()
time.sleep(0.5)
print(client.pid, flush=True)
if {how!r} == "killed":
    time.sleep(600)
"""
    # the busy thread holds the client's lock: an ending interpreter must not wait for it
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        if how == "killed":
            process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)
    assert gone(pid)

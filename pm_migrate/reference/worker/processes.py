# ruff: noqa: UP006, UP035 -- Python 3.7 has neither zip(strict=) nor the new type syntax
"""One program, one process: forked, watched, and ended with all that it has started."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from typing import Any, Dict, List, Mapping, Tuple

from .protocol import Connection, encode

MEMORY_EVERY = 0.2


class Keeper:
    """Forks for one program, and keeps its child until it is gone, with everything that the child has started.

    Frames without an answer tell the client about it: ``{"began": pid}`` before anything is answered, ``{"died": how}``
    if the child ends before it was asked to leave. Descendants that left their group or their session are found, too:
    where the system knows subreapers (Linux), orphans become children of this process.
    """

    def __init__(self, connection: Connection, request: Mapping[str, Any]) -> None:
        self.connection, self.request = connection, request
        self.memory = request["alone"].get("memory")
        become_subreaper()
        start, begin = os.pipe()
        self.farewell, self._goodbye = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            os.setpgid(0, 0)
            os.close(begin)
            os.read(start, 1)  # until the client knows whom to end
            os.close(start)
            with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
                score.write("1000")  # when memory is short, the program goes, and not its neighbours
            return
        with contextlib.suppress(OSError):
            os.setpgid(self.pid, self.pid)
        os.close(start)
        os.close(self._goodbye)
        connection.write(encode({"id": None, "began": self.pid}))
        os.close(begin)

    def in_parent(self) -> bool:
        """In the child, return False at once; in the parent, True when the child is gone."""
        if self.pid == 0:
            return False
        status, reason = self._wait()
        left = os.read(self.farewell, 1) == b"."
        os.close(self.farewell)
        end_descendants()
        self.connection.write(encode({"id": None, "left": True} if left else {"id": None, "died": reason or status}))
        return True

    def say_goodbye(self) -> None:
        """In the child: let the parent know that it ends on purpose."""
        os.write(self._goodbye, b".")

    def _wait(self) -> Tuple[int, str]:
        """Wait for the child; the exit code (negative: the signal) and why it was ended, if it was."""
        reason, checked, pause = "", time.time(), 0.002
        while True:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                signalled = os.WIFSIGNALED(status)
                return (-os.WTERMSIG(status) if signalled else os.WEXITSTATUS(status)), reason
            time.sleep(pause)
            pause = min(0.05, pause * 2)
            if self.memory and not reason and time.time() - checked > MEMORY_EVERY:
                checked = time.time()
                used = sum(resident(pid) for pid in [self.pid, *descendants(self.pid)])
                if used > self.memory:
                    reason = f"used more than {self.memory / 2**30:.3g} GiB of memory and was ended"
                    os.kill(self.pid, signal.SIGKILL)


def become_subreaper() -> None:
    """Let orphaned descendants become children of this process, where the system can do that."""
    # without it, orphans are found by their group, or leave with nobody: no libc, or one without prctl
    with contextlib.suppress(ImportError, OSError, AttributeError, TypeError):
        import ctypes

        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def resident(pid: int) -> int:
    """Bytes of memory that a process occupies; 0 if that cannot be known."""
    try:
        with open(f"/proc/{pid}/statm") as text:
            return int(text.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def descendants(pid: int) -> List[int]:
    """Processes that a process has started, and theirs; none where there is no ``/proc``."""
    children: Dict[int, List[int]] = {}
    with contextlib.suppress(OSError):
        for name in os.listdir("/proc"):
            if name.isdigit():
                with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{name}/stat") as text:
                    parent = int(text.read().rpartition(")")[2].split()[1])
                    children.setdefault(parent, []).append(int(name))
    found, left = [], [pid]
    while left:
        for child in children.get(left.pop(), []):
            found.append(child)
            left.append(child)
    return found


def end_descendants() -> None:
    """End every process that descends from this one, and wait for those that are its children."""
    for _ in range(100):
        alive = descendants(os.getpid())
        if not alive:
            return
        for pid in alive:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.01)

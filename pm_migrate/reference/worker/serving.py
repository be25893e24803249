# ruff: noqa: UP035, UP045 -- Python 3.7 has neither zip(strict=) nor the new type syntax
"""Answering requests on a pair of pipes that no program can reach."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
import traceback
from typing import Any, Callable, Mapping, Optional

from .processes import Keeper, end_descendants
from .protocol import Connection, encode

MARK = "\x1e{}\x1e\n"


def take_over_pipes() -> Connection:
    """Move the pipes away from standard input and output.

    Afterwards file descriptor 0 reads nothing and 1 writes where 2 does, for C code and child processes too; the moved
    descriptors are not inherited by programs that are executed.
    """
    sys.stdout.flush()
    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    _restore_streams(2)
    return Connection(reader, writer)


def _restore_streams(output: int) -> None:
    """Give file descriptors 0 to 2 and Python's standard streams their meaning, whatever a program did to them."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    if nothing != 0:
        os.dup2(nothing, 0)
        os.close(nothing)
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        if descriptor != output:
            os.dup2(output, descriptor)
        stream = getattr(sys, f"__{name}__")
        if stream is None or stream.closed:
            stream = open(descriptor, "w", buffering=1, errors="replace", closefd=False)  # noqa: SIM115 -- stays open
            setattr(sys, f"__{name}__", stream)
        stream.reconfigure(line_buffering=True)  # so that the last words of a crash are known
        setattr(sys, name, stream)


def serve(
    connection: Connection,
    operations: Mapping[str, Callable[..., Any]],
    may_fork: Callable[[], bool] = lambda: hasattr(os, "fork"),
) -> None:
    """Answer requests until the other side closes the pipe.

    A request is ``{"id", "op", "args"}``; the answer ``{"id", "ok", "result"}`` or ``{"id", "ok", "error"}`` with the
    type, message and traceback of the exception. A mark with the number of the request on standard error ends what
    the request printed.

    A request with ``alone`` is answered by a child of this process, and so is all that follows until one of
    ``leave``: a program then finds everything imported and nothing touched by another, and what it does to its process
    ends with it. See :class:`Keeper`. Where ``may_fork`` says no, this process answers itself.
    """
    output = os.dup(2)
    owner = _watch_parent()
    inside: Optional[Keeper] = None
    while True:
        try:
            request = connection.receive()
        except EOFError:
            break
        if request.get("alone") is not None and inside is None and may_fork():
            keeper = Keeper(connection, request)
            if keeper.in_parent():
                continue
            inside, owner = keeper, _watch_parent()
        _restore_streams(output)
        leaving = inside is not None and request["op"] == "leave"
        try:
            result = None if leaving else operations[request["op"]](**request["args"])
            frame = encode({"ok": True, "result": result, "id": request["id"]})
        except BaseException as error:  # SystemExit too: whatever was raised is the answer
            described = {
                "type": type(error).__name__,
                "message": str(error),
                "traceback": traceback.format_exc(),
            }
            frame = encode({"ok": False, "error": described, "id": request["id"]})
        if os.getpid() != owner:
            os._exit(0)  # a child that the program forked and that came back here: the pipe is not its own
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stdout.flush()
            sys.stderr.flush()
        os.write(output, MARK.format(request["id"]).encode())
        if leaving and inside is not None:
            inside.say_goodbye()
            os._exit(0)  # the parent answers, once nothing of the program is left
        connection.write(frame)
    if inside is not None:
        os._exit(0)
    end_descendants()


def _watch_parent() -> int:
    """End this process with its parent; returns its number."""
    threading.Thread(target=_leave_with_parent, args=(os.getppid(),), daemon=True).start()
    return os.getpid()


def _leave_with_parent(parent: int) -> None:
    """End this process soon after its parent, also when a program keeps it busy, and what it started with it."""
    while os.getppid() == parent:
        time.sleep(2.0)
    end_descendants()
    os._exit(0)

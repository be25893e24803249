"""Workers for the tests: small ones written here, and the real reference where there is one."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pm_migrate.reference import provision
from pm_migrate.reference.client import ReferenceClient
from pm_migrate.reference.process import WorkerClient

FakeWorker = Callable[..., WorkerClient]

FRAME = """
import ctypes, os, signal, subprocess, sys, time
from pm_migrate.reference.worker import run_program, serve, take_over_pipes

{body}

serve(take_over_pipes(), {{"hello": lambda: {{"fake": "1"}}, "echo": lambda **args: args, **operations}})
"""


@pytest.fixture
def fake_worker(tmp_path: Path) -> Iterator[FakeWorker]:
    """Make a client of a worker whose ``operations`` are defined by the code given."""
    made: list[WorkerClient] = []

    def make(body: str = "operations = {}", *, timeout: float = 30.0, **options: Any) -> WorkerClient:
        options = {"start_timeout": 60.0, **options}
        script = tmp_path / f"worker{len(made)}.py"
        script.write_text(FRAME.format(body=textwrap.dedent(body)))
        command = [sys.executable, "-W", "ignore", str(script)]
        client = WorkerClient(command, os.environ, title="the fake", timeout=timeout, **options)
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture(scope="session")
def reference() -> Iterator[ReferenceClient]:
    """The real reference; skips, with the reason, where there is none."""
    python = provision.find()
    if python is None:
        pytest.skip("no PyMC3 reference interpreter: run `pm-migrate reference install`")
    with ReferenceClient(python, timeout=300.0) as client:
        yield client


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], Path]:
    """Write a program to a file of its own."""

    def write(text: str) -> Path:
        path = tmp_path / "program.py"
        path.write_text(textwrap.dedent(text))
        return path

    return write

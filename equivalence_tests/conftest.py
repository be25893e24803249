"""The reference interpreter, once per test process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pm_migrate.reference import provision
from pm_migrate.reference.client import ReferenceClient


@pytest.fixture(scope="session")
def reference() -> Iterator[ReferenceClient]:
    """A client of a PyMC3 interpreter; skips, with the reason, where there is none."""
    python = provision.find()
    if python is None:
        pytest.skip("no PyMC3 reference interpreter: run `pm-migrate reference install`")
    with ReferenceClient(python, timeout=300.0) as client:
        yield client


@pytest.fixture(scope="session")
def device(request: pytest.FixtureRequest) -> str:
    """The device of ``--device``; skips, with the reason, where there is none."""
    import tensorflow as tf

    if request.config.getoption("--device") == "cpu":
        return "/CPU:0"
    if not tf.config.list_physical_devices("GPU"):
        pytest.skip("TensorFlow sees no GPU on this machine")
    return "/GPU:0"

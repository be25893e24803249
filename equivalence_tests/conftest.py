"""The reference interpreter, once per test process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from equivalence_tests.devices import DEFAULT, MISSING
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
def reference_beside(request: pytest.FixtureRequest) -> ReferenceClient | None:
    """PyMC3 for tests that hold us against formulas, too: on a device other than the CPU they can do without."""
    if request.config.getoption("--device") != DEFAULT and provision.find() is None:
        return None
    return request.getfixturevalue("reference")


@pytest.fixture(scope="session")
def device(request: pytest.FixtureRequest) -> str:
    """The device of ``--device``; skips, with the reason, where there is none."""
    missing = request.config.stash.get(MISSING, None)
    if missing is not None:
        pytest.skip(missing)
    return f"/{request.config.getoption('--device')}"


@pytest.fixture(autouse=True)
def evaluated_there(request: pytest.FixtureRequest) -> Iterator[None]:
    """Everything in this folder runs on the device of ``--device``; on the CPU, TensorFlow does so by itself."""
    if request.config.getoption("--device") == DEFAULT:
        yield
        return
    import tensorflow as tf

    with tf.device(request.getfixturevalue("device")):
        yield

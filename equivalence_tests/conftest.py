"""The reference interpreter, once per test process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from equivalence_tests.devices import DEFAULT, MISSING
from pm_migrate.reference import provision
from pm_migrate.reference.client import ReferenceClient
from pm_migrate.reference.worker import resident

#: Bytes of PyMC3's process, which keeps each function that it has compiled, above which a new one takes its place.
LARGEST_REFERENCE = 2 * 2**30

_CLIENTS: list[ReferenceClient] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of one case of ``test_density`` follow each other: what one compiles, the next one finds."""
    places = [i for i, item in enumerate(items) if item.path.name == "test_density.py" and hasattr(item, "callspec")]
    mine = [items[i] for i in places]
    first: dict[str, int] = {}
    for i, item in enumerate(mine):
        first.setdefault(item.callspec.id, i)  # type: ignore[attr-defined]
    mine.sort(key=lambda item: first[item.callspec.id])  # type: ignore[attr-defined]
    for i, item in zip(places, mine, strict=True):
        items[i] = item


@pytest.fixture(scope="session")
def reference() -> Iterator[ReferenceClient]:
    """A client of a PyMC3 interpreter; skips, with the reason, where there is none."""
    python = provision.find()
    if python is None:
        pytest.skip("no PyMC3 reference interpreter: run `pm-migrate reference install`")
    with ReferenceClient(python, timeout=300.0) as client:
        _CLIENTS.append(client)
        yield client
    _CLIENTS.clear()


@pytest.fixture(autouse=True, scope="module")
def small_reference() -> Iterator[None]:
    """After each file, PyMC3's process ends if it has grown large: the next question starts another."""
    yield
    for client in _CLIENTS:
        if client.pid is not None and resident(client.pid) > LARGEST_REFERENCE:
            client.close()


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

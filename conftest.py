"""Options and settings shared by all tests."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from equivalence_tests import devices

# before any test module imports TensorFlow
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("PM_MIGRATE_XLA_CACHE", "off")  # what is tested is what is compiled

# TensorFlow, XLA and Theano allocate in many threads; each would keep an arena of its own, and what is freed there.
os.environ.setdefault("MALLOC_ARENA_MAX", "2")  # of the processes that tests start
M_ARENA_MAX = -8
LIBC: Any = ctypes.CDLL(None) if sys.platform == "linux" else None
if hasattr(LIBC, "mallopt"):
    LIBC.mallopt(M_ARENA_MAX, 2)

# Timing differs by a factor of ten between a first (tracing) and a later example, and between machines.
# Batches of matrices are large examples, and drawing one takes its time.
HEALTH = [HealthCheck.too_slow, HealthCheck.large_base_example, HealthCheck.data_too_large]
# The default profile draws the same points in every run, so that a failure is somebody's change; deep draws others.
settings.register_profile(
    "default", max_examples=200, deadline=None, derandomize=True, database=None, suppress_health_check=HEALTH
)
settings.register_profile("deep", max_examples=5000, deadline=None, suppress_health_check=HEALTH)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--profile", choices=("default", "deep"), default="default", help="deep: more Hypothesis examples, all programs"
    )
    parser.addoption(
        "--device", type=devices.device_name, default=devices.DEFAULT, help="where densities are evaluated (gpu, GPU:0)"
    )
    parser.addoption("--record-wrong-bits", metavar="FOLDER", help="keep the wrong bits of every point drawn")


def with_exact_casts(wanted: bool) -> None:
    """``tf.cast(0.1, tf.float64)`` is 0.1 in float32, made longer: no test may see that happen."""
    tf: Any = sys.modules.get("tensorflow")
    if not hasattr(tf, "cast") or hasattr(tf.cast, "of_tensorflow") == wanted:
        return
    if not wanted:
        tf.cast = tf.cast.of_tensorflow
        return
    cast = tf.cast

    def exact(x: Any, dtype: Any, name: str | None = None) -> Any:
        numbers = x if isinstance(x, (list, tuple)) else (x,)
        assert not any(type(n) is float and n == n and float(tf.float32.as_numpy_dtype(n)) != n for n in numbers), (
            f"tf.cast rounds {x} to float32: use tf.constant"
        )
        return cast(x, dtype, name)

    exact.of_tensorflow = cast  # type: ignore[attr-defined]
    tf.cast = exact


def without_numbers_of_loaded_modules() -> None:
    """Hypothesis also draws the numbers written in the modules loaded so far: here, in whatever a worker ran before."""
    with suppress(ImportError, AttributeError):  # not public, so it may move
        from hypothesis.internal.conjecture import providers

        none = providers.Constants()
        if hasattr(providers, "_get_local_constants"):
            providers._get_local_constants = lambda: none


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What the imports leave stays: without freezing it, a third of the whole run goes to collecting garbage there.

    TensorFlow alone is a million objects, each of which every full collection would visit again.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 10)
        gc.enable()


def pytest_runtest_setup(item: pytest.Item) -> None:
    with_exact_casts(wanted=item.path.is_relative_to(Path(__file__).parent / "tests"))  # the harness measures digits


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """After each file, what is free goes back to the system: the allocator keeps most of it otherwise."""
    if nextitem is None or nextitem.path != item.path:
        gc.collect()
        if hasattr(LIBC, "malloc_trim"):
            LIBC.malloc_trim(0)


def pytest_report_header(config: pytest.Config) -> list[str]:
    return devices.header(config)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    devices.summary(terminalreporter, config)


def pytest_configure(config: pytest.Config) -> None:
    devices.use(config)
    settings.load_profile(config.getoption("--profile"))
    if config.getoption("--profile") == "default":
        without_numbers_of_loaded_modules()
    if config.getoption("--record-wrong-bits"):
        from equivalence_tests import recording

        recording.start(Path(config.getoption("--record-wrong-bits")))

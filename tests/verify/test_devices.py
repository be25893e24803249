"""Devices: their names, what hides a GPU, and that what is placed on one is there."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from pm_migrate.errors import ConfigurationError, DeviceMissing
from pm_migrate.reference.records import points_around
from pm_migrate.verify.devices import VARIABLE, default, environment, parse_device, require_device
from pm_migrate.verify.program import CandidateClient


@pytest.mark.parametrize(
    ("text", "name"),
    [("cpu", "CPU:0"), ("GPU", "GPU:0"), ("gpu:1", "GPU:1"), ("/GPU:0", "GPU:0"), (" /device:CPU:2", "CPU:2")],
)
def test_spellings(text: str, name: str) -> None:
    assert parse_device(text) == name


@pytest.mark.parametrize("text", ["", "tpu", "GPU:", "GPU:-1", "cuda:0", "GPU:0 GPU:1"])
def test_what_is_no_device(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is no device; it is one like CPU:0 or GPU:0"):
        parse_device(text)


def test_a_gpu_is_hidden_from_those_who_do_not_want_it() -> None:
    assert environment("CPU:0")["CUDA_VISIBLE_DEVICES"] == "-1"
    assert "CUDA_VISIBLE_DEVICES" not in environment("GPU:0")


def test_the_device_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert default() == "CPU:0"
    monkeypatch.setenv(VARIABLE, "gpu")
    assert default() == "GPU:0"
    monkeypatch.setenv(VARIABLE, "abacus")
    with pytest.raises(ConfigurationError, match="abacus"):
        default()


def test_placement_and_what_is_missing() -> None:
    """In a process of its own: TensorFlow is divided before its first operation."""
    script = textwrap.dedent(
        """
        from pm_migrate.verify.devices import prepare
        print(prepare("CPU:1"))
        import tensorflow as tf
        import pm_migrate.shims as pm
        with tf.device("/CPU:1"):
            square = tf.function(lambda x: x * x, jit_compile=True)
            with pm.Model() as model:
                pm.Normal("y", pm.Normal("x"), observed=1.0)
            density = model.log_density()
            density.logp_and_gradient(density.test_point)
            function = density.compiled("logp_and_gradient", None, jit_compile=False)
            logp, gradient = function(density.tensors(density.test_point))
            print(square(tf.constant(3.0)).device, (tf.constant(1.0) + 1.0).device, logp.device, gradient["x"].device)
        from pm_migrate.errors import DeviceMissing
        try:
            prepare("GPU:0")
        except DeviceMissing as error:
            print(error)
        """
    )
    hidden = {**os.environ, **environment("CPU:1"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=hidden, check=True)
    what, places, missing = done.stdout.splitlines()
    assert what == "part 1 of the CPU"
    assert [place.rpartition("/device:")[2] for place in places.split()] == ["CPU:1"] * 4
    assert missing == "TensorFlow sees no GPU:0 on this machine (none)"


@pytest.fixture
def deep(request: pytest.FixtureRequest) -> None:
    """Start TensorFlow once more only where time allows; the placement above runs always."""
    if request.config.getoption("--profile") != "deep":
        pytest.skip("starts TensorFlow again: with --profile deep")


@pytest.mark.usefixtures("deep")
def test_a_device_is_asked_for_in_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    require_device("CPU:0")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    with pytest.raises(DeviceMissing, match=r"^TensorFlow sees no GPU:3 on this machine"):
        require_device("GPU:3")


@pytest.mark.usefixtures("deep")
def test_candidates_evaluate_on_the_device(tmp_path: Path) -> None:
    """A program sees the device that its side was given, when it runs and when it is evaluated."""
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent(
            """
            import pymc3 as pm
            import tensorflow as tf

            print("run on", (tf.constant(1.0) + 1.0).device)
            with pm.Model() as model:
                x = pm.Normal("x", shape=2)
                pm.Normal("y", x.sum(), observed=0.5)
            """
        )
    )
    values = {}
    for device in ("CPU:0", "CPU:1"):
        with CandidateClient("drop-in", alone=True, device=device) as client:
            loaded = client.load_program(program)
            assert loaded.error is None, loaded.error
            assert loaded.output.strip().endswith(f"/device:{device}")
            points = points_around(loaded.models[0], 3, seed=0)
            values[device] = [e.logp for e in client.evaluate(loaded, loaded.models[0], points)]
    assert values["CPU:0"] == values["CPU:1"]

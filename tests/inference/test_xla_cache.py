"""Compiled programs are found again by the next process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf

from pm_migrate.shims import xla_cache
from pm_migrate.shims.stable_names import stabilised

PROGRAM = """
import sys
import pm_migrate.shims as pm
import tensorflow as tf
from pm_migrate.shims import inference

for i in range(int(sys.argv[1])):  # functions that another process has not traced
    tf.function(lambda x: tf.vectorized_map(lambda y: y * i, x))(tf.ones(3))
with pm.Model() as model:
    x = pm.Normal("x", 0.0, 1.0)
    pm.Normal("y", x, 1.0, observed=0.5)
drawn = inference.sample_chains(model.log_density(), draws=10, tune=10, chains=1, seed=1, progress=False)
print(drawn.values["x"].tolist())
"""


def entries(folder: Path) -> dict[str, int]:
    """Programs in the cache, with the times at which they were written."""
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*.pb")}


def run(folder: Path, traced: int) -> str:
    variables = {**os.environ, "PM_MIGRATE_XLA_CACHE": str(folder)}
    del variables["TF_CPP_MIN_LOG_LEVEL"]
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, str(traced)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=variables)
    assert "text_format" not in done.stderr
    return done.stdout


def test_the_second_process_finds_what_the_first_has_compiled(tmp_path):
    first = run(tmp_path, 0)
    kept = entries(tmp_path)
    assert kept  # what is compiled is written
    second = run(tmp_path, 3)
    assert entries(tmp_path) == kept  # so nothing was compiled
    assert second == first


def test_the_environment_decides(tmp_path, monkeypatch):
    monkeypatch.delenv("TF_XLA_FLAGS", raising=False)
    monkeypatch.setenv("PM_MIGRATE_XLA_CACHE", "off")
    assert xla_cache.configure() is None and "TF_XLA_FLAGS" not in os.environ
    monkeypatch.setenv("PM_MIGRATE_XLA_CACHE", str(tmp_path / "own"))
    folder = xla_cache.configure()
    assert folder == tmp_path / "own" / xla_cache.key() and folder.is_dir()
    assert os.environ["TF_XLA_FLAGS"].endswith(f"={folder}")
    before = os.environ["TF_XLA_FLAGS"]
    assert xla_cache.configure() is None and os.environ["TF_XLA_FLAGS"] == before


def test_a_folder_that_cannot_be_made_turns_it_off(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.delenv("TF_XLA_FLAGS", raising=False)
    for place in ("file", "with space"):
        monkeypatch.setenv("PM_MIGRATE_XLA_CACHE", str(tmp_path / place))
        assert xla_cache.configure() is None and "TF_XLA_FLAGS" not in os.environ


def test_flags_of_xla_have_a_folder_of_their_own(monkeypatch):
    before = xla_cache.key()
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true")
    assert xla_cache.key() != before
    assert xla_cache.key().startswith(f"tf{tf.__version__}")


def test_the_oldest_programs_go_first(tmp_path):
    for i in range(5):
        path = tmp_path / f"key{i % 2}" / f"{i}.pb"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x" * 100)
        os.utime(path, (i, i))
    xla_cache.prune(tmp_path, limit=250)
    assert sorted(path.name for path in tmp_path.rglob("*.pb")) == ["3.pb", "4.pb"]
    xla_cache.prune(tmp_path / "absent")


def branches(scale: float):
    def function(x):
        def body(i, y):
            return i + 1, tf.cond(i % 2 == 0, lambda: y * scale, lambda: y + 1.0)

        return {"y": tf.while_loop(lambda i, y: i < 5, body, (0, x))[1]}

    return tf.function(function, autograph=False, jit_compile=True).get_concrete_function(tf.TensorSpec((3,)))


@pytest.mark.parametrize("scale", [2.0, 3.0])
def test_a_stable_function_computes_the_same(scale):
    x = tf.constant([1.0, 2.0, -1.0])
    concrete = branches(scale)
    assert stabilised(concrete)(x)["y"].numpy().tolist() == concrete(x)["y"].numpy().tolist()
    # the same contents, traced anew and numbered otherwise
    assert stabilised(branches(scale))(x)["y"].numpy().tolist() == concrete(x)["y"].numpy().tolist()


def test_what_a_function_captures_is_passed_on():
    variable = tf.Variable(2.0)
    concrete = tf.function(lambda x: x * variable, jit_compile=True).get_concrete_function(tf.TensorSpec(()))
    call = stabilised(concrete)
    assert float(call(tf.constant(3.0))) == 6.0
    variable.assign(5.0)
    assert float(call(tf.constant(3.0))) == 15.0

"""TensorFlow comes without Keras, until a program asks for Keras."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

IMPORTED = """
import sys
import pm_migrate.shims
import tensorflow as tf
print(sorted({"keras", "tf_keras", "matplotlib", "pandas"} & set(sys.modules)))
print([type(finder).__name__ for finder in sys.meta_path if type(finder).__module__ == "pm_migrate.shims.keras_later"])
"""
ASKED = """
from tensorflow.keras.layers import Dense
print(Dense.__module__, tf.keras.layers.Dense is Dense, tf.optimizers.Adam is tf.keras.optimizers.Adam)
"""
FIRST = """
import keras
import pm_migrate.shims
import tensorflow as tf
print(tf.keras.layers.Dense is keras.layers.Dense)
"""


def printed(program: str, legacy: str) -> list[str]:
    variables = {**os.environ, "TF_USE_LEGACY_KERAS": legacy}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True, env=variables
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize("legacy", ["0", "1"])
def test_keras_is_imported_when_it_is_asked_for(legacy: str) -> None:
    before, finders, after = printed(IMPORTED + ASKED, legacy)
    assert (before, finders) == ("[]", "[]")
    assert after == printed("import tensorflow as tf" + ASKED, legacy)[0]


def test_a_program_that_imports_keras_first_has_the_same_one() -> None:
    assert printed(FIRST, "0") == ["True"]

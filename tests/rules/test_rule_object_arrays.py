"""A list of Theano's variables is an array of objects to NumPy: their sum is made element by element."""

from __future__ import annotations

import pytest

from pm_migrate import migrate_source

HEAD = """\
import numpy as np
import pymc3 as pm

X = np.ones((4, 3))

with pm.Model() as model:
    a, b = pm.Normal('a', 0, 1), pm.Normal('b', 0, 1)
    v = pm.Normal('v', 0, 1, shape=4)
    several = [pm.Normal('c%d' % i, 0, 1) for i in range(3)]
    rows = [s * X[:, i] for i, s in enumerate(several)]
"""


def migrated(expression: str) -> tuple[str, list[str]]:
    """What becomes of an expression in a model, and what is said of it."""
    result = migrate_source(HEAD + f"    pm.Potential('p', {expression})\n")
    line = next(text for text in result.code.splitlines() if "'p'" in text)
    return line.split("'p', ")[1][:-1], [f.message for f in result.findings if f.code == "PM402"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("np.sum(rows)", "sum(rows)"),
        ("np.sum(rows, axis=0)", "sum(rows)"),
        ("np.sum(rows, 0)", "sum(rows)"),
        ("np.sum([a * X[:, 0], v])", "sum([a * X[:, 0], v])"),
        ("np.sum([s * X[:, 1] for s in several])", "sum([s * X[:, 1] for s in several])"),
        ("np.sum(s for s in several)", "sum(s for s in several)"),
        ("np.sum(several)", "tf.reduce_sum(several)"),
        ("np.sum([a, b, 1.0])", "tf.reduce_sum([a, b, 1.0])"),
        ("np.prod([a, b])", "tf.reduce_prod([a, b])"),
        ("np.array([a, b])", "tf.stack([a, b])"),
        ("np.array([a, 20, 20], dtype=object)", "tf.stack([a, 20, 20])"),
        ("np.array(several)", "tf.stack(several)"),
        ("np.asarray([2 * s for s in several])", "tf.stack([2 * s for s in several])"),
    ],
)
def test_what_tensorflow_has(before: str, after: str) -> None:
    assert migrated(before)[0] == after


@pytest.mark.parametrize(
    "expression",
    [
        "np.prod(rows)",
        "np.cumsum(several)",
        "np.cumprod([a, b])",
        "np.array(rows)",
        "np.array([v, v])",
        "np.asarray(rows, dtype=object)",
        "np.array([[a, b], [b, a]])[0]",
        "np.array(s for s in several)",
        "np.sum([[a, b], [b, a]])",
        "np.sum(rows, axis=-1)",
    ],
)
def test_what_computes_with_objects_keeps_the_model(expression: str) -> None:
    line, messages = migrated(expression)
    assert line == expression
    assert len(messages) == 1 and "computes with objects" in messages[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("np.sum(v)", "tf.reduce_sum(v)"),
        ("np.sum(X * v[:, None], axis=1)", "tf.reduce_sum(X * v[:, None], axis=1)"),
        ("a * np.sum([1, 2])", "a * np.sum([1, 2])"),
        ("a * np.array([[1, 2], [3, 4]]).sum()", "a * np.array([[1, 2], [3, 4]]).sum()"),
        ("np.cumsum(v)", "np.cumsum(v)"),
        ("sum(rows)", "sum(rows)"),
        ("pm.math.sum([a, b])", "tf.reduce_sum([a, b])"),
    ],
)
def test_other_sums(before: str, after: str) -> None:
    assert migrated(before) == (after, [m for m in migrated(before)[1] if "objects" not in m])


def test_an_array_that_is_filled_later_is_no_tensor() -> None:
    program = HEAD + "    slots = np.array([a, b])\n    slots[0] = b\n    pm.Potential('p', slots[0])\n"
    assert [f.line for f in migrate_source(program).findings if f.code == "PM402" and "objects" in f.message] == [11]


def test_another_sum() -> None:
    """Where a program has a ``sum`` of its own, the list stays with the model."""
    program = HEAD.replace("X =", "def sum(x):\n    return 0\n\nX =") + "    pm.Potential('p', np.sum(rows))\n"
    assert "objects" in " ".join(f.message for f in migrate_source(program).findings)

"""Slices whose ends are random stay, those whose ends are data or shapes do not."""

from __future__ import annotations

import pytest

from pm_migrate import migrate_source

HEAD = """\
import numpy as np
import pymc3 as pm
import theano
import theano.tensor as tt

n = theano.shared(3)
ends = np.array([2, 3])

def given(x):
    return other(x)

with pm.Model() as model:
    tau = pm.DiscreteUniform('tau', 1, 9)
    rate = pm.Exponential('rate', 1, shape=3)
    size = pm.Data('size', 3)
    x = pm.Normal('x', 0, 1, shape=10)
"""


def refused(*lines: str) -> list[str]:
    """What is said of a slice in a model."""
    program = HEAD + "".join(f"    {line}\n" for line in lines)
    result = migrate_source(program)
    if "yield" in result.code:
        assert not migrate_source(result.code).changed
    return [f.message.partition(" is random")[0].strip("`") for f in result.findings if f.code == "PM404"]


@pytest.mark.parametrize(
    ("line", "end"),
    [
        ("x[:tau]", "tau"),
        ("x[tau + 1:]", "tau + 1"),
        ("x[0:int(tau)]", "int(tau)"),
        ("x[tt.cast(rate[0], 'int32'):5]", "tt.cast(rate[0], 'int32')"),
        ("x[::tt.floor(rate.sum()).astype('int32')]", "tt.floor(rate.sum()).astype('int32')"),
        ("theano.shared(np.arange(9.))[:tau]", "tau"),
    ],
)
def test_random_ends_keep_the_model(line: str, end: str) -> None:
    assert refused(f"pm.Potential('p', {line})") == [end]


def test_a_name_of_what_is_random() -> None:
    assert refused("end = tau // 2", "pm.Potential('p', x[:end])") == ["end"]


@pytest.mark.parametrize(
    "lines",
    [
        ["x[:n]"],
        ["x[:n + 1]"],
        ["x[:size]"],
        ["x[:len(x) - 1]"],
        ["x[x.shape[0] // 2:]"],
        ["x[:tt.shape(x)[0]]"],
        ["x[:int(len(rate))]"],
        ["x[:given(x)]"],
        ["x[:ends[0]]"],
        ["x[tau]"],
        ["x[tt.arange(3) + tau]"],
        ["end = tau", "end = 3", "x[:end]"],
        ["m = len(x)", "x[:m]"],
        ["[x[:i] for i in range(3)][0]"],
    ],
)
def test_other_ends(lines: list[str]) -> None:
    assert not refused(*lines[:-1], f"pm.Potential('p', {lines[-1]})")


def test_draws_are_cut_outside() -> None:
    program = HEAD + "    trace = pm.sample()\ntau = int(trace['tau'].mean())\nprint(trace['x'][:tau])\n"
    assert "PM404" not in {f.code for f in migrate_source(program).findings}

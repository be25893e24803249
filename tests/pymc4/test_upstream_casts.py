"""Programs written for PyMC4 itself, run on TFP's distributions as PyMC4 made them: float32, no promotion of dtypes.

What stands in for PyMC4 here makes each distribution of TFP's class and arguments alone, as PyMC4 4.0a2 did; TFP
refuses to mix dtypes, now as then.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from pm_migrate import migrate_source

tf = pytest.importorskip("tensorflow", reason="the runtime's dependencies are not installed")
tfd = pytest.importorskip("tensorflow_probability").distributions

PROGRAM = """\
import numpy as np
import pymc3 as pm
import theano.tensor as tt

rng = np.random.RandomState(0)
x = rng.normal(size=6)
X = rng.normal(size=(6, 2))
index = np.array([0, 1, 2, 2, 1, 0])
sigma = np.array([1, 2, 3, 4, 5, 6])
data = rng.normal(size=6)

with pm.Model() as model:
    level = pm.Normal('level', 0, 5)
    group = pm.Normal('group', level, 2, shape=3)
    slope = pm.Normal('slope', 0, sd=3, shape=2)
    known = pm.Bernoulli('known', 0.5)
    mu = group[index] + tt.dot(X, slope) + x * level + 2 * known
    mu = tt.switch(x > 0, mu, x)
    y = pm.Normal('y', mu, sd=sigma, observed=data)
    pm.StudentT('z', nu=3, mu=tt.maximum(x, level), sd=tt.exp(level), observed=data)
"""


@pytest.fixture
def alpha(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """A module ``pymc4`` that makes TFP's distributions; gives the distributions of the last model run."""
    made: list[Any] = []

    def distribution(kind: Any) -> Callable[..., Any]:
        def make(name: str, *args: Any, observed: Any = None, batch_stack: Any = None, **kwargs: Any) -> Any:
            base = kind(*args, **kwargs)
            return (tfd.BatchBroadcast(base, [batch_stack]) if batch_stack else base), observed

        return make

    def model(function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, name: str | None = None) -> None:
            made.clear()
            generator = function(*args)
            value = None
            try:
                while True:
                    dist, observed = generator.send(value)
                    value = dist.sample(seed=1) if observed is None else tf.cast(observed, dist.dtype)
                    made.append(dist.log_prob(value))
            except StopIteration:
                return

        return run

    def student(loc: Any, scale: Any, df: Any) -> Any:
        return tfd.StudentT(df=df, loc=loc, scale=scale)

    module = types.ModuleType("pymc4")
    module.__dict__.update(
        model=model,
        Normal=distribution(tfd.Normal),
        Bernoulli=distribution(lambda probs: tfd.Bernoulli(probs=probs)),
        StudentT=distribution(student),
    )
    monkeypatch.setitem(sys.modules, "pymc4", module)
    yield made


def test_the_casts_are_what_tfp_asks_for(alpha: list[Any]) -> None:
    result = migrate_source(PROGRAM, runtime="upstream")
    assert "TODO" not in result.code and result.references.total == result.references.migrated
    exec(compile(result.code, "program", "exec"), {"__name__": "program"})
    assert [term.dtype for term in alpha] == [tf.float32] * 6
    assert all(np.isfinite(term).all() for term in alpha)


@pytest.mark.parametrize("cast", ["tf.cast(sigma, tf.float32)", "tf.cast(X, tf.float32)", "tf.cast(known, tf.float32)"])
def test_each_of_them_is_needed(alpha: list[Any], cast: str) -> None:
    code = migrate_source(PROGRAM, runtime="upstream").code
    assert cast in code
    plain = code.replace(cast, cast.removeprefix("tf.cast(").split(",")[0])
    with pytest.raises((TypeError, ValueError, tf.errors.InvalidArgumentError)):
        exec(compile(plain, "program", "exec"), {"__name__": "program"})

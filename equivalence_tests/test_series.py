"""Time series: programs against PyMC3, and the numeric cores against the recursions of the literature."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mpf
from rich.console import Console

from equivalence_tests import tolerances
from equivalence_tests.domains_series import magnitudes, signed
from equivalence_tests.judging import Inputs, exactly, wrong_bits
from pm_migrate.reference.client import ReferenceClient
from pm_migrate.shims.distributions.special import series
from pm_migrate.verify import jets, render, verify_program

HEADER = """
import numpy as np
import pymc3 as pm
import theano.tensor as tt
from pymc3.distributions.timeseries import AR, AR1, GARCH11, EulerMaruyama
from pymc3.distributions.timeseries import GaussianRandomWalk as Walk
from pymc3.distributions.timeseries import MvGaussianRandomWalk as MvWalk, MvStudentTRandomWalk as MvTWalk

DATA = np.random.RandomState(4).normal(size=(7, 3)).cumsum(axis=0)
COV = np.array([[2.0, 0.3, 0.1], [0.3, 1.0, -0.2], [0.1, -0.2, 0.5]])
"""

#: Bodies of models, by what they show. ``s`` and ``v`` are parameters that are random variables.
MODELS = {
    "AR1": 'AR1("x", k, 1 / s**2, shape=6); AR1("y", k, s, observed=DATA[:, 0])',
    "AR1 of several series": 'AR1("x", k, s, shape=(5, 2)); AR1("y", v / 4, s, observed=DATA)',
    "AR of one lag": 'AR("x", np.array([0.4]), s, shape=6); AR("y", [-0.4], tau=s, observed=DATA[:, 0])',
    "AR of a random scalar": 'AR("x", k, sd=s, shape=6)',
    "AR of a random vector": 'AR("x", v, sigma=s, shape=7); AR("y", v, sigma=s, observed=DATA[:, 1])',
    "AR of a list": 'AR("y", [k, 0.2, -k], sigma=s, observed=DATA[:, 1])',
    "AR with a constant": (
        'AR("x", v, sigma=s, constant=True, shape=6); AR("y", [0.1, k], constant=True, observed=DATA[:, 0])'
    ),
    "AR with a distribution of the first values": 'AR("x", v, tau=s, init=pm.Normal.dist(0.5, s), shape=7)',
    "AR of several series": (
        'AR("x", [k, 0.2], s, init=pm.StudentT.dist(3.0, sigma=s), shape=(5, 2)); AR("y", v, s, observed=DATA)'
    ),
    "random walk": 'Walk("x", sigma=s, shape=6); Walk("y", sd=s, observed=DATA[:, 0])',
    "random walk by precision": 'Walk("x", s, shape=6); Walk("y", tau=4.0, mu=k, observed=DATA[:, 0])',
    "random walk along time": (
        'm = pm.Normal("m", shape=6); h = pm.HalfNormal("h", 1.0, shape=6)\n    Walk("x", sigma=h, mu=m, shape=6)'
    ),
    "random walk with a first value": 'Walk("x", sigma=s, mu=k, init=pm.Normal.dist(k, 2 * s), shape=6)',
    "random walk of several series": (
        'Walk("x", sigma=s, init=pm.Normal.dist(k, 1.0), shape=(5, 2))\n    Walk("y", sigma=s, mu=0.1, observed=DATA)'
    ),
    "random walk with several first values": 'Walk("x", sigma=s, init=pm.Normal.dist(v, 1.0, shape=2), shape=6)',
    "random walk of columns": 'Walk("x", sigma=s, shape=(5, 1))',
    "random walk without a shape": 'Walk("x", sigma=s)',
    "GARCH": (
        'GARCH11("x", s, 0.3, 0.4, np.array(1.3), shape=6)\n'
        '    GARCH11("y", s, pm.Beta("a", 1, 2), pm.Beta("b", 1, 2), pm.HalfNormal("w", 1.0), observed=DATA[:, 0])'
    ),
    "GARCH of several series": 'GARCH11("y", s, 0.2, 0.3, tt.exp(v)[0] * np.ones(3), observed=DATA)',
    "Euler-Maruyama": (
        'EulerMaruyama("x", 0.1, lambda x, a: (a * x, s), [k], shape=6, testval=DATA[:6, 0])\n'
        '    EulerMaruyama("y", 0.1, lambda x, a, b: (a * x - x**3, b * tt.exp(x / 10)), (k, 0.7), observed=DATA[:, 1])'
    ),
    "random walk of vectors": (
        'MvWalk("x", np.zeros(3), COV, shape=(4, 3)); MvWalk("y", v[0] * np.ones(3), cov=COV, observed=DATA)'
    ),
    "random walk of vectors by precision": 'MvWalk("y", k * np.ones(3), tau=np.linalg.inv(COV), observed=DATA)',
    "random walk of vectors by factor": (
        "L = np.linalg.cholesky(COV)\n"
        '    MvWalk("x", np.zeros(3), chol=s * L, init=pm.MvNormal.dist(np.ones(3), chol=L), shape=(4, 3))\n'
        '    MvWalk("y", np.zeros(3), chol=L.T, lower=False, observed=DATA)'
    ),
    "random walk of one vector": 'MvWalk("x", np.zeros(3), COV, init=pm.Normal.dist(k, s), shape=3)',
    "random walk of vectors with heavy tails": (
        'MvTWalk("x", 4.0, np.zeros(3), COV, shape=(4, 3))\n'
        '    MvTWalk("y", 2 + s, v[1] * np.ones(3), chol=np.linalg.cholesky(COV), observed=DATA)'
    ),
}
PARAMETERS = 'k = pm.Uniform("k", -0.9, 0.9); s = pm.HalfNormal("s", 1.0); v = pm.Normal("v", 0, 1, shape={shape})'


@pytest.mark.parametrize("name", MODELS)
def test_programs_equal_pymc3(name: str, reference: ReferenceClient, tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    shape = 3 if name == "AR1 of several series" else 2
    path.write_text(f"{HEADER}\nwith pm.Model() as model:\n    {PARAMETERS.format(shape=shape)}\n    {MODELS[name]}\n")
    report = verify_program(path, None, reference=reference, points=8, seed=1)
    table = io.StringIO()
    Console(file=table, width=160).print(render(report))
    assert report.ok and report.comparisons, table.getvalue()


LOG_TWO_PI = mpmath.log(2 * mpmath.pi)


def normal(residual: Any, sigma: Any) -> list[Any]:
    """The summands of a normal log density."""
    return [-((residual / sigma) ** 2) / 2, -jets.log(sigma), -LOG_TWO_PI / 2 + 0 * sigma]


def ar1(x: Sequence[Any], k: Any, tau_e: Any) -> list[Any]:
    terms = normal(x[0], 1 / jets.sqrt(tau_e * (1 - k * k)))
    for before, now in pairwise(x):
        terms += normal(now - k * before, 1 / jets.sqrt(tau_e))
    return terms


def ar2(x: Sequence[Any], rho: Sequence[Any], sigma: Any) -> list[Any]:
    """With a constant, and a flat distribution of the first two values."""
    terms: list[Any] = []
    for t in range(2, len(x)):
        terms += normal(x[t] - rho[0] - rho[1] * x[t - 1] - rho[2] * x[t - 2], sigma)
    return terms


def random_walk(x: Sequence[Any], mu: Any, sigma: Sequence[Any]) -> list[Any]:
    terms: list[Any] = []
    for t in range(1, len(x)):
        terms += normal(x[t] - x[t - 1] - mu, sigma[t])
    return terms


def garch11(x: Sequence[Any], omega: Any, alpha_1: Any, beta_1: Any, initial_vol: Any) -> list[Any]:
    volatility = initial_vol
    terms = normal(x[0], volatility)
    for t in range(1, len(x)):
        volatility = jets.sqrt(omega + alpha_1 * x[t - 1] ** 2 + beta_1 * volatility**2)
        terms += normal(x[t], volatility)
    return terms


@st.composite
def _values(draw: st.DrawFn, steps: int) -> np.ndarray:
    scale = draw(magnitudes(1e-3, 1e4))
    return scale * np.array(draw(st.lists(signed(1e-3, 10.0), min_size=steps, max_size=steps)))


@st.composite
def _positive(draw: st.DrawFn, count: int | None = None) -> np.ndarray:
    numbers = [draw(magnitudes(1e-5, 1e4)) for _ in range(1 if count is None else count)]
    return np.array(numbers[0] if count is None else numbers)


_UNIT = st.one_of(st.floats(-0.999999, 0.999999), st.sampled_from([0.0, 0.5, -0.5])).map(
    lambda v: np.array(0.0 if abs(v) < 1e-300 else v)
)
STEPS = 5

#: Per series: our density, the formula, and the strategies of its inputs, ``x`` first.
CORES: dict[str, tuple[Callable[..., Any], Callable[..., list[Any]], Mapping[str, Any]]] = {
    "AR1": (
        lambda x, k, tau_e: sum(series.ar1(x, k, tau_e)),
        ar1,
        {"x": _values(STEPS), "k": _UNIT, "tau_e": _positive()},
    ),
    "AR": (
        lambda x, rho, sigma: series.ar(x, rho, sigma, 2, True),
        ar2,
        {
            "x": _values(STEPS),
            "rho": st.lists(signed(1e-5, 10.0), min_size=3, max_size=3).map(np.array),
            "sigma": _positive(),
        },
    ),
    "GaussianRandomWalk": (
        series.random_walk,
        random_walk,
        {"x": _values(STEPS), "mu": signed(1e-5, 1e4).map(np.array), "sigma": _positive(STEPS)},
    ),
    "GARCH11": (
        series.garch11,
        garch11,
        {
            "x": _values(STEPS),
            "omega": _positive(),
            "alpha_1": _positive(),
            "beta_1": _positive(),
            "initial_vol": _positive(),
        },
    ),
}


@cache
def compiled(name: str, mode: str, dtype: str) -> Callable[..., Any]:
    density = CORES[name][0]

    def both(*inputs: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            logp = density(*inputs)
        return logp, tape.gradient(logp, inputs, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    if mode == "vectorized":
        return tf.function(
            lambda *inputs: tf.nest.map_structure(
                lambda t: t[1],
                tf.vectorized_map(lambda one: both(*one), tuple(tf.stack([t, t]) for t in inputs)),
            ),
            autograph=False,
            jit_compile=True,
        )
    return both if mode == "eager" else tf.function(both, autograph=False, jit_compile=mode == "xla")


def judge(name: str, point: Mapping[str, np.ndarray], modes: Sequence[str], dtype: str = "float64") -> None:
    tensors = [tf.constant(v, dtype) for v in point.values()]
    inputs = Inputs({n: t.numpy() for n, t in zip(point, tensors, strict=True)})

    def formula() -> tuple[tuple[Any, float], list[tuple[Any, float]]]:
        terms = CORES[name][1](*inputs.jets().values())
        total = sum(terms[1:], terms[0])
        size = 1.0 + sum(abs(float(t.value)) for t in terms) + inputs.scaled_slopes(total)
        slopes = []
        for i in range(len(inputs.flat)):
            own = sum(abs(float(t.first.get(i, 0))) for t in terms)
            slopes.append((total.first.get(i, mpf(0)), 1.0 + own + inputs.scaled_curvature(total, i)))
        return (total.value, size), slopes

    (right, size), slopes = exactly(formula)
    logp_bits = tolerances.LOG_DENSITY_BITS if dtype == "float64" else tolerances.FLOAT32_BITS
    slope_bits = tolerances.GRADIENT_BITS
    for mode in modes:
        logp, gradient = compiled(name, mode, dtype)(*tensors)
        bits = wrong_bits(logp, right, size, dtype)
        assert bits <= logp_bits, f"{name}, {mode}: {float(logp)!r}, not {float(right)!r}: {bits:.1f} wrong bits"
        numbers = np.concatenate([np.ravel(g.numpy()) for g in gradient])
        for i, (number, (slope, slope_size)) in enumerate(zip(numbers, slopes, strict=True)):
            bits = wrong_bits(number, slope, slope_size, dtype)
            assert bits <= slope_bits, (
                f"{name}, {mode}: d/d input {i} {number!r}, not {float(slope)!r}: {bits:.1f} wrong bits"
            )


@pytest.mark.parametrize("name", CORES)
@given(data=st.data())
def test_log_density_and_gradient_equal_the_formula(name: str, data: st.DataObject) -> None:
    point = {n: data.draw(s, label=n) for n, s in CORES[name][2].items()}
    judge(name, point, ("eager", "graph", "xla", "vectorized"))


@pytest.mark.parametrize("name", CORES)
@given(data=st.data())
def test_float32_keeps_its_digits(name: str, data: st.DataObject) -> None:
    point = {n: data.draw(s, label=n) for n, s in CORES[name][2].items()}
    reach = float(np.max(np.abs(point["x"])))
    point["x"] = point["x"] / max(reach, 1.0)  # squares stay in the range of float32
    judge(name, {n: np.where(np.abs(v) < 1e-3, np.sign(v) * 1e-3, v) for n, v in point.items()}, ("graph",), "float32")


@pytest.mark.parametrize("steps", [1, 2, 3, 8, 500])
def test_garch_variances_of_any_length(steps: int) -> None:
    x = np.random.default_rng(0).normal(size=steps)
    variance, expected = 1.2**2, []
    for value in x[:-1]:
        variance = 0.3 + 0.2 * value**2 + 0.7 * variance
        expected.append(variance)
    parameters = [tf.constant(v, tf.float64) for v in (0.3, 0.2, 0.7, 1.2)]
    np.testing.assert_allclose(series.garch11_variance(tf.constant(x), *parameters), expected, rtol=1e-13)

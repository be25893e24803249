"""Hand-made densities with known answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.shims.density import Evaluation, LogDensity, ValueVariable


def variable(name: str, shape: tuple[int, ...] = (), **kwargs: Any) -> ValueVariable:
    """A value variable that starts at zero."""
    options = {"rv_name": name, "dtype": "float64", "transform": None, "test_value": np.zeros(shape), **kwargs}
    return ValueVariable(name, shape=shape, **options)


def discrete(name: str, kind: str, shape: tuple[int, ...] = (), categories: int | None = None) -> ValueVariable:
    """A discrete value variable that starts at zero."""
    return variable(name, shape, dtype="int64", kind=kind, categories=categories, test_value=np.zeros(shape, np.int64))


def density(
    variables: Sequence[ValueVariable], terms: Callable[[Mapping[str, Any]], dict[str, Any]], **kwargs: Any
) -> LogDensity:
    """A density from its terms, which records its value variables."""
    options = {"forward": lambda given, seed: {}, **kwargs}
    return LogDensity(tuple(variables), lambda v: Evaluation(terms(v), dict(v)), **options)


def gaussian(scales: Sequence[float]) -> LogDensity:
    """Independent normals of the given scales, mean 0."""
    sigma = tf.constant(scales, tf.float64)
    return density([variable("x", (len(scales),))], lambda v: {"x": -0.5 * tf.reduce_sum(tf.square(v["x"] / sigma))})


def correlated(rho: float) -> LogDensity:
    """A pair of standard normals with correlation ``rho``."""

    def terms(v: Mapping[str, Any]) -> dict[str, Any]:
        x, y = v["x"], v["y"]
        return {"xy": -0.5 * (x * x - 2 * rho * x * y + y * y) / (1 - rho**2)}

    return density([variable("x"), variable("y")], terms)


def log_gamma(shape: float) -> LogDensity:
    """The logarithm of a Gamma(shape, 1) variable: skewed, with known quantiles."""
    v = variable("g_log__", rv_name="g", transform="log")

    def evaluate(values: Mapping[str, Any]) -> Evaluation:
        z = values["g_log__"]
        return Evaluation({"g": shape * z - tf.exp(z)}, {"g": tf.exp(z)})

    return LogDensity((v,), evaluate, lambda given, seed: {})


def funnel(dim: int) -> LogDensity:
    """Neal's funnel (Neal 2003, section 8)."""

    def terms(v: Mapping[str, Any]) -> dict[str, Any]:
        scale = tf.exp(v["v"] / 2)
        return {
            "v": -0.5 * tf.square(v["v"] / 3.0),
            "x": tf.reduce_sum(-0.5 * tf.square(v["x"] / scale)) - dim * tf.math.log(scale),
        }

    return density([variable("v"), variable("x", (dim,))], terms)


def half_normal_raw(undefined: float = math.nan) -> LogDensity:
    """A half normal that is not transformed: ``undefined`` below zero, where a jittered start often lands."""

    def terms(v: Mapping[str, Any]) -> dict[str, Any]:
        x = v["x"]
        return {
            "x": tf.where(x >= 0, -0.5 * x * x, tf.constant(undefined, tf.float64)),
            "y": -0.5 * tf.square(v["y"]),
        }

    return density([variable("x", test_value=np.array(0.1)), variable("y")], terms)


def table(probabilities: np.ndarray) -> LogDensity:
    """A binary, a three-way categorical and an integer variable with a given joint distribution ``(2, 3, n)``."""
    log_p = tf.math.log(tf.constant(probabilities, tf.float64))
    size = probabilities.shape[2]

    def terms(v: Mapping[str, Any]) -> dict[str, Any]:
        inside = (v["k"] >= 0) & (v["k"] < size)
        index = tf.stack([v["b"], v["c"], tf.clip_by_value(v["k"], 0, size - 1)])
        return {"all": tf.where(inside, tf.gather_nd(log_p, index), tf.constant(-np.inf, tf.float64))}

    variables = [discrete("b", "binary"), discrete("c", "categorical", categories=3), discrete("k", "integer")]
    return density(variables, terms)


def flat_flips() -> LogDensity:
    """Two independent fair coins, where every flip is accepted."""
    return density([discrete("b", "binary", (2,))], lambda v: {"b": tf.constant(0.0, tf.float64)})


def switch_counts() -> np.ndarray:
    """Counts whose rate drops from 3 to 1 after the twelfth of 30, drawn once."""
    rng = np.random.default_rng(20)
    return np.concatenate([rng.poisson(3.0, 12), rng.poisson(1.0, 18)])


def switchpoint() -> LogDensity:
    """Poisson counts whose rate changes at an unknown time; exponential(1) rates, uniform switchpoint."""
    counts = tf.constant(switch_counts(), tf.float64)
    size = len(switch_counts())
    times = tf.range(size, dtype=tf.int64)

    def terms(v: Mapping[str, Any]) -> dict[str, Any]:
        log_early, log_late, s = v["early_log__"], v["late_log__"], v["s"]
        log_rate = tf.where(times < s, log_early, log_late)
        inside = (s >= 0) & (s < size)
        return {
            "early": log_early - tf.exp(log_early),
            "late": log_late - tf.exp(log_late),
            "s": tf.where(inside, tf.constant(0.0, tf.float64), tf.constant(-np.inf, tf.float64)),
            "counts": tf.reduce_sum(counts * log_rate - tf.exp(log_rate)),
        }

    def evaluate(v: Mapping[str, Any]) -> Evaluation:
        values = {"early": tf.exp(v["early_log__"]), "late": tf.exp(v["late_log__"]), "s": v["s"]}
        return Evaluation(terms(v), values)

    rates = [variable(f"{n}_log__", rv_name=n, transform="log") for n in ("early", "late")]
    return LogDensity((*rates, discrete("s", "integer")), evaluate, lambda given, seed: {})


def mixture_data() -> np.ndarray:
    """Six points that lie between two clusters."""
    return np.array([-1.4, -0.6, -0.2, 0.3, 0.9, 1.7])


def mixture() -> LogDensity:
    """Cluster membership of each point (binary), means -1 + mu and 1 + mu, with mu ~ Normal(0, 1); unit noise."""
    data = tf.constant(mixture_data())

    def terms(v: Mapping[str, Any]) -> dict[str, Any]:
        centre = v["mu"] + tf.where(v["z"] == 1, tf.constant(1.0, tf.float64), tf.constant(-1.0, tf.float64))
        return {
            "mu": -0.5 * tf.square(v["mu"]),
            "z": tf.reduce_sum(tf.where(v["z"] == 1, tf.math.log(0.4), tf.math.log(0.6))),
            "y": -0.5 * tf.reduce_sum(tf.square(data - centre)),
        }

    def cast(v: Mapping[str, Any]) -> dict[str, Any]:
        return {name: tf.cast(x, tf.float64) for name, x in terms(v).items()}

    return density([variable("mu"), discrete("z", "binary", (6,))], cast)


def regression() -> LogDensity:
    """A labelled model: intercepts by city, a log-transformed scale, a deterministic, data, and ancestral draws."""
    data = np.array([[1.0, 2.0, 3.0], [2.0, 1.0, 0.0]])
    variables = [variable("a", (2,)), variable("s_log__", rv_name="s", transform="log")]

    def evaluate(v: Mapping[str, Any]) -> Evaluation:
        s = tf.exp(v["s_log__"])
        residual = (tf.constant(data) - v["a"][:, None]) / s
        terms = {
            "a": -0.5 * tf.reduce_sum(tf.square(v["a"])),
            "s": -s + v["s_log__"],
            "y": -0.5 * tf.reduce_sum(tf.square(residual)) - 6.0 * v["s_log__"],
        }
        return Evaluation(terms, {"a": v["a"], "s": s, "twice": 2.0 * v["a"]})

    def forward(given: Mapping[str, Any], seed: Any) -> dict[str, Any]:
        seeds = tf.random.split(seed, 3)
        a = given.get("a", tf.random.stateless_normal((2,), seeds[0], dtype=tf.float64))
        s = given.get("s", tf.random.stateless_gamma((), seeds[1], tf.constant(1.0, tf.float64), dtype=tf.float64))
        y = a[:, None] + s * tf.random.stateless_normal((2, 3), seeds[2], dtype=tf.float64)
        return {"a": a, "s": s, "twice": 2.0 * a, "y": y}

    return LogDensity(
        tuple(variables),
        evaluate,
        forward,
        observed={"y": data},
        dims={"a": ("city",), "y": ("city", None)},
        coords={"city": ["Ulm", "Bonn"]},
    )

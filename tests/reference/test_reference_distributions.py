"""One distribution at a time under the real PyMC3."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from pm_migrate.errors import RemoteError, WorkerCrashed
from pm_migrate.reference.client import ReferenceClient

SCALAR = {"dtype": "float64", "ndim": 0}
VECTOR = {"dtype": "float64", "ndim": 1}


def test_constructor_of_a_distribution(reference: ReferenceClient) -> None:
    info = reference.distribution_info("StudentT")
    assert [(p["name"], p["default"]) for p in info["parameters"]] == [
        ("nu", None), ("mu", "0"), ("lam", "None"), ("sigma", "None"), ("sd", "None"),
    ]  # fmt: skip
    assert info["bases"][0] == "Continuous" and info["discrete"] is False
    assert reference.distribution_info("Poisson")["discrete"] is True
    with pytest.raises(RemoteError, match="AttributeError"):
        reference.distribution_info("Normale")


def test_defaults_of_a_free_variable(reference: ReferenceClient) -> None:
    made = reference.distribution_defaults("Gamma", {"mu": 2.0, "sigma": 1.0}, (2,))
    assert (made["value_name"], made["transform"], made["dtype"]) == ("x_log__", "log", "float64")
    assert made["test_value"].tolist() == [2.0, 2.0]  # the mean
    assert made["transformed_test_value"] == pytest.approx(np.log([2.0, 2.0]))
    one = 4 * math.log(2) - math.lgamma(4) + 3 * math.log(2.0) - 4.0  # alpha = 4, beta = 2
    assert made["logp_elementwise"] == pytest.approx([one, one])
    assert made["logp"] == pytest.approx(2 * (one + math.log(2.0)))
    flat = reference.distribution_defaults("Poisson", {"mu": 2.5}, ())
    assert (flat["value_name"], flat["transform"], int(flat["test_value"])) == ("x", None, 2)


def test_one_compilation_many_points(reference: ReferenceClient) -> None:
    compiled = reference.compile_distribution("Normal", {"mu": VECTOR, "sigma": SCALAR}, VECTOR)
    assert compiled.gradients == ("value", "mu", "sigma") and compiled.no_gradient is None
    points = [
        {"value": [0.5, math.inf, math.nan], "mu": [0.0, 0.0, 0.0], "sigma": 2.0},
        {"value": [1.0], "mu": [3.0], "sigma": 0.5},
        {"value": [0.0], "mu": [0.0], "sigma": -1.0},
    ]
    first, second, invalid = reference.evaluate_distribution(compiled, points)
    assert first.logp[0] == pytest.approx(-0.5 * 0.0625 - math.log(2.0) - 0.5 * math.log(2 * math.pi))
    assert first.logp[1] == -math.inf and math.isnan(first.logp[2])
    assert second.gradient["value"] == pytest.approx([8.0]) and second.gradient["mu"] == pytest.approx([-8.0])
    assert second.gradient["sigma"] == pytest.approx(-1 / 0.5 + 4 / 0.5**3)
    assert invalid.logp.tolist() == [-math.inf]


def test_discrete_values_have_no_gradient(reference: ReferenceClient) -> None:
    compiled = reference.compile_distribution(
        "Binomial", {"n": {"constant": 5}, "p": SCALAR}, {"dtype": "int64", "ndim": 1}
    )
    assert compiled.gradients == ("p",)
    (point,) = reference.evaluate_distribution(compiled, [{"value": [0, 2, 6], "p": 0.25}])
    exact = [math.log(math.comb(5, k) * 0.25**k * 0.75 ** (5 - k)) for k in (0, 2)]
    assert point.logp[:2] == pytest.approx(exact) and point.logp[2] == -math.inf
    assert set(point.gradient) == {"p"}


def test_matrices_and_broadcasting(reference: ReferenceClient) -> None:
    matrix = {"dtype": "float64", "ndim": 2, "test_value": np.eye(2)}
    compiled = reference.compile_distribution(
        "MvNormal", {"mu": {**VECTOR, "test_value": np.zeros(2)}, "cov": matrix}, VECTOR
    )
    points = [{"value": [1.0, 2.0], "mu": [0.0, 0.0], "cov": cov} for cov in (np.diag([4.0, 1.0]), -np.eye(2))]
    good, bad = reference.evaluate_distribution(compiled, points)
    assert good.logp == pytest.approx(-math.log(2 * math.pi) - math.log(2.0) - 0.5 * (0.25 + 4.0))
    assert bad.logp == -math.inf
    row = {"dtype": "float64", "ndim": 2, "broadcastable": [True, False]}
    compiled = reference.compile_distribution(
        "Normal", {"mu": row, "sigma": {"constant": 1.0}}, {"dtype": "float64", "ndim": 2}
    )
    (point,) = reference.evaluate_distribution(compiled, [{"value": np.ones((3, 2)), "mu": [[0.0, 1.0]]}])
    assert point.logp.shape == (3, 2) and point.gradient["mu"].tolist() == [[3.0, 0.0]]


def test_categories_are_counted_at_each_point(reference: ReferenceClient, tmp_path: Path) -> None:
    program = tmp_path / "test_values_on.py"
    program.write_text("import theano\ntheano.config.compute_test_value = 'raise'\n")
    reference.load_program(program)
    cutpoints = {**VECTOR, "test_value": np.zeros(1)}
    compiled = reference.compile_distribution(
        "OrderedLogistic", {"eta": SCALAR, "cutpoints": cutpoints}, {"dtype": "int64", "ndim": 0}
    )
    (point,) = reference.evaluate_distribution(compiled, [{"value": 2, "eta": 0.0, "cutpoints": [-1.0, 1.0]}])
    assert point.logp == pytest.approx(-math.log1p(math.exp(1.0)))


def test_a_distribution_of_a_lost_worker(reference: ReferenceClient) -> None:
    compiled = reference.compile_distribution("Flat", {}, SCALAR)
    assert reference.evaluate_distribution(compiled, [{"value": 3.0}])[0].logp == 0.0
    reference.close()
    with pytest.raises(WorkerCrashed, match="compile it again"):
        reference.evaluate_distribution(compiled, [{"value": 3.0}])

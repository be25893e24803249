"""The table of tensor functions against TensorFlow and NumPy themselves."""

from __future__ import annotations

import numpy as np
import pytest

from pm_migrate.catalog.functions import FUNCTIONS, MATH, NAMESPACES, NUMPY, function_named

tf = pytest.importorskip("tensorflow")

A = np.array([[0.3, 0.2], [0.1, 0.4]])
SPECIAL = {
    "switch": ((A > 0.2, A, -A), {}),
    "clip": ((A, 0.15, 0.35), {}),
    "dot": ((A, A[0]), {"axes": 1}),
    "stack": (([A, A],), {}),
    "concatenate": (([A, A],), {"axis": 0}),
    "repeat": ((A, 2), {"axis": 0}),
    "cumsum": ((A,), {"axis": 0}),
    "cumprod": ((A,), {"axis": 0}),
    "reshape": ((A, (4,)), {}),
    "all": ((A > 0,), {}),
    "any": ((A > 0.3,), {}),
    "cholesky": ((A @ A.T,), {}),
    "broadcast_to": ((A, (3, 2, 2)), {}),
    "tensordot": ((A, A, 1), {}),
    "arccosh": ((1 + A,), {}),
}


def look_up(module, name):
    for part in name.split("."):
        module = getattr(module, part)
    return module


@pytest.mark.parametrize("name", sorted(n for n, row in FUNCTIONS.items() if row.tf and row.np))
def test_both_sides_compute_the_same(name):
    row = FUNCTIONS[name]
    args, options = SPECIAL.get(row.name, ((A, A.T)[: row.required], {}))
    got = look_up(tf, row.tf)(*args, **options)
    numpy_options = {k: value for k, value in options.items() if k != "axes"}
    np.testing.assert_allclose(got, look_up(np, row.np)(*args, **numpy_options), rtol=1e-12)


@pytest.mark.parametrize("name", sorted(n for n, row in FUNCTIONS.items() if row.tf and not row.np))
def test_functions_without_a_numpy_twin_exist(name):
    row = FUNCTIONS[name]
    assert np.all(np.isfinite(look_up(tf, row.tf)(A)))


def test_numpy_names_exist():
    for name in NUMPY:
        assert callable(look_up(np, name))


def test_added_arguments_are_theanos_defaults():
    assert {n: dict(r.added) for n, r in FUNCTIONS.items() if r.added and r.tf} == {
        "logsumexp": {"keepdims": "True"},
        "dot": {"axes": "1"},
        "concatenate": {"axis": "0"},
    }


def test_names_outside_of_the_namespaces_are_no_functions():
    assert function_named("numpy.exp") is None
    assert function_named("pymc3.exp") is None
    assert function_named("theano.tensor.dvector") is None
    assert function_named("pymc3.logit") == (None, "logit")
    assert {row.name for row in FUNCTIONS.values()} <= MATH
    for namespace in NAMESPACES:
        assert function_named(f"{namespace}.exp")[0] is FUNCTIONS["exp"]

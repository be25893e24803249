"""Flows: their maps, and their log determinants against numeric Jacobians."""

from __future__ import annotations

import numpy as np
import pytest

import pm_migrate.shims as pm
from pm_migrate.shims.theano import tensor as tt
from pm_migrate.shims.variational.flows import Formula, flow_for_short_name, seems_like_flow_params, seems_like_formula

D = 3
NAMES = ["loc", "scale", "planar", "radial", "hh"]
RNG = np.random.RandomState(7)
POINTS = RNG.normal(size=(4, D))


def parameters(name: str, rows: int | None = None) -> dict[str, np.ndarray]:
    spec = flow_for_short_name(name).get_param_spec_for(d=D)
    first = () if rows is None else (rows,)
    return {key: RNG.normal(size=first + shape) for key, shape in spec.items()}


def softplus(x: np.ndarray) -> np.ndarray:
    return np.log1p(np.exp(x))


def mapped(name: str, z: np.ndarray, p: dict[str, np.ndarray]) -> np.ndarray:
    """The map of one point, by the formula of the article."""
    if name == "loc":
        return z + p["loc"]
    if name == "scale":
        return z * softplus(p["rho"])
    if name == "planar":
        u, w = p["u"], p["w"]
        u = u + (softplus(w @ u) - 1 - w @ u) * w / (w @ w)
        return z + u * np.tanh(w @ z + p["b"])
    if name == "radial":
        a = np.exp(p["a"])
        return z + (softplus(p["b"]) - a) * (z - p["z_ref"]) / (a + np.linalg.norm(z - p["z_ref"]))
    return z - 2 * p["v"] * (p["v"] @ z) / (p["v"] @ p["v"])


def jacobian_logdet(name: str, z: np.ndarray, p: dict[str, np.ndarray], h: float = 1e-5) -> float:
    columns = [(mapped(name, z + h * e, p) - mapped(name, z - h * e, p)) / (2 * h) for e in np.eye(D)]
    return float(np.linalg.slogdet(np.stack(columns, -1))[1])


@pytest.mark.parametrize("name", NAMES)
def test_map_and_log_determinant(name: str) -> None:
    p = parameters(name)
    flow = flow_for_short_name(name)(dim=D, z0=tt.constant(POINTS), **p)
    np.testing.assert_allclose(flow.forward.eval(), [mapped(name, z, p) for z in POINTS], rtol=1e-8)
    # the error of a central difference is of order h**2, and its rounding eps / h: 1e-10 each
    np.testing.assert_allclose(flow.logdet.eval(), [jacobian_logdet(name, z, p) for z in POINTS], atol=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_rows_with_parameters_of_their_own(name: str) -> None:
    p = parameters(name, rows=2)
    noise = np.stack([POINTS, POINTS[::-1]], axis=1)  # samples, rows, d
    flow = flow_for_short_name(name)(dim=D, z0=tt.constant(noise), batch_size=2, **p)
    each = [{key: value[row] for key, value in p.items()} for row in range(2)]
    forward = [[mapped(name, z, q) for z, q in zip(sample, each, strict=True)] for sample in noise]
    np.testing.assert_allclose(flow.forward.eval(), forward, rtol=1e-8)
    logdet = [sum(jacobian_logdet(name, z, q) for z, q in zip(sample, each, strict=True)) for sample in noise]
    np.testing.assert_allclose(flow.logdet.eval(), logdet, atol=1e-8)


@pytest.mark.parametrize("name", ["planar", "radial"])
def test_flows_can_be_inverted_for_any_parameters(name: str) -> None:
    """The Jacobian keeps its sign where the parameters of the formula would turn it."""
    if name == "planar":
        p = {"u": np.full(D, -1.0), "w": np.full(D, 1.0), "b": np.asarray(0.0)}
    else:
        p = {"a": np.asarray(0.0), "b": np.asarray(-3.0), "z_ref": np.zeros(D)}
    z = np.concatenate([POINTS, 0.3 * POINTS])
    for point in z:
        columns = [(mapped(name, point + 1e-6 * e, p) - mapped(name, point, p)) / 1e-6 for e in np.eye(D)]
        assert np.linalg.slogdet(np.stack(columns, -1))[0] == 1.0
    flow = flow_for_short_name(name)(dim=D, z0=tt.constant(z), **p)
    np.testing.assert_allclose(flow.logdet.eval(), [jacobian_logdet(name, x, p) for x in z], atol=1e-6)


def test_chain() -> None:
    params = {i: parameters(name) for i, name in enumerate(["scale", "planar", "radial"])}
    last = Formula("Scale - planar-radial")(tt.constant(POINTS), D, params=params)
    assert last.formula == "scale-planar-radial"
    z, total = list(POINTS), np.zeros(len(POINTS))
    for i, name in enumerate(["scale", "planar", "radial"]):
        total += [jacobian_logdet(name, x, params[i]) for x in z]
        z = [mapped(name, x, params[i]) for x in z]
    np.testing.assert_allclose(last.forward.eval(), z, rtol=1e-8)
    np.testing.assert_allclose(last.sum_logdets.eval(), total, atol=1e-8)
    np.testing.assert_allclose(last(tt.constant(POINTS[::-1])).eval(), z[::-1], rtol=1e-8)


def test_formulas() -> None:
    assert [f.short_name for f in Formula("hh*2-loc").flows] == ["hh", "hh", "loc"]
    assert Formula("planar*2")(dim=2).formula == "planar-planar"
    assert Formula("planar").get_param_spec_for(d=4) == {0: {"u": (4,), "w": (4,), "b": ()}}
    for wrong, error in (("planer", KeyError), ("planar*2*3", ValueError), ("planar*x", ValueError), ("", KeyError)):
        with pytest.raises(error):
            Formula(wrong)
        assert not seems_like_formula(wrong)
    assert seems_like_flow_params({0: {"loc": 1}, 1: {"rho": 1}})
    assert not seems_like_flow_params({1: {"loc": 1}})
    assert not seems_like_flow_params({"mu": 1, "rho": 2})


def test_parameters_begin_with_numpys_numbers() -> None:
    np.random.seed(3)
    flow = pm.flows.PlanarFlow(dim=2, jitter=0.1)
    np.random.seed(3)
    for param, shape in ((flow.u, 2), (flow.w, 2), (flow.b, ())):
        np.testing.assert_array_equal(param.get_value(), np.random.normal(size=shape) * 0.1)
    assert [p.name for p in flow.params] == ["b", "u", "w"]
    with pytest.raises(ValueError, match="Cannot infer dimension"):
        pm.flows.LocFlow()

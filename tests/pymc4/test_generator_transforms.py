"""``pm.distributions.transforms`` with PyMC4's names and methods."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats
from tensorflow_probability import bijectors as tfb

import pm_migrate.pymc4 as pm
from pm_migrate.errors import ModelError

transforms = pm.distributions.transforms

#: PyMC4's transforms with constrained values, and the bijectors whose ``inverse`` they were.
THEIRS = [
    (transforms.Log(), [0.2, 3.0], tfb.Exp(), "log"),
    (transforms.Sigmoid(), [0.2, 0.9], tfb.Sigmoid(), "sigmoid"),
    (transforms.LowerBound(1.5), [1.7, 4.0], tfb.Chain([tfb.Shift(np.float64(1.5)), tfb.Exp()]), "lowerbound"),
    (
        transforms.UpperBound(1.5),
        [1.2, -4.0],
        tfb.Chain([tfb.Shift(np.float64(1.5)), tfb.Scale(np.float64(-1.0)), tfb.Exp()]),
        "upperbound",
    ),
    (transforms.Interval(-1.0, 2.0), [-0.5, 1.9], tfb.Sigmoid(np.float64(-1.0), np.float64(2.0)), "interval"),
]


def model(build: Any) -> Any:
    @pm.model(name="m")
    def one() -> Any:
        yield build()

    return one()


@pytest.mark.parametrize(("transform", "x", "bijector", "name"), THEIRS, ids=[t[-1] for t in THEIRS])
def test_the_four_methods_are_the_bijectors(transform: Any, x: Any, bijector: Any, name: str) -> None:
    x = tf.constant(x, tf.float64)
    z = transform.forward(x)
    assert transform.name == name
    assert transform.jacobian_preference is transforms.JacobianPreference.Backward
    np.testing.assert_allclose(z, bijector.inverse(x), rtol=1e-14)
    np.testing.assert_allclose(transform.inverse(z), x, rtol=1e-14)
    forward, backward = transform.forward_log_det_jacobian(x), transform.inverse_log_det_jacobian(z)
    np.testing.assert_allclose(forward, bijector.inverse_log_det_jacobian(x), rtol=1e-13)
    np.testing.assert_allclose(backward, bijector.forward_log_det_jacobian(z), rtol=1e-13)
    summed = type(transform)(*transform.params, event_ndims=1)
    np.testing.assert_allclose(summed.inverse_log_det_jacobian(z), np.sum(backward), rtol=1e-14)


@pytest.mark.parametrize(
    ("build", "name"),
    [
        (lambda: pm.HalfNormal("x", 1), "m/__log_x"),
        (lambda: pm.HalfFlat("x"), "m/__log_x"),
        (lambda: pm.Weibull("x", 1, 1), "m/__log_x"),
        (lambda: pm.Beta("x", 1, 1), "m/__sigmoid_x"),
        (lambda: pm.LogitNormal("x", 0, 1), "m/__sigmoid_x"),
        (lambda: pm.Kumaraswamy("x", 1, 1), "m/__sigmoid_x"),
        (lambda: pm.Uniform("x", 0, 1), "m/__interval_x"),
        (lambda: pm.Triangular("x", 0, 1, 2), "m/__interval_x"),
        (lambda: pm.Pareto("x", 1, 2), "m/__lowerbound_x"),
        (lambda: pm.Normal("x", 0, 1), "m/x"),
        (lambda: pm.StudentT("x", 0, 1, 3), "m/x"),
        (lambda: pm.GeneralizedNormal("x", 0, 1, 2), "m/x"),
        (lambda: pm.MvNormal("x", [0, 0], np.eye(2)), "m/x"),
        (lambda: pm.AR("x", 3, [0.5], 1.0), "m/x"),
        # ours, where PyMC4 had none, or for angles one that cuts the circle
        (lambda: pm.Dirichlet("x", [1, 1]), "m/__stickbreaking_x"),
        (lambda: pm.LKJ("x", 3, 1), "m/__correlation_x"),
        (lambda: pm.VonMisesFisher("x", [1, 0], 1), "m/__sphere_x"),
        (lambda: pm.VonMises("x", 0, 1), "m/__circular_x"),
        (lambda: pm.VonMises("x", 0, 1, transform=transforms.Interval(-np.pi, np.pi)), "m/__interval_x"),
    ],
)
def test_names_of_value_variables(build: Any, name: str) -> None:
    (variable,) = model(build).log_density().variables
    assert variable.name == name
    _, state = pm.evaluate_meta_model(model(build))
    assert list(state.transformed_values or state.untransformed_values) == [name]
    assert pm.flow.SamplingState.from_values({name: 0.0}).all_values == {name: 0.0}


def test_default_transforms_are_instances_of_pymc4s_classes() -> None:
    assert isinstance(pm.Gamma.dist(1, 1).transform, transforms.Log)
    assert isinstance(pm.Beta.dist(1, 1).transform, transforms.Sigmoid)
    assert isinstance(pm.Uniform.dist(0, 1).transform, transforms.Interval)
    assert isinstance(pm.Pareto.dist(1, 1).transform, transforms.LowerBound)
    assert isinstance(pm.TruncatedNormal.dist(0, 1, high=1).transform, transforms.UpperBound)
    assert all(isinstance(t, (transforms.BackwardTransform, transforms.Transform)) for t, *_ in THEIRS)


def check_density(transform: Any, name: str, inverse: Any, slope: Any) -> None:
    """HalfNormal(2) under a transform, at two values, against the change of variables."""
    density = model(lambda: pm.HalfNormal("x", 2.0, shape=2, transform=transform)).log_density()
    z = np.array([0.4, 1.3])
    assert density.variables[0].name == f"m/__{name}_x"
    expected = np.sum(stats.halfnorm(scale=2).logpdf(inverse(z)) + np.log(np.abs(slope(z))))
    for jit in (False, True):
        logp, gradient = density.logp_and_gradient({f"m/__{name}_x": z}, jit=jit)
        assert logp == pytest.approx(expected, rel=1e-13)
        step = 1e-6
        for i in range(2):
            moved = [z + step * s * np.eye(2)[i] for s in (1, -1)]
            ends = [np.sum(stats.halfnorm(scale=2).logpdf(inverse(m)) + np.log(np.abs(slope(m)))) for m in moved]
            assert gradient[f"m/__{name}_x"][i] == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-7)


class Squared(transforms.Transform):
    """Positive numbers by their roots, as a PyMC4 program writes it."""

    name = "squared"

    def forward(self, x: Any) -> Any:
        return tf.sqrt(x)

    def inverse(self, z: Any) -> Any:
        return z**2

    def inverse_log_det_jacobian(self, z: Any) -> Any:
        return tf.math.log(2.0 * tf.abs(z))


class ForwardOnly(Squared):
    name = "forwardonly"
    inverse_log_det_jacobian = transforms.Transform.inverse_log_det_jacobian

    def forward_log_det_jacobian(self, x: Any) -> Any:
        return -tf.math.log(2.0 * tf.sqrt(x))


class Softplus(transforms.BackwardTransform):
    name = "softplus"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(tfb.Softplus(), **kwargs)


class ByPyMC3sNames(transforms.ElemwiseTransform):
    """As a rewritten PyMC3 program has it, with functions of NumPy's and TensorFlow's."""

    name = "bypymc3snames"

    def forward(self, x: Any) -> Any:
        return np.sqrt(x)

    def backward(self, y: Any) -> Any:
        return tf.square(y)


class WithJacobian(transforms.Transform):
    """The Jacobian is written; the parameter is a value of the model, or a number."""

    name = "withjacobian"

    def __init__(self, factor: Any) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Any) -> Any:
        return np.log(x) / self.factor

    def backward(self, y: Any) -> Any:
        return np.exp(self.factor * y)

    def jacobian_det(self, y: Any) -> Any:
        return np.log(self.factor) + self.factor * y


def test_a_programs_own_transforms_by_pymc3s_names() -> None:
    check_density(ByPyMC3sNames(), "bypymc3snames", np.square, lambda z: 2 * z)
    check_density(WithJacobian(2.0), "withjacobian", lambda z: np.exp(2 * z), lambda z: 2 * np.exp(2 * z))
    assert ByPyMC3sNames().forward_val(np.array([4.0, 9.0])).tolist() == [2.0, 3.0]


def test_a_programs_own_transform_may_hold_a_value_of_the_model() -> None:
    @pm.model(name=None)
    def build() -> Any:
        factor = yield pm.HalfNormal("factor", 1.0, transform=ByPyMC3sNames())
        yield pm.HalfNormal("x", 2.0, transform=WithJacobian(factor))

    logp, gradient = build().log_density().logp_and_gradient({"__bypymc3snames_factor": 1.2, "__withjacobian_x": 0.3})

    def expected(root: float) -> float:
        factor, x = root**2, np.exp(root**2 * 0.3)
        prior = stats.halfnorm.logpdf(factor) + np.log(2 * root)
        return float(prior + stats.halfnorm(scale=2).logpdf(x) + np.log(factor) + factor * 0.3)

    assert logp == pytest.approx(expected(1.2), rel=1e-13)
    slope = (expected(1.2 + 1e-6) - expected(1.2 - 1e-6)) / 2e-6
    assert gradient["__bypymc3snames_factor"] == pytest.approx(slope, rel=1e-7)


def test_a_programs_own_transforms() -> None:
    check_density(Squared(), "squared", np.square, lambda z: 2 * z)
    check_density(ForwardOnly(), "forwardonly", np.square, lambda z: 2 * z)
    check_density(Softplus(), "softplus", lambda z: np.log1p(np.exp(z)), lambda z: 1 / (1 + np.exp(-z)))


@pytest.mark.parametrize("wrapped", [False, True])
def test_bijectors_as_transforms(wrapped: bool) -> None:
    bijector = tfb.Chain([tfb.Shift(0.5), tfb.Exp()])  # float32 numbers
    transform = transforms.BackwardTransform(bijector) if wrapped else bijector
    density = model(lambda: pm.Normal("x", 0.0, 1.0, transform=transform)).log_density()
    logp, _ = density.logp_and_gradient({"m/__shift-exp_x": 0.3})
    assert logp == pytest.approx(stats.norm.logpdf(0.5 + np.exp(0.3)) + 0.3, rel=1e-14)


def test_inverted_transforms() -> None:
    inverted = transforms.Invert(transforms.Log())
    assert inverted.jacobian_preference is transforms.JacobianPreference.Forward
    x = tf.constant(0.7, tf.float64)
    assert float(inverted.forward(x)) == pytest.approx(np.exp(0.7))
    assert float(inverted.inverse_log_det_jacobian(inverted.forward(x))) == pytest.approx(-0.7)
    density = model(lambda: pm.Normal("x", 0.0, 1.0, transform=inverted)).log_density()
    assert [v.name for v in density.variables] == ["m/__inverted-log_x"]
    logp, _ = density.logp_and_gradient({"m/__inverted-log_x": 2.0})
    assert logp == pytest.approx(stats.norm.logpdf(np.log(2.0)) - np.log(2.0), rel=1e-14)


def test_a_transform_without_its_methods_says_so() -> None:
    class Empty(transforms.Transform):
        name = "empty"

    class NoJacobian(Squared):
        inverse_log_det_jacobian = transforms.Transform.inverse_log_det_jacobian

    with pytest.raises(NotImplementedError, match="Empty has no method inverse"):
        Empty().inverse(1.0)
    with pytest.raises(NotImplementedError, match="NoJacobian has no Jacobian"):
        NoJacobian().inverse_log_det_jacobian(tf.constant(1.0))
    with pytest.raises(ModelError, match="neither a transform"):
        pm.Normal("x", 0, 1, transform=3.0)


def test_transforms_of_spheres() -> None:
    """The stereographic projection: onto the sphere and back, and by its area."""
    sphere = pm.VonMisesFisher("x", [0.6, 0.0, 0.8], 2.0).transform
    y = tf.constant(np.random.default_rng(1).normal(size=(50, 2)))
    x = sphere.backward(y)
    np.testing.assert_allclose(np.linalg.norm(x, axis=-1), 1.0, rtol=1e-14)
    np.testing.assert_allclose(sphere.forward(x), y, rtol=1e-12)
    np.testing.assert_allclose(sphere.backward(tf.zeros(2, tf.float64)), [0.6, 0.0, 0.8], atol=1e-15)
    point = tf.constant([0.3, -1.1], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(point)
        image = sphere.backward(point)
    columns = tape.jacobian(image, point).numpy()
    area = 0.5 * np.log(np.linalg.det(columns.T @ columns))
    assert float(sphere.log_jacobian(point)) == pytest.approx(area, rel=1e-13)

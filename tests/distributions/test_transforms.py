"""Transforms as programs use them. Expected numbers were printed by PyMC3 3.11.6 on Theano-PyMC 1.1.2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import pm_migrate.shims as pm
from pm_migrate.errors import ModelError
from pm_migrate.shims import transforms as tr
from pm_migrate.shims.theano import tensor as tt

Y = np.array([0.3, -1.0, 0.5])

#: backward(y) and jacobian_det(y) at Y (at Y + 3 for circular).
RECORDED: list[tuple[str, Callable[[], tr.Transform], list[float], Any]] = [
    ("log", lambda: tr.log, [1.3498588075760032, 0.3678794411714424, 1.6487212707001282], [0.3, -1.0, 0.5]),
    (
        "log_exp_m1",
        lambda: tr.log_exp_m1,
        [0.8543552444685272, 0.31326168751822286, 0.9740769841801067],
        [-0.5543552444685271, -1.3132616875182228, -0.4740769841801067],
    ),
    (
        "logodds",
        lambda: tr.logodds,
        [0.574442516811659, 0.2689414213699951, 0.6224593312018546],
        [-1.408710488937054, -1.6265233750364456, -1.4481539683602134],
    ),
    (
        "interval",
        lambda: tr.interval(-1.0, 2.5),
        [1.0105488088408068, -0.05870502520501708, 1.1786076592064911],
        [-0.1559475204416862, -0.37376040654107756, -0.19539099986484532],
    ),
    (
        "lowerbound",
        lambda: tr.lowerbound(0.1),
        [1.4498588075760033, 0.4678794411714424, 1.7487212707001283],
        [0.3, -1.0, 0.5],
    ),
    (
        "upperbound",
        lambda: tr.upperbound(0.1),
        [-1.249858807576003, -0.26787944117144236, -1.548721270700128],
        [0.3, -1.0, 0.5],
    ),
    ("ordered", lambda: tr.ordered, [0.3, 0.6678794411714424, 2.316600711871571], -0.5),
    (
        "stickbreaking",
        lambda: tr.stick_breaking,
        [0.2942239164772536, 0.08018537151103548, 0.359365903102005, 0.26622480890970596],
        -4.707362362313583,
    ),
    ("sumto1", lambda: tr.sum_to_1, [0.3, -1.0, 0.5, 1.2], 0.0),
    ("circular", lambda: tr.circular, [-2.9831853071795864, 2.0, -2.7831853071795862], [0.0, 0.0, 0.0]),
    (
        "cholesky-cov-packed",
        lambda: tr.CholeskyCovPacked(2),
        [1.3498588075760032, -1.0, 1.6487212707001282],
        0.8,
    ),
    (
        "log+ordered",
        lambda: tr.Chain([tr.log, tr.ordered]),
        [1.3498588075760032, 1.950097636206018, 10.14114298141816],
        2.784480153043013,
    ),
]


@pytest.mark.parametrize(("name", "make", "backward", "jacobian"), RECORDED)
def test_public_methods_take_tensors_variables_and_arrays(
    name: str, make: Callable[[], tr.Transform], backward: list[float], jacobian: Any
) -> None:
    transform = make()
    y = Y + 3.0 if name == "circular" else Y
    assert transform.name == name
    tensor = transform.backward(tf.constant(y))
    assert tf.is_tensor(tensor)
    for value in (tensor, transform.backward(tt.as_tensor_variable(y)).eval(), transform.backward(y).eval()):
        np.testing.assert_allclose(value, backward, rtol=1e-14)
    for value in (transform.jacobian_det(tf.constant(y)), transform.jacobian_det(y).eval()):
        np.testing.assert_allclose(value, jacobian, rtol=1e-14)
    if name != "circular":
        np.testing.assert_allclose(transform.forward_val(tensor.numpy()), y, rtol=1e-13)
        np.testing.assert_allclose(transform.forward(tensor.numpy()).eval(), y, rtol=1e-13)


def test_every_name_of_pymc3_is_there() -> None:
    # dir() of pymc3.distributions.transforms, without the modules and helpers that it imports
    names = """
        Chain CholeskyCovPacked Circular ElemwiseTransform Interval Log LogExpM1 LogOdds LowerBound Ordered
        StickBreaking SumTo1 Transform TransformedDistribution UpperBound circular interval log log_exp_m1 logodds
        lowerbound ordered stick_breaking sum_to_1 transform upperbound
    """.split()
    assert set(names) <= set(tr.__all__)
    assert all(hasattr(tr, name) for name in tr.__all__)
    assert tr.transform is tr.Transform and pm.distributions.transforms is tr
    assert str(tr.log) == "log transform"
    with pytest.raises(AttributeError, match=r"removed from PyMC3 in version 3\.11"):
        _ = tr.t_stick_breaking


def test_symbolic_inputs_need_no_test_value() -> None:
    from pm_migrate.shims import theano

    x = tt.dvector("x")
    run = theano.function([x], [tr.logodds.backward(x), tr.stick_breaking.jacobian_det(x)])
    odds, jacobian = run(np.zeros(3))
    np.testing.assert_array_equal(odds, [0.5, 0.5, 0.5])
    np.testing.assert_allclose(jacobian, -3.0 * np.log(4.0), rtol=1e-15)


def test_values_far_out_stay_finite() -> None:
    far = tf.constant([-1e300, -1e4, -800.0, 800.0, 1e4, 1e300], tf.float64)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(far)
        jacobian = tr.logodds.jacobian_det(far)
        inside = tr.interval(-1e300, 1e300).backward(far)
    np.testing.assert_array_equal(jacobian, -np.abs(far.numpy()))
    np.testing.assert_array_equal(tape.gradient(jacobian, far), -np.sign(far.numpy()))
    np.testing.assert_array_equal(inside, np.sign(far.numpy()) * 1e300)
    np.testing.assert_allclose(
        tr.log_exp_m1.forward(tf.constant([1e-300, 1e-10, 50.0, 1e300], tf.float64)),
        [np.log(1e-300), np.log(1e-10) + 0.5e-10, 50.0, 1e300],
        rtol=1e-15,
    )


def test_gradient_of_forward_is_finite_on_both_branches() -> None:
    x = tf.constant([1e-10, 1.0, 800.0], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tr.log_exp_m1.forward(x)
    np.testing.assert_allclose(tape.gradient(y, x), 1.0 / -np.expm1([-1e-10, -1.0, -800.0]), rtol=1e-14)


@pytest.mark.parametrize("name", [entry[0] for entry in RECORDED])
def test_dtype_is_that_of_the_tensor(name: str) -> None:
    transform = next(make for n, make, *_ in RECORDED if n == name)()
    y = tf.constant(Y, tf.float32)
    assert transform.backward(y).dtype == tf.float32
    assert transform.jacobian_det(y).dtype == tf.float32


def test_stick_breaking_eps_is_deprecated() -> None:
    with pytest.warns(DeprecationWarning, match="`eps` is deprecated"):
        transform = tr.StickBreaking(eps=1e-6)
    assert transform.name == "stickbreaking"


def test_packed_factor_of_a_wrong_length() -> None:
    with pytest.raises(ValueError, match="no packed factor of 3 rows"):
        tr.CholeskyCovPacked(3).backward(tf.zeros(5, tf.float64))
    np.testing.assert_array_equal(tr.CholeskyCovPacked(3).diag_idxs, [0, 2, 5])


@pytest.mark.parametrize(
    ("tag", "ends", "name"),
    [
        (None, (None, None), None),
        ("log", (None, None), "log"),
        ("circular", (None, None), "circular"),
        ("cholesky-cov-packed", (None, None), "cholesky-cov-packed"),
        ("cholesky-cov-packed", (3,), "cholesky-cov-packed"),
        ("interval", (-1.0, 1.0), "interval"),
        ("lowerbound", (2.0, None), "lowerbound"),
        ("lowerbound", (2.0, np.inf), "lowerbound"),
        ("bounded", (None, None), None),
        ("bounded", (-np.inf, np.inf), None),
        ("bounded", (0.0, None), "lowerbound"),
        ("bounded", (0.0, tf.constant(np.inf)), "lowerbound"),
        ("bounded", (None, 1.0), "upperbound"),
        ("bounded", (0.0, 1.0), "interval"),
    ],
)
def test_default_transforms_by_tag(tag: str | None, ends: tuple[Any, ...], name: str | None) -> None:
    found = tr.default_transform(tag, ends)
    assert (None if found is None else found.name) == name


@pytest.mark.parametrize(("tag", "ends"), [("sideways", (None, None)), ("interval", (0.0, None)), ("lowerbound", ())])
def test_default_transforms_that_cannot_be(tag: str, ends: tuple[Any, ...]) -> None:
    with pytest.raises(ModelError):
        tr.default_transform(tag, ends)


class Squared(tr.ElemwiseTransform):
    """A program's own transform, with a parameter that may be random; its Jacobian is derived."""

    name = "squared"

    def __init__(self, a: Any) -> None:
        self.a = tt.as_tensor_variable(a)

    def forward(self, x: Any) -> Any:
        return tt.sqrt(x - self.a)

    def backward(self, y: Any) -> Any:
        return y**2 + self.a


class Doubled(tr.Log):
    """A subclass of one of PyMC3's transforms."""

    name = "doubled"

    def forward(self, x: Any) -> Any:
        return tt.log(x) / 2

    def backward(self, y: Any) -> Any:
        return tt.exp(2 * y)

    def jacobian_det(self, y: Any) -> Any:
        return 2 * y + tt.log(2.0)


@pytest.mark.parametrize("jit", [False, True])
def test_transforms_of_a_program(jit: bool) -> None:
    with pm.Model() as model:
        a = pm.Normal("a", 0.0, 1.0)
        x = pm.Normal("x", 0.0, 1.0, shape=2, transform=Squared(-tt.exp(a)), testval=[1.0, 3.0])
        pm.HalfNormal("z", 1.0, transform=Doubled(), testval=4.0)
        pm.Normal("c", 0, 1, shape=2, transform=tr.Chain([Squared(-2.0), tr.ordered]), testval=[-1.0, 2.0])
    assert [v.name for v in model.free_RVs] == ["a", "x_squared__", "z_doubled__", "c_squared+ordered__"]
    assert model.test_point["x_squared__"] == pytest.approx(np.sqrt([2.0, 4.0]))
    point = {
        "a": 0.5,
        "x_squared__": np.array([0.7, -1.3]),
        "z_doubled__": 0.2,
        "c_squared+ordered__": np.array([1.0, 0.0]),
    }

    def normal(v: Any) -> float:
        return float(np.sum(-0.5 * np.square(v) - 0.5 * np.log(2 * np.pi)))

    y, z = point["x_squared__"], np.exp(0.4)
    expected = normal(0.5) + normal(np.square(y) - np.exp(0.5)) + np.sum(np.log(np.abs(2 * y)))
    expected += normal(z) + np.log(2.0) + 0.4 + np.log(2.0)
    expected += normal([-1.0, 2.0]) + np.log(2.0) + np.log(4.0)  # backward: ordered to (1, 2), then 2 y
    logp, gradient = model.log_density().logp_and_gradient(model.complete(point), jit=jit)
    assert logp == pytest.approx(expected, rel=1e-13)
    slope = -(np.square(y) - np.exp(0.5)) * 2 * y + 1 / y
    np.testing.assert_allclose(gradient["x_squared__"], slope, rtol=1e-12)
    assert gradient["a"] == pytest.approx(-0.5 + np.exp(0.5) * float(np.sum(np.square(y) - np.exp(0.5))), rel=1e-12)
    forward = x.transformation.forward_val(np.array([0.0, 3.0]), {"a": np.log(1.0)})
    np.testing.assert_allclose(forward, [1.0, 2.0], rtol=1e-15)


def test_transforms_of_a_program_say_what_is_wrong() -> None:
    class Broken(tr.Transform):
        name = "broken"

        def backward(self, y: Any) -> Any:
            return y

    with pm.Model(), pytest.raises(ModelError, match=r"'broken'.*Broken has no method jacobian_det"):
        pm.Normal("x", 0, 1, transform=Broken())


def test_ends_may_be_random_or_shared() -> None:
    from pm_migrate.shims import theano

    low = theano.shared(np.array(-1.0))
    with pm.Model() as model:
        width = pm.HalfNormal("width", 1.0)
        pm.Normal("x", 0.0, 1.0, transform=tr.Interval(low, low + width), testval=-0.9)
    assert model.test_point["x_interval__"] == pytest.approx(
        np.log(0.1) - np.log(float(np.exp(model.test_point["width_log__"])) - 0.1), rel=1e-12
    )
    before = float(model.logp({**model.test_point, "x_interval__": 0.0}))
    low.set_value(np.array(5.0))
    assert float(model.logp({**model.test_point, "x_interval__": 0.0})) < before - 10.0


def test_apply_gives_the_distribution_of_the_unconstrained_value() -> None:
    wrapped = tr.log.apply(pm.Gamma.dist(2.0, 1.0, shape=2))
    y = np.array([0.1, 0.2])
    np.testing.assert_allclose(wrapped.logp(y).eval(), 2 * y - np.exp(y), rtol=1e-14)
    np.testing.assert_allclose(wrapped.logp_nojac(y).eval(), y - np.exp(y), rtol=1e-13)
    assert wrapped.transform_used is tr.log and wrapped.shape == (2,)
    np.testing.assert_allclose(wrapped.default(), np.log([2.0, 2.0]), rtol=1e-15)
    simplex = tr.stick_breaking.apply(pm.Dirichlet.dist(np.ones(3)))
    assert simplex.shape == (2,) and simplex.logp(np.zeros(2)).ndim == 0
    assert simplex.dist.label == "Dirichlet"


@pytest.mark.parametrize(
    "transform", [tr.ordered, tr.sum_to_1, tr.stick_breaking, tr.CholeskyCovPacked(2), tr.Chain([tr.log, tr.ordered])]
)
def test_a_transform_of_vectors_refuses_a_number(transform: Any) -> None:
    with pm.Model(), pytest.raises(ModelError, match=r"maps vectors.*shape="):
        pm.Normal("x", 1.0, 1.0, transform=transform)
    for method in (transform.forward, transform.backward, transform.jacobian_det):
        for value in (0.5, tf.constant(0.5)):
            with pytest.raises(ModelError, match="maps vectors"):
                method(value)


@pytest.mark.parametrize("make", [tr.lowerbound, tr.upperbound])
def test_the_jacobian_of_one_end_has_the_shape_of_the_value(make: Callable[[Any], tr.Transform]) -> None:
    transform, x = make(np.array([0.0, 1.0])), tt.dscalar("x")
    jacobian = transform.jacobian_det(2.0 * x)  # PyMC3 3.11.6 gives the value itself
    assert jacobian.ndim == 0 and jacobian.eval({x: 0.5}) == 1.0
    assert transform.jacobian_det(np.array([0.5, 0.6])).eval().tolist() == [0.5, 0.6]
    assert transform.backward(2.0 * x).eval({x: 0.5}).shape == (2,)
    assert tr.interval(np.array([0.0, 1.0]), 3.0).jacobian_det(2.0 * x).eval({x: 0.5}).shape == (2,)


@pytest.mark.parametrize(
    "make, names",
    [
        (lambda: pm.Triangular("x", lower=np.array([0.0, 0.5]), upper=2.0, c=1.0), "lower"),
        (lambda: pm.Uniform("x", np.zeros(2), np.ones(2), testval=0.5), "lower of shape .* upper"),
        (lambda: pm.TruncatedNormal("x", 0.0, 1.0, lower=np.zeros(2), testval=1.0), "lower"),
        (lambda: pm.Pareto("x", 1.0, np.ones(2), testval=3.0), "m"),
        (lambda: pm.Bound(pm.Normal, upper=np.zeros(2))("x", mu=0.0, sigma=1.0, testval=-1.0), "upper"),
        (lambda: pm.Beta("x", np.ones(2), 2.0), "alpha"),
    ],
)
def test_ends_of_more_dimensions_than_the_variable_are_named(make: Callable[[], Any], names: str) -> None:
    with pm.Model(), pytest.raises(TypeError) as raised:
        make()
    # PyMC3 3.11.6 raises a TypeError that begins so
    assert raised.match(
        rf"Wrong number of dimensions: expected 0, got 1 with shape \(2,\), from {names} of shape \(2,\)"
    )
    assert raised.match(r"Pass shape=\(2,\) to")

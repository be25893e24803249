"""``theano.function``, gradients, loops and Python operations."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import pm_migrate.shims.theano.tensor as tt
from pm_migrate.errors import ModelError, NotSupported
from pm_migrate.shims import theano
from pm_migrate.shims.theano import scan_loop
from pm_migrate.shims.theano.compile.ops import as_op
from pm_migrate.shims.theano.evaluation import evaluate, uses_python
from pm_migrate.shims.theano.gradient import DisconnectedInputError
from pm_migrate.shims.theano.ifelse import ifelse
from pm_migrate.shims.theano.loops import until
from pm_migrate.shims.theano.sandbox.rng_mrg import MRG_RandomStream


def test_function_returns_arrays() -> None:
    x, y = tt.dvector("x"), tt.dscalar("y")
    f = theano.function([x, y], [x * y, x.sum()])
    product, total = f([1.0, 2.0], 3.0)
    assert isinstance(product, np.ndarray)
    assert (product.tolist(), total.tolist()) == ([3.0, 6.0], 3.0)
    assert theano.function([x], x.shape)(np.zeros(5)).tolist() == [5]
    assert theano.function([x], {"a": x[0]})([7.0])["a"] == 7.0
    assert f(x=[1.0, 1.0], y=1.0)[1] == 2.0


def test_function_inputs_have_defaults() -> None:
    x, y = tt.dscalar("x"), tt.dscalar("y")
    f = theano.function([x, theano.In(y, value=10.0)], x + y)
    assert (f(1.0), f(1.0, 2.0), f(1.0, y=3.0)) == (11.0, 3.0, 4.0)


def test_function_checks_its_inputs() -> None:
    x, n = tt.dvector("x"), tt.lscalar("n")
    f = theano.function([x, n], x * n)
    with pytest.raises(TypeError, match="lose digits"):
        f([1.0], 0.5)
    with pytest.raises(TypeError, match="1 dimensions"):
        f(1.0, 2)
    with pytest.raises(TypeError, match="no value for the input n"):
        f([1.0])
    assert theano.function([n], n, allow_input_downcast=True)(2.7) == 2
    with pytest.raises(ModelError, match="no output depends on the input n"):
        theano.function([x, n], x)
    assert theano.function([x, n], x, on_unused_input="ignore")([1.0], 1).tolist() == [1.0]
    with pytest.raises(ModelError, match="not among the inputs"):
        theano.function([x], x * n)


def test_updates_use_the_old_values() -> None:
    a, b = theano.shared(1.0, name="a"), theano.shared(2.0, name="b")
    step = theano.function([], a + b, updates=[(a, b), (b, a + b)])
    assert [float(step()) for _ in range(3)] == [3.0, 5.0, 8.0]
    assert (a.get_value(), b.get_value()) == (5.0, 8.0)
    count = theano.shared(0)
    tick = theano.function([], count, updates={count: count + 1})
    assert [int(tick()) for _ in range(3)] == [0, 1, 2]


def test_shared_data_may_change_shape_and_decide_shapes() -> None:
    data, n = theano.shared(np.ones(2)), theano.shared(3)
    f = theano.function([], [data.sum(), tt.zeros(n)])
    assert [r.tolist() for r in f()] == [2.0, [0.0] * 3]
    data.set_value(np.ones(4))
    n.set_value(1)
    assert [r.tolist() for r in f()] == [4.0, [0.0]]


def test_givens_take_the_place_of_variables() -> None:
    x, y = tt.dvector("x"), tt.dvector("y")
    f = theano.function([y], (x * 2).sum(), givens={x: y + 1})
    assert f([1.0, 2.0]) == 10.0


def test_gradients_are_nodes() -> None:
    x, y = tt.dvector("x"), tt.dvector("y")
    cost = (x**2 * y).sum()
    gx, gy = theano.grad(cost, [x, y])
    assert gx.eval({x: [1.0, 3.0], y: [2.0, 0.5]}).tolist() == [4.0, 3.0]
    assert gy.eval({x: [1.0, 3.0], y: [2.0, 0.5]}).tolist() == [1.0, 9.0]
    second = theano.grad(gx.sum(), x)
    assert second.eval({x: [1.0, 3.0], y: [2.0, 0.5]}).tolist() == [4.0, 1.0]
    of_inner = tt.exp(x)
    assert theano.grad((of_inner * y).sum(), of_inner).eval({x: [0.0, 0.0], y: [2.0, 3.0]}).tolist() == [2.0, 3.0]
    weight = theano.shared(np.array([2.0]))
    assert theano.grad((weight**3).sum(), weight).eval().tolist() == [12.0]


def test_gradients_compile() -> None:
    x = tt.dvector("x")
    weight = theano.shared(np.array([2.0, 3.0]))
    outputs = [theano.grad((weight * x**2).sum(), x), theano.grad((weight**2 * x).sum(), weight)]

    @tf.function(jit_compile=True)
    def run(value: tf.Tensor) -> list[tf.Tensor]:
        return evaluate(outputs, {x: value})

    by_x, by_weight = run(tf.constant([1.0, 10.0], tf.float64))
    assert by_x.numpy().tolist() == [4.0, 60.0]
    assert by_weight.numpy().tolist() == [4.0, 60.0]


def test_disconnected_gradients() -> None:
    x, y = tt.dvector("x"), tt.dvector("y")
    with pytest.raises(DisconnectedInputError, match="does not depend on y"):
        theano.grad(x.sum(), y)
    assert theano.grad(x.sum(), y, disconnected_inputs="ignore").eval({x: [1.0], y: [1.0]}).tolist() == [0.0]
    with pytest.warns(UserWarning, match="does not depend on y"):
        theano.grad(x.sum(), y, disconnected_inputs="warn")
    with pytest.raises(TypeError, match="must be a scalar"):
        theano.grad(x, x)
    held = theano.grad((x * theano.gradient.disconnected_grad(x)).sum(), x)
    assert held.eval({x: [3.0]}).tolist() == [3.0]
    assert theano.grad(tt.floor(x).sum(), x).eval({x: [1.5]}).tolist() == [0.0]
    constant = theano.grad((x * y).sum(), x, consider_constant=[y])
    assert constant.eval({x: [1.0], y: [4.0]}).tolist() == [4.0]


def test_gradients_may_be_clipped() -> None:
    x = tt.dscalar("x")
    assert theano.grad(theano.gradient.grad_clip(x, -1, 1) ** 2, x).eval({x: 5.0}) == 1.0


def test_jacobian_and_hessian() -> None:
    x = tt.dvector("x")
    jacobian = theano.gradient.jacobian(x**2, x).eval({x: [1.0, 2.0]})
    assert jacobian.tolist() == [[2.0, 0.0], [0.0, 4.0]]
    hessian = theano.gradient.hessian(x[0] ** 2 * x[1], x).eval({x: [1.0, 2.0]})
    assert hessian.tolist() == [[4.0, 2.0], [2.0, 0.0]]


def test_scan_with_taps_and_constants() -> None:
    start = tt.dvector("start")
    fibonacci, updates = theano.scan(
        lambda before, last: before + last, outputs_info={"initial": start, "taps": [-2, -1]}, n_steps=5
    )
    assert fibonacci.eval({start: [1.0, 1.0]}).tolist() == [2.0, 3.0, 5.0, 8.0, 13.0]
    assert updates == {}
    x, a = tt.dvector("x"), tt.dscalar("a")
    (level, slope), _ = theano.scan(
        lambda x_t, level, a: [a * level + x_t, x_t - level],
        sequences=x,
        outputs_info=[tt.constant(1.0), None],
        non_sequences=a,
    )
    assert level.eval({x: [1.0, 2.0], a: 0.5}).tolist() == [1.5, 2.75]
    assert slope.eval({x: [1.0, 2.0], a: 0.5}).tolist() == [0.0, 0.5]
    lagged, _ = theano.scan(lambda now, old: now - old, sequences={"input": x, "taps": [0, -1]})
    assert lagged.eval({x: [1.0, 4.0, 9.0]}).tolist() == [3.0, 5.0]


@pytest.mark.parametrize("steps", [5, scan_loop.UNROLL + 5])
@pytest.mark.parametrize("jit", [False, True])
def test_scan_compiles_short_and_long(steps: int, jit: bool) -> None:
    rate, noise = tt.dscalar("rate"), tt.dvector("noise")
    path, _ = theano.scan(lambda e, x: rate * x + e, sequences=noise, outputs_info=tt.zeros(()))
    cost = (path**2).sum()
    gradient = theano.grad(cost, rate)
    values = np.linspace(-1.0, 1.0, steps)

    @tf.function(jit_compile=jit, autograph=False)
    def run(r: tf.Tensor) -> list[tf.Tensor]:
        return evaluate([path, gradient], {rate: r, noise: values})

    def forward(r: float) -> np.ndarray:
        x, out = 0.0, []
        for e in values:
            x = r * x + e
            out.append(x)
        return np.array(out)

    computed, slope = run(tf.constant(0.9, tf.float64))
    # 200 roundings of values of size 10
    np.testing.assert_allclose(computed.numpy(), forward(0.9), rtol=1e-12, atol=200 * 10 * 2.0**-52)
    h = 1e-20  # complex step: exact to rounding
    np.testing.assert_allclose(slope.numpy(), np.imag((forward(0.9 + h * 1j) ** 2).sum()) / h, rtol=1e-10)


def test_scan_over_draws() -> None:
    rate = tt.dscalar("rate")
    path, _ = theano.scan(lambda x: rate * x, outputs_info=tt.ones(()), n_steps=20)

    @tf.function(jit_compile=True, autograph=False)
    def run(rates: tf.Tensor) -> tf.Tensor:
        return tf.vectorized_map(lambda r: evaluate([path[-1]], {rate: r})[0], rates)

    np.testing.assert_allclose(run(tf.constant([0.9, 1.1], tf.float64)).numpy(), [0.9**20, 1.1**20], rtol=1e-13)


def test_scan_limits() -> None:
    x = tt.dvector("x")
    with pytest.raises(ValueError, match="truncate_gradient"):
        theano.scan(lambda v: v, sequences=x, truncate_gradient=0)
    with pytest.raises(ValueError, match="n_steps"):
        theano.scan(lambda v: v, outputs_info=x)
    with pytest.raises(TypeError, match="shared variable"):
        theano.scan(lambda v: (v, {x: x + 1}), sequences=x)
    short, _ = theano.scan(lambda v: v, sequences=x, n_steps=3)
    with pytest.raises(ModelError, match="too short"):
        short.eval({x: [1.0]})


@pytest.mark.parametrize("limit", [10.0, 1e9])
def test_scan_ends_early(limit: float) -> None:
    x = tt.dscalar("x")
    path, _ = theano.scan(lambda v: (2.0 * v, until(2.0 * v > limit)), outputs_info=x, n_steps=20)
    expected = [3.0 * 2**k for k in range(1, 21)]
    expected = expected[: next((k + 1 for k, v in enumerate(expected) if v > limit), 20)]
    run = theano.function([x], [path, theano.grad(path[-1], x)])
    values, slope = run(3.0)
    assert values.tolist() == expected == path.eval({x: 3.0}).tolist()
    assert slope == 2.0 ** len(expected)


def test_scan_of_a_length_that_is_an_input() -> None:
    n, x = tt.lscalar("n"), tt.dscalar("x")
    path, _ = theano.scan(lambda v: v * x, outputs_info=tt.ones(()), n_steps=n)
    run = theano.function([n, x], [path, theano.grad(path[-1], x)])
    values, slope = run(4, 3.0)
    assert values.tolist() == [3.0, 9.0, 27.0, 81.0]
    assert slope == 4 * 3.0**3


@pytest.mark.parametrize("steps", [6, scan_loop.UNROLL + 6])
def test_gradients_go_through_the_last_steps_only(steps: int) -> None:
    x = tt.dscalar("x")
    path, _ = theano.scan(lambda v: v + x, outputs_info=tt.zeros(()), n_steps=steps, truncate_gradient=2)
    # the last two additions of x, and that alone of the step before the last
    slopes = theano.function([x], [theano.grad(path[-1], x), theano.grad(path[-2], x), theano.grad(path[0], x)])(1.0)
    assert [float(s) for s in slopes] == [2.0, 1.0, 0.0]


def test_shared_variables_are_updated_by_a_scan() -> None:
    total = theano.shared(10.0)
    x = tt.dvector("x")
    seen, updates = theano.scan(lambda v: (total * v, {total: total + v}), sequences=x)
    run = theano.function([x], seen, updates=updates)
    assert run([1.0, 2.0]).tolist() == [10.0, 22.0]
    assert total.get_value() == 13.0
    nothing, updates = theano.scan(lambda: {total: total * 2}, n_steps=3)
    assert nothing is None
    theano.function([], [], updates=updates)()
    assert total.get_value() == 104.0


def test_random_draws_differ_between_steps_and_calls() -> None:
    stream = MRG_RandomStream(3)
    draws, updates = theano.scan(lambda: stream.uniform((2,)), n_steps=4)
    run = theano.function([], draws, updates=updates)
    both = np.stack([run(), run()])
    assert both.shape == (2, 4, 2)
    assert len(np.unique(both)) == both.size


def test_map_and_fold() -> None:
    x = tt.dvector("x")
    squares, _ = theano.map(lambda v: v**2, x)
    assert squares.eval({x: [1.0, 3.0]}).tolist() == [1.0, 9.0]
    last, _ = theano.foldr(lambda v, total: total / 2 + v, x, tt.zeros(()))
    assert last.eval({x: [1.0, 4.0]}) == 3.0


def test_ifelse_chooses_one() -> None:
    c, x = tt.dscalar("c"), tt.dvector("x")
    y = ifelse(tt.gt(c, 0), x * 2, x)
    assert y.eval({c: 1.0, x: [1.0]}).tolist() == [2.0]
    assert y.eval({c: -1.0, x: [1.0]}).tolist() == [1.0]
    flag = theano.shared(True)
    other_shape = ifelse(flag, x, tt.concatenate([x, x]))
    assert other_shape.eval({x: [1.0]}).tolist() == [1.0]
    flag.set_value(False)
    assert other_shape.eval({x: [1.0]}).tolist() == [1.0, 1.0]
    with pytest.raises(TypeError, match=r"tt\.switch"):
        ifelse(x > 0, x, x)


def test_python_operations_compute_and_refuse_gradients() -> None:
    @as_op(itypes=[tt.dvector, tt.lscalar], otypes=[tt.dvector])
    def rolled(values: np.ndarray, by: np.ndarray) -> np.ndarray:
        return np.roll(values, int(by))

    x = tt.dvector("x")
    y = rolled(x, 1)
    assert uses_python([y * 2])
    assert not uses_python([x * 2])
    run = tf.function(lambda v: evaluate([y * 2.0], {x: v})[0])
    assert run(tf.constant([1.0, 2.0, 3.0], tf.float64)).numpy().tolist() == [6.0, 2.0, 4.0]
    with pytest.raises(NotSupported, match="gradient of rolled"):
        theano.grad(y.sum(), x).eval({x: [1.0, 2.0]})
    with pytest.raises(TypeError, match="must have type"):
        rolled(tt.dmatrix("m"), 1)

    @as_op(itypes=[tt.dvector], otypes=[tt.dscalar, tt.dscalar])
    def ends(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return values[0], values[-1]

    first, last = ends(x)
    assert (last - first).eval({x: [1.0, 5.0]}) == 4.0


def test_flags_are_set_for_a_while() -> None:
    @theano.config.change_flags(compute_test_value="raise")
    def inside() -> str:
        return theano.config.compute_test_value

    assert inside() == "raise"
    assert theano.config.compute_test_value == "off"
    with theano.change_flags(floatX="float32"):
        assert theano.config.floatX == "float32"
    assert theano.config.floatX == "float64"

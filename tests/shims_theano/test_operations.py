"""Operations that programs define, graphs as operations, checks and printing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import pm_migrate.shims.theano.tensor as tt
from pm_migrate.errors import ModelError, NotSupported
from pm_migrate.shims import theano
from pm_migrate.shims.theano.compile.builders import OpFromGraph
from pm_migrate.shims.theano.evaluation import evaluate, uses_python
from pm_migrate.shims.theano.gradient import GradientError, NullTypeGradError, grad_undefined, verify_grad
from pm_migrate.shims.theano.graph import Apply
from pm_migrate.shims.theano.raise_op import Assert, CheckAndRaise
from pm_migrate.shims.theano.scalar import Elemwise, ScalarOp, UnaryScalarOp
from pm_migrate.shims.theano.updates import OrderedUpdates


class Cube(tt.Op):
    """An operation as programs write it, which counts how often it is computed."""

    __props__ = ()
    itypes = (tt.dvector,)
    otypes = (tt.dvector,)
    calls = 0

    def perform(self, node: Any, inputs: Any, outputs: Any, params: Any = None) -> None:
        type(self).calls += 1
        outputs[0][0] = inputs[0] ** 3

    def grad(self, inputs: Any, gradients: Any) -> list[Any]:
        return [3.0 * inputs[0] ** 2 * gradients[0]]


def test_derivatives_of_an_operation() -> None:
    x = tt.dvector("x")
    cost = (Cube()(x) * x).sum()
    run = theano.function([x], [tt.grad(cost, x), theano.gradient.hessian(cost, x)])
    slope, curvature = run([1.0, 2.0])
    assert slope.tolist() == [4.0, 32.0]  # of x ** 4
    assert curvature.tolist() == [[12.0, 0.0], [0.0, 48.0]]
    verify_grad(Cube(), [np.array([0.3, -1.2])], rng=np.random.RandomState(1))


def test_an_operation_in_a_compiled_function() -> None:
    x = tt.dvector("x")
    y = Cube()(x)
    assert uses_python([y])
    run = tf.function(lambda v: evaluate([y], {x: v})[0], autograph=False)
    before = Cube.calls
    assert run(tf.constant([2.0], tf.float64)).numpy().tolist() == [8.0]
    assert run(tf.constant([3.0], tf.float64)).numpy().tolist() == [27.0]
    assert Cube.calls == before + 2


def test_an_operation_keeps_itself_in_copies_of_a_graph() -> None:
    x, z = tt.dvectors("x", "z")
    copy = theano.clone(Cube()(x) + 1.0, replace={x: z * 2.0})
    assert copy.eval({z: [1.0]}).tolist() == [9.0]
    (node,) = [v.owner for v in copy.owner.inputs if v.owner is not None and v.owner.op == Cube()]
    assert isinstance(node.op, Cube)


def test_mistakes_in_operations_are_named() -> None:
    class Silent(Cube):
        def perform(self, node: Any, inputs: Any, outputs: Any, params: Any = None) -> None:
            pass

    class Wide(Cube):
        def perform(self, node: Any, inputs: Any, outputs: Any, params: Any = None) -> None:
            outputs[0][0] = np.zeros((2, 2))

    with pytest.raises(ValueError, match="Silent: perform left output 0 empty"):
        Silent()(np.ones(2))
    with pytest.raises(TypeError, match=r"Wide: .* declared TensorType\(float64, vector\)"):
        Wide()(np.ones(2))
    with pytest.raises(TypeError, match="argument 0 must have type"):
        Cube()(tt.lvector("n"))
    with pytest.raises(ValueError, match="takes 1 tensors, but got 2"):
        Cube()(tt.dvector(), tt.dvector())
    y = Cube()(tt.dvector("x"))
    with pytest.raises(ValueError, match="already the result"):
        Apply(Cube(), [], [y])


def test_what_has_no_gradient_says_so_at_once() -> None:
    class Plain(Cube):
        def grad(self, inputs: Any, gradients: Any) -> list[Any]:
            return [grad_undefined(self, 0, inputs[0], "It is a step.")]

    class Missing(tt.Op):
        itypes = (tt.dvector,)
        otypes = (tt.dvector,)

    x = tt.dvector("x")
    with pytest.raises(NullTypeGradError, match="It is a step"):
        tt.grad(Plain()(x).sum(), x)
    with pytest.raises(NotSupported, match="gradient of Missing"):
        tt.grad(Missing()(x).sum(), x)
    assert tt.grad(Plain()(tt.constant(np.ones(2))).sum() + x.sum(), x).eval({x: [1.0]}).tolist() == [1.0]


def test_a_wrong_gradient_is_found() -> None:
    class Wrong(Cube):
        def grad(self, inputs: Any, gradients: Any) -> list[Any]:
            return [inputs[0] * gradients[0]]

    with pytest.raises(GradientError, match="finite difference"):
        verify_grad(Wrong(), [np.array([0.5, 2.0])], rng=np.random.RandomState(1))


def test_a_graph_as_an_operation_reads_shared_variables_anew() -> None:
    x = tt.dscalar("x")
    factor = theano.shared(2.0)
    scale = OpFromGraph([x], [x * factor])
    run = theano.function([x], [scale(x), tt.grad(scale(x), x)])
    assert [float(v) for v in run(3.0)] == [6.0, 2.0]
    factor.set_value(5.0)
    assert [float(v) for v in run(3.0)] == [15.0, 5.0]


def test_scalars_from_constants() -> None:
    x = tt.dscalar("x")
    for op in (OpFromGraph([x], [x * 3.0]), OpFromGraph([x], [x * 3.0], grad_overrides=lambda i, g: [g[0]])):
        tripled = op(tt.constant(np.float64(2.0)))
        assert isinstance(tripled.tag.test_value, np.ndarray)
        assert tripled.eval() == 6.0 and (tripled + 1.0).eval() == 7.0


def test_overrides_of_a_graphs_gradient() -> None:
    x, y = tt.dscalars("x", "y")
    op = OpFromGraph([x, y], [x * y], grad_overrides=["default", lambda inputs, g: g[0] * 100.0])
    a, b = tt.dscalars("a", "b")
    assert [float(v) for v in theano.function([a, b], tt.grad(op(a, b), [a, b]))(2.0, 3.0)] == [3.0, 100.0]
    both = OpFromGraph([x, y], [x * y], lop_overrides=lambda inputs, outputs, g: [outputs[0] * g[0], -g[0]])
    assert [float(v) for v in theano.function([a, b], tt.grad(both(a, b), [a, b]))(2.0, 3.0)] == [6.0, -1.0]
    with pytest.raises(ValueError, match="either"):
        OpFromGraph([x], [x * 2], lop_overrides=list, grad_overrides=list)


def test_elementwise_operations_sum_over_what_was_broadcast() -> None:
    class Product(ScalarOp):
        nin = 2

        def impl(self, a: Any, b: Any) -> Any:  # type: ignore[override]
            return a * b

        def grad(self, inputs: Any, gradients: Any) -> list[Any]:
            return [gradients[0] * inputs[1], gradients[0] * inputs[0]]

    x, s = tt.dvector("x"), tt.dscalar("s")
    y = Elemwise(Product(name="product"))(x, s)
    values = theano.function([x, s], [y, *tt.grad((y * [1.0, 10.0]).sum(), [x, s])])([1.0, 2.0], 3.0)
    assert [v.tolist() for v in values] == [[3.0, 6.0], [3.0, 30.0], 21.0]
    with pytest.raises(TypeError, match="takes 2 tensors"):
        Elemwise(Product())(x)
    with pytest.raises(NotSupported, match="gradient of"):
        tt.grad(Elemwise(UnaryScalarOp(name="f"))(s), s)


def test_conditions_are_checked() -> None:
    x = tt.dvector("x")
    checked = Assert("x must be positive")(x, x > 0)
    assert checked.eval({x: [1.0]}).tolist() == [1.0]
    assert tt.grad((checked**2).sum(), x).eval({x: [3.0]}).tolist() == [6.0]
    with pytest.raises(Exception, match="x must be positive"):
        checked.eval({x: [-1.0]})
    with pytest.raises(ModelError, match="no zeros"):
        CheckAndRaise(ValueError, "no zeros")(np.zeros(2), tt.neq(np.zeros(2), 0))


def test_printing(capfd: pytest.CaptureFixture[str]) -> None:
    x = tt.dvector("x")
    run = theano.function([x], theano.printing.Print("now", attrs=["__str__", "shape"])(x) * 2)
    assert run([1.0, 2.0]).tolist() == [2.0, 4.0]
    assert "now __str__ = [1 2]" in capfd.readouterr().out
    text = theano.printing.debugprint((x * 2).sum(), file="str")
    assert text.splitlines()[0].startswith("sum")
    assert "x [id" in text
    assert theano.pp(x * 2 + x) == "add(mul(x, 2), x)"


def test_ordered_updates_refuse_two_values() -> None:
    s = theano.shared(1.0)
    first = OrderedUpdates([(s, s + 1)])
    assert list((first + OrderedUpdates()).keys()) == [s]
    with pytest.raises(KeyError, match="two different"):
        first + OrderedUpdates([(s, s + 2)])
    with pytest.raises(TypeError, match="shared"):
        first[tt.dscalar()] = 1

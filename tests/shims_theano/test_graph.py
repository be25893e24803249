"""Variables, leaves, operations, and evaluation of the graph."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import pm_migrate.shims.theano.tensor as tt
from pm_migrate.errors import ModelError
from pm_migrate.shims import theano
from pm_migrate.shims.theano.evaluation import ancestors, evaluate, replace, shared_inputs
from pm_migrate.shims.theano.graph import Constant, Input, Op, Variable, apply


def vector(name: str = "x", value: tuple[float, ...] = (0.5, 1.5, 2.5)) -> Input:
    return Input(name, "float64", (len(value),), np.array(value))


def test_attributes_of_a_variable() -> None:
    x = vector()
    y = tt.exp(x) * 2
    assert (y.dtype, y.ndim, y.broadcastable, y.name) == ("float64", 1, (False,), None)
    assert y.owner is not None
    assert y.owner.op.name == "mul"
    assert y.owner.inputs[0].owner.inputs == (x,)
    assert x.owner is None
    np.testing.assert_allclose(y.tag.test_value, 2 * np.exp(x.tag.test_value))
    assert y.type == tt.dvector
    assert str(x) == "x"
    assert str(y) == "mul.0"


def test_inputs_without_test_value_give_dtype_and_dimensions() -> None:
    x, n = tt.dmatrix("x"), tt.iscalar("n")
    y = (x.sum(axis=0) + n) > 0
    assert (y.dtype, y.ndim) == ("bool", 1)
    assert not hasattr(y.tag, "test_value")
    rows, columns = x.shape
    assert (rows.dtype, columns.ndim) == ("int64", 0)
    assert (x / n).dtype == "float64"
    assert (n / n).dtype == "float64"


def test_eval_takes_values_for_inputs() -> None:
    x, y = tt.dscalar("x"), tt.dvector("y")
    assert (x * y).eval({x: 2.0, y: [1.0, 2.0]}).tolist() == [2.0, 4.0]
    with pytest.raises(ModelError, match="value is needed for the input x"):
        (x * y).eval({y: [1.0]})


def test_equality_is_identity_and_variables_are_keys() -> None:
    x, y = vector(), vector()
    assert x == x
    assert x != y
    assert (x == np.ones(3)) is False
    assert {x: 1, y: 2}[y] == 2


def test_truth_is_refused_for_comparisons_only() -> None:
    x = vector()
    assert bool(x)
    with pytest.raises(TypeError, match=r"tt\.switch"):
        bool(x > 0)
    with pytest.raises(TypeError, match=r"tt\.and_"):
        assert 0 < x < 1


def test_length_and_iteration() -> None:
    x = vector()
    with pytest.raises(TypeError, match=r"shape\[0\]"):
        len(x)
    assert [v.tag.test_value.item() for v in x] == [0.5, 1.5, 2.5]
    with pytest.raises(TypeError, match=r"tt\.sum"):
        list(tt.dvector("unknown"))
    with pytest.raises(TypeError, match="scalar"):
        list(tt.dscalar())


def test_a_symbolic_tensor_is_no_number() -> None:
    with pytest.raises(TypeError, match="symbolic"):
        float(vector().sum())


def test_errors_name_the_operation_and_its_operands() -> None:
    x = vector("x")
    with pytest.raises(ModelError, match=r"(?s)add: .*x: float64 \(3,\).*float64 \(2,\)"):
        x + np.ones(2)
    with pytest.raises(ModelError, match="subtensor: index 7 is out of bounds"):
        x[7]
    with pytest.raises(ModelError, match="dot: shapes"):
        tt.dot(np.ones((2, 2)), x)
    with pytest.raises(ModelError, match="cholesky"):
        tt.slinalg.cholesky(np.array([[1.0, 2.0], [2.0, 1.0]]))


def test_an_operation_from_outside() -> None:
    x = vector()
    op = Op("half", lambda v: v / 2.0, dtype="float64", ndim=1)
    y = apply(op, x)
    np.testing.assert_array_equal(y.tag.test_value, [0.25, 0.75, 1.25])
    total = apply(Op("total", tf.reduce_sum, dtype="float64", shape=()), y, name="total")
    assert (total.ndim, total.name) == (0, "total")
    inferred = apply(Op("pair", lambda v: tf.stack([v, v])), x)
    assert (inferred.ndim, inferred.dtype) == (2, "float64")
    with pytest.raises(ModelError, match="dtype= and ndim="):
        apply(Op("pair", lambda v: tf.stack([v, v])), tt.dvector())


def test_declared_dimensions_are_checked_against_the_test_value() -> None:
    with pytest.raises(ModelError, match="declares 1"):
        apply(Op("wrong", lambda v: tf.stack([v, v]), dtype="float64", ndim=1), vector())


def test_depth_of_ten_thousand() -> None:
    x = tt.dscalar("x")
    y = x
    for _ in range(10_000):
        y = y + 1.0
    assert y.eval({x: 0.5}) == 10_000.5
    assert len(ancestors([y])) == 20_001


def test_a_shared_node_is_computed_once() -> None:
    calls = []

    def impl(v: tf.Tensor) -> tf.Tensor:
        calls.append(1)
        return v + 1.0

    x = tt.dvector("x")
    y = apply(Op("count", impl, dtype="float64", ndim=1), x)
    evaluate([y + y, y * y, y], {x: tf.ones(2, tf.float64)})
    assert len(calls) == 1


def test_intermediate_variables_may_be_given() -> None:
    x = tt.dvector("x")
    y = tt.exp(x)
    z = y * 2.0
    assert evaluate([z], {y: np.array([1.0, 3.0])})[0].numpy().tolist() == [2.0, 6.0]


def test_a_constant_may_be_given() -> None:
    c = tt.as_tensor_variable([1.0, 2.0])
    assert evaluate([tt.exp(c) + 1.0], {c: np.zeros(2)})[0].numpy().tolist() == [2.0, 2.0]
    assert theano.grad((c**2).sum(), c).eval().tolist() == [2.0, 4.0]


def test_shared_variables_are_read_at_evaluation() -> None:
    data = theano.shared(np.array([1.0, 2.0]), name="data")
    total = (data * 2).sum()
    assert data.version == 0
    assert total.eval() == 6.0
    data.set_value(np.array([1.0, 2.0, 3.0]))
    assert data.version == 1
    assert total.eval() == 12.0
    assert data.shape.eval().tolist() == [3]
    assert shared_inputs([total]) == [data]
    assert data.get_value().tolist() == [1.0, 2.0, 3.0]
    assert data.get_value(borrow=True) is data.get_value(borrow=True)
    assert data.tag.test_value.tolist() == [1.0, 2.0, 3.0]


def test_shared_variables_keep_dimensions_and_digits() -> None:
    counts = theano.shared(np.array([1, 2]))
    with pytest.raises(TypeError, match="dimensions"):
        counts.set_value(np.ones((2, 2), int))
    with pytest.raises(TypeError, match="lose digits"):
        counts.set_value(np.array([0.5]))
    assert theano.shared(1).dtype == "int64"
    assert theano.shared(1.0).dtype == "float64"


def test_shared_variables_may_declare_lengths_of_one() -> None:
    row = theano.shared(np.ones((1, 3)), broadcastable=(True, False))
    assert row.broadcastable == (True, False)
    assert row.dimshuffle(1).eval().tolist() == [1.0] * 3


def test_a_copy_protects_shared_values() -> None:
    array = np.zeros(2)
    data = theano.shared(array)
    array[0] = 5.0
    assert data.get_value().tolist() == [0.0, 0.0]
    borrowed = theano.shared(array, borrow=True)
    array[0] = 7.0
    assert borrowed.get_value().tolist() == [7.0, 0.0]


def test_replace_copies_only_what_depends() -> None:
    x, y = vector("x"), vector("y", (1.0, 2.0, 3.0))
    same = tt.exp(y)
    (new,) = replace([x * same], {x: tt.log(y)})
    np.testing.assert_allclose(new.tag.test_value, np.log([1, 2, 3]) * np.exp([1, 2, 3]))
    assert new.owner.inputs[1] is same
    cloned = theano.clone(x + y, replace={x: y})
    assert cloned.tag.test_value.tolist() == [2.0, 4.0, 6.0]
    with pytest.raises(TypeError, match="cannot become"):
        theano.clone(x + y, replace={x: tt.dscalar()})


def test_constants_fold() -> None:
    c = tt.exp(tt.as_tensor_variable([0.0, 1.0])) + 1
    assert c.is_constant
    assert not (c + theano.shared(1.0)).is_constant
    assert not (c + vector()[:2]).is_constant


def test_what_becomes_a_tensor() -> None:
    import pandas as pd

    assert isinstance(tt.as_tensor_variable(1.5), Constant)
    assert tt.as_tensor_variable(pd.Series([1, 2])).eval().tolist() == [1, 2]
    assert tt.as_tensor_variable(pd.DataFrame({"a": [1.0], "b": [2.0]})).eval().tolist() == [[1.0, 2.0]]
    assert tt.as_tensor_variable(np.array([1, 2], dtype=object)).eval().tolist() == [1.0, 2.0]
    s = tt.dscalar("s")
    assert tt.as_tensor_variable([[s, 1.0], [2, s]]).eval({s: 0.5}).tolist() == [[0.5, 1.0], [2.0, 0.5]]
    assert tt.as_tensor_variable(np.array([s, 2.0], dtype=object)).eval({s: 0.5}).tolist() == [0.5, 2.0]
    assert tt.as_tensor_variable([1.0, 2.0], ndim=2).eval().tolist() == [[1.0, 2.0]]
    for nonsense in ("text", ["a", "b"], object(), None):
        with pytest.raises(TypeError):
            tt.as_tensor_variable(nonsense)
    with pytest.raises(NotImplementedError, match="masked"):
        tt.as_tensor_variable(np.ma.masked_array([1.0, 2.0], [True, False]))


def test_other_classes_may_combine_themselves_with_a_variable() -> None:
    class Weight:
        def __radd__(self, other: Variable) -> str:
            return f"weighted {other}"

    assert vector() + Weight() == "weighted x"  # type: ignore[comparison-overlap]
    with pytest.raises(TypeError, match="unsupported operand"):
        vector() + "text"


def test_known_values_are_static_while_tracing() -> None:
    data = theano.shared(np.array([3.0, -1.0, 2.0]))
    x = tt.dvector("x")
    positive = x[data > 0]
    padded = tt.zeros(data.shape[0] + 1) + x.sum()

    @tf.function(jit_compile=True)
    def run(value: tf.Tensor) -> list[tf.Tensor]:
        assert tf.inside_function()
        selected, wide = evaluate([positive, padded], {x: value})
        assert (selected.shape.as_list(), wide.shape.as_list()) == ([2], [4])
        return [selected, wide]

    selected, wide = run(tf.constant([1.0, 2.0, 3.0], tf.float64))
    assert selected.numpy().tolist() == [1.0, 3.0]
    assert wide.numpy().tolist() == [6.0] * 4

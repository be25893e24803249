"""Names: what is there, what says it is not available, and what Theano does not have either."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
import scipy.sparse

import pm_migrate.shims.theano.tensor as tt
from pm_migrate.catalog.expr import FUNCTIONS
from pm_migrate.errors import NotSupported
from pm_migrate.shims import theano
from pm_migrate.shims.generators import generator
from pm_migrate.shims.installation import install, uninstall
from pm_migrate.shims.theano.functions import TENSOR_FUNCTIONS
from pm_migrate.shims.theano.graph import Variable


@pytest.mark.parametrize("name", ["nnet", "slinalg", "nlinalg", "extra_ops", "basic", "subtensor", "sharedvar"])
def test_submodules(name: str) -> None:
    module = importlib.import_module(f"pm_migrate.shims.theano.tensor.{name}")
    assert getattr(tt, name) is module
    for public in getattr(module, "__all__", ()):
        assert hasattr(module, public)


def test_unavailable_names_say_what_to_use() -> None:
    with pytest.raises(NotSupported, match=r"theano\.tensor\.jv is not available; instead: scipy"):
        tt.jv  # noqa: B018 - the access raises
    with pytest.raises(NotSupported, match=r"theano\.tensor\.nnet\.conv2d"):
        tt.nnet.conv2d  # noqa: B018
    with pytest.raises(NotSupported, match="debugprint"):
        theano.printing.pydotprint(tt.dscalar())
    with pytest.raises(NotSupported, match=r"theano\.grad"):
        from pm_migrate.shims.theano.gradient import subgraph_grad  # noqa: F401


def test_programs_that_import_sparse_tensors_run_until_they_use_them() -> None:
    sparse = importlib.import_module("pm_migrate.shims.theano.sparse")
    assert theano.sparse is sparse
    assert not hasattr(sparse, "__path__")
    with pytest.raises(NotSupported, match=r"theano\.sparse\.csr_matrix is not available.*toarray"):
        sparse.csr_matrix  # noqa: B018


def test_products_with_sparse_matrices_are_those_of_dense_ones() -> None:
    sparse = importlib.import_module("pm_migrate.shims.theano.sparse")
    matrix = scipy.sparse.random(4, 3, 0.5, random_state=1, format="csr")
    made, x = sparse.as_sparse_variable(matrix, name="w"), tt.dmatrix("x")
    assert made.name == "w" and np.array_equal(made.eval(), matrix.toarray())
    assert np.array_equal(sparse.dense_from_sparse(made).eval(), matrix.toarray())
    values = np.arange(6.0).reshape(3, 2)
    for product in (sparse.dot, sparse.structured_dot, sparse.true_dot):
        for left in (made, matrix):
            np.testing.assert_allclose(product(left, x).eval({x: values}), matrix @ values, rtol=1e-15)
    np.testing.assert_allclose(sparse.dot(x.T, matrix.T).eval({x: values}), (matrix @ values).T, rtol=1e-15)
    slope = theano.grad(sparse.dot(made, x).sum(), x).eval({x: values})
    np.testing.assert_allclose(slope, np.repeat(matrix.toarray().sum(axis=0)[:, None], 2, axis=1), rtol=1e-15)


def test_kinds_of_variables_are_told_apart() -> None:
    x, c, s = tt.dvector("x"), tt.constant(1.0), theano.shared(1.0)
    assert [isinstance(v, tt.TensorVariable) for v in (x, x * 2, c, s)] == [True, True, False, False]
    assert [isinstance(v, tt.TensorConstant) for v in (x, c, s)] == [False, True, False]
    assert [isinstance(v, tt.TensorSharedVariable) for v in (x, c, s)] == [False, False, True]
    assert all(isinstance(v, tt.Variable) for v in (x, c, s))


def test_the_items_of_a_generator_are_a_tensor_variable() -> None:
    items = generator(iter([np.array(1.0), np.array(2.0)]))
    assert isinstance(items, tt.TensorVariable) and issubclass(type(items), tt.TensorVariable)
    assert not isinstance(items, tt.TensorConstant)


def test_unknown_names_are_attribute_errors() -> None:
    for module in (tt, tt.nnet, tt.slinalg, theano):
        with pytest.raises(AttributeError) as caught:
            module.no_such_name  # noqa: B018
        assert not isinstance(caught.value, NotSupported)


def test_config_is_an_object_and_modules_are_modules() -> None:
    import pm_migrate.shims.theano as package

    assert package.config.floatX == "float64"
    assert package.gradient.grad is package.grad
    assert callable(package.compile.ops.as_op)
    assert package.ifelse.ifelse(tt.constant(1), 2.0, 3.0).eval() == 2.0
    with pytest.raises(AttributeError, match="no setting 'bogus'"):
        _ = package.config.bogus


def test_constructors_and_types() -> None:
    assert [v.name for v in tt.dvectors("a", "b")] == ["a", "b"]
    assert len(tt.matrices(3)) == 3
    assert tt.TensorType("float64", (False, True))("c").broadcastable == (False, True)
    assert tt.col("c").type == tt.dcol
    assert str(tt.dmatrix) == "TensorType(float64, matrix)"
    assert tt.iscalar().dtype == "int32"
    assert tt.tensor("int8", (False,) * 4).ndim == 4
    assert isinstance(tt.dvector(), tt.TensorVariable)
    assert isinstance(tt.constant(1.0), tt.TensorConstant)
    assert isinstance(theano.shared(1.0), tt.sharedvar.TensorSharedVariable)


def test_every_function_of_the_catalogue_works_on_variables() -> None:
    assert set(TENSOR_FUNCTIONS) == set(FUNCTIONS)
    x = tt.as_tensor_variable([0.2, 0.5, 0.3])
    matrix = tt.as_tensor_variable([[2.0, 0.5], [0.5, 1.0]])
    f = TENSOR_FUNCTIONS
    values = {
        "sum": (f["sum"](x), [1.0]),
        "count": (f["count"](x), 3.0),
        "argmax": (f["argmax"](x), 1.0),
        "logit": (f["logit"](x), np.log([0.25, 1.0, 3 / 7])),
        "take": (f["take"](x, 2), 0.3),
        "take rows": (f["take"](matrix, np.array([1, 0])), [0.5, 0.5]),
        "logpow": (f["logpow"](np.array([0.0, 0.0, 2.0]), np.array([0.0, 1.0, 3.0])), [0.0, -np.inf, 3 * np.log(2)]),
        "transpose": (f["transpose"](f["cholesky"](matrix)), np.linalg.cholesky([[2.0, 0.5], [0.5, 1.0]]).T),
        "diagonal": (f["diagonal"](matrix), [2.0, 1.0]),
        "where": (f["where"](x > 0.25, x, 0.0), [0.0, 0.5, 0.3]),
        "solve_lower": (f["solve_lower"](matrix, x[:2]), [0.1, 0.45]),
        "inverse": (f["inverse"](matrix), np.linalg.inv([[2.0, 0.5], [0.5, 1.0]])),
        "ndtr": (f["ndtr"](0.0), 0.5),
        "i0e": (f["i0e"](0.0), 1.0),
        "i1e": (f["i1e"](0.0), 0.0),
    }
    for name, (computed, expected) in values.items():
        assert isinstance(computed, Variable), name
        np.testing.assert_allclose(computed.eval(), expected, rtol=1e-12, err_msg=name)


def test_modules_under_functions_can_be_imported() -> None:
    install()
    try:
        import theano as served
        import theano.tensor.sort
        import theano.tensor.var
        from theano.scan import until
        from theano.tensor.sort import topk
        from theano.tensor.var import TensorVariable

        steps, _ = served.scan(lambda v: (v + 1.0, until(v > 1.5)), outputs_info=served.tensor.constant(0.0), n_steps=9)
        assert steps.eval().tolist() == [1.0, 2.0, 3.0]
        assert served.tensor.sort(np.array([2.0, 1.0])).eval().tolist() == [1.0, 2.0]
        assert sorted(topk(np.array([2.0, 5.0, 1.0]), 2).eval().tolist()) == [2.0, 5.0]
        assert isinstance(served.tensor.var(np.array([2.0, 1.0])), TensorVariable)
    finally:
        uninstall()

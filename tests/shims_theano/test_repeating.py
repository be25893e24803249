"""Many calls of a function as one program."""

from __future__ import annotations

import numpy as np
import pytest

from pm_migrate.shims import theano
from pm_migrate.shims.theano import tensor as tt
from pm_migrate.shims.theano.compile.ops import as_op
from pm_migrate.shims.theano.repeating import Repeated
from pm_migrate.shims.theano.sandbox.rng_mrg import MRG_RandomStream


def counter() -> tuple[theano.Function, theano.compile.SharedVariable, theano.compile.SharedVariable]:
    x, v = theano.shared(1.0), theano.shared(np.zeros(2))
    noise = MRG_RandomStream(3).normal((2,))
    return theano.function([], x**2, updates={x: x + 1, v: v * x + noise}), x, v


@pytest.mark.parametrize("keep", [True, False])
def test_calls_are_those_of_the_function(keep: bool) -> None:
    (one, x, v), (many, y, w) = counter(), counter()
    results, states = [], []
    for _ in range(6):
        results.append(float(one()))
        states.append((x.get_value(), v.get_value()))
    calls = Repeated(many, None)(6, keep=keep)
    assert calls.count == 6 and not calls.failed and calls.results is not None
    np.testing.assert_allclose(calls.results, results)
    if keep:
        assert y.get_value() == 1.0 and calls.states is not None
        for i, (a, b) in enumerate(states):
            Repeated(many, None).set(calls, i)
            np.testing.assert_allclose(y.get_value(), a)
            np.testing.assert_allclose(w.get_value(), b)
    np.testing.assert_allclose(y.get_value(), 7.0)
    np.testing.assert_allclose(w.get_value(), states[-1][1])


def test_variables_that_were_set_in_between() -> None:
    x, rate, flag = theano.shared(1.0), theano.shared(2.0), theano.shared(1)
    repeated = Repeated(theano.function([], x, updates={x: x * rate * flag}), None)
    before = repeated.signature()
    assert repeated(3, keep=False).results.tolist() == [1.0, 2.0, 4.0]
    assert repeated.signature() != before
    rate.set_value(10.0)
    assert repeated(2, keep=False).results.tolist() == [8.0, 80.0]
    flag.set_value(0)  # an integer, which is a constant of the program
    assert repeated(2, keep=False).results.tolist() == [800.0, 0.0]


def test_calls_end_at_nan() -> None:
    x = theano.shared(3.0)
    calls = Repeated(theano.function([], tt.sqrt(x), updates={x: x - 1}), None)(10, keep=False)
    assert (calls.count, calls.failed) == (5, True)
    assert np.isnan(calls.results[-1]) and x.get_value() == -2.0
    y = theano.shared(np.array([2.0, 5.0]))
    calls = Repeated(theano.function([], updates={y: tt.sqrt(y - 1)}), y)(10, keep=True)
    assert calls.failed and calls.results is None
    np.testing.assert_array_equal(np.isnan(calls.states[0][:, 0]), [False] * (calls.count - 1) + [True])


def test_what_xla_cannot_compile_is_done_without() -> None:
    x = theano.shared(np.array([3.0, 1.0, 3.0]))
    unique = tt.extra_ops.Unique()(x)
    repeated = Repeated(theano.function([], unique.sum(), updates={x: x + 1}), None)
    assert repeated(3, keep=False).results.tolist() == [4.0, 6.0, 8.0]


def test_what_cannot_be_one_program() -> None:
    from pm_migrate.shims.generators import generator

    x = theano.shared(1.0)
    numbers = generator(iter([np.array(1.0), np.array(2.0)]))
    n = tt.dscalar("n")

    @as_op(itypes=[tt.dscalar], otypes=[tt.dscalar])
    def double(value: np.ndarray) -> np.ndarray:
        return 2 * value

    for function in (
        theano.function([], x + numbers, updates={x: x + 1}),
        theano.function([n], x + n, updates={x: x + 1}),
        theano.function([], double(x), updates={x: x + 1}),
    ):
        assert not Repeated(function, None).possible
    assert Repeated(theano.function([], x, updates={x: x + 1}), None).possible

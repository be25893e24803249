"""A graph for each row of tensors."""

from __future__ import annotations

import numpy as np
import pytest

from pm_migrate.shims import theano
from pm_migrate.shims.theano import tensor as tt
from pm_migrate.shims.theano.rows import each_row

RNG = np.random.RandomState(3)
X, Y = RNG.normal(size=(5, 3)), RNG.normal(size=5)


def test_values_and_gradients_are_those_of_each_row() -> None:
    x, y, w = tt.dvector("x"), tt.dscalar("y"), theano.shared(np.array([0.5, -1.0, 2.0]))
    rows, numbers = theano.shared(X), theano.shared(Y)
    quadratic, outer = each_row([(w * x**2).sum() * y, tt.outer(x, w)], [x, y], [rows, numbers])
    np.testing.assert_allclose(quadratic.eval(), (w.get_value() * X**2).sum(1) * Y)
    np.testing.assert_allclose(outer.eval(), X[:, :, None] * w.get_value())
    by_w, by_rows = theano.grad(quadratic.sum(), [w, rows])
    np.testing.assert_allclose(by_w.eval(), (X**2 * Y[:, None]).sum(0))
    np.testing.assert_allclose(by_rows.eval(), 2 * w.get_value() * X * Y[:, None])


@pytest.mark.parametrize("count", [1, 5])
def test_an_output_that_is_the_same_in_each_row(count: int) -> None:
    x, w = tt.dvector("x"), theano.shared(2.0)
    same, own = each_row([w * 3, x.sum()], [x], [tt.constant(X[:count])])
    np.testing.assert_allclose(same.eval(), np.full(count, 6.0))
    np.testing.assert_allclose(own.eval(), X[:count].sum(1))


def test_random_numbers_are_the_same_in_each_row() -> None:
    from pm_migrate.shims.theano.sandbox.rng_mrg import MRG_RandomStream

    x = tt.dscalar("x")
    (shifted,) = each_row([x + MRG_RandomStream(4).normal((2,))], [x], [tt.constant(Y)])
    draw = theano.function([], shifted)
    first, second = draw() - Y[:, None], draw() - Y[:, None]
    np.testing.assert_allclose(first, np.tile(first[0], (5, 1)))
    assert (first[0] != second[0]).all()


def test_random_numbers_of_each_row() -> None:
    """Those of the first are what the expression has by itself; streams of equal seeds stay equal in all of them."""
    from pm_migrate.shims.theano.sandbox.rng_mrg import MRG_RandomStream

    x = tt.dscalar("x")

    def noise() -> theano.Variable:
        return 2.0 * MRG_RandomStream(4).normal((2,)) + 1.0

    rows = each_row([x + noise(), x - noise()], [x], [tt.constant(Y)], own_random=True)
    draw, alone = theano.function([], rows), theano.function([], noise())
    for _ in range(2):
        plus, minus = draw()
        np.testing.assert_allclose(plus + minus, np.tile(2 * Y[:, None], 2))
        assert len(np.unique(plus - Y[:, None])) == plus.size == 10
        np.testing.assert_allclose(plus[0] - Y[0], alone())


def test_random_numbers_whose_lengths_depend_on_the_row() -> None:
    from pm_migrate.shims.theano.sandbox.rng_mrg import MRG_RandomStream

    x = tt.dvector("x")
    noise = MRG_RandomStream(4).normal((x.shape[0],))
    (shifted,) = each_row([x + noise], [x], [tt.constant(X)], own_random=True)
    np.testing.assert_allclose(np.ptp(shifted.eval() - X, axis=0), 0.0, atol=1e-12)


def test_a_number_of_rows_that_is_an_input() -> None:
    x, rows = tt.dvector("x"), tt.dmatrix("rows")
    (sums,) = each_row([x.sum()], [x], [rows])
    f = theano.function([rows], sums)
    for count in (1, 4):
        np.testing.assert_allclose(f(X[:count]), X[:count].sum(1))


def test_shapes_that_are_known_stay_known() -> None:
    """A length computed outside of the rows decides a shape within."""
    x, n = tt.dvector("x"), theano.shared(np.array([3, 1]))
    (columns,) = each_row([x.reshape((n[0], n[1]))], [x], [tt.constant(X)])
    assert columns.eval().shape == (5, 3, 1)


def test_a_stack_of_inputs_is_a_shape() -> None:
    n = tt.iscalar("n")
    ones = tt.ones(tt.stack([n, tt.constant(2)]))
    assert ones.eval({n: 3}).shape == (3, 2)

"""Random streams and the functions that models seldom need, against NumPy and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import scipy.special

import pm_migrate.shims.theano.tensor as tt
from pm_migrate.errors import NotSupported
from pm_migrate.shims import theano
from pm_migrate.shims.theano.sandbox.rng_mrg import MRG_RandomStream
from pm_migrate.shims.theano.tensor.random.utils import RandomStream


def test_streams_draw_anew_and_repeat_by_seed() -> None:
    stream = MRG_RandomStream(11)
    draw = theano.function([], stream.normal((2000,), avg=3.0, std=2.0))
    first, second = draw(), draw()
    assert len(np.unique(np.concatenate([first, second]))) == 4000
    # mean and standard deviation within five standard errors
    assert abs(first.mean() - 3.0) < 5 * 2.0 / 2000**0.5
    assert abs(first.std() - 2.0) < 5 * 2.0 / (2 * 2000) ** 0.5
    stream.seed(11)
    assert np.array_equal(draw(), first)
    again = theano.function([], MRG_RandomStream(11).normal((2000,), avg=3.0, std=2.0))
    assert np.array_equal(again(), first)
    assert not np.array_equal(theano.function([], MRG_RandomStream(12).normal((2000,)))(), first)


def test_draws_keep_their_bounds() -> None:
    stream = MRG_RandomStream(5)
    uniform = stream.uniform((5000,), low=-1.0, high=2.0).eval()
    assert -1.0 < uniform.min() < -0.9 and 1.9 < uniform.max() < 2.0
    cut = stream.truncated_normal((5000,), avg=1.0, std=0.5).eval()
    assert np.abs(cut - 1.0).max() <= 2.0 * 0.5 / 0.8796256610342398
    coin = stream.binomial((5000,), p=0.3).eval()
    assert set(coin.tolist()) == {0, 1} and abs(coin.mean() - 0.3) < 5 * (0.21 / 5000) ** 0.5


def test_default_updates_can_be_left_out() -> None:
    x = MRG_RandomStream(5).uniform((3,))
    held = theano.function([], x, no_default_updates=True)
    assert np.array_equal(held(), held())


def test_gradients_do_not_go_through_parameters_of_draws() -> None:
    mean = tt.dscalar("mean")
    draws = MRG_RandomStream(5).normal((3,), avg=mean)
    with pytest.raises(TypeError, match="not defined"):
        tt.grad(draws.sum(), mean)


@pytest.mark.parametrize(("seed", "error"), [(0, ValueError), (2**31, ValueError), ([1, 2], TypeError)])
def test_seeds_are_checked(seed: object, error: type[Exception]) -> None:
    with pytest.raises(error, match="seed"):
        MRG_RandomStream(seed)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="positive"):
        MRG_RandomStream(1).uniform((0,))


def test_streams_with_numpys_arguments() -> None:
    stream = RandomStream(3)
    assert stream.normal(np.zeros(4), 1.0).eval().shape == (4,)
    assert stream.uniform(0.0, 1.0, size=(2, 3)).eval().shape == (2, 3)
    with pytest.raises(NotSupported, match="gamma"):
        stream.gamma(1.0)


def test_largest_elements() -> None:
    x = np.array([[3.0, 1.0, 4.0], [1.5, 9.0, 2.0]])
    assert np.sort(tt.topk(x, 2).eval(), axis=1).tolist() == [[3.0, 4.0], [2.0, 9.0]]
    assert np.sort(tt.argtopk(x, 2, axis=1).eval(), axis=1).tolist() == [[0, 2], [1, 2]]
    assert tt.topk(x, 1, axis=0).eval().tolist() == [[3.0, 9.0, 4.0]]
    assert tt.topk(x, -1, axis=None).eval().tolist() == [1.0]
    v = tt.dvector("v")
    assert tt.grad(tt.topk(v, 2).sum(), v).eval({v: [1.0, 5.0, 3.0]}).tolist() == [0.0, 1.0, 1.0]


def test_special_functions() -> None:
    x = np.array([0.3, 2.0, 7.0])
    np.testing.assert_allclose(tt.iv(1.5, x).eval(), scipy.special.iv(1.5, x), rtol=1e-12)
    k = np.array([0.5, 1.0, 3.0])
    np.testing.assert_allclose(tt.gammau(k, x).eval(), scipy.special.gammaincc(k, x) * scipy.special.gamma(k))
    np.testing.assert_allclose(tt.gammal(k, x).eval(), scipy.special.gammainc(k, x) * scipy.special.gamma(k))
    assert tt.xlogx.xlogx(np.array([0.0, 1.0])).eval().tolist() == [0.0, 0.0]
    v = tt.dvector("v")
    assert np.isfinite(tt.grad(tt.xlogx.xlogy0(v, v).sum(), v).eval({v: [0.0, 2.0]})).all()


def test_counts_and_positions_of_symbolic_vectors() -> None:
    n, v = tt.lvector("n"), tt.dvector("v")
    run = theano.function([n], [tt.bincount(n), tt.extra_ops.Unique()(n)])
    counts, different = run([3, 0, 3])
    assert counts.tolist() == [1, 0, 0, 2] and different.tolist() == [0, 3]
    assert [a.tolist() for a in run([1])] == [[0, 1], [1]]
    weighted = theano.function([n, v], [tt.bincount(n, v), tt.grad(tt.bincount(n, v)[1] ** 2, v)])
    assert [a.tolist() for a in weighted([1, 0, 1], [1.0, 5.0, 2.0])] == [[5.0, 3.0], [6.0, 0.0, 6.0]]
    with pytest.raises(TypeError, match="integers"):
        tt.bincount(v)


def test_matrix_functions() -> None:
    a, b = np.array([[2.0, 0.3], [0.3, 1.0]]), np.array([[1.0, 0.1], [0.1, 2.0]])
    np.testing.assert_allclose(tt.slinalg.eigvalsh(a, b).eval(), scipy.linalg.eigvalsh(a, b), rtol=1e-12)
    np.testing.assert_allclose(tt.nlinalg.tensorsolve(np.eye(4).reshape(2, 2, 4) * 2, a).eval(), a.ravel() / 2)
    with pytest.raises(Exception, match="complex eigenvalues"):
        tt.nlinalg.eig(np.array([[0.0, 1.0], [-1.0, 0.0]])).eval()


def test_grids_and_windows() -> None:
    assert [g.eval().tolist() for g in tt.ogrid[0:2, 1:3]] == [[[0], [1]], [[1, 2]]]
    np.testing.assert_allclose(tt.extra_ops.bartlett(7).eval(), np.bartlett(7))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_random_numbers_are_the_same_with_xla(dtype: str) -> None:
    import tensorflow as tf
    from scipy import stats

    from pm_migrate.shims.theano.evaluation import evaluate

    stream = MRG_RandomStream(21)
    draws = [
        stream.uniform((4000,), dtype=dtype),
        stream.normal((4000,), dtype=dtype),
        stream.normal((4000,), truncate=True, dtype=dtype),
    ]
    plain, compiled = ([x.numpy() for x in tf.function(lambda: evaluate(draws), jit_compile=jit)()] for jit in (0, 1))
    laws = [stats.uniform(), stats.norm(), stats.truncnorm(-2, 2)]
    for law, a, b in zip(laws, plain, compiled, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5 if dtype == "float32" else 1e-12)
        assert a.dtype == dtype and stats.kstest(a, law.cdf).pvalue > 1e-4
    assert plain[0].min() > 0.0 and plain[0].max() < 1.0

"""Observed data: missing values, scaling of parts, minibatches and generators."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import pm_migrate.shims as pm
from pm_migrate.errors import NotSupported
from pm_migrate.shims import theano
from pm_migrate.shims.exceptions import ImputationWarning


def test_missing_data_become_free_variables() -> None:
    with pm.Model() as m, pytest.warns(ImputationWarning, match="Data in y contains missing values") as caught:
        x = pm.Normal("x", 1.0, 1.0)
        y = pm.Normal("y", x * np.arange(1.0, 4.0), 2.0, observed=np.ma.masked_values([1.0, -9.0, 3.0], -9.0))
    assert caught[0].filename == __file__  # the line of the program
    assert [v.name for v in m.free_RVs] == ["x", "y_missing"]
    assert [v.name for v in m.missing_values] == ["y_missing"] and y.missing_values is m["y_missing"]
    assert m.test_point["y_missing"].tolist() == [2.0]  # the mean at the test point
    value = float(m.logp({"x": 0.5, "y_missing": [7.0]}))
    expected = stats.norm.logpdf(0.5, 1, 1) + stats.norm.logpdf([1.0, 7.0, 3.0], [0.5, 1.0, 1.5], 2).sum()
    assert value == pytest.approx(expected, rel=1e-13)
    assert float(m["y_missing"].logp({"x": 0.5, "y_missing": [7.0]})) == 0.0


@pytest.mark.filterwarnings("ignore::pm_migrate.shims.exceptions.ImputationWarning")
@pytest.mark.parametrize(
    "data", [[1.0, np.nan], np.array([1.0, np.nan]), pd.Series([1.0, None]), np.ma.array([1.0, 2.0], mask=[0, 1])]
)
def test_what_counts_as_missing(data: object) -> None:
    with pm.Model() as m:
        pm.Normal("y", 0.0, 1.0, observed=data)
    assert list(m.test_point) == ["y_missing"]
    assert np.isnan(m.log_density().observed["y"]).tolist() == [False, True]


def test_a_mask_that_hides_nothing_is_no_missing_value() -> None:
    with pm.Model() as m:
        pm.Normal("y", 0.0, 1.0, observed=np.ma.array([1.0, 2.0], mask=[0, 0]))
    assert not m.free_RVs


@pytest.mark.filterwarnings("ignore::pm_migrate.shims.exceptions.ImputationWarning")
def test_missing_counts_are_stepped_as_integers_and_drawn_with_their_data() -> None:
    with pm.Model() as m:
        rate = pm.Gamma("rate", 2.0, 1.0)
        n = pm.Poisson("n", rate, observed=np.ma.masked_values([3, -1, 0], -1))
        pm.Normal("z", n.sum(), 1.0, observed=0.0)
        prior = pm.sample_prior_predictive(30, random_seed=1)
        trace = pm.sample(20, tune=20, chains=1, random_seed=1, progressbar=False, compute_convergence_checks=False)
    (missing,) = m.disc_vars
    assert missing.name == "n_missing" and missing.dtype == "int64"
    assert prior["n"].shape == (30, 3) and prior["n_missing"].shape == (30, 1)
    assert np.array_equal(prior["n"][:, 1:2], prior["n_missing"])
    assert trace["n_missing"].shape == (20, 1)


LOGP = stats.norm.logpdf(np.arange(6.0)).sum()


@pytest.mark.parametrize(
    ("total_size", "factor"),
    [
        (20, 10.0),
        ([20], 10.0),
        ([20, 9], 30.0),
        ([None, 9], 3.0),
        ([20, Ellipsis], 10.0),
        ([Ellipsis, 9], 3.0),
        ([20, Ellipsis, 9], 30.0),
        ([], 1.0),
    ],
)
def test_the_log_density_of_a_part_is_scaled_up(total_size: object, factor: float) -> None:
    with pm.Model() as m:
        y = pm.Normal("y", 0.0, 1.0, observed=np.arange(6.0).reshape(2, 3), total_size=total_size)
    assert float(m.logp()) == pytest.approx(factor * LOGP, rel=1e-13)
    assert m.log_density().terms_at({})["y"] == pytest.approx(factor * LOGP, rel=1e-13)
    assert float(y.scaling.eval()) == pytest.approx(factor, rel=1e-15)
    assert float(y.logp_sum_unscaledt.eval()) == pytest.approx(LOGP, rel=1e-13)


def test_the_jacobian_of_a_scaled_variable_is_scaled_too() -> None:
    with pm.Model() as m:
        pm.HalfNormal("s", 1.0, shape=2, total_size=6)
    expected = 3 * (stats.halfnorm.logpdf(np.exp([0.3, -0.1])).sum() + 0.2)
    assert float(m.logp({"s_log__": [0.3, -0.1]})) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize(
    ("total_size", "error", "message"),
    [
        ([2, 2, 2], ValueError, "number of scalings is bigger than ndim"),
        ("many", TypeError, "Unrecognized"),
        ([2.5], TypeError, "Unrecognized"),
        ([Ellipsis, Ellipsis], ValueError, "Double Ellipsis"),
    ],
)
def test_a_wrong_total_size(total_size: object, error: type[Exception], message: str) -> None:
    with pm.Model() as m, pytest.raises(error, match=message):
        pm.Normal("y", 0.0, 1.0, observed=np.zeros((2, 3)), total_size=total_size)
    assert not m.named_vars


def test_the_scale_follows_replaced_data() -> None:
    with pm.Model() as m:
        data = pm.Data("data", [0.0, 0.0])
        pm.Normal("y", 0.0, 1.0, observed=data, total_size=12)
    whole = 12 * stats.norm.logpdf(0.0)
    assert float(m.logp()) == pytest.approx(whole, rel=1e-13)
    pm.set_data({"data": [0.0, 0.0, 0.0]}, model=m)
    assert float(m.logp()) == pytest.approx(whole, rel=1e-13)


def test_minibatches_are_drawn_anew_and_cannot_be_sampled_from() -> None:
    rows = pm.Minibatch(np.arange(1000.0), 10)
    f = theano.function([], rows)
    first, second = f(), f()
    assert first.shape == (10,) and not np.array_equal(first, second)
    assert set(first) <= set(np.arange(1000.0))
    with pm.Model() as m:
        mu = pm.Normal("mu", 0.0, 1.0)
        pm.Normal("y", mu, 1.0, observed=rows, total_size=1000)
        assert float(m.logp({"mu": 0.0})) != float(m.logp({"mu": 0.0}))
        g = m.logp_dlogp_function()
        g.set_extra_values({})
        assert float(g(np.zeros(1))[0]) != float(g(np.zeros(1))[0])
        with pytest.raises(NotSupported, match="changes with every evaluation"):
            pm.sample(10, tune=10, chains=1)
    columns = pm.Minibatch(np.ones((5, 6, 7)), [2, Ellipsis, (3, 1)])
    assert columns.eval().shape == (2, 6, 3)
    with pytest.raises(ValueError, match="Double Ellipsis"):
        pm.Minibatch(np.ones((5, 6)), [Ellipsis, Ellipsis])
    with pytest.raises(TypeError, match="Unrecognized `batch_size`"):
        pm.Minibatch(np.ones((5, 6)), [2.5])


def test_generators_give_one_item_for_each_call() -> None:
    with pm.Model() as m:
        pm.Normal("y", 0.0, 1.0, observed=(np.full(4, float(i)) for i in range(3)), total_size=8)
    f = theano.function([], m.logpt)
    for i in range(3):
        assert float(f()) == pytest.approx(8 * stats.norm.logpdf(i), rel=1e-13)
    with pytest.raises(StopIteration):
        f()


def test_data_containers_check_their_dimensions() -> None:
    frame = pd.DataFrame(np.ones((2, 3)), index=pd.Index(["a", "b"], name="row"), columns=list("xyz"))
    with pm.Model() as m:
        pm.Data("frame", frame, dims=("row", "column"), export_index_as_coords=True)
        assert list(m.coords["row"]) == ["a", "b"] and m.RV_dims == {"frame": ("row", "column")}
        with pytest.raises(pm.exceptions.ShapeError, match=r"actual \(3,\) != expected \(2,\)"):
            pm.Data("other", np.ones(3), dims="row")
        with pytest.raises(ValueError, match="same dimension name twice"):
            pm.Normal("n", 0, 1, dims=("row", "row"))
        with pytest.raises(ValueError, match="named `draw` or `chain`"):
            m.add_coords({"draw": [1]})
        with pytest.raises(ValueError, match="incompatible coordinate: row"):
            m.add_coords({"row": ["a", "c"]})

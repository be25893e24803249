"""Every class of the generator front end against the drop-in's distribution of the same catalogue row.

The points are those at which PyMC3 itself was recorded. What is compared is the way from PyMC4's arguments, stacks and
shapes to the one density, which test_record.py holds against PyMC3's numbers.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import pm_migrate.pymc4 as pm
import pm_migrate.shims as pm3
from pm_migrate.catalog import ROWS, Distribution, Form, expr
from pm_migrate.shims.distributions.functions import TF_FUNCTIONS
from pm_migrate.shims.pymc4.distributions import CLASSES, STRUCTURED

RECORD = json.loads(
    (Path(__file__).parents[2] / "equivalence_tests" / "recorded" / "pymc3.json").read_text(encoding="utf-8")
)
FORMS = [(row, form) for row in ROWS for form in row.forms]
#: Parametrisations of generator classes that no PyMC3 form is rewritten to: from that form's arguments.
OTHERS: dict[tuple[str, tuple[str, ...]], Any] = {
    ("Wishart", ("df", "scale")): lambda nu, V: {"df": nu, "scale": np.linalg.cholesky(V)},
}

#: The two front ends compute the same expression; PyMC4's arguments are one rounding or two away from PyMC3's.
RTOL = 1e-12


def number(value: Any) -> np.ndarray:
    """A recorded number or array."""
    return np.asarray(value, dtype=float)


def points(row: Distribution, form: Form, kinds: tuple[str, ...] = ("interior",)) -> list[dict[str, Any]]:
    """Recorded points of a parametrisation, the first of every kind but ``interior``."""
    recorded = RECORD[row.name]["forms"][",".join(form.given)]["points"]
    return [
        p for kind in kinds for p in [q for q in recorded if q["kind"] == kind][: None if kind == "interior" else 2]
    ]


def class_of(row: Distribution, form: Form) -> Any:
    return CLASSES[form.pymc4_name or row.pymc4_name]


def generator_arguments(row: Distribution, form: Form, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of the generator class for those of PyMC3."""
    tensors = {name: tf.constant(value, tf.float64) for name, value in given.items()}
    return {name: expr.evaluate(text, tensors, TF_FUNCTIONS) for name, text in row.arguments(form, "pymc4").items()}


def drop_in(row: Distribution, given: dict[str, Any], value: np.ndarray) -> np.ndarray:
    """The drop-in's log density."""
    shape = {"shape": value.shape} if row.rank and row.name != "LKJCorr" else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a Wishart variable cannot be sampled
        return np.asarray(getattr(pm3, row.name).dist(**given, **shape).logp(value).eval())


def test_every_parametrisation_of_every_class_is_compared() -> None:
    compared = {(class_of(row, form).__name__, tuple(row.arguments(form, "pymc4"))) for row, form in FORMS}
    every = {(name, form.given) for name, cls in CLASSES.items() for form in cls.forms}
    assert compared | set(OTHERS) == every and not compared & set(OTHERS)


@pytest.mark.parametrize(("row", "form"), FORMS, ids=[f"{r.name}({','.join(f.given)})" for r, f in FORMS])
def test_log_prob_is_the_drop_ins(row: Distribution, form: Form) -> None:
    found = points(row, form, ("interior", "outside", "invalid"))
    assert found[0]["kind"] == "interior"
    given = [{name: number(v) for name, v in p["given"].items()} for p in found]
    values = [number(p["value"]) for p in found]
    same = len({tuple(v.shape for v in g.values()) for g in given}) == 1 and row.rank == 0
    if same and all(v.ndim == 0 for v in given[0].values()):  # one batch of all points
        given = [{name: np.stack([g[name] for g in given]) for name in given[0]}]
        values = [np.stack(values)]
    for one, value in zip(given, values, strict=True):
        dist = class_of(row, form).dist(**generator_arguments(row, form, one))
        np.testing.assert_allclose(dist.log_prob_numpy(value), drop_in(row, one, value), rtol=RTOL)


@pytest.mark.parametrize("key", OTHERS, ids=str)
def test_other_parametrisations(key: tuple[str, tuple[str, ...]]) -> None:
    cls = CLASSES[key[0]]
    for point in points(cls.row, cls.row.forms[0]):
        given = {name: number(v) for name, v in point["given"].items()}
        dist = cls.dist(**OTHERS[key](**given))
        expected = drop_in(cls.row, given, number(point["value"]))
        np.testing.assert_allclose(dist.log_prob_numpy(number(point["value"])), expected, rtol=1e-9)


@pytest.mark.parametrize("name", CLASSES)
def test_stacks_hold_independent_copies(name: str) -> None:
    """Of the drop-in's density: one number per copy of a batch, the sum over the copies of an event."""
    cls = CLASSES[name]
    row, form = next((r, f) for r, f in FORMS if class_of(r, f) is cls)
    point = points(row, form)[0]
    given = {key: number(v) for key, v in point["given"].items()}
    ours = generator_arguments(row, form, given)
    plain = cls.dist(**ours)
    values = np.stack([number(point["value"])] * 6)
    if plain.has_random and name != "Wishart":
        values = plain.sample_numpy((6,), seed=4).astype(float)
    own = values.shape[1:]
    expected = np.array([drop_in(row, given, v).sum() for v in values]) if row.rank else drop_in(row, given, values)
    assert np.isfinite(expected).any()

    batch = cls.dist(**ours, batch_stack=6)
    np.testing.assert_allclose(np.reshape(batch.log_prob_numpy(values), 6), expected, rtol=RTOL)
    event = cls.dist(**ours, event_stack=(2, 3))
    assert event.log_prob_numpy(values.reshape(2, 3, *own)) == pytest.approx(expected.sum(), rel=RTOL)
    both = cls.dist(**ours, batch_stack=2, event_stack=3)
    np.testing.assert_allclose(
        both.log_prob_numpy(values.reshape(2, 3, *own)), expected.reshape(2, 3).sum(axis=1), rtol=RTOL
    )
    batched = {key: tf.stack([value, value]) for key, value in ours.items()}
    if name in {"LKJCorr", "MatrixNormal"} or not ours:  # a matrix size has no batch; PyMC3 has none of matrices
        return
    independent = cls.dist(**batched, reinterpreted_batch_ndims=1, batch_stack=3)
    assert independent.batch_shape == (3,)
    got = independent.log_prob_numpy(np.swapaxes(values.reshape(2, 3, *own), 0, 1))
    np.testing.assert_allclose(got, expected.reshape(2, 3).sum(axis=0), rtol=RTOL)


#: Where a PyMC4 class stands in its hierarchy.
ABSTRACT = {
    "ContinuousDistribution",
    "DiscreteDistribution",
    "BoundedDistribution",
    "BoundedContinuousDistribution",
    "BoundedDiscreteDistribution",
    "PositiveContinuousDistribution",
    "PositiveDiscreteDistribution",
    "SimplexContinuousDistribution",
    "UnitContinuousDistribution",
}


def test_distributions_are_what_pymc4_says_they_are() -> None:
    from pm_migrate.catalog.pymc4_api import DISTRIBUTIONS

    for name, there in DISTRIBUTIONS.items():
        cls = getattr(pm, name)
        assert issubclass(cls, getattr(pm.distributions, there.base)), name
        if there.base == "Distribution":
            continue
        theirs = {
            a for a in ABSTRACT if issubclass(getattr(pm.distributions, there.base), getattr(pm.distributions, a))
        }
        ours = {a for a in ABSTRACT if issubclass(cls, getattr(pm.distributions, a))}
        assert ours == theirs, name


def test_every_other_class_is_continuous_or_discrete() -> None:
    makers = {name for name, thing in STRUCTURED.items() if not isinstance(thing, type)}
    assert makers == {"WishartBartlett", "lkj_cholesky_cov"}
    of_parts = {"Bound", "DensityDist", "Mixture", "MixtureSameFamily", "NormalMixture"}  # either, by what is inside
    for name, cls in {**CLASSES, **STRUCTURED}.items():
        if name in makers | of_parts:
            continue
        discrete = issubclass(cls, pm.distributions.DiscreteDistribution)
        assert discrete != issubclass(cls, pm.distributions.ContinuousDistribution), name
        if name in CLASSES:
            assert discrete == cls.row.discrete


@pytest.mark.parametrize(
    ("dist", "lower", "upper"),
    [
        (lambda: pm.Uniform.dist(-1, 2), -1, 2),
        (lambda: pm.Triangular.dist(-1, 0, 2), -1, 2),
        (lambda: pm.Pareto.dist(3, 2), 2, np.inf),
        (lambda: pm.VonMises.dist(0, 1), -np.pi, np.pi),
        (lambda: pm.Gamma.dist(1, 1), 0, np.inf),
        (lambda: pm.Beta.dist(1, 1), 0, 1),
        (lambda: pm.Bernoulli.dist(0.3), 0, 1),
        (lambda: pm.Binomial.dist(7, 0.3), 0, 7),
        (lambda: pm.BetaBinomial.dist(7, 1, 2), 0, 7),
        (lambda: pm.DiscreteUniform.dist(-3, 4), -3, 4),
        (lambda: pm.Categorical.dist([0.2, 0.3, 0.5]), 0, 2),
        (lambda: pm.OrderedLogistic.dist(0.0, [0.0, 1.0]), 0, 2),
        (lambda: pm.Poisson.dist(2), 0, np.inf),
        (lambda: pm.Geometric.dist(0.2), 0, np.inf),
        (lambda: pm.ShiftedGeometric.dist(0.2), 1, np.inf),
        (lambda: pm.Zipf.dist(2.0), 1, np.inf),
    ],
)
def test_limits(dist: Any, lower: float, upper: float) -> None:
    found = dist()
    assert float(found.lower_limit()) == lower and float(found.upper_limit()) == upper
    ends = [end for end in (lower, upper) if np.isfinite(end)]
    if found.discrete:  # the ends belong to the support, what lies beyond does not
        assert np.isfinite(found.log_prob_numpy(np.array(ends))).all()
        beyond = [lower - 1] + ([upper + 1] if np.isfinite(upper) else [])
        assert (found.log_prob_numpy(np.array(beyond)) == -np.inf).all()

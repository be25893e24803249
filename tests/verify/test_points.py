"""Points of each kind, on fake sides; and the short run to the bulk of a posterior."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from pm_migrate.errors import WorkerTimeout
from pm_migrate.reference.records import Point
from pm_migrate.verify import bulk
from pm_migrate.verify.points import Drawn, draw
from pm_migrate.verify.tasks import KINDS

from .fakes import Density, FakeSide, model, variable

PROGRAM = Path("before.py")


def drawn(density: Density, *at: str, count: int = 4, seed: int = 3, **options: object) -> Drawn:
    side = FakeSide({"before.py": [density]})
    program = side.load_program(PROGRAM)
    run = options.get("bulk", lambda starts, n, seed: [{k: np.asarray(v) for k, v in starts[0].items()}] * n)
    return draw(side, program, density.info, at=at or KINDS, count=count, seed=seed, bulk=run)  # type: ignore[arg-type]


def normal(limit: float = math.inf) -> Density:
    """Two normal variables and a discrete one; nothing beyond the limit."""
    info = model(variable("a", (3,)), variable("b"), variable("k", discrete=True), test={"b": 1.0})

    def terms(point: Point) -> dict[str, float]:
        inside = max(float(np.max(np.abs(point["a"]))), abs(float(point["b"]))) < limit
        return {"a": -0.5 * float(np.sum(point["a"] ** 2)) if inside else -math.inf, "b": -(float(point["b"]) ** 2)}

    return Density(info, terms, lambda point: {"a": -point["a"], "b": -2 * point["b"]})


def test_every_kind_has_its_number_of_points() -> None:
    found = drawn(normal())
    assert {kind: found.kinds.count(kind) for kind in KINDS} == {
        "test": 1, "near": 4, "prior": 4, "posterior": 4, "tails": 4,
    }  # fmt: skip
    assert len(found.points) == len(found.values) == 17 and not found.notes
    assert found.kinds[0] == "test" and float(found.points[0]["b"]) == 1.0


@pytest.mark.parametrize("kind", KINDS[1:])
def test_kinds_are_drawn_alone_and_from_the_seed(kind: str) -> None:
    first, again, other = (drawn(normal(), kind, seed=seed) for seed in (1, 1, 2))
    assert set(first.kinds) == {"test", kind}
    for a, b in zip(first.points, again.points, strict=True):
        assert all(np.array_equal(a[name], b[name]) for name in a)
    same = [np.array_equal(a["a"], b["a"]) for a, b in zip(first.points, other.points, strict=True)]
    assert same[0] and (kind in ("prior", "posterior") or not any(same[1:]))


def test_tails_are_far_and_half_of_them_move_one_variable() -> None:
    points = [p for p, kind in zip(*_of(drawn(normal(), "tails", count=12)), strict=True) if kind == "tails"]
    far = [(np.abs(p["a"]) > 2, np.abs(p["b"] - 1.0) > 2) for p in points]
    assert all(np.all(a) or np.all(b) for a, b in far)
    alone = [bool(np.all(a)) != bool(np.all(b)) for a, b in far]
    assert sum(alone) >= 5 and not all(alone)
    assert max(float(np.max(np.abs(p["a"]))) for p in points) > 9


def _of(found: Drawn) -> tuple[list[Point], list[str]]:
    return found.points, found.kinds


def test_points_that_pymc3_rejects_are_kept_beside_enough_others() -> None:
    found = drawn(normal(limit=3.5), "tails", count=3)
    inside = [math.isfinite(v.logp) for v, kind in zip(found.values, found.kinds, strict=True) if kind == "tails"]
    assert 0 < len(inside) - sum(inside) <= 3
    assert sum(inside) == 3 or "finite at" in found.notes[0]


def test_what_cannot_be_drawn_from_the_prior_stays_near(monkeypatch: pytest.MonkeyPatch) -> None:
    def values(self: object, program: object, info: object, n: int, seed: int) -> dict[str, np.ndarray]:
        wrong = np.full((n, 2), 9.0)
        nan = np.where(np.arange(n) % 2, math.nan, 7.0)
        return {"a": wrong, "b": nan}

    monkeypatch.setattr(FakeSide, "prior_values", values)
    found = drawn(normal(), "prior")
    assert found.notes == ["PyMC3 cannot draw a, k from the prior: drawn near the test point"]
    points = [p for p, kind in zip(*_of(found), strict=True) if kind == "prior"]
    assert len(points) == 4 and all(float(p["b"]) == 7.0 and p["a"].shape == (3,) for p in points)


def test_a_run_that_is_lost_is_noted() -> None:
    def lost(starts: object, n: int, seed: int) -> list[Point]:
        raise WorkerTimeout("no answer\nmore")

    found = drawn(normal(), "posterior", "tails", bulk=lost)
    assert found.notes == ["no point in the posterior's bulk: no answer"] and "tails" in found.kinds


def test_a_model_without_variables_has_one_point() -> None:
    density = Density(model(), lambda point: {"y": -4.0}, lambda point: {})
    assert drawn(density).kinds == ["test"]


# --- the run ----------------------------------------------------------------------------------------------------------

CENTRE, SCALE = np.array([300.0, -0.02]), np.array([10.0, 1e-3])


def skewed(point: Mapping[str, np.ndarray]) -> tuple[float, dict[str, np.ndarray]]:
    """Normal, far from 0 and of unequal scales, beside a Poisson of rate 20 and a coin of 0.9."""
    z = (point["x"] - CENTRE) / SCALE
    k, coin = int(point["k"]), int(point["c"])
    discrete = k * math.log(20.0) - math.lgamma(k + 1) if k >= 0 else -math.inf
    coins = (math.log(0.9) if coin else math.log(0.1)) if coin in (0, 1) else -math.inf
    return float(-0.5 * z @ z) + discrete + coins, {"x": -z / SCALE}


def run(seconds: float = 60.0, seed: int = 1, n: int = 40) -> list[dict[str, np.ndarray]]:
    starts = {"x": np.array([[0.0, 0.0], [1.0, 1.0]]), "k": np.array([20, 15]), "c": np.array([0, 0])}
    kinds = {"k": "integer", "c": "binary"}
    return bulk.run(skewed, starts, kinds, n=n, seed=seed, seconds=seconds)


def test_the_run_reaches_the_bulk() -> None:
    points = run()
    z = np.array([(p["x"] - CENTRE) / SCALE for p in points])
    assert len(points) == 40 and np.all(np.abs(z) < 5.5) and np.all(np.abs(z.mean(0)) < 1.5)
    assert len({float(p["x"][0]) for p in points}) > 10
    counts = np.array([int(p["k"]) for p in points])
    assert len(set(counts)) > 3 and np.all((counts >= 5) & (counts <= 40)) and {int(p["c"]) for p in points} <= {0, 1}


def test_the_run_is_repeatable_and_ends_in_time() -> None:
    for a, b in zip(run(), run(), strict=True):
        assert all(np.array_equal(a[name], b[name]) for name in a)
    late = run(seconds=0.0)
    assert len(late) == 40 and all(
        np.array_equal(p["x"], [0.0, 0.0]) or np.array_equal(p["x"], [1.0, 1.0]) for p in late
    )


def test_a_density_that_is_nowhere_finite_gives_its_start() -> None:
    points = bulk.run(lambda p: (math.nan, {"x": np.zeros(2)}), {"x": np.ones((1, 2))}, {}, n=3, seed=0, seconds=1.0)
    assert len(points) == 3 and all(np.array_equal(p["x"], [1.0, 1.0]) for p in points)

"""``pm.glm`` of both front ends: names, priors, families, errors. Numbers are compared with PyMC3's elsewhere."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.stats

import pm_migrate.pymc4 as pm4
import pm_migrate.shims as pm

FRAME = pd.DataFrame({"x": np.linspace(-1, 1, 6), "y": [0, 1, 0, 1, 1, 1], "n": [1, 2, 3, 2, 1, 1]})


def names(density: Any) -> list[str]:
    return [v.rv_name for v in density.variables]


def both(maker: str, *args: Any, **kwargs: Any) -> list[Any]:
    """The log density of one linear model in each front end."""
    found = []
    for front_end in (pm, pm4):
        make: Any = front_end.glm
        for part in maker.split("."):
            make = getattr(make, part)
        adapted = {k: v(front_end) if callable(v) else v for k, v in kwargs.items()}
        found.append(make(*args, **adapted).log_density())
    return found


@pytest.mark.parametrize(
    ("maker", "arguments", "options", "expected"),
    [
        ("GLM.from_formula", ("y ~ x", FRAME), {}, ["Intercept", "x", "sd"]),
        ("GLM.from_formula", ("y ~ 0 + x:n", FRAME), {"family": "student"}, ["x:n", "lam"]),
        ("GLM", (FRAME.x, FRAME.y), {"name": "k", "family": "binomial"}, ["k_Intercept", "k_x"]),
        ("GLM", (FRAME.x.values, FRAME.y), {"family": "negative_binomial"}, ["Intercept", "x0", "mu", "alpha"]),
        ("GLM", (FRAME[["x", "n"]], FRAME.y), {"intercept": False, "family": "poisson"}, ["x", "n", "mu"]),
        ("LinearComponent", ({"a": FRAME.x, "b": FRAME.n}, FRAME.y), {}, ["Intercept", "a", "b"]),
        ("LinearComponent", (FRAME.x, FRAME.y), {"labels": "steep"}, ["Intercept", "steep"]),
        ("LinearComponent", (pd.DataFrame(np.eye(6)[:, :2]), FRAME.y), {}, ["Intercept", "x0", "x1"]),
        (
            "GLM.from_formula",
            ("y ~ x", FRAME),
            {
                "family": lambda m: m.glm.families.Normal(priors={"sd": 2.0}),
                "priors": lambda m: {"x": m.Cauchy.dist(0, 1)},
            },
            ["Intercept", "x"],
        ),
    ],
)
def test_variables_have_pymc3s_names(
    maker: str, arguments: tuple[Any, ...], options: dict[str, Any], expected: list[str]
) -> None:
    theirs, ours = both(maker, *arguments, **options)
    assert names(theirs) == names(ours) == expected
    values = {v.rv_name: 0.1 + 0.3 * i for i, v in enumerate(theirs.variables)}
    logps = [d.logp_and_gradient({v.name: values[v.rv_name] for v in d.variables})[0] for d in (theirs, ours)]
    np.testing.assert_allclose(logps[1], logps[0], rtol=1e-14)


def test_log_densities_are_those_of_the_formulas() -> None:
    point = {"Intercept": 0.4, "x": -1.2}
    p = 1 / (1 + np.exp(-(0.4 - 1.2 * FRAME.x)))
    expected = scipy.stats.binom(FRAME.n, p).logpmf(np.minimum(FRAME.y, FRAME.n)).sum()
    expected += scipy.stats.norm(0, 1000).logpdf(-1.2)
    for density in both(
        "GLM.from_formula", "y ~ x", FRAME, family=lambda m: m.glm.families.Binomial(priors={"n": FRAME.n.values})
    ):
        np.testing.assert_allclose(density.logp_and_gradient(point)[0], expected, rtol=1e-12)


def test_names_of_a_formula_are_looked_up_where_it_stands() -> None:
    bend = np.abs  # noqa: F841 - the formula reads it
    assert names(both("LinearComponent.from_formula", "y ~ x", FRAME)[0]) == ["Intercept", "x"]
    for front_end in (pm, pm4):
        model = front_end.glm.LinearComponent.from_formula("y ~ bend(x)", FRAME)
        assert names(model.log_density()) == ["Intercept", "bend(x)"]


def test_a_component_gives_its_predictor_and_coefficients() -> None:
    @pm4.model(name=None)
    def build():
        slope = yield pm4.Normal("slope", 1, 1)
        line = yield pm4.glm.LinearComponent(FRAME.x, FRAME.y, vars={"x": slope}, name="a", offset=2.0)
        yield pm4.Deterministic("both", pm4.math.concatenate([line.y_est, line.coeffs]))
        assert line["x"] is line.x
        with pytest.raises(AttributeError, match="no variable 'z'"):
            line.z  # noqa: B018

    _, state = pm4.evaluate_model(build(), values={"slope": 3.0, "a_Intercept": 0.5})
    expected = [*(2.5 + 3.0 * FRAME.x), 0.5, 3.0]
    np.testing.assert_allclose(state.deterministics_values["both"], expected)
    assert float(state.deterministics_values["a_x"]) == 3.0


@pytest.mark.parametrize("front_end", [pm, pm4], ids=["drop-in", "generators"])
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda glm: glm.GLM(1, FRAME.y), "Cannot use scalars"),
        (lambda glm: glm.GLM(FRAME.x, FRAME[["y", "n"]]), "2 dimensions"),
        (lambda glm: glm.GLM(FRAME.x, FRAME.y, family="gamma"), "'gamma' is none of"),
        (lambda glm: glm.GLM(FRAME, FRAME.y, labels=["a"]), r"got len\(labels\)=1 instead of 3"),
    ],
)
def test_what_cannot_be_is_named(front_end: Any, make: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make(front_end.glm)


def test_without_patsy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "patsy", None)
    with pytest.raises(ImportError, match="pip install patsy"):
        pm.GLM.from_formula("y ~ x", FRAME)


def test_a_program_s_own_family() -> None:
    class Own(pm.glm.families.Family):  # type: ignore[misc, name-defined]
        likelihood = pm.Laplace
        parent = "mu"
        priors = {"b": pm.HalfNormal.dist(2.0)}  # noqa: RUF012

        def link(x: Any) -> Any:
            return 2 * x

    with pm.Model() as model:
        pm.GLM(FRAME.x, FRAME.y, family=Own())
    assert [v.name for v in model.free_RVs] == ["Intercept", "x", "b_log__"]
    assert model.logp(Intercept=0.0, x=0.0, b_log__=0.0) == pytest.approx(
        scipy.stats.laplace.logpdf(FRAME.y).sum()
        + scipy.stats.norm(0, 1000).logpdf(0)
        + scipy.stats.halfnorm(scale=2).logpdf(1.0)
    )
    assert "Laplace(mu)" in repr(Own())

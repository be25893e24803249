"""The catalogue checks itself."""

from __future__ import annotations

import doctest

import pytest

from pm_migrate.catalog import DISTRIBUTIONS, ROWS, Distribution, Form, Param, expr
from pm_migrate.catalog.schema import POSITIVE, REAL
from pm_migrate.errors import CatalogueError


def row(**changes: object) -> Distribution:
    fields: dict[str, object] = {
        "name": "Toy",
        "signature": ("mu", "sigma", "sd"),
        "params": (Param("mu", REAL), Param("sigma", POSITIVE, aliases=("sd",), safe="1")),
        "forms": (Form(("mu", "sigma")),),
        "canonical": ("mu", "sigma"),
        "support": REAL,
        "logp": "-abs(value - mu) / sigma",
        "source": "nowhere",
        "tfp_class": "Normal",
        "tfp": {"loc": "mu", "scale": "sigma"},
        "pymc4_name": "Toy",
        "pymc4": {"loc": "mu", "scale": "sigma"},
        "test_value": "mu",
    }
    return Distribution(**{**fields, **changes})  # type: ignore[arg-type]


def test_expression_doctests() -> None:
    assert doctest.testmod(expr).failed == 0


def test_the_toy_row_is_valid() -> None:
    assert row().pymc4_signature == ("loc", "scale")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"signature": ("mu", "sigma")}, "signature"),
        ({"logp": "value - nu"}, "nu"),
        ({"test_value": "median"}, "median"),
        ({"conditions": ("tau > 0",)}, "tau"),
        ({"forms": ()}, "at least one form"),
        ({"forms": (Form(("mu",)),)}, "does not say what"),
        ({"forms": (Form(("mu", "tau"), {"sigma": "tau"}),)}, "unknown parameters"),
        ({"transform": "logit"}, "unknown transform"),
        ({"pymc4": {"loc": "mu"}}, "more than rename"),
        ({"discrete": True}, "contradict"),
        ({"tfp": {"loc": "centre"}}, "centre"),
    ],
)
def test_a_row_that_contradicts_itself_does_not_load(change: dict[str, object], complaint: str) -> None:
    with pytest.raises(CatalogueError, match=complaint):
        row(**change)


@pytest.mark.parametrize(
    "text",
    ["mu.x", "open('f')", "[1]", "lambda: 1", "'a'", "a if b else c", "f(x=1)", "True", "a < b < c", "x @ y", "("],
)
def test_expressions_outside_the_grammar_are_refused(text: str) -> None:
    with pytest.raises(CatalogueError):
        expr.parse(text)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("Normal", {"mu", "sigma"}, ("mu", "sigma")),
        ("Normal", {"tau"}, ("mu", "tau")),
        ("Normal", set(), ("mu",)),
        ("Gamma", {"mu", "sigma"}, ("mu", "sigma")),
        ("InverseGamma", {"alpha"}, ("alpha",)),
        ("NegativeBinomial", {"p", "n"}, ("p", "n")),
        ("TruncatedNormal", {"sigma", "lower"}, ("mu", "sigma", "lower", "upper")),
    ],
)
def test_the_form_of_a_call(name: str, given: set[str], expected: tuple[str, ...]) -> None:
    assert DISTRIBUTIONS[name].form_for(frozenset(given)).given == expected


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("Normal", {"sigma", "tau"}),
        ("Gamma", {"alpha"}),
        ("Gamma", {"alpha", "sigma"}),
        ("Beta", {"mu"}),
        ("Exponential", set()),
        ("MvNormal", {"mu", "cov", "chol"}),
        ("Bernoulli", {"p", "logit_p"}),
    ],
)
def test_a_call_that_fits_no_form_says_what_fits(name: str, given: set[str]) -> None:
    with pytest.raises(CatalogueError, match=name):
        DISTRIBUTIONS[name].form_for(frozenset(given))


def test_aliases_are_the_same_row() -> None:
    assert DISTRIBUTIONS["LogNormal"] is DISTRIBUTIONS["Lognormal"]
    assert DISTRIBUTIONS["Normal"].param("sd") is DISTRIBUTIONS["Normal"].param("sigma")


@pytest.mark.parametrize("catalogue_row", ROWS, ids=lambda r: r.name)
def test_arguments_of_every_form_can_be_written(catalogue_row: Distribution) -> None:
    for form in catalogue_row.forms:
        for target in ("tfp", "pymc4", "upstream"):
            for text in catalogue_row.arguments(form, target).values():
                assert expr.names(text) <= set(form.given)


@pytest.mark.parametrize("catalogue_row", ROWS, ids=lambda r: r.name)
def test_pymc4_arguments_are_those_of_its_constructor(catalogue_row: Distribution) -> None:
    for form in catalogue_row.forms:
        assert set(catalogue_row.arguments(form, "pymc4")) <= set(catalogue_row.pymc4_signature)
        assert not set(catalogue_row.arguments(form, "upstream")) & set(catalogue_row.extra_pymc4)

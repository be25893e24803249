"""Operators keep their meaning: in augmented assignments, and around parameters that are put into expressions."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source

HEAD = "import numpy as np\nimport pymc3 as pm\n\nwith pm.Model() as model:\n    a = pm.HalfNormal('a', 1)\n"


@pytest.mark.parametrize("operator", ["+", "-", "*", "/", "**"])
def test_an_augmented_assignment_keeps_its_operator(operator: str) -> None:
    text = f"{HEAD}    mu = np.ones(3)\n    mu {operator}= a\n    pm.Normal('y', mu, 1, observed=data)\n"
    assert f"    mu = mu {operator} a\n" in migrate_source(text).code


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        ("Normal('x', 0, tau=a)", "a ** -0.5"),
        ("Normal('x', 0, tau=a + 2)", "(a + 2) ** -0.5"),
        ("HalfNormal('x', tau=1 / a)", "(1 / a) ** -0.5"),
        ("StudentT('x', 3, lam=2 * a)", "(2 * a) ** -0.5"),
        ("NegativeBinomial('x', n=3, p=a - 0.5)", "1 - (a - 0.5)"),
    ],
)
def test_operators_in_a_parameter_are_put_in_parentheses(call: str, argument: str) -> None:
    code = migrate_source(f"{HEAD}    pm.{call}\n").code
    assert f"={argument})" in code or f"={argument}, " in code

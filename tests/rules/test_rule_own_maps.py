"""A program's own transforms: the method that maps test values."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source

TEXT = """\
import pymc3 as pm
import theano.tensor as tt
from pymc3.distributions.distribution import draw_values


class Exp(pm.distributions.transforms.ElemwiseTransform):
    name = 'exp'

    def forward(self, x):
        return tt.log(x)

    def {method}(self, x, point=None):
        {line}
        return self.forward(x)

    def backward(self, x):
        return tt.exp(x)

    def jacobian_det(self, x):
        return x


with pm.Model() as model:
    pm.Normal('a', 0, 1, transform=Exp(), testval=1.)
"""


@pytest.mark.parametrize(
    "line",
    [
        "x, = draw_values([x], point=point)",
        "(x,) = draw_values([x], point=point)",
        "x = draw_values([x], point=point)[0]",
        "x, = draw_values([x])",
        "x, = pm.distributions.distribution.draw_values([x], point=point)  # numbers",
    ],
)
def test_what_draws_the_argument_goes(line: str) -> None:
    result = migrate_source(TEXT.format(method="forward_val", line=line))
    assert result.references.migrated == result.references.total, result.findings
    assert "draw_values" not in result.code and "pymc3" not in result.code
    assert "return self.forward(x)\n" in result.code and "class Exp(pm.transforms.ElemwiseTransform)" in result.code
    assert ("# numbers" in line) == ("# numbers" in result.code)
    assert not migrate_source(result.code).changed


@pytest.mark.parametrize(
    ("method", "line"),
    [
        ("forward_val", "y, = draw_values([x], point=point)"),
        ("forward_val", "a, b = draw_values([self.a, self.b], point=point)"),
        ("forward_val", "x, y = draw_values([x, x], point=point)"),
        ("forward_val", "x = draw_values([x], point=point)"),
        ("forward_val", "x = draw_values([x], point=point)[-1]"),
        ("forward_val", "x = draw_values([x], point=point)[0] + 1"),
        ("forward_val", "x = 2 * draw_values([x])[0]"),
        ("forward_val", "x = y = draw_values([x])[0]"),
        ("forward_val", "x, = draw_values(x, point=point)"),
        ("forward_val", "x, = draw_values([x], point=point, more=1)"),
        ("other", "x, = draw_values([x], point=point)"),
    ],
)
def test_other_draws_keep_the_model(method: str, line: str) -> None:
    code = migrate_source(TEXT.format(method=method, line=line)).code
    assert line in code and "with pm.Model() as model:" in code


def test_elsewhere_it_is_no_part_of_a_transform() -> None:
    text = "import pymc3 as pm\nfrom pymc3.distributions.distribution import draw_values\n\n\n"
    text += "def forward_val(x, point=None):\n    x, = draw_values([x], point=point)\n    return x\n"
    assert "x, = draw_values([x], point=point)" in migrate_source(text).code

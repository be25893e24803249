"""Comments and blank lines around statements that go or move."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source


@pytest.mark.parametrize("mark", ["# In[2]:", "# %% the model", "# just a comment"])
def test_blank_lines_above_the_comments_of_what_goes_stay(mark: str) -> None:
    before = (
        f"import pymc3 as pm\n\nx = 1\n\n\n{mark}\n\n\nmodel = pm.Model()\nwith model:\n    a = pm.Normal('a', 0, 1)\n"
    )
    assert f"x = 1\n\n\n{mark}\n\n\n@pm.model(name=None)\n" in migrate_source(before).code


def test_cells_that_become_one() -> None:
    before = """\
import pymc3 as pm

# In[1]:

with pm.Model() as model:
    a = pm.Normal('a', 0, 1)

# In[2]:

with model:
    b = pm.Normal('b', a, 1)
"""
    after = "import pm_migrate.pymc4 as pm\n\n# In[1]:\n\n\n# In[2]:\n\n@pm.model(name=None)\n"
    assert migrate_source(before).code.startswith(after)


def test_blank_lines_of_what_goes_without_a_comment_go() -> None:
    before = "import numpy as np\n\n\nimport theano.tensor as tt\nimport pymc3 as pm\n\n"
    before += "with pm.Model() as m:\n    pm.Flat('a')\n"
    assert migrate_source(before).code.startswith("import numpy as np\nimport pm_migrate.pymc4 as pm\n")


def test_comments_above_a_block_stay_with_the_model() -> None:
    head = "import pymc3 as pm\ndata = load()\n\n# Part two.\n\n{mark}# A mean.\n"
    text = head + "with pm.Model() as model:\n    # counted\n    n = len(data)\n    x = pm.Normal('x', 0, 1, shape=n)\n"
    after = migrate_source(text.format(mark="")).code
    assert "# Part two.\n\n# counted\nn = len(data)\n\n\n# A mean.\n@pm.model(name=None)\n" in after
    marked = migrate_source(text.format(mark="# %%\n")).code
    assert "# Part two.\n\n# %%\n# counted\nn = len(data)\n\n\n# A mean.\n@pm.model(name=None)\n" in marked

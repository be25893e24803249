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


@pytest.mark.parametrize(
    ("end", "below"),
    [
        ("    \n", "\nprint(trace)\n"),
        ("    \n    \n", "\n\nprint(trace)\n"),
        ("    # done\n    \n", "# done\n\nprint(trace)\n"),
        ("\n", "\nprint(trace)\n"),
        ("    # done\n", "# done\nprint(trace)\n"),
        ("", "print(trace)\n"),
    ],
)
def test_blank_lines_at_the_end_of_a_block_stay(end: str, below: str) -> None:
    block = "import pymc3 as pm\n\nwith pm.Model() as m:\n    x = pm.Normal('x', 0, 1)\n    trace = pm.sample(10)\n"
    code = migrate_source(f"{block}{end}print(trace)\n").code
    assert code.endswith(f"num_chains=4)\n{below}")


@pytest.mark.parametrize("end", ["    \n", "    \n    \n", "\n"])
def test_blank_lines_at_the_end_of_a_block_that_samples_nothing_are_those_of_the_model(end: str) -> None:
    block = f"import pymc3 as pm\n\nwith pm.Model() as m:\n    x = pm.Normal('x', 0, 1)\n{end}print(1)\n"
    assert "    x = yield pm.Normal('x', 0, 1)\n\n\nm = build_m()\n" in migrate_source(block).code


_CONTINUED = """import pymc3 as pm

with pm.Model() as model:
    pm.Poisson('obs', 2,
               observed=counts)  # these, because the others
{above}
    trace = pm.sample(100)
"""


@pytest.mark.parametrize(
    "above",
    [
        "                                 # have no counts",
        "                                 # have no counts\n                                 # at all",
        "       # have no counts",
    ],
)
def test_a_comment_that_goes_on_below_stays_with_the_statement(above: str) -> None:
    code = migrate_source(_CONTINUED.format(above=above)).code
    assert f"# these, because the others\n{above}\n\n\nmodel = build_model()\ntrace =" in code


@pytest.mark.parametrize("above", ["    # draw", "\n    # draw", "    # draw\n    # much"])
def test_a_comment_about_the_next_statement_goes_with_that(above: str) -> None:
    code = migrate_source(_CONTINUED.format(above=above)).code
    assert "# these, because the others\n\n\nmodel = build_model()\n# draw\n" in code


def test_a_comment_that_goes_on_below_nothing_goes_with_the_next_statement() -> None:
    code = migrate_source(_CONTINUED.format(above="      # draw").replace("  # these, because the others", "")).code
    assert "model = build_model()\n  # draw\ntrace =" in code


@pytest.mark.parametrize(
    ("between", "after"),
    [
        ("# done\n\n# %%\n", "# done\n\n\n# %%\n"),
        ("# done\n# %%\n", "# done\n\n\n# %%\n"),
        ("# done\n\n\n\n# %%\n# The model\n", "# done\n\n\n\n# %%\n# The model\n"),
        ("# %%\n", "\n\n# %%\n"),
        ("# not of a cell\n", "\n\n# not of a cell\n"),
    ],
)
def test_the_last_comments_of_a_cell_stay_with_it(between: str, after: str) -> None:
    before = f"import pymc3 as pm\nx = 1\n{between}with pm.Model() as m:\n    a = pm.Normal('a', 0, 1)\n"
    assert f"x = 1\n{after}@pm.model(name=None)\n" in migrate_source(before).code

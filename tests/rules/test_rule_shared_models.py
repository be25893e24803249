"""Models that a function of one file makes, and that other files of the run enter and draw from."""

from __future__ import annotations

import pytest
from test_rule_elsewhere import run
from test_rule_used_elsewhere import BUILD

USE = """
import pymc3 as pm
from models import build

m = build(3)
with m:
    trace = pm.sample(100, chains=2)
with build(4) as other:
    best = pm.find_MAP()
print(trace['mu'].mean(), m['mu'].tag.test_value)
"""
SAMPLED = "trace = pm.sample(m, num_samples=100, burn_in=1000, num_chains=2"


def both(tmp_path, use=USE, **more):
    after = run(tmp_path, {"models.py": BUILD, "main.py": use, **{f"{name}.py": text for name, text in more.items()}})
    again = run(tmp_path, {name: text for name, (text, _) in after.items()})
    assert {name: text for name, (text, _) in again.items()} == {name: text for name, (text, _) in after.items()}
    return after["models.py"], after["main.py"]


def is_rewritten(models, main):
    (text, findings), (used, more) = models, main
    assert not findings and not more
    assert "yield pm.Normal('mu', 0, scale=2)" in text and "pymc3" not in text
    assert SAMPLED in used and "pymc3" not in used
    return used


def test_both_files_are_rewritten(tmp_path):
    used = is_rewritten(*both(tmp_path))
    assert "other = build(4)\nbest = pm.find_MAP(other)\n" in used
    assert "print(pm.draws(trace, 'mu').mean(), pm.density(m)['mu'].tag.test_value)" in used


IN_A_FUNCTION = (
    "def main():\n    import pymc3 as pm\n    from models import build\n\n    m = build(3)\n"
    "    with m:\n        trace = pm.sample(100, chains=2)\n    return trace\n"
)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            USE.replace("from models import", "import models")
            .replace("models build", "models")
            .replace("build(", "models.build("),
            id="by module",
        ),
        pytest.param(
            USE.replace("import build", "import build as make")
            .replace("= build(", "= make(")
            .replace("with build(", "with make("),
            id="by another name",
        ),
        pytest.param(
            IN_A_FUNCTION,
            id="in a function",
        ),
    ],
)
def test_however_the_function_is_imported(tmp_path, text):
    is_rewritten(*both(tmp_path, text))


def test_through_a_package(tmp_path):
    files = {"kit/models.py": BUILD, "kit/__init__.py": "from .models import build\n\n__all__ = ['build']\n"}
    after = run(tmp_path, {**files, "main.py": USE.replace("from models", "from kit")})
    is_rewritten(after["kit/models.py"], after["main.py"])


def test_each_of_several_users(tmp_path):
    after = run(tmp_path, {"models.py": BUILD, "main.py": USE, "second.py": USE})
    is_rewritten(after["models.py"], after["main.py"])
    is_rewritten(after["models.py"], after["second.py"])


ADDED = "with m:\n    pm.Normal('more', 0, 1)\n"


@pytest.mark.parametrize(
    ("text", "more"),
    [
        pytest.param(USE + ADDED, {}, id="adds a variable"),
        pytest.param(USE + "print(list(map(build, [3])))\n", {}, id="passes the function on"),
        pytest.param(USE + "keep = build\n", {}, id="keeps the function"),
        pytest.param(USE.replace("import build", "import *"), {}, id="takes everything of the file"),
        pytest.param(USE + "print(pm.advi(trace, m))\n", {}, id="asks for what there is not"),
        pytest.param(
            USE, {"light": "from models import build\n\nprint(build(3).test_point)\n"}, id="a file without PyMC3"
        ),
        pytest.param(USE, {"second": USE + ADDED}, id="another file adds a variable"),
    ],
)
def test_both_files_stay_where_one_of_them_has_to(tmp_path, text, more):
    (models, findings), (used, left) = both(tmp_path, text, **more)
    assert "pm.Normal('mu', 0, sd=2)" in models and any(f.startswith("PM266 another file uses") for f in findings)
    assert "with m:\n" in used and "trace = pm.sample(100, chains=2)" in used and left


def test_both_files_stay_where_the_model_has_to(tmp_path):
    models = BUILD.replace("        pm.Normal('mu'", "        exec('x = 3')\n        pm.Normal('mu'")
    after = run(tmp_path, {"models.py": models, "main.py": USE})
    assert "pm.Normal('mu', 0, sd=2)" in after["models.py"][0] and "with m:\n" in after["main.py"][0]


def test_a_user_alone_in_the_run_stays(tmp_path):
    after = run(tmp_path, {"models.py": BUILD, "main.py": USE}, only=["main.py"])
    assert "with m:\n" in after["main.py"][0] and "pm.sample(100, chains=2)" in after["main.py"][0]


def test_a_function_that_gives_what_it_was_given_stays(tmp_path):
    same = "\n\ndef same(model):\n    with model:\n        print(pm.sample(9))\n    return model\n\n\nsame(build(1))\n"
    use = "import pymc3 as pm\nfrom models import same\n\nwith pm.Model() as m:\n    pm.Normal('x', 0, 1)\n"
    after = run(tmp_path, {"models.py": BUILD + same, "main.py": use + "with same(m):\n    pm.sample(9)\n"})
    assert "with same(m):\n" in after["main.py"][0] and after["main.py"][1]


@pytest.mark.parametrize(
    ("models", "use"),
    [
        pytest.param(
            BUILD + "\n\nM = build(4)\n",
            USE + "from models import M\nprint(M.test_point)\n",
            id="another of its models is used",
        ),
        pytest.param(BUILD.replace("def build", "@traced\ndef build"), USE, id="with a decorator"),
        pytest.param(BUILD, USE + "from elsewhere import show\nshow(m)\n", id="the model is given away"),
    ],
)
def test_both_files_stay(tmp_path, models, use):
    after = run(tmp_path, {"models.py": models, "main.py": use})
    assert "pm.Normal('mu', 0, sd=2)" in after["models.py"][0] and "with m:\n" in after["main.py"][0]


def test_a_model_made_in_the_block_of_another_one_is_a_part_of_it(tmp_path):
    block = "with pm.Model() as outer:\n    x = pm.Normal('x', 0, 1)\n    inner = build(3)\n"
    use = f"import pymc3 as pm\nfrom models import build\n\n{block}"
    after = run(tmp_path, {"models.py": BUILD, "main.py": use})
    assert "with pm.Model() as outer:\n" in after["main.py"][0] and "pm.Normal('mu', 0, sd=2)" in after["models.py"][0]
    alone = run(tmp_path, {"one.py": BUILD + "\n\n" + block})
    assert any(f.startswith("PM232 `build` makes a part") for f in alone["one.py"][1])


def test_functions_that_other_files_mention_keep_their_arguments(tmp_path):
    model = "with pm.Model() as m:\n    pm.Normal('x', 0, 1)\n"
    tools = f"import pymc3 as pm\n\n\ndef run(draws):\n    return pm.sample(draws)\n\n\n{model}    run(9)\n"
    use = f"import pymc3 as pm\nimport tools\n\n{model}    tools.run(10)\n"
    after = run(tmp_path, {"tools.py": tools, "main.py": use})
    assert "def run(draws):\n" in after["tools.py"][0]

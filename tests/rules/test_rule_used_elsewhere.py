"""Models of one file that another file of the run uses."""

from __future__ import annotations

import pytest
from test_rule_elsewhere import run

BUILD = """
import pymc3 as pm


def build(n):
    with pm.Model() as model:
        pm.Normal('mu', 0, sd=2)
    return model


def other(n):
    with pm.Model() as model:
        pm.Normal('nu', 0, sd=2)
    return model.logp({'nu': 0.1})
"""
MODULE = """
import pymc3 as pm

with pm.Model() as model:
    pm.Normal('mu', 0, sd=2)
"""
CLASS = """
import pymc3 as pm


class Study:
    def __init__(self):
        with pm.Model() as self.model:
            pm.Normal('mu', 0, sd=2)
"""


@pytest.mark.parametrize(
    ("models", "use", "stays"),
    [
        (BUILD, "from models import build\n\nprint(build(3).logp({'mu': 0.1}))\n", "sd=2"),
        (BUILD, "import models\n\nprint(models.build(3).logp({'mu': 0.1}))\n", "sd=2"),
        (BUILD, "from models import *\n\nprint(build(3))\n", "sd=2"),
        (MODULE, "from models import model as m\n\nprint(m.test_point)\n", "sd=2"),
        (CLASS, "from models import Study\n\nprint(Study().model.test_point)\n", "sd=2"),
    ],
)
def test_a_model_that_another_file_uses_stays(tmp_path, models, use, stays):
    after = run(tmp_path, {"models.py": models, "main.py": use})
    text, findings = after["models.py"]
    assert f"'mu', 0, {stays}" in text and any(f.startswith("PM266 another file uses the model") for f in findings)
    assert ("yield pm4.Normal('nu', 0, scale=2)" in text) == (models is BUILD)
    again = run(tmp_path, {name: text for name, (text, _) in after.items()})
    assert {name: text for name, (text, _) in again.items()} == {name: text for name, (text, _) in after.items()}


@pytest.mark.parametrize(
    "use",
    [
        "from models import other\n\nprint(other(3))\n",
        "import models\n\nprint(models.__file__)\n",
        "def build(n):\n    return n\n\n\nbuild(3)\n",
        "from elsewhere import build\n\nbuild(3)\n",
        "from lib.models import build\n\nbuild(3)\n",
        "models = build = None\n",
        "import model\n",
        "'models.build'\n",
        "from models import (\n",
        "",
    ],
)
def test_models_that_no_other_file_uses_are_rewritten(tmp_path, use):
    files = {"models.py": BUILD, "main.py": use, "lib/models.py": "def build(n):\n    return n\n"}
    after = run(tmp_path, files)
    assert "yield pm.Normal('mu', 0, scale=2)" in after["models.py"][0] and not after["models.py"][1]
    assert after["main.py"] == (use, set())


def test_a_file_given_alone_is_rewritten(tmp_path):
    (tmp_path / "main.py").write_text("from models import build\n\nbuild(3).logp({'mu': 0.1})\n")
    after = run(tmp_path, {"models.py": BUILD})
    assert "yield pm.Normal('mu', 0, scale=2)" in after["models.py"][0]


@pytest.mark.parametrize(
    "use",
    [
        "from models import Study\n\nstudy = Study()\nprint('the model', study.name)\n",
        "from models import Study\n\n# Study().data\nprint(Study().models)\n",
        "from models import Study\n\n\nclass Other:\n    pass\n\n\nprint(Study, Other)\n",
        "import models\n\nmodel = models.Study()\nprint(model)\n",
    ],
)
def test_a_class_whose_model_nobody_asks_for_is_rewritten(tmp_path, use):
    after = run(tmp_path, {"models.py": CLASS, "main.py": use, "more.py": "print('no model here')\n"})
    assert "yield pm.Normal('mu', 0, scale=2)" in after["models.py"][0] and not after["models.py"][1]


@pytest.mark.parametrize(
    ("use", "more"),
    [
        ("from models import Study\n\nprint(getattr(Study(), name))\n", ""),
        ("from models import Study\n\nprint(vars(Study()))\n", ""),
        (
            "from models import Study as S\n\n\nclass Other(S):\n    def f(self):\n        self.model.logp({})\n",
            "",
        ),
        ("from models import Study\n\n\nclass Other(Study):\n    model = None\n", ""),
        (
            "from models import Study\nfrom more import show\n\nshow(Study())\n",
            "def show(it):\n    print(it.model.logp({}))\n",
        ),
    ],
)
def test_a_class_whose_model_may_be_asked_for_stays(tmp_path, use, more):
    after = run(tmp_path, {"models.py": CLASS, "main.py": use, "more.py": more})
    assert "'mu', 0, sd=2" in after["models.py"][0]
    assert {f.split(":")[0] for f in after["models.py"][1]} == {
        "PM266 another file uses the model that `Study.model` gives"
    }

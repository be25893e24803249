"""PyMC3 and Theano by way of another file of the run."""

from __future__ import annotations

import json

import pytest
from test_rule_elsewhere import run

from pm_migrate.codemod.driver import Task, process_all

COMMON = """
import numpy as np
import pymc3 as pm
import theano.tensor as tt
"""
USE = """
from common import np, pm, tt

with pm.Model() as model:
    mu = pm.Normal('mu', 0, sd=2)
    pm.Normal('y', tt.exp(mu), 1, observed=np.zeros(3))
"""
REWRITTEN = """
@pm.model(name=None)
def build_model():
    mu = yield pm.Normal('mu', 0, scale=2)
    yield pm.Normal('y', tf.exp(mu), 1, observed=np.zeros(3))


model = build_model()
"""


def left(after):
    """The codes of what is left to do, in all files."""
    return {found.split()[0] for _, findings in after.values() for found in findings}


@pytest.mark.parametrize(
    ("files", "use"),
    [
        ({"common.py": COMMON, "main.py": USE}, "main.py"),
        ({"pkg/common.py": COMMON, "pkg/main.py": USE.replace("common", ".common")}, "pkg/main.py"),
        ({"pkg/__init__.py": COMMON, "pkg/main.py": USE.replace("from common", "from .")}, "pkg/main.py"),
        ({"base.py": COMMON, "common.py": "from base import np, pm, tt\n", "main.py": USE}, "main.py"),
        ({"base.py": COMMON, "common.py": "from base import *\n", "main.py": USE}, "main.py"),
    ],
)
def test_a_file_that_takes_pymc3_from_another_gets_imports_of_its_own(tmp_path, files, use):
    after = run(tmp_path, files)
    text, findings = after[use]
    assert text.endswith(REWRITTEN) and not findings
    assert "import pm_migrate.pymc4 as pm\n" in text and "import tensorflow as tf\n" in text
    assert " import np\n" in text and "tt" not in text.replace("observed", "")
    again = run(tmp_path, {name: text for name, (text, _) in after.items()})
    assert {name: text for name, (text, _) in again.items()} == {name: text for name, (text, _) in after.items()}


def test_what_a_module_has_is_used_by_its_name(tmp_path):
    use = "import common\n\nwith common.pm.Model() as model:\n    mu = common.pm.Normal('mu', 0, sd=2)\n"
    after = run(tmp_path, {"common.py": "import pymc3 as pm\n", "main.py": use})
    assert "mu = yield pm.Normal('mu', 0, scale=2)" in after["main.py"][0] and not left(after)
    assert "import pm_migrate.pymc4 as pm" in after["main.py"][0]


def test_theano_itself(tmp_path):
    use = USE.replace("np, pm, tt", "np, pm, theano, tt") + "\nx = tt.dscalar('x')\nf = theano.function([x], x ** 2)\n"
    after = run(tmp_path, {"common.py": COMMON + "import theano\n", "main.py": use})
    assert "from pm_migrate.shims import theano\n" in after["main.py"][0] and not left(after)
    assert "from pm_migrate.shims.theano import tensor as tt\n" in after["main.py"][0]
    assert "from common import np\n" in after["main.py"][0]


def test_names_of_pymc3_and_other_aliases(tmp_path):
    use = """
    from common import Model, N as Gaussian

    with Model() as model:
        mu = Gaussian('mu', 0, sd=2)
    """
    after = run(tmp_path, {"common.py": "from pymc3 import Model, Normal as N\n", "main.py": use})
    assert "mu = yield pm.Normal('mu', 0, scale=2)" in after["main.py"][0] and not after["main.py"][1]


def test_a_notebook_takes_them_too(tmp_path):
    cells = [{"cell_type": "code", "source": source} for source in USE.strip().split("\n\n")]
    files = {"common.py": COMMON, "main.ipynb": json.dumps({"cells": cells, "nbformat": 4})}
    after = run(tmp_path, files)
    assert "yield pm.Normal('y', tf.exp(mu), 1" in after["main.ipynb"][0] and not left(after)


def test_a_file_given_by_name_looks_at_those_beside_it(tmp_path):
    (tmp_path / "common.py").write_text(COMMON)
    path = tmp_path / "main.py"
    path.write_text(USE)
    (outcome,) = process_all([Task(str(path), path.read_bytes(), notebook=False, certain=True)], 1)
    assert outcome.after.endswith(REWRITTEN) and not outcome.left_to_do


def test_the_import_that_a_model_left_behind_needs_stays(tmp_path):
    after = run(tmp_path, {"common.py": COMMON, "main.py": USE + "    pm.BART('b', mu, mu)\n"})
    assert "\nimport pymc3 as pm\n" in after["common.py"][0] and "import theano.tensor as tt" in after["common.py"][0]
    assert "from common import np, pm, tt" in after["main.py"][0] and "with pm.Model() as model" in after["main.py"][0]
    assert left(after) == {"PM211", "PM265"}


def test_models_left_behind_and_rewritten_in_one_file(tmp_path):
    other = "\nwith pm.Model() as other:\n    pm.BART('b', 1, 2)\n"
    after = run(tmp_path, {"common.py": "import pymc3 as pm\n", "main.py": USE.replace("tt.", "np.") + other})
    text = after["main.py"][0]
    assert "import pm_migrate.pymc4 as pm4" in text and "mu = yield pm4.Normal('mu', 0, scale=2)" in text
    assert "with pm.Model() as other:" in text and "\nimport pymc3 as pm\n" in after["common.py"][0]


STAR = USE.replace("from common import np, pm, tt", "from common import *")
OWN = "from common import *\nimport pm_migrate.pymc4 as pm\nimport tensorflow as tf\n"


@pytest.mark.parametrize(
    "files",
    [
        {"common.py": COMMON},
        {"common.py": COMMON + "__all__ = ['np', 'pm', 'tt']\n"},
        {"common.py": COMMON + "__all__ = ['np']\n__all__ += ['pm', 'tt']\n"},
        {"base.py": COMMON, "common.py": "from base import *\n"},
        {"base.py": COMMON, "common.py": "from base import np, pm, tt\n"},
    ],
)
def test_what_a_star_gives(tmp_path, files):
    after = run(tmp_path, {**files, "main.py": STAR})
    assert after["main.py"][0] == OWN + "\n" + REWRITTEN and not left(after)
    again = run(tmp_path, {name: text for name, (text, _) in after.items()})
    assert {name: text for name, (text, _) in again.items()} == {name: text for name, (text, _) in after.items()}


def test_a_star_gives_names_of_pymc3_that_come_by_a_star(tmp_path):
    use = "from common import *\n\nwith Model() as model:\n    mu = Normal('mu', 0, sd=2)\n"
    after = run(tmp_path, {"common.py": "from pymc3 import *\n", "main.py": use})
    assert "mu = yield pm.Normal('mu', 0, scale=2)" in after["main.py"][0] and not left(after)
    assert after["main.py"][0].startswith("from common import *\nimport pm_migrate.pymc4 as pm\n")
    after = run(tmp_path, {"common.py": "from pymc3 import *\n", "main.py": use + "    BART('b', mu, mu)\n"})
    assert "from pymc3 import *" in after["common.py"][0] and "with Model() as model:" in after["main.py"][0]


def test_a_star_in_front_of_functions(tmp_path):
    use = "from common import *\n\n\ndef build():\n    with pm.Model() as model:\n        pm.Normal('x', 0, sd=1)\n"
    after = run(tmp_path, {"common.py": COMMON, "main.py": use})
    assert "yield pm.Normal('x', 0, scale=1)" in after["main.py"][0] and not left(after)


@pytest.mark.parametrize("above", ["import pymc3 as pm\n", ""])
@pytest.mark.parametrize("below", ["import pymc3 as pm\n", ""])
def test_the_front_end_comes_below_a_star(tmp_path, above, below):
    """The other file keeps PyMC3 for a model of its own, and gives it under the same name."""
    kept = "\nwith pm.Model() as kept:\n    pm.BART('b', 1, 2)\n"
    use = STAR.replace("from common import *\n", above + "from common import *\n" + below)
    after = run(tmp_path, {"common.py": COMMON + kept, "main.py": use})
    assert "import pymc3 as pm" in after["common.py"][0] and after["main.py"][0].endswith(REWRITTEN)
    assert "import pm_migrate.pymc4 as pm" in after["main.py"][0].split("from common import *")[1]


def test_a_star_whose_names_are_computed(tmp_path):
    for more in ("__all__ = names()\n", "__all__ = ['pm'] + more\n", "__all__ = ['pm']\n__all__.append('tt')\n"):
        after = run(tmp_path, {"common.py": COMMON + more, "main.py": STAR})
        assert "comes by `from common import *`, and `__all__` is computed" in " ".join(after["main.py"][1])
        assert "with pm.Model() as model:" in after["main.py"][0] and "import pymc3 as pm" in after["common.py"][0]


@pytest.mark.parametrize(
    "common",
    [
        COMMON + "__all__ = ['np']\n",
        COMMON.replace("as pm", "as _pm").replace("as tt", "as _tt"),
        "import numpy as np\nfrom base import np as pm\n",
        "import numpy as np\n",
    ],
)
def test_what_a_star_does_not_give(tmp_path, common):
    assert run(tmp_path, {"base.py": COMMON, "common.py": common, "main.py": STAR})["main.py"] == (
        STAR.lstrip("\n"),
        set(),
    )


@pytest.mark.parametrize(
    "common", ["from base import np, pm, tt\n", "from base import *\n", "from base import *\nx = 1\n"]
)
@pytest.mark.parametrize("use", [USE, STAR])
def test_a_file_that_passes_on_what_a_model_left_behind_needs(tmp_path, common, use):
    files = {"base.py": COMMON, "common.py": common, "main.py": use + "    pm.BART('b', mu, mu)\n"}
    after = run(tmp_path, files)
    assert "\nimport pymc3 as pm\n" in after["base.py"][0] and "with pm.Model() as model:" in after["main.py"][0]
    assert common.split("\n")[0] in after["common.py"][0]


@pytest.mark.parametrize(
    "text",
    [
        "from common import np\n\nx = np.zeros(3)\n",
        "from other import pm\n\nwith pm.Model() as model:\n    pm.Normal('x', 0, 1)\n",
        "from common.pm import Model\n\nModel()\n",
        "import common\n\npm = common.clock()\npm.Normal('x', 0, 1)\n",
        "pm = 'afternoon'\nprint(pm)\n",
        "from ..common import pm\n\npm.Normal('x', 0, 1)\n",
        "def common():\n    pm = 3\n    return pm\n",
        "from common import clock as pm\n\npm.Model()\n",
        "import common as c\n\nc.pm_is_late = True\n",
        "from pkg.common import pm\n\npm.Model()\n",
        "from common import tt_, pm as_\n",
        "class pm:\n    pass\n\n\npm.Model()\n",
    ],
)
def test_other_files_stay_as_they_are(tmp_path, text):
    files = {"common.py": COMMON + "\n\ndef clock():\n    return None\n", "pkg/common.py": "pm = None\n"}
    files["other.py"] = "class pm:\n    pass\n"
    assert run(tmp_path, {**files, "main.py": text})["main.py"] == (text, set())


def test_a_helper_that_takes_pymc3_from_another_file_is_one(tmp_path):
    """Its call stays inside of the model; it creates a variable there."""
    helper = "from common import pm\n\n\ndef prior(name):\n    return pm.HalfNormal(name, sd=2)\n"
    main = USE.replace("from common import np, pm, tt", "from common import np, pm, tt\nfrom helper import prior")
    main = main.replace("1, observed", "prior('s'), observed")
    after = run(tmp_path, {"common.py": COMMON, "helper.py": helper, "main.py": main})
    assert "return (yield pm.HalfNormal(name, scale=2))" in after["helper.py"][0]
    assert "tf.exp(mu), (yield from prior('s')), observed" in after["main.py"][0]
    assert not left(after)


def test_files_that_do_not_name_pymc3_are_written(tmp_path, monkeypatch):
    from click.testing import CliRunner

    from pm_migrate.cli import cli

    monkeypatch.chdir(tmp_path)
    files = {"common.py": COMMON, "main.py": USE}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    result = CliRunner().invoke(cli, ["."])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "main.py").read_text().endswith(REWRITTEN)
    assert CliRunner().invoke(cli, ["undo"]).exit_code == 0
    assert {name: (tmp_path / name).read_text() for name in files} == files


HELPER = "import pymc3 as pm\n\n\ndef prior(name):\n    return pm.HalfNormal(name, sd=2)\n"
USER = """import pymc3 as pm
{}

with pm.Model() as model:
    sigma = {}("sigma")
    pm.Normal("y", 0, sigma, observed=1.0)
"""


@pytest.mark.parametrize(
    ("taken", "passed", "called"),
    [
        ("from pkg import prior", "from .helper import prior\n", "prior"),
        ("import pkg", "from .helper import prior\n", "pkg.prior"),
        ("from pkg import first as own", "from .helper import prior as first\n", "own"),
        ("from pkg import prior", "from .helper import *\n", "prior"),
        ("from pkg.more import prior", "", "prior"),
    ],
)
def test_a_helper_is_one_by_whichever_file_it_is_taken(tmp_path, taken, passed, called):
    """Neither the package nor the module between needs PyMC3."""
    files = {"pkg/__init__.py": passed, "pkg/more.py": "from .helper import prior\n", "pkg/helper.py": HELPER}
    after = run(tmp_path, {**files, "main.py": USER.format(taken, called)})
    assert "return (yield pm.HalfNormal(name, scale=2))" in after["pkg/helper.py"][0]
    assert f"    sigma = yield from {called}('sigma')\n" in after["main.py"][0].replace('"', "'")
    assert after["pkg/__init__.py"] == (passed, set()) and not left(after)


@pytest.mark.parametrize("helper", [HELPER, HELPER.replace("import pymc3 as pm", "from .common import pm")])
def test_a_helper_of_a_file_that_is_not_in_the_run_is_one(tmp_path, helper):
    """Its call creates a variable of the model: it stays there, and so does the model."""
    for name, text in {"__init__": "from .helper import prior\n", "helper": helper, "common": COMMON}.items():
        (tmp_path / "pkg").mkdir(exist_ok=True)
        (tmp_path / "pkg" / f"{name}.py").write_text(text)
    main = tmp_path / "main.py"
    main.write_text(USER.format("from pkg import prior", "prior"))
    (outcome,) = process_all([Task(str(main), main.read_bytes(), notebook=False)])
    assert "    sigma = prior(" in (outcome.after or main.read_text())
    assert "with pm.Model() as model:" in (outcome.after or main.read_text()) and outcome.left_to_do

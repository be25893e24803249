"""PyMC3 in texts that a program imports or runs."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence

MODEL = "import pymc3 as pm\n\nwith pm.Model() as m:\n    x = pm.Normal('x', 0, 1)\n"


@pytest.mark.parametrize(
    "line",
    [
        "import importlib\npm = importlib.import_module('pymc3')\n",
        "from importlib import import_module as load\ntt = load('theano.tensor')\n",
        "pm = __import__('pymc3')\n",
        'exec("import pymc3 as pm")\n',
        "mean = eval('pymc3.math.exp')\n",
    ],
)
def test_what_is_imported_by_a_text_is_reported(line: str) -> None:
    alone = migrate_source(line)
    assert [(f.code, f.confidence) for f in alone.findings] == [("PM903", Confidence.MANUAL)]
    assert "TODO(pm-migrate PM903)" in alone.code and migrate_source(alone.code).code == alone.code
    beside = migrate_source(line + MODEL)
    assert not beside.references.migrated and MODEL.splitlines()[-1] in beside.code


def test_what_runs_text_with_the_name_of_pymc3_is_reported() -> None:
    assert {f.code for f in migrate_source(MODEL + "exec('trace = pm.sample(10, model=m)')\n").findings} == {"PM903"}
    inside = migrate_source(MODEL + "    exec(\"y = pm.Normal('y', x, 1)\")\n")
    assert [f.code for f in inside.findings if f.confidence is Confidence.MANUAL] == ["PM205"]


@pytest.mark.parametrize(
    "line",
    [
        "np = importlib.import_module('numpy')\n",
        "eval('1 + 1')\n",
        "print('pymc3')\n",
        "name = importlib.util.find_spec('scipy')\n",
        "self.eval('pymc3')\n",
        "load = importlib.import_module\nload(name)\n",
        "def exec(text):\n    print(text)\n\nexec('pymc3 and theano')\n",
        "assert 'exec' != 'import_module'\n",
        "frame.eval('pm > 3')\n",
        "exec(open('settings.py').read())\n",
        "import_module('pymc3_extras')\n",
    ],
)
def test_other_texts_change_nothing(line: str) -> None:
    code = migrate_source("import importlib\n" + line + MODEL).code
    assert line in code and "yield pm.Normal" in code and "TODO" not in code

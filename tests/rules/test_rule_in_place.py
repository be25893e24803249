"""What a program changes in place after its model was made: PyMC3 keeps copies of the data, generators do not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pm_migrate import migrate_source
from pm_migrate.codemod.driver import Task, process_all
from pm_migrate.findings import Confidence

HEAD = """\
import random
import numpy as np
import pandas as pd
import pymc3 as pm

y = np.ones(5)
"""
MODEL = """\
with pm.Model() as model:
    mu = pm.Normal('mu', 0, 1)
    pm.Normal('y', mu, 1, observed=d)
"""
FUNCTION = """\
def make(d, names=[]):
    with pm.Model() as model:
        mu = pm.Normal('mu', 0, d['sd'])
        pm.Normal('y', mu, 1, observed=y)
    return model

d = {'sd': 1.0}
"""
CLASS = """\
class Fit:
    def __init__(self, data):
        self.data = data
        self.options = {'sd': 1.0}
        self.load()

    def load(self):
        self.options['sd'] = 3.0

    def build(self):
        with pm.Model() as self.model:
            mu = pm.Normal('mu', 0, self.options['sd'])
            pm.Normal('y', mu, 1, observed=self.data)

    def center(self):
        self.data -= 1.0

"""


def noted(text: str) -> list[str]:
    """The lines of changes that are for review."""
    found = [f for f in migrate_source(HEAD + text).findings if f.code == "PM205"]
    assert all(f.confidence is Confidence.REVIEW for f in found)
    return [(HEAD + text).splitlines()[f.line - 1].strip() for f in found]


@pytest.mark.parametrize(
    "line",
    [
        "d *= 2",
        "d.sort()",
        "d.fill(0)",
        "d.resize(3)",
        "np.random.shuffle(d)",
        "random.shuffle(d)",
        "np.copyto(d, 0)",
        "np.fill_diagonal(d, 0)",
        "np.add(d, 1, out=d)",
        "del d[0]",
        "d.drop(0, inplace=True)",
        "d[0] = 3",
    ],
)
def test_data_of_a_model_are_changed_below_it(line: str) -> None:
    assert noted(f"d = y.copy()\n{MODEL}{line}\nmodel.logp({{'mu': 0}})\n") == [line]
    assert not noted(f"d = y.copy()\n{line}\n{MODEL}")
    other = re.sub(r"\bd\b", "e", line)
    assert not noted(f"d, e = y.copy(), y.copy()\n{MODEL}{other}\n")


@pytest.mark.parametrize(
    "above",
    [
        "e = d",
        "e = d[1:]",
        "e = d.T",
        "e = d.reshape(5, 1)",
        "e = np.asarray(d)",
        "e = d if len(d) else y",
        "f = d\ne = f.ravel()",
    ],
)
def test_other_names_of_the_data(above: str) -> None:
    assert noted(f"d = y.copy()\n{above}\n{MODEL}e[0] = 3\n") == ["e[0] = 3"]


@pytest.mark.parametrize(
    "above",
    [
        "e = d.copy()",
        "e = d * 2",
        "e = d + 0",
        "e = np.array(d)",
        "e = d.mean()",
        "e = d[d > 0]",
        "e = list(d)",
        "e = y",
    ],
)
def test_copies_of_the_data(above: str) -> None:
    assert not noted(f"d = y.copy()\n{above}\n{MODEL}e[0] = 3\n")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("m = make(d)\nd['sd'] = 2.0\nm.logp({'mu': 0})\n", "d['sd'] = 2.0"),
        ("m = make(d)\nd.update(sd=2.0)\nn = make(d)\n", "d.update(sd=2.0)"),
        ("ms = []\nfor s in (1, 2):\n    d['sd'] = s\n    ms.append(make(d))\n", "d['sd'] = s"),
        ("def main():\n    e = {}\n    for s in (1, 2):\n        e['sd'] = s\n        make(e)\n", "e['sd'] = s"),
        ("def outer(f):\n    return make(f)\n\nm = outer(d)\nd['sd'] = 2.0\n", "d['sd'] = 2.0"),
        ("def twice(f):\n    f['sd'] *= 2\n\nm = make(d)\ntwice(d)\n", "twice(d)"),
        ("m = make(d=d)\ne = d\ne['sd'] = 2.0\n", "e['sd'] = 2.0"),
    ],
)
def test_what_a_function_that_makes_a_model_is_given(text: str, line: str) -> None:
    assert noted(FUNCTION + text) == [line]


@pytest.mark.parametrize(
    "text",
    [
        "d['sd'] = 2.0\nm = make(d)\n",
        "m = make(d)\nd['mu'] = 2.0\n",
        "m = make(d)\nd = {}\nd['sd'] = 2.0\n",
        "for s in (1, 2):\n    e = {}\n    e['sd'] = s\n    make(e)\n",
        "def main():\n    for s in (1, 2):\n        e = {'sd': 1}\n        e['sd'] = s\n        make(e)\n",
        "m = make(d)\ne = dict(d)\ne['sd'] = 2.0\n",
        "def twice(f):\n    f['sd'] *= 2\n\ntwice(d)\nm = make(d)\n",
        "m = make({'sd': 1})\nd['sd'] = 2.0\n",
    ],
)
def test_what_else_is_changed(text: str) -> None:
    assert not noted(FUNCTION + text)


@pytest.mark.parametrize(
    ("body", "calls", "line"),
    [
        ("names.append('m%d' % len(names))", "make(d)\nmake(d)", "names.append('m%d' % len(names))"),
        ("names.append('m%d' % len(names))", "for i in range(2):\n    make(d)", "names.append('m%d' % len(names))"),
        ("buffer[:] = d", "make(1)\nmake(2)", "buffer[:] = d"),
        ("names.append('m')", "make(d)", None),
        ("names = []\n    names.append('m')", "make(d)\nmake(d)", None),
        ("d = dict(d)\n    d['x'] = 3", "make(d)\nmake(d)", None),
        ("seen.append(d)", "make(d)\nmake(d)", None),
    ],
)
def test_what_the_function_itself_fills_again_at_the_next_call(body: str, calls: str, line: str | None) -> None:
    text = "buffer = np.zeros(3)\nseen = []\n" + FUNCTION.replace("    with", f"    {body}\n    with")
    text = text.replace("pm.Normal('mu', 0, d['sd'])", "pm.Normal(names[-1] if names else 'mu', buffer, 1, shape=3)")
    assert noted(text + calls + "\n") == ([] if line is None else [line])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("fit = Fit(y)\nfit.build()\nfit.options['sd'] = 9.0\n", "fit.options['sd'] = 9.0"),
        ("fit = Fit(y)\nfit.build()\nfit.options.update(sd=9.0)\n", "fit.options.update(sd=9.0)"),
        ("fit = Fit(y)\nfit.build()\nfit.center()\n", "self.data -= 1.0"),
        ("fit = Fit(y)\nfit.build()\nfit.load()\n", "self.options['sd'] = 3.0"),
        ("fit = Fit(y)\nfit.build()\nfit.data.sort()\n", "fit.data.sort()"),
        ("fit = Fit(y)\nfit.options['sd'] = 9.0\nfit.center()\nfit.build()\n", None),
        ("fit = Fit(y)\nfit.build()\nfit.seen['sd'] = 9.0\n", None),
        ("fit = Fit(y)\nfit.build()\nfit.options = {'sd': 9.0}\nfit.data = y + 1\n", None),
    ],
)
def test_what_an_object_holds(text: str, line: str | None) -> None:
    assert noted(CLASS + text) == ([] if line is None else [line])


@pytest.mark.parametrize("start", ["n = 3", "n = len(y)", "n = 'a'", "n = y.mean()", "n = (1, 2)", "n = 2 * len(y)"])
def test_numbers_and_texts_are_bound_to_others(start: str) -> None:
    """``n += 1`` makes another number; the generator takes ``n`` as an argument."""
    text = f"{start}\nwith pm.Model() as model:\n    mu = pm.Normal('mu', 0, n)\nn += n\n"
    assert not noted(text)
    assert "build_model(n)" in migrate_source(HEAD + text).code


MODELS = (
    "import pymc3 as pm\n\ndef make(cfg):\n    with pm.Model() as m:\n"
    "        pm.Normal('a', 0, cfg['sd'])\n    return m\n"
)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("m = make(cfg)\ncfg['sd'] = 2.0", "cfg['sd'] = 2.0"),
        ("m = make(cfg=cfg)\ncfg.update(sd=2.0)", "cfg.update(sd=2.0)"),
        ("ms = []\nfor s in (1, 2):\n    cfg['sd'] = s\n    ms.append(make(cfg))", "cfg['sd'] = s"),
        ("cfg['sd'] = 2.0\nm = make(cfg)", None),
        ("m = make(dict(cfg))\ncfg['sd'] = 2.0", None),
        ("for s in (1, 2):\n    new = {}\n    new['sd'] = s\n    make(new)", None),
        ("df = pd.DataFrame(cfg)\nm = make(df)\ndf['new'] = 2.0", None),
    ],
)
def test_what_a_function_of_another_file_is_given(tmp_path: Path, text: str, line: str | None) -> None:
    program = f"import pandas as pd\nfrom models import make\n\ncfg = {{'sd': 1.0}}\n{text}\n"
    tasks = []
    for name, source in {"models.py": MODELS, "main.py": program}.items():
        (tmp_path / name).write_text(source)
        tasks.append(Task(str(tmp_path / name), source.encode(), False))
    _, outcome = process_all(tasks, 1)
    noted = [program.splitlines()[f.line - 1].strip() for f in outcome.findings if f.code == "PM205"]
    assert noted == ([] if line is None else [line])


OBJECT = """\
class Fit:
    width = 3.0

    def __init__(self, data, sd):
        self.data, self.sd = data, sd

    @property
    def both(self):
        return self.sd * self.factor

    def twice(self):
        return 2 * self.sd + self.third()

    def third(self):
        return 3 * self.sd

    def build(self):
        {above}
        with pm.Model() as model:
            mu = pm.Normal('mu', 0, {read})
            pm.Normal('y', mu, 1, observed=self.data)
        {line}
        return model

Fit(y, 1.0).build()
"""


@pytest.mark.parametrize(
    ("read", "line", "seen"),
    [
        ("self.sd", "self.model = model", False),
        ("self.sd", "self.model, self.other = model, 1", False),
        ("self.width", "self.model = model", False),
        ("self.twice()", "self.model = model", False),
        ("get()", "self.model = model", False),
        ("self.sd", "self.sd = 2.0", True),
        ("self.sd", "self.data = 2 * y", True),
        ("self.width", "self.width = 2.0", True),
        ("self.twice()", "self.sd = 2.0", True),
        ("self.both", "self.factor = 2.0", True),
        ("get()", "self.sd = 2.0", True),
        ("self.unknown", "self.model = model", True),  # may be a property of a class of another file
        ("own.sd", "self.sd = 2.0", False),  # read once, above the generator
    ],
)
def test_attributes_of_an_object(read: str, line: str, seen: bool) -> None:
    above = "get = lambda: self.sd" if read == "get()" else "own = self"
    found = noted(OBJECT.format(above=above, read=read, line=line))
    assert found == ([line] if seen else [])


SETTINGS = b"""import pymc3 as pm

CFG = {'sd': 1.0}

def build(y):
    with pm.Model() as model:
        mu = pm.Normal('mu', 0, CFG['sd'])
        pm.Normal('y', mu, 1, observed=y)
    return model
"""


@pytest.mark.parametrize(
    ("lines", "noted"),
    [
        ("model = own.build([1.0])\nown.CFG['sd'] = 2.0\n", True),
        ("model = own.build([1.0])\nown.CFG = {'sd': 2.0}\n", True),
        ("for sd in (1.0, 2.0):\n    own.CFG['sd'] = sd\n    models.append(own.build([1.0]))\n", True),
        ("own.CFG['sd'] = 2.0\nmodel = own.build([1.0])\n", False),
        ("model = own.build([1.0])\nother.CFG['sd'] = 2.0\n", False),
        ("model = own.build([1.0])\nprint(own.CFG['sd'])\n", False),
    ],
)
def test_settings_of_a_module_that_made_a_model_are_noted(lines: str, noted: bool) -> None:
    head, last = (
        "import other\nimport own\nimport pymc3 as pm\n\nmodels = []\n",
        "pm.sample(10, model=own.build([2.0]))\n",
    )
    text = head + lines + last
    tasks = [Task("own.py", SETTINGS, notebook=False), Task("main.py", text.encode(), notebook=False)]
    _, outcome = process_all(tasks, 1)
    review = [f.message for f in outcome.findings if f.code == "PM205" and f.confidence is Confidence.REVIEW]
    assert [m for m in review if "is set after a model of `own` was made" in m] == review and bool(review) is noted

"""Programs of several files: functions in one that create random variables for models in another."""

from __future__ import annotations

import json
import textwrap

import pytest

from pm_migrate.codemod.driver import Task, process_all
from pm_migrate.findings import Confidence

PRIORS = """
import pymc3 as pm


def prior(name, width=2):
    return pm.Normal(name, 0, sd=width)
"""
USE = """
import pymc3 as pm
from priors import prior

with pm.Model() as model:
    pm.Normal('y', prior('x'), 1, observed=data)
"""


def run(tmp_path, files, only=None):
    """What becomes of files of a folder, by name."""
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"))
    names = sorted(only or files)
    tasks = [Task(str(tmp_path / n), (tmp_path / n).read_bytes(), n.endswith("ipynb")) for n in names]
    outcomes = list(process_all(tasks, 1))
    assert not [o.error for o in outcomes if o.error]
    return {
        n: (o.after or (tmp_path / n).read_text(), {f"{f.code} {f.message}" for f in o.findings if o.left_to_do})
        for n, o in zip(names, outcomes, strict=True)
    }


def test_a_function_and_its_calls_in_two_files(tmp_path):
    after = run(tmp_path, {"priors.py": PRIORS, "main.py": USE})
    assert "return (yield pm.Normal(name, 0, scale=width))" in after["priors.py"][0]
    assert "yield pm.Normal('y', (yield from prior('x')), 1, observed=data)" in after["main.py"][0]
    assert not after["priors.py"][1] | after["main.py"][1]
    again = run(tmp_path, {name: text for name, (text, _) in after.items()})
    assert {name: text for name, (text, _) in again.items()} == {name: text for name, (text, _) in after.items()}


@pytest.mark.parametrize(
    ("imported", "called"),
    [
        ("import priors", "priors.prior"),
        ("import priors as p", "p.prior"),
        ("from priors import *", "prior"),
        ("from priors import prior as location", "location"),
        ("from src.model import priors", "priors.prior"),
        ("import src.model.priors", "src.model.priors.prior"),
        ("from src.model.priors import prior", "prior"),
        ("from . import priors", "priors.prior"),
        ("from .priors import prior", "prior"),
        ("from ..model import priors", "priors.prior"),
    ],
)
def test_every_way_to_import_it(tmp_path, imported, called):
    main = USE.replace("from priors import prior", imported).replace("prior('x')", f"{called}('x')")
    after = run(tmp_path, {"src/model/priors.py": PRIORS, "src/model/main.py": main})
    assert f"(yield from {called}('x'))" in after["src/model/main.py"][0]
    assert "yield" in after["src/model/priors.py"][0]


def test_a_notebook_and_a_chain_of_files(tmp_path):
    chain = "import pymc3 as pm\nfrom priors import prior\n\ndef both():\n    return prior('a') + prior('b')\n"
    source = USE.replace("from priors import prior", "from lines import both").replace("prior('x')", "both()")
    cell = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source.strip()}
    book = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4})
    after = run(tmp_path, {"priors.py": PRIORS, "lines.py": chain, "main.ipynb": book})
    assert "return (yield from prior('a')) + (yield from prior('b'))" in after["lines.py"][0]
    assert "(yield from both())" in after["main.ipynb"][0]


#: One more file, or others in place of the two, that keep both as they were; and the reason in one of them.
KEPT = {
    "a model elsewhere that has to stay": (
        {"third.py": USE.replace("1, observed", "dtype='float16', observed")},
        "PM264",
    ),
    "a call outside of models": (
        {"third.py": "import pymc3\nfrom priors import prior\nx = prior('x')\n"},
        "with block",
    ),
    "passed on": ({"third.py": "import pymc3\nfrom priors import prior\nregister(prior)\n"}, "only call it"),
    "kept in a list": ({"third.py": "import pymc3\nimport priors\nevery = [priors.prior]\n"}, "only call it"),
    "decorated": ({"priors.py": PRIORS.replace("def prior", "@cached\ndef prior")}, "decorated"),
    "asynchronous": ({"priors.py": PRIORS.replace("def prior", "async def prior")}, "asynchronous"),
    "a distribution without a rule": ({"priors.py": PRIORS.replace("Normal", "BART")}, "no rule"),
    "a name that is bound again": (
        {"priors.py": PRIORS.replace("sd=width", "sd=WIDTH") + "\nWIDTH = 1\nWIDTH = 2\n"},
        "bound again",
    ),
    "a change of an argument": ({"priors.py": PRIORS.replace("return", "width.append(1)\n    return")}, "this changes"),
    "called in a comprehension that cannot be a loop": (
        {"main.py": USE.replace("prior('x')", "any(prior(n) for n in 'ab')")},
        "yield from here",
    ),
    "called in one of two models": (
        {"main.py": USE + "\ndef build(m):\n    with m:\n        prior('z')\n"},
        "PM264",
    ),
}


@pytest.mark.parametrize("case", KEPT)
def test_all_or_nothing(tmp_path, case):
    more, reason = KEPT[case]
    files = {"priors.py": PRIORS, "main.py": USE, **more}
    after = run(tmp_path, files)
    assert "yield" not in after["priors.py"][0].replace(files["priors.py"].strip(), "")
    assert "yield from prior" not in after["main.py"][0]
    assert any("PM264" in message or reason in message for message in after["main.py"][1])
    assert any(reason in message for _, messages in after.values() for message in messages)


@pytest.mark.parametrize("chain", [False, True])
def test_a_file_that_is_not_in_the_run(tmp_path, chain):
    files = {"priors.py": PRIORS, "main.py": USE}
    if chain:
        lines = "import pymc3 as pm\nfrom priors import prior\n\ndef both():\n    return prior('a') + prior('b')\n"
        main = USE.replace("from priors import prior", "from lines import both").replace("prior('x')", "both()")
        files |= {"lines.py": lines, "main.py": main}
    text, findings = run(tmp_path, files, only=["main.py"])["main.py"]
    assert "with pm.Model()" in text
    assert any("give both to one run" in message for message in findings)


def test_functions_that_create_nothing_are_left_alone(tmp_path):
    files = {
        "data.py": "import pymc3\n\ndef prior(name):\n    return 1.0\n",
        "main.py": USE.replace("priors", "data"),
    }
    after = run(tmp_path, files)
    assert "yield from" not in after["main.py"][0]
    assert not after["main.py"][1]


def test_a_name_of_a_package_that_is_no_file_here(tmp_path):
    after = run(tmp_path, {"main.py": USE.replace("from priors", "from another_package.priors")})
    assert "yield from" not in after["main.py"][0]


UNSEEN = """
import numpy as np
import pymc3 as pm
from scipy.special import expit
from tools import scale

with pm.Model() as model:
    x = pm.Normal('x', 0, 1)
    wide = scale(np.abs(expit(2)))
    pm.Normal('y', x, wide, observed=data)
    trace = pm.sample()
    scale(trace['x'])
"""


def reviewed(tmp_path, files):
    """What is said of the calls in the first of some files, the others being on disk."""
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    (outcome,) = process_all([Task(str(tmp_path / "main.py"), (tmp_path / "main.py").read_bytes(), False)], 1)
    return [(f.line, f.confidence, f.message) for f in outcome.findings if f.code == "PM264"]


def test_a_function_that_is_in_no_file_is_for_review(tmp_path):
    ((line, confidence, message),) = reviewed(tmp_path, {"main.py": UNSEEN})
    assert (line, confidence) == (9, Confidence.REVIEW)
    assert message == "`scale` is in no file of this run: if it creates variables, rewrite its file in the same run"


def test_a_function_whose_file_is_there_is_known(tmp_path):
    tools = "def scale(x):\n    return 2 * x\n"
    assert not reviewed(tmp_path, {"main.py": UNSEEN, "tools.py": tools})


CALLS = "from priors import prior\n\n\ndef two(a, b):\n    return prior(a) + prior(b)\n"
USE_TWO = """
import pymc3 as pm
from calls import two

with pm.Model() as model:
    pm.Normal('y', two('a', 'b'), 1, observed=data)
"""


@pytest.mark.parametrize(
    ("calls", "became"),
    [
        (CALLS, "(yield from prior(a)) + (yield from prior(b))"),
        (CALLS.replace("import prior", "import *"), "(yield from prior(a)) + (yield from prior(b))"),
        (
            CALLS.replace("from priors import prior", "import priors").replace("prior(", "priors.prior("),
            "(yield from priors.prior(a)) + (yield from priors.prior(b))",
        ),
        (
            CALLS.replace("import prior", "import prior as p").replace("prior(", "p("),
            "(yield from p(a)) + (yield from p(b))",
        ),
    ],
)
def test_a_file_that_only_calls_functions_of_others(tmp_path, calls, became):
    after = run(tmp_path, {"priors.py": PRIORS, "calls.py": calls, "main.py": USE_TWO})
    assert f"    return {became}\n" in after["calls.py"][0]
    assert "yield pm.Normal('y', (yield from two('a', 'b')), 1, observed=data)" in after["main.py"][0]
    assert "return (yield pm.Normal" in after["priors.py"][0]
    assert not any(findings for _, findings in after.values())
    again = run(tmp_path, {name: text for name, (text, _) in after.items()})
    assert {name: text for name, (text, _) in again.items()} == {name: text for name, (text, _) in after.items()}


def test_through_several_such_files(tmp_path):
    four = "from calls import two\n\n\ndef four(a):\n    return two(a, a + '1') + two(a + '2', a + '3')\n"
    main = USE_TWO.replace("calls import two", "more import four").replace("two('a', 'b')", "four('a')")
    after = run(tmp_path, {"priors.py": PRIORS, "calls.py": CALLS, "more.py": four, "main.py": main})
    assert "return (yield from two(a, a + '1')) + (yield from two(a + '2', a + '3'))" in after["more.py"][0]
    assert "(yield from four('a'))" in after["main.py"][0] and not any(f for _, f in after.values())


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"main.py": USE_TWO + "    pm.BART('b', 1, 2)\n"}, "PM264"),
        ({"calls.py": CALLS.replace("def two", "@cached\ndef two")}, "PM214"),
        ({"calls.py": CALLS + "\n\nprior('z')\n"}, "PM231"),
        ({"calls.py": CALLS + "\n\ndef fill(model):\n    with model:\n        prior('z')\n"}, "PM214"),
        ({"calls.py": CALLS + "\n\nbest = min([prior])\n"}, "PM264"),
    ],
)
def test_what_keeps_one_file_keeps_all(tmp_path, changed, code):
    after = run(tmp_path, {"priors.py": PRIORS, "calls.py": CALLS, "main.py": USE_TWO, **changed})
    assert "return pm.Normal" in after["priors.py"][0] and "return prior(a) + prior(b)" in after["calls.py"][0]
    assert "with pm.Model() as model:" in after["main.py"][0]
    assert code in {found.split()[0] for _, findings in after.values() for found in findings}


def test_such_a_file_that_is_not_in_the_run(tmp_path):
    files = {"priors.py": PRIORS, "calls.py": CALLS, "main.py": USE_TWO}
    text, findings = run(tmp_path, files, only=["main.py"])["main.py"]
    assert "with pm.Model() as model:" in text and "PM264" in " ".join(findings)


@pytest.mark.parametrize(
    "text",
    [
        "from priors import width\n\n\ndef two(a):\n    return width(a)\n",
        "def prior(a):\n    return a\n\n\ndef two(a):\n    return prior(a)\n",
        "from other import prior\n\n\ndef two(a):\n    return prior(a)\n",
        "import priors\n\n\ndef two(a):\n    return priors.width(a)\n",
        "from priors import build\n\n\ndef two(a):\n    return build()\n",
        "from priors import prior\n",
        "prior = 3\n",
    ],
)
def test_files_that_call_nothing_of_the_kind_stay_as_they_are(tmp_path, text):
    priors = PRIORS + "\n\ndef width(a):\n    return 2 * a\n\n\ndef build():\n    with pm.Model() as m:\n"
    priors += "        pm.Normal('z', 0, 1)\n    return 3\n"
    files = {"priors.py": priors, "other.py": "def prior(a):\n    return a\n", "calls.py": text, "main.py": USE}
    after = run(tmp_path, files)
    assert after["calls.py"] == (text, set()) and "(yield from prior('x'))" in after["main.py"][0]


@pytest.mark.parametrize(
    "use",
    [
        "from kinds import Priors\n\nwith pm.Model() as model:\n    x = Priors().make('a')\n    pm.Normal('y', x, 1)\n",
        "import kinds\n\np = kinds.Priors()\nwith pm.Model() as model:\n    pm.Normal('y', p.make('a'), 1)\n",
        "from kinds import *\n\n\ndef get(p):\n    return p.make('a')\n\n\nwith pm.Model() as model:\n"
        "    pm.Normal('y', get(Priors()), 1)\n",
        "from face import Priors\n\nwith pm.Model() as model:\n    pm.Normal('y', Priors().make('a'), 1)\n",
        "from kinds import Made\n\nwith pm.Model() as model:\n    made = Made('a')\n    pm.Normal('y', made.x, 1)\n",
    ],
)
def test_methods_of_other_files_that_create_variables(tmp_path, use):
    kinds = """
    import pymc3 as pm


    class Priors:
        def make(self, name):
            return pm.Normal(name, 0, 1)


    class Made:
        def __init__(self, name):
            self.x = pm.Normal(name, 0, 1)
    """
    files = {"kinds.py": kinds, "face.py": "from kinds import Priors\n", "main.py": "import pymc3 as pm\n" + use}
    text, findings = run(tmp_path, files)["main.py"]
    assert "with pm.Model() as model:" in text and "in a class of another file" in " ".join(findings)


def test_methods_of_other_files_that_create_nothing(tmp_path):
    kinds = "class Plain:\n    def make(self, name):\n        return len(name)\n"
    kinds += (
        "\n\nclass Whole:\n    def fit(self):\n        with pm.Model():\n            self.own()\n        return 3\n"
    )
    kinds += "\n    def own(self):\n        return pm.Normal('x', 0, 1)\n"
    use = "import pymc3 as pm\nfrom kinds import Plain, Whole\n\nk = Whole().fit()\nwith pm.Model() as model:\n"
    use += "    x = pm.Normal('x', Plain().make('a'), k)\n"
    after = run(tmp_path, {"kinds.py": "import pymc3 as pm\n\n\n" + kinds, "main.py": use})
    assert "x = yield pm.Normal('x', value, k)" in after["main.py"][0] and not after["main.py"][1]


def test_many_files_that_take_names_of_each_other(tmp_path):
    """Following each chain of imports by itself would take years."""
    names = [f"part{i}" for i in range(14)]
    stars = {f"{n}.py": "".join(f"from {m} import *\n" for m in names if m != n) for n in names}
    stars["part13.py"] = PRIORS + stars["part13.py"]
    after = run(tmp_path, {**stars, "main.py": USE.replace("priors", "part0")})
    assert "(yield from prior('x'))" in after["main.py"][0]
    assert "yield" in after["part13.py"][0]

"""Programs that are run by IPython: cells that are not Python, and code in strings that IPython runs.

``get_ipython().run_cell_magic('time', '', 'trace = pm.sample()')`` is what a notebook's cell becomes when it is
exported as a script. The string is a program that no rule sees.

Why: code in a string has no syntax tree.

Limits: write the code outside of the string, then run again.
"""

from __future__ import annotations

import re

import libcst as cst

from pm_migrate.codemod.hidden import HELD_CODE, INSTALL_CODE, UNREADABLE_CODE, mention_of
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.tree import code, string_value

UNREADABLE = Rule(
    UNREADABLE_CODE,
    "A cell that is not Python",
    """A cell of a notebook, or a fence of a document, is not valid Python 3: prose, output that was pasted, Python 2.

    Why: running it fails, so it is no part of the program. The other cells are rewritten without it.

    Limits: what it does with names of the program (``print trace['mu']``) was not looked at. Make it valid, then run
    again.
    """,
)

INSTALL = Rule(
    INSTALL_CODE,
    "Install pm-migrate instead of PyMC3",
    """``!pip install pymc3==3.8`` becomes ``!pip install 'pm-migrate[shims]'``, where nothing needs PyMC3 any more.

    Why: the rewritten notebook runs on pm-migrate.

    Limits: only pip is understood; where a model stays on PyMC3, the line stays as well.
    """,
)

RULES = (UNREADABLE, INSTALL)

#: Functions that import what a text names, or run it.
_OF_TEXTS = frozenset({"importlib.import_module", "builtins.__import__", "builtins.exec", "builtins.eval"})
_RUNS_CODE = frozenset({"ex", "ev", "magic", "run_cell", "run_cell_magic", "run_line_magic", "getoutput", "system"})

#: Shown by ``explain``: these are cells of notebooks, which are no programs.
LEFT = Example("%timeit pm.find_MAP()", "%timeit pm.find_MAP()")
PYTHON_2 = Example("print trace['mu']", "print trace['mu']")
PIP = Example("!pip install -q pymc3==3.8 arviz", "!pip install -q 'pm-migrate[shims]' arviz")


def run_texts(plan: Plan) -> list[cst.Call]:
    """The calls of a program that import what a text names, or run one, where that mentions PyMC3 or Theano."""
    mention = _mention(plan)
    return [
        call
        for call in plan.tree.of(cst.Call)
        if plan.flow.name_of(call.func) in _OF_TEXTS
        and call.args
        and mention.search(string_value(call.args[0].value) or "")
    ]


def _mention(plan: Plan) -> re.Pattern[str]:
    return mention_of({site.local for site in plan.names.sites if site.local})


def plan_strings(plan: Plan) -> None:
    """Refuse code in strings that IPython or Python runs, where it mentions PyMC3 or Theano.

    What a program imports by a text may be used anywhere in it: it stays as it is.
    """
    for node in run_texts(plan):
        plan.unite(node, *(plan.owner[n] for n in plan.flow.references))
        if all(note.node is not node for note in plan.notes):  # in a model it is refused already
            plan.refuse(node, node, HELD_CODE, "PyMC3 or Theano in a text that is imported or run: write it out")
    mention = _mention(plan)
    for node in plan.tree.of(cst.Call):
        match node:
            case cst.Call(func=cst.Attribute(value=cst.Call(func=called), attr=cst.Name(value=name))) if (
                name in _RUNS_CODE and code(called).split(".")[-1] == "get_ipython"
            ):
                texts = [string_value(arg.value) or "" for arg in node.args]
                if any(mention.search(text) for text in texts):
                    plan.refuse(
                        node, node, HELD_CODE, "this runs code in a string, which was not looked at: write it out"
                    )

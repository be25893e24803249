"""Show the text about what takes the place of something of PyMC3: ``help(pm.Normal)``.

Distributions and functions of models that are only asked for their text (``help``, ``dir``, ``.__doc__``) are asked
under their names in the generator front end.

Why: nothing depends on the text, and it is about what the program uses then.

Limits: what has another form there, or no counterpart, stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from pm_migrate.catalog import DISTRIBUTIONS
from pm_migrate.catalog.pymc4_api import TOP
from pm_migrate.catalog.samplers import INFERENCE
from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.tree import code

RULE = Rule(
    "PM236",
    "Show the text about what takes the place of something of PyMC3",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            help(pm.Normal)
            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
            """,
            """
            import pm_migrate.pymc4 as pm

            help(pm.Normal)


            @pm.model(name=None)
            def build_model():
                mu = yield pm.Normal('mu', 0, 1)


            model = build_model()
            """,
        ),
        Example(
            """
            import pymc3 as pm

            describe(pm.Normal)
            """,
            """
            import pymc3 as pm

            # TODO(pm-migrate PM263): `pm.Normal` is a distribution of PyMC3: what is done with it here cannot be seen
            describe(pm.Normal)
            """,
        ),
    ),
)

RULES = (RULE,)

_SHOWS = frozenset({"builtins.help", "builtins.dir"})
_TEXT = ".__doc__"
_KNOWN = frozenset(entry.name for entry in TOP)


def plan_described(plan: Plan) -> None:
    """Plan new names for what is only asked for its text."""
    for node, qualified in plan.flow.references.items():
        asked = _asked(plan, node, qualified)
        name = asked and _counterpart(asked, upstream=plan.options.upstream)
        if node in plan.understood or not name:
            continue
        key = plan.tree.module
        text = _TEXT if qualified.endswith(_TEXT) else ""
        plan.understand(node, key)
        plan.edit(node, key, _named(plan, node, name + text), {"pm"})
        plan.note(node, key, RULE.code, f"`{code(node)}` is asked of the generator front end")


def _named(plan: Plan, node: cst.CSTNode, name: str) -> Callable[[cst.CSTNode], cst.BaseExpression]:
    return lambda _: plan.names.name("pm", name, node)


def _asked(plan: Plan, node: cst.CSTNode, qualified: str) -> str:
    """PyMC3's name of what is only asked for its text; empty for another reference."""
    name = pymc3_names.canonical(qualified.removesuffix(_TEXT))
    arg = plan.tree.parent[node]
    call = plan.tree.parent.get(arg)
    shown = isinstance(arg, cst.Arg) and isinstance(call, cst.Call) and plan.flow.name_of(call.func) in _SHOWS
    return name.removeprefix("pymc3.") if qualified.endswith(_TEXT) or shown else ""


def _counterpart(name: str, *, upstream: bool) -> str:
    """The name in the generator front end of something of PyMC3; empty where there is none."""
    if name in DISTRIBUTIONS:
        row = DISTRIBUTIONS[name]
        return "" if upstream and not row.in_pymc4 else row.pymc4_name
    function = INFERENCE.get(name)
    return "" if function is None or (upstream and function.target not in _KNOWN) else function.target

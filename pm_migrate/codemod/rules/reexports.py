"""PyMC3 or Theano by way of another file: ``from .common import pm``.

A file that takes PyMC3 from another file of the run gets an import of its own; the other file keeps its import as long
as anything that takes it stays as it was.

Why: such a file need not mention PyMC3, but its models are models like others.

Limits: names that come by ``from .common import *`` are a finding where ``__all__`` of that file is computed: import
them by name. The other file has to be in the run, or beside a file that is given by name.
"""

from __future__ import annotations

from collections.abc import Collection

import libcst as cst

from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.names import ImportSite
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.tree import code

RULE = Rule("PM265", "PyMC3 by way of another file", __doc__ or "")

RULES = (RULE,)

#: It takes two files, so that it is no example of the rule itself.
EXAMPLE = Example(
    """
    # common.py
    import pymc3 as pm

    # main.py
    from common import pm

    with pm.Model() as model:
        mu = pm.Normal('mu', 0, 1)
    """,
    """
    # common.py
    import pm_migrate.pymc4 as pm

    # main.py
    import pm_migrate.pymc4 as pm


    @pm.model(name=None)
    def build_model():
        mu = yield pm.Normal('mu', 0, 1)


    model = build_model()
    """,
)


def plan_stars(plan: Plan) -> None:
    """Refuse what may use PyMC3 by the star import of another file whose names are computed."""
    starred: dict[cst.CSTNode | None, cst.CSTNode] = {alias: star for (star, _), alias in plan.flow.starred.items()}
    for node in plan.flow.references if plan.options.links.unsure else ():
        for site in (a.site for a in plan.flow.value(node) if isinstance(a, v.Qualified)):
            star = starred.get(site)
            if isinstance(star, cst.ImportFrom) and _module(star) in plan.options.links.unsure:
                message = f"`{code(node)}` comes by `{code(star)}`, and `__all__` is computed there: import it by name"
                plan.refuse(node, plan.owner[node], RULE.code, message)


def _module(node: cst.ImportFrom) -> str:
    return "." * len(node.relative) + ("" if node.module is None else code(node.module))


def exported(plan: Plan) -> set[cst.CSTNode]:
    """The imports of names that other files go on to take as what they are."""
    names = plan.options.links.exported
    found: set[cst.CSTNode] = set()
    for site in plan.names.sites if names else ():
        for bound in sorted(_bound(site) & names):
            message = f"another file takes `{bound}` from here and needs it"
            plan.refuse(site.statement, site.node, RULE.code, message)
            found.add(site.node)
    return found


def _bound(site: ImportSite) -> frozenset[str]:
    """The names that an import binds."""
    if isinstance(site.node, cst.ImportAlias):
        return frozenset([code(site.node.asname.name if site.node.asname else site.node.name).split(".")[0]])
    return pymc3_names.public_names(_module(site.node))


def taken(plan: Plan, left: Collection[cst.CSTNode]) -> frozenset[str]:
    """The names of other files that are needed as what they are, since something stays as it was."""
    roots = {name.split(".")[0] for node in left for name in plan.flow.references[node].split(" | ")}
    return frozenset(name for name in plan.flow.taken if plan.flow.reexports[name].split(".")[0] in roots)

"""Models that another file of the run uses: ``from models import build``.

A function that makes and returns a model is rewritten together with the files that call it, when all that they do with
the model can be rewritten: ``with build() as model: pm.sample()``. Otherwise both stay as they were. So it is with a
class that is derived from one of another file: ``with self.model:`` of the one enters what the other made, and what
``self.build()`` gives is what it gives there. A model at the top of a file stays, when another file of the run imports
it, and one that a class holds, when a file with none of its classes names the attribute or method that gives it.

Why: what that file does with the model would meet another kind of model.

Limits: a file that does not mention PyMC3 is not looked into. Rewrite such a file together with its users by hand, or
bring the model and what is done with it into one file. Given alone to a run, the file is rewritten, since its users are
not seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.links import Linked
from pm_migrate.codemod.plan import Key, Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.model_object import passed_on
from pm_migrate.codemod.values import Value

RULE = Rule("PM266", "Models that another file uses", __doc__ or "")

RULES = (RULE,)

#: What finds attributes that it does not name.
_HIDING = re.compile(r"\b(?:getattr|setattr|vars|attrgetter|__dict__)\b")

#: It takes two files, so that it is no example of the rule itself.
EXAMPLE = Example(
    """
    # models.py
    import pymc3 as pm

    def build(y):
        with pm.Model() as model:
            pm.Normal('mu', 0, 1, observed=y)
        return model

    # main.py
    from models import build

    print(build(data).logp({}))
    """,
    """
    # main.py, with the function in the same file
    import pm_migrate.pymc4 as pm


    def build(y):
        @pm.model(name=None)
        def build_model():
            yield pm.Normal('mu', 0, 1, observed=y)

        model = build_model()
        return model

    print(pm.density(build(data)).logp({}))
    """,
)


def plan_used_elsewhere(plan: Plan) -> None:
    """Refuse the models that another file uses."""
    for name, value in _given(plan) if plan.options.links.held else ():
        for model in _models(value) if name in plan.options.links.held else ():
            message = f"another file uses the model that `{name}` gives: rewrite them together by hand"
            plan.refuse(model.site, model.site, RULE.code, message)


def given(plan: Plan) -> frozenset[str]:
    """The names at the top of a program that are models, or give some: of a class, with that of its member."""
    return frozenset(name for name, value in _given(plan) if any(_models(value)))


def with_classes(plan: Plan, linked: Linked) -> Linked:
    """Add what the classes of a program have to say to those of other files that they are related to."""
    given = passed_on(plan)
    entrusted = frozenset(v.ModelRef(site) for site in plan.flow.entrusted)
    unfit = {name for name in plan.flow.filled if entrusted and not _is_fit(plan, name, entrusted, given)}
    gives: set[str] = set()
    for name, value in _members(plan):
        if any(_models(value)):
            (gives if _is_fit(plan, name, value, given) else unfit).add(name)
    return replace(
        linked,
        derived=frozenset(_derived(plan)),
        gives=frozenset(gives - unfit),
        unfit=frozenset(unfit),
    )


def _is_fit(plan: Plan, name: str, value: Value, given: set[Key]) -> bool:
    """Whether a member certainly is a model, and all that is done with it here is rewritten."""
    sites = {model.site for model in _models(value)}
    if not v.only(value, v.ModelRef) or any(map(plan.is_blocked, sites)):
        return False
    if any(plan.root(site) in given for site in sites & plan.flow.entrusted):
        return False
    return _is_followed(plan, name.partition(".")[2])


def _is_followed(plan: Plan, member: str) -> bool:
    """Whether every place that asks an object for a member is known to get a model."""
    word = member.removesuffix("()")
    if _HIDING.search(plan.tree.text):
        return False
    stored = {site for sites in plan.flow.attribute_sites.values() for site in sites}
    for node in plan.tree.of(cst.Attribute):
        if node.attr.value != word or node in stored:
            continue
        asked = plan.tree.parent[node] if member != word else node
        if member != word and not (isinstance(asked, cst.Call) and asked.func is node):
            return False
        if not v.only(plan.flow.value(asked), v.ModelRef):
            return False
    return True


def _derived(plan: Plan) -> Iterator[tuple[str, str]]:
    """The classes at the top, each with one that it is derived from."""
    for node in plan.tree.module.body:
        if not isinstance(node, cst.ClassDef):
            continue
        for base in (plan.flow.value(arg.value) for arg in node.bases):
            name = v.qualified(base)
            if name is not None:
                yield node.name.value, name
            own = [a.node for a in base if isinstance(a, v.Function)]
            yield from ((node.name.value, other.name.value) for other in own if isinstance(other, cst.ClassDef))


def _members(plan: Plan) -> Iterator[tuple[str, Value]]:
    """Attributes and methods of the classes at the top, ``Base.model`` and ``Base.build()``, with what they give."""
    top = set(plan.tree.module.body)
    for (cls, attribute), value in plan.flow.attributes.items():
        if isinstance(cls, cst.ClassDef) and cls in top:
            yield f"{cls.name.value}.{attribute}", value
    for node, facts in plan.flow.functions.items():
        cls = plan.tree.scope(node)
        if isinstance(node, cst.FunctionDef) and isinstance(cls, cst.ClassDef) and cls in top:
            yield f"{cls.name.value}.{node.name.value}()", facts.returns | facts.known_returns


def _given(plan: Plan) -> Iterator[tuple[str, Value]]:
    """Names at the top, and what can be had by them."""
    flow = plan.flow
    yield from flow.scope.everything.items()
    for node in flow.model_classes:
        if isinstance(node, cst.ClassDef) and plan.tree.parent.get(node) is plan.tree.module:
            yield node.name.value, frozenset({v.ModelRef(node)})
    for node, facts in flow.functions.items():
        owner = node if isinstance(node, cst.FunctionDef) else None
        if owner is not None and isinstance(plan.tree.scope(owner), cst.ClassDef):
            yield f"{_outermost(plan, owner)}.{owner.name.value}", facts.returns | facts.known_returns
        elif owner is not None and plan.tree.scope(owner) is plan.tree.module:
            yield owner.name.value, facts.returns | facts.known_returns
    for (cls, attribute), value in flow.attributes.items():
        yield f"{_outermost(plan, cls)}.{attribute}", value


def _outermost(plan: Plan, node: cst.CSTNode) -> str:
    """The name of the class at the top that something belongs to."""
    classes = [a for a in (node, *plan.tree.ancestors(node)) if isinstance(a, cst.ClassDef)]
    return classes[-1].name.value if classes else ""


def _models(value: Value) -> Iterator[v.ModelRef]:
    return (atom for atom in v.flat(value) if isinstance(atom, v.ModelRef))

"""Keep distributions that the program chooses when it runs: ``likelihood = pm.StudentT if heavy else pm.Normal``.

A distribution that is bound to a name, stored, passed on or asked for with ``getattr`` becomes PyMC3's own,
``pm.pymc3.StudentT``, and what calls it yields it with the arguments that stand there.

Why: which names the arguments have here depends on the distribution; the runtime reads PyMC3's, by the same tables.

Limits: every place where such a distribution goes has to be seen, and every call has to stand in the block of a model
or in a function that only models call. PyMC4 itself (``--runtime upstream``) has nothing of the kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import libcst as cst

from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.at_run_time import known_at_run_time, plan_call
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.random_variable import variable_group
from pm_migrate.codemod.rules.tensors import function_group
from pm_migrate.codemod.tree import code, expression

RULE = Rule(
    "PM263",
    "Keep distributions that are chosen at run time",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            scales = {'wide': pm.HalfCauchy, 'narrow': pm.Exponential}

            with pm.Model() as model:
                spread = scales[kind]
                scale = spread('scale', 2)
                location = pm.Normal if centred else pm.Laplace
                mu = location('mu', mu=0, **width)
            """,
            """
            import pm_migrate.pymc4 as pm

            scales = {'wide': pm.pymc3.HalfCauchy, 'narrow': pm.pymc3.Exponential}

            spread = scales[kind]
            location = pm.pymc3.Normal if centred else pm.pymc3.Laplace


            @pm.model(name=None)
            def build_model():
                scale = yield spread('scale', 2)
                mu = yield location('mu', mu=0, **width)


            model = build_model()
            """,
        ),
        Example(
            """
            import pymc3 as pm

            def prior(family, name):
                return family(name, mu=0, sd=1)

            with pm.Model() as model:
                x = prior(pm.Normal, 'x')
                y = prior(getattr(pm, kind), 'y')
            """,
            """
            import pm_migrate.pymc4 as pm

            def prior(family, name):
                return (yield family(name, mu=0, sd=1))


            @pm.model(name=None)
            def build_model():
                x = yield from prior(pm.pymc3.Normal, 'x')
                y = yield from prior(getattr(pm.pymc3, kind), 'y')


            model = build_model()
            """,
        ),
        Example(
            """
            import pymc3 as pm

            family = pm.Normal
            register(family)

            with pm.Model() as model:
                x = family('x', 0, 1)
            """,
            """
            import pymc3 as pm

            family = pm.Normal
            # TODO(pm-migrate PM263): `family` is a distribution of PyMC3: what is done with it here cannot be seen
            register(family)

            with pm.Model() as model:
                x = family('x', 0, 1)
            """,
        ),
    ),
)

RULES = (RULE,)

#: What does nothing with a distribution that matters.
PLAIN = frozenset(
    f"builtins.{name}"
    for name in "print str repr id len zip list tuple dict set enumerate sorted reversed iter next".split()
)
METHODS = frozenset({"append", "extend", "insert", "update", "get", "setdefault"})


def plan_chosen(plan: Plan) -> None:
    """Plan for the distributions that are values of the program, for what calls them and for where they go."""
    references = list(_references(plan))
    calls = [node for node in plan.tree.of(cst.Call) if is_chosen(plan, node)]
    if not references and not calls:
        return
    key = references[0] if references else calls[0]
    for node in references:
        plan.unite(key, node, function_group(plan, node))
        plan.allow(RULE.code, key)
        plan.understand(node, key)
        _plan_reference(plan, node, key)
    for call in calls:
        group = variable_group(plan, call)
        plan.unite(key, group)
        if call.func in plan.flow.references:
            plan.understand(call.func, group)
        if not v.only(plan.flow.value(call.func), v.Qualified):
            plan.refuse(call, group, RULE.code, f"`{code(call.func)}` may or may not be a distribution here")
        plan_call(plan, call, group)
    _plan_places(plan, key)


def is_chosen(plan: Plan, call: cst.Call) -> bool:
    """Whether a call is one of a distribution that the program chose."""
    return bool(names_of(plan.flow.value(call.func))) and not plan.flow.is_written(call.func)


def names_of(value: v.Value) -> set[str]:
    """The distributions that a value may be; a star for any."""
    return {short for a in value if isinstance(a, v.Qualified) and (short := distribution(a.name))}


def distribution(name: str) -> str:
    """PyMC3's name of a distribution, of a qualified name; empty for something else."""
    short = pymc3_names.canonical(name).removeprefix("pymc3.")
    return short if short == "*" or short in pymc3_names.DISTRIBUTIONS else ""


def _references(plan: Plan) -> Iterator[cst.CSTNode]:
    """Places that name a distribution without calling it; and the module, where ``getattr`` is given it."""
    for node, qualified in plan.flow.references.items():
        parent = plan.tree.parent[node]
        if node in plan.understood or (isinstance(parent, cst.Call) and parent.func is node):
            continue
        value = plan.flow.value(node)
        if qualified == "pymc3" and isinstance(parent, cst.Arg):
            value = plan.flow.value(plan.tree.parent[parent])
        if names_of(value) or (_is_name(node) and names_of(plan.flow.value(node.value))):  # type: ignore[attr-defined]
            yield node


def _is_name(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Attribute) and node.attr.value == "__name__"


def _plan_reference(plan: Plan, node: cst.CSTNode, key: cst.CSTNode) -> None:
    if plan.options.upstream:
        plan.refuse(node, key, RULE.code, "PyMC4 4.0a2 has no distributions under PyMC3's arguments: choose with if")
    elif plan.flow.references[node] == "pymc3":
        plan.edit(node, key, _named(plan, "pymc3", node), {"pm"})
    elif _is_name(node):
        if plan.flow.is_written(node):
            plan.refuse(node, key, RULE.code, f"`{code(node)}`: write the name out")
    elif plan.flow.is_written(node):
        (name,) = names_of(plan.flow.value(node))
        if known_at_run_time(name) is None:
            plan.refuse(node, key, RULE.code, f"pm.{name} cannot be chosen at run time here: call it where it is named")
        else:
            plan.edit(node, key, _named(plan, f"pymc3.{name}", node), {"pm"})


def _named(plan: Plan, name: str, node: cst.CSTNode) -> Callable[[cst.CSTNode], cst.BaseExpression]:
    return lambda _: expression(f"{plan.names.alias('pm', node)}.{name}")


def _plan_places(plan: Plan, key: cst.CSTNode) -> None:
    """Refuse what passes a distribution on to code that cannot be seen, or asks it for something."""
    for node in plan.tree.expressions:
        if not names_of(frozenset(v.flat(plan.flow.value(node)))):
            continue
        parent = plan.tree.parent[node]
        if plan.flow.is_written(node) and plan.owner.get(node) is not key:
            continue  # called, or bounded, where it is named
        own = names_of(plan.flow.value(node))
        if own and isinstance(parent, cst.Attribute) and parent.value is node and parent.attr.value != "__name__":
            message = f"`{code(parent)}` of a distribution that is chosen at run time: name it here"
            plan.refuse(node, key, RULE.code, message)
        elif isinstance(parent, cst.Arg) and isinstance(call := plan.tree.parent[parent], cst.Call):
            name = plan.flow.name_of(call.func) or ""
            seen = v.only(plan.flow.value(call.func), v.Function) or name in PLAIN
            method = isinstance(call.func, cst.Attribute) and call.func.attr.value in METHODS
            if not seen and not method:
                message = f"`{code(node)}` is a distribution of PyMC3: what is done with it here cannot be seen"
                plan.refuse(node, key, RULE.code, message)

"""Variables that a function returns beside its model, or that an object keeps: ``return model, trace, mu``.

``pm.density(model)['mu']`` is handed on in their place: a symbolic variable of the drop-in, which answers as PyMC3's
does. Other code can ask it whatever it asks a variable, give it to a trace or to ``var_names``, and compute with it;
only a generator cannot take it, since the variables of a model are made anew at each of its evaluations.
"""

from __future__ import annotations

import libcst as cst

from pm_migrate.catalog.functions import function_named
from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.blocks import Role
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.asked import OF_VARIABLES

_HOLDING = (cst.Element, cst.DictElement, cst.Tuple, cst.List, cst.Dict)


def is_handed_on(plan: Plan, models: Models, node: cst.CSTNode) -> bool:
    """Whether a variable of a model is only returned or kept in an attribute here, and nothing else takes it amiss."""
    return _is_returned(plan, node) and bool(_made(plan, node)) and not _is_taken_amiss(plan, models, node)


def answers(plan: Plan, attribute: cst.Attribute) -> bool:
    """Whether an attribute is one of a variable that was handed on, or asked of one: ``mu.tag.test_value``."""
    made = _made(plan, attribute.value)
    if made and made <= plan.handed_on:
        return attribute.attr.value in OF_VARIABLES
    return isinstance(attribute.value, cst.Attribute) and answers(plan, attribute.value)


def _is_returned(plan: Plan, node: cst.CSTNode) -> bool:
    above = plan.tree.parent[node]
    while isinstance(above, _HOLDING) or _is_of_dict(plan, above):
        above = plan.tree.parent[above]
    match above:
        case cst.Return():
            return True
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Attribute())]):
            return True
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Tuple(elements=targets))]):
            return all(isinstance(target.value, cst.Attribute) for target in targets)
    return False


def _is_of_dict(plan: Plan, node: cst.CSTNode) -> bool:
    """Whether a node is an argument of ``dict(...)``, or the call."""
    call = plan.tree.parent.get(node) if isinstance(node, cst.Arg) else node
    return isinstance(call, cst.Call) and plan.flow.name_of(call.func) == "builtins.dict"


def _made(plan: Plan, node: cst.CSTNode) -> set[cst.CSTNode]:
    """The calls that make what certainly is a variable."""
    value = plan.flow.value(node)
    made = {a.rv for a in value if isinstance(a, v.Tensor) and a.rv is not None}
    return made if len(made) == len(value) else set()  # type: ignore[return-value]


def _is_taken_amiss(plan: Plan, models: Models, node: cst.CSTNode) -> bool:
    """Whether something takes a variable that was handed on which needs one of its own model."""
    made = _made(plan, node)
    generators = [block.having(Role.GENERATOR) for block in models.blocks]
    sites = {site for statements in generators for site in models.sites_in(statements)}
    for reader, value in plan.flow.values.items():
        if reader in made or not any(isinstance(a, v.Tensor) and a.rv in made for a in value):
            continue
        own = plan.flow.sites.get(reader, frozenset())
        if own and own <= sites:
            continue
        around = next((g for g in generators if any(plan.tree.inside(reader, s) for s in g)), None)
        if around is None:
            taken = _is_operand(plan, reader)
        else:
            taken = not any(plan.tree.inside(call, s) for call in made for s in around)
        if taken:
            return True
    return False


def _is_operand(plan: Plan, node: cst.CSTNode) -> bool:
    """Whether a node is an argument of a function of tensors, which becomes one of TensorFlow's."""
    call = plan.tree.parent.get(plan.tree.parent.get(node, node))
    reference = plan.flow.references.get(call.func) if isinstance(call, cst.Call) else None
    return reference is not None and function_named(pymc3_names.canonical(reference)) is not None

"""``pm.compare`` of old versions: models as keys, or a list of traces and a list of models."""

from __future__ import annotations

import libcst as cst

from pm_migrate.catalog.samplers import COMPARE_COLUMNS
from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.labels import labelling
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.tree import code, expression, string_value

_CODE = "PM304"

_TIGHT = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))

#: What is read of a table by the labels of its rows, or in their order.
_BY_LABEL = frozenset("loc at ix index weight sort_index".split())

_TAKES = "az.compare takes a dictionary: write {'name': trace, ...}"
_BY_NAME = "models go by the names of their variables in the table"
_BY_NUMBER = "models go by their numbers in the table, as in PyMC3"
_BY_LABELS = "models go by their names in the table, as in PyMC3"


def plan_compare(plan: Plan, call: cst.Call, key: cst.CSTNode) -> bool:
    """Plan names in place of models, for a comparison; True where what is compared is written out, too."""
    first = _argument(call, 0, ("traces", "model_dict", "dataset_dict"))
    second = _argument(call, 1, ("models",)) if first is not None else None
    if first is None:
        return False
    if isinstance(first.value, cst.Dict):
        _plan_keys(plan, call, first.value, key)
    given = second is not None and (second.keyword is not None or _holds_models(plan, second.value))
    if isinstance(first.value, (cst.List, cst.Tuple)) or (given and not isinstance(first.value, cst.Dict)):
        _plan_lists(plan, call, first, second, key)
        return True
    if first.keyword is not None:
        plan.edit(first.keyword, key, lambda updated: updated.with_changes(value="compare_dict"))
    if not isinstance(first.value, cst.Dict):
        _plan_dictionary(plan, call, first.value, key)
    return False


def _argument(call: cst.Call, place: int, names: tuple[str, ...]) -> cst.Arg | None:
    for index, arg in enumerate(call.args):
        if arg.star:
            return None
        if index == place if arg.keyword is None else arg.keyword.value in names:
            return arg
    return None


def _holds_models(plan: Plan, node: cst.BaseExpression) -> bool:
    return any(isinstance(atom, v.ModelRef) for atom in v.flat(plan.flow.value(node)))


def _plan_keys(plan: Plan, call: cst.Call, given: cst.Dict, key: cst.CSTNode) -> None:
    """Models as keys become names, or numbers: PyMC3 took ``model.name``, or else a number."""
    elements = [e for e in given.elements if isinstance(e, cst.DictElement)]
    models = [e.key for e in elements if any(v.models(plan.flow.value(e.key)))]
    numbers = len(models) == len(given.elements) and _by_number(plan, call, models)
    for number, node in enumerate(models):
        text = repr(number if numbers else _label(plan, node))
        _plan_key(plan, node, text, key)
        what = _BY_NUMBER if numbers else f"the model goes by the name {text} in the table"
        plan.note(node, key, _CODE, what, review=True)


def _plan_dictionary(plan: Plan, call: cst.Call, node: cst.BaseExpression, key: cst.CSTNode) -> None:
    """A dictionary with models for keys that is made elsewhere, or in a comprehension: others take their places."""
    keys = _keys(plan, _bound(plan, node))
    if _is_filled(plan, node):
        plan.refuse(call, key, _CODE, _TAKES)
        return
    if not any(_holds_models(plan, k) for k in keys):
        return
    names = [_labelled(plan, k) for k in keys]
    alike = any(names) and (None in names or len(set(names)) != len(names))
    if alike or not all(_holds_models(plan, k) for k in keys):
        plan.refuse(call, key, _CODE, _TAKES)
        return

    def apply(updated: cst.BaseExpression) -> cst.BaseExpression:
        simple = isinstance(updated, (cst.Name, cst.Attribute, cst.Subscript, cst.Call, cst.DictComp))
        traces = f"{code(updated) if simple else f'({code(updated)})'}.values()"
        return expression(f"dict(zip({names!r}, {traces}))" if any(names) else f"dict(enumerate({traces}))")

    plan.edit(node, key, apply)
    plan.note(node, key, _CODE, _BY_LABELS if any(names) else _BY_NUMBER, review=True)


def _is_filled(plan: Plan, node: cst.BaseExpression) -> bool:
    """Whether a name is that of a dictionary that gets models for keys one by one: ``d[model] = trace``."""
    if not isinstance(node, cst.Name):
        return False
    for target in plan.tree.of(cst.AssignTarget):
        match target.target:
            case cst.Subscript(value=cst.Name(value=held), slice=[cst.SubscriptElement(cst.Index(index))]):
                if held == node.value and _holds_models(plan, index):
                    return True
    return False


def _bound(plan: Plan, node: cst.BaseExpression) -> cst.BaseExpression:
    """What a name is bound to, where that is one thing."""
    sites = plan.flow.sites.get(node, frozenset())
    target = plan.tree.parent.get(next(iter(sites))) if len(sites) == 1 else None
    assign = plan.tree.parent.get(target) if isinstance(target, cst.AssignTarget) else None
    return assign.value if isinstance(assign, cst.Assign) else node


def _keys(plan: Plan, node: cst.BaseExpression) -> list[cst.BaseExpression]:
    """What a dictionary has for keys: a literal, a comprehension, or ``dict(zip(models, traces))``."""
    match node:
        case cst.Dict(elements=elements):
            return [e.key for e in elements if isinstance(e, cst.DictElement)]
        case cst.DictComp(key=made):
            return [made]
        case cst.Call(args=[cst.Arg(keyword=None, value=cst.Call(args=[cst.Arg() as listed, *_]) as zipped)]):
            names = [plan.flow.name_of(node.func), plan.flow.name_of(zipped.func)]
            if names == ["builtins.dict", "builtins.zip"]:
                return _listed(_bound(plan, listed.value)) or [listed.value]
    return []


def _plan_key(plan: Plan, node: cst.BaseExpression, text: str, key: cst.CSTNode) -> None:
    plan.edit(node, key, lambda _: expression(text))


def _plan_lists(plan: Plan, call: cst.Call, first: cst.Arg, second: cst.Arg | None, key: cst.CSTNode) -> None:
    places = {call.args.index(arg) for arg in (first, second) if arg is not None}
    traces = _listed(first.value)
    models = None if second is None else _listed(second.value)
    if second is None or (traces is None) != (models is None):
        plan.refuse(call, key, _CODE, _TAKES)
        return
    names: list[str | int] = [_label(plan, m) for m in models or ()]
    numbers = models is None or _by_number(plan, call, models)
    if numbers:
        names = list(range(len(names)))
    if models is not None and traces is not None and (len(traces) != len(models) or len(set(names)) != len(names)):
        plan.refuse(call, key, _CODE, _TAKES)
        return

    said = [cst.Arg(expression(text), keyword=cst.Name(name), equal=_TIGHT) for name, text in _by_default(call)]

    def apply(updated: cst.Call) -> cst.Call:
        of = updated.args[call.args.index(first)].value
        if isinstance(of, (cst.List, cst.Tuple)):
            pairs = [f"{name!r}: {code(e.value)}" for name, e in zip(names, of.elements, strict=True)]
            text = "{" + ", ".join(pairs) + "}"
        else:
            text = f"dict(enumerate({code(of)}))"
        made = cst.Arg(expression(text), comma=updated.args[0].comma)
        rest = [arg for place, arg in enumerate(updated.args) if place not in places]
        if rest and places != {0, 1}:
            rest[-1] = rest[-1].with_changes(comma=updated.args[-1].comma)
        rest += said
        return updated.with_changes(args=[made if rest else made.with_changes(comma=cst.MaybeSentinel.DEFAULT), *rest])

    plan.edit(call, key, apply)
    plan.note(call, key, _CODE, _BY_NUMBER if numbers else _BY_NAME, review=True)


def _by_default(call: cst.Call) -> list[tuple[str, str]]:
    """What PyMC3 before 3.5, which took two lists, did unless it was told: ``ic`` was its third argument."""
    named = {a.keyword.value for a in call.args if a.keyword is not None}
    found = [] if "ic" in named or len(call.args) - len(named) > 2 else [("ic", "'waic'")]
    return found if "scale" in named else [*found, ("scale", "'deviance'")]


def plan_columns(plan: Plan) -> None:
    """Mark for review what reads columns of a comparison by the names that they had before PyMC3 3.8."""
    names = {pymc3_names.canonical(plan.flow.name_of(call.func) or "") for call in plan.tree.of(cst.Call)}
    if "pymc3.compare" not in names:
        return
    for node in plan.tree.of(cst.SimpleString):
        column = string_value(node) or ""
        if column in COMPARE_COLUMNS and _reads_column(plan, node):
            message = f"az.compare has no column `{column}`, which PyMC3 had before 3.8: read {COMPARE_COLUMNS[column]}"
            plan.note(node, plan.tree.module, _CODE, message, review=True)


def _reads_column(plan: Plan, node: cst.SimpleString) -> bool:
    """Whether a text is an index, one of several, or what rows are sorted by."""
    parent = plan.tree.parent[node]
    if not isinstance(parent, cst.Arg):
        return isinstance(parent, (cst.Index, cst.Element))
    call = plan.tree.parent[parent]
    method = call.func if isinstance(call, cst.Call) else None
    return isinstance(method, cst.Attribute) and method.attr.value == "sort_values"


def _listed(node: cst.BaseExpression) -> list[cst.BaseExpression] | None:
    """What a list that is written out holds; None for another expression."""
    if not isinstance(node, (cst.List, cst.Tuple)) or any(isinstance(e, cst.StarredElement) for e in node.elements):
        return None
    return [e.value for e in node.elements]


def _by_number(plan: Plan, call: cst.Call, models: list[cst.BaseExpression]) -> bool:
    """Whether the rows of a table are read by label, which are numbers where no model has a name."""
    target = plan.tree.parent[call]
    if not isinstance(target, cst.Assign) or any(_labelled(plan, model) is not None for model in models):
        return False
    names = {t.target.value for t in target.targets if isinstance(t.target, cst.Name)}
    for node in plan.tree.of(cst.Name):
        outer = plan.tree.parent[node]
        if node.value not in names:
            continue
        if isinstance(outer, cst.Subscript) and outer.value is node:
            return True
        if isinstance(outer, cst.Attribute) and outer.value is node and outer.attr.value in _BY_LABEL:
            return True
    return False


def _labelled(plan: Plan, node: cst.BaseExpression) -> str | None:
    sites = [m.site for m in v.models(plan.flow.value(node))]
    if len(sites) != 1:
        return None
    given = labelling(plan, sites[0])
    return string_value(plan.flow.model_name(sites[0])) if given is None else given[1]


def _label(plan: Plan, node: cst.BaseExpression) -> str:
    given = _labelled(plan, node)
    if given is not None:
        return given
    return node.value if isinstance(node, cst.Name) else code(node)

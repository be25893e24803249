"""Arguments of ``pm.sample``: PyMC3's defaults written out, options of NUTS, chains from cores."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

import libcst as cst

from pm_migrate.catalog.samplers import (
    SAMPLE,
    SAMPLE_DEFAULTS,
    SAMPLE_IGNORED,
    SAMPLE_INITS,
    SAMPLE_OLD,
    SMC_ARGUMENTS,
    SMC_OPTIONS,
    SMC_REFUSED,
    STEP_OPTIONS,
    InferenceCall,
)
from pm_migrate.codemod import values as v
from pm_migrate.codemod.given import sources
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.calls import Given, Item, Refused, given, names_of_variables
from pm_migrate.codemod.rules.stores import check_store, note_defaults
from pm_migrate.codemod.tree import code, is_none, string_value

_LEADING = ("draws", "tune", "chains")
_OPTIONS = ("target_accept", "max_treedepth")
_HOLDERS = ("nuts_kwargs", "nuts", "step_kwargs")
#: How many names deep a number is followed.
_DEPTH = 3


def mapped(plan: Plan, row: InferenceCall, call: cst.Call, rule: str) -> list[Item]:
    """The arguments of the output besides the model, in order; ``rule`` says what is left out.

    Raises
    ------
    Refused
        For what has no counterpart.
    """
    held = given(plan, row, call)
    if "return_inferencedata" in held and held["return_inferencedata"] in held.texts:
        raise Refused("write return_inferencedata= out")
    arguments = _in_their_places(plan, held)
    own_step = "step" in arguments and _is_step(plan, arguments["step"].value)
    if own_step:
        arguments.pop("init", None)  # PyMC3 reads it for the NUTS alone that it makes itself
    _check(plan, call, arguments)
    note_defaults(plan, call, arguments)
    items: list[Item] = [(row.keep[n], _leading(plan, n, arguments, held)) for n in _LEADING]
    simple = {n: a for n, a in arguments.items() if n in _HOLDERS and a not in held.texts and _is_simple(a)}
    options = [_options(name, simple) for name in _OPTIONS]
    loose = []
    for name, arg in arguments.items():
        if name in (*_LEADING, "model") or name in row.drop or name in simple:
            continue
        if name == "discard_tuned_samples" and code(arg.value) == "True":
            continue
        if (instead := _passed_over(name)) is not None:
            message = f"{name}= is left out: old releases of PyMC3 passed it over, later ones refuse it"
            plan.note(call, call, rule, f"{message}; {instead}", review=True)
            continue
        if name in STEP_OPTIONS:
            loose.append(f"{name!r}: {held.texts.get(arg) or code(arg.value)}")
        elif name not in row.keep:
            raise Refused(f"{name}= has no counterpart")
        else:
            items.append((row.keep[name], _written(plan, name, arg, held)))
    without = any(a.keyword is not None and a.keyword.value == "init" and is_none(a.value) for a in call.args)
    if without and not own_step:
        items.append(("init", "'adapt_diag'"))  # at the test point, which is what None means
    if loose and any(keyword == "step_kwargs" for keyword, _ in items):
        raise Refused("step_kwargs=: give the options of the step methods in one place")
    if loose:
        items.append(("step_kwargs", "{" + ", ".join(loose) + "}"))
    return held.written(items + [item for found in options for item in found])


def _written(plan: Plan, name: str, arg: cst.Arg, held: Given) -> str | cst.Arg:
    """An argument as the rewritten call has it."""
    if name == "trace":
        return names_of_variables(plan, arg.value) or arg
    if name == "init" and _is_kept(arg.value):
        if v.only(plan.flow.value(arg.value), v.Text) and not _may_be_none(plan, arg.value):
            return arg
        return f"{_operand(held, arg)} or 'adapt_diag'"  # at the test point, which is what None means
    return arg


def sequential(plan: Plan, call: cst.Call, step: cst.Call) -> list[Item]:
    """The arguments of ``pm.sample_smc`` in place of ``pm.sample(draws, step=pm.SMC(...))``, besides the model.

    One run of as many particles as there were draws, as it was; what PyMC3 passed over with this step is left out.

    Raises
    ------
    Refused
        For what has no counterpart.
    """
    plan.understand(step.func, call)
    held = given(plan, SAMPLE, call)
    refused = sorted(SMC_REFUSED & set(held))
    if refused:
        raise Refused(f"{refused[0]}= with pm.SMC has no counterpart")
    items: list[Item] = [("", held.get("draws", SAMPLE_DEFAULTS["draws"]))]
    for arg in step.args:
        if arg.star or arg.keyword is None or arg.keyword.value not in SMC_OPTIONS:
            raise Refused(
                f"`{code(arg.value) if arg.keyword is None else arg.keyword.value}` of pm.SMC has no counterpart"
            )
        items.append((arg.keyword.value, code(arg.value)))
    items.append(("chains", "1"))
    items += [(name, held[name]) for name in held if name in SMC_ARGUMENTS and name != "draws"]
    return held.written(items)


def _in_their_places(plan: Plan, arguments: Mapping[str, cst.Arg]) -> dict[str, cst.Arg]:
    """The arguments of a call by the names of PyMC3 3.11; before 3.1, the start point was the third."""
    for old, new in SAMPLE_OLD.items():
        if old in arguments:
            if new in arguments:
                raise Refused(f"{old}= is {new}=, which is given, too")
            arguments = {(new if name == old else name): arg for name, arg in arguments.items()}
    init = arguments.get("init")
    if init is not None and init.keyword is None and not v.only(plan.flow.value(init.value), v.Text):
        if "start" in arguments or "initvals" in arguments:
            raise Refused("init=: give the start point and the initialisation by keyword")
        return {("start" if name == "init" else name): arg for name, arg in arguments.items()}
    return dict(arguments)


def _check(plan: Plan, call: cst.Call, arguments: Mapping[str, cst.Arg]) -> None:
    init = arguments.get("init")
    known = init is None or (string_value(init.value) or "").lower() in SAMPLE_INITS
    if init is not None and not known and ("step" in arguments or not _is_kept(init.value)):
        raise Refused(f"init=: use one of {', '.join(sorted(SAMPLE_INITS))}")
    if any(t.kind == "unknown" for t in v.traces(plan.flow.value(call))):
        raise Refused("return_inferencedata= has to be True or False")
    trace = arguments.get("trace")
    if trace is not None:
        check_store(plan, trace.value)


def _is_kept(node: cst.BaseExpression) -> bool:
    """Whether an expression gives what is kept somewhere, or comes of a call: no constant."""
    if isinstance(node, cst.Name):
        return node.value not in ("True", "False", "None")
    return isinstance(node, (cst.Attribute, cst.Subscript, cst.Call, cst.IfExp))


def _passed_over(name: str) -> str | None:
    """What an argument that no release of ``pm.sample`` read is meant for; a slip in writing a name is one, too."""
    if name in SAMPLE_IGNORED:
        return SAMPLE_IGNORED[name]
    known = {*SAMPLE.signature, *SAMPLE.keep, *SAMPLE.drop, *SAMPLE_OLD, *STEP_OPTIONS, *_HOLDERS}
    meant = [] if name in known else get_close_matches(name, sorted(known), 1, 0.8)
    return f"{meant[0]}= may be meant, whose default is written out" if meant else None


def _is_step(plan: Plan, node: cst.BaseExpression) -> bool:
    """Whether an expression is certainly a step method that the program makes, or a list of some."""
    if isinstance(node, cst.Call):
        return (plan.flow.name_of(node.func) or "").startswith("pymc3.")
    if isinstance(node, (cst.List, cst.Tuple)):
        return bool(node.elements) and all(_is_step(plan, e.value) for e in node.elements)
    if not isinstance(node, cst.Name):
        return False
    given = sources(plan, node)
    return given.whole and all(_is_step(plan, value) for value in given.values)


def _is_simple(arg: cst.Arg) -> bool:
    """Whether a dictionary has the two options that are arguments of their own, and no other."""
    pairs = _pairs(arg.value)
    return pairs is not None and set(pairs) <= set(_OPTIONS)


def _options(name: str, arguments: Mapping[str, cst.Arg]) -> list[Item]:
    """An option of NUTS that was given in a dictionary."""
    for arg in arguments.values():
        pairs = _pairs(arg.value) or {}
        if name in pairs:
            return [(name, pairs[name])]
    return []


def _pairs(value: cst.BaseExpression) -> dict[str, str] | None:
    match value:
        case cst.Dict(elements=elements) if all(isinstance(e, cst.DictElement) for e in elements):
            pairs = [(string_value(e.key), code(e.value)) for e in elements if isinstance(e, cst.DictElement)]
            return {k: text for k, text in pairs if k is not None} if all(k is not None for k, _ in pairs) else None
        case cst.Call(func=cst.Name(value="dict"), args=args) if all(a.keyword is not None for a in args):
            return {a.keyword.value: code(a.value) for a in args if a.keyword is not None}
    return None


def _leading(plan: Plan, name: str, arguments: Mapping[str, cst.Arg], held: Given) -> cst.Arg | str:
    """What is given, or what PyMC3 does without it; of chains, which may be None when the program runs, both."""
    arg = arguments.get(name)
    if arg is None:
        return _default(plan, name, arguments, held)
    if name == "chains" and _may_be_none(plan, arg.value):
        return f"{_operand(held, arg)} or {_default(plan, name, arguments, held)}"
    return arg


def _default(plan: Plan, name: str, arguments: Mapping[str, cst.Arg], held: Given) -> str:
    """What PyMC3 does when an argument is not given."""
    cores = arguments.get("njobs", arguments.get("cores"))  # the older name wins in the releases that have both
    if name == "chains" and cores is not None:
        if isinstance(cores.value, cst.Integer):
            return str(max(2, int(cores.value.value)))
        if _may_be_none(plan, cores.value):
            return f"max(2, {_operand(held, cores)} or {SAMPLE_DEFAULTS[name]})"
        return f"max(2, {held.texts.get(cores) or code(cores.value)})"
    return SAMPLE_DEFAULTS[name]


def _operand(held: Given, arg: cst.Arg) -> str:
    """The text of an argument in front of ``or``."""
    text = held.texts.get(arg) or code(arg.value)
    return f"({text})" if isinstance(arg.value, cst.IfExp) and not arg.value.lpar else text


def _may_be_none(plan: Plan, node: cst.BaseExpression, depth: int = 0) -> bool:
    """Whether a number may be None: what is kept somewhere (``args.chains``), or what a name is given.

    A parameter has its default, and what the program's calls give it.
    """
    if is_none(node):
        return True
    match node:
        case cst.Name():
            return depth < _DEPTH and any(_may_be_none(plan, e, depth + 1) for e in sources(plan, node).values)
        case cst.Attribute(attr=cst.Name(value=name)):
            return not name.isupper()
        case cst.Subscript():
            return True
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="get")), args=args):
            return len(args) == 1 or _may_be_none(plan, args[-1].value, depth)
        case cst.BooleanOperation(operator=cst.Or(), right=right):
            return _may_be_none(plan, right, depth)
        case cst.IfExp(body=body, orelse=orelse):
            return _may_be_none(plan, body, depth) or _may_be_none(plan, orelse, depth)
    return False

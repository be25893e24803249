"""Write for PyMC4 4.0a2 itself: casts to float32, and nothing that only ``pm_migrate.pymc4`` has.

With ``--runtime upstream``, arrays that meet random variables are cast: ``scale=tf.cast(sigma, tf.float32)``; so are
values of discrete variables in arithmetic, which are int32 there.

Names have the model's in front, ``model/mu``: PyMC4 refuses models without a name.

Why: PyMC4 takes Python numbers as float32, TensorFlow does not promote dtypes, and an array of NumPy is float64: "Found
incompatible dtypes". Values in a generator are plain tensors there, without an array's methods.

Limits: what PyMC4 4.0a2 does not have keeps the model as it was: functions and keywords of ours, array methods of
values, indices of several arrays, missing data. So does what it would sample wrongly: discrete variables without data
other than ``Bernoulli`` and ``Categorical``, ``Dirichlet`` and ``Wishart`` (it has no transforms of them), ``Flat`` and
``HalfFlat`` (it draws from the prior first), ``DiscreteUniform`` (its densities are float64).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

import libcst as cst

from pm_migrate.catalog import DISTRIBUTIONS
from pm_migrate.catalog.pymc4_api import TOP
from pm_migrate.catalog.samplers import UPSTREAM_NAMES
from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Apply, Edit, Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.random_variable import variable_group
from pm_migrate.codemod.rules.tensors import function_group
from pm_migrate.codemod.tree import code, expression, is_none, is_written_out, walk

RULE = Rule(
    "PM906",
    "Something that PyMC4 4.0a2 does not have",
    __doc__ or "",
)

RULES = (RULE,)

#: Shown by ``explain``: it takes ``--runtime upstream``.
EXAMPLE = Example(
    """
    import pymc3 as pm

    with pm.Model() as model:
        group = pm.Normal('group', 0, 1, shape=3)
        mu = group[index] + x
        pm.Normal('y', mu, sd=sigma, observed=y)
    """,
    """
    import pymc4 as pm
    import tensorflow as tf


    @pm.model
    def model():
        group = yield pm.Normal('group', 0, 1, batch_stack=3)
        mu = tf.gather(group, index) + tf.cast(x, tf.float32)
        yield pm.Normal('y', mu, scale=tf.cast(sigma, tf.float32), observed=y)


    model = model()
    """,
)

#: What a plain tensor has of an array.
_ATTRIBUTES = frozenset({"dtype", "ndim", "shape"})
#: Distributions whose values are int32 in PyMC4.
_INTEGERS = frozenset({"Bernoulli", "Categorical", "DiscreteUniform"})
#: Parameters that have to be Python integers.
_SIZES = frozenset({("LKJCorr", "n"), ("LKJCholeskyCov", "n")})
#: Keywords that are no parameters.
_OPTIONS = frozenset("dims dtype initval model name observed shape size testval total_size transform".split())
#: Functions whose arguments have to be of one dtype, and from which argument on.
_TOGETHER = {
    **dict.fromkeys(
        """add arctan2 batched_dot clip concatenate dot logaddexp matrix_dot maximum minimum mul outer pow power
        stack sub tensordot true_div""".split(),
        0,
    ),
    "switch": 1,
    "where": 1,
}


def plan_upstream(plan: Plan) -> None:
    """Plan casts, and refuse what plain tensors do not have."""
    for node in plan.tree.of(cst.Call, cst.BinaryOperation, cst.Attribute, cst.Subscript):
        if isinstance(node, cst.Call):
            _plan_call(plan, node)
        elif isinstance(node, cst.BinaryOperation):
            _plan_operands(plan, node, node.left, node.right)
        elif isinstance(node, cst.Attribute):
            _plan_attribute(plan, node)
        elif isinstance(node, cst.Subscript):
            _plan_subscript(plan, node)
    for where, message in plan.options.refused:
        for node in _at(plan, where):
            plan.refuse(node, _group(plan, node), RULE.code, message)
            break


def _group(plan: Plan, node: cst.CSTNode) -> cst.CSTNode:
    return plan.owner.get(getattr(node, "func", node)) or function_group(plan, node)


def _plan_call(plan: Plan, call: cst.Call) -> None:
    name = plan.flow.name_of(call.func) or ""
    root, _, _ = name.partition(".")
    if root not in ("pymc3", "theano", "numpy"):
        return
    short = pymc3_names.canonical(name).removeprefix("pymc3.")
    kind = short.removesuffix(".dist")
    if root == "pymc3" and (kind in DISTRIBUTIONS or kind == "Mixture"):
        _plan_parameters(plan, call, kind, named=kind == short)
        return
    start = _TOGETHER.get(name.rpartition(".")[2])
    if start is None or not any(v.tainted(plan.flow.value(arg.value)) for arg in call.args):
        return
    for arg in call.args[start:]:
        for value in _parts(arg.value):
            if arg.keyword is None:
                _cast(plan, value, function_group(plan, call))


def _parts(value: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    if isinstance(value, (cst.List, cst.Tuple)):
        yield from (element.value for element in value.elements)
    else:
        yield value


def _plan_parameters(plan: Plan, call: cst.Call, name: str, *, named: bool) -> None:
    signature = DISTRIBUTIONS[name].signature if name in DISTRIBUTIONS else ("w",)
    for place, arg in enumerate(call.args, 0 if named else 1):
        if arg.keyword is None:
            param = signature[place - 1] if 0 < place <= len(signature) else ""
        else:
            param = arg.keyword.value if arg.keyword.value not in _OPTIONS else ""
        if name not in DISTRIBUTIONS and param not in signature:
            continue
        if param and (name, param) not in _SIZES and not arg.star and not is_none(arg.value):
            _cast(plan, arg.value, variable_group(plan, call))


def _plan_operands(plan: Plan, node: cst.BinaryOperation, *operands: cst.BaseExpression) -> None:
    found = [plan.flow.value(operand) for operand in operands]
    random = [v.tainted(value) and not _is_observed(value) for value in found]
    if any(random):
        for operand in operands:
            _cast(plan, operand, function_group(plan, node), arrays=not all(random))


def _cast(plan: Plan, node: cst.BaseExpression, group: cst.CSTNode, *, arrays: bool = True) -> None:
    """Cast an array, or a variable of integers, where it is not a number that is written out."""
    value = plan.flow.value(node)
    if v.tainted(value) and not _is_observed(value):
        if not _is_integer(plan, value) or not isinstance(node, (cst.Name, cst.Subscript)):
            return
    elif not arrays or is_written_out(node) or any(isinstance(atom, v.Text) for atom in value):
        return
    if any(edit.apply.__qualname__.startswith("_casting") for edit in plan.edits.get(node, ())):
        return
    plan.edit(node, group, _casting(plan, node), {"tf"})


def _casting(plan: Plan, node: cst.BaseExpression) -> Apply:
    def apply(updated: cst.BaseExpression) -> cst.BaseExpression:
        tf = plan.names.alias("tf", node)
        inner = updated.with_changes(lpar=(), rpar=()) if hasattr(updated, "lpar") else updated
        made = expression(f"{tf}.cast({code(inner)}, {tf}.float32)")
        return made

    return apply


def _is_observed(value: v.Value) -> bool:
    """Whether something is an observed variable itself: PyMC4 hands out its data, with their dtype."""
    calls = [atom.rv for atom in v.tensors(value)]
    return bool(calls) and all(
        call is not None
        and any(a.keyword is not None and a.keyword.value == "observed" and not is_none(a.value) for a in call.args)
        for call in calls
    )


def _is_integer(plan: Plan, value: v.Value) -> bool:
    calls = [atom.rv for atom in v.tensors(value)]
    return bool(calls) and all(
        call is not None
        and pymc3_names.canonical(plan.flow.references.get(call.func, "")).removeprefix("pymc3.") in _INTEGERS
        for call in calls
    )


def _plan_attribute(plan: Plan, node: cst.Attribute) -> None:
    value = plan.flow.value(node.value)
    if node.attr.value in _ATTRIBUTES or not v.only(value, v.Tensor) or node in plan.flow.references:
        return
    if any(note.node is node for note in plan.notes):
        return
    what = f"`.{node.attr.value}`: values are plain tensors in PyMC4 4.0a2: call a function of theano.tensor instead"
    plan.refuse(node, function_group(plan, node), RULE.code, what)


def _plan_subscript(plan: Plan, node: cst.Subscript) -> None:
    if len(node.slice) < 2 or not v.only(plan.flow.value(node.value), v.Tensor):
        return
    for element in node.slice:
        index = element.slice
        if isinstance(index, cst.Index) and not (is_written_out(index.value) or is_none(index.value)):
            if isinstance(index.value, cst.Ellipsis) or v.only(plan.flow.value(index.value), v.Number):
                continue
            what = f"`{code(node)}`: arrays cannot index tensors in PyMC4 4.0a2: use tf.gather_nd"
            plan.refuse(node, function_group(plan, node), RULE.code, what)
            return


# -- what an edit wrote that PyMC4 does not have ---------------------------------------------------------------------


def watched(plan: Plan, node: cst.CSTNode, edit: Edit) -> Apply:
    """An edit that notes what it writes and PyMC4 does not have, in ``plan.offences``."""

    def apply(updated: Any) -> Any:
        result = edit.apply(updated)
        position = plan.tree.position(node).start
        said = {message for _, message in plan.offences}
        for message in offences(_text(result), plan.names.alias("pm", node)):
            # what stands inside of a statement was noted where it was written
            if message not in said or not isinstance(node, (cst.BaseStatement, cst.BaseSmallStatement)):
                plan.offences.add(((position.line, position.column, type(node).__name__), message))
        return result

    return apply


def _text(result: Any) -> str:
    nodes = result.nodes if isinstance(result, cst.FlattenSentinel) else [result]
    return "".join(code(n) for n in nodes if isinstance(n, cst.CSTNode))


def offences(text: str, alias: str) -> Iterator[str]:
    """What a piece of the output uses of ours alone.

    Examples
    --------
    >>> list(offences("pm.draws(trace, 'mu')", "pm"))
    ['PyMC4 4.0a2 has no pm.draws']
    >>> list(offences("x = yield pm.Normal('x', 0, 1, shape=3)", "pm"))
    ['PyMC4 4.0a2 has no argument shape= of pm.Normal']
    >>> list(offences("pm.sample(model, num_samples=10)", "pm"))
    []
    """
    if not re.search(rf"(?<![\w.]){re.escape(alias)}\.\w", text):
        return
    try:
        module = cst.parse_module(text if text.endswith("\n") else f"{text}\n")
    except cst.ParserSyntaxError:
        return
    known = _signatures()
    for node in walk(module):
        match node:
            case cst.Call(func=cst.Attribute(value=cst.Name(value=root), attr=cst.Name(value=name))) if (
                root == alias and name in known
            ):
                keywords = [arg.keyword.value for arg in node.args if arg.keyword is not None]
                for keyword in keywords:
                    if keyword not in known[name]:
                        yield f"PyMC4 4.0a2 has no argument {keyword}= of pm.{name}"
            case cst.Attribute(value=cst.Name(value=root), attr=cst.Name(value=name)) if root == alias:
                if name not in known:
                    yield f"PyMC4 4.0a2 has no pm.{name}"


@functools.cache
def _signatures() -> dict[str, frozenset[str]]:
    """The arguments that each public name of PyMC4 takes."""
    common = {"transform", "observed", "batch_stack", "event_stack", "conditionally_independent", "dtype"}
    common |= {"reinterpreted_batch_ndims", "validate_args", "allow_nan_stats"}
    given = {name.name: re.findall(r"(\w+)(?=\s*[,=)])", name.signature.replace("**kwargs", "")) for name in TOP}
    given["sample"] += UPSTREAM_NAMES.values()
    return {name.name: frozenset(given[name.name]) | (common if name.base else set()) for name in TOP}


def _at(plan: Plan, where: tuple[int, int, str]) -> Iterator[cst.CSTNode]:
    for node in plan.tree.order:
        if type(node).__name__ == where[2]:
            start = plan.tree.position(node).start
            if (start.line, start.column) == where[:2]:
                yield node

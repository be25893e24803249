"""Unroll comprehensions that create random variables into loops.

Why: ``yield`` is legal in the generator itself and nowhere else; a comprehension is a function of its own.

Limits: a generator expression is unrolled where ``sum``, ``list`` and the like go through it at once. Others, and
lambdas that are passed on, keep the model as it was, and so does a comprehension in a statement that creates other
variables before it, since their order would change.
"""

from __future__ import annotations

from typing import Any

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.scopes import parameters
from pm_migrate.codemod.tree import COMPREHENSIONS, statement, target_names

RULE = Rule(
    "PM204",
    "Unroll comprehensions that create random variables",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                effects = [pm.Normal('effect_%d' % i, 0, 1) for i in range(3) if i != skip]
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                effects = []
                for i in range(3):
                    if i != skip:
                        effects.append((yield pm.Normal('effect_%d' % i, 0, 1)))


            model = build_model()
            """,
        ),
    ),
)

NOT_HERE = Rule(
    "PM212",
    "A random variable is made where the generator cannot yield",
    """A lambda or a generator expression that is passed on, or a comprehension that may not run, creates a variable.

    Why: ``yield`` there would make another generator, and the model would not see the variable.

    Limits: write a loop, then run again.
    """,
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                parts = (pm.Normal('x%d' % i, 0, 1) for i in range(3))
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                # TODO(pm-migrate PM212): a generator cannot yield from here: create the variable in a loop
                parts = (pm.Normal('x%d' % i, 0, 1) for i in range(3))
            """,
        ),
    ),
)

RULES = (RULE, NOT_HERE)


def prepare_yield(plan: Plan, call: cst.Call, key: cst.CSTNode) -> None:
    """Make sure that a call can be yielded where it stands, unrolling the comprehension around it."""
    around = [
        a for a in plan.tree.ancestors(call) if isinstance(a, (*COMPREHENSIONS, cst.Lambda, cst.FunctionDef, cst.With))
    ]
    inner: list[cst.CSTNode] = []
    for node in around:
        if node in plan.helpers.functions or plan.flow.makes_model(node):
            break
        if not isinstance(node, cst.With):
            inner.append(node)
    # the first iterable of a comprehension is evaluated outside of it
    while inner and isinstance(inner[0], COMPREHENSIONS) and plan.tree.inside(call, inner[0].for_in.iter):
        inner.pop(0)
    if inner and not _plan_loops(plan, inner, call, key):
        plan.refuse(call, key, NOT_HERE.code, "a generator cannot yield from here: create the variable in a loop")


def _plan_loops(plan: Plan, inner: list[Any], call: cst.Call, key: cst.CSTNode) -> bool:
    """Plan the loops that comprehensions become, the innermost first."""
    if not all(_is_unrollable(plan, node) for node in inner):
        return False
    made: cst.CSTNode = call
    for node in inner:
        result = node.value if isinstance(node, cst.DictComp) else node.elt
        if not plan.tree.inside(made, result):
            return False
        made = node
    if all(node in plan.unrolled for node in inner):
        return True
    outermost = inner[-1]
    line = plan.tree.statement(outermost)
    in_front = isinstance(line, cst.For) and plan.tree.inside(outermost, line.iter)
    if not in_front and (not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1):
        return False
    regions = [*(n.value if isinstance(n, cst.DictComp) else n.elt for n in inner[1:]), line]
    if any(_conditional(plan, n, r) or _creates_before(plan, n, r) for n, r in zip(inner, regions, strict=True)):
        return False
    for node in reversed(inner):
        if node not in plan.unrolled:
            _plan_loop(plan, node, None if node is outermost else inner[inner.index(node) + 1], line, key)
    return True


def plan_map(plan: Plan, call: cst.Call, key: cst.CSTNode) -> bool:
    """Plan the loop that ``list(map(prior, names))`` becomes, where what it gives is used at once."""
    arg = plan.tree.parent[call]
    consumer = plan.tree.parent[arg]
    node = call
    if isinstance(consumer, cst.Call) and len(consumer.args) == 1:
        node = consumer if plan.flow.name_of(consumer.func) == "builtins.list" else call
    line = plan.tree.statement(node)
    iterated = isinstance(line, cst.For) and line.iter is call
    if not iterated and (not _is_consumed(plan, call) or not isinstance(line, cst.SimpleStatementLine)):
        return False
    around = [a for a in plan.tree.ancestors(call) if plan.tree.inside(a, line) and a is not line]
    if any(isinstance(a, (*COMPREHENSIONS, cst.Lambda)) for a in around):
        return False
    if isinstance(line, cst.SimpleStatementLine) and len(line.body) != 1:
        return False
    if _conditional(plan, node, line) or _creates_before(plan, call, line):
        return False
    function = call.args[0].value
    nodes = [a.node for a in plan.flow.value(function) if isinstance(a, v.Function)]
    params = [p.name.value for n in nodes for p in parameters(n.params)]  # type: ignore[attr-defined]
    word = params[-1] if params[:1] in (["self"], ["cls"]) else params[0]
    block = next(a for a in plan.tree.ancestors(call) if a in plan.helpers.functions or plan.flow.makes_model(a))
    if _is_taken(plan, word, block):
        if isinstance(function, cst.Lambda):
            return False
        word = plan.fresh_name(word, node)
    if isinstance(function, cst.Lambda) and len(params) != 1:
        return False
    assigned = _assigned(line, node)
    name = assigned or plan.fresh_name(_word(line), node)

    def keep(updated: Any) -> cst.BaseExpression:
        plan.results[name] = _comprehended(updated.args[0].value if node is not call else updated, word)
        return cst.Name(name)

    plan.edit(node, key, keep, last=True)
    if assigned is not None:
        plan.edit(line, key, lambda updated: _replaced(plan, node, updated, name))
    else:
        plan.insert_before(line, key, lambda _: _loop(plan, node, name))
    return True


def _is_taken(plan: Plan, name: str, block: Any) -> bool:
    """Whether a block reads a name that is not a parameter of a function in it."""
    return any(
        isinstance(n, cst.Name)
        and n.value == name
        and any(not isinstance(site, cst.Param) for site in plan.flow.sites.get(n, ()))
        for n in plan.tree.walk(block.body)
    )


def _comprehended(call: cst.Call, word: str) -> cst.ListComp:
    """``[prior(name) for name in names]`` for ``map(prior, names)``."""
    function, iterable = (arg.value for arg in call.args)
    if isinstance(function, cst.Lambda):
        made = function.body
    else:
        called = cst.From(cst.Call(function, [cst.Arg(cst.Name(word))]))
        made = cst.Yield(called, lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return cst.ListComp(made, cst.CompFor(cst.Name(word), iterable))


def _is_consumed(plan: Plan, node: cst.CSTNode) -> bool:
    """Whether a builtin goes through all of an expression at once."""
    arg = plan.tree.parent[node]
    call = plan.tree.parent[arg]
    return isinstance(arg, cst.Arg) and isinstance(call, cst.Call) and plan.flow.name_of(call.func) in _CONSUMERS


#: Builtins that go through all of their argument at once.
_CONSUMERS = frozenset(f"builtins.{name}" for name in ("sum", "list", "tuple", "set", "sorted", "max", "min", "dict"))


def _is_unrollable(plan: Plan, node: cst.CSTNode) -> bool:
    if isinstance(node, cst.GeneratorExp):
        return _is_consumed(plan, node)
    return isinstance(node, (cst.ListComp, cst.DictComp, cst.SetComp))


def _conditional(plan: Plan, node: cst.CSTNode, region: cst.CSTNode) -> bool:
    """Whether an expression may never run when what it stands in does."""
    for outer in plan.tree.ancestors(node):
        if isinstance(outer, (cst.IfExp, cst.BooleanOperation, cst.Lambda)):
            return True
        if outer is region:
            return False
    return node is not region


def _plan_loop(plan: Plan, node: Any, outer: cst.CSTNode | None, line: cst.CSTNode, key: cst.CSTNode) -> None:
    """Plan the loop that one comprehension becomes: in the loop of the one around it, or in front of the statement."""
    whole = _assigned(line, node)
    if whole is not None and any(isinstance(n, cst.Name) and n.value == whole for n in plan.tree.walk(node)):
        whole = None
    name = whole or plan.fresh_name(_word(line), node)
    plan.unrolled.add(node)
    _rename_targets(plan, node, key)

    def loop(_: Any) -> list[Any]:
        return _loop(plan, node, name)

    def keep(updated: Any) -> cst.BaseExpression:
        plan.results[name] = updated
        return cst.Name(name)

    plan.edit(node, key, keep, last=True)
    if outer is not None:
        plan.nested.setdefault(outer, []).append((node, name))
    elif whole is not None:
        plan.edit(line, key, lambda updated: _replaced(plan, node, updated, name))
    else:
        plan.insert_before(line, key, loop)


def _word(line: cst.CSTNode) -> str:
    """A name for the parts of what a statement makes."""
    match line:
        case cst.SimpleStatementLine(body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))])]):
            return f"{name}_parts"
    return "parts"


def _replaced(plan: Plan, node: cst.CSTNode, updated: Any, name: str) -> Any:
    made = _loop(plan, node, name)
    made[0] = made[0].with_changes(leading_lines=updated.leading_lines, trailing_whitespace=updated.trailing_whitespace)
    return cst.FlattenSentinel(made)


def _assigned(line: cst.CSTNode, node: cst.CSTNode) -> str | None:
    match line:
        case cst.SimpleStatementLine(
            body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value)]
        ) if value is node:
            return name
    return None


def _creates_before(plan: Plan, node: cst.CSTNode, line: cst.CSTNode) -> bool:
    """Whether a statement creates variables before it comes to a comprehension."""
    return any(
        isinstance(n, cst.Call)
        and (n in plan.helpers.calls or any(isinstance(a, v.Tensor) and a.rv is n for a in plan.flow.value(n)))
        and plan.tree.order[n] < plan.tree.order[node]
        and not plan.tree.inside(node, n)
        for n in plan.tree.walk(line)
    )


def _rename_targets(plan: Plan, node: Any, key: cst.CSTNode) -> None:
    """Names of the comprehension become names of the generator: give those that it uses elsewhere another name."""
    block = next(a for a in plan.tree.ancestors(node) if a in plan.helpers.functions or plan.flow.makes_model(a))
    for_in: cst.CompFor | None = node.for_in
    while for_in is not None:
        for target in target_names(for_in.target):
            if _used_elsewhere(plan, node, target.value, block):
                new = plan.fresh_name(target.value + "_", node)
                for n in plan.tree.walk(node):
                    if n is target or (isinstance(n, cst.Name) and target in plan.flow.sites.get(n, ())):
                        plan.edit(n, key, _renamed(new))
        for_in = for_in.inner_for_in


def _used_elsewhere(plan: Plan, node: cst.CSTNode, name: str, block: Any) -> bool:
    """Whether a block reads a name that is not a comprehension's own."""
    for n in plan.tree.walk(block.body, cst.Name):
        if n.value != name or plan.tree.inside(n, node):
            continue
        sites = plan.flow.sites.get(n, frozenset())
        if n in plan.flow.sites and not all(_in_comprehension(plan, site) for site in sites):
            return True
    return False


def _in_comprehension(plan: Plan, site: cst.CSTNode) -> bool:
    return any(isinstance(a, cst.CompFor) for a in plan.tree.ancestors(site))


def _renamed(name: str) -> Any:
    return lambda updated: updated.with_changes(value=name)


def _loop(plan: Plan, node: cst.CSTNode, name: str) -> list[Any]:
    """``name = []`` and the loop that fills it."""
    comprehension = plan.results[name]
    match comprehension:
        case cst.ListComp() | cst.GeneratorExp():
            empty = "[]"
            fill: cst.BaseSmallStatement = _call(name, "append", comprehension.elt)
        case cst.SetComp():
            empty, fill = "set()", _call(name, "add", comprehension.elt)
        case _:
            item = cst.Subscript(cst.Name(name), [cst.SubscriptElement(cst.Index(comprehension.key))])
            value = comprehension.value
            if isinstance(value, cst.Yield):
                value = value.with_changes(lpar=(), rpar=())
            empty, fill = "{}", cst.Assign([cst.AssignTarget(item)], value)
    inner = [s for nested, part in plan.nested.get(node, ()) for s in _loop(plan, nested, part)]
    body: list[Any] = [*inner, cst.SimpleStatementLine([fill])]
    chain = []
    for_in = comprehension.for_in
    while for_in is not None:
        chain.append(for_in)
        for_in = for_in.inner_for_in
    for part in reversed(chain):
        for condition in reversed(part.ifs):
            body = [cst.If(condition.test, cst.IndentedBlock(body))]
        body = [cst.For(part.target, part.iter, cst.IndentedBlock(body))]
    return [statement(f"{name} = {empty}"), *body]


def _call(name: str, method: str, value: cst.BaseExpression) -> cst.Expr:
    return cst.Expr(cst.Call(cst.Attribute(cst.Name(name), cst.Name(method)), [cst.Arg(value)]))

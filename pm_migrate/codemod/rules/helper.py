"""Turn functions that create random variables into generators, and their calls into ``yield from``.

``def prior(name): return pm.Normal(name, 0, 1)`` becomes a generator function, and ``x = prior('x')`` becomes
``x = yield from prior('x')``, through as many functions as there are in between.

Why: PyMC3 finds the model of the caller on a context stack. A generator has to be handed what a helper function
creates, and ``yield from`` does that.

Limits: every call of the function has to be seen, in the block of a model or in another such function. A function that
is decorated, passed on to code from elsewhere, or that nothing in the program calls keeps its models as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.blocks import Block, Role
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.purity import draws_anew, impure_calls
from pm_migrate.codemod.rules import attributes
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.changed_data import ORDER
from pm_migrate.codemod.rules.comprehension import NOT_HERE, plan_map, prepare_yield
from pm_migrate.codemod.rules.late_names import rebound
from pm_migrate.codemod.rules.random_variable import HELPER, in_one_model, variable_group, yielded
from pm_migrate.codemod.rules.tensors import function_group
from pm_migrate.codemod.scopes import bound_name, is_property
from pm_migrate.codemod.tree import code, string_value

RULE = Rule(
    "PM231",
    "Yield from functions that create random variables",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            def prior(name, scale=1):
                return pm.Normal(name, 0, scale)

            with pm.Model() as model:
                x = prior('x')
                y = pm.Normal('y', x + prior('z', 2), 1, observed=data)
            """,
            """
            import pm_migrate.pymc4 as pm

            def prior(name, scale=1):
                return (yield pm.Normal(name, 0, scale))


            @pm.model(name=None)
            def build_model():
                x = yield from prior('x')
                y = yield pm.Normal('y', x + (yield from prior('z', 2)), 1, observed=data)


            model = build_model()
            """,
        ),
        Example(
            """
            import pymc3 as pm

            @cached
            def prior(name):
                return pm.Normal(name, 0, 1)

            with pm.Model() as model:
                x = prior('x')
            """,
            """
            import pymc3 as pm

            # TODO(pm-migrate PM214): a decorated function that creates variables: create them in the block of the model
            @cached
            def prior(name):
                return pm.Normal(name, 0, 1)

            with pm.Model() as model:
                x = prior('x')
            """,
        ),
    ),
)

RULES = (RULE,)

_KEEPS = frozenset({"staticmethod", "classmethod"})


def plan_helpers(plan: Plan, models: Models) -> None:
    """Plan the rewriting of every call of a helper function, and check the functions."""
    helpers = models.helpers
    for call, targets in helpers.calls.items():
        key = variable_group(plan, call)
        plan.unite(key, *targets)
        if not in_one_model(plan, call):
            if call.func not in plan.flow.references:
                plan.refuse(call, key, RULE.code, f"`{code(call.func)}` creates variables: call it in a with block")
            continue
        if not helpers.certain(call):
            plan.refuse(
                call, key, RULE.code, f"`{code(call.func)}` may or may not create variables: tell the two apart"
            )
            continue
        prepare_yield(plan, call, key)
        plan.edit(call, key, _delegated(plan, call))
    for call, targets in helpers.maps.items():
        key = variable_group(plan, call)
        plan.unite(key, *targets)
        if not in_one_model(plan, call) or not plan_map(plan, call, key):
            plan.refuse(call, key, NOT_HERE.code, "a generator cannot yield from here: create the variables in a loop")
    for function in helpers.functions:
        _check(plan, models, function)
        if isinstance(function, cst.Lambda):
            _plan_lambda(plan, function)


def _delegated(plan: Plan, call: cst.Call) -> Callable[[cst.Call], cst.BaseExpression]:
    many = plan.helpers.elsewhere.get(call) not in plan.flow.distributions

    def apply(updated: cst.Call) -> cst.BaseExpression:
        return yielded(plan, call, updated, many=many)

    return apply


def _plan_lambda(plan: Plan, function: cst.Lambda) -> None:
    """A lambda with a name of its own becomes a function."""
    assign = plan.tree.parent[function]
    line = plan.tree.statement(function)
    match assign, line:
        case (
            cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]),
            cst.SimpleStatementLine(body=[only]),
        ) if only is assign:
            plan.edit(line, function, lambda updated: _defined(updated, name))


def _defined(updated: cst.SimpleStatementLine, name: str) -> cst.FunctionDef:
    assign = updated.body[0]
    assert isinstance(assign, cst.Assign) and isinstance(assign.value, cst.Lambda)
    made = assign.value
    body = cst.IndentedBlock(
        [cst.SimpleStatementLine([cst.Return(made.body)])], header=updated.trailing_whitespace.with_changes()
    )
    return cst.FunctionDef(cst.Name(name), made.params, body, leading_lines=updated.leading_lines)


def _check(plan: Plan, models: Models, function: cst.CSTNode) -> None:
    """Refuse a helper function that cannot be a generator."""
    helpers = models.helpers
    calls = [c for table in (helpers.calls, helpers.maps) for c, targets in table.items() if function in targets]
    for call in plan.tree.walk(function, cst.Call):
        if models.helpers.adds(call, function):
            plan.unite(function, variable_group(plan, call))
    for reference in models.helpers.references(function):
        # whatever happens to the function there, a model whose block names it may depend on it
        plan.unite(function, function_group(plan, reference))
    for place in _unseen(plan, function):
        plan.unite(function, function_group(plan, place))
    problem = _problem(plan, models, function, calls)
    if problem is not None:
        node, rule, message = problem
        plan.refuse(node, function, rule, message)
        return
    for block in models.blocks:
        if function in models.helpers.reached(block.having(Role.GENERATOR)):
            plan.unite(function, *block.sites)
            check_names(plan, models, block, function)
    if _is_called_elsewhere(plan, function):
        _check_module_names(plan, function)
    _check_effects(plan, models, function, calls)


def _unseen(plan: Plan, function: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Places that may run a method without naming it in a call: ``prior('x')``, ``prior.scale``, ``prior['x']``."""
    owner = plan.tree.parent.get(plan.tree.parent[function])
    if not isinstance(function, cst.FunctionDef) or not isinstance(owner, cst.ClassDef):
        return
    if is_property(function) or function.name.value.startswith("__"):
        kin = {owner, *plan.flow.families.of(owner)}
        for node, value in plan.flow.values.items():
            if any(isinstance(a, v.Instance) and a.node in kin for a in value):
                yield node


def _is_called_elsewhere(plan: Plan, function: cst.CSTNode) -> bool:
    """Whether models of other files call a function."""
    links = plan.options.links
    named = isinstance(function, cst.FunctionDef) and function.name.value in links.called | links.given_up
    return named and plan.tree.parent.get(function) is plan.tree.module


def _check_module_names(plan: Plan, function: cst.CSTNode) -> None:
    """A function that other files call reads names of its module at any time: each is to be bound once."""
    seen: set[str] = set()
    for node in plan.tree.walk(function):
        sites = plan.flow.sites.get(node, frozenset())
        if not isinstance(node, cst.Name) or node.value in seen or plan.flow.is_module(node):
            continue
        if sites and not any(plan.tree.inside(s, function) for s in sites) and len(sites) > 1:
            seen.add(node.value)
            message = f"`{node.value}` is bound again after models were built from it: make it an argument"
            plan.refuse(node, function, HELPER.code, message)


def _problem(
    plan: Plan, models: Models, function: cst.CSTNode, calls: list[cst.Call]
) -> tuple[cst.CSTNode, str, str] | None:
    """Why a function cannot become a generator: the place, the code, and what to do."""
    first = next(c for c in plan.tree.walk(function, cst.Call) if models.helpers.adds(c, function))
    in_block = "create them in the block of the model"
    passed_on = any(_passed_on(plan, node) for node in models.helpers.references(function))
    if isinstance(function, cst.Lambda) and (passed_on or not calls):
        return first, NOT_HERE.code, "a generator cannot yield from here: create the variable in a loop"
    if passed_on or not (calls or _is_called_elsewhere(plan, function)):
        return first, HELPER.code, "this adds to the model of the caller: create it in the block of its model"
    if isinstance(function, cst.Lambda):
        return None
    assert isinstance(function, cst.FunctionDef)
    if isinstance(plan.tree.scope(function), cst.ClassDef) and (place := _reached_otherwise(plan, models, function)):
        message = f"`{function.name.value}` may be called here without being seen: call it as a method, by its name"
        return place, HELPER.code, message
    for decorator in function.decorators:
        if not (isinstance(decorator.decorator, cst.Name) and decorator.decorator.value in _KEEPS):
            return function, HELPER.code, f"a decorated function that creates variables: {in_block}"
    if function.asynchronous is not None:
        return function, HELPER.code, f"an asynchronous function that creates variables: {in_block}"
    for node in plan.tree.walk(function.body, cst.Yield, cst.Await, cst.Global, cst.Nonlocal):
        if isinstance(node, (cst.Yield, cst.Await)) and plan.tree.scope(node) is function:
            return node, HELPER.code, f"a generator that creates variables: {in_block}"
        if isinstance(node, (cst.Global, cst.Nonlocal)):
            return node, HELPER.code, "this function runs at every evaluation of the model: let it return what it sets"
    return None


#: What certainly is no object of the program's own classes.
_NOT_OURS = (v.Number, v.Text, v.Qualified, v.ModelRef, v.Tensor, v.TraceRef, v.Foreign, v.Dist, v.Symbol)


def _reached_otherwise(plan: Plan, models: Models, method: cst.FunctionDef) -> cst.CSTNode | None:
    """A place that may call a method other than in a call of it that is rewritten; such a call would do nothing."""
    name = method.name.value
    if name.startswith("__") or name in plan.options.links.mentioned:
        return method
    for node in plan.tree.of(cst.Attribute):
        if node.attr.value != name or v.only(plan.flow.value(node.value), _NOT_OURS):  # type: ignore[arg-type]
            continue
        call = plan.tree.parent[node]
        if not (isinstance(call, cst.Call) and call.func is node and call in models.helpers.calls):
            return node
    for text in plan.tree.of(cst.SimpleString):
        if string_value(text) == name and not _names_a_variable(plan, text):
            return text
    return next(
        (
            n
            for n in plan.tree.of(cst.Name)
            if n.value == name and isinstance(plan.tree.scope(n), cst.ClassDef) and n in plan.flow.sites
        ),
        None,
    )


def _names_a_variable(plan: Plan, text: cst.SimpleString) -> bool:
    """Whether a text is an argument of something of PyMC3's, or a key."""
    parent = plan.tree.parent[text]
    call = plan.tree.parent.get(parent)
    if isinstance(parent, cst.Arg) and isinstance(call, cst.Call):
        name = plan.flow.name_of(call.func)
        return name is None or name not in ("builtins.getattr", "builtins.setattr", "operator.methodcaller")
    return True


def _passed_on(plan: Plan, node: cst.BaseExpression) -> bool:
    """Whether a function is given to something whose calls of it cannot be seen."""
    parent = plan.tree.parent[node]
    if isinstance(parent, (cst.Assign, cst.AnnAssign, cst.NamedExpr, cst.Return, cst.IfExp)):
        return False
    if isinstance(parent, (cst.Element, cst.DictElement, cst.Index)):
        return False
    if isinstance(parent, cst.Arg) and isinstance(call := plan.tree.parent[parent], cst.Call):
        if call in plan.helpers.maps and parent is call.args[0]:
            return False
        known = v.only(plan.flow.value(call.func), v.Function)
        return not known and plan.flow.name_of(call.func) not in ("builtins.print", "builtins.id", "builtins.zip")
    return True


def check_names(plan: Plan, models: Models, block: Block, function: cst.CSTNode) -> None:
    """A helper function reads names again at every evaluation: they have to stay what they were."""
    for node in rebound(plan, models, function, block):
        way_out = "make it an argument of the function"
        message = f"`{node.value}` is bound again after the model was built from it: {way_out}"
        plan.refuse(node, function, HELPER.code, message)


def _check_effects(plan: Plan, models: Models, function: cst.CSTNode, calls: list[cst.Call]) -> None:
    """What a helper function does besides creating variables happens at every evaluation."""
    body = function.body  # type: ignore[attr-defined]
    for node, base in plan.flow.stores.items():
        if not plan.tree.inside(node, body) or models.helpers.home(node) is not function:
            continue
        if attributes.keep(plan, function, node):
            continue
        sites = plan.flow.sites.get(base, frozenset())
        if sites and all(_made_anew(plan, models, site, function, frozenset()) for site in sites):
            continue
        plan.refuse(
            node, function, ORDER.code, f"this changes `{base.value}`, which is made outside of the model: return it"
        )
    for call in impure_calls(body, plan.flow):
        if call.func in plan.flow.references or call in plan.flow.stores or v.tainted(plan.flow.value(call)):
            continue
        if models.helpers.targets(call) & models.helpers.functions:
            continue
        if draws_anew(call, plan.flow):
            message = f"`{code(call.func)}` gives something else at every evaluation: pass its result as an argument"
            plan.refuse(call, function, ORDER.code, message)
        else:
            message = f"`{code(call.func)}` runs at every evaluation of the model: take it out if it changes something"
            plan.note(call, function, ORDER.code, message, review=True)


def _made_anew(
    plan: Plan, models: Models, site: cst.CSTNode, function: cst.CSTNode, seen: frozenset[cst.CSTNode]
) -> bool:
    """Whether what a place binds is made at every evaluation: in the function itself, or by all of its callers."""
    if site in seen:
        return True
    if not isinstance(site, cst.Param):
        return plan.tree.inside(site, function)
    name = bound_name(site)
    if _is_called_elsewhere(plan, function):
        return False
    for call, targets in models.helpers.calls.items():
        if function not in targets:
            continue
        given = _argument(function, call, name)
        if not isinstance(given, cst.Name):
            if given is None or not isinstance(given, (cst.List, cst.Dict, cst.Set)):
                return False
            continue
        home = models.helpers.helper_around(call)
        for other in plan.flow.sites.get(given, frozenset([call])):
            if home is not None:
                if not _made_anew(plan, models, other, home, seen | {site}):
                    return False
            elif not any(plan.tree.inside(other, s) for b in models.blocks for s in b.having(Role.GENERATOR)):
                return False
    return True


def _argument(function: cst.CSTNode, call: cst.Call, name: str) -> cst.BaseExpression | None:
    """What a call gives a parameter, where that is certain."""
    params = function.params  # type: ignore[attr-defined]
    names = [p.name.value for p in (*params.posonly_params, *params.params)]
    if isinstance(call.func, cst.Attribute) and names[:1] in (["self"], ["cls"]):
        names = names[1:]
    for place, arg in enumerate(call.args):
        if arg.star:
            return None
        if (arg.keyword.value if arg.keyword is not None else (names[place : place + 1] or [""])[0]) == name:
            return arg.value
    return None

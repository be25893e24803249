"""Hand a function the variables of a model that it reads from around it.

``def likelihood(y): return -((y - slope) ** 2)``, with ``slope`` a variable of the model that uses the function, gets
a parameter ``slope``; calls in the model hand it over, and where the function itself is given away, as ``logp=`` of a
``pm.DensityDist`` is, a ``lambda`` does so.

Why: names that a ``with`` block binds are the program's; those of a generator are its own, and a function outside does
not see them. Models that bind the same names, each for its own use of the function, stay apart in this way, too.

Limits: every use of the function has to stand in a model, below the only statement there that binds the name. A
function that is decorated, takes ``*args`` or ``**kwargs``, or is used elsewhere, too, keeps its models as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import libcst as cst

from pm_migrate.codemod.blocks import Block, Role
from pm_migrate.codemod.extensions import always
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.late_names import is_call, uses_of, with_argument, with_parameter
from pm_migrate.codemod.scopes import bound_name
from pm_migrate.codemod.tree import COMPREHENSIONS, expression, target_names

RULE = Rule(
    "PM235",
    "Hand a function the variables that it reads",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            def line(x):
                return slope * x + level

            with pm.Model() as model:
                slope = pm.Normal('slope', 0, 1)
                level = pm.Normal('level', 0, 1)
                pm.Normal('y', line(x), 1, observed=data)
            """,
            """
            import pm_migrate.pymc4 as pm

            def line(x, slope, level):
                return slope * x + level


            @pm.model(name=None)
            def build_model():
                slope = yield pm.Normal('slope', 0, 1)
                level = yield pm.Normal('level', 0, 1)
                yield pm.Normal('y', line(x, slope, level), 1, observed=data)


            model = build_model()
            """,
        ),
        Example(
            """
            import pymc3 as pm

            def likelihood(value):
                return -((value - centre) ** 2)

            with pm.Model() as model:
                centre = pm.Normal('centre', 0, 1)
                pm.DensityDist('y', likelihood, observed=data)
            """,
            """
            import pm_migrate.pymc4 as pm

            def likelihood(value, centre):
                return -((value - centre) ** 2)


            @pm.model(name=None)
            def build_model():
                centre = yield pm.Normal('centre', 0, 1)
                yield pm.DensityDist('y', lambda value: likelihood(value, centre), observed=data)


            model = build_model()
            """,
        ),
        Example(
            """
            import pymc3 as pm

            def line(x):
                return k * x

            with pm.Model() as model:
                k = pm.Normal('k', 0, 1)
                pm.Normal('y', line(x), 1, observed=data)
            print(line(3))
            """,
            """
            import pymc3 as pm

            def line(x):
                # TODO(pm-migrate PM206): `k` belongs to a model and is used outside of it: read its values from a trace
                return k * x

            with pm.Model() as model:
                k = pm.Normal('k', 0, 1)
                pm.Normal('y', line(x), 1, observed=data)
            print(line(3))
            """,
        ),
    ),
)

RULES = (RULE,)


def plan_closures(plan: Plan, models: Models) -> None:
    """Plan the parameters and arguments, before anything asks what reads a model's names outside of it."""
    blocks = [m.definition for m in models.models.values() if m.definition is not None and not models.is_extended(m)]
    reads = _reads(plan, models, blocks)
    uses = {function: uses_of(plan, function) or [] for function in reads}
    order = plan.tree.order
    names = {f: dict.fromkeys(n.value for n in sorted(nodes, key=lambda n: order[n])) for f, nodes in reads.items()}
    _spread(plan, models, blocks, names, uses)
    good = {function for function in names if uses[function] and _is_plain(plan, function, names[function])}
    scopes = {f: plan.tree.scope(f) for f in good}
    while True:
        kept = {f for f in good if all(_is_handed(models, u, names[f], scopes[f], blocks, good) for u in uses[f])}
        if kept == good:
            break
        good = kept
    _refuse_lambdas(plan, models, blocks)
    for function in good:
        plan.closed |= reads.get(function, set())
        _plan_function(plan, function, names[function], uses[function], blocks)


def _refuse_lambdas(plan: Plan, models: Models, blocks: list[Block]) -> None:
    """A lambda above a model reads a name that the model binds when it is called in it: PyMC3's is the variable."""
    for node in plan.tree.of(cst.Lambda):
        target = plan.tree.parent[node]
        match target:
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]) if target.value is node:
                pass
            case _:
                continue
        own = {p.name.value for p in plan.tree.walk(node.params, cst.Param)}
        read = {n.value for n in plan.tree.walk(node.body, cst.Name) if n in plan.flow.sites} - own
        for block in blocks:
            generator = block.having(Role.GENERATOR)
            if plan.tree.scope(block.node) is not plan.tree.scope(target) or _block_around(plan, node, blocks) is block:
                continue
            taken = sorted(read & models.bound_in(generator))
            if taken and any(n.value == name for s in generator for n in plan.tree.walk(s, cst.Name)):
                message = f"`{taken[0]}` is bound by the model that calls this: make it an argument of the function"
                plan.refuse(node, block.key, "PM206", message)


def _spread(
    plan: Plan,
    models: Models,
    blocks: list[Block],
    names: dict[cst.FunctionDef, dict[str, None]],
    uses: dict[cst.FunctionDef, list[cst.Name]],
) -> None:
    """What a function needs, those need that use it outside of models."""
    waiting = list(names)
    while waiting:
        function = waiting.pop()
        for use in uses[function]:
            inside = _block_around(plan, use, blocks) is not None
            outer = None if inside else _function_around(plan, models, use, plan.tree.scope(function))
            if outer is None or outer is function:
                continue
            if outer not in names:
                names[outer], uses[outer] = {}, uses_of(plan, outer) or []
            if not names[function].keys() <= names[outer].keys():
                names[outer] |= names[function]
                waiting.append(outer)


def _reads(plan: Plan, models: Models, blocks: list[Block]) -> dict[cst.FunctionDef, set[cst.Name]]:
    """The functions outside of models that read their names, and the places that do."""
    homes = {s: plan.tree.scope(b.node) for b in blocks for s in models.sites_in(b.having(Role.GENERATOR))}
    out: dict[cst.FunctionDef, set[cst.Name]] = {}
    for node, sites in plan.flow.sites.items():
        scopes = {homes[site] for site in sites if site in homes}
        if not isinstance(node, cst.Name) or len(scopes) != 1 or _block_around(plan, node, blocks) is not None:
            continue
        function = _function_around(plan, models, node, scopes.pop())
        if function is not None:
            out.setdefault(function, set()).add(node)
    return out


def _function_around(plan: Plan, models: Models, node: cst.CSTNode, scope: cst.CSTNode) -> cst.FunctionDef | None:
    """The outermost function around a place in a scope, unless it creates variables itself."""
    found = None
    for outer in plan.tree.ancestors(node):
        if outer is scope:
            return None if found in models.helpers.functions else found
        found = outer if isinstance(outer, cst.FunctionDef) else found
    return None


def _is_plain(plan: Plan, function: cst.FunctionDef, names: Iterable[str]) -> bool:
    """Whether a function can get parameters of these names."""
    params = function.params
    simple = (
        not function.decorators
        and function.asynchronous is None
        and isinstance(params.star_arg, cst.MaybeSentinel)
        and params.star_kwarg is None
        and not params.posonly_params
        and not any(p.default for p in params.params)
    )
    free = not any(
        not isinstance(n, cst.Param) or n.name.value in set(names)
        for n in plan.tree.walk(function, cst.Global, cst.Nonlocal, cst.Param)
    )
    free = free and not any(plan.flow.scope_sites(function, name) for name in names)
    top = not isinstance(plan.tree.scope(function), cst.ClassDef) and not any(
        isinstance(a, cst.With) for a in plan.tree.ancestors(function)
    )
    links = plan.options.links
    linked = function.name.value in links.called | links.given_up | links.mentioned
    return simple and free and top and not linked


def _block_around(plan: Plan | Models, node: cst.CSTNode, blocks: list[Block]) -> Block | None:
    """The block whose generator a place stands in."""
    return next((b for b in blocks if any(plan.tree.inside(node, s) for s in b.having(Role.GENERATOR))), None)


def _is_handed(
    models: Models,
    use: cst.Name,
    names: Iterable[str],
    scope: cst.CSTNode,
    blocks: list[Block],
    good: set[cst.FunctionDef],
) -> bool:
    """Whether each name is certainly bound around a use: once, above it, by the model, or as a parameter."""
    tree = models.tree
    call = tree.parent[use]
    given = isinstance(call, cst.Arg) and not call.star
    if not given and not (isinstance(call, cst.Call) and call.func is use and not any(a.star for a in call.args)):
        return False
    block = _block_around(models, use, blocks)
    if block is None:
        outer = next((f for f in good if tree.inside(use, f.body)), None)
        return outer is not None and not any(_hides(models, a, names) for a in _up_to(models, use, outer))
    generator = block.having(Role.GENERATOR)
    if tree.scope(block.node) is not scope or any(_hides(models, a, names) for a in _up_to(models, use, block.node)):
        return False
    if any(_hides(models, n, names) for s in generator for n in tree.walk(s, cst.CompFor)):
        return False  # it may become a loop, which binds the name for what is below
    for name in names:
        bound = [s for s in models.sites_in(generator) if bound_name(s) == name]
        if len(bound) != 1 or not always(models, bound[0], generator) or tree.order[bound[0]] > tree.order[use]:
            return False
    return True


def _up_to(models: Models, node: cst.CSTNode, end: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """What stands around a place, up to a statement."""
    for outer in models.tree.ancestors(node):
        if outer is end:
            return
        yield outer


def _hides(models: Models, node: cst.CSTNode, names: Iterable[str]) -> bool:
    """Whether names may mean something else within a comprehension, a function or a class."""
    if isinstance(node, cst.ClassDef):
        return True
    if isinstance(node, (cst.FunctionDef, cst.Lambda)):
        own = {p.name.value for p in models.tree.walk(node.params, cst.Param)}
        return any(name in own or models.flow.scope_sites(node, name) for name in names)
    inner = [node] if isinstance(node, cst.CompFor) else []
    inner += [node.for_in] if isinstance(node, COMPREHENSIONS) else []
    bound = {n.value for each in inner for f in models.tree.walk(each, cst.CompFor) for n in target_names(f.target)}
    return bool(bound & set(names))


def _plan_function(
    plan: Plan, function: cst.FunctionDef, names: Iterable[str], uses: list[cst.Name], blocks: list[Block]
) -> None:
    for name in names:
        plan.edit(function.params, function, with_parameter(cst.Param(cst.Name(name))))
    for use in uses:
        block = _block_around(plan, use, blocks)
        plan.unite(function, block.key if block is not None else plan.tree.scope(use))
        call = plan.tree.parent[use]
        if not is_call(plan, use):
            plan.edit(use, function, _wrapped(function, names), last=True)
            continue
        assert isinstance(call, cst.Call)
        positional = len(call.args) == len(function.params.params) and not any(a.keyword for a in call.args)
        for name in names:
            plan.edit(call, function, with_argument(name, positional))
    listed = ", ".join(f"`{name}`" for name in names)
    message = f"`{function.name.value}` is handed {listed}, which it read from the model"
    plan.note(function, function, RULE.code, message)


def _wrapped(function: cst.FunctionDef, names: Iterable[str]) -> Callable[[Any], cst.BaseExpression]:
    own = [p.name.value for p in function.params.params]
    text = f"lambda {', '.join(own)}: {function.name.value}({', '.join([*own, *names])})".replace("lambda :", "lambda:")
    return lambda _: expression(text)

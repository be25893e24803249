"""What keeps a model from becoming a generator, and what a generator takes as arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.blocks import Block, ClassBlock, Role
from pm_migrate.codemod.caught import caught_raises
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.purity import draws_anew, impure_calls
from pm_migrate.codemod.rules import attributes
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.changed_data import ORDER, check_objects, check_stores
from pm_migrate.codemod.rules.model_object import OBJECT
from pm_migrate.codemod.rules.unseen_makers import unseen_makers
from pm_migrate.codemod.tree import COMPREHENSIONS, code
from pm_migrate.codemod.variables import given_around, is_component

REENTRY = Rule(
    "PM207",
    "Go on with a model that is entered again to add variables",
    """A ``with`` statement that adds variables to a model of an earlier block becomes a second generator, which begins
    with the model as it was: ``mu = yield model``. The first one returns what the second one needs. Blocks side by side
    are joined when nothing between them uses the model or changes what it reads.

    Why: a generator is one function; what was made from the model in between has to stay what it was.

    Limits: the name of the model is bound to the longer model. Where another name, a container or a function may keep
    the shorter one, or where the block stands in another function, move the statements into the first block.
    """,
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                prior = pm.sample_prior_predictive(100)
            with model:
                pm.Normal('x', mu, 1, observed=data)
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None, keep_return=False)
            def build_model():
                mu = yield pm.Normal('mu', 0, 1)
                return mu


            model = build_model()
            prior = pm.sample_prior_predictive(model, sample_shape=100)


            @pm.model(name=None)
            def build_model_2(model):
                mu = yield model
                yield pm.Normal('x', mu, 1, observed=data)


            model = build_model_2(model)
            """,
        ),
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
            models = {'first': model}
            with model:
                pm.Normal('x', mu, 1, observed=data)
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
            # TODO(pm-migrate PM207): `model` is kept here before the model is finished: keep it after the last block
            models = {'first': model}
            with model:
                pm.Normal('x', mu, 1, observed=data)
            """,
        ),
    ),
)

RULES = (REENTRY,)

#: What would leave the generator, or is about the function around the block.
_LEAVING = (cst.Return, cst.Yield, cst.Await, cst.Global, cst.Nonlocal)


_LATER = (
    "this is raised when the model is evaluated, not where it is made, so that what catches it there does not: "
    "check it above the model"
)
_HIDDEN = "`{}` may create variables that cannot be seen from here: create them in the block"


def check_generator(plan: Plan, models: Models, block: Block) -> None:
    """Refuse a model whose statements cannot be the body of a generator."""
    key = block.key
    generator = block.having(Role.GENERATOR)
    if not any(models.creates(s, block.sites) for s in generator):
        hidden = next((c for s in block.body for c in impure_calls(s, plan.flow) if _may_create(plan, c)), None)
        if hidden is not None:
            plan.refuse(hidden, key, ORDER.code, _HIDDEN.format(code(hidden.func)))
            return
    for call in unseen_makers(plan, block):
        plan.refuse(call, key, ORDER.code, _HIDDEN.format(code(call.func)))
    bound = models.bound_in(generator)
    for s in generator:
        for node in plan.tree.walk(s, *_LEAVING, cst.Break, cst.Continue, cst.Name, cst.With):
            if isinstance(node, cst.Name):
                if v.models(plan.flow.value(node)) and not _names_outer(plan, node):
                    plan.refuse(node, key, OBJECT.code, f"the model `{node.value}` is used while it is being made")
                elif plan.flow.name_of(node) == "builtins.super" and not isinstance(block, ClassBlock):
                    message = "super() means nothing in the function of the model: call it in a method of its own"
                    plan.refuse(node, key, ORDER.code, message)
            elif isinstance(node, _LEAVING):
                own = isinstance(s, (cst.FunctionDef, cst.ClassDef)) and not isinstance(
                    node, (cst.Global, cst.Nonlocal)
                )
                if plan.tree.in_comprehension(node, s) is None and not own:
                    plan.refuse(node, key, ORDER.code, "take this statement out of the with block")
            elif isinstance(node, (cst.Break, cst.Continue)) and not _in_loop(plan, node, s):
                plan.refuse(node, key, ORDER.code, "take this statement out of the with block")
            elif isinstance(node, cst.With) and plan.flow.enters(node) and node not in plan.flow.nested:
                plan.refuse(node, key, ORDER.code, "a model within a model: give it a generator of its own")
    for s in block.having(Role.FRONT):
        for node in plan.tree.walk(s, cst.Name):
            if v.models(plan.flow.value(node)):
                plan.refuse(node, key, OBJECT.code, f"the model `{node.value}` is used while it is being made")
    scope = plan.flow.scope_of(block.node)
    for name in sorted(bound & scope.outer_names):
        plan.refuse(block.node, key, ORDER.code, f"`{name}` is declared global and bound in the model")
    _check_effects(plan, models, block, generator)
    reads = check_stores(plan, models, block, generator)
    _check_attributes(plan, models, block, generator)
    check_objects(plan, models, block, generator, reads)
    _check_iterators(plan, generator, block)
    for node in caught_raises(block.node, generator, plan.tree, plan.flow, models.effects):
        plan.note(node, key, ORDER.code, _LATER, review=True)


def check_strings(plan: Plan, models: Models, block: Block) -> None:
    """Refuse a model of which code in a string may be a part."""
    for s in block.body:
        if block.roles.get(s) is Role.AFTER and models.draws(s, block.sites):
            return
        for call in plan.tree.walk(s, cst.Call):
            name = (plan.flow.name_of(call.func) or "").removeprefix("builtins.")
            if name in ("exec", "eval"):
                message = f"`{name}` runs code that cannot be seen, in a model: write it out"
                plan.refuse(call, block.key, ORDER.code, message)
            elif _hides(plan, block, s, call, name):
                message = f"`{name}` hides where a variable goes: keep it in a dict that the block makes"
                plan.refuse(call, block.key, ORDER.code, message)


def _hides(plan: Plan, block: Block, s: cst.CSTNode, call: cst.Call, name: str) -> bool:
    """Whether a call stores a variable under a name that is computed: ``globals()['x%d' % i] = ...``, ``setattr``."""
    if name == "setattr":
        return any(v.tainted(plan.flow.value(arg.value)) for arg in call.args)
    return name in ("globals", "locals", "vars") and block.roles.get(s) is Role.GENERATOR


def _names_outer(plan: Plan, node: cst.CSTNode) -> bool:
    """Whether a model in a model, or a linear model, is told which model is around it."""
    parent = plan.tree.parent[node]
    call = plan.tree.parent[parent]
    if not isinstance(parent, cst.Arg) or not isinstance(call, cst.Call):
        return False
    if is_component(call, plan.flow):
        return given_around(call, plan.flow) is parent
    inner = {i.item for i in plan.flow.nested.values()}
    return call in inner or any(
        isinstance(a, v.Function) and a.node in plan.flow.model_classes for a in plan.flow.value(call.func)
    )


def _may_create(plan: Plan, call: cst.Call) -> bool:
    """Whether a call may reach code from elsewhere that creates variables in the model around it."""
    name = plan.flow.name_of(call.func)
    if name is None and isinstance(call.func, cst.Name) and call.func.value == "display":
        return bool(plan.flow.sites.get(call.func))  # a notebook's own, unless the program has one
    if name is None:
        return not v.traces(plan.flow.value(call)) and not v.only(plan.flow.value(call.func), v.Function)
    return not name.startswith(
        ("builtins.", "numpy.", "matplotlib.", "pandas.", "arviz.", "seaborn.", "pymc3.", "time.", "IPython.display.")
    )


def _in_loop(plan: Plan, node: cst.CSTNode, statement: cst.CSTNode) -> bool:
    for outer in plan.tree.ancestors(node):
        if isinstance(outer, (cst.For, cst.While)):
            return True
        if outer is statement:
            return False
    return False


def _check_effects(plan: Plan, models: Models, block: Block, generator: list[cst.CSTNode]) -> None:
    """Calls that may change something or give something else each time run once, in front of the generator."""
    inside = models.sites_in(generator)
    for s in generator:
        calls = impure_calls(s, plan.flow)
        for call in calls:
            if call.func in plan.flow.references or any(plan.tree.inside(call, c) for c in calls if c is not call):
                continue
            if call in plan.helpers.calls or call in plan.flow.stores or v.tainted(plan.flow.value(call)):
                continue
            call = _gone_through(plan, call)
            local = any(plan.flow.sites.get(n, frozenset()) & inside for n in plan.tree.walk(call))
            simple = (
                isinstance(s, cst.SimpleStatementLine)
                and not _conditional(plan, call, s)
                and not _is_iterator(plan, call)
            )
            if simple and not local and not isinstance(plan.tree.parent[call], cst.Expr):
                _hoist(plan, block, call)
            elif draws_anew(call, plan.flow):
                plan.refuse(
                    call,
                    block.key,
                    ORDER.code,
                    f"`{code(call.func)}` gives something else at every evaluation: call it before the model",
                )
            else:
                plan.note(
                    call,
                    block.key,
                    ORDER.code,
                    f"`{code(call.func)}` runs at every evaluation of the model: call it before the model if it "
                    "changes something or is random",
                    review=True,
                )
    _check_hoisted(plan, models, block, generator)


def _check_hoisted(plan: Plan, models: Models, block: Block, generator: list[cst.CSTNode]) -> None:
    """A call that moves in front of the generator must not change what the model read before it."""
    calls = [node for node, _ in plan.hoisted.get(block.node, ()) if isinstance(node, cst.Call)]
    for call in calls:
        changed = list(models.effects.of_functions(call))
        if not changed:
            continue
        before = [
            n
            for s in generator
            for n in plan.tree.walk(s, cst.Name, cst.Attribute)
            if plan.tree.order[n] < plan.tree.order[call] and not any(plan.tree.inside(n, c) for c in calls)
        ]
        read, inside = models.effects.read(before), models.sites_in(generator)
        met = [c.name for c in changed if models.effects.meets(c, read) or c.sites & inside]
        if met:
            message = f"`{code(call.func)}` changes `{met[0]}`, which the model reads before: call it above the model"
            plan.refuse(call, block.key, ORDER.code, message)


_ONCE = frozenset(f"builtins.{name}" for name in ("zip", "map", "filter", "enumerate", "reversed", "iter"))


def _is_iterator(plan: Plan, call: cst.Call) -> bool:
    """Whether a call gives what can be gone through once only."""
    return plan.flow.name_of(call.func) in _ONCE


def _gone_through(plan: Plan, call: cst.Call) -> cst.Call:
    """The call that goes through what a call gives: ``list(map(draw, sizes))``; otherwise the call itself."""
    arg = plan.tree.parent[call]
    outer = plan.tree.parent.get(arg)
    if _is_iterator(plan, call) and isinstance(arg, cst.Arg) and isinstance(outer, cst.Call) and not arg.star:
        return outer if outer.func is not call and outer.func not in plan.flow.references else call
    return call


def _check_iterators(plan: Plan, generator: list[cst.CSTNode], block: Block) -> None:
    """What can be gone through once only would be empty at the second evaluation."""
    for s in generator:
        for node in plan.tree.walk(s, cst.Name):
            if node not in plan.flow.sites:
                continue
            for site in _own(plan, node, generator):
                target = plan.tree.parent.get(site)
                assign = plan.tree.parent.get(target) if target is not None else None
                value = assign.value if isinstance(assign, cst.Assign) else None
                called = isinstance(value, cst.Call) and _is_iterator(plan, value)
                if called or isinstance(value, cst.GeneratorExp):
                    plan.refuse(
                        node, block.key, ORDER.code, f"`{node.value}` can be gone through once only: make it a list"
                    )


def _check_attributes(plan: Plan, models: Models, block: Block, generator: list[cst.CSTNode]) -> None:
    """An attribute of an object that may be set again is read once, in front of the generator."""
    names: dict[str, str] = {}
    reached = models.helpers.reached(generator)
    for place, s in enumerate(generator):
        for node in plan.tree.walk(s, cst.Attribute):
            if not isinstance(node.value, cst.Name):
                continue
            classes = [a.node for a in plan.flow.value(node.value) if isinstance(a, v.Instance)]
            stores = {site for c in classes for site in plan.flow.attribute_sites.get((c, node.attr.value), ())}
            if node in stores or not any(_outside_init(plan, site) for site in stores):
                continue
            if attributes.is_kept(plan, node) or attributes.is_set_above(plan, models, node, generator[:place]):
                continue
            by_model = any(plan.tree.inside(site, part) for site in stores for part in (s, *reached))
            if v.tainted(plan.flow.value(node)) or by_model:
                plan.refuse(
                    node, block.key, ORDER.code, f"`{code(node)}` is set by the model itself: use a name of its own"
                )
                continue
            text = code(node)
            if text not in names:
                names[text] = plan.fresh_name(node.attr.value, node)
                plan.hoisted.setdefault(block.node, []).append((node, names[text]))
                plan.results[names[text]] = node
            plan.edit(node, block.key, _named(names[text]))


def _named(name: str) -> Callable[[cst.CSTNode], cst.Name]:
    return lambda _: cst.Name(name)


def _outside_init(plan: Plan, site: cst.CSTNode) -> bool:
    scope = plan.tree.scope(site)
    return not (isinstance(scope, cst.FunctionDef) and scope.name.value == "__init__")


def _conditional(plan: Plan, node: cst.CSTNode, statement: cst.CSTNode) -> bool:
    """Whether an expression may run never or several times in its statement."""
    for outer in plan.tree.ancestors(node):
        if outer is statement:
            return False
        if isinstance(outer, (cst.Lambda, cst.IfExp, cst.BooleanOperation, *COMPREHENSIONS)):
            return True
    return False


def _hoist(plan: Plan, block: Block, call: cst.Call) -> None:
    """Name the result of a call in front of the generator."""
    parent = plan.tree.parent[call]
    word = parent.keyword.value if isinstance(parent, cst.Arg) and parent.keyword is not None else "value"
    if isinstance(parent, (cst.Assign, cst.AnnAssign)):
        word = "value"
    name = plan.fresh_name(word, call)
    plan.hoisted.setdefault(block.node, []).append((call, name))

    def replace(updated: cst.Call) -> cst.BaseExpression:
        plan.results[name] = updated
        return cst.Name(name)

    plan.edit(call, block.key, replace, last=True)


def arguments(plan: Plan, models: Models, block: Block) -> Iterator[str]:
    """The names that a generator takes as arguments: those that may be bound to something else when it runs."""
    generator = block.having(Role.GENERATOR)
    bound = models.bound_in(generator)
    seen: set[str] = set()
    in_class = isinstance(plan.tree.scope(block.node), cst.ClassDef)
    hoisted = plan.hoisted.get(block.node, ())
    once = {n for made, _ in hoisted for n in plan.tree.walk(made)}
    for s in generator:
        for node in plan.tree.walk(s, cst.Name):
            if node not in plan.flow.sites or node.value in seen or node in once:
                continue
            outside = _own(plan, node, generator)
            if not outside or plan.flow.is_module(node) or node.value in block.carried:
                continue
            if node.value in bound or in_class or changes(plan, models, node, outside, block):
                seen.add(node.value)
                yield node.value
    late = list(plan.late.get(block.node, ()))
    if in_class or _in_loop(plan, block.node, plan.tree.scope(block.node)):
        late += [name for _, name in hoisted]
    yield from (name for name in dict.fromkeys(late) if name not in seen)


def _own(plan: Plan, node: cst.Name, generator: list[cst.CSTNode]) -> frozenset[cst.CSTNode]:
    """The places outside of the generator that may have bound a name."""
    return frozenset(site for site in plan.flow.sites[node] if not any(plan.tree.inside(site, s) for s in generator))


def changes(plan: Plan, models: Models, node: cst.Name, outside: frozenset[cst.CSTNode], block: Block) -> bool:
    """Whether a name may be bound again after the model was built."""
    here = plan.tree.scope(block.node)
    owner = next((s for s in plan.flow.owners(here) if plan.flow.scope_sites(s, node.value) & outside), here)
    sites = plan.flow.scope_sites(owner, node.value)
    if owner is not here:
        return len(sites) > 1 or not all(
            isinstance(s, (cst.FunctionDef, cst.ClassDef, cst.ImportAlias)) or _once(plan, s) for s in sites
        )
    generator = block.having(Role.GENERATOR)
    return any(
        models.effects.runs_after(site, block) and not any(plan.tree.inside(site, s) for s in generator)
        for site in sites
    )


def _once(plan: Plan, site: cst.CSTNode) -> bool:
    """Whether the only place that binds a name runs once."""
    return not any(isinstance(a, (cst.For, cst.While, cst.AugAssign)) for a in plan.tree.ancestors(site))

"""Turn a subclass of ``pm.Model`` into a generator function: its objects were models, and its calls make models.

The arguments of ``__init__`` become those of the function; ``self.Var('x', pm.Normal.dist(0, 1))`` becomes a variable
like others, and what ``__init__`` keeps in attributes becomes names of the function. ``Growth(data, name='a')``
becomes ``Growth(data, prefix='a')``; made in the block of another model, it is yielded.

Why: PyMC3 collects the variables that are made while such an object is built. A generator function with arguments is
that recipe, and each call of it makes one model.

Limits: ``__init__`` has to begin with ``super().__init__(...)`` and to be the only method: turn the others into
functions that take the model. Attributes that are no variables under their own names stay within the function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import libcst as cst

from pm_migrate.codemod import edits
from pm_migrate.codemod import values as v
from pm_migrate.codemod.blocks import ClassBlock, Model
from pm_migrate.codemod.model_classes import ModelClass
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.purity import draws_anew, impure_calls
from pm_migrate.codemod.rules import class_names
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.changed_data import ORDER
from pm_migrate.codemod.rules.helper import check_names
from pm_migrate.codemod.scopes import parameters
from pm_migrate.codemod.tree import code, expression, is_none, string_value

RULE = Rule(
    "PM260",
    "Turn subclasses of pm.Model into generators",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            class Growth(pm.Model):
                def __init__(self, size, scale=1, name='', model=None):
                    super().__init__(name, model)
                    self.Var('rate', pm.HalfNormal.dist(sd=scale))
                    pm.Normal('size', self.rate, 1, observed=size)


            growth = Growth(sizes, scale=2)
            with growth:
                trace = pm.sample(500, tune=500, chains=2)
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def Growth(size, scale=1):
                rate = yield pm.HalfNormal('rate', scale=scale)
                yield pm.Normal('size', rate, 1, observed=size)


            growth = Growth(sizes, scale=2)
            trace = pm.sample(growth, num_samples=500, burn_in=500, num_chains=2)
            """,
        ),
        Example(
            """
            import pymc3 as pm

            class Group(pm.Model):
                def __init__(self, data, name=''):
                    super().__init__(name=name)
                    pm.Normal('flow', 0, 1, observed=data)


            with pm.Model() as both:
                Group(north, name='north')
                Group(south, name='south')
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def Group(data):
                yield pm.Normal('flow', 0, 1, observed=data)


            @pm.model(name=None)
            def build_both():
                yield Group(north, prefix='north')
                yield Group(south, prefix='south')


            both = build_both()
            """,
        ),
        Example(
            """
            import pymc3 as pm

            class Growth(pm.Model):
                def __init__(self, size):
                    super().__init__()
                    pm.Normal('size', 0, 1, observed=size)

                def fit(self):
                    return pm.find_MAP(model=self)
            """,
            """
            import pymc3 as pm

            # TODO(pm-migrate PM260): `fit` is a method of a model: make it a function that takes the model
            class Growth(pm.Model):
                def __init__(self, size):
                    super().__init__()
                    pm.Normal('size', 0, 1, observed=size)

                def fit(self):
                    return pm.find_MAP(model=self)
            """,
        ),
    ),
)

RULES = (RULE,)


def plan_class(plan: Plan, models: Models, model: Model) -> None:
    """Plan the rewriting of one subclass of ``pm.Model``, and of all that makes objects of it."""
    block = model.definition
    assert isinstance(block, ClassBlock)
    made, key = block.made, model.site
    plan.allow(RULE.code, key)
    plan.unite(key, made.init)
    for node in (*made.node.bases, *([] if made.start is None else [made.start[1]])):
        for inner in plan.tree.walk(node):
            if inner in plan.flow.references:
                plan.understand(inner, key)
    problem = next(_problems(plan, models, block), None)
    if problem is not None:
        node, message = problem
        plan.refuse(node, key, RULE.code, message)
        for other in _uses(plan, made):  # one comment says it all
            plan.unite(key, other)
        return
    check_names(plan, models, block, made.init)
    _check_effects(plan, models, made)
    dropped = _dropped(made)
    for call in _calls(plan, made):
        _plan_call(plan, made, call, dropped)
    class_names.plan_names(plan, made)
    start = made.start
    assert start is not None
    plan.edit(start[0], key, edits.removed)
    plan.edit(made.node, key, _function(plan, made, dropped), {"pm"})
    plan.note(made.node, key, RULE.code, f"the class {made.node.name.value} is a generator now")


# -- what keeps a class as it is -------------------------------------------------------------------------------------


def _problems(plan: Plan, models: Models, block: ClassBlock) -> Iterator[tuple[cst.CSTNode, str]]:
    """Why a class cannot become a generator function: places, and what to do."""
    made = block.made
    node, init = made.node, made.init
    if len(node.bases) != 1 or node.keywords or node.decorators or init.decorators or init.asynchronous:
        yield node, "a class of models with other bases or decorators: make the model in a function"
    for statement in node.body.body:
        if isinstance(statement, cst.FunctionDef) and statement is not init:
            name = statement.name.value
            yield node, f"`{name}` is a method of a model: make it a function that takes the model"
        elif statement is not init and not _is_text(statement) and not _is_pass(statement):
            yield statement, "an attribute of a class of models: make it a name of its own in front of the class"
    if not isinstance(init.body, cst.IndentedBlock):
        yield init, "write the body of the function on lines of its own"
    yield from _start_problems(plan, made)
    for line in block.body:
        if models.infers(line, block.sites):
            yield line, "this draws from the model while it is being made: do it with the object"
    for inner in plan.tree.walk(init.body, cst.Yield, cst.Await, cst.Global, cst.Nonlocal, cst.Return):
        bare = isinstance(inner, cst.Return) and inner.value is None
        if not bare and plan.tree.scope(inner) is init:
            yield inner, "a class of models that does this has no counterpart: make the model in a function"
    for use in _uses(plan, made):
        parent = plan.tree.parent[use]
        if not (isinstance(parent, cst.Call) and parent.func is use):
            yield use, f"`{code(use)}` is a generator function then, no class: use it for making models alone"
    for call in _calls(plan, made):
        yield from _call_problems(plan, made, call)


def _start_problems(plan: Plan, made: ModelClass) -> Iterator[tuple[cst.CSTNode, str]]:
    given = made.started_with
    before = [s for s in made.lines if not _is_text(s)]
    if made.start is None or given is None or before[0] is not made.start[0]:
        yield made.init, "begin with `super().__init__()`, which makes the model"
        return
    names = {p.name.value: p for p in parameters(made.init.params)}
    for keyword, value in given.items():
        param = names.get(value.value) if isinstance(value, cst.Name) else None
        constant = is_none(value) or (keyword == "name" and string_value(value) is not None)
        if param is None and constant and keyword in ("name", "model"):
            continue
        if param is None or keyword not in ("name", "model", "*", "**"):
            yield value, f"`{code(value)}`: give pm.Model a name and the model around it, and nothing else"
            continue
        reads = [n for n, sites in plan.flow.sites.items() if param in sites and n is not value]
        if reads:
            yield reads[0], f"`{param.name.value}` is for pm.Model: use an argument of another name"


def _call_problems(plan: Plan, made: ModelClass, call: cst.Call) -> Iterator[tuple[cst.CSTNode, str]]:
    """Why a call of a class cannot be that of a generator function."""
    dropped = _dropped(made)
    if "**" in dropped.values():
        dropped = {**{word: word for word in ("name", "model") if word not in _own_names(made)}, **dropped}
    context = plan.flow.context.get(call)
    if plan.flow.value(call.func) != frozenset({v.Function(made.node)}):
        yield call, f"`{code(call.func)}` may or may not be a class of models: tell the two apart"
    if (dropped or context is not None) and any(a.star for a in call.args):
        yield call, "write out the starred arguments"
        return
    given = _bound(made, call)
    for name, role in dropped.items():
        arg = given.get(name)
        if arg is None or is_none(arg.value) or role == "name":
            continue
        outer = v.models(plan.flow.value(arg.value))
        if role == "model" and context is not None and outer and outer == v.models(context):
            continue
        yield arg, f"`{code(arg.value)}` is for pm.Model: make the model in the block of the one around it"
    if "prefix" in _own_names(made) and any(role == "name" and name in given for name, role in dropped.items()):
        yield call, "an argument of the class is called prefix: give it another name"
    if given.get("*") or given.get("**"):
        yield call, "more arguments than pm.Model takes here: give a name and the model around it, and nothing else"
    if context is not None:
        certain = v.only(context, v.ModelRef) and len(context) == 1
        if not certain or not isinstance(plan.tree.parent[call], cst.Expr):
            yield call, "a model that is made in another one: make it in a statement of its own, without a name"
    elif plan.helpers.home(call) in plan.helpers.functions:
        yield call, "a model that a function adds to the one of its caller: make it in the block of that model"


def _is_text(node: cst.CSTNode) -> bool:
    match node:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString())]):
            return True
    return False


def _is_pass(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.SimpleStatementLine) and all(isinstance(s, cst.Pass) for s in node.body)


def _check_effects(plan: Plan, models: Models, made: ModelClass) -> None:
    """What ``__init__`` does besides making variables happens at every evaluation."""
    key, body = made.node, made.init.body
    assert made.start is not None
    started = made.start[0]
    for node, base in plan.flow.stores.items():
        if not plan.tree.inside(node, body) or base.value == made.own:
            continue
        sites = plan.flow.sites.get(base, frozenset())
        if not sites or not all(plan.tree.inside(site, body) for site in sites):
            message = f"this changes `{base.value}`, which is made outside of the model: change a copy of it"
            plan.refuse(node, key, ORDER.code, message)
    for call in impure_calls(body, plan.flow):
        if plan.tree.inside(call, started) or call.func in plan.flow.references or call in plan.flow.stores:
            continue
        if v.tainted(plan.flow.value(call)) or call in models.helpers.calls or class_names.is_var(plan, call):
            continue
        if draws_anew(call, plan.flow):
            message = f"`{code(call.func)}` gives something else at every evaluation: pass its result as an argument"
            plan.refuse(call, key, ORDER.code, message)
        else:
            message = f"`{code(call.func)}` runs at every evaluation of the model: take it out if it changes something"
            plan.note(call, key, ORDER.code, message, review=True)


# -- uses of the class -----------------------------------------------------------------------------------------------


def _uses(plan: Plan, made: ModelClass) -> list[cst.CSTNode]:
    """Names that may be the class."""
    inside = v.Function(made.node)
    start = set() if made.start is None else set(plan.tree.walk(made.start[1]))
    return [
        node
        for node, value in plan.flow.values.items()
        if inside in value and isinstance(node, (cst.Name, cst.Attribute)) and node not in start
    ]


def _calls(plan: Plan, made: ModelClass) -> list[cst.Call]:
    """The calls that make objects of a class."""
    calls = (plan.tree.parent[use] for use in _uses(plan, made))
    return [call for call in calls if isinstance(call, cst.Call)]


def _dropped(made: ModelClass) -> dict[str, str]:
    """The arguments of a class that are for ``pm.Model`` alone, and what they are there."""
    names = {p.name.value for p in parameters(made.init.params)}
    given = made.started_with or {}
    return {value.value: keyword for keyword, value in given.items() if _is_one_of(value, names)}  # type: ignore[attr-defined]


def _is_one_of(value: cst.BaseExpression, names: set[str]) -> bool:
    return isinstance(value, cst.Name) and value.value in names


def _bound(made: ModelClass, call: cst.Call) -> dict[str, cst.Arg]:
    """The arguments of a call by the names that the class gives them; ``*`` and ``**`` for those it has no name for."""
    params = made.init.params
    names = [p.name.value for p in (*params.posonly_params, *params.params)][1:]
    known = {p.name.value for p in (*params.posonly_params, *params.params, *params.kwonly_params)}
    out: dict[str, cst.Arg] = {}
    place = 0
    for arg in call.args:
        if arg.star:
            continue
        if arg.keyword is None:
            out[names[place] if place < len(names) else "*"] = arg
            place += 1
        else:
            word = arg.keyword.value
            out[word if word in known or word in ("name", "model") else "**"] = arg
    return out


def _plan_call(plan: Plan, made: ModelClass, call: cst.Call, dropped: dict[str, str]) -> None:
    """Give the model its prefix in place of its name, and yield it where it is a part of another one."""
    key = made.node
    context = plan.flow.context.get(call)
    outer = v.models(context) if context is not None else frozenset()
    plan.unite(key, call, *(m.site for m in outer))
    given = _bound(made, call)
    passed = [] if "**" not in dropped.values() else [w for w in ("name", "model") if w not in _own_names(made)]
    roles = {**dropped, **{word: word for word in passed}}
    gone = {given[name]: role for name, role in roles.items() if name in given and role in ("name", "model")}
    named = [arg for arg, role in gone.items() if role == "name" and not is_none(arg.value)]
    inner = bool(outer) and plan.flow.prefix(call) != ""
    if plan.options.upstream and (named or inner):
        plan.refuse(call, key, RULE.code, "PyMC4 4.0a2 has no prefixes: write them into the names")
        return

    def apply(updated: cst.Call) -> cst.BaseExpression:
        pairs = list(zip(updated.args, call.args, strict=True))
        args = [a for a, old in pairs if old not in gone]
        args = [*args, *(_prefix(a.value) for a, old in pairs if old in named)]
        if inner and not named:
            args.append(_prefix(cst.SimpleString("''")))
        args += [_keyword(option) for option in plan.names.call_options()]
        if gone or len(args) != len(pairs):
            text = ", ".join(code(a.with_changes(comma=cst.MaybeSentinel.DEFAULT)).strip() for a in args)
            updated = expression(f"{code(updated.func)}({text})")  # type: ignore[assignment]
        return cst.Yield(updated, whitespace_after_yield=cst.SimpleWhitespace(" ")) if outer else updated

    plan.edit(call, key, apply)


def _own_names(made: ModelClass) -> set[str]:
    return {p.name.value for p in parameters(made.init.params)}


def _prefix(value: cst.BaseExpression) -> cst.Arg:
    return _keyword(f"prefix={code(value)}")


def _keyword(text: str) -> cst.Arg:
    made = expression(f"f({text})")
    assert isinstance(made, cst.Call)
    return made.args[0]


# -- the function ----------------------------------------------------------------------------------------------------


def _function(plan: Plan, made: ModelClass, dropped: dict[str, str]) -> Callable[[Any], Any]:
    """The class as a generator function."""

    def apply(updated: Any) -> Any:
        (init,) = plan.done(made.init)
        texts = [s for o in made.node.body.body if _is_text(o) for s in plan.done(o)]
        lines = [*_comment(updated.body.header), *init.leading_lines, *_comment(init.body.header)]
        body = list(init.body.body)
        comments = [line for line in lines if line.comment is not None]
        if comments:
            body.insert(0, edits.orphan(comments))
        if texts:
            texts[0] = edits.with_leading(texts[0], [])
        block = edits.adopt(init.body.with_changes(body=[*texts, *body], header=cst.TrailingWhitespace()))
        kept = [s for s in block.body if not edits.is_orphan(s)] or [cst.SimpleStatementLine([cst.Pass()])]
        kept[0] = edits.with_leading(kept[0], [line for line in kept[0].leading_lines if line.comment is not None])
        top = isinstance(plan.tree.parent[made.node], cst.Module)
        blanks = [cst.EmptyLine(indent=False)] * (2 if top else 1)
        heading = list(updated.leading_lines)
        bare = [line for line in heading if line.comment is not None]
        first = plan.tree.parent[made.node].body[0] is made.node  # type: ignore[attr-defined]
        model = prefix_option(made)
        return cst.FunctionDef(
            name=updated.name,
            params=without(init.params, set(dropped), start=1),
            body=block.with_changes(body=kept, footer=[*init.body.footer, *updated.body.footer]),
            decorators=[cst.Decorator(expression(plan.names.decorator(made.node, model)))],
            returns=None,
            leading_lines=[*([] if first else blanks), *bare] if len(heading) - len(bare) < len(blanks) else heading,
        )

    return apply


def prefix_option(made: ModelClass) -> list[str]:
    """What the decorator says of the name that a class gives its models."""
    return [f"prefix={code(made.name)}"] if made.name is not None and string_value(made.name) else []


def _comment(header: cst.TrailingWhitespace) -> list[cst.EmptyLine]:
    return [] if header.comment is None else [cst.EmptyLine(comment=header.comment)]


def without(params: cst.Parameters, dropped: set[str], *, start: int = 0) -> cst.Parameters:
    """Parameters without some of them, from the one in place ``start`` on."""

    def kept(some: Any) -> list[cst.Param]:
        return [p for p in some if p.name.value not in dropped]

    positional = [*params.posonly_params, *params.params]
    star = params.star_arg
    if isinstance(star, cst.Param) and star.name.value in dropped:
        star = cst.MaybeSentinel.DEFAULT
    star_kwarg = params.star_kwarg
    if star_kwarg is not None and star_kwarg.name.value in dropped:
        star_kwarg = None
    out = params.with_changes(
        params=kept(positional[start:]),
        posonly_params=(),
        posonly_ind=cst.MaybeSentinel.DEFAULT,
        kwonly_params=kept(params.kwonly_params),
        star_arg=star if kept(params.kwonly_params) or isinstance(star, cst.Param) else cst.MaybeSentinel.DEFAULT,
        star_kwarg=star_kwarg,
    )
    return _closed(out)


def _closed(params: cst.Parameters) -> cst.Parameters:
    """Parameters without a comma after the last one that the original did not have there."""
    bare = cst.MaybeSentinel.DEFAULT
    if params.star_kwarg is not None:
        return params.with_changes(star_kwarg=params.star_kwarg.with_changes(comma=bare))
    if params.kwonly_params:
        rest = list(params.kwonly_params)
        rest[-1] = rest[-1].with_changes(comma=bare)
        return params.with_changes(kwonly_params=rest)
    if isinstance(params.star_arg, cst.Param):
        return params.with_changes(star_arg=params.star_arg.with_changes(comma=bare))
    if params.params:
        rest = list(params.params)
        rest[-1] = rest[-1].with_changes(comma=bare)
        return params.with_changes(params=rest)
    return params

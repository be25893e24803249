"""Turn the ``with`` block of a model into a generator function.

The statements that make the model become the body of a function decorated with ``@pm.model(name=None)``; statements
in between that do not depend on random variables move in front of it, so that they run once; inference and everything
after it follows. The name that the block gave its model stays bound to a model. Names that are bound again later are
passed as arguments, so that the model keeps the values it was built with.

Why: PyMC3 collects variables on a context stack while the block runs. A generator model hands each variable to whoever
evaluates it, so the same code gives log densities, gradients and forward draws.

Limits: a model that is entered again to add variables, whose variables are used outside of it other than by name, or
that fills containers made outside of it, stays as it was, with a comment at the place that keeps it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import libcst as cst

from pm_migrate.codemod import edits
from pm_migrate.codemod import values as v
from pm_migrate.codemod.blocks import Block, Model, Role, label, target_of
from pm_migrate.codemod.extensions import entered
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.percent import is_mark
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules import model_class
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.late_names import check_functions
from pm_migrate.codemod.rules.model_checks import REENTRY, arguments, check_generator, check_strings
from pm_migrate.codemod.tree import code, expression, is_none, statement, string_value, walk

RULE = Rule(
    "PM201",
    "Turn the with block of a model into a generator",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', mu=0, sd=5)
                x = pm.Normal('x', mu, 1, observed=data)
                trace = pm.sample(500, tune=500, chains=2)
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                mu = yield pm.Normal('mu', loc=0, scale=5)
                x = yield pm.Normal('x', mu, 1, observed=data)


            model = build_model()
            trace = pm.sample(model, num_samples=500, burn_in=500, num_chains=2)
            """,
        ),
        Example(
            """
            import pymc3 as pm

            for scale in scales:
                with pm.Model() as model:
                    n = len(data)  # data points
                    mu = pm.Normal('mu', 0, scale, shape=n)
                    pm.Normal('x', mu, 1, observed=data)
                models.append(model)
            """,
            """
            import pm_migrate.pymc4 as pm

            for scale in scales:
                n = len(data)  # data points

                @pm.model(name=None)
                def build_model(scale, n):
                    mu = yield pm.Normal('mu', 0, scale, shape=n)
                    yield pm.Normal('x', mu, 1, observed=data)

                model = build_model(scale, n)
                models.append(model)
            """,
        ),
    ),
)

RULES = (RULE,)


_ALPHA = "PyMC4 4.0a2 takes Python numbers as float32, and its values are tensors without NumPy's promotion of dtypes"


@dataclass(frozen=True)
class Shape:
    """How a model is written out: the names of the generator and the model, and the arguments.

    ``passed`` are the arguments of the call, where they are other than those of the function; ``source`` is what gives
    the model that the generator goes on with, when it has no name yet; ``also`` are its other names.
    """

    builder: str
    name: str
    arguments: tuple[str, ...]
    options: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    source: str | None = None
    also: tuple[str, ...] = ()


def plan_models(plan: Plan, models: Models) -> None:
    """Plan the rewriting of every model and of every block that enters one again."""
    pieces = Pieces(plan)
    for model in models.models.values():
        _plan_model(plan, models, model, pieces)
    for block in models.blocks:
        plan.unite(*block.sites)
        for node, rule, message in block.problems:
            plan.refuse(node, block.key, rule, message)
        check_strings(plan, models, block)
        if block.base is not None:
            _plan_extension(plan, models, block, pieces)
        elif not any(m.definition is block for m in models.models.values()):
            _plan_reentry(plan, models, block, pieces)


class Pieces:
    """What each ``with`` statement becomes: one piece, or several where it adds to its model after inference began."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.builders: dict[str, str] = {}
        self.of: dict[cst.With, list[tuple[Block, Callable[[Any], list[Any]]]]] = {}

    def add(self, block: Block, write: Callable[[Any], list[Any]]) -> None:
        """Plan one piece; ``write`` gets the rewritten ``with`` statement and gives the statements."""
        pieces = self.of.setdefault(block.node, [])
        pieces.append((block, write))
        if len(pieces) == 1:
            self.plan.edit(block.node, block.key, lambda updated: self._joined(block.node, updated), {"pm"})

    def _joined(self, node: cst.With, updated: Any) -> Any:
        pieces = sorted(self.of[node], key=lambda piece: self.plan.tree.order[piece[0].start])
        made: list[Any] = []
        rest = updated
        for place, (block, write) in enumerate(pieces):
            last = place == len(pieces) - 1
            given = rest if last else rest.with_changes(body=rest.body.with_changes(footer=()))
            made += _inside_others(block, given, write)
            rest = updated.with_changes(
                leading_lines=(), body=updated.body.with_changes(header=cst.TrailingWhitespace())
            )
        return cst.FlattenSentinel(made)


def _inside_others(block: Block, updated: Any, write: Callable[[Any], list[Any]]) -> list[Any]:
    """The statements of a piece, in a ``with`` statement that enters what else the original entered."""
    if not block.others:
        return write(updated)
    bare = cst.MaybeSentinel.DEFAULT
    items = [item.with_changes(comma=bare) for i, item in enumerate(updated.items) if i != block.place]
    made = write(updated.with_changes(leading_lines=()))
    body = edits.adopt(updated.body.with_changes(body=made, header=cst.TrailingWhitespace(), footer=()))
    return [updated.with_changes(items=items, body=body)]


def _plan_model(plan: Plan, models: Models, model: Model, pieces: Pieces) -> None:
    if isinstance(model.site, cst.ClassDef):
        model_class.plan_class(plan, models, model)
        return
    if isinstance(model.site, cst.Name) or models.is_whole(model.site) or models.is_built_elsewhere(model.site):
        return
    key = model.site
    plan.understand(model.site.func, key)
    block = model.definition
    if block is None and (unused := _unused(plan, model)) is not None:
        plan.edit(unused, key, edits.removed)
        plan.note(key, key, RULE.code, f"`{code(unused).strip()}` makes a model that nothing uses")
        return
    if block is None:
        plan.refuse(key, key, RULE.code, "no single with block makes this model: write `with pm.Model() as ...:`")
        return
    options = _options(plan, model.site)
    check_generator(plan, models, block)
    check_functions(plan, models, block)
    target = target_of(block, model)
    word = label(target)
    if word not in pieces.builders:
        pieces.builders[word] = plan.fresh_name(f"build_{word.lstrip('_')}", plan.tree.module)
    name = code(target) if target is not None else plan.fresh_name("model", block.node)
    plan.model_names[block.node] = name
    given = tuple(arguments(plan, models, block))
    shape = Shape(pieces.builders[word], name, given, options, also=_other_names(block, name))
    pieces.add(block, lambda updated: _written(plan, block, shape, updated))
    for node in block.earlier:
        plan.edit(node, key, _earlier(plan, block, node))
    for line in block.adopted:
        plan.edit(line, key, _taken(plan, line), last=True)
    if model.assignment is not None:
        plan.edit(model.assignment, key, _begun(plan, model.assignment, block))
    if plan.options.upstream:
        plan.note(block.node, key, RULE.code, _ALPHA, review=True)
    plan.note(block.node, key, RULE.code, f"the model {name} is made by the generator {shape.builder}")


def _plan_extension(plan: Plan, models: Models, block: Block, pieces: Pieces) -> None:
    """A block that adds to a model: a generator that begins with the model as it was."""
    check_generator(plan, models, block)
    check_functions(plan, models, block)
    item = entered(block)
    if block.part is None and (item is None or not _is_path(item)):
        item = cst.Name(plan.fresh_name("model", block.node))
    name = plan.model_names[block.node] if item is None else code(item)
    word = label(item)
    builder = plan.fresh_name(pieces.builders.get(word, f"build_{word.lstrip('_')}"), plan.tree.module)
    base = name if name.isidentifier() else plan.fresh_name(word, block.node)
    names = [n for n in arguments(plan, models, block) if n != base]
    (model,) = (m for m in models.models.values() if m.site is block.key)
    args = model.site.args if isinstance(model.site, cst.Call) else ()
    given = {a.keyword.value for a in args if a.keyword and not is_none(a.value)}
    options = (f"coords={name}.coords",) if "coords" in given else ()
    if plan.flow.model_name(model.site) is not None:
        options = (*options, f"prefix={name}.prefix")
    entering = code(block.item.item)
    source = entering if block.part is None and entering != name else None
    shape = Shape(builder, name, (base, *names), options, (name, *names), source, _other_names(block, name))
    plan.model_names[block.node] = name
    pieces.add(block, lambda updated: _written(plan, block, shape, updated))
    for line in block.adopted:
        plan.edit(line, block.key, _taken(plan, line), last=True)
    plan.note(block.start, block.key, REENTRY.code, f"the generator {builder} goes on with the model {name}")
    if plan.options.upstream:
        message = "PyMC4 4.0a2 has no models without a name that are part of another: write it as one function"
        plan.refuse(block.start, block.key, REENTRY.code, message)


def _other_names(block: Block, name: str) -> tuple[str, ...]:
    """The names that the statements of a block give its model besides the one it is known by."""
    entering = (node.items[block.place].asname for node in (*block.earlier, block.node))
    return tuple(dict.fromkeys(n for n in (code(a.name) for a in entering if a is not None) if n != name))


def _options(plan: Plan, made: cst.Call) -> tuple[str, ...]:
    """What the decorator says of ``coords=`` and the name of a model; other arguments keep it as it was."""
    options = []
    name = plan.flow.model_name(made)
    for arg in made.args:
        if is_none(arg.value):
            continue
        if arg.keyword is not None and arg.keyword.value == "coords" and not plan.options.upstream:
            options.append(f"coords={code(arg.value)}")
        elif arg.value is name and not plan.options.upstream:
            if string_value(name) != "":
                options.append(f"prefix={code(name)}")
        else:
            plan.refuse(arg, made, RULE.code, f"pm.Model has no counterpart of the argument `{code(arg.value)}`")
    for line, text in plan.flow.naming.get(made, {}).items():
        if plan.options.upstream:
            plan.refuse(
                line, made, RULE.code, "PyMC4 4.0a2 has no names in front of those of variables: write them out"
            )
        else:
            options.append(f"prefix={code(text)}")
    return tuple(options)


def _plan_reentry(plan: Plan, models: Models, block: Block, pieces: Pieces) -> None:
    """A block that only draws from a model: its statements take its place."""
    if any(models.creates(s, block.sites) for s in block.body):
        if any(rule == REENTRY.code for _, rule, _ in block.problems):
            return
        message = "this adds to a model that an earlier block began: move these statements there"
        if models.is_whole(block.key):
            message = "this adds to a linear model: make that in a with block of pm.Model(), and these below it"
        plan.refuse(block.node, block.key, REENTRY.code, message)
        return
    name = None if block.item.asname is None else code(block.item.asname.name)
    if name is None and not _is_path(block.item.item):
        name = plan.fresh_name("model", block.node)
    if name is not None:
        plan.model_names[block.node] = name
    elif any(n.value in models.bound_in(block.body) for n in plan.tree.walk(block.item.item, cst.Name)):
        plan.refuse(block.node, block.key, RULE.code, "the block binds the name of its own model to something else")
        return
    pieces.add(block, lambda updated: _unwrapped(plan, block, updated, name))


def _taken(plan: Plan, line: cst.CSTNode) -> Callable[[Any], Any]:
    """Nothing stays of a statement that moves into the generator with the comments above it."""

    def apply(updated: Any) -> Any:
        plan.moved[line] = edits.with_leading(updated, _without_blanks(updated.leading_lines))
        return edits.orphan([])

    return apply


def _begun(plan: Plan, line: cst.CSTNode, block: Block) -> Callable[[Any], Any]:
    """What stays of ``model = pm.Model()``: its comments, next to the generator where that follows at once."""
    body = list(getattr(plan.tree.parent[line], "body", ()))
    following = next(iter(body[body.index(line) + 1 :]), None)
    joined = following is not None and not getattr(following, "leading_lines", (None,))

    def apply(updated: Any) -> Any:
        below = following is block.node and not _is_apart(updated.leading_lines)
        made = edits.orphan(updated.leading_lines, updated.trailing_whitespace.comment, below=below)
        blank = [e for e in updated.leading_lines if e.comment is None]
        apart = joined and following is not block.node and not made.leading_lines
        return edits.with_leading(made, blank) if apart else made

    return apply


def _unused(plan: Plan, model: Model) -> cst.SimpleStatementLine | None:
    """The statement that makes a model which is bound to another one before anything uses it."""
    line = plan.tree.statement(model.site)
    match line:
        case cst.SimpleStatementLine(
            body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as name)], value=value)]
        ):
            bound_again = len(plan.flow.scope_sites(plan.tree.scope(line), name.value)) > 1
            used = any(
                v.ModelRef(model.site) in v.flat(value) for n, value in plan.flow.values.items() if n is not model.site
            )
            return line if value is model.site and bound_again and not model.blocks and not used else None
    return None


def _earlier(plan: Plan, block: Block, node: cst.With) -> Callable[[Any], Any]:
    """What stays in place of a block whose variables moved on: the statements that run once, and the comments."""

    once = [o for o in node.body.body if block.roles.get(o) is Role.FRONT]

    def apply(updated: Any) -> Any:
        front = [s for original in once for s in plan.done(original)]
        lines = [*_comment_line(updated.body.header.comment), *updated.body.footer]
        if not front:
            heading = updated.leading_lines
            return edits.orphan([*heading, *lines], below=not _is_apart(heading))
        front[0] = edits.with_leading(front[0], [*updated.leading_lines, *_without_blanks(edits.leading(front[0]))])
        return cst.FlattenSentinel([*front, edits.orphan(lines)])

    return apply


def _is_path(node: cst.CSTNode) -> bool:
    """Whether an expression names something that is there, instead of making it."""
    return isinstance(node, (cst.Name, cst.Attribute, cst.Subscript)) and not any(
        isinstance(n, cst.Call) for n in walk(node)
    )


def _unwrapped(plan: Plan, block: Block, updated: Any, name: str | None) -> list[Any]:
    """The statements of a block without the block; with ``name``, after the model got that name."""
    made = [s for original in block.body for s in plan.done(original)]
    if name is not None:
        made.insert(0, statement(f"{name} = {code(updated.items[block.place].item)}"))
    first = [*updated.leading_lines, *_comment_line(updated.body.header.comment)]
    made[0] = edits.with_leading(made[0], [*first, *_without_blanks(edits.leading(made[0]))])
    return [*made, *edits.left_over(updated.body.footer)]


def _about(heading: Sequence[cst.EmptyLine]) -> int:
    """Where the comments begin that stand right above a statement, and are about it."""
    first = len(heading)
    while first and (comment := heading[first - 1].comment) is not None and not is_mark(comment.value):
        first -= 1
    return first


def _is_apart(heading: Sequence[cst.EmptyLine]) -> bool:
    """Whether a blank line parts the comments above a statement from it: they are of a cell, or of what follows."""
    return bool(heading) and heading[-1].comment is None


def _comment_line(comment: cst.Comment | None) -> list[cst.EmptyLine]:
    return [] if comment is None else [cst.EmptyLine(comment=comment)]


def _up_to_comment(footer: Sequence[cst.EmptyLine]) -> list[cst.EmptyLine]:
    """Lines at the end of a block without blank ones at their end."""
    end = next((i for i in range(len(footer), 0, -1) if footer[i - 1].comment is not None), 0)
    return list(footer[:end])


def _without_blanks(lines: Sequence[cst.EmptyLine]) -> list[cst.EmptyLine]:
    """Lines above a statement without blank ones at their head."""
    start = next((i for i, line in enumerate(lines) if line.comment is not None), len(lines))
    return list(lines[start:])


def _continued(last: Any, after: Sequence[Any]) -> list[cst.EmptyLine]:
    """The lines above what follows a model that go on with the comment behind its last statement, indented like it."""
    behind = getattr(last, "trailing_whitespace", None)
    if not after or behind is None or behind.comment is None:
        return []
    lines = edits.leading(after[0])
    own = (i for i, line in enumerate(lines) if line.comment is None or not line.whitespace.value)
    return lines[: next(own, len(lines))]


def _spaced(lines: Sequence[cst.EmptyLine], blanks: int) -> list[cst.EmptyLine]:
    """Lines above a statement, with at least so many blank ones at their head, or in front of its cell."""
    mark = next((i for i, line in enumerate(lines) if line.comment and is_mark(line.comment.value)), 0)
    before = _up_to_comment(lines[:mark])  # the last comments of the cell above
    lines = lines[len(before) :]
    rest = _without_blanks(lines)
    have = len(lines) - len(rest)
    return [*before, *[cst.EmptyLine(indent=False)] * max(blanks, have), *rest]


def _comes_first(plan: Plan, block: Block, parent: Any) -> bool:
    """Whether nothing is left in front of a block in its body."""
    before = list(parent.body)[: list(parent.body).index(block.node)]
    return block.start is block.node and all(not plan.done(s) or edits.is_orphan(plan.done(s)[0]) for s in before)


def _written(plan: Plan, block: Block, shape: Shape, updated: Any) -> list[Any]:
    """The statements that take the place of a defining block."""
    here = {s for s in block.body if block.roles.get(s) is Role.FRONT and s in block.node.body.body}
    parts = {
        role: [s for o in block.having(role) for s in ([plan.moved[o]] if o in plan.moved else plan.done(o))]
        for role in (Role.GENERATOR, Role.AFTER)
    }
    parent = plan.tree.parent[block.node]
    top = isinstance(parent, cst.Module) and not block.others
    blanks = 2 if top else 1
    heading = list(updated.leading_lines)
    taken = [] if shape.source is None else [statement(f"{shape.name} = {shape.source}")]
    front = [*taken, *_front(plan, block, here)]
    alone = bool(block.others) or _comes_first(plan, block, parent)
    if front:
        own = _about(heading)
        front[0] = edits.with_leading(front[0], [*heading[:own], *_without_blanks(edits.leading(front[0]))])
        heading = _spaced(heading[own:], blanks)
    elif not alone or (top and parent.header):  # type: ignore[attr-defined]
        heading = _spaced(heading, blanks)
    after = parts[Role.AFTER]
    generator = parts[Role.GENERATOR]
    generator = generator or [cst.SimpleStatementLine([cst.Pass()])]
    generator[0] = edits.with_leading(generator[0], _without_blanks(edits.leading(generator[0])))
    continued = _continued(generator[-1], after)
    if continued:
        after = [edits.with_leading(after[0], edits.leading(after[0])[len(continued) :]), *after[1:]]
    if block.base is not None:
        carried = f"{', '.join(block.carried)} = " if block.carried else ""
        generator.insert(0, statement(f"{carried}yield {shape.arguments[0]}"))
    returned = block.returned or block.given_back
    if returned:
        generator.append(statement(f"return {', '.join(returned)}"))
    body = edits.adopt(
        updated.body.with_changes(body=generator, footer=continued if after else _up_to_comment(updated.body.footer))
    )
    options = ["keep_return=False"] if returned else []
    decorator = plan.names.decorator(block.node, [*options, *shape.options])
    function = cst.FunctionDef(
        name=cst.Name(shape.builder),
        params=cst.Parameters([cst.Param(cst.Name(name)) for name in shape.arguments]),
        body=body,
        decorators=[cst.Decorator(expression(decorator))],
        leading_lines=heading,
    )
    passed = ", ".join([*(shape.passed or shape.arguments), *plan.names.call_options()])
    made = statement(f"{' = '.join([shape.name, *shape.also])} = {shape.builder}({passed})")
    made = edits.with_leading(made, _spaced([], blanks))
    if block.given_back:
        source = f"{plan.names.alias('pm', block.node)}.evaluate_meta_model({shape.name})[0]"
        after = [statement(f"{', '.join(block.given_back)} = {source}"), *after]
    if block.shown:
        after = [*_shown(plan, block, shape.name), *after]
    if after:
        after[0] = edits.with_leading(after[0], _without_blanks(edits.leading(after[0])))
        return [*front, function, made, *after, *edits.left_over(updated.body.footer)]
    return [*front, function, made]


def _front(plan: Plan, block: Block, here: set[cst.CSTNode]) -> list[Any]:
    """What runs once in front of the generator, in the order of the program: statements, and calls that got a name."""
    parts: list[tuple[cst.CSTNode, list[Any]]] = [(o, plan.done(o)) for o in block.having(Role.FRONT) if o in here]
    parts += [
        (node, [statement(f"{name} = {code(plan.results[name])}")]) for node, name in plan.hoisted.get(block.node, ())
    ]
    return [s for _, made in sorted(parts, key=lambda part: plan.tree.order[part[0]]) for s in made]


def _shown(plan: Plan, block: Block, name: str) -> list[cst.SimpleStatementLine]:
    """Statements that bind what other code looks at to expressions of the model's variables."""
    source = f"{plan.names.alias('pm', block.node)}.density({name}).returned"
    if block.shown == block.returned:
        return [statement(f"{', '.join(block.shown)} = {source}")]
    return [statement(f"{one} = {source}[{block.returned.index(one)}]") for one in block.shown]

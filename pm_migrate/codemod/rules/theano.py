"""Take shared variables, loops and settings of Theano from the generator front end.

``theano.shared(x)`` becomes ``pm.shared(x)``, ``theano.scan`` ``pm.scan``, ``theano.config`` ``pm.config``;
``pm.Minibatch`` stays, and draws other rows in every evaluation of a compiled model. Statements that only set how
Theano checks, optimises and compiles graphs go. Where a model of the file stays on PyMC3, settings stay for it, and
``floatX`` is set on both sides.

Why: a shared variable is read anew at each evaluation of a model, also after ``set_value`` with another length;
compiled programs are made again then.

Limits: a loop that ends early (``theano.scan_module.until``) or updates shared variables stays Theano's. PyMC4 itself
has none of these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from pm_migrate.catalog import theano_names
from pm_migrate.codemod import edits, pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.tensors import function_group
from pm_migrate.codemod.tree import code

RULE = Rule(
    "PM410",
    "Take shared variables, loops and settings from the generator front end",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm
            import theano
            import theano.tensor as tt

            theano.config.compute_test_value = 'ignore'
            x = theano.shared(data)
            with pm.Model() as model:
                b = pm.Normal('b', 0, 1)
                y = pm.Normal('y', b * x + tt.exp(x), 1, observed=seen)
            x.set_value(other)
            """,
            """
            import pm_migrate.pymc4 as pm

            x = pm.shared(data)


            @pm.model(name=None)
            def build_model():
                b = yield pm.Normal('b', 0, 1)
                y = yield pm.Normal('y', b * x + pm.math.exp(x), 1, observed=seen)


            model = build_model()
            x.set_value(other)
            """,
        ),
    ),
)

KEPT = Rule(
    "PM411",
    "Import the drop-in's Theano for what stays symbolic",
    """Symbolic inputs, ``theano.function``, gradients and operations written in Python stay as they are, and come from
    ``pm_migrate.shims.theano``.

    Why: it has Theano's graphs on TensorFlow, so that such code needs no rewriting. A value of a generator model that
    is given to an operation (``tt.Op``, ``as_op``) is computed by its ``perform``, with the gradient of its ``grad``.

    Limits: what compiles or differentiates the variables of a model is not kept: they are values of one evaluation
    there. Instead of ``theano.function([mu], tt.exp(mu))`` write a Python function, ``def f(mu): return np.exp(mu)``;
    instead of ``theano.function([], mu)`` draw with ``pm.sample_prior_predictive(model)``; instead of
    ``theano.grad(model.logpt, mu)`` ask ``pm.density(model)`` for ``dlogp``.
    """,
    (
        Example(
            """
            import pymc3 as pm
            import theano.tensor as tt

            class Cube(tt.Op):
                itypes, otypes = [tt.dscalar], [tt.dscalar]

                def perform(self, node, inputs, outputs):
                    outputs[0][0] = inputs[0] ** 3

            cube = Cube()
            with pm.Model() as model:
                b = pm.Normal('b', 0, 1)
                pm.Potential('p', cube(b) + tt.exp(b))
            """,
            """
            import pm_migrate.pymc4 as pm
            import pm_migrate.shims.theano.tensor as tt
            import tensorflow as tf

            class Cube(tt.Op):
                itypes, otypes = [tt.dscalar], [tt.dscalar]

                def perform(self, node, inputs, outputs):
                    outputs[0][0] = inputs[0] ** 3

            cube = Cube()


            @pm.model(name=None)
            def build_model():
                b = yield pm.Normal('b', 0, 1)
                yield pm.Potential('p', cube(b) + tf.exp(b))


            model = build_model()
            """,
        ),
        Example(
            """
            import pymc3 as pm
            import theano

            with pm.Model() as model:
                b = pm.Normal('b', 0, 1)
                f = theano.function([b], 2 * b)
            """,
            """
            import pymc3 as pm
            import theano

            with pm.Model() as model:
                b = pm.Normal('b', 0, 1)
                # TODO(pm-migrate PM411): theano.function of a model's variables: write a Python function of numbers
                f = theano.function([b], 2 * b)
            """,
        ),
    ),
)

RULES = (RULE, KEPT)

_INSTEAD = {
    "function": "write a Python function of numbers",
    "grad": "take the gradient of the log density with pm.density(model).dlogp",
    "hessian": "take it with pm.find_hessian",
    "jacobian": "take it with TensorFlow, in tf.GradientTape",
    "clone": "write the expression as a Python function, and call it with the other values",
}


_MINIBATCHES = frozenset({"pymc3.Minibatch", "pymc3.align_minibatches"})


def plan_theano(plan: Plan) -> None:
    """Plan every reference to Theano that is no function of tensors."""
    for node, qualified in plan.flow.references.items():
        if node in plan.understood or plan.options.upstream:
            continue
        found = pymc3_names.canonical(qualified)
        if found.removesuffix(".__doc__") in _MINIBATCHES:
            _plan_renamed(plan, node, found.removeprefix("pymc3."))
        elif (name := theano_names.renamed(found)) is not None:
            _plan_renamed(plan, node, name)
        elif (name := theano_names.kept(found)) is not None:
            _plan_kept(plan, node, name)


def plan_operations(plan: Plan) -> None:
    """Tie the operations that a program defines to the places where they are used."""
    opaque = plan.flow.opaque
    for node, value in plan.flow.values.items() if opaque else ():
        used = {a.node for a in v.flat(value) if isinstance(a, (v.Function, v.Instance)) and a.node in opaque}
        if used:
            plan.unite(function_group(plan, node), *used)


def _group(plan: Plan, node: cst.CSTNode) -> cst.CSTNode:
    """What stands or falls with a reference: where it stands, what it is called with, and what it makes."""
    parent = plan.tree.parent[node]
    called = isinstance(parent, cst.Call) and parent.func is node
    key = function_group(plan, parent if called else node)
    operation = plan.flow.in_operation(node)
    if operation is not None:
        plan.unite(key, operation)
    if called:
        plan.unite(key, parent)
    return key


def _plan_renamed(plan: Plan, node: cst.CSTNode, name: str) -> None:
    key = _group(plan, node)
    plan.understand(node, key)
    plan.allow(RULE.code, key)
    setting = _setting(plan, node, name)
    if setting is not None:
        line, option = setting
        plan.shared.add(node)
        if option in theano_names.NO_SETTINGS or _is_set_below(plan, line, option):
            taken_out = _taken_out(plan, line)
            plan.edit(line, key, lambda updated: updated if plan.names.mixed else taken_out(updated))
            return
        plan.edit(line, key, _set_for_both(plan, node, name))
    if name == "scan" and not _plain_scan(plan, node):
        plan.refuse(node, key, RULE.code, "pm.scan has no until, truncate_gradient and updates: write a Python loop")
        return
    if not _is_variable(plan, node):
        both = setting is not None  # in a file where something stays on PyMC3, the line does, too
        plan.edit(
            node,
            key,
            lambda updated: updated if both and plan.names.mixed else plan.names.name("pm", name, node),
            {"pm"},
        )


def _is_variable(plan: Plan, node: cst.CSTNode) -> bool:
    """Whether a reference is a variable of the program, which already has the new value: ``floatX = config.floatX``."""
    sites = plan.flow.sites.get(node, frozenset())
    return (
        isinstance(node, cst.Name)
        and bool(sites)
        and not any(isinstance(s, (cst.ImportAlias, cst.ImportFrom)) for s in sites)
    )


def _setting(plan: Plan, node: cst.CSTNode, name: str) -> tuple[cst.SimpleStatementLine, str] | None:
    """The statement that sets an option of Theano's to a plain value, and the option."""
    target, path = node, name.split(".")
    while isinstance(outer := plan.tree.parent.get(target), cst.Attribute):
        target = outer
        path.append(outer.attr.value)
    assign = plan.tree.parent.get(plan.tree.parent.get(target))  # type: ignore[arg-type]
    line = plan.tree.parent.get(assign) if assign is not None else None
    match line:
        case cst.SimpleStatementLine(body=[cst.Assign(targets=[cst.AssignTarget(target=found)], value=value)]):
            plain = not any(isinstance(n, cst.Call) for n in plan.tree.walk(value))
            of_config = len(path) == 2 and path[0] == "config"
            known = of_config or (len(path) > 1 and path[1] in theano_names.NO_SETTINGS)
            if found is target and plain and known:
                return line, path[1]
    return None


def _is_set_below(plan: Plan, line: cst.SimpleStatementLine, option: str) -> bool:
    """Whether the next statement sets an option of the generator front end: this file was rewritten before."""
    body = list(getattr(plan.tree.parent[line], "body", ()))
    match body[body.index(line) + 1 :]:
        case [cst.SimpleStatementLine(body=[cst.Assign(targets=[cst.AssignTarget(target=target)])]), *_]:
            return code(target).endswith(f".config.{option}") and not code(line.body[0]).startswith(code(target))
    return False


def _set_for_both(plan: Plan, node: cst.CSTNode, name: str) -> Callable[[Any], Any]:
    """Where something stays on PyMC3, a setting holds on both sides: the statement, and a copy of it."""

    def apply(updated: Any) -> Any:
        if not plan.names.mixed:
            return updated
        assign = updated.body[0]
        ours = plan.names.name("pm", name, node)
        whole = assign.targets[0].target
        option = ours if name != "config" else whole.with_changes(value=ours)
        copy = assign.with_changes(targets=[assign.targets[0].with_changes(target=option)])
        return cst.FlattenSentinel([updated, updated.with_changes(leading_lines=(), body=[copy])])

    return apply


def _taken_out(plan: Plan, line: cst.SimpleStatementLine) -> Callable[[Any], Any]:
    """Nothing in place of a statement; the blank lines above it are the next one's, where that has none."""
    body = getattr(plan.tree.parent[line], "body", ())
    place = list(body).index(line)
    following = body[place + 1] if place + 1 < len(body) else None
    joined = following is not None and not getattr(following, "leading_lines", (None,))

    def apply(updated: Any) -> Any:
        made = edits.orphan(updated.leading_lines, updated.trailing_whitespace.comment)
        blank = [e for e in updated.leading_lines if e.comment is None]
        return edits.with_leading(made, blank) if joined and not made.leading_lines else made

    return apply


def _plain_scan(plan: Plan, node: cst.CSTNode) -> bool:
    call = plan.tree.parent[node]
    if not isinstance(call, cst.Call):
        return True
    keywords = {a.keyword.value for a in call.args if a.keyword is not None}
    used = {plan.flow.references.get(n, "") for n in plan.tree.walk(plan.tree.module)}
    return "truncate_gradient" not in keywords and not any(name.endswith(".until") for name in used)


def _plan_kept(plan: Plan, node: cst.CSTNode, name: str) -> None:
    key = _group(plan, node)
    plan.understand(node, key)
    plan.allow(KEPT.code, key)
    parent = plan.tree.parent[node]
    if isinstance(parent, cst.Call) and parent.func is node and plan.flow.in_operation(node) is None:
        random = any(v.tainted(plan.flow.value(a.value)) for a in parent.args)
        models = {m.site for a in parent.args for n in plan.tree.walk(a.value) for m in v.models(plan.flow.value(n))}
        if random or models:
            called = {n.func for a in parent.args for n in plan.tree.walk(a.value, cst.Call)}
            functions = {a.node for f in called for a in plan.flow.value(f) if isinstance(a, v.Function)}
            plan.unite(key, *models, *functions)
            last = name.rpartition(".")[2]
            instead = _INSTEAD.get(last, "take it out of the model")
            plan.refuse(parent, key, KEPT.code, f"{code(node)} of a model's variables: {instead}")
            return
    if _asks_for_type(plan, node, name):
        plan.edit(node, key, lambda updated: plan.names.name("pm", "GeneratorTensor", node), {"pm"})
        return
    plan.kept[node] = name
    plan.edit(node, key, _respelled(plan, node, name))


def _asks_for_type(plan: Plan, node: cst.CSTNode, name: str) -> bool:
    """Whether ``isinstance`` asks whether something is a variable of Theano's: a value of the model now."""
    if name.rpartition(".")[2] not in ("TensorVariable", "Variable"):
        return False
    for outer in plan.tree.ancestors(node):
        if isinstance(outer, cst.Call):
            return plan.flow.name_of(outer.func) == "builtins.isinstance"
        if not isinstance(outer, (cst.Arg, cst.Tuple, cst.Element)):
            return False
    return False


def _respelled(plan: Plan, node: cst.CSTNode, name: str) -> Callable[[Any], Any]:
    """The reference under its name in the drop-in's Theano, unchanged where the import changes under it."""

    def apply(updated: cst.BaseExpression) -> cst.BaseExpression:
        if name == plan.flow.references[node] and not plan.names.keeps_theano(node):
            return updated
        return plan.names.theano_name(name, node)

    return apply

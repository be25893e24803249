"""Account for what no other rule took.

Every reference to PyMC3 and Theano is either rewritten, or named here as something to do.

Why: a file without findings has to be a file without PyMC3.

Limits: names that are built at run time (``getattr(pm, name)``) cannot be seen; the module that is passed there is.
"""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from pm_migrate.catalog import older
from pm_migrate.catalog.samplers import ADVICE
from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules import model_class
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.tensors import function_group
from pm_migrate.codemod.tree import code

RULE = Rule(
    "PM310",
    "A function of PyMC3 or Theano without a rule",
    """The program uses something of PyMC3 or Theano that is known, and that has no rule.

    Why: a rewrite that is not certain is not made.

    Limits: the message says what to do, where there is something; otherwise keep the model on PyMC3, or run it through
    the drop-in.
    """,
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                step = pm.SMC()
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                # TODO(pm-migrate PM310): pm.SMC has no rule: pm.sample_smc(draws) takes its place from PyMC3 3.7 on
                step = pm.SMC()
            """,
        ),
    ),
)

UNKNOWN = Rule(
    "PM901",
    "A reference to PyMC3 or Theano that was not understood",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            methods = getattr(pm, 'step_methods')
            """,
            """
            import pymc3 as pm

            # TODO(pm-migrate PM901): `pm` is used in a way that is not understood
            methods = getattr(pm, 'step_methods')
            """,
        ),
    ),
)

HELD = Rule(
    "PM903",
    "IPython syntax, or a text that is run, that mentions PyMC3 or Theano",
    """A magic, a shell command, a cell in another language, or a text that is run, mentions PyMC3 or Theano.

    Why: such lines are not Python, and nobody can say what a text that is run does with the rest of the program.

    Limits: change the line by hand. Lines that install packages are only reported. A program that imports PyMC3 by a
    text (``importlib.import_module('pymc3')``) stays as it is.
    """,
)

RULES = (RULE, UNKNOWN, HELD)

#: Things that stay as they are, since the generator front end has them too.
SHARED = frozenset({"pymc3.__version__", "pymc3.__name__", "pymc3.Model", "pymc3.set_data"})


#: Methods that show what they are given.
_SHOWING = frozenset("append debug format info warning write".split())

#: Classes of PyMC3 that annotations name for variables of a model.
_OF_VARIABLES = frozenset(
    f"pymc3.model.{name}" for name in ("FreeRV", "ObservedRV", "PyMC3Variable", "TransformedRV", "TensorVariable")
)


def plan_leftovers(plan: Plan) -> set[cst.CSTNode]:
    """Refuse every reference that no rule took; returns those that were not understood."""
    unknown = set()
    for node, qualified in plan.flow.references.items():
        if node in plan.understood:
            continue
        name = pymc3_names.canonical(qualified)
        if name.startswith("pymc3.__version__") and not plan.options.upstream and _is_asked(plan, node):
            version = _version(node, name)
            plan.understand(node, plan.tree.module)
            plan.shared.add(node)
            plan.edit(version, plan.tree.module, _shared(plan, version, "pymc3.__version__"))
            continue
        if name in SHARED and not _is_base_class(plan, node):
            plan.understand(node, plan.tree.module)
            plan.shared.add(node)
            plan.edit(node, plan.tree.module, _shared(plan, node, name.removeprefix("pymc3.")))
            continue
        annotates = any(isinstance(a, cst.Annotation) for a in plan.tree.ancestors(node))
        if annotates and name in _OF_VARIABLES and not plan.options.upstream:
            plan.understand(node, plan.tree.module)
            plan.shared.add(node)
            plan.edit(node, plan.tree.module, _shared(plan, node, "GeneratorTensor"))
            continue
        group = _group(plan, node)
        plan.understand(node, group)
        short = name.removeprefix("pymc3.")
        advice = ADVICE.get(short) or ADVICE.get(short.split(".")[0]) or older.advice(short)
        if name == "pymc3.Model":
            way_out = "make the model in a function, with `with pm.Model() as model:`"
            message = f"a subclass of pm.Model that makes its variables elsewhere has no counterpart: {way_out}"
            plan.refuse(node, group, model_class.RULE.code, message)
        elif not _is_known(name):
            unknown.add(node)
            plan.refuse(node, group, UNKNOWN.code, f"`{code(node)}` is used in a way that is not understood")
        elif advice is not None:
            plan.refuse(node, group, RULE.code, f"pm.{short} has no rule: {advice}")
        elif name.startswith("theano.sparse."):
            dense = "tensors are dense: convert matrices with .toarray(), and use the function of theano.tensor"
            plan.refuse(node, group, RULE.code, f"{code(node)} has no rule: {dense}")
        else:
            way_out = "leave the annotation out" if annotates else "keep this on PyMC3"
            plan.refuse(node, group, RULE.code, f"{code(node)} has no rule: {way_out}")
    return unknown


def _version(node: cst.CSTNode, name: str) -> cst.CSTNode:
    """The version in ``pm.__version__.split``."""
    for _ in range(name.count(".") - 1):
        node = cst.ensure_type(node, cst.Attribute).value
    return node


def _is_asked(plan: Plan, node: cst.CSTNode) -> bool:
    """Whether a program depends on the version, which it may only show: ``pm.__version__ < '3.8'``."""
    parent = plan.tree.parent[node]
    call = plan.tree.parent[parent]
    if isinstance(parent, cst.Arg) and isinstance(call, cst.Call):
        shown = isinstance(call.func, cst.Attribute) and call.func.attr.value in _SHOWING
        return not shown and plan.flow.name_of(call.func) not in ("builtins.print", "builtins.str", "builtins.repr")
    return isinstance(parent, (cst.Comparison, cst.ComparisonTarget, cst.Attribute, cst.Subscript, cst.Call))


def _is_base_class(plan: Plan, node: cst.CSTNode) -> bool:
    parent = plan.tree.parent[node]
    return isinstance(parent, cst.Arg) and isinstance(plan.tree.parent[parent], cst.ClassDef)


def _shared(plan: Plan, node: cst.CSTNode, name: str) -> Callable[[cst.BaseExpression], cst.BaseExpression]:
    """An edit that leaves a reference to PyMC3 while PyMC3's import stays."""
    return lambda updated: updated if plan.names.mixed else plan.names.name("pm", name, node)


def _is_known(name: str) -> bool:
    root, *rest = name.split(".")
    if not rest:
        return False
    if root == "pymc3":
        return pymc3_names.is_public("pymc3", rest[0])
    return root == "theano"


def _group(plan: Plan, node: cst.CSTNode) -> cst.CSTNode:
    """What else stays when a reference stays: what it is called with, where it stands, and what it makes."""
    parent = plan.tree.parent[node]
    group = function_group(plan, parent if isinstance(parent, cst.Call) else node)
    if isinstance(parent, cst.Call) and parent.func is node:
        plan.unite(
            group, *(m.site for a in parent.args for n in plan.tree.walk(a.value) for m in v.models(plan.flow.value(n)))
        )
    value = plan.flow.value(parent)
    for atom in value:
        if isinstance(atom, v.Foreign):
            plan.unite(group, atom.call)
    return group


def plan_ties(plan: Plan) -> None:
    """Tie models and helpers to the variables, the classes and the PyMC3 and Theano objects that they are made from."""
    classes = _derived_classes(plan)
    for node, value in plan.flow.values.items():
        if value is v.PLAIN or value is v.NUMBER:
            continue
        ties: list[cst.CSTNode] = []
        for atom in value:
            if isinstance(atom, (v.Foreign, v.Dist)):
                ties.append(atom.call)
            elif isinstance(atom, v.Tensor) and atom.site is not None:
                ties.append(atom.site)
            elif isinstance(atom, (v.Instance, v.Function)) and atom.node in classes:
                ties.append(atom.node)
        if ties:
            plan.unite(function_group(plan, node), *ties)


def _derived_classes(plan: Plan) -> set[cst.CSTNode]:
    """The classes that derive from one of PyMC3 or Theano: each shares the fate of its base and its methods."""
    found: set[cst.CSTNode] = set(plan.flow.own_maps)
    for node in plan.tree.of(cst.ClassDef):
        bases = [arg.value for arg in node.bases if arg.value in plan.flow.references]
        if bases:
            methods = [s for s in node.body.body if isinstance(s, cst.FunctionDef)]
            plan.unite(node, *(plan.owner[base] for base in bases), *methods)
            found.add(node)
    return found


def plan_helpers(plan: Plan) -> None:
    """Tie functions that use tensor functions or create variables to the models that call them."""
    helpers = {
        group
        for node, group in plan.owner.items()
        if isinstance(group, cst.FunctionDef) and node in plan.flow.references
    }
    changed = True
    callers: dict[cst.CSTNode, set[cst.CSTNode]] = {}
    for node in plan.tree.of(cst.Call):
        targets = {a.node for a in plan.flow.value(node.func) if isinstance(a, v.Function)}
        place = _place(plan, node)
        if targets and place is not None:
            callers.setdefault(place, set()).update(targets)
    for helper in helpers:  # what makes a function and gives it back
        outer = plan.tree.scope(helper)
        if isinstance(outer, cst.FunctionDef):
            callers.setdefault(outer, set()).add(helper)
    while changed:
        changed = False
        for place, targets in callers.items():
            for target in targets & helpers:
                if plan.root(place) is not plan.root(target):
                    plan.unite(place, target)
                    changed = True
                if isinstance(place, cst.FunctionDef) and place not in helpers:
                    helpers.add(place)
                    changed = True


def _place(plan: Plan, node: cst.CSTNode) -> cst.CSTNode | None:
    """The model or function that a call stands in."""
    for outer in plan.tree.ancestors(node):
        kind = type(outer)
        if kind is cst.With:
            models = plan.flow.enters(outer)  # type: ignore[arg-type]
            if models:
                return next(iter(models)).site
        if kind is cst.FunctionDef:
            return outer
    return None

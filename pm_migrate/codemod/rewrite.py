"""From source to source: analyse, plan, decide, apply once.

1. The program is parsed and analysed (:mod:`~pm_migrate.codemod.flow`), its models are found.
2. The rules plan edits and refusals on the original tree, in groups.
3. Groups with a refusal stay as they were; imports follow from what is left.
4. All edits are applied in one pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import libcst as cst

from pm_migrate.catalog.functions import function_named
from pm_migrate.catalog.samplers import ARVIZ, INFERENCE, SAME, TABLES
from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.comments import without_texts
from pm_migrate.codemod.edits import Applier
from pm_migrate.codemod.flow import Flow
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.names import Names
from pm_migrate.codemod.plan import Edit, Note, Options, Plan
from pm_migrate.codemod.results import Results
from pm_migrate.codemod.roots import ROOTS
from pm_migrate.codemod.rules import (
    asked,
    at_run_time,
    attributes,
    augmented,
    built_on,
    by_name,
    caller_model,
    changed_data,
    chosen,
    closures,
    comparison,
    conversions,
    data,
    described,
    deterministic,
    diagnostics,
    drawing,
    elsewhere,
    equality,
    escapes,
    given_back,
    glm,
    groups,
    helper,
    imports,
    inference,
    ipython,
    kept,
    leftover,
    model_block,
    model_object,
    nameless,
    nested,
    ode,
    outside,
    own_distributions,
    own_maps,
    processes,
    random_variable,
    reexports,
    slices,
    sparse,
    summaries,
    tensor_attributes,
    tensors,
    theano,
    trace,
    transforms,
    upstream,
    upstream_indices,
    used_elsewhere,
)
from pm_migrate.codemod.scopes import bound_name
from pm_migrate.codemod.syntax import parse
from pm_migrate.codemod.tree import Tree, code, dotted
from pm_migrate.errors import SourceError
from pm_migrate.findings import Confidence, Migration, References

_ROOTS = re.compile(rf"\b(?:{'|'.join(ROOTS)})\b")
_RUNS_TEXTS = re.compile(r"\b(?:import_module|__import__|exec|eval)\b")
_IGNORE = re.compile(r"#\s*pm-migrate:\s*ignore(?:\[([\w,\s]*)\])?")


@lru_cache(maxsize=1)
def rewrite(text: str, options: Options) -> Migration:
    """Rewrite one program.

    The last one is kept: a program of which nothing was rewritten has the same text again in the second run, when our
    comments are taken out of it.

    Raises
    ------
    SourceError
        With line and column, for text that does not parse.
    """
    links = options.links
    if not (links.reexports or links.makers or links.builders) and not _names_roots(text):
        parse(text)
        return Migration(text, changed=False)
    try:
        tree = Tree(text)
    except cst.ParserSyntaxError as error:
        parse(text)  # Python's own parser says better where the fault is
        where = f"line {error.raw_line}, column {error.raw_column + 1}"
        raise SourceError(f"not valid Python: {where}: {error.message}") from error
    given = dict(links.reexports)
    flow = Flow(tree, links.makers, given, links.unlisted, links.builders, links.filled, links.distributions)
    plan = Plan(tree, flow, options)
    plan.names = Names(plan)
    unused = not flow.references and not plan.names.sites and not (flow.makers or flow.builders)
    if unused and not ipython.run_texts(plan):
        return Migration(text, changed=False)
    models = Models(tree, flow)
    plan.helpers = models.helpers
    unknown = _plan(plan, models)
    migrated = {n for n in flow.references if not plan.is_blocked(plan.owner[n])}
    left = set(flow.references) - migrated
    taken_by_others = reexports.exported(plan)
    plan.names.mixed = (
        any(flow.references[n].startswith("pymc3") for n in left)
        or any(site.root == "pymc3" for site in plan.names.sites if site.node in taken_by_others)
        or not options.enabled("PM101")
    )
    if plan.names.mixed:
        migrated -= plan.shared
        left |= plan.shared
        if not migrated:  # a file of which nothing is rewritten keeps its settings, and gets none
            plan.blocked |= {plan.owner[n] for n in plan.shared}
    needs = frozenset(need for edit in _planned(plan) for need in edit.needs)
    leftover_sites = {site for n in left for site in _sites(flow, n)} | taken_by_others
    plan.names.left = {site.node for site in plan.names.sites if site.root == "theano" and site.node in leftover_sites}
    fate = imports.plan_imports(plan, leftover_sites, needs)
    changed = _apply(plan)
    if plan.offences - options.refused:
        return rewrite(text, replace(options, refused=options.refused | plan.offences))
    total = len(flow.references) + len(fate)
    done = len(migrated) + sum(fate.values())
    todo = total - done - len(unknown)
    notes = [note for note in plan.notes if _stands(plan, note)]
    findings = sorted({plan.finding(note) for note in notes})
    account = References(total, done, todo, len(unknown))
    held = used_elsewhere.given(plan) - links.shared - links.entrusted
    linked = replace(elsewhere.linked(plan), taken=reexports.taken(plan, left), models=held)
    linked = used_elsewhere.with_classes(plan, linked)
    own = [site for site in models.models if not models.is_built_elsewhere(site)]
    return Migration(changed, changed != text, tuple(findings), len(own), account, linked)


def _names_roots(text: str) -> bool:
    """Whether PyMC3 or Theano may be named by the code of a program, or by texts that it may run."""
    code_alone = without_texts(text)
    return _ROOTS.search(code_alone) is not None or _RUNS_TEXTS.search(code_alone) is not None


def _plan(plan: Plan, models: Models) -> set[cst.CSTNode]:
    """Let every rule plan; returns the references that none understood."""
    by_name.plan_lists(plan, models)
    drawing.find_drawing(plan, models)
    plan.forms = Results(plan, models)
    diagnostics.plan_arviz(plan)
    groups.plan_kept(plan)
    summaries.plan_summaries(plan)
    comparison.plan_columns(plan)
    diagnostics.plan_criteria(plan)
    conversions.plan_conversions(plan)
    closures.plan_closures(plan, models)
    given_back.plan_given_back(plan, models)
    model_block.plan_models(plan, models)
    conversions.plan_given_models(plan, models)
    drawing.plan_drawing(plan, models)
    outside.plan_outside(plan, models)
    helper.plan_helpers(plan, models)
    elsewhere.plan_elsewhere(plan, models)
    elsewhere.plan_unseen(plan, models)
    built_on.plan_built_on(plan, models)
    caller_model.plan_callers(plan)
    nested.plan_nested(plan)
    nested.plan_made_inside(plan, models)
    augmented.plan_augmented(plan)
    for node, qualified in plan.flow.references.items():
        call = plan.tree.parent[node]
        name = pymc3_names.canonical(qualified)
        short = name.removeprefix("pymc3.")
        if name.startswith("pymc3.") and short in SAME:
            inference.plan_same(plan, node, short)
        elif name.startswith("pymc3.") and short in ARVIZ:
            diagnostics.plan_function(plan, node, short)
        elif name.startswith("pymc3.") and short in TABLES:
            conversions.plan_table(plan, models, node, short)
        elif (transform := transforms.transform_of(name)) is not None:
            transforms.plan_transform(plan, node, transform)
        elif name.startswith("pymc3.glm.families."):
            glm.plan_family(plan, node, name)
        elif name.endswith(".draw_values"):
            own_maps.plan_drawn(plan, node)
        elif name == pymc3_names.SOLVER:
            ode.plan_solver(plan, node)
        elif short.startswith("gp.") or short == "plot_gp_dist":
            processes.plan_reference(plan, node, short)
        elif name in pymc3_names.KEPT:
            kept.plan_kept(plan, node, pymc3_names.KEPT[name])
        elif qualified in pymc3_names.SPARSE:
            sparse.plan_dense(plan, node)
        elif function_named(name) is not None:
            tensors.plan_function(plan, node, name)
        elif not isinstance(call, cst.Call) or call.func is not node or not v.only(plan.flow.value(node), v.Qualified):
            continue
        elif name.startswith("pymc3.") and short in pymc3_names.COMPONENTS:
            glm.plan_component(plan, call, short)
        elif name.startswith("pymc3.") and short in pymc3_names.DISTRIBUTIONS:
            if not chosen.is_chosen(plan, call) and not at_run_time.plan_starred(plan, call, short):
                random_variable.plan_variable(plan, call, short)
        elif name.endswith(".dist") and short.removesuffix(".dist") in pymc3_names.DISTRIBUTIONS:
            nameless.plan_dist(plan, call, short.removesuffix(".dist"))
        elif name in model_object.SLOPES:
            model_object.plan_slopes(plan, models, call, name)
        elif name == "pymc3.Bound":
            nameless.plan_bound(plan, call)
        elif name == "pymc3.Data":
            data.plan_data(plan, call)
        elif name == "pymc3.set_data":
            data.plan_set_data(plan, models, call)
        elif name in ("pymc3.Deterministic", "pymc3.Potential"):
            deterministic.plan_deterministic(plan, call, short)
        elif name.startswith("pymc3.") and short in INFERENCE:
            starred = short == "sample" and at_run_time.plan_sample(plan, models, call)
            if not starred:
                inference.plan_inference(plan, models, call, short)
    processes.plan_methods(plan, models)
    own_distributions.plan_own(plan, models)
    own_maps.plan_derived(plan)
    nameless.plan_bounded(plan)
    described.plan_described(plan)
    chosen.plan_chosen(plan)
    nameless.plan_methods(plan)
    tensors.plan_numpy(plan)
    tensors.plan_symbols(plan)
    slices.plan_slices(plan)
    equality.plan_equality(plan)
    changed_data.check_builders(plan, models)
    if plan.options.upstream:
        upstream_indices.plan_indexing(plan)
    trace.plan_traces(plan, models)
    theano.plan_theano(plan)
    unknown = leftover.plan_leftovers(plan)
    reexports.plan_stars(plan)
    used_elsewhere.plan_used_elsewhere(plan)
    elsewhere.plan_things(plan)
    theano.plan_operations(plan)
    leftover.plan_ties(plan)
    leftover.plan_helpers(plan)
    model_object.plan_model_uses(plan, models)
    asked.plan_by_model(plan)
    escapes.plan_escapes(plan, models)
    outside.plan_sampled(plan, inference.FUNCTIONS.code)
    attributes.plan_readers(plan, models, escapes.ESCAPE.code)
    tensor_attributes.plan_attributes(plan)
    ipython.plan_strings(plan)
    if plan.options.upstream:
        upstream.plan_upstream(plan)
    return unknown


def _sites(flow: Flow, node: cst.CSTNode) -> set[cst.CSTNode]:
    """The imports whose names a reference needs: a name bound from one (``x = theano.config.floatX``) needs none."""
    found = {a.site for a in flow.value(node) if isinstance(a, v.Qualified) and a.site is not None}
    first = (dotted(node) or "").partition(".")[0]
    return {site for site in found if not first or _gives(site, first)}


def _gives(site: cst.CSTNode, name: str) -> bool:
    """Whether an import binds a name."""
    if not isinstance(site, cst.ImportAlias):
        return True
    return name == (code(site.asname.name) if site.asname is not None else bound_name(site))


def _planned(plan: Plan) -> list[Edit]:
    """The edits that will be applied."""
    every = [e for table in (plan.edits, plan.before) for edits in table.values() for e in edits]
    return [e for e in every if not plan.is_blocked(e.group)]


def _stands(plan: Plan, note: Note) -> bool:
    return note.confidence is Confidence.MANUAL or not plan.is_blocked(note.group)


def _apply(plan: Plan) -> str:
    def watch(node: cst.CSTNode, edit: Edit) -> Callable[[Any], Any]:
        return upstream.watched(plan, node, edit) if plan.options.upstream else edit.apply

    def alive(table: dict[cst.CSTNode, list[Edit]]) -> dict[cst.CSTNode, list[Callable[[Any], Any]]]:
        kept = {
            n: [watch(n, e) for e in sorted(edits, key=lambda e: e.last) if not plan.is_blocked(e.group)]
            for n, edits in table.items()
        }
        return {n: edits for n, edits in kept.items() if edits}

    edits, before, todos = alive(plan.edits), alive(plan.before), _todos(plan)
    if not (edits or before or todos):
        return plan.tree.text
    plan.applier = Applier(edits, before, todos, plan.tree.parent)
    made = plan.applier.apply(plan.tree.module)
    assert isinstance(made, cst.Module)
    return plan.tree.printed(made)


def _todos(plan: Plan) -> dict[cst.CSTNode, list[str]]:
    """Comments above the statements that need a person; those of an earlier run were taken out before."""
    out: dict[cst.CSTNode, list[str]] = {}
    seen: set[tuple[cst.CSTNode, str]] = set()
    for note in sorted(
        (n for n in plan.notes if n.confidence is Confidence.MANUAL), key=lambda n: plan.tree.order[n.node]
    ):
        line = plan.tree.statement(note.node)
        if (line, note.code) in seen or line is plan.tree.module:
            continue
        seen.add((line, note.code))
        if not _ignored(plan, note, line):
            out.setdefault(line, []).append(f"# TODO(pm-migrate {note.code}): {note.message}")
    return out


def _ignored(plan: Plan, note: Note, line: cst.CSTNode) -> bool:
    """Whether a comment in the statement asks for silence."""
    first = plan.tree.position(line).start.line
    last = plan.tree.position(note.node).end.line
    for number in range(first, last + 1):
        match = _IGNORE.search(plan.tree.lines[number - 1])
        if match and (match.group(1) is None or note.code in re.split(r"[\s,]+", match.group(1))):
            return True
    return False

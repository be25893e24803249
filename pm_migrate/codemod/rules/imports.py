"""Import the generator front end in place of PyMC3, TensorFlow in place of Theano.

``import pymc3 as pm`` becomes ``import pm_migrate.pymc4 as pm``, whatever the form of the import; TensorFlow, ArviZ and
NumPy are imported once where they are needed and are not yet; Theano's imports go when nothing uses them any more.

Why: rewritten code runs on ``pm_migrate.pymc4``, which has PyMC4's interface on current TensorFlow Probability
(``pymc4`` itself with ``--runtime upstream``).

Limits: as long as one reference to PyMC3 stays behind, its import stays too, and the migrated models use the alias
``pm4``, so that nothing can be mistaken for the other.
"""

from __future__ import annotations

from typing import Any

import libcst as cst

from pm_migrate.codemod import edits
from pm_migrate.codemod import values as v
from pm_migrate.codemod.names import DROP_IN, FRONT_ENDS, ImportSite
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.roots import is_reference
from pm_migrate.codemod.rules import import_places
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.import_places import import_of, is_import, stands_above
from pm_migrate.codemod.tree import code, dotted, statement, string_value

RULE = Rule(
    "PM101",
    "Import the generator front end instead of PyMC3",
    __doc__ or "",
    (
        Example(
            """
            from pymc3 import Model, Normal as N

            with Model() as model:
                mu = N('mu', 0, 1)
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                mu = yield pm.Normal('mu', 0, 1)


            model = build_model()
            """,
        ),
        Example(
            """
            import numpy as np; import pymc3 as pm; print(pm.__version__)  # what runs here

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
            """,
            """
            import numpy as np
            import pm_migrate.pymc4 as pm
            print(pm.__version__)  # what runs here


            @pm.model(name=None)
            def build_model():
                mu = yield pm.Normal('mu', 0, 1)


            model = build_model()
            """,
        ),
        Example(
            """
            import pymc3 as pm

            with pm.Model() as a:
                mu = pm.Normal('mu', 0, 1)

            with pm.Model() as b:
                walk = pm.BART('walk', X, y)
            """,
            """
            import pymc3 as pm
            import pm_migrate.pymc4 as pm4


            @pm4.model(name=None)
            def build_a():
                mu = yield pm4.Normal('mu', 0, 1)


            a = build_a()

            with pm.Model() as b:
                # TODO(pm-migrate PM211): there is no rule for pm.BART: use a spline basis with pm.Normal weights
                walk = pm.BART('walk', X, y)
            """,
        ),
    ),
)

THEANO = Rule(
    "PM102",
    "Remove imports of Theano that nothing uses",
    """``import theano.tensor as tt`` goes, and TensorFlow is imported in its place where it is needed.

    Why: rewritten code runs without Theano.

    Limits: an import stays while something that it gives is still used.
    """,
    (
        Example(
            """
            import numpy as np
            import pymc3 as pm
            import theano.tensor as tt

            with pm.Model() as model:
                a = pm.Normal('a', 0, 1)
                y = pm.Normal('y', tt.exp(a), 1, observed=np.ones(3))
            """,
            """
            import numpy as np
            import pm_migrate.pymc4 as pm
            import tensorflow as tf


            @pm.model(name=None)
            def build_model():
                a = yield pm.Normal('a', 0, 1)
                y = yield pm.Normal('y', tf.exp(a), 1, observed=np.ones(3))


            model = build_model()
            """,
        ),
    ),
)

RULES = (RULE, THEANO)


def plan_imports(plan: Plan, leftover: set[cst.CSTNode], needs: frozenset[str]) -> dict[cst.CSTNode, bool]:
    """Plan the import statements.

    Parameters
    ----------
    leftover
        The import aliases whose names are still used after the rewriting.
    needs
        The modules that the rewriting uses: ``pm``, ``tf``, ``az``, ``np``.

    Returns
    -------
    dict
        For each import alias (or star): whether it is migrated.
    """
    names = plan.names
    sites: list[ImportSite] = names.sites
    fate: dict[cst.CSTNode, bool] = {site.node: _migrated(plan, site, leftover) for site in sites}
    by_line: dict[cst.CSTNode, list[ImportSite]] = {}
    for site in sites:
        by_line.setdefault(site.line, []).append(site)
    provided: dict[tuple[cst.CSTNode, str, cst.CSTNode | None], list[cst.CSTNode]] = {}
    missing: list[str] = [m for m in ("az", "np", "tf") if m in needs and not names.has(m)]
    missing += _own_modules(plan, sites, needs)
    kept = _kept_sites(plan)
    home = import_places.home_of(plan, sites)
    swapped = import_places.swapped(plan, sites, fate) if "tf" in missing else None
    placed = (
        {} if home is None else import_places.places(plan, home, [m for m in missing if m != "tf" or swapped is None])
    )
    for line, here in by_line.items():
        extra: list[str] = []
        for site in here:
            if "pm" in needs and (later := _pymc3_below_code(plan, site, sites)) is not None:
                site = later  # what stands between already uses the front end
            if site.root == "pymc3" and (fate[site.node] or "pm" in needs):
                key = (site.scope, names.pm_alias(site), _star_above(plan, site))
                given = provided.setdefault(key, [])
                again = any(stands_above(plan, other, line) for other in given)
                if not again and not _has_module(plan, site, sites):
                    given.append(line)
                    extra.append(f"import {FRONT_ENDS[plan.options.runtime]} as {key[1]}")
        extra += _kept_imports(here, kept)
        if swapped is line:
            extra.append(import_of(plan, "tf", line))
        plan.edit(line, plan.tree.module, _line_edit(here, fate, extra))
    for line, (before, after) in placed.items():
        lines = ([import_of(plan, m, line) for m in before], [import_of(plan, m, line) for m in after])
        plan.edit(line, plan.tree.module, import_places.around(*lines))
    if home is None and missing:
        top = [import_of(plan, m, plan.tree.module.body[0]) for m in missing]
        plan.edit(plan.tree.module, plan.tree.module, import_places.at_top(top))
    noted: set[tuple[cst.CSTNode, str]] = set()
    for site in sites:
        if fate[site.node] and (site.statement, site.root) not in noted:
            noted.add((site.statement, site.root))
            _note(plan, site, site.node in kept)
    return fate


def _has_module(plan: Plan, site: ImportSite, sites: list[ImportSite]) -> bool:
    """Whether names of PyMC3 are imported below the import of the module itself, whose name all of them go by then."""
    first = next(s for s in sites if s.root == "pymc3" and s.scope is site.scope)
    beside = plan.tree.parent.get(first.line) is plan.tree.parent.get(site.line)
    return site.local is None and first.local not in (None, "pymc3") and beside and not plan.names.mixed


def _star_above(plan: Plan, site: ImportSite) -> cst.CSTNode | None:
    """The last ``import *`` of another file above an import, or with it: it may have given the same name again."""
    here = plan.tree.order[site.statement]
    stars = plan.flow.star_sites.items() if plan.flow.reexports else ()
    above = [star for module, star in stars if not is_reference(module) and plan.tree.order[star] <= here]
    return max(above, key=lambda star: plan.tree.order[star], default=None)


def _own_modules(plan: Plan, sites: list[ImportSite], needs: frozenset[str]) -> list[str]:
    """The front end where no import of PyMC3 gives it, and the drop-in's Theano where no import of Theano does."""
    found = ["pm"] if "pm" in needs and not any(s.root == "pymc3" for s in sites) else []
    kept = {n: name for n, name in plan.kept.items() if not plan.is_blocked(plan.owner[n])}
    respelled = [n for n, name in kept.items() if name != plan.flow.references[n] or plan.names.keeps_theano(n)]
    given = {s.local for s in sites if s.node in _kept_sites(plan)}
    return found + (["theano"] if respelled and plan.names.theano_alias() not in given else [])


def _kept_sites(plan: Plan) -> set[cst.CSTNode]:
    """The imports of Theano under which the drop-in's Theano comes."""
    return {
        a.site
        for n, name in plan.kept.items()
        if not plan.is_blocked(plan.owner[n]) and name == plan.flow.references[n] and not plan.names.keeps_theano(n)
        for a in plan.flow.value(n)
        if isinstance(a, v.Qualified) and a.site is not None
    }


def _kept_imports(here: list[ImportSite], kept: set[cst.CSTNode]) -> list[str]:
    """The imports of a line, of the drop-in's Theano."""
    out: list[str] = []
    for site in here:
        if site.node not in kept:
            continue
        name = "" if isinstance(site.node, cst.ImportFrom) else dotted(site.node.name) or ""
        if site.taken is not None:
            above, _, what = f"{DROP_IN}.{site.taken}".rpartition(".")
            out.append(f"from {above} import {what}" + ("" if what == _local(site) else f" as {_local(site)}"))
            continue
        asname = site.node.asname if isinstance(site.node, cst.ImportAlias) else None
        suffix = "" if asname is None else f" as {code(asname.name)}"
        if isinstance(site.statement, cst.ImportFrom):
            module = dotted(site.statement.module) if site.statement.module is not None else ""
            line = f"from {DROP_IN}.{module} import "
            if out and out[-1].startswith(line):
                out[-1] += f", {name}{suffix}"
            else:
                out.append(line + (f"{name}{suffix}" or "*"))
        elif name == "theano" or not suffix:
            out.append(f"from {DROP_IN} import theano{suffix}")
        else:
            out.append(f"import {DROP_IN}.{name}{suffix}")
    return list(dict.fromkeys(out))


def _local(site: ImportSite) -> str:
    """The name that an import binds."""
    assert isinstance(site.node, cst.ImportAlias)
    return code(site.node.asname.name if site.node.asname is not None else site.node.name)


def _migrated(plan: Plan, site: ImportSite, leftover: set[cst.CSTNode]) -> bool:
    if not plan.options.enabled(RULE.code if site.root == "pymc3" else THEANO.code):
        return False
    if _is_exported(plan, site):
        plan.refuse(site.statement, site.node, RULE.code, "another module may import these names from here")
        return False
    if site.root == "pymc3":
        return not plan.names.mixed
    return site.node not in leftover


def _is_exported(plan: Plan, site: ImportSite) -> bool:
    """Whether a name is imported for other modules: nothing here uses it, and the module is a package's face."""
    if any(
        isinstance(a, v.Qualified) and a.site is site.node for n in plan.flow.references for a in plan.flow.value(n)
    ):
        return False
    name = code(site.node.asname.name) if isinstance(site.node, cst.ImportAlias) and site.node.asname else None
    if name is None and isinstance(site.node, cst.ImportAlias):
        name = dotted(site.node.name)
    package = (plan.options.path or "").replace("\\", "/").endswith("__init__.py")
    return isinstance(site.statement, cst.ImportFrom) and (package or name in _exports(plan))


def _exports(plan: Plan) -> set[str | None]:
    """The names in ``__all__``."""
    for line in plan.tree.module.body:
        match line:
            case cst.SimpleStatementLine(
                body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value="__all__"))], value=value)]
            ):
                return {string_value(n) for n in plan.tree.walk(value)}
    return set()


def _note(plan: Plan, site: ImportSite, kept: bool) -> None:
    if kept:
        plan.note(site.node, plan.tree.module, THEANO.code, f"Theano becomes {DROP_IN}.theano")
    elif site.root == "pymc3":
        plan.note(site.node, plan.tree.module, RULE.code, f"pymc3 becomes {FRONT_ENDS[plan.options.runtime]}")
    else:
        plan.note(site.node, plan.tree.module, THEANO.code, "nothing uses this import of Theano any more")


def _pymc3_below_code(plan: Plan, site: ImportSite, sites: list[ImportSite]) -> ImportSite | None:
    """The first import of PyMC3, where an import of Theano stands above it with code between them."""
    first = next((s for s in sites if s.root == "pymc3" and s.scope is site.scope), None)
    body = list(getattr(plan.tree.parent.get(site.line), "body", ()))
    if site.root != "theano" or first is None or first.line not in body or site.line not in body:
        return None
    between = body[body.index(site.line) : body.index(first.line)]
    code_between = any(
        not (
            isinstance(s, cst.SimpleStatementLine) and all(isinstance(n, (cst.Import, cst.ImportFrom)) for n in s.body)
        )
        for s in between
    )
    return first if code_between else None


def _line_edit(here: list[ImportSite], fate: dict[cst.CSTNode, bool], extra: list[str]) -> Any:
    """An edit of one line of imports: migrated names go, new imports come after what stays."""

    def apply(updated: cst.SimpleStatementLine) -> Any:
        gone: set[cst.CSTNode] = {s.node for s in here if fate[s.node]}
        body: list[Any] = []
        place = None
        for small, original in zip(updated.body, here[0].line.body, strict=True):
            if place is None and any(s.statement is original for s in here):
                place = len(body)
            kept = _remaining(small, original, gone)
            if kept is not None:
                body.append(kept)
        new = [statement(text) for text in extra]
        if new and place is not None and any(not is_import(small) for small in body[place:]):
            return cst.FlattenSentinel(_split(updated, body, place, new))
        if body:
            body[-1] = body[-1].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
            return cst.FlattenSentinel([updated.with_changes(body=body), *new])
        if not new:
            return edits.orphan(updated.leading_lines, updated.trailing_whitespace.comment)
        new[0] = new[0].with_changes(leading_lines=updated.leading_lines)
        new[-1] = new[-1].with_changes(trailing_whitespace=updated.trailing_whitespace)
        return cst.FlattenSentinel(new)

    return apply


def _split(updated: cst.SimpleStatementLine, body: list[Any], place: int, new: list[Any]) -> list[Any]:
    """A line whose statements after its imports may use them: the new imports come between."""
    front = [] if place == 0 else [updated.with_changes(body=_ended(body[:place]), trailing_whitespace=_NO_COMMENT)]
    rest = updated.with_changes(body=_ended(body[place:]), leading_lines=[])
    made = [*front, *new, rest]
    made[0] = edits.with_leading(made[0], edits.leading(updated))
    return made


def _ended(body: list[Any]) -> list[Any]:
    """Small statements, the last of them without a semicolon."""
    return [*body[:-1], body[-1].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)]


_NO_COMMENT = cst.TrailingWhitespace()


def _remaining(small: Any, original: Any, gone: set[cst.CSTNode]) -> Any:
    """A small statement without the names that go, or None when none is left."""
    if not isinstance(original, (cst.Import, cst.ImportFrom)):
        return small
    if original in gone:
        return None
    if isinstance(original.names, cst.ImportStar):
        return small
    kept = [a for a, o in zip(small.names, original.names, strict=True) if o not in gone]
    if len(kept) == len(original.names):
        return small
    if not kept:
        return None
    kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return small.with_changes(names=kept)

"""Import statements and the names that rewritten code uses: which alias each module goes by at each place.

Imports are decided last. When every reference to PyMC3 was migrated, its import becomes the import of the generator
front end, under the alias that the program already uses. When something stays behind, the old import stays with it and
the migrated models use an alias of their own (``pm4``), so that neither can be mistaken for the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.flow import Flow
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.roots import is_reference
from pm_migrate.codemod.scopes import bound_name
from pm_migrate.codemod.tree import Tree, code, dotted, expression

#: Modules that rewritten code may need, by the alias they usually go by.
MODULES = {"tf": "tensorflow", "az": "arviz", "np": "numpy"}
#: Where the drop-in's Theano is.
DROP_IN = "pm_migrate.shims"
FRONT_ENDS = {"shims": "pm_migrate.pymc4", "upstream": "pymc4"}
_MIXED = "pm4"


@dataclass(frozen=True, eq=False)
class ImportSite:
    """One imported name (or star) of PyMC3 or Theano.

    ``node`` is the alias, or the whole statement for a star; ``root`` is ``pymc3`` or ``theano``. ``taken`` is the
    dotted name of what is taken from another file of the program; ``starred`` says that it comes by ``import *``, and
    ``node`` then is no part of the text.
    """

    node: cst.ImportAlias | cst.ImportFrom
    statement: cst.Import | cst.ImportFrom
    line: cst.SimpleStatementLine
    root: str
    scope: cst.CSTNode
    taken: str | None = None
    starred: bool = False

    @property
    def local(self) -> str | None:
        """The name by which the whole module is known, if this imports the whole module."""
        if self.taken is not None and isinstance(self.node, cst.ImportAlias):
            return (
                code(self.node.asname.name if self.node.asname else self.node.name) if self.taken == self.root else None
            )
        if isinstance(self.node, cst.ImportAlias) and isinstance(self.statement, cst.Import):
            if dotted(self.node.name) != self.root:
                return None  # a module inside of it
            return self.root if self.node.asname is None else code(self.node.asname.name)
        return None


def import_sites(flow: Flow) -> Iterator[ImportSite]:
    """Yield every import of PyMC3 and Theano in source order, from other files of the program too."""
    tree, reexports = flow.tree, flow.reexports
    used = {a.site for n in flow.references for a in flow.value(n) if isinstance(a, v.Qualified)}
    by_star = [(star, alias) for (star, _), alias in flow.starred.items() if alias in used]
    for node in tree.of(cst.Import, cst.ImportFrom):
        if isinstance(node, cst.Import):
            for alias in node.names:
                if is_reference(dotted(alias.name)):
                    yield _site(tree, alias, node, dotted(alias.name) or "")
        else:
            module = "." * len(node.relative) + (dotted(node.module) or "" if node.module is not None else "")
            if not is_reference(module):
                star = isinstance(node.names, cst.ImportStar)
                for alias in [a for n, a in by_star if n is node] if star else node.names:
                    taken = reexports.get(f"{module}.{dotted(alias.name)}")
                    if taken is not None and is_reference(taken):
                        yield replace(_site(tree, alias, node, taken), taken=taken, starred=star)
            elif isinstance(node.names, cst.ImportStar):
                yield _site(tree, node, node, module)
            else:
                for alias in node.names:
                    yield _site(tree, alias, node, module)


def _site(
    tree: Tree, node: cst.ImportAlias | cst.ImportFrom, statement: cst.Import | cst.ImportFrom, module: str
) -> ImportSite:
    line = tree.parent[statement]
    assert isinstance(line, (cst.SimpleStatementLine, cst.SimpleStatementSuite))
    return ImportSite(node, statement, line, module.split(".")[0], tree.scope(statement))  # type: ignore[arg-type]


class Names:
    """Spells names of the output.

    Parameters
    ----------
    plan
        The plan that the names are for.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.tree: Tree = plan.tree
        self.flow: Flow = plan.flow
        self.sites = list(import_sites(plan.flow))
        self.mixed = False
        #: Imports of Theano that stay for what was not migrated.
        self.left: set[cst.CSTNode] = set()
        self._bound = self.flow.names_bound_anywhere()
        self._existing = {alias: self._existing_import(module) for alias, module in MODULES.items()}
        self._fresh: dict[str, str] = {}

    # -- which alias -------------------------------------------------------------------------------------------------

    def pm_site(self, at: cst.CSTNode) -> ImportSite | None:
        """The import of PyMC3 that a place sees: in its own function first, then further out."""
        scope: cst.CSTNode = self.tree.scope(at)
        while True:
            for site in self.sites:
                if site.root == "pymc3" and site.scope is scope:
                    return site
            if isinstance(scope, cst.Module):
                return None
            scope = self.tree.scope(scope)

    def pm_alias(self, site: ImportSite) -> str:
        """The alias under which an import site will give the generator front end."""
        if self.mixed:
            return self._take("pm4", _MIXED)
        local = site.local
        return local if local is not None and local != "pymc3" else self._take("pm", "pm")

    def alias(self, module: str, at: cst.CSTNode) -> str:
        """The alias of a module at a place: ``pm``, ``tf``, ``az`` or ``np``."""
        if module == "pm":
            site = self.pm_site(at)
            return self._take("pm", "pm") if site is None else self.pm_alias(site)
        return self._existing[module] or self._take(module, module)

    def _take(self, key: str, wanted: str) -> str:
        """A name for a module that is not used for anything else."""
        if key not in self._fresh:
            name = wanted
            taken_by_us: set[str | None] = set()
            if key in ("pm", "theano"):
                taken_by_us = {s.local for s in self.sites if (s.root == "theano") == (key == "theano")}
            if key == "theano":  # also by ``from theano import theano``
                taken_by_us |= {bound_name(s.node) for s in self.sites if isinstance(s.node, cst.ImportAlias)}
            while name in self._bound and name not in taken_by_us:
                name += "_"
            self._fresh[key] = name
        return self._fresh[key]

    def name(self, module: str, attr: str, at: cst.CSTNode) -> cst.BaseExpression:
        """The expression ``alias.attr``."""
        return expression(f"{self.alias(module, at)}.{attr}")

    def keeps_theano(self, node: cst.CSTNode) -> bool:
        """Whether the import that a reference goes back to stays Theano's own."""
        return any(isinstance(a, v.Qualified) and a.site in self.left for a in self.flow.value(node))

    def theano_alias(self) -> str:
        """The name of the drop-in's Theano where no import of the program gives it."""
        return self._take("theano", "theano4" if self.left else "theano")

    def theano_name(self, name: str, at: cst.CSTNode) -> cst.BaseExpression:
        """Something of the drop-in's Theano, by its dotted name there."""
        return expression(f"{self.theano_alias()}.{name.removeprefix('theano.')}")

    def decorator(self, at: cst.CSTNode, options: list[str]) -> str:
        """The decorator of a generator; PyMC4 itself takes the name when the model is made."""
        given = ", ".join(([] if self.plan.options.upstream else ["name=None"]) + options)
        return f"{self.alias('pm', at)}.model" + (f"({given})" if given else "")

    def call_options(self) -> list[str]:
        """What a call of a generator passes besides its own arguments."""
        return ["name=None"] if self.plan.options.upstream else []

    def has(self, module: str) -> bool:
        """Whether the program already imports a module where every place sees it."""
        return self._existing[module] is not None

    def _existing_import(self, module: str) -> str | None:
        """The alias by which the module scope knows a module, if it is bound to nothing else and before it is used."""
        first_use = min((self.tree.order[s.statement] for s in self.sites), default=0)
        for node in self.tree.of(cst.ImportAlias):
            if not isinstance(self.tree.scope(node), cst.Module):
                continue
            bound = [
                name
                for name in ([code(node.asname.name)] if node.asname is not None else [dotted(node.name) or ""])
                if self._is_module(module, node, self.flow.scope.everything.get(name, v.NOTHING))
            ]
            early = self.tree.order[node] < first_use or self._same_run(node) or self._next_to_first(node)
            if bound and early and self._unconditional(node):
                return bound[0]
        return None

    def _is_module(self, module: str, node: cst.ImportAlias, value: v.Value) -> bool:
        """Whether a name is one module by an import, and by others of the same: a notebook imports it in each cell."""
        same = all(isinstance(a, v.Qualified) and a.name == module for a in value)
        return same and v.Qualified(module, node) in value

    def _same_run(self, node: cst.CSTNode) -> bool:
        """Whether an import stands among imports at the top, so that nothing runs between it and the others."""
        for line in self.tree.module.body:
            if not (
                isinstance(line, cst.SimpleStatementLine)
                and all(isinstance(s, (cst.Import, cst.ImportFrom, cst.Expr, cst.Assign)) for s in line.body)
            ):
                return False
            if self.tree.inside(node, line):
                return True
        return False

    def _next_to_first(self, node: cst.CSTNode) -> bool:
        """Whether nothing but imports stands between the first import of PyMC3 or Theano and another one."""
        if not self.sites:
            return False
        first = min((s.statement for s in self.sites), key=self.tree.order.__getitem__)
        lines = [self.tree.statement(n) for n in (first, node)]
        body: list[cst.CSTNode] = list(self.tree.module.body)
        if not all(line in body for line in lines):
            return False
        return all(
            isinstance(line, cst.SimpleStatementLine)
            and all(isinstance(s, (cst.Import, cst.ImportFrom)) for s in line.body)
            for line in body[body.index(lines[0]) : body.index(lines[1])]
        )

    def _unconditional(self, node: cst.CSTNode) -> bool:
        line = self.tree.statement(node)
        return self.tree.parent.get(line) is self.tree.module

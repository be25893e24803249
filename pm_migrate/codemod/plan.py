"""What will be done to a program: edits planned on the original tree, in groups that stand or fall together.

A model, everything made from it and every helper it uses are one group. When one place in a group cannot be rewritten
with certainty, no edit of the group is applied: the model stays as it was and still runs under PyMC3.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import libcst as cst

from pm_migrate.catalog.samplers import INFERENCE
from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.flow import Flow
from pm_migrate.codemod.links import NO_LINKS, Links
from pm_migrate.codemod.tree import Tree, is_none
from pm_migrate.findings import Confidence, Finding

Apply = Callable[[Any], Any]
#: Whatever identifies a member of a group: a model's call, a function, a statement.
Key = cst.CSTNode


@dataclass(frozen=True)
class Options:
    """What :func:`pm_migrate.migrate_source` was asked for."""

    runtime: str = "shims"
    safe_only: bool = False
    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    path: str | None = None
    links: Links = NO_LINKS
    #: Places that an earlier attempt found to need something that PyMC4 itself does not have, and what.
    refused: frozenset[tuple[tuple[int, int, str], str]] = frozenset()

    def enabled(self, code: str) -> bool:
        """Whether a rule takes part."""
        return (not self.select or code in self.select) and code not in self.ignore

    @property
    def upstream(self) -> bool:
        """Whether the output is for PyMC4 itself."""
        return self.runtime == "upstream"


@dataclass(frozen=True, eq=False)
class Edit:
    """One edit: applied to the node when it is left, with its children already rewritten.

    ``last`` puts it after the other edits of the node: for what takes the finished expression elsewhere.
    """

    group: Key
    apply: Apply
    needs: frozenset[str] = frozenset()
    last: bool = False


@dataclass(frozen=True, eq=False)
class Note:
    """One finding to be, tied to a node and a group."""

    node: cst.CSTNode
    group: Key
    code: str
    confidence: Confidence
    message: str


@dataclass(eq=False)
class Plan:
    """Edits, findings and the groups they belong to."""

    tree: Tree
    flow: Flow
    options: Options
    edits: dict[cst.CSTNode, list[Edit]] = field(default_factory=dict)
    before: dict[cst.CSTNode, list[Edit]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    owner: dict[cst.CSTNode, Key] = field(default_factory=dict)
    understood: set[cst.CSTNode] = field(default_factory=set)
    blocked: set[Key] = field(default_factory=set)
    used_names: dict[cst.CSTNode, set[str]] = field(default_factory=dict)
    names: Any = None
    #: The functions of the program that create random variables for their callers.
    helpers: Any = None
    applier: Any = None
    #: The name of the model that each defining block makes.
    model_names: dict[cst.CSTNode, str] = field(default_factory=dict)
    #: Calls that run once in front of the generator, by block, with the names that stand for them; and what became of
    #: the calls, by name.
    hoisted: dict[cst.CSTNode, list[tuple[cst.CSTNode, str]]] = field(default_factory=dict)
    results: dict[str, Any] = field(default_factory=dict)
    #: Statements that moved into a generator, as they became.
    moved: dict[cst.CSTNode, Any] = field(default_factory=dict)
    #: Attributes that a model sets: its group, the attribute, and the store.
    set_attributes: list[tuple[Key, cst.Attribute, cst.CSTNode]] = field(default_factory=list)
    #: Sampling calls whose results are asked for their pointwise log-likelihood.
    need_log_likelihood: set[cst.CSTNode] = field(default_factory=set)
    #: Expressions that were variables, and are their names in the output.
    names_read: set[cst.CSTNode] = field(default_factory=set)
    #: Which results of sampling stay in PyMC3's form.
    forms: Any = None
    #: References that stay as they are and mean the same in the generator front end.
    shared: set[cst.CSTNode] = field(default_factory=set)
    #: Calls of tensor functions that become NumPy's.
    arrays: set[cst.CSTNode] = field(default_factory=set)
    #: References to Theano that the drop-in's Theano takes over, and their names there.
    kept: dict[cst.CSTNode, str] = field(default_factory=dict)
    #: Comprehensions that become loops.
    unrolled: set[cst.CSTNode] = field(default_factory=set)
    #: Those in the loop of another: by that one, each with its name.
    nested: dict[cst.CSTNode, list[tuple[cst.CSTNode, str]]] = field(default_factory=dict)
    #: Random variables that are read outside of their model only for their name.
    by_name: set[cst.CSTNode] = field(default_factory=set)
    #: Outside of models: variables that are shown by ``pm.density``, calls of functions of them, and names for these.
    outside: set[cst.CSTNode] = field(default_factory=set)
    #: The calls that make variables which functions return, or objects keep.
    handed_on: set[cst.CSTNode] = field(default_factory=set)
    #: What edits wrote that PyMC4 itself does not have, as ``Options.refused``.
    offences: set[tuple[tuple[int, int, str], str]] = field(default_factory=set)
    #: Functions that got a parameter for a name which is bound again later: whether every call hands it over.
    handed: dict[tuple[cst.CSTNode, str], bool] = field(default_factory=dict)
    #: The names that a model's calls hand over so, by block.
    late: dict[cst.CSTNode, list[str]] = field(default_factory=dict)
    #: Places in functions that read a name of a model, and read a parameter in its place.
    closed: set[cst.CSTNode] = field(default_factory=set)
    #: Functions that draw from the model around their callers: the parameter for it, their uses, and the models.
    drawing: dict[cst.FunctionDef, tuple[str, list[cst.Name], v.Value]] = field(default_factory=dict)
    #: Functions that were looked at: whether they are called with random variables here and with arrays there.
    both_ways: dict[cst.CSTNode, bool] = field(default_factory=dict)
    #: Names of other files, which are no functions there, that models call for what they may hold.
    things: set[str] = field(default_factory=set)
    _roots: dict[Key, Key] = field(default_factory=dict)
    _verdict: tuple[tuple[int, int], set[Key]] | None = None

    # -- groups ------------------------------------------------------------------------------------------------------

    def root(self, key: Key) -> Key:
        """The representative of a key's group."""
        while (up := self._roots.get(key, key)) is not key:
            key = up
        return key

    def unite(self, *keys: Key) -> None:
        """Make one group of several."""
        first = self.root(keys[0])
        for key in keys[1:]:
            other = self.root(key)
            if other is not first:
                self._roots[other] = first

    def is_blocked(self, key: Key) -> bool:
        """Whether a group stays as it was."""
        if self._verdict is None or self._verdict[0] != (len(self.blocked), len(self._roots)):
            roots = {self.root(k) for k in self.blocked}
            self._verdict = ((len(self.blocked), len(self._roots)), roots)
        return self.root(key) in self._verdict[1]

    def trace_models(self, trace: v.TraceRef) -> frozenset[cst.CSTNode]:
        """The models that an inference result came from."""
        argument = self.model_argument(trace.call)
        value = self.flow.context.get(trace.call) if argument is None else self.flow.value(argument)
        return frozenset(m.site for m in v.models(value)) if value else frozenset()

    def model_argument(self, call: cst.Call) -> cst.BaseExpression | None:
        """The model that an inference call is given, if it is."""
        name = pymc3_names.canonical(self.flow.references.get(call.func, "")).removeprefix("pymc3.")
        signature = INFERENCE[name].signature if name in INFERENCE else ()
        for place, arg in enumerate(call.args):
            positional = arg.keyword is None and place < len(signature) and signature[place] == "model"
            if (positional or (arg.keyword is not None and arg.keyword.value == "model")) and not is_none(arg.value):
                return arg.value
        return None

    def keys_of(self, value: v.Value) -> set[Key]:
        """The groups that a value ties a place to."""
        keys: set[Key] = set()
        for atom in v.flat(value):
            match atom:
                case v.ModelRef() | v.Tensor() if atom.site is not None:
                    keys.add(atom.site)
                case v.Foreign() | v.Dist():
                    keys.add(atom.call)
                case v.TraceRef():
                    keys.add(atom.call)
                    keys |= self.trace_models(atom)
        return keys

    # -- planning ----------------------------------------------------------------------------------------------------

    def edit(
        self, node: cst.CSTNode, group: Key, apply: Apply, needs: Iterable[str] = (), *, last: bool = False
    ) -> None:
        """Plan an edit of a node."""
        self.edits.setdefault(node, []).append(Edit(group, apply, frozenset(needs), last))

    def insert_before(self, statement: cst.CSTNode, group: Key, build: Apply, needs: Iterable[str] = ()) -> None:
        """Plan statements in front of a statement; ``build`` gets None and returns them."""
        self.before.setdefault(statement, []).append(Edit(group, build, frozenset(needs)))

    def allow(self, code: str, group: Key) -> None:
        """Leave a group as it was, without a word, when a rule does not take part."""
        if not self.options.enabled(code):
            self.blocked.add(group)

    def note(self, node: cst.CSTNode, group: Key, code: str, message: str, *, review: bool = False) -> None:
        """Report something that was rewritten."""
        self.allow(code, group)
        if review and self.options.safe_only:
            self.refuse(node, group, code, message)
            return
        confidence = Confidence.REVIEW if review else Confidence.SAFE
        self.notes.append(Note(node, group, code, confidence, " ".join(message.split())))

    def refuse(self, node: cst.CSTNode, group: Key, code: str, message: str) -> None:
        """Leave a group as it was, and say what to do at this place."""
        self.blocked.add(group)
        if self.options.enabled(code):
            self.notes.append(Note(node, group, code, Confidence.MANUAL, " ".join(message.split())))

    def understand(self, reference: cst.CSTNode, group: Key) -> None:
        """Account for a reference: it shares the fate of a group."""
        self.understood.add(reference)
        self.owner[reference] = group

    def fresh_name(self, wanted: str, at: cst.CSTNode) -> str:
        """A name that nothing uses yet in the function around a place, or in the program; it is taken from now on."""
        scope = self.tree.scope(at)
        if scope not in self.used_names:
            self.used_names[scope] = {n.value for n in self.tree.walk(scope, cst.Name) if self._is_variable(n)}
        used = self.used_names[scope]
        name, number = wanted, 1
        while name in used or keyword.iskeyword(name):
            number += 1
            name = f"{wanted}_{number}"
        used.add(name)
        return name

    def _is_variable(self, node: cst.Name) -> bool:
        """Whether a name is a variable, not a keyword of a call or an attribute."""
        parent = self.tree.parent.get(node)
        kind = type(parent)  # of every name: LibCST's classes answer ``isinstance`` in Python
        if kind is cst.Arg:
            return parent.keyword is not node  # type: ignore[union-attr]
        return kind is not cst.Attribute or parent.attr is not node  # type: ignore[union-attr]

    def done(self, statement: cst.CSTNode) -> list[Any]:
        """What became of a statement, while edits are applied."""
        return self.applier.became(statement)

    def finding(self, note: Note) -> Finding:
        """The finding of a note, with positions."""
        where = self.tree.position(note.node)
        start, end = where.start, where.end
        return Finding(start.line, start.column, end.line, end.column, note.code, note.confidence, note.message)

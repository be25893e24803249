"""What an expression of a PyMC3 program may stand for.

A :data:`Value` is a set of atoms: everything an expression may be on some path through the program. One atom means
certainty. The sets only grow while the program is analysed, so the analysis ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import libcst as cst


@dataclass(frozen=True, slots=True)
class Plain:
    """Anything that is not told apart: arrays, data frames, figures."""


@dataclass(frozen=True, slots=True)
class Number:
    """Certainly one number."""


@dataclass(frozen=True, slots=True)
class Text:
    """A string; ``text`` is its value where it is a literal, else None."""

    text: str | None


@dataclass(frozen=True, slots=True)
class Qualified:
    """A module, or a name in one: ``pymc3.math.exp``. ``site`` is the import alias or star that gave it."""

    name: str
    site: cst.CSTNode | None


@dataclass(frozen=True, slots=True)
class ModelRef:
    """The model that a ``pm.Model()`` call makes."""

    site: cst.CSTNode


@dataclass(frozen=True, slots=True)
class Caller:
    """The model of whoever calls a function: what ``pm.modelcontext(None)`` gives in it."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """Something that depends on random variables.

    ``site`` is the model's call (None in a helper function), ``rv`` the call that created the variable itself (None
    for what was computed from variables), ``scalar`` whether it is certainly one number, ``process`` whether it is a
    Gaussian process, whose methods create variables.
    """

    site: cst.CSTNode | None
    rv: cst.Call | None = None
    scalar: bool = False
    process: bool = False


@dataclass(frozen=True, slots=True)
class Foreign:
    """What a PyMC3 or Theano call made that is neither a variable nor a result: a shared variable, a step method."""

    call: cst.Call


@dataclass(frozen=True, slots=True)
class Dist:
    """A distribution that is no variable: what ``.dist(...)`` made, or, ``bound``, a class that ``pm.Bound`` made."""

    call: cst.Call
    bound: bool = False


@dataclass(frozen=True, slots=True)
class Symbol:
    """What the call ``site`` of a function of tensors made of data alone: symbolic in Theano, an array afterwards."""

    site: cst.Call
    scalar: bool = False


@dataclass(frozen=True, slots=True)
class TraceRef:
    """The result of an inference call: ``kind`` is ``trace``, ``inferencedata``, ``ppc`` or ``prior``."""

    call: cst.Call
    kind: str


@dataclass(frozen=True, slots=True)
class Function:
    """A function or class of the program."""

    node: cst.CSTNode


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a class of the program."""

    node: cst.ClassDef


@dataclass(frozen=True, slots=True)
class Row:
    """A tuple whose items are told apart."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Bag:
    """A list, dict or set: what any item may be; of a dictionary with texts for keys, what each one may be."""

    item: Value
    keys: tuple[tuple[str, Value], ...] = ()

    def at(self, key: str | None) -> Value:
        """What is there under a key, as far as the dictionary as it was written says.

        Functions are not told apart: what is chosen from a table is one of it.
        """
        if key is None or any(isinstance(atom, Function) for atom in flat(self.item)):
            return self.item
        return dict(self.keys).get(key, self.item)


Atom = (
    Plain
    | Number
    | Text
    | Qualified
    | ModelRef
    | Caller
    | Tensor
    | Foreign
    | Dist
    | Symbol
    | TraceRef
    | Function
    | Instance
    | Row
    | Bag
)
Value = frozenset[Atom]

PLAIN: Value = frozenset({Plain()})
NUMBER: Value = frozenset({Number()})
NOTHING: Value = frozenset()
_DEPTH = 3


def join(*values: Value) -> Value:
    """What an expression may be if it may be any of these."""
    return frozenset().union(*values)


def depth(value: Value) -> int:
    """How deep containers are nested in a value."""
    return max((1 + depth(inner) for atom in value for inner in _inner(atom)), default=0)


def _inner(atom: Atom) -> tuple[Value, ...]:
    if isinstance(atom, Row):
        return atom.items
    return (atom.item,) if isinstance(atom, Bag) else ()


def bag(items: Iterable[Value]) -> Value:
    """A container of these items; nesting is cut off so that values stay finite."""
    item = join(*items)
    return frozenset({Bag(item)}) if depth(item) < _DEPTH else frozenset({Bag(frozenset(flat(item)))})


def record(pairs: Sequence[tuple[str, Value]]) -> Value:
    """A dictionary with texts for keys, the last of equal ones counting."""
    whole = bag(value for _, value in pairs)
    (atom,) = whole
    if not isinstance(atom, Bag) or max(depth(value) for _, value in pairs) + 1 > _DEPTH:
        return whole
    return frozenset({Bag(atom.item, tuple(sorted(dict(pairs).items(), key=lambda pair: pair[0])))})


def row(items: Iterable[Value]) -> Value:
    """A tuple of these items."""
    items = tuple(items)
    return frozenset({Row(items)}) if max(map(depth, items), default=0) < _DEPTH else bag(items)


def flat(value: Value) -> Iterator[Atom]:
    """Yield the atoms of a value and of everything in its containers."""
    for atom in value:
        if isinstance(atom, (Row, Bag)):
            for inner in _inner(atom):
                yield from flat(inner)
        else:
            yield atom


def item(value: Value) -> Value:
    """What one item of a container may be."""
    return join(*(inner for atom in value for inner in _inner(atom)))


def is_density(value: Value) -> bool:
    """Whether a value is computed from the log density of a distribution without a name, outside of models."""
    kinds = {type(a) for a in value}
    return kinds == {Tensor, Foreign} and all(a.site is None for a in value if isinstance(a, Tensor))


def tensors(value: Value) -> Iterator[Tensor]:
    """The random things a value may be or hold."""
    return (atom for atom in flat(value) if isinstance(atom, Tensor))


def is_process(value: Value) -> bool:
    """Whether a value certainly is a Gaussian process."""
    kinds = [isinstance(a, Tensor) and a.process for a in value if not isinstance(a, Foreign)]
    return bool(kinds) and all(kinds)


def tainted(value: Value) -> bool:
    """Whether a value depends on random variables on some path."""
    return value is not PLAIN and any(True for _ in tensors(value))


def placed(value: Value, site: cst.CSTNode) -> Value:
    """A value whose random things that belong to no model yet belong to one."""
    out: set[Atom] = set()
    for atom in value:
        match atom:
            case Tensor(site=None):
                out.add(Tensor(site, atom.rv, atom.scalar, atom.process))
            case Row():
                out.add(Row(tuple(placed(inner, site) for inner in atom.items)))
            case Bag():
                out.add(Bag(placed(atom.item, site), tuple((k, placed(inner, site)) for k, inner in atom.keys)))
            case _:
                out.add(atom)
    return frozenset(out)


def traces(value: Value) -> frozenset[TraceRef]:
    """The inference results a value may itself be."""
    return frozenset([atom for atom in value if type(atom) is TraceRef])


def models(value: Value) -> frozenset[ModelRef]:
    """The models a value may itself be."""
    return frozenset([atom for atom in value if type(atom) is ModelRef])


def only(value: Value, kind: type) -> bool:
    """Whether a value is certainly of one kind."""
    return bool(value) and all(isinstance(atom, kind) for atom in value)


def is_scalar(value: Value) -> bool:
    """Whether a value is certainly one number, random or not."""
    return bool(value) and all(isinstance(a, Number) or (isinstance(a, (Tensor, Symbol)) and a.scalar) for a in value)


def qualified(value: Value) -> str | None:
    """The dotted name that a value certainly is."""
    if len(value) == 1:  # most are
        (atom,) = value
        return atom.name if isinstance(atom, Qualified) else None
    names = {atom.name if isinstance(atom, Qualified) else None for atom in value}
    return names.pop() if len(names) == 1 else None

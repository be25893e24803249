"""Classes of a program that are derived from each other: what one of them is asked for, another may answer."""

from __future__ import annotations

import libcst as cst

from pm_migrate.codemod.scopes import method_of
from pm_migrate.codemod.tree import dotted


class Families:
    """The classes that are derived from each other, as one: its objects are known by the class at the root."""

    def __init__(self) -> None:
        self._roots: dict[cst.ClassDef, cst.ClassDef] = {}
        self._members: dict[cst.ClassDef, list[cst.ClassDef]] = {}
        self._open: set[cst.ClassDef] = set()

    def derive(self, node: cst.ClassDef, base: cst.ClassDef) -> None:
        """Say that a class is derived from another one."""
        first, other = self.root(base), self.root(node)
        if first is other:
            return
        self._roots[other] = first
        members = self._members.setdefault(first, [base])
        members += self._members.pop(other, [node])

    def leave_open(self, node: cst.ClassDef) -> None:
        """Say that a class has a base of which nothing is known."""
        self._open.add(node)

    def lacks(self, node: cst.ClassDef, name: str) -> bool:
        """Whether no class of a family has a method of a name, and none a base that may have it."""
        return not any(c in self._open or method_of(c, name) is not None for c in self.of(node))

    def has(self, node: cst.ClassDef) -> bool:
        """Whether a class is derived from another one, or another one from it."""
        return self.root(node) in self._members

    def root(self, node: cst.ClassDef) -> cst.ClassDef:
        """The class that stands for all of its family."""
        while (up := self._roots.get(node, node)) is not node:
            node = up
        return node

    def methods(self, node: cst.ClassDef, name: str) -> list[cst.FunctionDef]:
        """The methods of a name that an object of a family may have; one that only says it is missing is none."""
        found = [m for c in self.of(node) if (m := method_of(c, name)) is not None]
        return [m for m in found if not is_abstract(m)] or found

    def of(self, node: cst.ClassDef) -> list[cst.ClassDef]:
        """The classes of the family of one."""
        return self._members.get(self.root(node), [node])


def is_abstract(method: cst.FunctionDef) -> bool:
    """Whether a method only says that derived classes have it."""
    lines = method.body.body if isinstance(method.body, cst.IndentedBlock) else [method.body]
    small = [
        s for line in lines if isinstance(line, (cst.SimpleStatementLine, cst.SimpleStatementSuite)) for s in line.body
    ]
    if len(small) < len(lines):
        return False
    done = [s for s in small if not _does_nothing(s)]
    marked = any((dotted(d.decorator) or "").split(".")[-1] == "abstractmethod" for d in method.decorators)
    return _is_missing(done[0]) if len(done) == 1 else marked and not done


def _does_nothing(statement: cst.BaseSmallStatement) -> bool:
    texts = (cst.SimpleString, cst.ConcatenatedString, cst.Ellipsis)
    return isinstance(statement, cst.Pass) or (isinstance(statement, cst.Expr) and isinstance(statement.value, texts))


def _is_missing(statement: cst.BaseSmallStatement) -> bool:
    match statement:
        case cst.Raise(
            exc=cst.Name(value="NotImplementedError") | cst.Call(func=cst.Name(value="NotImplementedError"))
        ):
            return True
    return False

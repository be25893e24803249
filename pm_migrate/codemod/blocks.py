"""The parts that a model of a program is written in: its ``with`` blocks, and where each of their statements goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import libcst as cst

from pm_migrate.codemod.model_classes import ModelClass
from pm_migrate.codemod.tree import code


class Role(Enum):
    """Where a statement of a block goes."""

    FRONT = "front"
    GENERATOR = "generator"
    AFTER = "after"
    #: Nowhere: what it says is said elsewhere.
    TAKEN = "taken"


@dataclass(eq=False)
class Block:
    """One ``with`` block of a model.

    Parameters
    ----------
    node
        The statement; the last one, where several side by side make up one model.
    sites
        The ``pm.Model()`` calls whose model it may enter.
    defines
        Whether the ``with`` itself makes the model.
    roles
        Where each statement goes.
    problems
        What is wrong with it: node, code, message.
    earlier
        The statements before ``node`` that belong to the same model.
    adopted
        Statements in front of it that make what its model fills: they move into the generator.
    place
        Which item of the statement enters the model.
    part
        Which statements belong to it, when those of one ``with`` add to the model after inference began.
    base
        The block whose model this one adds to, when it begins with that.
    carried
        The names that it takes from there.
    returned
        The names that it hands on to the block that adds to its model.
    given_back
        The names that it hands out to other code.
    shown
        The names among those that it returns which other code looks at.
    """

    node: cst.With
    sites: frozenset[cst.CSTNode]
    defines: bool
    roles: dict[cst.CSTNode, Role] = field(default_factory=dict)
    problems: list[tuple[cst.CSTNode, str, str]] = field(default_factory=list)
    earlier: list[cst.With] = field(default_factory=list)
    adopted: list[cst.CSTNode] = field(default_factory=list)
    base: Block | None = None
    place: int = 0
    part: tuple[int, int] | None = None
    carried: tuple[str, ...] = ()
    returned: tuple[str, ...] = ()
    given_back: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()

    @property
    def key(self) -> cst.CSTNode:
        """One of its models, for the group they all belong to."""
        return next(iter(self.sites))

    @property
    def item(self) -> cst.WithItem:
        """The item that enters the model."""
        return [*self.earlier, self.node][0].items[self.place]

    @property
    def others(self) -> list[cst.WithItem]:
        """The other items of the statement, which enter something else."""
        return [item for i, item in enumerate(self.node.items) if i != self.place]

    @property
    def start(self) -> cst.CSTNode:
        """Where it begins: the statement, or the first of the statements that are a part of one."""
        return self.node if self.part is None or self.part[0] == 0 else self.body[0]

    @property
    def body(self) -> list[cst.CSTNode]:
        """Its statements."""
        if self.part is not None:
            return list(self.node.body.body[slice(*self.part)])
        return [s for node in (*self.earlier, self.node) for s in node.body.body]

    def having(self, role: Role) -> list[cst.CSTNode]:
        """The statements that go to one place, in order."""
        return [s for s in (*self.adopted, *self.body) if self.roles.get(s) is role]


@dataclass(eq=False)
class ClassBlock(Block):
    """What makes the models of a subclass of ``pm.Model``: its ``__init__``, all of it part of the generator.

    Parameters
    ----------
    made
        The class.
    """

    made: ModelClass = None  # type: ignore[assignment]

    @property
    def item(self) -> cst.WithItem:
        """The object that is built."""
        return cst.WithItem(cst.Name(self.made.own))

    @property
    def others(self) -> list[cst.WithItem]:
        """Nothing else is entered."""
        return []

    @property
    def body(self) -> list[cst.CSTNode]:
        """The statements besides the one that starts the model."""
        first = None if self.made.start is None else self.made.start[0]
        return [s for s in self.made.lines if s is not first]


@dataclass(eq=False)
class Model:
    """One model of a program.

    Parameters
    ----------
    site
        The call that makes it, or the class whose objects are such models. The name of a class stands for the models
        that classes of other files give its objects.
    blocks
        Its ``with`` blocks in source order, those that may also enter another model included.
    definition
        The block that becomes the generator, or None when there is no single one.
    assignment
        The statement ``m = pm.Model()``, when the model is not made by a ``with``.
    """

    site: cst.Call | cst.ClassDef | cst.Name
    blocks: list[Block]
    definition: Block | None = None
    assignment: cst.SimpleStatementLine | None = None


def target_of(block: Block, model: Model) -> cst.BaseExpression | None:
    """The name by which a model is known after its block."""
    if model.assignment is not None:
        assign = model.assignment.body[0]
        assert isinstance(assign, cst.Assign)
        target = assign.targets[0].target
        # in another method the object may have another name
        return block.item.item if isinstance(target, cst.Attribute) else target
    asname = block.item.asname
    return None if asname is None else asname.name


def label(target: cst.BaseExpression | None) -> str:
    """A word for a model, from the name it is known by."""
    if target is None:
        return "model"
    if isinstance(target, cst.Name):
        return target.value
    if isinstance(target, cst.Attribute):
        return target.attr.value
    return code(target) if code(target).isidentifier() else "model"


def returns(statement: cst.CSTNode) -> bool:
    """Whether a statement leaves the function: what it returns is looked at as what follows the block is."""
    return isinstance(statement, cst.SimpleStatementLine) and isinstance(statement.body[0], cst.Return)

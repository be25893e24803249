"""Positions are those of LibCST's own provider."""

from __future__ import annotations

import inspect
from types import ModuleType

import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider

from corpus.programs import PROGRAMS
from pm_migrate.codemod import flow, journal, notebook
from pm_migrate.codemod.positions import Positions
from pm_migrate.codemod.tree import walk
from pm_migrate.errors import SafetyError

ODD = {
    "empty": "",
    "no newline at the end": "def f(x):\n    return x  # last",
    "a comment at the end without a newline": "x = 1\n# last",
    "carriage returns": "if x:\r\n    y = '''a\r\nb'''\r\n",
    "only comments": "# a\n\n# b\n",
    "a form feed and decorators": "x\n\x0c\n@a\n# c\n@b(\n  1)\nclass C: pass\n",
    "one line": "for x in y: a; b; c = f(  x , * z )\n",
}


def check(source: str) -> None:
    wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
    module = wrapper.module
    expected = wrapper.resolve(PositionProvider)
    assert len(expected) > 0
    whole = Positions(module, source)
    for node, where in expected.items():
        assert whole.range(node, module) == where, type(node)
    parts = Positions(module, source)
    for statement in module.body:
        for node in walk(statement):
            assert parts.range(node, statement) == expected[node], type(node)
    assert parts.code(module) == source


@pytest.mark.parametrize("source", ODD.values(), ids=ODD)
def test_positions_of_odd_layouts(source: str) -> None:
    check(source)


def test_what_does_not_change_is_that_of_the_source() -> None:
    module = cst.parse_module(source := "x = 1\ry = 2\r")
    assert module.code == "x = 1\ry = 2"  # LibCST loses the end of the last line
    assert Positions(module, source).code(module) == source
    assert Positions(module, source).code(module.with_changes(body=module.body[1:])) == "y = 2\r"


@pytest.mark.parametrize("lost", ["\x0cx = 1\n", "\x0c@a\nclass C: pass\n"])
def test_what_libcst_does_not_print_as_it_is(lost: str) -> None:
    module = cst.parse_module(lost)
    assert module.code != lost
    positions = Positions(module, lost)
    with pytest.raises(SafetyError, match="does not survive"):
        positions.range(module.body[0], module.body[0])
    with pytest.raises(SafetyError, match="does not survive"):
        positions.code(module.with_changes(body=module.body[1:]))


@pytest.mark.parametrize("program", PROGRAMS[::4], ids=lambda program: program.name)
def test_positions_of_programs(program) -> None:
    check(program.script("before"))


@pytest.mark.parametrize("module", [flow, journal, notebook])
def test_positions_of_modules(module: ModuleType) -> None:
    check(inspect.getsource(module))

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

ODD = {
    "empty": "",
    "no newline at the end": "def f(x):\n    return x  # last",
    "a comment at the end without a newline": "x = 1\n# last",
    "carriage returns": "if x:\r\n    y = '''a\r\nb'''\r\n",
    "old line ends": "x = 1\ry = 2\r",
    "only comments": "# a\n\n# b\n",
    "form feed and decorators": "\x0c@a\n# c\n@b(\n  1)\nclass C: pass\n",
    "one line": "for x in y: a; b; c = f(  x , * z )\n",
}


def check(source: str) -> None:
    wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
    expected = wrapper.resolve(PositionProvider)
    found = Positions(wrapper.module)
    assert len(expected) > 0
    for node, where in expected.items():
        assert found[node] == where, type(node)


@pytest.mark.parametrize("source", ODD.values(), ids=ODD)
def test_positions_of_odd_layouts(source: str) -> None:
    check(source)


@pytest.mark.parametrize("program", PROGRAMS[::4], ids=lambda program: program.name)
def test_positions_of_programs(program) -> None:
    check(program.script("before"))


@pytest.mark.parametrize("module", [flow, journal, notebook])
def test_positions_of_modules(module: ModuleType) -> None:
    check(inspect.getsource(module))

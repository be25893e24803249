"""The index of a program's nodes says what a walk over the tree says."""

from __future__ import annotations

import libcst as cst
import pytest

from corpus.programs import PROGRAMS
from pm_migrate.codemod.tree import Tree, code, expression, parse_module, walk

ODD = (
    "def f(a, b=(1,\n        2)):\n    if a:\n"
    "        return [g(x,  # why\n                 'a' 'b') for x in b if x . y]\n"
    "\n\nclass C(f()):\n    x = (1)\n"
)
SOME = ("eight_schools", "model_in_class")
TEXTS = [ODD, *(program.script("before") for program in PROGRAMS if program.name in SOME)]
KINDS = [(cst.Name,), (cst.Call, cst.Attribute), (cst.BaseExpression,), (cst.FunctionDef,), (cst.Await,)]


@pytest.mark.parametrize("text", TEXTS)
def test_a_part_of_the_index_is_a_walk(text: str) -> None:
    tree = Tree(text)
    assert tree.nodes == list(walk(tree.module))
    for node in tree.nodes:
        below = list(walk(node))
        assert tree.walk(node) == below
        for kinds in KINDS:
            assert tree.walk(node, *kinds) == [n for n in below if isinstance(n, kinds)]
        inside = set(below)
        assert [n for n in tree.nodes if tree.inside(n, node)] == [n for n in tree.nodes if n in inside]
    for kinds in KINDS:
        assert tree.of(*kinds) == [n for n in tree.nodes if isinstance(n, kinds)]


def test_nodes_that_are_not_of_the_module() -> None:
    tree, other = Tree("f(x)\n"), expression("g(y)")
    assert tree.walk(other) == list(walk(other))
    assert [n.value for n in tree.walk(other, cst.Name)] == ["g", "y"]
    assert tree.inside(other, other) and not tree.inside(other, tree.module)


@pytest.mark.parametrize("text", TEXTS)
def test_code_is_what_libcst_prints(text: str) -> None:
    tree = Tree(text)
    for node in tree.nodes:
        if isinstance(node, cst.BaseExpression):
            assert tree.code(node) == code(node) == cst.Module([]).code_for_node(node)


@pytest.mark.parametrize("text", ["x", "pm.Normal", "a.b.c", "None", "True.real", "1", "f(x)", "a . b", "(a.b)"])
def test_an_expression_is_what_libcst_parses(text: str) -> None:
    assert expression(text).deep_equals(cst.parse_expression(text))


@pytest.mark.parametrize(
    "end", ["", "\n", "    \n", "    \n    \n", "    \n\t\n\n    \n", "  \r\n    \r\n", "# why\n    \n   \n"]
)
@pytest.mark.parametrize("start", ["with a:\n    x\ny\n", "x\n", "with a:\n    x\n", "if a:\r\n    x\r\ny\r\n"])
def test_blanks_at_the_end_survive(start: str, end: str) -> None:
    assert parse_module(start + end)[0].code == start + end

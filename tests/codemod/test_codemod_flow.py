"""The flow analysis: what names and expressions may stand for."""

from __future__ import annotations

import textwrap

import libcst as cst
import pytest

from pm_migrate.codemod import values as v
from pm_migrate.codemod.flow import Flow
from pm_migrate.codemod.tree import Tree, code

HEADER = "import numpy as np\nimport pymc3 as pm\nimport theano.tensor as tt\n"
RANDOM = "with pm.Model() as m:\n    a = pm.Normal('a', 0, 1)\n    w = pm.Normal('w', 0, 1, shape=3)\n"


def kinds(text: str, wanted: str) -> set[str]:
    """The kinds of the last expression that reads like ``wanted``."""
    tree = Tree(HEADER + textwrap.dedent(text))
    flow = Flow(tree)
    nodes = [n for n in flow.values if isinstance(n, cst.BaseExpression) and code(n) == wanted]
    last = max(nodes, key=lambda n: tree.order[n])
    return {type(a).__name__ for a in flow.value(last)}


@pytest.mark.parametrize(
    ("statement", "wanted", "expected"),
    [
        ("x = a + 1", "a + 1", {"Tensor"}),
        ("x = np.ones(3) * w", "np.ones(3) * w", {"Tensor"}),
        ("x = w.shape[0]", "w.shape[0]", {"Plain"}),
        ("x = table[a]", "table[a]", {"Tensor"}),
        ("x = [a, 1]\ny = x[0]", "x[0]", {"Tensor", "Number"}),
        ("x = (a, 1)\ny = x[1]", "x[1]", {"Number"}),
        ("x, y = a, 1\nz = y", "y", {"Number"}),
        ("x = {}\nx['k'] = a\ny = x['k']", "x['k']", {"Tensor"}),
        ("x = []\nx.append(a)\nfor k in x:\n    y = k", "k", {"Tensor"}),
        ("for i, k in enumerate([a, w]):\n    y = k", "k", {"Tensor"}),
        ("for n, k in {'a': a}.items():\n    y = k", "k", {"Tensor"}),
        ("y = [k * 2 for k in [a]]\nz = y[0]", "y[0]", {"Tensor"}),
        ("x = 1\nif flag:\n    x = a\ny = x", "x", {"Tensor", "Number"}),
        ("x = 1\nif flag:\n    x = a\nelse:\n    x = w\ny = x", "x", {"Tensor"}),
        ("x = a\nx = 1\ny = x", "x", {"Number"}),
        ("x = 0\nfor i in range(3):\n    x = x + a\ny = x", "x", {"Tensor", "Number"}),
        ("def f(p):\n    return p\ny = f(a)\nz = y", "y", {"Tensor"}),
        ("def f(p=1):\n    return p\ny = f()\nz = y", "y", {"Number"}),
        ("f = lambda p: p * a\ny = f(1)", "f(1)", {"Tensor"}),
        ("x = None\nx = a\ny = x", "x", {"Tensor"}),
        ("x = 'n%d' % 3", "'n%d' % 3", {"Text"}),
        ("x = f'{1}'", "f'{1}'", {"Text"}),
        ("try:\n    x = a\nexcept ValueError:\n    x = 1\ny = x", "x", {"Tensor", "Number"}),
        ("import theano\nx = theano.shared(1) + a", "theano.shared(1) + a", {"Foreign", "Tensor"}),
        ("x = pm.sample()\ny = x[5:]", "x[5:]", {"TraceRef"}),
        ("x = pm.sample()\ny = x['a']", "x['a']", {"Plain"}),
        ("def f():\n    x = pm.sample(model=m)\n    return x, 1\nt, n = f()\ny = t", "t", {"TraceRef"}),
        (
            "class A:\n    def g(self):\n        return self.t\n    def s(self):\n        self.t = a\ny = A().g()",
            "A().g()",
            {"Tensor"},
        ),
    ],
)
def test_kinds(statement, wanted, expected):
    assert kinds(RANDOM + statement, wanted) == expected


@pytest.mark.parametrize(
    ("statement", "wanted", "scalar"),
    [
        ("x = a * 2 + 1", "a * 2 + 1", True),
        ("x = tt.exp(a)", "tt.exp(a)", True),
        ("x = np.sqrt(2)", "np.sqrt(2)", True),
        ("x = w[0]", "w[0]", False),
        ("x = w.sum()", "w.sum()", False),
        ("x = a * known", "a * known", False),
        ("x = np.sqrt(known)", "np.sqrt(known)", False),
        ("x = pm.Normal('x', a, known)", "pm.Normal('x', a, known)", False),
        ("x = pm.Normal('x', a, 1)", "pm.Normal('x', a, 1)", True),
        ("x = pm.Normal('x', a, 1, observed=known)", "pm.Normal('x', a, 1, observed=known)", False),
        ("x = pm.Dirichlet('x', 1)", "pm.Dirichlet('x', 1)", False),
        ("x = len(known)", "len(known)", True),
    ],
)
def test_certainly_scalar(statement, wanted, scalar):
    tree = Tree(HEADER + RANDOM + "    " + statement + "\n")
    flow = Flow(tree)
    node = next(n for n in flow.values if code(n) == wanted)
    assert v.is_scalar(flow.value(node)) == scalar


USED = "x = f(w)\ny = f(np.ones(3))\nz = y"


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("def f(p):\n    return 1 / (1 + np.exp(-p))", {"Plain"}),
        ("rate = 2.0\ndef f(p, q=1):\n    r = p * rate\n    return sum([k + q for k in r])", {"Plain"}),
        ("def g(p):\n    return p + 1\ndef f(p):\n    return g(p) * 2", {"Plain"}),
        ("def f(p):\n    if p is None:\n        return None\n    return p.values", {"Plain"}),
        # what it gives is not made of its arguments alone
        ("def f(p):\n    return p * a", {"Tensor"}),
        ("def g():\n    return a\ndef f(p):\n    return p * g()", {"Tensor"}),
        ("def f(p):\n    return tt.exp(p)", {"Tensor"}),
        ("last = [0]\ndef f(p):\n    last.append(p)\n    return last[0]", {"Tensor", "Number", "Plain"}),
        ("def f(p, q=a):\n    return p * q", {"Tensor"}),
        ("def f(p):\n    return (lambda q: q)(p)", {"Tensor", "Plain"}),
        ("@wrapped\ndef f(p):\n    return p * 2", {"Tensor"}),
        ("f = lambda p: p * 2", {"Plain"}),
        ("f = lambda p: p * a", {"Tensor"}),
    ],
)
def test_calls_with_data_of_functions_that_are_called_with_variables_too(function, expected):
    assert kinds(f"{RANDOM}{function}\n{USED}", "y") == expected


def test_sites_follow_the_order_of_the_program():
    tree = Tree("x = 1\ny = x\nx = 2\nfor i in z:\n    y = x\n    x = 3\n")
    flow = Flow(tree)
    loads = [n for n in flow.sites if isinstance(n, cst.Name) and n.value == "x"]
    lines = [sorted(tree.position(s).start.line for s in flow.sites[n]) for n in loads]
    assert lines == [[1], [3, 6]]


def test_references_are_counted_once():
    tree = Tree(HEADER + "x = pm.math.exp(tt.nnet.sigmoid(1))\ny = pm\n")
    assert sorted(Flow(tree).references.values()) == ["pymc3", "pymc3.math.exp", "theano.tensor.nnet.sigmoid"]


def test_many_rounds_end():
    text = "x = []\nfor i in range(3):\n    x = [x, (x, i)]\n    def f(p=x):\n        return (p, f(p))\n    x = f(x)\n"
    assert Flow(Tree(HEADER + text)).values

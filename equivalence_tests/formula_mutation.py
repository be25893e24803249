"""Does the harness notice a wrong formula in the runtime? Single spots of its functions are perturbed, by syntax tree.

A constant moves by one percent, a sign flips, a term is dropped, or two arguments change places. The record of PyMC3
and the formulas must contradict every one, through a distribution or a transform that reaches the function.
``python -m equivalence_tests.formula_mutation`` prints the score and the survivors.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import importlib
import inspect
import json
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np
import tensorflow as tf
from hypothesis import Phase, given, seed, settings

from equivalence_tests import engine, strategies, tolerances
from equivalence_tests.fixed_points import number
from equivalence_tests.mutation import score
from equivalence_tests.oracle import Truth, wrong_bits
from equivalence_tests.record import TRANSFORMS
from equivalence_tests.test_density import bits_of
from equivalence_tests.test_edges import Edge, edges, truth_at
from equivalence_tests.test_logcdf import summable
from equivalence_tests.test_transforms import CASES, Case
from equivalence_tests.verdicts import (
    facts,
    judge_runtime,
    logcdf_of,
    logcdf_problem,
    runtime,
    runtime_logcdf,
    truth_of,
)
from pm_migrate.catalog import ROWS, Distribution, Form
from pm_migrate.shims.distributions import special

_SPECIAL = "pm_migrate.shims.distributions.special"
#: Modules of log densities and distribution functions; draws have tests of their own, and so have the time series.
_FAMILIES = (
    "bounded",
    "common",
    "count_cdfs",
    "count_densities",
    "counts",
    "cumulative",
    "half_line",
    "incomplete",
    "interpolated",
    "labels",
    "matrices",
    "real_line",
    "vectors",
)
_TRANSFORMS = "pm_migrate.shims.transforms"
MODULES = (*(f"{_SPECIAL}.{name}" for name in _FAMILIES), f"{_TRANSFORMS}.elementwise", f"{_TRANSFORMS}.vectors")

#: Calls whose arguments are no numbers of a formula.
_STRUCTURAL = frozenset(
    {"where", "concat", "broadcast_to", "reshape", "ones", "zeros", "cast", "constant", "range", "eye"}
)

#: Modules of distribution functions; the others compute densities.
_CUMULATIVE = ("count_cdfs", "cumulative", "incomplete")

#: Calls that read no more of their argument than its shape.
_FILLED = frozenset({"ones_like", "zeros_like"})

#: Calls that change nothing when their arguments change places.
_COMMUTATIVE = frozenset(
    {"equal", "minimum", "maximum", "add", "multiply", "logaddexp", "broadcast_static_shape", "lbeta"}
)

#: Points of a form, drawn from the strategies, at which what the record misses is judged: of densities, and of
#: distribution functions, whose formulas take longer.
DRAWN, DRAWN_CDF = 60, 15

#: Mutants that change nothing observable, and the reason.
EQUIVALENT: Mapping[str, str] = {
    "bounded._scaled: sign of -centre": "read where the centre is infinite, which no valid mean is",
    "common.above: last term of end + tf.ones_like(value)": "a number under a mask",
    "count_cdfs._binomial: one percent of 1.0": "the width of a window beyond which nothing counts",
    "count_cdfs._negative_binomial: sign in mu / alpha + 1.0": "the width of a window beyond which nothing counts",
    "count_cdfs.hypergeometric_shape: one percent of 1.0": "the width of a window beyond which nothing counts",
    "incomplete.log_gammainc: sign of -math.log(2.0)": "a number under a mask",
    "labels._ends: last term of "
    "tf.reduce_sum(tf.where(chosen, cutpoints, tf.zeros_like(cutpoints)), axis=-1) + shape": "zeros give the shape",
}

#: Mutants that nothing here notices, and where they would show.
SURVIVORS: Mapping[str, str] = {
    "count_densities.with_excess: sign of -tf.math.expm1(tf.clip_by_value(-log_rest, -1.0, limit))": (
        "the gradient at psi = 1"
    ),
    "cumulative._chi_squared: sign in tf.math.log(x) - _LOG_2": "distribution functions at sizes of 1e-300",
    "matrices._lkj_corr: one percent of 1.0": "the mended density",
    "real_line._ex_gaussian: arguments of exact_ex_gaussian(value, canonical)": "the mended density",
    "vectors.whitened: sign of -1": "batches of batches",
    "vectors.CholeskyCovPacked._mask: sign in math.isqrt(8 * length + 1) - 1": "a transform made without its size",
}


@dataclass(frozen=True)
class Spot:
    """One change of one function.

    Parameters
    ----------
    module, function
        Where; a method as ``Class.name``.
    number
        Which of the function's spots, in the order of the syntax tree.
    what
        The change, in words.
    """

    module: str
    function: str
    number: int
    what: str

    def __str__(self) -> str:
        return f"{self.module.rsplit('.', 1)[1]}.{self.function}: {self.what}"


class _Perturb(ast.NodeTransformer):
    """Counts the spots of a function, and changes the one that is wanted (-1 for none)."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.found = wanted, list[str]()

    def _spot(self, what: str) -> bool:
        self.found.append(what)
        return len(self.found) - 1 == self.wanted

    def visit_keyword(self, node: ast.keyword) -> ast.keyword:
        return node  # axis=, dtype=

    def visit_Subscript(self, node: ast.Subscript) -> ast.Subscript:
        return node  # indices, and canonical["mu"]

    def visit_arguments(self, node: ast.arguments) -> ast.arguments:
        return node

    def visit_Raise(self, node: ast.Raise) -> ast.Raise:
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        text = ast.unparse(node)
        if isinstance(node.op, ast.Mult) and isinstance(node.left, ast.Constant) and _filled(node.right):
            return node  # stands under a mask in the place of a number
        if isinstance(node.op, ast.Add | ast.Sub) and not any(_shape_only(side) for side in (node.left, node.right)):
            if self._spot(f"sign in {text}"):
                return ast.BinOp(node.left, ast.Sub() if isinstance(node.op, ast.Add) else ast.Add(), node.right)
            if self._spot(f"last term of {text}"):
                return node.left
        elif isinstance(node.op, ast.Div) and self._spot(f"ends of {text}"):
            return ast.BinOp(node.right, node.op, node.left)
        self.generic_visit(node)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.Compare:
        return node  # where two formulas meet, both hold

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        infinite = ast.unparse(node) == "-np.inf"  # under a mask that says which
        if isinstance(node.op, ast.USub) and not infinite and self._spot(f"sign of {ast.unparse(node)}"):
            return node.operand
        self.generic_visit(node)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        if isinstance(node.value, float) and np.isfinite(node.value) and self._spot(f"one percent of {node.value!r}"):
            return ast.Constant(node.value * 1.01 if node.value else 0.01)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in _FILLED:
            return node
        plain = all(isinstance(a, ast.Name | ast.BinOp | ast.Call | ast.Subscript) for a in node.args[:2])
        numeric = len(node.args) > 1 and name not in _STRUCTURAL | _COMMUTATIVE and "reduce" not in name and plain
        differ = numeric and ast.unparse(node.args[0]) != ast.unparse(node.args[1])
        if differ and self._spot(f"arguments of {ast.unparse(node)}"):
            return ast.Call(node.func, [node.args[1], node.args[0], *node.args[2:]], node.keywords)
        node.args = [self.visit(a) for a in node.args]
        return node


def _filled(node: ast.expr) -> bool:
    """Whether an expression is a constant of the shape of another."""
    return isinstance(node, ast.Call) and ast.unparse(node.func).endswith(tuple(_FILLED))


def _shape_only(node: ast.expr) -> bool:
    """Whether a summand only gives the sum its shape."""
    return _filled(node) and ast.unparse(node).startswith("tf.zeros_like")


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(Path(inspect.getfile(importlib.import_module(module))).read_text(encoding="utf-8"))


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{m.name}", m) for m in node.body if isinstance(m, ast.FunctionDef))


def spots(module: str) -> Iterator[Spot]:
    """Every spot of a module's functions, draws excluded."""
    for name, node in _functions(_tree(module)):
        if "sample" in name or "draw" in name or name.endswith(("__init__", "_diagonal")):
            continue
        counter = _Perturb(-1)
        counter.visit(copy.deepcopy(node))
        yield from (Spot(module, name, i, what) for i, what in enumerate(counter.found))


def chosen(per_function: int = 1) -> list[Spot]:
    """A sample that is the same in every run: some spots of every function, spread by a checksum of their text.

    Functions that no row reaches serve composite distributions, which have their own suite.
    """
    found: list[Spot] = []
    for module in MODULES:
        groups: dict[str, list[Spot]] = {}
        for spot in spots(module):
            if ".transforms." not in module and id(living(module, spot.function)) not in rows_reaching():
                continue
            groups.setdefault(spot.function, []).append(spot)
        for group in groups.values():
            found += sorted(group, key=lambda s: (zlib.crc32(str(s).encode()), s.number))[:per_function]
    return found


def living(module: str, name: str) -> FunctionType:
    """The function that runs, under its decorators."""
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = inspect.getattr_static(found, part)
    found = found.fget if isinstance(found, property) else found
    return inspect.unwrap(found)


def _code(code: CodeType, names: Sequence[str]) -> CodeType:
    for name in names:
        code = next(c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name)
    return code


@contextlib.contextmanager
def mutated(spot: Spot) -> Iterator[None]:
    """Run with one spot changed: the function keeps its identity, so that every table and import sees the change."""
    tree = copy.deepcopy(_tree(spot.module))
    node = dict(_functions(tree))[spot.function]
    _Perturb(spot.number).visit(node)
    code = compile(ast.fix_missing_locations(tree), f"<{spot}>", "exec")
    function = living(spot.module, spot.function)
    before = function.__code__
    function.__code__ = _code(code, spot.function.split("."))
    try:
        yield
    finally:
        function.__code__ = before


def _reached(function: Callable[..., Any], seen: set[int]) -> Iterator[FunctionType]:
    """A function and those that its code names, in this package."""
    function = inspect.unwrap(function)
    if not isinstance(function, FunctionType) or id(function) in seen or "pm_migrate" not in function.__module__:
        return
    seen.add(id(function))
    yield function
    for name in _names(function.__code__):
        for scope in (function.__globals__, *(v.__dict__ for v in _modules(function))):
            if callable(scope.get(name)):
                yield from _reached(scope[name], seen)
    for cell in function.__closure__ or ():
        if callable(cell.cell_contents):
            yield from _reached(cell.cell_contents, seen)


def _names(code: CodeType) -> set[str]:
    inner = (c for c in code.co_consts if isinstance(c, CodeType))
    return set(code.co_names).union(*map(_names, inner))


def _modules(function: FunctionType) -> list[ModuleType]:
    globals_ = (function.__globals__.get(n) for n in _names(function.__code__))
    return [m for m in globals_ if isinstance(m, ModuleType) and m.__name__.startswith("pm_migrate")]


@cache
def rows_reaching() -> dict[int, list[str]]:
    """Rows by the identity of the functions that compute them."""
    found: dict[int, list[str]] = {}
    for row in ROWS:
        for table in (special.LOG_PROB, special.LOG_CDF, special.TEST_VALUE):
            if row.name in table:
                for function in _reached(table[row.name], set()):
                    names = found.setdefault(id(function), [])
                    if row.name not in names:
                        names.append(row.name)
    return found


def contradicts(spot: Spot, drawn: bool = False) -> bool:
    """Whether the record notices a change; if ``drawn``, whether fixed points of the strategies do."""
    names = rows_reaching().get(id(living(spot.module, spot.function)), [])
    rows = [row for row in ROWS if row.name in names]
    right = {(row.name, form.given): extremes(row.name, form.given) for row in rows for form in row.forms if drawn}
    with mutated(spot):
        try:
            if ".transforms." in spot.module:
                return not drawn and any(judge_transform(case) for case in CASES)
            if not drawn:
                return any(judge_runtime(row, facts()[row.name]) for row in rows)
            of_cdf = spot.module.endswith(_CUMULATIVE)
            judge, count = (judge_drawn_cdf, DRAWN_CDF) if of_cdf else (judge_drawn, DRAWN)
            if any(judge(row, form, count) for row in rows for form in row.forms):
                return True
            return any(
                not _right(row, form, *e) for row in rows for form in row.forms for e in right[row.name, form.given]
            )
        except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, AssertionError, tf.errors.OpError):
            return True  # the mutant does not even run


@cache
def _drawn(name: str, form: tuple[str, ...], count: int) -> list[engine.Point]:
    row = next(r for r in ROWS if r.name == name)
    found: list[engine.Point] = []

    @seed(5)
    @settings(max_examples=count, database=None, phases=[Phase.generate], deadline=None)
    @given(point=strategies.point(row, next(f for f in row.forms if f.given == form)))
    def collect(point: engine.Point) -> None:
        found.append(point)

    collect()
    return found


@cache
def extremes(name: str, given: tuple[str, ...]) -> list[tuple[Edge, Truth]]:
    """Points at sizes near the ends of the doubles where the runtime, unchanged, is exact."""
    row = next(r for r in ROWS if r.name == name)
    form = next(f for f in row.forms if f.given == given)
    found = []
    for edge in edges(row, form):
        if edge.kind == "extreme":
            with contextlib.suppress(TypeError, ValueError, ArithmeticError):  # the formula has no number there
                truth = truth_at(row, form, edge)
                found += [(edge, truth)] if _right(row, form, edge, truth) else []
    return found


def _right(row: Distribution, form: Form, edge: Edge, truth: Truth) -> bool:
    ours = engine.eager(row, form, edge.parameters, edge.value)
    return wrong_bits(ours.logp, truth.logp, truth.condition) <= tolerances.LOG_DENSITY_BITS


def judge_drawn(row: Distribution, form: Form, count: int) -> bool:
    """Whether the runtime differs from the formulas at fixed points all over the domain."""
    points = _drawn(row.name, form.given, count)
    for point, ours in zip(points, runtime(row, form, points), strict=True):
        logp_bits, gradient_bits = bits_of(row, ours, truth_of(row, form, point))
        if logp_bits > tolerances.LOG_DENSITY_BITS or gradient_bits > tolerances.GRADIENT_BITS:
            return True
    return False


def judge_drawn_cdf(row: Distribution, form: Form, count: int) -> bool:
    """As :func:`judge_drawn`, of the distribution function."""
    if row.logcdf is None:
        return False
    points = [summable(row, form, point) for point in _drawn(row.name, form.given, count)]
    return any(
        logcdf_problem(logcdf_of(row, form, point), point, ours)
        for point, ours in zip(points, runtime_logcdf(row, form, points), strict=True)
    )


@cache
def _transform_record() -> dict[str, Any]:
    return json.loads(TRANSFORMS.read_text(encoding="utf-8"))


def judge_transform(case: Case) -> str:
    """The first contradiction between a transform and the record; empty for none."""
    params = [tf.constant(np.float64(v)) for v, _ in zip((-1.5, 2.25), case.ends, strict=False)]
    if case.name == "upperbound":
        params = [tf.constant(np.float64(2.25))]
    for entry in _transform_record()[case.name]:
        with tf.GradientTape(persistent=True) as tape:
            y = tf.constant(number(entry["y"]))
            tape.watch(y)
            transform = case.make(*params)
            x, jacobian = transform.backward(y), transform.jacobian_det(y)
            again = transform.forward(x)
            x_sum, jacobian_sum = tf.reduce_sum(x), tf.reduce_sum(jacobian)
        slopes = [
            tape.gradient(total, y, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            for total in (x_sum, jacobian_sum)
        ]
        wrapped = np.arctan2(np.sin(number(entry["y"])), np.cos(number(entry["y"])))
        for what, ours, theirs in (
            ("backward", x, entry["x"]),
            ("jacobian_det", np.atleast_1d(jacobian), entry["jacobian"]),
            ("gradient of backward", slopes[0], entry["slope"]),
            ("gradient of jacobian_det", slopes[1], entry["jacobian_slope"]),
            ("forward", again, wrapped if case.name == "circular" else entry["y"]),
        ):
            if not np.allclose(ours, number(theirs) if isinstance(theirs, list) else theirs, rtol=1e-9, atol=1e-9):
                return what
    return ""


def main() -> None:
    """Print the score."""
    start, alive, equivalent, drawn = time.monotonic(), 0, 0, 0
    sample = chosen()
    for spot in sample:
        begun = time.monotonic()
        verdict = "contradicted"
        if not contradicts(spot):
            why = EQUIVALENT.get(str(spot), "")
            late = not why and contradicts(spot, drawn=True)
            verdict = "equivalent" if why else "only at drawn points" if late else "survives"
            equivalent, drawn, alive = equivalent + bool(why), drawn + late, alive + (not why and not late)
        print(f"{verdict}: {spot} ({time.monotonic() - begun:.1f} s)", flush=True)
    print(f"{score(len(sample), equivalent, alive)}; {drawn} only at drawn points; {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()

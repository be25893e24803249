"""Expressions of the tensor surface, with the interval that their values stay in.

What a parameter demands is reached by search: of several links, the first whose interval fits is taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from equivalence_tests.fuzzing.draft import Draft, Shape, Value

#: Magnitudes beyond which an expression is scaled down before it goes on.
LARGEST = 30.0

_DEPTH = 2


@dataclass(frozen=True)
class Function:
    """A function of one argument.

    Parameters
    ----------
    name
        In ``theano.tensor``, or with a dot in front where it lives elsewhere.
    low, high
        Where it is used.
    apply
        In double precision, monotone or with ``bounds``.
    homes
        Spellings: ``tt``, ``math`` (``pm.math``), ``np``.
    bounds
        Of its values, where it is not monotone.
    """

    name: str
    low: float
    high: float
    apply: Callable[[float], float]
    homes: tuple[str, ...] = ("tt",)
    bounds: Callable[[float, float], tuple[float, float]] | None = None

    def interval(self, value: Value) -> tuple[float, float]:
        """Where its values are."""
        if self.bounds is not None:
            return self.bounds(value.low, value.high)
        ends = self.apply(value.low), self.apply(value.high)
        return min(ends), max(ends)


def _even(apply: Callable[[float], float]) -> Callable[[float, float], tuple[float, float]]:
    """Bounds of an even function that grows away from 0."""

    def bounds(low: float, high: float) -> tuple[float, float]:
        ends = apply(low), apply(high)
        return (apply(0.0) if low <= 0 <= high else min(ends)), max(ends)

    return bounds


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def _one(low: float, high: float) -> tuple[float, float]:
    return -1.0, 1.0


FUNCTIONS = (
    Function("tanh", -50, 50, math.tanh, ("tt", "math", "np")),
    Function("exp", -6, 3.4, math.exp, ("tt", "math", "np")),
    Function("sqr", -5, 5, lambda x: x * x, ("tt", "math"), _even(lambda x: x * x)),
    Function("sigmoid", -30, 30, _sigmoid, ("nnet", "math")),
    Function("log", 0.02, 1e4, math.log, ("tt", "math", "np")),
    Function("sqrt", 0.01, 1e3, math.sqrt, ("tt", "math", "np")),
    Function("sin", -50, 50, math.sin, ("tt", "math", "np"), _one),
    Function("cos", -50, 50, math.cos, ("tt", "math", "np"), _one),
    Function("abs_", -30, 30, abs, ("tt", "math"), _even(abs)),
    Function("log1p", -0.8, 1e3, math.log1p, ("tt", "np")),
    Function("expm1", -6, 3.4, math.expm1, ("tt", "np")),
    Function("softplus", -30, 30, lambda x: math.log1p(math.exp(x)), ("nnet",)),
    Function("arctan", -50, 50, math.atan, ("tt", "np")),
    Function("erf", -5, 5, math.erf, ("tt", "math")),
    Function("erfc", -5, 5, math.erfc, ("tt", "math")),
    Function("inv", 0.05, 50, lambda x: 1 / x, ("tt",)),
    Function("logit", 0.02, 0.98, lambda p: math.log(p / (1 - p)), ("math",)),
    Function("sinh", -3.4, 3.4, math.sinh, ("tt", "math", "np")),
    Function("cosh", -3.4, 3.4, math.cosh, ("tt", "math", "np"), _even(math.cosh)),
    Function("gammaln", 1.5, 20, math.lgamma, ("tt",), lambda low, high: (-0.2, max(0.0, math.lgamma(high)))),
    Function("arcsinh", -30, 30, math.asinh, ("tt", "np")),
    Function("invlogit", -30, 30, _sigmoid, ("math", "top")),
)
BY_NAME = {f.name: f for f in FUNCTIONS}
_NP_NAMES = {"abs_": "abs"}


def call(d: Draft, function: Function, value: Value) -> Value:
    """Apply a function to a value in its domain."""
    home = d.choose(function.homes) if value.random else "tt"
    if home == "np" and not value.random:
        home = "tt"
    name = {
        "tt": lambda: d.tt(function.name),
        "nnet": lambda: d.tt(f"nnet.{function.name}"),
        "math": lambda: d.pm(f"math.{function.name}"),
        "np": lambda: d.np(_NP_NAMES.get(function.name, function.name)),
        "top": lambda: d.pm(function.name),
    }[home]()
    d.features.add(f"function {home}")
    low, high = function.interval(value)
    return Value(f"{name}({value.code})", value.shape, low, high, random=True)


def tame(d: Draft, value: Value) -> Value:
    """Bring a value back to moderate sizes."""
    if value.size <= LARGEST:
        return value
    by = math.ceil(value.size / 5)
    return Value(f"{value.tight} / {by}.0", value.shape, value.low / by, value.high / by, value.random, atom=False)


def combined(d: Draft, a: Value, b: Value) -> Value:
    """Combine two values with an operator that is defined for them."""
    shape = np.broadcast_shapes(a.shape, b.shape)
    random = a.random or b.random
    whole = a.integer and b.integer
    ends = (a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high)
    kinds = ["+", "*", "-"]
    if not b.low <= 0.02 and b.high < 1e3:
        kinds.append("/")
    if random:
        kinds += ["maximum", "minimum", "switch"]
    kind = d.choose(kinds)
    if kind == "+":
        return Value(f"{a.code} + {b.tight}", shape, a.low + b.low, a.high + b.high, random, False, whole)
    if kind == "-":
        return Value(f"{a.code} - {b.tight}", shape, a.low - b.high, a.high - b.low, random, False, whole)
    if kind == "*":
        return Value(f"{a.tight} * {b.tight}", shape, min(ends), max(ends), random, False, whole)
    if kind == "/":
        parts = (a.low / b.low, a.low / b.high, a.high / b.low, a.high / b.high)
        return Value(f"{a.tight} / {b.tight}", shape, min(parts), max(parts), random, False)
    hull = min(a.low, b.low), max(a.high, b.high)
    if kind == "switch":
        d.features.add("switch")
        name = d.choose((d.tt("switch"), d.pm("math.switch")))
        return Value(f"{name}({a.code} > {b.tight}, {a.code}, {b.code})", shape, *hull, random=True)
    name = d.tt(kind) if d.flip() else d.pm(f"math.{kind}")
    return Value(f"{name}({a.code}, {b.code})", shape, *hull, random=True)


def unary(d: Draft, value: Value) -> Value:
    """Apply a function whose domain holds the value."""
    if not value.random:
        return value
    options: list[Function | str] = [f for f in FUNCTIONS if value.within(f.low, f.high)]
    options += ["-", "** 2", "clip"] if value.size < 5 else ["-", "clip"]
    kind = d.choose(options)
    if isinstance(kind, Function):
        return call(d, kind, value)
    if kind == "-":
        return Value(f"-{value.tight}", value.shape, -value.high, -value.low, True, False, value.integer)
    if kind == "clip":
        low, high = max(value.low, -2.0), max(min(value.high, 2.5), -1.5)
        name = d.pm("math.clip") if d.flip() else d.tt("clip")
        return Value(f"{name}({value.code}, {min(low, high)!r}, {high!r})", value.shape, min(low, high), high, True)
    low, high = _even(lambda x: x * x)(value.low, value.high)
    return Value(f"{value.tight} ** 2", value.shape, low, high, True, False, value.integer)


def real(d: Draft, shape: Shape = (), depth: int = _DEPTH) -> Value:
    """Write an expression whose shape broadcasts to ``shape``."""
    if depth <= 0:
        return leaf(d, shape)
    kind = d.below(8)
    if kind <= 1:
        return leaf(d, shape)
    if kind <= 3:
        return tame(d, combined(d, real(d, shape, depth - 1), real(d, shape, depth - 1)))
    if kind == 4:
        return tame(d, unary(d, real(d, shape, depth - 1)))
    if kind == 5 and shape == (d.rows,):
        return tame(d, gathered(d))
    if kind == 6 and shape == (d.rows,):
        return tame(d, product(d))
    if kind >= 5 and shape == ():
        return tame(d, reduced(d))
    if kind >= 5 and len(shape) == 1:
        return tame(d, vector(d, shape[0]))
    if kind >= 5 and len(shape) == 2:
        return tame(d, crossed(d, shape))
    return leaf(d, shape)


def crossed(d: Draft, shape: Shape) -> Value:
    """A matrix of two vectors, or one that is turned or summed."""
    first, second = of_shape(d, shape[:1]), of_shape(d, shape[1:])
    if first is None or second is None:
        return leaf(d, shape)
    d.features.add("new axes")
    column = d.choose((f"{first.tight}[:, None]", f"{first.tight}.dimshuffle(0, 'x')", f"{first.tight}[:, np.newaxis]"))
    if "np." in column:
        d.imports.add("import numpy as np")
    return combined(d, replace(first, code=column, shape=(shape[0], 1), atom=True), second)


def leaf(d: Draft, shape: Shape) -> Value:
    """Take something in scope that broadcasts to ``shape``, or a number."""
    fitting = [v for v in reversed(d.scope) if _broadcasts(v.shape, shape)]
    if fitting and not d.flip(15):
        return d.choose(fitting[:8])
    if shape and d.flip(30):
        return data(d, shape)
    return d.number(-2, 3)


def data(d: Draft, shape: Shape) -> Value:
    """Take or write an array of numbers of a shape."""
    for known in d.arrays:
        if known.shape == shape and not known.integer and d.flip():
            return known
    count = int(np.prod(shape))
    return d.array(d.choose(("x", "z", "w")), [d.number(-2, 2).low for _ in range(count)], shape)


def _broadcasts(shape: Shape, target: Shape) -> bool:
    if len(shape) > len(target):
        return False
    return all(a in (1, b) for a, b in zip(reversed(shape), reversed(target), strict=False))


def of_shape(d: Draft, shape: Shape) -> Value | None:
    """Take something symbolic in scope that has exactly this shape."""
    fitting = [v for v in reversed(d.scope) if v.shape == shape and v.random]
    return d.choose(fitting[:6]) if fitting else None


def gathered(d: Draft) -> Value:
    """A vector by group, spread over the rows."""
    source = of_shape(d, (d.groups,))
    if source is None:
        return leaf(d, (d.rows,))
    index = d.index()
    code = f"{source.tight}[{index.code}]"
    if d.flip(20):
        code = f"{d.tt('take')}({source.code}, {index.code})"
    return replace(source, code=code, shape=(d.rows,), atom=True)


def product(d: Draft) -> Value:
    """Rows of predictors times a vector of coefficients."""
    beta = of_shape(d, (d.columns,))
    if beta is None:
        return leaf(d, (d.rows,))
    x = data(d, (d.rows, d.columns))
    d.features.add("dot")
    name = d.choose((f"{d.tt('dot')}({{}}, {{}})", f"{d.pm('math.dot')}({{}}, {{}})", "({} * {}).sum(axis=1)"))
    bound = x.size * beta.size * d.columns
    return Value(name.format(x.code, beta.code), (d.rows,), -bound, bound, True)


def reduced(d: Draft) -> Value:
    """A number of a vector or matrix."""
    sources = [v for v in reversed(d.scope) if v.shape and v.random]
    if not sources:
        return leaf(d, ())
    v = d.choose(sources[:6])
    n = float(np.prod(v.shape))
    d.features.add("reduction")
    ends = (0,) * len(v.shape)
    kind = d.below(8)
    if kind == 0:
        at = ", ".join(str(e if not d.flip() else -1) for e in ends)
        return replace(v, code=f"{v.tight}[{at}]", shape=(), atom=True)
    if kind <= 2:
        form = d.choose(("{tt}({v})", "{v}.sum()", "{pm}({v})"))
        text = form.format(tt=d.tt("sum"), pm=d.pm("math.sum"), v=v.tight if form.startswith("{v}") else v.code)
        return Value(text, (), n * v.low, n * v.high, True)
    if kind == 3:
        return replace(v, code=f"{v.tight}.mean()" if d.flip() else f"{d.tt('mean')}({v.code})", shape=(), atom=True)
    if kind == 4:
        name = d.choose(("max", "min"))
        return replace(v, code=f"{v.tight}.{name}()" if d.flip() else f"{d.tt(name)}({v.code})", shape=(), atom=True)
    if kind == 5 and v.size < 20:
        name = d.pm("math.logsumexp")
        return Value(
            f"{name}({v.code}){'[0]' if len(v.shape) == 1 else '[0, 0]'}", (), v.low, v.high + math.log(n), True
        )
    if kind == 6 and len(v.shape) == 1:
        square = n * v.size**2
        return Value(f"{d.tt('dot')}({v.code}, {v.code})", (), 0.0, square, True)
    if kind == 7 and v.size**n < 1e3:
        return Value(f"{d.tt('prod')}({v.code})", (), -(v.size**n), v.size**n, True)
    return Value(f"{v.tight}.var()", (), 0.0, (v.high - v.low) ** 2, True)


def vector(d: Draft, length: int) -> Value:
    """A vector put together."""
    d.features.add("stack")
    kind = d.below(6)
    source = of_shape(d, (length,))
    if kind == 1 and source is not None:
        return replace(source, code=f"{source.tight}[::-1]", atom=True)
    if kind == 2 and source is not None:
        bound = source.size * length
        name = f"{d.tt('cumsum')}({source.code})" if d.flip() else f"{d.tt('extra_ops.cumsum')}({source.code})"
        return Value(name, (length,), -bound, bound, True)
    if kind == 3 and source is not None:
        new = d.number(-2, 3)
        low, high = min(source.low, new.low), max(source.high, new.high)
        return Value(f"{d.tt('set_subtensor')}({source.tight}[0], {new.code})", (length,), low, high, True)
    if kind == 4 and length >= 2 and source is not None:
        first = leaf(d, ())
        if first.shape == () and first.random:
            low, high = min(source.low, first.low), max(source.high, first.high)
            rest = f"{source.tight}[1:]"
            return Value(f"{d.tt('concatenate')}([[{first.code}], {rest}])", (length,), low, high, True)
    parts = [leaf(d, ()) for _ in range(length)]
    if not any(p.random for p in parts) or any(p.shape for p in parts):
        return source or leaf(d, (length,))
    low, high = min(p.low for p in parts), max(p.high for p in parts)
    inside = ", ".join(p.code for p in parts)
    name = d.tt("stack") if d.flip(70) else d.tt("as_tensor_variable")
    return Value(f"{name}([{inside}])", (length,), low, high, True)


# --- links: a value of a domain, whatever comes in --------------------------------------------------------------------

LOW, HIGH = 0.05, 40.0


def positive(d: Draft, shape: Shape = (), depth: int = 1) -> Value:
    """Write an expression that is positive and moderate."""
    if d.flip(45):
        return d.number(0.2, 4)
    value = real(d, shape, depth)
    if not value.random and not value.shape and value.low > 0.1:
        return value
    for link in d.positions(_POSITIVE):
        found = link(d, value)
        if found is not None and found.within(LOW, HIGH):
            return found
    return d.number(0.2, 4)


def unit(d: Draft, shape: Shape = (), depth: int = 1) -> Value:
    """Write an expression between 0 and 1, away from both."""
    if d.flip(40):
        return d.number(0.1, 0.9)
    value = real(d, shape, depth)
    for link in d.positions(_UNIT):
        found = link(d, value)
        if found is not None and found.within(0.001, 0.999):
            return found
    return d.number(0.1, 0.9)


def _named(name: str) -> Callable[[Draft, Value], Value | None]:
    function = BY_NAME[name]

    def link(d: Draft, value: Value) -> Value | None:
        fits = value.random and value.within(function.low, function.high)
        return call(d, function, value) if fits else None

    return link


def _plus(name: str, shift: float) -> Callable[[Draft, Value], Value | None]:
    inner = _named(name)

    def link(d: Draft, value: Value) -> Value | None:
        found = inner(d, value)
        if found is None:
            return None
        return replace(
            found, code=f"{found.code} + {shift}", low=found.low + shift, high=found.high + shift, atom=False
        )

    return link


def _as_it_is(d: Draft, value: Value) -> Value | None:
    return value


def _logistic(d: Draft, value: Value) -> Value | None:
    if not value.random or value.size > 6:
        return None
    code = f"1 / (1 + {d.tt('exp')}(-{value.tight}))"
    return Value(code, value.shape, _sigmoid(value.low), _sigmoid(value.high), True, False)


def _squashed(d: Draft, value: Value) -> Value | None:
    found = _named("tanh")(d, value)
    return found and replace(found, code=f"0.5 + 0.4 * {found.code}", low=0.1, high=0.9, atom=False)


_POSITIVE = (
    _as_it_is, _named("exp"), _named("softplus"), _plus("abs_", 0.1), _plus("sqr", 0.5), _plus("sigmoid", 0.1),
    _plus("cosh", 0.0), _plus("tanh", 1.5),
)  # fmt: skip
_UNIT = (_as_it_is, _named("sigmoid"), _named("invlogit"), _logistic, _squashed)

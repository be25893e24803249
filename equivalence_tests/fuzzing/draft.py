"""A program that is being written: its lines, what is in scope, and the features it has."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

T = TypeVar("T")
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Value:
    """An expression, and what is known of its value near the test point.

    Parameters
    ----------
    code
        Its text.
    shape
        Its shape.
    low, high
        Between which its elements stay at the points that are compared; this steers programs away from NaN.
    random
        Whether it is symbolic: depends on a random variable or a shared one.
    atom
        Whether its text binds tighter than every operator.
    integer
        Whether it has integers.
    """

    code: str
    shape: Shape = ()
    low: float = 0.0
    high: float = 0.0
    random: bool = False
    atom: bool = True
    integer: bool = False

    @property
    def tight(self) -> str:
        """The text, in parentheses where an operator beside it could tear it apart."""
        return self.code if self.atom else f"({self.code})"

    @property
    def size(self) -> float:
        """Largest magnitude."""
        return max(abs(self.low), abs(self.high))

    def within(self, low: float, high: float) -> bool:
        """Whether it stays in an interval."""
        return low <= self.low and self.high <= high


@dataclass(frozen=True)
class Written:
    """A finished program.

    Parameters
    ----------
    cells
        Its parts in order; joined by blank lines they are the script.
    features
        Which of the constructs it has.
    notebook
        Whether it is given to the codemod as a notebook.
    """

    cells: tuple[str, ...]
    features: frozenset[str]
    notebook: bool = False

    @property
    def source(self) -> str:
        """The program as a script."""
        return "\n\n".join(self.cells) + "\n"


class Draft:
    """A program in the making.

    Parameters
    ----------
    draw
        Gives an integer below its argument, the simplest at 0: the only source of choices.
    """

    def __init__(self, draw: Callable[[int], int]) -> None:
        self._draw = draw
        self.features: set[str] = set()
        self.imports: set[str] = set()
        self.data: list[str] = []
        self.helpers: list[str] = []
        self.blocks: list[list[str]] = [[]]
        self.indent = 0
        self.scope: list[Value] = []
        self.arrays: list[Value] = []
        self.names: set[str] = {"model", "pm", "tt", "np", "pd", "theano", "i", "j", "k"}
        self.prefix = self.choose(("pm", "pm", "pm", "pymc3"))
        self.tensor = self.choose(("tt", "tt", "tt", "T", "theano.tensor"))
        self.rows = 2 + self.below(4)
        self.groups = 2 + self.below(2)
        self.columns = 2 + self.below(2)
        self.coords = False

    # --- choices; each is simplest at 0, towards which Hypothesis shrinks

    def below(self, count: int) -> int:
        """Draw an integer below ``count``."""
        return self._draw(count) if count > 1 else 0

    def choose(self, options: Sequence[T]) -> T:
        """Draw one of several, the simplest first."""
        return options[self.below(len(options))]

    def flip(self, percent: int = 50) -> bool:
        """Draw whether to do the less simple thing."""
        return self.below(100) >= 100 - percent

    def number(self, low: float, high: float) -> Value:
        """Draw a number of few digits from an interval; 1 if that is in it."""
        step = 0.1 if high - low <= 20 else 1.0
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        simplest = min(max(round(1 / step), first), last)
        shift = self.below(last - first + 1)
        k = first + (simplest - first + shift) % (last - first + 1)
        value = round(k * step, 1)
        whole = value == int(value) and self.flip(30)
        text = str(int(value)) if whole else repr(value)
        return Value(text, (), value, value, atom=value >= 0, integer=whole)

    def positions(self, items: Sequence[T]) -> Iterator[T]:
        """Go through all items once, from a drawn one on: a search that ends at the first that fits."""
        start = self.below(len(items))
        for i in range(len(items)):
            yield items[(start + i) % len(items)]

    # --- names and imports

    def pm(self, name: str) -> str:
        """Spell a name of PyMC3."""
        self.imports.add("import pymc3 as pm" if self.prefix == "pm" else "import pymc3")
        return f"{self.prefix}.{name}"

    def tt(self, name: str) -> str:
        """Spell a name of theano.tensor."""
        spelled = {
            "tt": "import theano.tensor as tt",
            "T": "from theano import tensor as T",
            "theano.tensor": "import theano.tensor",
        }
        self.imports.add(spelled[self.tensor])
        return f"{self.tensor}.{name}"

    def np(self, name: str) -> str:
        """Spell a name of NumPy."""
        self.imports.add("import numpy as np")
        return f"np.{name}"

    def fresh(self, stem: str) -> str:
        """Return a name that the program does not have yet."""
        name, n = stem, 1
        while name in self.names:
            name, n = f"{stem}{n}", n + 1
        self.names.add(name)
        return name

    # --- lines

    def emit(self, *lines: str) -> None:
        """Write lines into the current block."""
        self.blocks[-1] += ["    " * self.indent + line if line else "" for line in lines]

    @contextmanager
    def indented(self, header: str) -> Iterator[None]:
        """Write a header, and what follows below it."""
        self.emit(header)
        self.indent += 1
        before = len(self.blocks[-1])
        yield
        if len(self.blocks[-1]) == before:
            self.emit("pass")
        self.indent -= 1

    def let(self, stem: str, value: Value) -> Value:
        """Give a value a name in the current block."""
        name = self.fresh(stem)
        self.emit(f"{name} = {value.code}")
        return self.known(replace(value, code=name, atom=True))

    def known(self, value: Value) -> Value:
        """Put a value into scope."""
        self.scope.append(value)
        return value

    def array(self, stem: str, values: Sequence[Any], shape: Shape, integer: bool = False) -> Value:
        """Write data above the model."""
        name = self.fresh(stem)
        self.data.append(f"{name} = {self.np('array')}({nested(list(values), shape)})")
        value = Value(name, shape, min(values), max(values), integer=integer)
        self.arrays.append(value)
        return value

    def index(self) -> Value:
        """Group numbers of the rows."""
        for known in self.arrays:
            if known.code.startswith("group"):
                return known
        numbers = [i % self.groups if not self.flip(20) else self.below(self.groups) for i in range(self.rows)]
        self.features.add("indexing")
        return self.array("group", numbers, (self.rows,), integer=True)

    def finished(self, notebook: bool) -> Written:
        """Return the program."""
        parts = [sorted(self.imports), self.data, self.helpers, *self.blocks]
        cells = tuple("\n".join(lines) for lines in parts if lines)
        return Written(cells, frozenset(self.features), notebook)


def nested(values: Sequence[Any], shape: Shape) -> str:
    """Write numbers as nested lists of a shape."""
    if len(shape) < 2:
        return "[" + ", ".join(map(str, values)) + "]"
    step = len(values) // shape[0]
    return "[" + ", ".join(nested(values[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])) + "]"

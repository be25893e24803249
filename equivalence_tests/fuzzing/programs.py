"""The strategy that writes whole programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from random import Random

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.database import InMemoryExampleDatabase, choices_to_bytes

from equivalence_tests.fuzzing import pieces, structures
from equivalence_tests.fuzzing.draft import Draft, Written

#: The simplest first; what stands more than once is drawn more often.
PIECES = (
    *[pieces.prior, pieces.observed] * 4, *[pieces.local, pieces.deterministic] * 2, pieces.potential,
    pieces.loop, pieces.named_parts, pieces.helper, pieces.link, pieces.bound, pieces.container, structures.mixture,
    structures.multivariate, structures.categorical, structures.series, structures.counts, structures.own_density,
    structures.part, structures.ordered, structures.weights, structures.matrix, structures.interpolated,
    structures.flat, structures.scan, pieces.branch,
)  # fmt: skip

LONGEST = 8


def write(d: Draft) -> Written:
    """Write one program."""
    made_by_function = d.flip(10)
    if d.flip(10):
        d.coords = True
        labels = {"group": d.groups, "column": d.columns, "row": d.rows}
        d.data.append("coords = {" + ", ".join(f"{k!r}: {list(range(n))}" for k, n in labels.items()) + "}")
    header = f"with {d.pm('Model')}({'coords=coords' if d.coords else ''}) as model:"
    if made_by_function:
        d.emit("def build():")
        d.indent += 1
        d.features.add("model made by a function")
    count = 1 + d.below(LONGEST)
    again = 1 + d.below(count) if not made_by_function and count > 1 and d.flip(20) else count
    with d.indented(header):
        pieces.prior(d)
        for _ in range(again - 1):
            d.choose(PIECES)(d)
    if made_by_function:
        d.emit("return model")
        d.indent -= 1
        d.emit("", "", "model = build()")
    if again < count:
        d.features.add("re-entered model")
        d.blocks.append([])
        with d.indented("with model:"):
            for _ in range(count - again):
                d.choose(PIECES)(d)
    if d.flip(6):
        d.features.add("sample")
        d.blocks.append([])
        with d.indented("with model:"):
            d.emit(f"trace = {d.pm('sample')}(50, tune=50, chains=1)")
    notebook = d.flip(10)
    if notebook:
        d.features.add("notebook")
    return d.finished(notebook)


@cache
def _below(count: int) -> st.SearchStrategy[int]:
    """Strategies are kept, since making one costs more than drawing from it."""
    return st.integers(0, count - 1)


@st.composite
def programs(draw: st.DrawFn) -> Written:
    """Whole PyMC3 programs."""
    return write(Draft(lambda count: draw(_below(count))))


def drawn(seed: str) -> tuple[Written, list[int]]:
    """A program of the strategy and its choices, drawn evenly.

    Hypothesis varies what it has drawn, so that nearly half of its programs come twice, and takes ten times as long.
    """
    generator, choices = Random(seed), list[int]()

    def below(count: int) -> int:
        choices.append(generator.randrange(count))
        return choices[-1]

    return write(Draft(below)), choices


def shrunk(choices: Sequence[int], condition: Callable[[Written], bool]) -> Written:
    """The simplest program that Hypothesis finds with a property that the one of these choices has."""
    database = InMemoryExampleDatabase()
    database.save(b"find.secondary", choices_to_bytes(choices))  # what is under the key itself counts as shrunk
    options = settings(
        database=database,
        phases=[Phase.reuse, Phase.shrink],
        deadline=None,
        derandomize=False,
        suppress_health_check=list(HealthCheck),
    )
    return find(programs(), condition, settings=options, database_key=b"find")

"""The strategy that writes whole programs."""

from __future__ import annotations

from hypothesis import strategies as st

from equivalence_tests.fuzzing import pieces, structures
from equivalence_tests.fuzzing.draft import Draft, Written

#: The simplest first; what stands more than once is drawn more often.
PIECES = (
    pieces.prior, pieces.observed, pieces.prior, pieces.observed, pieces.local, pieces.deterministic, pieces.potential,
    pieces.loop, pieces.helper, pieces.link, pieces.bound, pieces.container, structures.mixture,
    structures.multivariate, structures.categorical, structures.series, structures.counts, structures.own_density,
    structures.part, structures.ordered, structures.weights, structures.matrix, structures.interpolated,
    structures.flat, structures.scan,
)  # fmt: skip

LONGEST = 7


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


@st.composite
def programs(draw: st.DrawFn) -> Written:
    """Whole PyMC3 programs."""
    return write(Draft(draw))

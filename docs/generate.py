"""Write the pages that the catalogue makes: ``python docs/generate.py``. A test fails when one is stale.

They are docs/distributions.md, docs/transforms.md, the part of docs/known-differences.md between two markers,
docs/pymc3-suite.md, from the recorded outcomes of PyMC3's tests, and docs/findings.md, from the rules of the codemod.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent))  # equivalence_tests is found from anywhere

from equivalence_tests.known_edges import KNOWN  # noqa: E402
from equivalence_tests.pymc3_suite.page import page as pymc3_suite_page  # noqa: E402
from pm_migrate.catalog import DISTRIBUTIONS, ROWS, Distribution  # noqa: E402
from pm_migrate.catalog.structured import STRUCTURED, Structured  # noqa: E402

sys.path.insert(0, str(DOCS))
from findings_page import page as findings_page  # noqa: E402

DISTRIBUTIONS_HEAD = """\
# Distributions

Made from the catalogue by `docs/generate.py`. Each row works in both front ends and in the rewrite; its log density is
compared with the formula below in high precision and with PyMC3 3.11.6, in every parametrisation
([how](equivalence.md)). Formulas name the parameters of the first parametrisation. All faults and differences are
together in [known differences](known-differences.md).

"""

STRUCTURED_HEAD = """
# Made of other distributions

What `pymc3.distributions` exports besides: distributions made of others, time series, functions, and base classes. They
are compared with PyMC3 in whole models.

"""

TRANSFORMS_HEAD = """\
# Transforms

Made by `docs/generate.py`. `x` is the value, `y` what the sampler moves. `pm.distributions.transforms` has PyMC3's
names; the tag is in the name of the value variable: `sigma_log__`. The log Jacobian is that of `backward`, at `y`; sums
go over the last axis, which vector transforms map as a whole. A test compares every formula with the code.

"""

TRANSFORMS_TAIL = """
`Chain([first, second])` applies its parts in list order going forward, and its tag joins theirs: `log+ordered`. A
program's own transform is a subclass of `Transform` (`forward`, `backward`, `jacobian_det`) or of `ElemwiseTransform`,
which finds the Jacobian by itself, and is written with `theano.tensor`. `t_stick_breaking` was removed from PyMC3 in
3.11; `stick_breaking` takes its place.

Value variables of generator models are named the other way round, with PyMC4's tags: `__log_sigma`, and `sigmoid` for
`logodds`.
"""


@dataclass(frozen=True)
class Map:
    """A transform on the page: Python expressions in ``y`` (a vector where it has ``vector``), the ends and NumPy.

    Parameters
    ----------
    name
        In ``pm.distributions.transforms``.
    tag
        In the name of the value variable.
    domain
        Of x.
    backward, jacobian
        x, and the logarithm of the absolute Jacobian determinant.
    ends
        Arguments.
    vector
        Whether the last axis is mapped as a whole.
    """

    name: str
    tag: str
    domain: str
    backward: str
    jacobian: str
    ends: tuple[str, ...] = ()
    vector: bool = False


_SLOPE = "- log1p(exp(-y)) - log1p(exp(y))"

MAPS = (
    Map("log", "log", "x > 0", "exp(y)", "y"),
    Map("log_exp_m1", "log_exp_m1", "x > 0", "log1p(exp(y))", "-log1p(exp(-y))"),
    Map("logodds", "logodds", "0 < x < 1", "1 / (1 + exp(-y))", _SLOPE.replace("- ", "-", 1)),
    Map("interval", "interval", "a < x < b", "a + (b - a) / (1 + exp(-y))", f"log(b - a) {_SLOPE}", ("a", "b")),
    Map("lowerbound", "lowerbound", "x > a", "a + exp(y)", "y", ("a",)),
    Map("upperbound", "upperbound", "x < b", "b - exp(y)", "y", ("b",)),
    Map("circular", "circular", "-pi < x <= pi", "arctan2(sin(y), cos(y))", "0 * y"),
    Map("ordered", "ordered", "increasing vectors", "cumsum([y[0], *exp(y[1:])])", "sum(y[1:])", vector=True),
    Map(
        "stick_breaking",
        "stickbreaking",
        "simplex of K = len(y) + 1 entries",
        "exp([*y, -sum(y)]) / sum(exp([*y, -sum(y)]))",
        "log(K) - K * log(sum(exp([*y, -sum(y)])))",
        vector=True,
    ),
    Map("sum_to_1", "sumto1", "vectors with sum 1", "[*y, 1 - sum(y)]", "0.0", vector=True),
    Map(
        "CholeskyCovPacked",
        "cholesky-cov-packed",
        "lower triangles row by row, the diagonal (positions d) positive",
        "where(d, exp(y), y)",
        "sum(y[d])",
        ("n",),
        vector=True,
    ),
)


def listed(expressions: Mapping[str, str]) -> str:
    """Names with their expressions."""
    return "; ".join(f"{name} `{text}`" for name, text in expressions.items())


def generator_call(row: Distribution) -> str:
    """How the generator front end spells a row, in all its parametrisations."""
    calls: dict[str, None] = {}
    for form in row.generator_forms:
        given = ", ".join(n + (f"={row.pymc4_defaults[n]}" if n in row.pymc4_defaults else "") for n in form.given)
        calls[f"`{form.pymc4_name or row.pymc4_name}({given})`"] = None
    meaning = ", ".join(f"`{ours}` is `{text}`" for ours, text in row.pymc4.items() if ours != text)
    return "; ".join(calls) + ("" if row.in_pymc4 else " (not in PyMC4)") + (f", where {meaning}" if meaning else "")


def section(row: Distribution) -> str:
    """The entry of one distribution."""
    title = row.name + "".join(f", {alias}" for alias in row.aliases)
    forms = "; ".join(f"`{row.name}({', '.join(form.given)})`" for form in row.forms)
    spelled = [f"`{alias}` for `{p.name}`" for p in row.params for alias in p.aliases]
    defaults = [f"`{p.name}={p.default}`" for p in row.params if p.default is not None]
    transform = row.transform or "none"
    if row.transform == "bounded":
        transform = "interval, lowerbound, upperbound or none, by which ends there are"
    lines = [
        f"## {title}",
        "",
        f"- Parametrisations: {forms}" + (f"; {', '.join(spelled)}" if spelled else ""),
        *([f"- Defaults: {', '.join(defaults)}"] if defaults else []),
        f"- Generator front end: {generator_call(row)}",
        f"- Default transform: {transform}; test value: `{row.test_value}`",
        *([f"- Moments: {listed(row.moments)}"] if row.moments else []),
        f"- Log density: `{row.logp}`",
        *([f"- `logcdf`: `{row.logcdf}`"] if row.logcdf is not None else []),
        *([] if row.has_random else ["- No random draws, as in PyMC3"]),
        f"- Source: {row.source}",
        *([f"- Fault, kept by default ([choose](quirks.md)): {sentence(row.fault)}"] if row.fault else []),
        *(f"- {note}" for note in row.notes),
    ]
    return "\n".join(lines) + "\n"


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    return text[:1].upper() + text[1:].rstrip(".") + "."


def structured_section(entry: Structured) -> str:
    """The entry of a name without a row."""
    if entry.generator is None:
        generator = "none"
    else:
        generator = f"`{entry.generator}`" + ("" if entry.in_pymc4 else " (not in PyMC4)")
    lines = [
        f"## {entry.name}",
        "",
        entry.meaning,
        "",
        f"- Arguments: `{entry.name}({', '.join(entry.signature)})`",
        f"- Generator front end: {generator}",
        f"- Source: {entry.source}",
        *([f"- Not supported: {entry.missing}"] if entry.missing else []),
        *(f"- {note}" for note in entry.notes),
    ]
    return "\n".join(lines) + "\n"


def distributions_page() -> str:
    """docs/distributions.md."""
    entries = (e for e in STRUCTURED if e.name not in DISTRIBUTIONS)
    rows, others = map(section, ROWS), map(structured_section, entries)
    return DISTRIBUTIONS_HEAD + "\n".join(rows) + STRUCTURED_HEAD + "\n".join(others)


def default_of(tag: str) -> str:
    """The distributions that have a transform by default."""
    names = [row.name for row in ROWS if row.transform == tag]
    if tag in {"interval", "lowerbound", "upperbound"}:
        names += [f"{row.name} (by its ends)" for row in ROWS if row.transform == "bounded"] + ["Bound (by its ends)"]
    if tag == "cholesky-cov-packed":
        names.append("LKJCholeskyCov")
    return ", ".join(names) or "-"


def transforms_page() -> str:
    """docs/transforms.md."""
    lines = ["| name | tag | x | x from y | log Jacobian | default of |", "|---|---|---|---|---|---|"]
    for m in MAPS:
        name = f"{m.name}({', '.join(m.ends)})" if m.ends else m.name
        jacobian = m.jacobian.replace("0 * y", "0").replace("0.0", "0")
        lines.append(f"| `{name}` | `{m.tag}` | {m.domain} | `{m.backward}` | `{jacobian}` | {default_of(m.tag)} |")
    return TRANSFORMS_HEAD + "\n".join(lines) + "\n" + TRANSFORMS_TAIL


START, END = "<!-- generated: edges -->\n", "<!-- end -->\n"
#: By kind of edge: where it is, and what the runtime gives there.
_EDGES = {
    "invalid": ("invalid parameters", "-inf"),
    "outside": ("outside the support", "-inf"),
    "end": ("ends of the support", "the exact number"),
    "extreme": ("sizes from 2.2e-308 to 1e300", "the exact number"),
    "asymmetric": ("a matrix that is not symmetric", "the exact number"),
}


def edges_table() -> str:
    """The edges at which PyMC3 differs, from ``equivalence_tests/known_edges.py``."""
    lines = ["| distribution | where | PyMC3 | here |", "|---|---|---|---|"]
    for row in ROWS:
        for kind, reason in KNOWN.get(row.name, {}).items():
            where, ours = _EDGES[kind]
            lines.append(f"| {row.name} | {where} | {reason.replace('|', '/')} | {ours} |")
    return "\n".join(lines) + "\n"


def known_differences_page(text: str) -> str:
    """docs/known-differences.md with the table of edges put between the markers."""
    before, rest = text.split(START)
    return before + START + edges_table() + END + rest.split(END)[1]


def pages() -> dict[Path, str]:
    """What each page should be."""
    known = DOCS / "known-differences.md"
    return {
        DOCS / "distributions.md": distributions_page(),
        DOCS / "transforms.md": transforms_page(),
        DOCS / "pymc3-suite.md": pymc3_suite_page(),
        DOCS / "findings.md": findings_page(),
        known: known_differences_page(known.read_text(encoding="utf-8")),
    }


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")

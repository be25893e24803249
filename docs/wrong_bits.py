"""Write the support matrix and the heat maps of wrong bits from recorded runs of the harness.

``pytest equivalence_tests/test_density.py --record-wrong-bits FOLDER``, then ``python docs/wrong_bits.py FOLDER...``.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pm_migrate.catalog import DISTRIBUTIONS, ROWS, Distribution

DOCS = Path(__file__).parent
PAGE = DOCS / "support-matrix.md"
PICTURES = DOCS / "images"

#: Decades of sizes in the pictures; what is smaller or larger is in the outermost cells.
DECADES = (-9, 9)
PANELS = (4, 5)

HEAD = """\
# Support matrix

Made by `docs/wrong_bits.py` from recorded runs of `equivalence_tests/test_density.py`: the worst wrong bits of the log
density, and after the stroke of the gradient (by the value and every parameter), over all points drawn, against the
formula in high precision. [Wrong bits](equivalence.md#wrong-bits) are what is lost beyond rounding each input and
summand once; the limits are 8 and 12 of 53 in float64, 8 of 24 in float32. A dash: not run.

"""

PICTURES_HEAD = """
## Where the bits are lost

Each cell is the worst of its points, log density or gradient, in float64 under XLA: over the size of the value (its
largest entry) and that of a parameter (a scale or a shape where there is one), in the parametrisations that have it.
White: no point drawn there.

"""


def entries(folders: Iterable[Path]) -> list[dict[str, Any]]:
    """All recorded points."""
    paths = sorted(path for folder in folders for path in folder.glob("*.jsonl"))
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


def _order(mode: str) -> tuple[bool, bool, str]:
    """CPU before GPU, float64 before float32, graph before XLA."""
    return "GPU" in mode, "float32" in mode, mode.lower()


def _title(mode: str) -> str:
    """``XLA float64 /CPU:0`` as a column title."""
    kind, dtype, device = mode.split()
    return f"{kind}, {dtype}, {re.sub('[/:0-9]', '', device)}"


def table(found: Iterable[Mapping[str, Any]]) -> str:
    """The matrix as a Markdown table."""
    worst: dict[tuple[str, tuple[str, ...]], dict[str, tuple[float, float]]] = defaultdict(dict)
    counts: Counter[str] = Counter()
    for entry in found:
        cell = worst[entry["row"], tuple(entry["form"])]
        mode = entry["mode"]
        logp, gradient = cell.get(mode, (0.0, 0.0))
        cell[mode] = max(logp, entry["logp_bits"]), max(gradient, entry["gradient_bits"])
        counts[mode] += 1
    modes = sorted(counts, key=_order)
    lines = [
        "| distribution | parameters | " + " | ".join(map(_title, modes)) + " |",
        "|" + "---|" * (len(modes) + 2),
    ]
    for row in ROWS:
        for form in row.forms:
            cell = worst.get((row.name, form.given), {})
            shown = (f"{cell[m][0]:.1f} / {cell[m][1]:.1f}" if m in cell else "-" for m in modes)
            lines.append(f"| {row.name} | {', '.join(form.given) or 'none'} | {' | '.join(shown)} |")
    lines += ["", "Points drawn: " + "; ".join(f"{counts[m]:,} in {_title(m)}" for m in modes) + "."]
    return "\n".join(lines) + "\n"


def shown_parameter(row: Distribution) -> str | None:
    """The parameter on a picture's axis: the first that must be positive, else the first."""
    given = row.forms[0].given
    positive = (n for n in given if row.param(n).domain.lower == "0" or row.param(n).domain.structure)
    return next(positive, given[0] if given else None)


def cells(row: Distribution, found: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """Worst wrong bits by decade of the parameter and of the value; NaN where there is no point."""
    name = shown_parameter(row)
    count = DECADES[1] - DECADES[0]
    worst = np.full((count, count), np.nan)
    for entry in found:
        if name is None or name in entry["given"]:
            at = _decade(0.0 if name is None else entry["given"][name]), _decade(entry["value"])
            worst[at] = np.nanmax([worst[at], entry["logp_bits"], entry["gradient_bits"]])
    return worst


def _decade(x: Any) -> int:
    """Index of the decade of the largest entry's size."""
    largest = float(np.max(np.abs(np.asarray(x, float)), initial=0.0))
    size = math.floor(math.log10(largest)) if 0 < largest < math.inf else DECADES[0]
    return min(max(size, DECADES[0]), DECADES[1] - 1) - DECADES[0]


def heat_maps(found: Iterable[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """Draw the pictures; each with the distributions on it."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    by_row: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for entry in found:
        if entry["mode"].startswith("XLA float64"):
            by_row[entry["row"]].append(entry)
    names = [row.name for row in ROWS if row.name in by_row]
    PICTURES.mkdir(exist_ok=True)
    for old in PICTURES.glob("wrong-bits-*.png"):
        old.unlink()
    edges = np.arange(DECADES[0], DECADES[1] + 1)
    per_picture = PANELS[0] * PANELS[1]
    written: list[tuple[str, list[str]]] = []
    for start in range(0, len(names), per_picture):
        here = names[start : start + per_picture]
        rows_of_panels = math.ceil(len(here) / PANELS[1])
        figure, axes = pyplot.subplots(
            rows_of_panels, PANELS[1], figsize=(14, 2.7 * rows_of_panels + 0.6), layout="constrained", squeeze=False
        )
        for panel in axes.flat[len(here) :]:
            panel.set_visible(False)
        for name, panel in zip(here, axes.flat, strict=False):
            row = DISTRIBUTIONS[name]
            image = panel.pcolormesh(edges, edges, cells(row, by_row[name]), vmin=0, vmax=12, cmap="viridis")
            panel.set_title(name, fontsize=10)
            panel.set_ylabel(f"|{shown_parameter(row)}|" if row.forms[0].given else "no parameter", fontsize=8)
            ticks = np.arange(-8, 9, 4)
            panel.set_xticks(ticks, [f"$10^{{{t}}}$" for t in ticks], fontsize=7)
            panel.set_yticks(ticks, [f"$10^{{{t}}}$" for t in ticks], fontsize=7)
        figure.supxlabel("|value|", fontsize=10)
        figure.colorbar(image, ax=axes, label="worst wrong bits", shrink=min(1.0, 2.0 / rows_of_panels))
        path = PICTURES / f"wrong-bits-{len(written) + 1}.png"
        figure.savefig(path, dpi=75)
        pyplot.close(figure)
        written.append((path.name, here))
    return written


def main(folders: Sequence[Path]) -> None:
    """Write the page and its pictures."""
    found = entries(folders)
    if not found:
        raise SystemExit(f"nothing recorded in {', '.join(map(str, folders))}")
    pictures = [f"![Wrong bits of {', '.join(names)}](images/{file})\n" for file, names in heat_maps(found)]
    PAGE.write_text(HEAD + table(found) + PICTURES_HEAD + "\n".join(pictures), encoding="utf-8")


if __name__ == "__main__":
    main([Path(folder) for folder in sys.argv[1:]])

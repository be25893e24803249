"""Write the support matrix and the heat maps of wrong bits from a recorded run of the harness.

``pytest equivalence_tests/test_density.py --record-wrong-bits FOLDER``, then ``python docs/wrong_bits.py FOLDER``.
"""

from __future__ import annotations

import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pm_migrate.catalog import ROWS

DOCS = Path(__file__).parent
PAGE = DOCS / "support-matrix.md"
PICTURES = DOCS / "images"

HEAD = """\
# Support matrix

Made by `docs/wrong_bits.py` from a recorded run of `equivalence_tests/test_density.py`: the worst wrong bits of the log
density and of the gradient (by the value and every parameter) over all points drawn, against the formula in high
precision. Wrong bits are what is lost beyond the conditioning of the formula at that point
(`equivalence_tests/tolerances.py`); the harness allows 8 and 12. A dash means that the mode was not run.

"""


def entries(folder: Path) -> Iterable[dict[str, Any]]:
    """All recorded points."""
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def table(found: Iterable[Mapping[str, Any]]) -> str:
    """The matrix as a Markdown table."""
    worst: dict[tuple[str, tuple[str, ...]], dict[str, tuple[float, float]]] = defaultdict(dict)
    counts: dict[str, int] = defaultdict(int)
    for entry in found:
        cell = worst[entry["row"], tuple(entry["form"])]
        mode = entry["mode"]
        logp, gradient = cell.get(mode, (0.0, 0.0))
        cell[mode] = max(logp, entry["logp_bits"]), max(gradient, entry["gradient_bits"])
        counts[mode] += 1
    modes = sorted(counts)
    lines = [
        "| distribution | parameters | " + " | ".join(m.replace(" /", ", ").replace(":0", "") for m in modes) + " |",
        "|" + "---|" * (len(modes) + 2),
    ]
    for row in ROWS:
        for form in row.forms:
            cell = worst.get((row.name, form.given), {})
            shown = (f"{cell[m][0]:.1f} / {cell[m][1]:.1f}" if m in cell else "-" for m in modes)
            lines.append(f"| {row.name} | {', '.join(form.given) or 'none'} | {' | '.join(shown)} |")
    lines += ["", "Points: " + ", ".join(f"{counts[m]:,} in {m}" for m in modes) + "."]
    return "\n".join(lines) + "\n"


def heat_maps(found: Iterable[Mapping[str, Any]]) -> list[str]:
    """One picture per dozen distributions: the worst wrong bits over value and first parameter, both on a log scale."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    by_row: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for entry in found:
        if "float64" in entry["mode"] and entry["mode"].startswith("XLA"):
            first = entry["given"][entry["form"][0]] if entry["form"] else 0.0
            bits = max(entry["logp_bits"], entry["gradient_bits"])
            by_row[entry["row"]].append((_size(entry["value"]), _size(first), bits))
    names = [row.name for row in ROWS if row.name in by_row]
    PICTURES.mkdir(exist_ok=True)
    written = []
    for start in range(0, len(names), 12):
        figure, axes = pyplot.subplots(3, 4, figsize=(13, 9), constrained_layout=True)
        for panel in axes.flat:
            panel.set_visible(False)
        image = None
        for name, panel in zip(names[start : start + 12], axes.flat, strict=False):
            panel.set_visible(True)
            value, parameter, bits = np.array(by_row[name]).T
            edges = np.arange(-9, 10)
            cells = np.full((len(edges) - 1, len(edges) - 1), np.nan)
            for v, p, b in zip(value, parameter, bits, strict=True):
                i, j = (int(np.clip(math.floor(x), -9, 8)) + 9 for x in (p, v))
                cells[i, j] = np.nanmax([cells[i, j], b])
            image = panel.pcolormesh(edges, edges, cells, vmin=0, vmax=12, cmap="viridis")
            panel.set_title(name, fontsize=9)
            panel.tick_params(labelsize=7)
        figure.supxlabel("log10 of the value's size")
        figure.supylabel("log10 of the first parameter's size")
        assert image is not None
        figure.colorbar(image, ax=axes, label="worst wrong bits (log density or gradient)")
        path = PICTURES / f"wrong-bits-{start // 12 + 1}.png"
        figure.savefig(path, dpi=70)
        pyplot.close(figure)
        written.append(path.name)
    return written


def _size(x: Any) -> float:
    """Decimal logarithm of the largest entry's size."""
    largest = float(np.max(np.abs(np.asarray(x, float)), initial=0.0))
    return math.log10(largest) if largest > 0 else -9.0


def main(folder: Path) -> None:
    """Write the page and its pictures."""
    found = list(entries(folder))
    pictures = "\n".join(f"![Wrong bits over value and parameter](images/{name})" for name in heat_maps(found))
    PAGE.write_text(HEAD + table(found) + "\n## Where the bits are lost\n\n" + pictures + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

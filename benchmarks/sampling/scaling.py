"""How sampling scales in rows, dimensions and chains: ``python benchmarks/sampling/scaling.py``.

Wall time of the second call in a process, and the peak of memory, for logistic regressions of 1,000 to 1,000,000 rows,
independent normals in 10 to 10,000 dimensions, and 1 to 256 chains of the radon model. Writes ``scaling.md``,
``scaling.json`` and ``scaling.png`` into a folder.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from environments import measure
from rich.console import Console

#: What grows: the model, the option that grows, its values, and the number of draws (and of tuning draws).
SERIES: dict[str, tuple[str, str, tuple[int, ...], int]] = {
    "rows": ("logistic", "size", (1_000, 10_000, 100_000, 1_000_000), 20),
    "dimensions": ("independent", "size", (10, 100, 1_000, 10_000), 500),
    "chains": ("radon", "chains", (1, 4, 16, 64, 256), 1000),
}


def table(name: str, points: list[dict[str, Any]]) -> str:
    """One series in Markdown."""
    lines = [f"| {name} | seconds | ms per leapfrog | peak MB |", "|---|---|---|---|"]
    for p in points:
        each = 1e3 * p["seconds"] / p["leapfrogs"]
        lines.append(f"| {p[name]:,} | {p['seconds']:.2f} | {each:.4f} | {p['megabytes']:.0f} |")
    return "\n".join(lines) + "\n"


def plot(series: dict[str, list[dict[str, Any]]], path: Path) -> None:
    """Seconds against what grows."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(series), figsize=(4 * len(series), 4), layout="constrained", squeeze=False)
    for axis, (name, points) in zip(axes[0], series.items(), strict=True):
        axis.loglog([p[name] for p in points], [p["seconds"] for p in points], marker="o")
        axis.set(xlabel=name, ylabel="seconds")
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def main() -> int:
    """Measure the series in turn and write the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", nargs="+", default=list(SERIES), choices=SERIES)
    parser.add_argument("--framework", default="drop-in", choices=("drop-in", "pymc3", "pymc", "nutpie", "numpyro"))
    parser.add_argument("--out", type=Path, default=Path("benchmark-results"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    console, found = Console(stderr=True), {}
    with console.status("") as status, tempfile.TemporaryDirectory() as folder:
        for name in options.series:
            model, option, values, draws = SERIES[name]
            found[name] = points = []
            for value in values:
                status.update(f"{value:,} {name}")
                report = measure(
                    options.framework, model, Path(folder), calls=2, draws=draws, tune=draws, **{option: value}
                )
                call = report.facts["calls"][1]
                # warm-up takes as many trajectories again, of which the trace does not tell
                points.append({name: value, **call, "megabytes": report.facts["megabytes"]})
                console.print(f"{value:,} {name}: {call['seconds']:.2f} s")
            (options.out / "scaling.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    text = "\n".join(table(name, points) for name, points in found.items())
    (options.out / "scaling.md").write_text(text, encoding="utf-8")
    plot(found, options.out / "scaling.png")
    console.print(text, markup=False)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

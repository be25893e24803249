"""Smallest effective sample size per second of wall time: ``python benchmarks/sampling/ess.py``.

Each framework samples each model in three ways, all in one run on one machine:

- cold: a new process that has compiled nothing before (import, model, sampling, everything);
- cached: a new process that finds what the first has compiled;
- warm: once more in that process (the call of the sampler alone).

Writes ``ess.md``, ``ess.json`` and ``ess.png`` into a folder.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from environments import PEERS, Report, measure
from rich.console import Console

MODELS = ("eight_schools", "radon", "logistic", "mvnormal", "mixture", "volatility")
WAYS = ("cold", "cached", "warm")
SPLIT = ("import and model", "trace", "compile", "run")


def row(framework: str, model: str, first: Report, second: Report) -> dict[str, Any]:
    """The figures of a framework on a model."""
    calls = second.facts["calls"]
    cached = second.seconds - calls[1]["seconds"]  # what the process took without its second call
    sizes = {"cold": first.smallest_size(0), "cached": second.smallest_size(0), "warm": second.smallest_size(1)}
    seconds = {"cold": first.seconds, "cached": cached, "warm": calls[1]["seconds"]}
    split = {"import and model": second.facts["ready"]}
    split.update({stage: calls[0][stage] for stage in SPLIT[1:] if stage in calls[0]})
    return {
        "framework": framework,
        "model": model,
        "seconds": seconds,
        "ess": sizes,
        "rate": {way: sizes[way] / seconds[way] for way in WAYS},
        "leapfrogs": calls[1].get("leapfrogs"),
        "split": split,
        "megabytes": second.facts["megabytes"],
    }


def table(rows: list[dict[str, Any]]) -> str:
    """The figures in Markdown, with the ratios to PyMC3's."""
    head = "| model | sampler | cold | cached | warm | warm, seconds | smallest ESS | leapfrogs | MB |"
    lines = [head, "|" + "---|" * 9]
    base = {r["model"]: r["rate"] for r in rows if r["framework"] == "pymc3"}
    for r in rows:
        cells = []
        for way in WAYS:
            ratio = f" ({r['rate'][way] / base[r['model']][way]:.1f}x)" if r["model"] in base else ""
            cells.append(f"{r['rate'][way]:.3g}{ratio}")
        leapfrogs = "" if r["leapfrogs"] is None else f"{r['leapfrogs']:,.0f}"
        cells += [f"{r['seconds']['warm']:.2f}", f"{r['ess']['warm']:.0f}", leapfrogs, f"{r['megabytes']:.0f}"]
        lines.append(f"| {r['model']} | {r['framework']} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def split_table(rows: list[dict[str, Any]]) -> str:
    """Where the drop-in's time goes in a new process with a warm cache."""
    lines = ["| model | " + " | ".join(SPLIT) + " |", "|" + "---|" * (len(SPLIT) + 1)]
    for r in rows:
        if r["framework"] == "drop-in":
            cells = [f"{r['split'].get(stage, float('nan')):.2f}" for stage in SPLIT]
            lines.append(f"| {r['model']} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def plot(rows: list[dict[str, Any]], path: Path) -> None:
    """Bars of the rates, one panel for each way."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    models = list(dict.fromkeys(r["model"] for r in rows))
    frameworks = list(dict.fromkeys(r["framework"] for r in rows))
    figure, axes = pyplot.subplots(1, len(WAYS), figsize=(14, 4), sharey=True, layout="constrained")
    for axis, way in zip(axes, WAYS, strict=True):
        for i, framework in enumerate(frameworks):
            rates = {r["model"]: r["rate"][way] for r in rows if r["framework"] == framework}
            places = [m + i / (len(frameworks) + 1) for m, model in enumerate(models) if model in rates]
            axis.bar(places, list(rates.values()), 1 / (len(frameworks) + 1), label=framework)
        axis.set(title=way, yscale="log", xticks=range(len(models)))
        axis.set_xticklabels(models, rotation=45, ha="right")
    axes[0].set_ylabel("smallest ESS per second")
    axes[-1].legend()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def main() -> int:
    """Measure everything in turn and write the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=MODELS, choices=MODELS)
    parser.add_argument("--peers", nargs="*", default=[], choices=PEERS, help="measured too; installed when missing")
    parser.add_argument("--without-pymc3", action="store_true", help="leave PyMC3 out")
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--chains", type=int, default=4)
    parser.add_argument("--out", type=Path, default=Path("benchmark-results"))
    options = parser.parse_args()
    frameworks = ["drop-in", *([] if options.without_pymc3 else ["pymc3"]), *options.peers]
    console, rows = Console(stderr=True), []
    how = {"draws": options.draws, "tune": options.draws, "chains": options.chains}
    options.out.mkdir(parents=True, exist_ok=True)
    with console.status("") as status:
        for model in options.models:
            for framework in frameworks:
                with tempfile.TemporaryDirectory() as folder:
                    status.update(f"{framework} on {model}, cold")
                    try:
                        first = measure(framework, model, Path(folder), calls=1, **how)
                        status.update(f"{framework} on {model}, cached and warm")
                        second = measure(framework, model, Path(folder), calls=2, **how)
                    except (RuntimeError, TimeoutError) as error:
                        console.print(f"[red]{error}")
                        continue
                rows.append(row(framework, model, first, second))
                rates = ", ".join(f"{way} {rows[-1]['rate'][way]:.3g}" for way in WAYS)
                console.print(f"{model}, {framework}: {rates} effective draws per second")
            (options.out / "ess.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    text = f"{table(rows)}\nSeconds of the drop-in in a new process with a warm cache:\n\n{split_table(rows)}"
    (options.out / "ess.md").write_text(text, encoding="utf-8")
    plot(rows, options.out / "ess.png")
    console.print(text, markup=False)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

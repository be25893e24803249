"""What models cost before sampling, beside PyMC3: ``python benchmarks/model_cost.py``.

Building 1,000 scalar variables, their first log density, and the time of one call of ``logp_dlogp_function`` on three
models. PyMC3 runs in the reference interpreter with its C compiler, its compiled code cached from an earlier run; both
sides take turns, and what counts is the ratio of the medians.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pm_migrate.reference import provision

PROGRAM = Path(__file__).with_name("model_cost_program.py")


def measure(command: list[str], environment: dict[str, str] | None) -> dict[str, dict[str, float]]:
    """What the program prints, by what was measured."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=3600)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {line.pop("what"): line for line in lines}


def main() -> int:
    """Measure both sides in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=3, help="runs of each side")
    options = parser.parse_args()
    python = provision.find()
    if python is None:
        print("no PyMC3 reference interpreter: run `pm-migrate reference install`", file=sys.stderr)
        return 2
    console = Console()
    theirs, ours = [], []
    with console.status("measuring") as status:
        for turn in range(options.turns):
            status.update(f"PyMC3, turn {turn + 1} of {options.turns}")
            environment = provision.environment(python, compiled=True)
            theirs.append(measure([str(python), "-W", "ignore", str(PROGRAM)], environment))
            status.update(f"drop-in, turn {turn + 1} of {options.turns}")
            ours.append(measure([sys.executable, "-W", "ignore", str(PROGRAM), "--drop-in"], None))
    table = Table("what", "PyMC3, ms", "drop-in, ms", "ratio")
    for what in theirs[0]:
        mine, other = (statistics.median(run[what]["seconds"] for run in side) for side in (ours, theirs))
        table.add_row(what, f"{1e3 * other:.4g}", f"{1e3 * mine:.4g}", f"{mine / other:.2f}")
        for number in ("value", "slope"):
            if number in theirs[0][what] and abs(ours[0][what][number] / theirs[0][what][number] - 1.0) > 1e-6:
                console.print(f"{what}: the {number} differs: {ours[0][what]}, {theirs[0][what]}")
    console.print(table)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

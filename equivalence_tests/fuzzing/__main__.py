"""``python -m equivalence_tests.fuzzing``: write programs and run each three ways."""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from equivalence_tests.fuzzing.campaign import SHRINKING, Tally, run
from pm_migrate.verify.executors import EXECUTORS


def main() -> int:
    """Run a campaign; 1 when it found something."""
    parser = argparse.ArgumentParser(prog="python -m equivalence_tests.fuzzing", description=__doc__)
    parser.add_argument("--programs", type=int, default=200, help="in all, those of earlier runs of the seed included")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="processes, each with a PyMC3 and a TensorFlow of its own")
    parser.add_argument("--executor", choices=EXECUTORS, default="local", help="where chunks of programs are run")
    parser.add_argument("--executor-address", help="a cluster that is there (tcp://HOST:8786, ray://HOST:10001)")
    parser.add_argument("--shrink", type=int, default=SHRINKING, help="programs spent on shrinking a find")
    parser.add_argument("--minutes", type=float, help="begin nothing after this time")
    parser.add_argument("--output", type=Path, default=Path("build/fuzzing"), help="folder of the tallies (JSON)")
    options = parser.parse_args()
    path = options.output / f"seed-{options.seed}.json"
    until = time.time() + 60 * options.minutes if options.minutes else None
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("programs", total=options.programs, completed=Tally.read(path).programs)

        def show(tally: Tally) -> None:
            bar.update(task, completed=tally.programs, description=f"programs, {len(tally.finds)} finds")

        where = {"executor": options.executor, "address": options.executor_address}
        tally = run(
            options.programs, options.seed, options.jobs, path, show, until=until, tries=options.shrink, **where
        )
    report(tally, path)
    return 1 if tally.finds else 0


def report(tally: Tally, path: Path) -> None:
    """Print what a campaign found."""
    print(f"{path}: {tally.programs} programs, {tally.discarded} discarded, {len(tally.finds)} kinds of finds")
    if not tally.programs:
        return
    rate = 60 * tally.programs / tally.seconds if tally.seconds else 0.0
    print(f"{rate:.0f} programs a minute and process; {len(tally.features)} features")
    print(f"PyMC3 is finite at {tally.finite} of {tally.points} points; the codemod left {tally.refused} to do by hand")
    lines = [found["lines"] for found in tally.finds.values() if found.get("shrunk")]
    if lines:
        print(f"median length of a shrunk program: {statistics.median(lines):.0f} lines")
    for why, times in tally.why.most_common(10):
        print(f"  discarded {times}: {why}")
    for reason, times in tally.explained.most_common():
        print(f"  known {times}: {reason}")
    for text, times in tally.findings.most_common(10):
        print(f"  by hand {times}: {text}")
    for signature, found in sorted(tally.finds.items()):
        print(f"\n{signature} ({found['times']} times)\n    {found['detail']}\n{found['program']}")


if __name__ == "__main__":
    sys.exit(main())

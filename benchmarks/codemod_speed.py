"""CPU of the codemod: files without PyMC3 in MB/s, and files with it against a bare LibCST parse and code generation.

    python benchmarks/codemod_speed.py [--with PATH ...] [--without PATH ...] [--repeat N] [--json]

Beside it, on the same files, LibCST's own codemod runner (a command of LibCST, and an empty one that asks for qualified
names) and pyupgrade (where it is installed). Each figure is the smallest of N rounds of CPU time of this process; the
rounds of all tools take turns, so that a busy machine slows all of them. Nothing is written.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import sysconfig
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import libcst as cst
from libcst.codemod import CodemodContext, VisitorBasedCodemodCommand, transform_module
from libcst.codemod.commands.convert_percent_format_to_fstring import ConvertPercentFormatStringCommand
from libcst.metadata import QualifiedNameProvider

from pm_migrate.codemod import migrate_source
from pm_migrate.codemod.driver import Task, process
from pm_migrate.codemod.encoding import mentions_pymc3

ROOT = Path(__file__).resolve().parent.parent
SITE = Path(sysconfig.get_path("purelib"))
WITHOUT = [SITE / name for name in ("numpy", "scipy", "pandas", "matplotlib", "xarray")]
WITH = [ROOT / "corpus"]


class QualifiedNames(VisitorBasedCodemodCommand):
    """A command that changes nothing, and has what any rule by qualified names needs."""

    DESCRIPTION = "nothing"
    METADATA_DEPENDENCIES = (QualifiedNameProvider,)

    def visit_Name(self, node: cst.Name) -> None:
        self.get_metadata(QualifiedNameProvider, node, None)


def python_files(paths: Iterable[Path]) -> list[tuple[str, bytes]]:
    """Path and bytes of every Python file under some paths."""
    found = [p for path in paths for p in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]
    return [(str(path), path.read_bytes()) for path in found]


def cpu(work: Callable[[], object]) -> float:
    """Seconds of CPU time that a piece of work takes."""
    gc.collect()
    started = time.process_time()
    work()
    return time.process_time() - started


def fastest(tools: dict[str, Callable[[], object]], repeat: int) -> dict[str, float]:
    """Smallest CPU time of each tool, the tools taking turns."""
    best: dict[str, float] = {}
    for _ in range(repeat):
        for name, work in tools.items():
            best[name] = min(best.get(name, float("inf")), cpu(work))
    return best


def libcst_command(command: type[VisitorBasedCodemodCommand], texts: list[str]) -> None:
    """Run a command of LibCST over sources, as its runner does for each file."""
    for text in texts:
        transform_module(command(CodemodContext()), text)


def pyupgrade(texts: list[str]) -> Callable[[], object] | None:
    """Run pyupgrade over sources; None where it is not installed."""
    try:
        from pyupgrade._data import Settings
        from pyupgrade._main import _fix_plugins, _fix_tokens
    except ImportError:
        return None

    def work() -> None:
        for text in texts:
            _fix_tokens(_fix_plugins(text, settings=Settings(min_version=(3, 8))))

    return work


def without_pymc3(paths: list[Path], repeat: int) -> dict[str, float]:
    """Megabytes per second of files that do not mention PyMC3, in memory and with reading them."""
    files = [(path, data) for path, data in python_files(paths) if not mentions_pymc3(data)]
    size = sum(len(data) for _, data in files) / 1e6

    def work() -> None:
        for path, data in files:
            process(Task(path, data, notebook=False))

    def reading() -> None:
        for path, _ in files:
            process(Task(path, Path(path).read_bytes(), notebook=False))

    best = fastest({"memory": work, "disk": reading}, repeat)
    return {
        "files": len(files),
        "megabytes": size,
        "MB/s": size / best["memory"],
        "MB/s with reading": size / best["disk"],
    }


def with_pymc3(paths: list[Path], repeat: int) -> dict[str, float]:
    """CPU seconds of each tool on files that mention PyMC3."""
    files = [
        (path, data)
        for path, data in python_files(paths)
        if mentions_pymc3(data) and process(Task(path, data, notebook=False)).status != "error"
    ]
    texts = [data.decode() for _, data in files]
    tools: dict[str, Callable[[], object]] = {
        "LibCST parse and code": lambda: [cst.parse_module(text).code for text in texts],
        "pm-migrate, one pass": lambda: [migrate_source(text) for text in texts],
        "pm-migrate, with the safety gate": lambda: [process(Task(p, data, notebook=False)) for p, data in files],
        "LibCST codemod (percent to f-string)": lambda: libcst_command(ConvertPercentFormatStringCommand, texts),
        "LibCST codemod (empty, qualified names)": lambda: libcst_command(QualifiedNames, texts),
    }
    other = pyupgrade(texts)
    if other is not None:
        tools["pyupgrade"] = other
    return {"files": len(files), "megabytes": sum(map(len, texts)) / 1e6, **fastest(tools, repeat)}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--with", dest="having", nargs="+", type=Path, default=WITH, metavar="PATH")
    parser.add_argument("--without", nargs="+", type=Path, default=WITHOUT, metavar="PATH")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    plain = without_pymc3(options.without, options.repeat)
    times = with_pymc3(options.having, options.repeat)
    if options.json:
        json.dump({"without": plain, "with": times}, sys.stdout, indent=1)
        return
    print(f"{plain['files']:.0f} files without PyMC3, {plain['megabytes']:.1f} MB: {plain['MB/s']:.0f} MB/s", end="")
    print(f", {plain['MB/s with reading']:.0f} MB/s with reading")
    print(f"{times.pop('files'):.0f} files with PyMC3, {times.pop('megabytes'):.2f} MB:")
    bare = times["LibCST parse and code"]
    for name, seconds in times.items():
        print(f"  {name:42s} {seconds:7.2f} s  {seconds / bare:5.2f}x")


if __name__ == "__main__":
    main()

"""``python -m pm_migrate.shims.run SCRIPT [ARGS...]``: run a PyMC3 program, unedited, on the drop-in.

A notebook is run as the cells that ``pm-migrate run`` has made Python of: ``--cells FILE NOTEBOOK [ARGS...]``.
"""

from __future__ import annotations

import ast
import builtins
import json
import linecache
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

USAGE = "usage: python -m pm_migrate.shims.run [--cells FILE] SCRIPT [ARGS...]"


def main(argv: list[str] | None = None) -> None:
    """Run the program named first, with the rest as its arguments, as ``python SCRIPT`` would."""
    from pm_migrate.shims.installation import install

    arguments = sys.argv[1:] if argv is None else argv
    cells: list[dict[str, str]] | None = None
    if arguments[:1] == ["--cells"] and len(arguments) > 1:
        cells = json.loads(Path(arguments[1]).read_text(encoding="utf-8"))
        arguments = arguments[2:]
    if not arguments:
        raise SystemExit(USAGE)
    script = Path(arguments[0])
    if not script.is_file():
        raise SystemExit(f"pm-migrate run: no such file: {script}")
    install()
    sys.argv = arguments
    sys.path[0] = str(script.resolve().parent)
    module = ModuleType("__main__")
    module.__dict__.update(__file__=str(script), __builtins__=builtins)
    sys.modules["__main__"] = module
    if cells is None:
        _guarded(lambda: _run_script(script, module.__dict__))
    else:
        # what a notebook shows is shown as text: there is nothing that could draw
        import matplotlib

        matplotlib.use("Agg")
        module.__dict__.update(display=print)
        _guarded(lambda: _run_cells(cells, module.__dict__))


def _guarded(run: Callable[[], None]) -> None:
    """Run a program; an exception is reported from the program's own first line on, as Python reports it."""
    try:
        run()
    except SystemExit:
        raise
    except BaseException as error:
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_globals is globals():
            trace = trace.tb_next
        if sys.excepthook is sys.__excepthook__:
            traceback.print_exception(error.with_traceback(trace))  # knows the lines of cells, which are in no file
        else:
            sys.excepthook(type(error), error.with_traceback(trace), trace)
        raise SystemExit(130 if isinstance(error, KeyboardInterrupt) else 1) from None


def _run_script(script: Path, namespace: dict[str, Any]) -> None:
    exec(compile(script.read_bytes(), str(script), "exec", dont_inherit=True), namespace)


def _run_cells(cells: list[dict[str, str]], namespace: dict[str, Any]) -> None:
    """Run cells one after the other; the value of a last expression is printed, unless a semicolon ends it."""
    for cell in cells:
        name, source = cell["name"], cell["source"]
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        tree = ast.parse(source, name)
        last = tree.body[-1] if tree.body else None
        shown = isinstance(last, ast.Expr) and not source.rstrip().endswith(";")
        body = ast.Module(tree.body[:-1] if shown else tree.body, tree.type_ignores)
        exec(compile(body, name, "exec", dont_inherit=True), namespace)
        if shown and isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), name, "eval", dont_inherit=True), namespace)
            if value is not None:
                print(repr(value))


if __name__ == "__main__":
    main()

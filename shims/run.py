"""``python -m pm_migrate.shims.run SCRIPT [ARGS...]``: run a PyMC3 program, unedited, on the drop-in."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path


def main(argv: list[str] | None = None) -> None:
    """Run the script named first, with the rest as its arguments, as ``python SCRIPT`` would."""
    from pm_migrate.shims.installation import install

    arguments = sys.argv[1:] if argv is None else argv
    if not arguments:
        raise SystemExit("usage: python -m pm_migrate.shims.run SCRIPT [ARGS...]")
    script = Path(arguments[0])
    if not script.is_file():
        raise SystemExit(f"pm-migrate run: no such file: {script}")
    install()
    sys.argv = arguments
    sys.path[0] = str(script.resolve().parent)
    runpy.run_path(str(script), run_name="__main__")


if __name__ == "__main__":
    main()

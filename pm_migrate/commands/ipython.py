"""What IPython's own lines do to the names of a program, for running a notebook without IPython."""

from __future__ import annotations

import re
import shlex

from pm_migrate.codemod.cells import Program

#: ``%pylab`` binds these names, with ``--no-import-all`` the first statements alone.
_PYLAB = "import numpy, matplotlib; from matplotlib import mlab, pylab, pyplot; np = numpy; plt = pyplot"
_ALL_OF_IT = "; from pylab import *; from numpy import *"


def as_python(program: Program) -> str:
    """The source of a program with the lines that bind names or set variables of the environment as Python.

    Each stays on its line. Of the others (``%matplotlib``, ``%load_ext``, shell commands) no name of the program comes,
    so that they stay comments.
    """
    held = {line.number: line.text for lines in program.held.values() for line in lines}
    marker = re.compile(rf"^([ \t]*)# {re.escape(program.token)} line (\d+)[ \t]*$", re.MULTILINE)

    def statement(match: re.Match[str]) -> str:
        python = _statement(held.get(int(match[2]), ""))
        return f"{match[1]}{python}  {match[0].strip()}" if python else match[0]

    return marker.sub(statement, program.source)


def _statement(line: str) -> str:
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        return ""
    if words[:1] == ["%pylab"]:
        return _PYLAB + ("" if "--no-import-all" in words else _ALL_OF_IT)
    name, found, value = " ".join(words[1:]).partition("=") if words[:1] == ["%env"] else ("", "", "")
    return f"import os; os.environ[{name.strip()!r}] = {value.strip()!r}" if found else ""

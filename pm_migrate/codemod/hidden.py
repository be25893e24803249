"""What no rule can see into: IPython's own lines, cells in other languages, cells that are not Python.

They stay as they are, and are reported where they mention PyMC3, Theano or something of the program.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pm_migrate.codemod.magics import OTHER_LANGUAGES, HeldLine, magic_of
from pm_migrate.findings import Confidence, Finding

#: IPython syntax that mentions PyMC3 or Theano.
HELD_CODE = "PM903"
#: A cell that is not Python.
UNREADABLE_CODE = "PM904"
#: A line that installs PyMC3, in a program that no longer needs it.
INSTALL_CODE = "PM905"

_LIBRARIES = re.compile(r"\b(?:pymc3|theano)\b", re.IGNORECASE)
_PACKAGES = re.compile(r"(?<![\w.-])(?:pymc3|theano(?:-pymc)?)(?![\w-])", re.IGNORECASE)
_INSTALLS = re.compile(r"\b(?:pip3?|conda|mamba|uv|poetry)\b.*\b(?:install|add)\b")
_PIP = re.compile(r"(?:[%!].*\b)?pip3?\b.*\binstall\b")
_REQUIREMENT = re.compile(
    r"""(?P<before>\s)(?P<quote>["']?)(?:pymc3|theano(?:-pymc)?)(?:\[[\w,-]*\])?
    (?:\s*(?:===?|[<>!~]=?)\s*[\w.*+!-]+(?:\s*,\s*(?:===?|[<>!~]=?)\s*[\w.*+!-]+)*)?(?P=quote)(?=\s|$|;|&)""",
    re.IGNORECASE | re.VERBOSE,
)
_REPLACEMENT = "'pm-migrate[shims]'"


def bound_names(source: str) -> set[str]:
    """Names that imports of PyMC3 and Theano bind in a program."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None)
            for alias in node.names:
                origin = (module or alias.name).split(".")[0]
                if origin in ("pymc3", "theano") and alias.name != "*":
                    names.add((alias.asname or alias.name).split(".")[0])
    return names


def stored_names(source: str) -> set[str]:
    """Every name that a program binds by assignment, import, ``def`` or ``with``."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
    return names


def mention_of(names: set[str]) -> re.Pattern[str]:
    """A pattern for text that mentions one of some names, or the libraries themselves."""
    return re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, sorted({'pymc3', 'theano'} | names)))})(?!\w)")


def of_line(line: HeldLine, mention: re.Pattern[str]) -> Finding | None:
    """The finding about a held line, if there is something to say."""
    text = line.text
    if line.magic or text.startswith("?") or text.rstrip("; \t").endswith("?"):
        return None  # what is behind the magic is in the program; help works on the rewritten names too
    if _INSTALLS.search(text) and _PACKAGES.search(text):
        return _hidden(line.row, text, f"installs PyMC3 or Theano: install {_REPLACEMENT} instead")
    if mention.search(text.replace(_REPLACEMENT, "")):
        return _hidden(line.row, text, "IPython syntax that mentions PyMC3 or Theano, left as it is")
    return None


def of_foreign_cell(source: str, mention: re.Pattern[str]) -> Iterator[Finding]:
    """The findings about a cell that a cell magic hands to something else."""
    known = magic_of(source) in OTHER_LANGUAGES
    for number, line in enumerate(source.split("\n"), start=1):
        if _LIBRARIES.search(line) if known else mention.search(line):
            yield _hidden(number, line, "code for another interpreter that mentions PyMC3 or Theano, left as it is")


def of_unreadable_cell(source: str, line: int, problem: str, program: str, mention: re.Pattern[str]) -> Finding:
    """The finding about a cell that is not Python: something to do where it uses names of the program."""
    shared = mention.search(source) or set(re.findall(r"[^\W\d]\w*", source)) & stored_names(program)
    message = f"this cell is not valid Python ({problem}): it was left as it is"
    if shared:
        message += ", and what it does with names of this program was not looked at"
    confidence = Confidence.MANUAL if shared else Confidence.REVIEW
    lines = source.split("\n")
    width = len(lines[line - 1]) if line <= len(lines) else 0
    return Finding(line, 0, line, width, UNREADABLE_CODE, confidence, message)


def installing_pm_migrate(held: Sequence[HeldLine]) -> tuple[list[HeldLine], list[Finding]]:
    """Held lines that install PyMC3 or Theano with pip, installing pm-migrate instead, and the findings about that."""
    changed: list[HeldLine] = []
    findings: list[Finding] = []
    for line in held:
        text = _with_requirement(line.text) if _PIP.match(line.text) and not line.magic else line.text
        if text != line.text:
            message = f"{_REPLACEMENT} takes the place of PyMC3 and Theano"
            findings.append(Finding(line.row, 0, line.row, len(line.text), INSTALL_CODE, Confidence.REVIEW, message))
        changed.append(replace(line, text=text))
    return changed, findings


def _with_requirement(text: str) -> str:
    """A pip command whose first requirement of PyMC3 or Theano is pm-migrate's, and whose others are gone."""
    put = False

    def change(match: re.Match[str]) -> str:
        nonlocal put
        if put:
            return ""
        put = True
        return f"{match['before']}{_REPLACEMENT}"

    made = _REQUIREMENT.sub(change, text)
    return text if _PACKAGES.search(made) else made


def _hidden(line: int, text: str, message: str) -> Finding:
    return Finding(line, 0, line, len(text), HELD_CODE, Confidence.MANUAL, f"{message}: {text.strip()}")

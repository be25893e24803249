"""IPython's own lines, held as comments while the Python around them is rewritten.

A notebook cell is Python plus magics (``%matplotlib inline``), shell escapes (``!pip install x``) and help lines
(``pm.Normal?``). Each such line becomes a comment that carries a number, and is put back afterwards wherever that
comment has come to stand. A magic that runs one Python statement (``%time trace = pm.sample()``) is not hidden: the
statement stays in the program, and the comment at its end says that the magic goes in front of it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

#: Cell magics whose body is Python that runs in the notebook's own namespace.
PYTHON_CELL_MAGICS = frozenset(
    """capture debug filprofile heat lprun memit mprun notify prun pyinstrument scalene snakeviz time timeit
    wandb""".split()
)
#: Cell magics whose body certainly has nothing to do with the names of the notebook.
OTHER_LANGUAGES = frozenset(
    """! HTML R SVG bash bigquery cmd cython file html javascript js julia latex markdown octave perl powershell pypy
    python python2 python3 ruby script sh sql stan svg system writefile""".split()
)

_CELL_MAGIC = re.compile(r"%%(\w+|!)")
_ASSIGNED = re.compile(r"[^#'\"()=]*=\s*[%!]")
_HELP = re.compile(r"\?{0,2}%{0,2}[\w.*\[\]'\"]+\?{1,2}\s*;?\s*$")
_CARRIES = re.compile(r"(%(?:time|timeit|prun|memit|snakeviz)[ \t]+)([^\s#-][^#\n]*)")
#: Magics that are commonly written without their ``%``, in front of a word that makes the line no Python.
_AUTOMAGIC = re.compile(
    r"(?:autoreload|cat|cd|conda|config|cp|load_ext|ls|mamba|matplotlib|mkdir|mv|pip|pip3|pylab|reload_ext|rm)"
    r"[ \t]+(?!(?:and|else|for|if|in|is|not|or)\b)[\w./~].*"
)
_CONTINUED = re.compile(r"[ \t]*\\\n[ \t]*")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_TOKENS = re.compile(r"\\.|\"\"\"|'''|[\"'#\[\](){}]", re.DOTALL)


class LostMarker(Exception):
    """A comment that stood for something is gone, doubled, or where its line cannot be put back."""


@dataclass(frozen=True)
class HeldLine:
    """One line (or several joined by backslashes) of IPython syntax, without its indentation.

    ``row`` is its line in the cell, ``number`` its number in the notebook.
    """

    number: int
    row: int
    text: str
    #: The magic and the blank after it, where the statement behind it stayed in the program; else empty.
    magic: str = ""
    #: That statement, on one line.
    statement: str = ""


@dataclass
class Cell:
    """One cell as Python: the source with held lines, and the cell's line number of each of its lines."""

    source: str
    held: list[HeldLine] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)


def magic_of(source: str) -> str:
    """The name of the magic that a cell begins with, or nothing."""
    match = _CELL_MAGIC.match(source.lstrip())
    return "" if match is None else match.group(1)


def is_foreign(source: str) -> bool:
    """Whether a cell magic hands the whole cell to something other than this notebook's Python."""
    magic = magic_of(source)
    return bool(magic) and magic not in PYTHON_CELL_MAGICS


def hold(source: str, token: str, first: int, *, carry: bool = True) -> Cell:
    """Replace IPython's lines in the source of one cell by numbered comments.

    Parameters
    ----------
    source
        The cell, with ``\\n`` line ends.
    token
        Text that occurs nowhere in the notebook.
    first
        Number of the first held line.
    carry
        Whether statements behind ``%time`` and its like stay in the program.
    """
    cell = Cell("")
    written: list[str] = []
    scanner = _Scanner()
    lines = _LINES.findall(source)
    at = 0
    while at < len(lines):
        line = lines[at]
        cell.lines.append(at + 1)
        if not (scanner.at_start and _is_ipython(line)):
            scanner.feed(line)
            written.append(line)
            at += 1
            continue
        end = at + 1
        while end < len(lines) and lines[end - 1].rstrip("\r\n").endswith("\\"):
            end += 1
        written.append(_replace("".join(lines[at:end]), at + 1, token, first + len(cell.held), cell, carry))
        at = end
    cell.source = "".join(written)
    return cell


def restore(source: str, token: str, held: Sequence[HeldLine]) -> str:
    """Put held lines back in place of their comments.

    Raises
    ------
    LostMarker
        If a comment is missing or doubled, or a statement that was behind a magic no longer fits on one line.
    """
    waiting = {line.number: line for line in held}
    comment = re.compile(rf"(?P<indent>[ \t]*)(?P<code>.*?)(?:  )?# {re.escape(token)} line (?P<number>\d+)[ \t]*$")
    scanner = _Scanner()
    restored: list[str] = []
    start = 0  # where the statement that is being read began
    for line in _LINES.findall(source):
        start = len(restored) if scanner.at_start else start
        match = comment.match(line.rstrip("\n"))
        if match is None:
            scanner.feed(line)
            restored.append(line)
            continue
        original = waiting.pop(int(match["number"]), None)
        code, indent = match["code"], match["indent"]
        if original is not None and original.magic and not scanner.at_start:
            # a line magic takes one line: the statement behind it is one again
            first = restored[start] if start < len(restored) else ""
            indent = first[: len(first) - len(first.lstrip(" \t"))]
            code = _on_one_line([*restored[start:], code])
            del restored[start:]
            scanner = _Scanner()
        if original is None or not scanner.at_start:
            raise LostMarker
        if original.magic:
            if not _one_statement(code):
                raise LostMarker
            text = original.text if code == original.statement else original.magic + code
        elif code in ("", "pass"):
            text = original.text
        else:
            raise LostMarker
        restored.append(indent + text + ("\n" if line.endswith("\n") else ""))
    if waiting or token in "".join(restored):
        raise LostMarker
    return "".join(restored)


def _replace(line: str, row: int, token: str, number: int, cell: Cell, carry: bool) -> str:
    body = line.lstrip(" \t").rstrip("\n")
    indent = line[: len(line) - len(line.lstrip(" \t"))]
    end = "\n" if line.endswith("\n") else ""
    carried = _CARRIES.fullmatch(_CONTINUED.sub(" ", body).rstrip()) if carry else None
    if carried and _one_statement(carried[2]):
        cell.held.append(HeldLine(number, row, body, magic=carried[1], statement=carried[2]))
        return f"{indent}{carried[2]}  # {token} line {number}{end}"
    cell.held.append(HeldLine(number, row, body))
    # A block needs a statement in it, and the held line may be its only one.
    return f"{indent}{'pass  ' if indent else ''}# {token} line {number}{end}"


def _is_ipython(line: str) -> bool:
    body = line.strip()
    if body[:1] in ("%", "!", "?", ",", ";", "/") or _ASSIGNED.match(body) or _HELP.match(body):
        return True
    return _AUTOMAGIC.fullmatch(body) is not None and not _one_statement(body)


def _on_one_line(lines: Sequence[str]) -> str:
    """A statement of several lines on one; empty where that would change it."""
    joined = re.sub(r"(?<=[(\[{]) ", "", " ".join(line.strip() for line in lines))
    try:
        same = ast.dump(ast.parse(joined)) == ast.dump(ast.parse("\n".join(lines).lstrip()))
    except (SyntaxError, ValueError):
        return ""
    return joined if same else ""


def _one_statement(code: str) -> bool:
    try:
        return len(ast.parse(code).body) == 1
    except (SyntaxError, ValueError):
        return False


class _Scanner:
    """Knows, line by line, whether the next physical line starts a statement.

    A ``%`` inside brackets is the modulo operator, and one inside a string is text.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._quote = ""
        self._continued = False

    @property
    def at_start(self) -> bool:
        return not (self._depth or self._quote or self._continued)

    def feed(self, line: str) -> None:
        self._continued = False
        at = 0
        while match := _TOKENS.search(line, at):
            token, at = match.group(), match.end()
            if self._quote:
                if token.startswith(self._quote):
                    at = match.start() + len(self._quote)
                    self._quote = ""
            elif token == "#":
                return
            elif token[0] in "\"'":
                self._quote = token
            elif token in ("(", "[", "{"):
                self._depth += 1
            elif token in (")", "]", "}"):
                self._depth = max(0, self._depth - 1)
            elif token == "\\\n":
                self._continued = True
        if len(self._quote) == 1 and not line.endswith("\\\n"):
            self._quote = ""

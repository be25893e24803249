"""References to PyMC3 and Theano, counted from tokens alone: the judge of the codemod's account.

It knows nothing of scopes, values or trees. A name bound by an import of PyMC3 or Theano counts wherever it stands,
unless it is an attribute (``x.pm``), a keyword of a call (``f(pm=1)``) or part of an import. So programs that are
counted must not use such a name for anything else.
"""

from __future__ import annotations

import io
import keyword
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

ROOTS = ("pymc3", "theano")


@dataclass(frozen=True)
class Count:
    """How often an import binds something of PyMC3 or Theano, and how often what it bound is used."""

    imports: int
    uses: int

    @property
    def total(self) -> int:
        return self.imports + self.uses


def count(source: str, public: Iterable[str] = ()) -> Count:
    """Count the references of a program; ``public`` are the names that a star import of PyMC3 binds."""
    lines = list(_logical_lines(source))
    bound: set[str] = set()
    imports = 0
    for line in lines:
        names, found = _imported(line, public)
        bound |= names
        imports += found
    uses = 0
    for line in lines:
        if line and line[0] in ("import", "from"):
            continue
        uses += sum(1 for _ in _uses(line, bound))
    return Count(imports, uses)


def _logical_lines(source: str) -> Iterator[list[str]]:
    """The names and operators of each statement; a suite behind a colon on the same line is its own."""
    line: list[str] = []
    skipped = (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING)
    depth = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in skipped:
            continue
        depth += (token.string in ("(", "[", "{")) - (token.string in (")", "]", "}"))
        if token.type in (tokenize.NEWLINE, tokenize.ENDMARKER) or (token.string == ";" and not depth):
            yield line
            line = []
        else:
            line.append("''" if token.type == tokenize.STRING else token.string)
    if line:
        yield line


def _imported(line: list[str], public: Iterable[str]) -> tuple[set[str], int]:
    """The names that an import statement binds to something of PyMC3 or Theano, and how many imports it makes."""
    if line[:1] == ["import"]:
        parts = [part for part in _split(line[1:]) if part[0] in ROOTS]
        return {part[-1] if "as" in part else part[0] for part in parts}, len(parts)
    if line[:1] != ["from"] or line[1] not in ROOTS:
        return set(), 0
    names = [token for token in line[line.index("import") + 1 :] if token not in ("(", ")")]
    if names == ["*"]:
        return set(public), 1
    parts = [part for part in _split(names) if part]
    return {part[-1] for part in parts}, len(parts)


def _split(tokens: list[str]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for token in tokens:
        if token == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _uses(line: list[str], bound: set[str]) -> Iterator[str]:
    depth = 0
    for n, token in enumerate(line):
        depth += (token in ("(", "[", "{")) - (token in (")", "]", "}"))
        before, after = line[n - 1] if n else "", line[n + 1] if n + 1 < len(line) else ""
        is_name = token.isidentifier() and not keyword.iskeyword(token)
        if not is_name or token not in bound or before == ".":
            continue
        if after == "=" and depth:
            continue  # a keyword of a call
        yield token

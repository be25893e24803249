"""Changes to a program that change nothing of what it means, and nothing of what becomes of it.

Each takes source and returns source. They work on tokens or on Python's own tree, not on the tree of the codemod.
"""

from __future__ import annotations

import ast
import io
import re
import textwrap
import tokenize
from collections.abc import Callable, Iterator

#: What goes between a comma and the next argument when lines are wrapped.
WRAP = "\n            "

_OPEN, _CLOSE = "([{", ")]}"


def _tokens(source: str) -> list[tokenize.TokenInfo]:
    return list(tokenize.generate_tokens(io.StringIO(source).readline))


def _offsets(source: str) -> list[int]:
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def _edit(source: str, edits: list[tuple[int, int, str]]) -> str:
    for start, end, text in sorted(edits, reverse=True):
        source = source[:start] + text + source[end:]
    return source


def rename_alias(source: str, old: str = "pm", new: str = "pymc") -> str:
    """``import pymc3 as pm`` becomes ``import pymc3 as pymc``, and every use of it."""
    if not re.search(rf"^\s*import pymc3 as {old}\b", source, re.MULTILINE) or re.search(rf"\b{new}\b", source):
        return source
    return rename(source, old, new)


def rename(source: str, old: str, new: str) -> str:
    """Give a name another one wherever it stands by itself: not as an attribute, and not in a comment or string."""
    starts = _offsets(source)
    tokens = _tokens(source)
    edits = []
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == tokenize.NAME and token.string == old and (before is None or before.string != "."):
            at = starts[token.start[0] - 1] + token.start[1]
            edits.append((at, at + len(old), new))
    return _edit(source, edits)


def reorder_keywords(source: str) -> str:
    """The keyword arguments of calls that fit on a line, in the opposite order; positional ones stay in front."""
    tree = ast.parse(source)
    starts = _offsets(source)
    lines = source.splitlines(keepends=True)

    def at(line: int, column: int) -> int:
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode())

    edits: list[tuple[int, int, str]] = []
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or len(call.keywords) < 2 or call.lineno != call.end_lineno:
            continue
        if any(keyword.arg is None for keyword in call.keywords) or any(isinstance(a, ast.Starred) for a in call.args):
            continue
        inner = [node for keyword in call.keywords for node in ast.walk(keyword) if isinstance(node, ast.Call)]
        if any(len(node.keywords) > 1 for node in inner):
            continue  # its own edits would overlap
        spans = [(at(k.lineno, k.col_offset), at(k.value.end_lineno, k.value.end_col_offset)) for k in call.keywords]
        texts = [source[start:end] for start, end in spans]
        edits += [(start, end, text) for (start, end), text in zip(spans, reversed(texts), strict=True)]
    return _edit(source, edits)


def wrap_lines(source: str) -> str:
    """A new line behind the commas of calls that stand on one line."""
    starts = _offsets(source)
    edits = []
    depth: list[str] = []
    for token in _tokens(source):
        if token.type != tokenize.OP:
            continue
        if token.string in _OPEN:
            depth.append(token.string)
        elif token.string in _CLOSE:
            depth.pop()
        elif token.string == "," and depth == ["("]:
            end = starts[token.end[0] - 1] + token.end[1]
            if source[end : end + 1] == " ":
                edits.append((end, end + 1, WRAP))
    return _edit(source, edits)


def add_comments(source: str) -> str:
    """A comment above every statement."""
    lines = source.splitlines(keepends=True)
    first: dict[int, int] = {}
    for statement in _statements(ast.parse(source)):
        above = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", ()))])
        first.setdefault(above, statement.col_offset)
    for number, (line, column) in reversed(list(enumerate(sorted(first.items())))):
        text = lines[line - 1]
        if text[:column].strip() == "":  # not behind a colon or a semicolon
            lines.insert(line - 1, f"{text[:column]}# remark {number}\n")
    return "".join(lines)


def into_function(source: str) -> str:
    """Everything behind the imports moves into a function that is called at the end."""
    body = ast.parse(source).body
    start = next((n for n, node in enumerate(body) if not _stays(node, first=n == 0)), len(body))
    if start == len(body) or any(_stays(node, first=False) for node in body[start:]):
        return source  # imports further down
    lines = source.splitlines(keepends=True)
    cut = body[start - 1].end_lineno if start else 0
    head, rest = "".join(lines[:cut]), "".join(lines[cut:])
    rest = "\n".join(line.rstrip() for line in rest.strip("\n").split("\n"))
    return f"{head}\n\ndef main():\n{textwrap.indent(rest, '    ')}\n\n\nmain()\n"


def _stays(node: ast.stmt, *, first: bool) -> bool:
    docstring = first and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return docstring or isinstance(node, ast.Import | ast.ImportFrom)


def _statements(tree: ast.AST) -> Iterator[ast.stmt]:
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            yield node


MUTATIONS: dict[str, Callable[[str], str]] = {
    "renamed alias": rename_alias,
    "re-ordered keywords": reorder_keywords,
    "wrapped lines": wrap_lines,
    "extra comments": add_comments,
    "moved into a function": into_function,
}

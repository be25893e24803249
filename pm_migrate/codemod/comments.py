"""The comments of a program.

Up to Python 3.11 the standard library's tokenizer is written in Python, and was a twelfth of the time of a rewrite. A
comment only has to be told from a text.
"""

from __future__ import annotations

import io
import re
import sys
import tokenize
from collections.abc import Iterator

#: A comment, or a string with whatever is in it. Each can be read in one way only, so that text that is no Python takes
#: no longer.
_PIECE = re.compile(
    r'''
    \#[^\r\n]*
    | """[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""
    | \'\'\'[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*\'\'\'
    | "[^"\\\r\n]*(?:\\(?:\r\n|.)[^"\\\r\n]*)*"
    | '[^'\\\r\n]*(?:\\(?:\r\n|.)[^'\\\r\n]*)*'
    ''',
    re.DOTALL | re.VERBOSE,
)
_TEMPLATE = re.compile(r"(?:[fFtT][rR]?|[rR][fFtT])['\"]")


def comments(text: str) -> Iterator[tuple[int, str]]:
    """Yield the comments of a program, each with its offset.

    Raises
    ------
    tokenize.TokenError, SyntaxError
        For what is no Python, where Python's own tokenizer is asked.
    """
    if "#" not in text:
        return
    if _quotes_nest(text):
        yield from _tokenized(text)
        return
    for found in _PIECE.finditer(text):
        if text[found.start()] == "#":
            yield found.start(), found.group()


def without_texts(text: str) -> str:
    """A program without its comments and texts; whole where its texts cannot be told."""
    return text if _quotes_nest(text) else _PIECE.sub("", text)


def _quotes_nest(text: str) -> bool:
    """Whether a program may have templates whose braces hold the same quotes again, and comments."""
    return sys.version_info >= (3, 12) and _TEMPLATE.search(text) is not None


def _tokenized(text: str) -> Iterator[tuple[int, str]]:
    lines = io.StringIO(text, newline="").readlines()
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    for token in tokenize.generate_tokens(iter([*lines, ""]).__next__):
        if token.type == tokenize.COMMENT:
            yield starts[token.start[0] - 1] + token.start[1], token.string

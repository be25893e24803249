"""Laying out calls whose arguments changed."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from pm_migrate.codemod.tree import code, expression

_WIDTH = 110


def keyword(name: str, value: cst.BaseExpression) -> cst.Arg:
    """The argument ``name=value``; without a name, ``value``."""
    if not name:
        return cst.Arg(value)
    tight = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    return cst.Arg(value, keyword=cst.Name(name), equal=tight)


def call(func: str, args: Sequence[cst.Arg], column: int | None = None) -> cst.Call:
    """A call on one line, or with as many arguments on each line as fit.

    Parameters
    ----------
    column
        Where the call will begin; None to keep it on one line.
    """
    texts = [code(a.with_changes(comma=cst.MaybeSentinel.DEFAULT)).strip() for a in args]
    one_line = f"{func}({', '.join(texts)})"
    if column is None or column + len(one_line) <= _WIDTH or len(texts) < 2 or "\n" in one_line:
        return _parsed(one_line) if "\n" in one_line else _on_one_line(func, args)
    lines: list[list[str]] = [[]]
    used = column + len(func) + 1
    for text in texts:
        if lines[-1] and used + len(text) + 2 > _WIDTH:
            lines.append([])
            used = column + len(func) + 1
        lines[-1].append(text)
        used += len(text) + 2
    # continuation lines are relative to the indentation of the statement, which is not part of `column`
    indent = " " * (column + len(func) + 1)
    return _parsed(f"{func}(" + f",\n{indent}".join(", ".join(line) for line in lines) + ")")


def _on_one_line(func: str, args: Sequence[cst.Arg]) -> cst.Call:
    """What the text of a call on one line would be parsed into, a good deal faster."""
    blank = cst.SimpleWhitespace("")
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    separate = [a.with_changes(comma=comma, whitespace_after_arg=blank) for a in args[:-1]]
    last = [a.with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_arg=blank) for a in args[-1:]]
    return cst.Call(expression(func), [*separate, *last])


def _parsed(text: str) -> cst.Call:
    made = expression(text)
    assert isinstance(made, cst.Call)
    return made


def realigned(made: cst.Call, shift: int, aligned_at: int) -> cst.Call:
    """A call whose continuation lines follow its opening parenthesis, which has moved.

    Parameters
    ----------
    shift
        By how many columns it moved.
    aligned_at
        Where its arguments began, in characters from the indentation of its statement. Calls that are not aligned
        there stay as they are.
    """
    breaks = [a.comma.whitespace_after for a in made.args if isinstance(a.comma, cst.Comma)]
    lines = [b for b in breaks if isinstance(b, cst.ParenthesizedWhitespace)]
    hanging = isinstance(made.whitespace_before_args, cst.ParenthesizedWhitespace)
    if not shift or not lines or hanging or any(len(b.last_line.value) != aligned_at for b in lines):
        return made
    moved = made.visit(_Shift(shift))
    assert isinstance(moved, cst.Call)
    return moved


class _Shift(cst.CSTTransformer):
    """Moves continuation lines."""

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.columns = columns

    def leave_ParenthesizedWhitespace(
        self, original_node: cst.ParenthesizedWhitespace, updated_node: cst.ParenthesizedWhitespace
    ) -> cst.ParenthesizedWhitespace:
        width = max(0, len(updated_node.last_line.value) + self.columns)
        return updated_node.with_changes(last_line=cst.SimpleWhitespace(" " * width))


def fitted(made: cst.Call, column: int) -> cst.Call:
    """A call on one line, broken into several where it does not fit."""
    text = code(made)
    if "\n" in text or column + len(text) <= _WIDTH:
        return made
    broken = call(code(made.func), made.args, column)
    return broken.with_changes(lpar=made.lpar, rpar=made.rpar)

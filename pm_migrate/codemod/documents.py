"""Text with code in it: fenced Python in Markdown, Quarto, R Markdown and MyST files, and scripts with magics.

All Python fences of a document are one program. Only their lines are spliced; every other byte stays. A fence is
Python by its first word: ``python``, ``py``, ``python3``, ``ipython``, ``{python}`` with options, ``{code-cell}``.
So are the blocks of Jekyll and Octopress: ``{% highlight python %}``, ``{% codeblock lang:python %}``.
Prompts (``>>>``) are no program, and a fence inside a block quote or a fence of another language is text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pm_migrate.codemod.cells import CodeCell, Notebook

#: Documents, by the end of their name.
SUFFIXES = (".md", ".markdown", ".myst", ".qmd", ".rmd")

_FENCE = re.compile(r"(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^\n`]*)\n?$")
_TAG = re.compile(r"(?P<indent>[ \t]*)\{%-?[ \t]*(?P<tag>highlight|codeblock)\b(?P<info>[^%\n]*?)-?%\}[ \t]*\n?$")
_TAG_PYTHON = {
    "highlight": re.compile(r"i?python3?(?=\s|$)", re.IGNORECASE),
    "codeblock": re.compile(r"(?:.*\s)?lang:i?python3?(?=\s|$)", re.IGNORECASE),
}
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_PYTHON = re.compile(
    r"""(?:python|python3|py|py3|ipython|ipython3|ipy)(?=[\s{:,]|$)
    |\{\s*\.?(?:python|python3|py|ipython3?)\b[^}]*\}
    |\{\s*(?:code-cell|code-block|code|sourcecode)\s*\}\s*(?:i?python3?|py)?\s*$""",
    re.VERBOSE | re.IGNORECASE,
)
_BARE_DIRECTIVE = re.compile(r"\{\s*(?:code-block|code|sourcecode)\s*\}\s*$")
_OPTION = re.compile(r":[\w-]+:|---\s*$")


def is_document(path: str) -> bool:
    """Whether the name of a file is that of a text with fenced code."""
    return path.lower().endswith(SUFFIXES)


def parse_document(text: str) -> Notebook:
    """Find the Python fences of a document.

    Returns
    -------
    Notebook
        Its cells know their line in the file and their indentation.
    """
    return Notebook(text, tuple(_fences(text)), spell=_indented, fragments=True)


def as_one_cell(text: str) -> Notebook:
    """A script that only IPython can run: all of it is one cell."""
    return Notebook(text, (CodeCell(0, text, 0, len(text), line=1),))


def _fences(text: str) -> Iterator[CodeCell]:
    lines = _LINES.findall(text)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    at = index = 0
    while at < len(lines):
        line = lines[at].replace("\r\n", "\n")
        match, tag = _FENCE.match(line), _TAG.match(line)
        opening = match or tag
        if opening is None:
            at += 1
            continue
        info = opening["info"].strip()
        if match is not None:
            end = _closing(lines, at + 1, match["fence"])
            is_python = bool(_PYTHON.match(info)) and not _BARE_DIRECTIVE.match(info)
        else:
            end = _end_of_tag(lines, at + 1, opening["tag"])
            is_python = bool(_TAG_PYTHON[opening["tag"]].match(info))
        if is_python:
            first = _after_options(lines, at + 1, end) if info.startswith("{") else at + 1
            indent = opening["indent"]
            body = lines[first:end]
            if body and not any(line.lstrip().startswith(">>>") for line in body) and _has_indent(body, indent):
                source = "".join(line[len(indent) :] if line.strip() else line for line in body)
                yield CodeCell(index, source, starts[first], starts[end], first + 1, indent)
            index += 1
        at = end + 1


def _closing(lines: list[str], at: int, fence: str) -> int:
    """The line that closes a fence; the end of the document, where none does."""
    close = re.compile(rf"[ \t]*{re.escape(fence[0])}{{{len(fence)},}}[ \t]*\r?\n?$")
    return next((number for number in range(at, len(lines)) if close.match(lines[number])), len(lines))


def _end_of_tag(lines: list[str], at: int, tag: str) -> int:
    """The line of ``{% endhighlight %}``; the end of the document, where there is none."""
    close = re.compile(rf"[ \t]*\{{%-?[ \t]*end{tag}[ \t]*-?%\}}[ \t]*\r?\n?$")
    return next((number for number in range(at, len(lines)) if close.match(lines[number])), len(lines))


def _after_options(lines: list[str], at: int, end: int) -> int:
    """The first line of code after the options of a MyST directive: ``:name: value``, or YAML between ``---``."""
    first = at
    if first < end and lines[first].strip() == "---":
        closing = (number for number in range(first + 1, end) if lines[number].strip() == "---")
        return next(closing, first - 1) + 1
    while first < end and _OPTION.match(lines[first].strip()):
        first += 1
    return first


def _has_indent(body: list[str], indent: str) -> bool:
    return all(line.startswith(indent) for line in body if line.strip())


def _indented(text: str, cell: CodeCell, source: str) -> str:
    if not cell.indent:
        return source
    return "".join(cell.indent + line if line.strip() else line for line in _LINES.findall(source))

"""Programs in documents, scripts in cells, scripts that only IPython runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pm_migrate.codemod.cells import splice
from pm_migrate.codemod.documents import is_document, parse_document

from .conftest import Run

IMPORT, REPLACED = "import pymc3 as pm", "from pm_migrate import pymc4 as pm"

DOCUMENT = f"""\
---
title: pymc3
---

# Text that mentions pymc3

```python
{IMPORT}
x = 1\x20\x20
```

```bash
pip install pymc3
{IMPORT}
```

1. In a list:

   ~~~ {{python, echo=FALSE}}
   {IMPORT}

   y = '''
     import pymc3'''
   ~~~

```{{code-cell}} ipython3
:tags: [hide-input]
{IMPORT}
```

```{{code-cell}} ipython3
---
tags: [x]
---
%matplotlib inline
todo(1)
```

````{{python}}
#| echo: false
text = '''
```
'''
{IMPORT}
````

> ```python
> {IMPORT}
> ```

```pycon
>>> {IMPORT}
```

```python
>>> {IMPORT}
```

```python
this is a ( fragment
```

```python
broken pymc3 (
```

The end, without a newline"""


def test_only_python_fences_change(folder: Path, run: Run) -> None:
    Path("a.qmd").write_text(DOCUMENT)
    result = run("a.qmd")
    assert result.exit_code == 1
    lines = DOCUMENT.split("\n")
    for number in (8, 20, 28, 44):  # in a plain fence, in a list, in a directive, in a longer fence
        assert lines[number - 1].strip() == IMPORT
        lines[number - 1] = lines[number - 1].replace(IMPORT, REPLACED)
    assert Path("a.qmd").read_text() == "\n".join(lines)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_bytes_around_the_code_stay(folder: Path, run: Run, newline: str, mark: bytes) -> None:
    text = f"pymc3 \u00e9\n\n```python\n{IMPORT}\n```\n".replace("\n", newline)
    Path("a.md").write_bytes(mark + text.encode())
    assert run("a.md").exit_code == 0
    assert Path("a.md").read_bytes() == mark + text.replace(IMPORT, REPLACED).encode()


def test_findings_name_lines_of_the_document(folder: Path, run: Run) -> None:
    Path("a.qmd").write_text(DOCUMENT)
    report = json.loads(run("--check", "a.qmd", "--format", "json").stdout)
    found = [(f["code"], f["line"], f["column"], f["cell"]) for f in report["files"][0]["findings"]]
    lines = DOCUMENT.split("\n")
    assert [code for code, *_ in found].count("PM101") == 4
    for code, line, column, cell in found:
        assert cell is None
        assert lines[line - 1][column:].startswith({"PM101": IMPORT, "PM301": "todo(", "PM904": "broken"}[code])
    assert [code for code, *_ in found][-1] == "PM904", "the other fragment mentions nothing of ours"


@pytest.mark.parametrize(
    ("info", "code"),
    [
        ("python", True),
        ("Python", True),
        ("py", True),
        ("python3 title='x'", True),
        ("ipython3", True),
        ("{python}", True),
        ("{python label, fig.cap='x'}", True),
        ("{.python .numberLines}", True),
        ("{code-cell}", True),
        ("{code-cell} python3", True),
        ("{code-block} python", True),
        ("", False),
        ("{code-block}", False),
        ("{r}", False),
        ("{code-cell} julia", False),
        ("pythonic", False),
        ("python-repl", False),
        ("pytb", False),
        ("text", False),
    ],
)
def test_what_is_python(info: str, code: bool) -> None:
    cells = parse_document(f"a\n```{info}\nx = 1\n```\nb").cells
    assert [cell.source for cell in cells] == (["x = 1\n"] if code else [])


@pytest.mark.parametrize(
    ("tag", "info", "code"),
    [
        ("highlight", "python", True),
        ("highlight", "python linenos", True),
        ("highlight", "ipython3", True),
        ("codeblock", "lang:python", True),
        ("codeblock", "The model (model.py) lang:python linenos:false", True),
        ("highlight", "pythonic", False),
        ("highlight", "r python", False),
        ("highlight", "", False),
        ("codeblock", "python", False),
        ("codeblock", "lang:ruby", False),
        ("raw", "python", False),
    ],
)
@pytest.mark.parametrize("dash", ["", "-"])
def test_blocks_of_jekyll_and_octopress(tag: str, info: str, code: bool, dash: str) -> None:
    text = f"a\n{{%{dash} {tag} {info} {dash}%}}\nx = 1\n```\n{{% end{tag} %}}\nb\n```python\ny\n```\n"
    found = [cell.source for cell in parse_document(text).cells]
    assert found == ["x = 1\n```\n", "y\n"] if code else "x = 1\n```\n" not in found


def test_fences_that_nobody_closes_and_longer_ones() -> None:
    assert [c.source for c in parse_document("```python\nx = 1").cells] == ["x = 1"]
    assert [c.source for c in parse_document("`````py\n```\nx\n```\n`````\n```py\ny\n```").cells] == [
        "```\nx\n```\n",
        "y\n",
    ]
    assert parse_document("```text\n```python\nx\n```\n").cells == (), "inside of another fence"
    assert [c.source for c in parse_document("{% highlight python %}\nx = 1").cells] == ["x = 1"]
    assert parse_document("```text\n{% highlight python %}\nx\n{% endhighlight %}\n```\n").cells == ()


def test_documents_are_found_in_folders_and_known_by_name(folder: Path, run: Run) -> None:
    for name in ("a.md", "b.qmd", "c.Rmd", "d.txt"):
        Path(name).write_text(f"```python\n{IMPORT}\n```\n")
    assert run(".").exit_code == 0
    assert [REPLACED in Path(name).read_text() for name in ("a.md", "b.qmd", "c.Rmd", "d.txt")] == [True] * 3 + [False]
    assert is_document("X.RMD") and not is_document("md.py")


def test_a_script_in_cells_says_which(folder: Path, run: Run) -> None:
    Path("a.py").write_text(
        f"# %%\n{IMPORT}\n\n# %% [markdown]\n# Text\n\n# %% The model {{x=1}}\nreview(1)\n# %%\ny\n"
    )
    result = run("--check", "a.py")
    assert "a.py:8:1: PM201 review: about 'review(' (cell 3, The model)" in result.stdout
    report = json.loads(run("--check", "a.py", "--format", "json").stdout)
    assert [f.get("part") for f in report["files"][0]["findings"]] == ["cell 1", "cell 3, The model"]
    assert "::cell 3, The model: about" in run("--check", "a.py", "--format", "github").stdout


def test_a_script_that_only_ipython_runs(folder: Path, run: Run) -> None:
    text = f"# %%\n%matplotlib inline\n{IMPORT}\nx = !ls\n%time y = 1\ntodo(pymc3)\n"
    Path("a.py").write_text(text)
    result = run("a.py")
    assert "a.py:6:1: PM301 manual" in result.stdout
    assert Path("a.py").read_text() == text.replace(IMPORT, REPLACED)
    Path("a.py").write_text(f"%matplotlib inline\n{IMPORT}\nx = (\n")
    assert "a.py: error: not valid Python" in run("a.py").stderr


def test_a_program_too_large_to_be_parsed(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from pm_migrate.codemod import driver

    monkeypatch.setattr(driver, "LARGEST", 1000)
    Path("a.py").write_text(f"{IMPORT}\nx = {list(range(1000))}\n")
    Path("b.py").write_text(f"{IMPORT}\n")
    result = run(".")
    assert result.exit_code == 2 and "a.py: error: 0 MiB of code; more than" in result.stderr
    assert Path("b.py").read_text() == f"{REPLACED}\n"


_LINES = ["```python", "```", "~~~py", "~~~", "  ```{python}", "  ```", "   x = 1", "x = 1", "", "```{code-cell}"]
_LINES += [":tags: [a]", "---", "> ```python", "````py", "````", "\t```py", "é\r"]


@given(st.lists(st.sampled_from(_LINES), max_size=14).map("\n".join), st.sampled_from(["", "\n"]))
def test_whatever_is_a_fence_is_written_back_as_it_was(text: str, end: str) -> None:
    book = parse_document(text + end)
    assert splice(book, {}) == text + end
    for cell in book.cells:
        assert book.spell(book.text, cell, cell.source) == book.text[cell.start : cell.end]
        assert book.text.count("\n", 0, cell.start) == cell.line - 1

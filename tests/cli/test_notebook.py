"""Notebooks: one program out of many cells, and nothing but sources changed in the bytes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pm_migrate.codemod
from pm_migrate.codemod.cells import _in_cell, join_cells, split_cells
from pm_migrate.codemod.hidden import HELD_CODE, INSTALL_CODE, UNREADABLE_CODE
from pm_migrate.codemod.magics import hold, is_foreign, restore
from pm_migrate.codemod.notebook import migrate_notebook, parse_notebook
from pm_migrate.errors import SafetyError
from pm_migrate.findings import Confidence, Finding, Migration, References

from .conftest import Run, rename_import

IMPORT, REPLACED = "import pymc3 as pm", "from pm_migrate import pymc4 as pm"


def notebook(*cells: str | list[str], **more: object) -> str:
    content = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": cell} for cell in cells]
    return json.dumps({"cells": content, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}, indent=1) + "\n"


def sources(text: str) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(text)["cells"]]


def test_only_changed_sources_differ_in_the_bytes(folder: Path, run: Run) -> None:
    """Odd on purpose: key order, indentation, spelling of numbers, escapes, outputs, no final newline."""
    text = (
        '{"nbformat_minor": 2, "nbformat":4,\n\t"metadata": {"x": 1.50e0, "y": 1E+2, "z": "\\u00e9\\/"},\r\n'
        ' "cells": [\n'
        '  {"source": ["# pymc3 \\u00e9"], "cell_type": "markdown"},\n'
        '  {"outputs": [{"text": ["import pymc3 as pm"]}], "source": [\n     "%matplotlib inline\\n",\n'
        '     "import pymc3 as pm\\n",\n     "x = \'\\u00e9\'\\n",\n'
        '     "y = \\u0027a\\/b\'"\n    ], "cell_type": "code"},\n'
        '  {"cell_type":"code","source":"import pymc3 as pm"},\n  {"source": ["pm"], "cell_type": "code"}\n ]}'
    )
    Path("a.ipynb").write_bytes(text.encode())
    assert run("a.ipynb").exit_code == 0
    expected = text.replace('     "import pymc3 as pm\\n"', f'     "{REPLACED}\\n"')
    expected = expected.replace('"source":"import pymc3 as pm"', f'"source":"{REPLACED}"')
    assert Path("a.ipynb").read_bytes().decode() == expected


@pytest.mark.parametrize("indent", [None, 0, 1, 2, "\t"])
@pytest.mark.parametrize("ensure_ascii", [True, False])
@pytest.mark.parametrize("lines", [True, False])
def test_the_manner_of_the_file_is_kept(
    engine: None, indent: int | str | None, ensure_ascii: bool, lines: bool
) -> None:
    def written(source: str) -> str:
        value = source.splitlines(keepends=True) if lines else source
        content = {"cells": [{"cell_type": "code", "source": value}], "nbformat": 4}
        return json.dumps(content, indent=indent, ensure_ascii=ensure_ascii)

    before = f"x = 'é'\n{IMPORT}  # ü\n"
    assert migrate_notebook(written(before)).code == written(before.replace(IMPORT, REPLACED))


def test_a_line_that_grows_into_several(engine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def grow(text: str, **options: object) -> Migration:
        return Migration(text.replace("pymc3", "a\nimport b"), True)

    monkeypatch.setattr(pm_migrate.codemod, "migrate_source", grow)
    text = '{"nbformat": 4, "cells": [{"cell_type": "code", "source": [\n   "import pymc3"\n  ]}]}'
    assert migrate_notebook(text).code == text.replace('"import pymc3"', '"import a\\n",\n   "import b"')


def test_notebooks_in_other_languages_are_not_ours(engine: None) -> None:
    for metadata in ({"kernelspec": {"language": "R"}}, {"language_info": {"name": "julia"}}):
        text = notebook("library(pymc3) <- (", metadata=metadata)
        assert migrate_notebook(text) == Migration(text, changed=False)


def test_windows_line_ends_in_a_source(engine: None) -> None:
    text = notebook(f"{IMPORT}\r\nx = 1\r\n", "y = 1\r\n%time z")
    assert sources(migrate_notebook(text).code) == [f"{REPLACED}\r\nx = 1\r\n", "y = 1\r\n%time z"]


def test_a_byte_order_mark_is_kept(folder: Path, run: Run) -> None:
    Path("a.ipynb").write_bytes(b"\xef\xbb\xbf" + notebook(IMPORT).encode())
    assert run("a.ipynb").exit_code == 0
    assert Path("a.ipynb").read_bytes() == b"\xef\xbb\xbf" + notebook(REPLACED).encode()


def test_from_standard_input(folder: Path, run: Run) -> None:
    assert run("-", input=notebook(IMPORT)).stdout == notebook(REPLACED)


def test_findings_name_cell_and_line(folder: Path, run: Run) -> None:
    content = json.loads(
        notebook("x = 1", "y = 2\n\n!ls \\\n  -l\n", "%matplotlib inline\n\ntodo(pymc3)\n%time review(1)")
    )
    content["cells"].insert(1, {"cell_type": "markdown", "source": "todo(x)"})
    Path("a.ipynb").write_text(json.dumps(content))
    report = json.loads(run("--check", "a.ipynb", "--format", "json").stdout)
    found = [
        (finding["cell"], finding["line"], finding["column"], finding["end_column"], finding["code"])
        for finding in report["files"][0]["findings"]
    ]
    assert found == [(3, 3, 0, 5, "PM301"), (3, 4, 6, 13, "PM201")]
    assert "a.ipynb:cell 3:3:1: PM301 manual" in run("--check", "a.ipynb").stdout


def test_diff_shows_cells(folder: Path, run: Run) -> None:
    Path("a.ipynb").write_text(notebook("x = 1", f"{IMPORT}\nx = 2\n"))
    assert run("--diff", "a.ipynb").stdout == (
        f"--- a.ipynb:cell 1\n+++ a.ipynb:cell 1\n@@ -1,2 +1,2 @@\n-{IMPORT}\n+{REPLACED}\n x = 2\n"
    )


IPYTHON = [
    "%matplotlib inline",
    "%load_ext autoreload\n%autoreload 2\nx = 1",
    "!pip install x",
    "!!ls",
    "!echo a \\\n  b\nx = 1",
    "files = !ls *.csv",
    "a, b = %sql select * from t where x = 1",
    "x?",
    "x.y??",
    "?x.y",
    "??x",
    "x[0].y?",
    "%timeit?",
    "for i in range(3):\n    %time f(i)",
    "if x:\n    !ls",
    "with x:\n\t%run other.py\n\ty = 1",
    "%time x = f(1)",
    "%timeit -n 3 f(1)",
    "%%time\nx = 1",
    "\n%%time\nx = 1",
    "%%timeit x = 2\nx + 1",
    "%%capture out\nprint(1)",
    "%time",
    "%time x = f(1)  # a comment",
    "%time x = f( \\\n    1, \\\n    2)\ny = 1",
    "%time x = 1   ",
    "pip install x",
    "pip install -q x==1.0 'y>=2'\nx = 1",
    "conda install -y x",
    "matplotlib inline\nx = 1",
    "load_ext autoreload\nautoreload 2",
    "config InlineBackend.figure_format = 'retina'",
    "ls ../data/",
    "cd ~/data",
    "/f 1",
    ",f a b",
    ";f a b",
]
PYTHON = [
    "x = (a\n     % b)",
    "x = a \\\n  % b",
    's = """\n%time x\n!ls\nx?\n"""',
    "s = '''a\\'''\n%time x\n'''",
    's = "a\\\n%b"',
    "x = 1  # why?",
    "x != y",
    "config = 'retina'",
    "ls - x",
    "cat / x",
    "cp in x or (\n  y)",
    "matplotlib .rc('x', y=1)",
    "config (\n  x)",
    "x = [\npip\n]",
    "x = {\n'a': 1,\n}  # %time",
    "f('%s' % x)",
    "x = '(' # [\ny = 1",
]


@pytest.mark.parametrize("source", IPYTHON)
def test_ipython_lines_are_held_and_come_back(source: str) -> None:
    for carry in (True, False):
        cell = hold(source, "token", 7, carry=carry)
        compile(cell.source, "cell", "exec")
        assert cell.held and [line.number for line in cell.held] == list(range(7, 7 + len(cell.held)))
        assert restore(cell.source, "token", cell.held) == source


@pytest.mark.parametrize("source", PYTHON)
def test_python_is_not_held(source: str) -> None:
    assert hold(source, "token", 0).source == source


def test_a_statement_behind_a_magic_stays_in_the_program(engine: None) -> None:
    text = notebook(f"%time {IMPORT}")
    result = migrate_notebook(text)
    assert sources(result.code) == [f"%time {REPLACED}"]
    assert [(finding.column, finding.end_column) for finding in result.findings] == [(6, 6 + len(IMPORT))]


def test_a_statement_behind_a_magic_that_breaks_is_put_on_one_line_again(
    engine: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrap(text: str, **options: object) -> Migration:
        code = re.sub(r"pm\.sample\((\d+)\)", r"pm.sample(\n        \1,\n  chains=[\n2])", text)
        return Migration(code, code != text, references=References(1, 1))

    monkeypatch.setattr(pm_migrate.codemod, "migrate_source", wrap)
    result = migrate_notebook(notebook("x = 1\nif x:\n    %time trace = pm.sample(100)\n    !ls"))
    assert sources(result.code) == ["x = 1\nif x:\n    %time trace = pm.sample(100, chains=[2])\n    !ls"]
    assert not result.findings


def test_a_statement_of_several_lines_behind_a_magic_stays_in_the_program(engine: None) -> None:
    text = notebook("%time x = f( \\\n  pm, \\\n  1)\n%time todo( \\\n  pymc3)")
    program = join_cells(parse_notebook(text))
    assert "x = f( pm, 1)  # " in program.source and "todo( pymc3)  # " in program.source
    result = migrate_notebook(text)
    assert result.code == text and [(f.line, f.column, f.code) for f in result.findings] == [(4, 6, "PM301")]


def test_a_statement_behind_a_magic_that_grows_is_hidden_and_reported(
    engine: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrap(text: str, **options: object) -> Migration:
        code = re.sub(r"pm\.sample\((\d+)\)", r"pm.sample(\n    # why\n    \1\n)", rename_import(text).code)
        return Migration(code, code != text, references=References(1, 1))

    monkeypatch.setattr(pm_migrate.codemod, "migrate_source", wrap)
    result = migrate_notebook(notebook(IMPORT, "x = 1\n%time trace = pm.sample(100)"))
    assert sources(result.code) == [REPLACED, "x = 1\n%time trace = pm.sample(100)"]
    (finding,) = result.findings
    assert (finding.code, finding.cell, finding.line, finding.confidence) == (HELD_CODE, 1, 2, Confidence.MANUAL)
    assert result.references == References(2, 1, 1)


@pytest.mark.parametrize(
    ("cell", "reported"),
    [
        ("!conda install -y pymc3==3.8", True),
        ("!pip install git+https://x.org/pymc3", True),
        ("%timeit -n 3 pm.sample(10)", True),
        ("%%writefile model.py\nimport pymc3\n", True),
        ("%%bash\npython -c 'import theano'", True),
        ("%load_ext theano_magic", False),
        ("!pip install arviz", False),
        ("!ls pm_data", False),
        ("pm.Normal?", False),
        ("?pm.Normal", False),
        ("%%bash\nls pm.csv", False),
        ("%matplotlib inline", False),
    ],
)
def test_hidden_mentions_of_pymc3_are_no_silent_all_clear(engine: None, cell: str, reported: bool) -> None:
    result = migrate_notebook(notebook(IMPORT, cell))
    hidden = [finding for finding in result.findings if finding.code == HELD_CODE]
    assert len(hidden) == reported
    assert result.references == References(1 + reported, 1, int(reported))
    assert sources(result.code) == [REPLACED, cell]


def test_cells_in_other_languages_stay_out_of_the_program(engine: None) -> None:
    program = join_cells(parse_notebook(notebook("%%bash\nls (", "x = 1")))
    assert "ls" not in program.source and [cell.index for cell in program.foreign] == [0]
    assert is_foreign("\n%%R\nx <- 1") and not is_foreign("%%time\nx") and not is_foreign("x %%time")


def test_an_else_without_its_if_is_no_cell_though_the_cell_before_ends_in_one(folder: Path, run: Run) -> None:
    Path("a.ipynb").write_text(notebook(f"{IMPORT}\nif x:\n    y = 1", "else:\n    y = 2"))
    result = run("a.ipynb")
    assert result.exit_code == 1 and "a.ipynb:cell 1:1:1: PM904 manual: this cell is not valid Python" in result.stdout
    assert sources(Path("a.ipynb").read_text()) == [f"{REPLACED}\nif x:\n    y = 1", "else:\n    y = 2"]


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("!pip install pymc3==3.8", "!pip install 'pm-migrate[shims]'"),
        ("%pip install -q 'pymc3>=3.8,<4' arviz", "%pip install -q 'pm-migrate[shims]' arviz"),
        ("!pip install arviz Theano-PyMC==1.1.2 pymc3", "!pip install arviz 'pm-migrate[shims]'"),
        ("pip install pymc3", "pip install 'pm-migrate[shims]'"),
        ("!pip install pymc3-ext", None),
        ("!pip install pymc3 -r theano.txt", None),
        ("!pip uninstall pymc3", None),
    ],
)
def test_pip_installs_pm_migrate_where_nothing_needs_pymc3_any_more(engine: None, line: str, after: str | None) -> None:
    result = migrate_notebook(notebook(IMPORT, f"{line}\nx = 1"))
    assert sources(result.code) == [REPLACED, f"{after or line}\nx = 1"]
    codes = [(finding.code, finding.cell, finding.confidence) for finding in result.findings[1:]]
    if after is not None:
        assert codes == [(INSTALL_CODE, 1, Confidence.REVIEW)] and result.references == References(2, 2)
    else:
        assert INSTALL_CODE not in {code for code, _, _ in codes}
    kept = migrate_notebook(notebook(f"{IMPORT}\ntodo(x)", line))
    assert sources(kept.code)[1] == line, "where something stays, PyMC3 is still needed"


def test_rules_about_what_is_no_python_can_be_left_out(engine: None) -> None:
    text = notebook(IMPORT, "!pip install pymc3", "pymc3 (")
    for options in ({"ignore": ["PM905", "PM904"]}, {"select": ["PM101"]}):
        result = migrate_notebook(text, **options)
        assert sources(result.code) == [REPLACED, "!pip install pymc3", "pymc3 ("]
        assert result.references.todo == 2, "but nothing is passed over in silence"
        assert UNREADABLE_CODE not in {finding.code for finding in result.findings}
    careful = migrate_notebook(text, safe_only=True)
    assert sources(careful.code)[1] == "!pip install pymc3"


def test_a_cell_that_is_no_python_stays_out_of_the_program(engine: None) -> None:
    for cell, manual in (
        ("print trace", True),
        ("%time y\nsome notes (", False),
        ("import pymc3 as", True),
        ("%%time\nprint pm.x", True),
    ):
        result = migrate_notebook(notebook(f"{IMPORT}\ntrace = 1", cell, IMPORT))
        assert sources(result.code) == [f"{REPLACED}\ntrace = 1", cell, REPLACED]
        (finding,) = [finding for finding in result.findings if finding.code == UNREADABLE_CODE]
        assert (finding.cell, finding.confidence is Confidence.MANUAL) == (1, manual)
        assert result.references.todo == manual


def test_a_magic_that_is_not_known_may_run_python(engine: None) -> None:
    for cell, found in (("%%shout\npm.Normal", 1), ("%%shout\nx", 0), ("%%bash\npm.Normal", 0)):
        result = migrate_notebook(notebook(IMPORT, cell))
        assert sum(finding.code == HELD_CODE for finding in result.findings) == found


def test_notebooks_of_format_3(folder: Path, run: Run) -> None:
    cells = [
        {"cell_type": "heading", "level": 1, "source": ["pymc3"]},
        {"cell_type": "code", "language": "python", "input": [f"{IMPORT}\n", "x = 1"], "outputs": []},
        {"cell_type": "code", "language": "julia", "input": "import pymc3", "outputs": []},
        {"cell_type": "code", "input": "y (", "outputs": []},
    ]
    content = {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells[:2]}]}
    content["worksheets"].append({"cells": cells[2:], "metadata": {}})  # type: ignore[attr-defined]
    before = json.dumps(content, indent=1)
    Path("a.ipynb").write_text(before)
    assert run("a.ipynb").exit_code == 0
    assert Path("a.ipynb").read_text() == before.replace(f'"{IMPORT}\\n"', f'"{REPLACED}\\n"')


MOVES = {
    "a marker lost": lambda text: re.sub(r"# \S+ cell 1\n", "", text),
    "a marker doubled": lambda text: re.sub(r"(# \S+ cell 1\n)", r"\1\1", text),
    "markers in another order": lambda text: (
        text.replace("cell 1", "cell X").replace("cell 2", "cell 1").replace("cell X", "cell 2")
    ),
    "a marker inside a block": lambda text: re.sub(r"# (\S+) cell 1\n", r"if 1:\n    # \1 cell 1\n", text),
    "code in front of the first": lambda text: "import a\n" + text,
    "a held line lost": lambda text: re.sub(r"# \S+ line 0\n", "x\n", text),
    "a held line doubled": lambda text: re.sub(r"(# \S+ line 0\n)", r"\1\1", text),
    "a held line in another cell": lambda text: re.sub(r"(# \S+ line 0\n)((?s:.*)# \S+ cell 2\n)", r"\2\1", text),
    "a held line inside brackets": lambda text: re.sub(r"(# \S+ line 0\n)", r"(\n\1)\n", text),
    "a held line behind code": lambda text: re.sub(r"(# \S+ line 0\n)", r"x = 1  \1", text),
}


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_a_lost_marker_leaves_the_file_alone(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch, move) -> None:
    text = notebook(IMPORT, "!ls\ny = 1", "z = 1")

    def engine(source: str, **options: object) -> Migration:
        moved = move(source)
        assert moved != source
        return Migration(moved, True)

    monkeypatch.setattr(pm_migrate.codemod, "migrate_source", engine)
    Path("a.ipynb").write_text(text)
    with pytest.raises(SafetyError, match="could not be cut into its cells"):
        migrate_notebook(text)
    result = run("a.ipynb")
    assert result.exit_code == 2 and Path("a.ipynb").read_text() == text


def test_blank_lines_at_the_edges_of_a_cell_stay_as_they_were(engine: None) -> None:
    text = notebook("x = 1", "y = 1\n", "\n\nz = 1")
    book = parse_notebook(text)
    program = join_cells(book)
    code = re.sub(r"^([xyz]) = 1\n", r"\n\n\1 = 2\n\n\n", program.source, flags=re.MULTILINE)
    assert split_cells(code, book, program) == {0: "x = 2", 1: "y = 2\n", 2: "\n\nz = 2"}


def test_a_model_of_three_cells_with_imports_in_between() -> None:
    begun = "from pymc3 import Model, Normal\n\ny = [1, 0]"
    first = "with Model() as model:\n    a = Normal('a', 0, 1)"
    second = "from pymc3.math import invlogit\n\nwith model:\n    p = invlogit(a)"
    third = "from pymc3 import Bernoulli\n\n# the data\nwith model:\n    Bernoulli('y', p, observed=y)"
    made = sources(migrate_notebook(notebook(begun, first, second, third)).code)
    assert made[1:3] == ["", ""] and made[3].startswith("# the data\n@pm.model(name=None)\ndef build_model():")


def test_the_marks_cannot_be_mistaken_for_a_comment_of_the_notebook(engine: None) -> None:
    text = notebook(f"{IMPORT}\n# pm-migrate-notebook-0 cell 1\n", "# pm-migrate-notebook-0 line 0\n!ls")
    assert sources(migrate_notebook(text).code) == sources(text.replace(IMPORT, REPLACED))


def test_finding_without_a_place_in_a_cell() -> None:
    """The engine may report on the line of a marker (the start of the program)."""
    book = parse_notebook(notebook("x = 1"))
    finding = Finding(1, 0, 1, 0, "PM101", Confidence.REVIEW, "")
    assert _in_cell(finding, join_cells(book)).cell is None


_LINES = """\
x|%time y|!ls|  !ls|if x:|  y|%%time|%time z = 1|x = !ls|\t%m|x?|'|\"|'''|(|)|\\|a = \\|f'{x["a"]}'|é|\x0c|\u2028x|"""


@given(st.lists(st.sampled_from(_LINES.split("|")), max_size=8).map("\n".join), st.booleans())
def test_whatever_is_held_comes_back(source: str, carry: bool) -> None:
    """Even of cells that are no Python at all."""
    cell = hold(source, "token", 3, carry=carry)
    assert restore(cell.source, "token", cell.held) == source

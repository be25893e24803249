"""The corpus through the command line, with the real engine."""

from __future__ import annotations

import ast
import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

from corpus.programs import CORPUS
from corpus.programs import PROGRAMS as EVERY

from .conftest import Run, everything_in

#: The scripts of which nothing is left to do.
PROGRAMS = [program.name for program in EVERY if not program.notebook and not program.manual]


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The programs before, one file each, and one notebook that is made of all."""
    monkeypatch.chdir(tmp_path)
    for name in PROGRAMS:
        (tmp_path / f"{name}.py").write_bytes((CORPUS / name / "before.py").read_bytes())
    return tmp_path


def test_the_corpus_becomes_what_is_kept_in_it(corpus: Path, run: Run) -> None:
    before = everything_in(corpus)
    result = run(".", "--format", "json")
    assert result.exit_code == 0
    assert everything_in(corpus) == {f"{name}.py": (CORPUS / name / "after.py").read_bytes() for name in PROGRAMS}
    summary = json.loads(result.stdout)["summary"]
    assert summary["changed"] == len(PROGRAMS) and summary["errors"] == 0
    assert summary["references"]["migrated"] == summary["references"]["total"] > 0
    assert run("--check", ".").exit_code == 0, "a second run changes nothing"
    assert run("undo").exit_code == 0
    assert everything_in(corpus) == before


def test_any_number_of_processes_reports_the_same(corpus: Path, run: Run) -> None:
    one, three = (run("--diff", "--format", "json", "--jobs", jobs, ".") for jobs in (1, 3))
    assert one.exit_code == three.exit_code == 0
    assert one.stdout == three.stdout
    assert [file["path"] for file in json.loads(one.stdout)["files"]] == [f"{name}.py" for name in PROGRAMS]


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_in_a_notebook_becomes_the_same(corpus: Path, run: Run, name: str) -> None:
    """One statement of the module to a cell: the cells together are what the script becomes, blank lines apart.

    The imports share a cell, since new ones are sorted in among those beside them.
    """
    text = (corpus / f"{name}.py").read_text()
    body = ast.parse(text).body
    starts = [
        _first_line(node) for before, node in itertools.pairwise(body) if not (_is_import(before) and _is_import(node))
    ]
    lines = text.splitlines(keepends=True)
    bounds = itertools.pairwise([0, *(start - 1 for start in starts), len(lines)])
    sources = ["".join(lines[start:end]) for start, end in bounds]
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": source} for source in sources]
    Path("book.ipynb").write_text(json.dumps({"cells": cells, "nbformat": 4, "metadata": {}}, indent=1))
    assert run("book.ipynb").exit_code == 0
    rewritten = [cell["source"] for cell in json.loads(Path("book.ipynb").read_text())["cells"]]
    expected = (CORPUS / name / "after.py").read_text()
    assert _without_blank_lines("\n".join(rewritten)) == _without_blank_lines(expected)
    assert run("--check", "book.ipynb").exit_code == 0


def _first_line(node: ast.stmt) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _without_blank_lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


def test_magics_move_with_the_code_around_them(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sources = {
        "%matplotlib inline\nimport pymc3 as pm\n": "%matplotlib inline\nimport pm_migrate.pymc4 as pm\n",
        "with pm.Model() as m:\n    mu = pm.Normal('mu', 0, 1)\n": (
            "@pm.model(name=None)\ndef build_m():\n    mu = yield pm.Normal('mu', 0, 1)\n\n\nm = build_m()\n"
        ),
        "%%time\nwith m:\n    %time trace = pm.sample(500, tune=100, chains=2)\n    # done\n": (
            "%%time\n%time trace = pm.sample(m, num_samples=500, burn_in=100, num_chains=2)\n# done\n"
        ),
        "!ls\ntrace['mu'].mean()": "!ls\npm.draws(trace, 'mu').mean()",
        "pm.sample?": "pm.sample?",
    }
    cells = [{"cell_type": "code", "source": source} for source in sources]
    Path("a.ipynb").write_text(json.dumps({"cells": cells, "nbformat": 4}))
    assert run("a.ipynb").exit_code == 0
    assert [cell["source"] for cell in json.loads(Path("a.ipynb").read_text())["cells"]] == list(sources.values())


def test_what_is_left_to_do_stays_left_to_do(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text(
        "import pymc3 as pm\nwith pm.Model():\n    x = pm.Normal('x', 0, 1)\n    pm.BART('b', x, x)\n"
    )
    first, second = run("a.py"), run("a.py")
    assert first.exit_code == second.exit_code == 1
    assert "a.py: TODO comments added, nothing else" in first.stdout
    assert "PM211 manual" in first.stdout and "PM211 manual" in second.stdout
    assert "0 rewritten" in second.stdout


def test_a_rewrite_never_imports_the_runtime(corpus: Path) -> None:
    code = (
        "import sys\nfrom pm_migrate.cli import cli\ntry:\n    cli(['.', '--quiet'])\nexcept SystemExit as end:\n"
        "    assert not end.code\nprint(*({'tensorflow', 'numpy', 'theano', 'pymc3', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
    assert "yield" in (corpus / f"{PROGRAMS[0]}.py").read_text()

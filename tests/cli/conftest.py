"""A stand-in for the engine: what is tested here is everything around a rewrite, not the rewriting."""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pm_migrate.cli import cli
from pm_migrate.errors import SourceError
from pm_migrate.findings import Confidence, Finding, Migration, References

PROGRAM = "import pymc3 as pm  # the models\n\nwith pm.Model() as m:\n    x = pm.Normal('x', 0, 1)\n"
REWRITTEN = PROGRAM.replace("import pymc3 as pm", "from pm_migrate import pymc4 as pm")


def rename_import(text: str, **options: object) -> Migration:
    """Rewrite only the import; a line with ``todo(`` in it is left to do, one with ``hm(`` is not understood."""
    if "engine_breaks" in text:
        raise RuntimeError("the engine broke")
    if "engine_refuses" in text:
        raise SourceError("the engine refused")
    code = re.sub(r"^import pymc3 as pm", "from pm_migrate import pymc4 as pm", text, flags=re.MULTILINE)
    if "lose_comments" in text:
        code = re.sub(r" *# .*", "", code)
    if "never_stable" in text:
        code += "x = 1\n"
    if "break_syntax" in text:
        code = code.replace("with", "wiht (")
    findings = []
    for number, line in enumerate(text.split("\n"), start=1):
        for mark, confidence, what in (
            ("import pymc3 as pm", Confidence.SAFE, "PM101"),
            ("review(", Confidence.REVIEW, "PM201"),
            ("todo(", Confidence.MANUAL, "PM301"),
        ):
            if mark in line:
                at = line.index(mark)
                findings.append(Finding(number, at, number, at + len(mark), what, confidence, f"about {mark!r}"))
    migrated, todo, unknown = (len(re.findall(mark, text)) for mark in ("import pymc3", r"todo\(", r"hm\("))
    references = References(migrated + todo + unknown, migrated, todo, unknown)
    return Migration(code, code != text, tuple(findings), text.count("pm.Model("), references)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the stand-in in place of the engine, and of its explanations."""
    import pm_migrate.codemod

    explanations = {
        code: types.SimpleNamespace(
            code=code,
            title=f"Title of {code}",
            what="What it does.\nIn two lines.",
            why="Because.",
            limits="",
            before="import pymc3 as pm",
            after="from pm_migrate import pymc4 as pm",
        )
        for code in ("PM101", "PM201", "PM202", "PM301")
    }
    module = types.ModuleType("pm_migrate.codemod.explain")
    module.EXPLANATIONS = explanations  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pm_migrate.codemod.explain", module)
    monkeypatch.setattr(pm_migrate.codemod, "explain", module, raising=False)
    monkeypatch.setattr(pm_migrate.codemod, "migrate_source", rename_import, raising=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: None) -> Path:
    """An empty current folder, with the stand-in for the engine."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    """Run the command line with arguments; an exception that leaves it fails the test."""

    def invoke(*arguments: object, input: str | bytes | None = None) -> Result:
        result = CliRunner().invoke(cli, [str(argument) for argument in arguments], input=input)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


@pytest.fixture
def program(folder: Path) -> Path:
    """One program in the current folder."""
    path = folder / "model.py"
    path.write_text(PROGRAM)
    return path


def everything_in(folder: Path) -> dict[str, bytes]:
    """The bytes of all files below a folder, the journal left out."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".pm-migrate" not in path.parts
    }

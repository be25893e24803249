"""What a team shares: the configuration of a project, hooks, counts, our own comments, several processes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.codemod.todos import lift

from .conftest import PROGRAM, REWRITTEN, Run

ROOT = Path(__file__).parents[2]


def configure(text: str, folder: str = ".") -> None:
    Path(folder, "pyproject.toml").write_text(f"[project]\nname = 'x'\n[tool.pm-migrate]\n{text}\n")


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch, folder: Path) -> list[tuple[str, dict[str, object]]]:
    """What the engine was asked for, file by file."""
    import pm_migrate.codemod

    asked: list[tuple[str, dict[str, object]]] = []
    engine = pm_migrate.codemod.migrate_source

    def spy(text: str, **options: object) -> object:
        asked.append((str(options.pop("path")), options))
        return engine(text)

    monkeypatch.setattr(pm_migrate.codemod, "migrate_source", spy)
    return asked


def test_a_project_sets_the_options(program: Path, run: Run, options: list) -> None:
    configure("select = ['PM1', 'PM2']\nignore = ['pm202']\nnames = 'scoped'\nruntime = 'upstream'")
    assert run("--check", "model.py").exit_code == 1
    assert options[0] == (
        "model.py",
        {
            "names": "scoped",
            "runtime": "upstream",
            "safe_only": False,
            "select": ("PM101", "PM201", "PM202"),
            "ignore": ("PM202",),
        },
    )
    options.clear()
    run("--check", "model.py", "--select", "PM3", "--ignore", "PM101", "--names", "flat", "--runtime", "shims")
    asked = options[0][1]
    assert (asked["select"], asked["ignore"], asked["names"], asked["runtime"]) == (
        ("PM301",),
        ("PM101",),
        "flat",
        "shims",
    ), "the command line comes first"


def test_files_ignore_more_and_are_left_out(folder: Path, run: Run, options: list) -> None:
    configure(
        "ignore = ['PM301']\nexclude = ['old/', '*_legacy.py']\n"
        "[tool.pm-migrate.per-file-ignores]\n'books/*.py' = ['PM202']\n'*.py' = ['PM101']"
    )
    for name in ("a.py", "b_legacy.py", "books/c.py", "old/d.py", "books/old/e.py"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(PROGRAM)
    run("--check", ".")
    assert {name: asked["ignore"] for name, asked in options} == {
        "a.py": ("PM101", "PM301"),
        "books/c.py": ("PM101", "PM202", "PM301"),
    }
    assert "0 files" in run("--check", "b_legacy.py").stdout, "also where it is named, as pre-commit names it"


def test_the_nearest_table_counts(folder: Path, run: Run, options: list) -> None:
    Path(".git").mkdir()
    configure("ignore = ['PM101']")
    Path("sub/deep").mkdir(parents=True)
    Path("sub/deep/a.py").write_text(PROGRAM)
    Path("sub/pyproject.toml").write_text("[project]\nname = 'without a table of pm-migrate'\n")
    run("--check", "sub/deep/a.py")
    assert options[-1][1]["ignore"] == ("PM101",)
    configure("ignore = ['PM202']", "sub")
    run("--check", "sub/deep")
    assert options[-1][1]["ignore"] == ("PM202",)
    Path("sub/deep/.git").mkdir()
    run("--check", "sub/deep")
    assert options[-1][1]["ignore"] == (), "what is above a repository is not about it"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("selct = []", "tool.pm-migrate has no key 'selct'; did you mean select?"),
        ("jobs = 3", "has no key 'jobs'; there are select, ignore, per-file-ignores, exclude, names, runtime"),
        ("select = 'PM1'", "select is 'PM1'; it has to be a list of texts"),
        ("ignore = ['PM9999']", "ignore: no code 'PM9999'"),
        ("names = 'short'", "names is 'short'; it has to be one of flat, scoped"),
        ("runtime = 4", "runtime is 4; it has to be one of shims, upstream"),
        ("per-file-ignores = ['a']", "it has to map patterns to lists of codes"),
        ("per-file-ignores = {'a.py' = ['X']}", "per-file-ignores of 'a.py': no code 'X'"),
        ("exclude = [1]", "exclude is [1]; it has to be a list of texts"),
        ("a = ", "not TOML"),
    ],
)
def test_what_a_table_cannot_be(program: Path, run: Run, text: str, message: str) -> None:
    configure(text)
    result = run("model.py")
    assert result.exit_code == 2 and program.read_text() == PROGRAM
    assert "pyproject.toml" in result.stderr and message in result.stderr


def test_a_table_that_is_none(program: Path, run: Run) -> None:
    Path("pyproject.toml").write_text("[tool]\npm-migrate = 1\n")
    assert "tool.pm-migrate is 1; it has to be a table" in run("model.py").stderr


def test_statistics(folder: Path, run: Run) -> None:
    Path("a.py").write_text(PROGRAM + "todo(1)\ntodo(2)\n")
    Path("b.py").write_text(PROGRAM + "review(1)\n")
    table = ["code     safe  review  manual  what", "PM101       2       0       0  Title of PM101"]
    table += ["PM201       0       1       0  Title of PM201", "PM301       0       0       2  Title of PM301"]
    assert run("--check", "--statistics", ".").stdout.split("\n")[-6:-2] == table
    assert run("--check", "--statistics", "--quiet", ".").stdout.split("\n") == [*table, ""]
    counted = json.loads(run("--check", "--format", "json", ".").stdout)["statistics"]
    assert counted["PM301"] == {"safe": 0, "review": 0, "manual": 2}
    assert "code" not in run("--check", ".").stdout


def test_hooks_name_a_command_that_does_what_they_say(program: Path, run: Run) -> None:
    """The hooks file is read as pre-commit reads it: a list of hooks with these keys, all of one line here."""
    text = (ROOT / ".pre-commit-hooks.yaml").read_text()
    hooks = [
        dict(re.findall(r"^[- ] (\w+): (.*)$", hook, re.MULTILINE)) for hook in re.split(r"^(?=- )", text, flags=re.M)
    ]
    hooks = [hook for hook in hooks if hook]
    assert [hook["id"] for hook in hooks] == ["pm-migrate", "pm-migrate-check"]
    for hook in hooks:
        assert set(hook) >= {"id", "name", "entry", "language", "files"} and hook["language"] == "python"
        for name, ours in (("a.py", True), ("b/c.ipynb", True), ("d.Rmd", True), ("e.qmd", True), ("f.pyc", False)):
            assert bool(re.search(hook["files"], name)) is ours
        command, *arguments = hook["entry"].split()
        assert command == "pm-migrate" and hook["require_serial"] == "true"
        before = program.read_text()
        result = run(*arguments, "model.py", "gone.md")
        assert result.exit_code == 2
        program.write_text(before)
        assert run(*arguments, "model.py").exit_code == (1 if "--check" in arguments else 0)
        assert program.read_text() == (PROGRAM if "--check" in arguments else REWRITTEN)
        program.write_text(PROGRAM)


WITH_TODO = """\
import pymc3 as pm

with pm.Model() as model:
    y = pm.Normal('y', 0, 1)
    # a walk
    x = pm.Flying('x', 1)
"""


def test_our_comments_come_once_and_go_with_their_reason() -> None:
    first = migrate_source(WITH_TODO).code
    assert first.count("TODO(pm-migrate") == 1
    again = migrate_source(first)
    assert again.code == first and not again.changed
    (finding,) = [f for f in again.findings if f.confidence.value == "manual"]
    assert first.splitlines()[finding.line - 1].strip().startswith("x = pm.Flying"), "lines are those of the file"
    done = migrate_source(first.replace("pm.Flying('x', 1)", "pm.Normal('x', 0, 1)")).code
    assert "TODO" not in done and "    # a walk\n    x = yield pm.Normal('x', 0, 1)\n" in done
    by_hand = first.replace("import pymc3 as pm", "import pm_migrate.pymc4 as pm")
    assert "TODO" not in migrate_source(by_hand).code, "in a program that has no PyMC3 any more"


def test_a_comment_that_asks_for_silence_takes_ours_away() -> None:
    first = migrate_source(WITH_TODO).code
    code = re.search(r"TODO\(pm-migrate (PM\d+)\)", first).group(1)  # type: ignore[union-attr]
    silent = migrate_source(first.replace("'x', 1)", f"'x', 1)  # pm-migrate: ignore[{code}]"))
    assert "TODO" not in silent.code and silent.references.todo
    other = migrate_source(first.replace("'x', 1)", "'x', 1)  # pm-migrate: ignore[PM000]"))
    assert "TODO" in other.code


def test_words_of_people_stay() -> None:
    first = migrate_source(WITH_TODO).code
    code = re.search(r"TODO\(pm-migrate (PM\d+)\)", first).group(1)  # type: ignore[union-attr]
    edited = re.sub(r"(# TODO\(pm-migrate \w+\): ).*", r"\1Anna looks into this", first)
    assert not migrate_source(edited).changed, "a comment that somebody reworded"
    plain = first.replace("# a walk", "# TODO: a walk; TODO(pm-migrate PM211): not a comment of ours")
    assert migrate_source(plain).code == plain
    assert migrate_source(first, ignore={code}).code == first, "a rule that does not take part says nothing about it"
    text = f'x = """\n# TODO(pm-migrate {code}): in a text\n"""\n'
    assert lift(text, lambda _: True).text == text


def test_our_comments_in_notebooks(folder: Path, run: Run) -> None:
    """Without the stand-in for the engine: through the whole command, in processes of its own."""
    cells = [
        "import pymc3 as pm",
        "%%time\nwith pm.Model() as model:\n    y = pm.Normal('y', 0, 1)\n    x = pm.Flying('x', 1)",
    ]
    made = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": cell} for cell in cells]
    Path("a.ipynb").write_text(json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    command = [sys.executable, "-m", "pm_migrate", "a.ipynb"]
    assert subprocess.run(command, capture_output=True).returncode == 1
    once = Path("a.ipynb").read_text()
    assert once.count("TODO(pm-migrate") == 1
    assert subprocess.run(command, capture_output=True).returncode == 1
    assert Path("a.ipynb").read_text() == once
    Path("a.ipynb").write_text(once.replace("pm.Flying('x', 1)", "pm.Normal('x', 0, 1)"))
    assert subprocess.run(command, capture_output=True).returncode == 0
    source = "".join(json.loads(Path("a.ipynb").read_text())["cells"][1]["source"])
    assert source.startswith("%%time\n@pm.model(name=None)\n") and "TODO" not in source


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one processor: nothing runs in parallel")
def test_several_processes_do_what_one_does(folder: Path) -> None:
    for name in ("one", "many"):
        Path(name).mkdir()
        for number in range(24):
            Path(name, f"m{number}.py").write_text(PROGRAM.replace("'x'", f"'x{number}'"))
        os.symlink("..", Path(name, "round"))
    for name, jobs in (("one", ["--jobs", "1"]), ("many", [])):
        done = subprocess.run([sys.executable, "-m", "pm_migrate", name, *jobs], capture_output=True, text=True)
        assert done.returncode == 0 and "24 files: 24 rewritten" in done.stdout, done.stderr
    assert [p.read_text() for p in sorted(Path("one").glob("*.py"))] == [
        p.read_text() for p in sorted(Path("many").glob("*.py"))
    ]

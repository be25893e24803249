"""``pm-migrate PATH...``: modes, exit codes, what is written where."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from .conftest import PROGRAM, REWRITTEN, Run, everything_in


def test_a_file_is_rewritten_in_place(program: Path, run: Run) -> None:
    result = run(program.name)
    assert result.exit_code == 0
    assert program.read_text() == REWRITTEN
    assert "1 file: 1 rewritten, 0 unchanged. 1 model; 1 of 1 references to PyMC3 and Theano migrated." in result.stdout
    assert "undo with: pm-migrate undo\n" in result.stderr


def test_a_folder_is_searched(folder: Path, run: Run) -> None:
    for name in ("a.py", "deep/er/b.py", "c.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(PROGRAM)
    assert run(".").exit_code == 0
    after = {name: data.decode() for name, data in everything_in(folder).items()}
    assert after == {"a.py": REWRITTEN, "c.txt": PROGRAM, "deep/er/b.py": REWRITTEN}


@pytest.mark.parametrize("text", ["", "\n\n", "x = 1\n", "pymc3 = 1\n"])
def test_nothing_to_migrate(folder: Path, run: Run, text: str) -> None:
    Path("a.py").write_text(text)
    result = run("a.py")
    assert result.exit_code == 0
    assert "1 file: 0 rewritten, 1 unchanged. No references to PyMC3 or Theano." in result.stdout
    assert Path("a.py").read_text() == text
    assert not Path(".pm-migrate").exists()


def test_a_second_run_changes_nothing(program: Path, run: Run) -> None:
    run(program)
    once = program.stat().st_mtime_ns
    result = run(program)
    assert result.exit_code == 0 and "0 rewritten" in result.stdout
    assert program.stat().st_mtime_ns == once


@pytest.mark.parametrize("mode", ["--diff", "--check"])
def test_diff_and_check_write_nothing(program: Path, run: Run, mode: str) -> None:
    before = everything_in(program.parent)
    run(mode, program)
    assert everything_in(program.parent) == before
    assert not Path(".pm-migrate").exists()


def test_diff_is_a_patch(program: Path, run: Run) -> None:
    result = run("--diff", program.name)
    assert result.exit_code == 0
    first, last = PROGRAM.split("\n", 1)[0], REWRITTEN.split("\n", 1)[0]
    assert result.stdout.startswith(f"--- model.py\n+++ model.py\n@@ -1,4 +1,4 @@\n-{first}\n+{last}\n \n with")
    assert "1 file: 1 would be rewritten" in result.stderr


def test_diff_of_a_file_without_final_newline(program: Path, run: Run) -> None:
    program.write_text("import pymc3 as pm")
    assert run("--diff", "model.py").stdout == (
        "--- model.py\n+++ model.py\n@@ -1 +1 @@\n-import pymc3 as pm\n\\ No newline at end of file\n"
        "+from pm_migrate import pymc4 as pm\n\\ No newline at end of file\n"
    )


def test_diff_with_json_is_json(program: Path, run: Run) -> None:
    report = json.loads(run("--diff", "--format", "json", "model.py").stdout)
    assert report["files"][0]["diff"].startswith("--- model.py\n+++ model.py\n")


def test_check_tells_by_the_exit_code(program: Path, run: Run) -> None:
    assert run("--check", program).exit_code == 1
    program.write_text(REWRITTEN)
    assert run("--check", program).exit_code == 0


@pytest.mark.parametrize("left", ["todo(x)  # pymc3", "hm(x)  # theano"])
def test_exit_code_1_while_something_is_left_to_do(program: Path, run: Run, left: str) -> None:
    program.write_text(PROGRAM + left + "\n")
    result = run(program)
    assert result.exit_code == 1
    assert program.read_text() == REWRITTEN + left + "\n"
    assert "1 to do, 0 not understood" in result.stdout or "0 to do, 1 not understood" in result.stdout
    assert run(program).exit_code == 1, "unchanged, but still not clean"


def test_an_edit_to_review_is_listed_and_is_no_failure(program: Path, run: Run) -> None:
    program.write_text(PROGRAM + "  \nreview(x)\n")
    result = run("model.py")
    assert result.exit_code == 0
    assert "model.py:6:1: PM201 review: about 'review('" in result.stdout


def test_standard_input_goes_to_standard_output(folder: Path, run: Run) -> None:
    result = run("-", input=PROGRAM)
    assert (result.exit_code, result.stdout) == (0, REWRITTEN)
    assert "1 rewritten" in result.stderr
    assert everything_in(folder) == {}


def test_standard_input_that_needs_nothing_is_passed_through(folder: Path, run: Run) -> None:
    assert run("-", input=b"x = '\xc3\xa9'\r\n").stdout_bytes == b"x = '\xc3\xa9'\r\n"


def test_standard_input_that_cannot_be_done_gives_nothing(folder: Path, run: Run) -> None:
    result = run("-", input="import pymc3 as pm\nwith (\n")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("-: error: not valid Python: line 2, column 6")


def test_standard_input_diff_and_check(folder: Path, run: Run) -> None:
    assert run("--diff", "-", input=PROGRAM).stdout.startswith("--- -\n+++ -\n")
    result = run("--check", "-", "--format", "json", input=PROGRAM)
    assert result.exit_code == 1 and json.loads(result.stdout)["files"][0]["path"] == "-"


def test_standard_input_keeps_reports_off_standard_output(folder: Path, run: Run) -> None:
    result = run("-", "--format", "json", input=PROGRAM)
    assert result.stdout == REWRITTEN
    assert json.loads(result.stderr)["summary"]["changed"] == 1


def test_out_writes_results_and_leaves_inputs(folder: Path, run: Run) -> None:
    (folder / "src/deep").mkdir(parents=True)
    (folder / "src/a.py").write_text(PROGRAM)
    (folder / "src/deep/b.py").write_text("x = 1\n")
    (folder / "src/a.py").chmod(0o755)
    before = everything_in(folder / "src")
    assert run("src", "--out", "new").exit_code == 0
    assert everything_in(folder / "src") == before
    assert everything_in(folder / "new") == {"a.py": REWRITTEN.encode(), "deep/b.py": b"x = 1\n"}
    assert stat.S_IMODE((folder / "new/a.py").stat().st_mode) == 0o755
    assert not (folder / ".pm-migrate").exists()


def test_out_with_several_inputs_keeps_them_apart(folder: Path, run: Run) -> None:
    for name in ("x/a.py", "y/a.py"):
        (folder / name).parent.mkdir()
        (folder / name).write_text(PROGRAM)
    assert run("x", "y/a.py", "--out", "new").exit_code == 0
    assert set(everything_in(folder / "new")) == {"x/a.py", "y/a.py"}


def test_out_inside_the_input_is_not_an_input(program: Path, run: Run) -> None:
    run(".", "--out", "new")
    assert run(".", "--out", "new").exit_code == 0
    assert set(everything_in(program.parent)) == {"model.py", "new/model.py"}


def test_out_refuses_to_overwrite_inputs(program: Path, run: Run) -> None:
    result = run("model.py", "--out", ".")
    assert result.exit_code == 2
    assert "would overwrite the input" in result.stderr
    assert program.read_text() == PROGRAM


def test_out_that_cannot_be_made(program: Path, run: Run) -> None:
    Path("taken").write_text("")
    result = run("model.py", "--out", "taken")
    assert result.exit_code == 2
    assert "could not be written" in result.stderr


def test_output_takes_the_report(program: Path, run: Run) -> None:
    result = run("model.py", "--format", "json", "--output", "report.json")
    assert result.stdout == ""
    assert json.loads(Path("report.json").read_text())["summary"]["changed"] == 1


@pytest.mark.parametrize("place", ["missing/report.txt", "."])
def test_an_impossible_report_is_refused_before_anything_is_written(program: Path, run: Run, place: str) -> None:
    assert run("model.py", "--output", place).exit_code == 2
    assert program.read_text() == PROGRAM


def test_quiet(program: Path, run: Run) -> None:
    result = run("--quiet", "model.py")
    assert (result.exit_code, result.output) == (0, "")
    assert program.read_text() == REWRITTEN
    program.write_text(PROGRAM)
    assert run("--quiet", "--diff", "model.py").stdout.startswith("---")
    assert "no such file" in run("--quiet", "gone.py").stderr


def test_options_reach_the_engine(program: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import pm_migrate.codemod

    seen = {}
    engine = pm_migrate.codemod.migrate_source

    def spy(text: str, **options: object) -> object:
        seen.update(options)
        return engine(text, **options)

    monkeypatch.setattr(pm_migrate.codemod, "migrate_source", spy)
    run("model.py", "--names", "scoped", "--runtime", "upstream", "--safe-only", "--select", "pm2", "--ignore", "PM202")
    assert seen == {
        "path": "model.py",
        "names": "scoped",
        "runtime": "upstream",
        "safe_only": True,
        "select": ("PM201", "PM202"),
        "ignore": ("PM202",),
    }


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "Missing argument 'PATH...'"),
        (["--diff", "--check", "model.py"], "--diff and --check exclude each other"),
        (["--diff", "--out", "x", "model.py"], "--diff and --out exclude each other"),
        (["-", "model.py"], "cannot be combined"),
        (["-", "--out", "x"], "standard output"),
        (["--format", "xml", "model.py"], "'xml' is not one of"),
        (["--select", "PM2O1", "model.py"], "no code 'PM2O1'; close to it: PM201"),
        (["--jobs", "0", "model.py"], "0"),
        (["--nonsense", "model.py"], "No such option"),
    ],
)
def test_bad_arguments(program: Path, run: Run, arguments: list[str], complaint: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert complaint in result.stderr
    assert program.read_text() == PROGRAM


def test_permissions_survive(program: Path, run: Run) -> None:
    program.chmod(0o751)
    run(program)
    assert stat.S_IMODE(program.stat().st_mode) == 0o751


def test_a_symbolic_link_stays_one(program: Path, run: Run) -> None:
    os.symlink("model.py", "link.py")
    assert run("link.py").exit_code == 0
    assert os.readlink("link.py") == "model.py"
    assert program.read_text() == REWRITTEN


def test_the_same_file_is_done_once(program: Path, run: Run) -> None:
    os.symlink("model.py", "link.py")
    result = run("model.py", "./model.py", program, "link.py", ".")
    assert "1 file: 1 rewritten" in result.stdout


def test_hard_links_are_noted(program: Path, run: Run) -> None:
    os.link("model.py", "twin.txt")
    result = run("model.py")
    assert "1 more hard link(s), which keep the old text" in result.stderr
    assert Path("twin.txt").read_text() == PROGRAM


def test_a_path_named_like_a_command(folder: Path, run: Run) -> None:
    Path("verify").mkdir()
    Path("verify/a.py").write_text(PROGRAM)
    assert run("./verify").exit_code == 0
    assert Path("verify/a.py").read_text() == REWRITTEN


def test_jobs_change_nothing(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The processes of a pool start anew, without the stand-in: what they need none for must come out the same."""
    for number in range(6):
        Path(f"m{number}.py").write_text(f"import pymc3 as pm\nwith ({'' if number % 2 else ')'}\n")
    one, three = (run(".", "--check", "--format", "json", "--jobs", jobs) for jobs in (1, 3))
    assert one.stdout == three.stdout and one.exit_code == three.exit_code == 2
    assert [file["path"] for file in json.loads(one.stdout)["files"]] == [f"m{number}.py" for number in range(6)]


def test_a_process_that_dies_costs_one_file(folder: Path) -> None:
    from pm_migrate.codemod import driver

    bad = "import pymc3\n)"
    tasks = [driver.Task("a.py", bad.encode(), False), _Killer(), driver.Task("c.py", bad.encode(), False)]
    outcomes = list(driver.process_all(tasks, jobs=2))
    assert [outcome.path for outcome in outcomes] == ["a.py", "b.py", "c.py"]
    assert "not valid Python" in outcomes[0].error and "not valid Python" in outcomes[2].error
    assert outcomes[1].error == "the process that rewrote this file died"


class _Killer:
    """A task that ends the process that unpickles it."""

    path, notebook, needs_work = "b.py", False, True

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (9,)

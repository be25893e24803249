"""``pm-migrate verify`` of files that import each other, with the real engine."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pm_migrate.commands.overlay import Overlay
from pm_migrate.commands.verify_summary import counts, exit_code, lines, settle_modules
from pm_migrate.commands.verify_targets import Program, find_targets

from .conftest import Run

COMMON = "import numpy as np\nimport pymc3 as pm\n\nDATA = np.array([1.2, 0.7, 2.1])\n"
HELPERS = "from .common import pm\n\n\ndef prior(name, sd):\n    return pm.HalfNormal(name, sd=sd)\n"
MAIN = """from .common import DATA, pm
from .helpers import prior

with pm.Model() as model:
    mu = pm.Normal("mu", 0, sd=2)
    pm.Normal("y", mu, prior("sigma", 5), observed=DATA)
    trace = pm.sample(100)
"""
FILES = {"__init__": "", "common": COMMON, "helpers": HELPERS, "main": MAIN}
#: The second makes a model of the first, and does not mention PyMC3.
MODELS = """import pymc3 as pm


def build(n):
    with pm.Model() as m:
        pm.Normal("x", 0, 1, shape=n)
    return m
"""
USER = "from .models import build\n\nmodel = build(3)\n"


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package in a repository."""
    monkeypatch.chdir(tmp_path)
    Path("study").mkdir()
    for name, text in FILES.items():
        Path(f"study/{name}.py").write_text(text)
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "before"]):
        git(*words)
    return tmp_path.resolve()


def git(*words: str) -> None:
    subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@x", *words], check=True, capture_output=True)


def seen(
    study: Path, arguments: list[str], against: str | None = None
) -> Iterator[tuple[Program, list[str], list[str]]]:
    """Each program, with the contents of the package's files where its original runs and where its rewrite does."""
    targets = find_targets(arguments, against=against)
    assert not targets.failed
    with Overlay(targets.before) as before, Overlay(targets.after) as after:

        def texts(view: Overlay, files: dict[str, bytes], path: str) -> list[str]:
            folder = (view.path(path) if path in files else Path(path)).parent
            return [(folder / f"{name}.py").read_text() for name in FILES]

        for program in targets.programs:
            assert program.rewritten is not None
            yield (
                program,
                texts(before, targets.before, program.original),
                texts(after, targets.after, program.rewritten),
            )


@pytest.mark.parametrize("arguments", [["."], ["study"], ["study/common.py", "study/helpers.py", "study/main.py"]])
def test_files_are_rewritten_as_one_run_does(study: Path, run: Run, arguments: list[str]) -> None:
    found = list(seen(study, arguments))
    assert [Path(program.path).stem for program, _, _ in found] == ["common", "helpers", "main"]
    assert Path("study/main.py").read_text() == MAIN, "nothing is written"
    assert run(*arguments).exit_code == 0
    written = [Path(f"study/{name}.py").read_text() for name in FILES]
    assert "yield from prior" in written[-1]
    for _, before, after in found:
        assert (before, after) == (list(FILES.values()), written)
    files = {name: str(study / f"study/{name}.py") for name in FILES}
    assert [program.imports for program, _, _ in found] == [
        frozenset(),
        {files["common"]},
        {files["common"], files["helpers"]},
    ]


@pytest.mark.parametrize("against", [None, "journal", "HEAD"])
@pytest.mark.parametrize("arguments", [["study"], ["study/main.py"]])
def test_originals_have_their_neighbours(study: Path, run: Run, against: str | None, arguments: list[str]) -> None:
    """One that never mentioned PyMC3 is an original, too; the data file of today is beside it."""
    assert run("study").exit_code == 0
    written = [Path(f"study/{name}.py").read_text() for name in FILES]
    if against == "journal":
        git("commit", "-qam", "after")
    elif against == "HEAD":
        Path(".pm-migrate").rename("gone")
    found = list(seen(study, arguments, against))
    wanted = ["common", "helpers", "main"] if arguments == ["study"] else ["main"]
    assert [Path(program.path).stem for program, _, _ in found] == wanted
    for _, before, after in found:
        assert (before, after) == (list(FILES.values()), written)


@pytest.mark.parametrize("against", [None, "journal", "HEAD"])
def test_files_that_were_rewritten_without_an_import_are_originals_too(
    study: Path, run: Run, against: str | None
) -> None:
    """They only call functions of others, which are generators now."""
    calls = "from .helpers import prior\n\n\ndef two(name):\n    return prior(name, 5) + prior(name + '_', 5)\n"
    Path("study/calls.py").write_text(calls)
    Path("study/main.py").write_text(MAIN.replace("helpers import prior", "calls import two").replace("prior(", "two("))
    Path("study/main.py").write_text(Path("study/main.py").read_text().replace('("sigma", 5)', '("sigma")'))
    git("add", "-A")
    git("commit", "-qm", "calls")
    assert run("study").exit_code == 0
    written = Path("study/calls.py").read_text()
    assert "yield from prior(name, 5)" in written and "pm_migrate" not in written
    if against == "HEAD":
        Path(".pm-migrate").rename("gone")
    targets = find_targets(["study"], against=against)
    with Overlay(targets.before) as before:
        (main,) = [program for program in targets.programs if Path(program.path).stem == "main"]
        folder = before.path(main.original).parent
        assert (folder / "calls.py").read_text() == calls and "def prior" in (folder / "helpers.py").read_text()


def test_a_file_that_stays_runs_among_rewritten_ones(study: Path) -> None:
    Path("study/main.py").write_text(MAIN + "\nDATA2 = DATA\n")
    Path("study/report.py").write_text("import pymc3 as pm\nfrom . import main\n\nprint(pm.__version__, main.model)\n")
    programs = {Path(program.path).stem: (program, after) for program, _, after in seen(study, ["."])}
    assert "report" in programs


def test_files_that_only_speak_of_pymc3_are_no_programs(study: Path) -> None:
    Path("study/notes.py").write_text('"""How we left pymc3."""\n')
    assert "study/notes.py" not in {program.path for program in find_targets(["."]).programs}


def test_who_imports_a_module_is_there_in_case_that_nothing_else_proves_it(study: Path) -> None:
    Path("study/models.py").write_text(MODELS)
    Path("study/user.py").write_text(USER)
    Path("study/idle.py").write_text("x = 1\n")
    programs = {Path(program.path).stem: program for program in find_targets(["."]).programs}
    assert {name for name, program in programs.items() if not program.own} == {"user"}
    assert programs["models"].source in programs["user"].imports


# --- what came out, taken together ------------------------------------------------------------------------------------


def model(verdict: str, *, road: str = "drop-in", name: str = "m") -> dict[str, Any]:
    ok = verdict == "equal"
    return {"model": name, "road": road, "verdict": verdict, "ok": ok, "detail": "" if ok else "why", "notes": []}


def result(path: str, *models: dict[str, Any]) -> dict[str, Any]:
    ok = all(each["ok"] for each in models)
    return {"path": path, "ok": ok, "report": {"ok": ok, "models": list(models), "notes": []}}


def module(path: str) -> dict[str, Any]:
    return result(path, model("no model", road="original", name="-"))


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ([], 0),
        ([result("a", model("equal"))], 0),
        ([result("a", model("equal"), model("different"))], 1),
        ([result("a", model("variables differ"))], 1),
        ([result("a", model("not paired"))], 1),
        ([result("a", model("error"))], 2),
        ([result("a", model("different"), model("error"))], 2),
        ([module("a")], 2),
        ([{"path": "a", "ok": False, "error": "it is gone"}, result("b", model("different"))], 2),
        ([{"path": "a", "ok": False, "report": {"models": [], "notes": []}}], 1),
    ],
)
def test_exit_codes(results: list[dict[str, Any]], code: int) -> None:
    assert exit_code(results) == code


def test_the_summary_counts_programs_and_models_and_says_why() -> None:
    results = [
        result("a.py", model("equal"), model("equal", road="rewrite"), model("equal", name="n")),
        result("b.py", model("equal"), model("different", road="rewrite"), model("error", name="n")),
        result("c.py", model("error", road="original", name="-")),
        {"path": "d.py", "ok": False, "error": "not valid Python\nline 3"},
    ]
    assert counts(results) == {
        "programs": {"equal": 1, "different": 1, "not verified": 2},
        "models": {"equal": 2, "different": 1, "not verified": 1},
    }
    assert lines(results) == [
        "4 programs: 1 equal, 1 different, 2 not verified; 4 models: 2 equal, 1 different, 1 not verified",
        "different: b.py: m (rewrite), n (drop-in): why",
        "not verified: c.py: why",
        "not verified: d.py: not valid Python line 3",
    ]


def test_a_module_is_proved_by_a_program_that_imports_it_and_is_equal() -> None:
    programs = [Program("c.py", "/c.py", None), Program("a.py", "/a.py", None, imports=frozenset({"/c.py"}))]
    results = [module("c.py"), result("a.py", model("different"))]
    assert settle_modules(programs, results) == programs[:1] and exit_code(results) == 2
    results = [module("c.py"), result("a.py", model("equal"))]
    assert settle_modules(programs, results) == [] and exit_code(results) == 0
    assert results[0]["report"]["models"][0]["notes"] == ["it is a module, verified with a.py"]
    assert counts(results)["programs"] == {"equal": 1, "different": 0, "not verified": 0}
    assert "1 program: 1 equal; 1 model: 1 equal; 1 module of" in lines(results)[0]


# --- the real thing ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("against", [None, "journal", "HEAD"])
def test_a_package_is_proved(study: Path, run: Run, against: str | None, request: pytest.FixtureRequest) -> None:
    pytest.importorskip("tensorflow", reason="needs the runtime")
    if request.config.getoption("--profile") != "deep":
        pytest.skip("starts three workers; with --profile deep")
    Path("study/models.py").write_text(MODELS)
    Path("study/user.py").write_text(USER)
    if against:
        assert run("study/common.py", "study/helpers.py", "study/main.py").exit_code == 0
    where = ["--against", against] if against else []
    found = run("verify", *where, "--at", "test", "--format", "json", "--output", "proof.json", "study")
    report = json.loads(Path("proof.json").read_text())
    assert found.exit_code == 0, found.output
    roads = {(p["path"], m["road"], m["verdict"]) for p in report["programs"] for m in p["report"]["models"]}
    assert ("study/main.py", "rewrite", "equal") in roads
    assert {("study/common.py", "original", "no model"), ("study/helpers.py", "original", "no model")} <= roads
    if against is None:
        assert ("study/user.py", "drop-in", "equal") in roads

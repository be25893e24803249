"""The pytest plugin, in sessions of its own: with processes that are stand-ins, and once with the real ones."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pm_migrate.reference import provision

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parent.parent.parent
PLUGIN = ("-p", "pm_migrate.verify.pytest_plugin")

#: Stands in for the processes: a file with "different" in it is; what happens is a line of a file.
FAKE = """
import os
from pathlib import Path

from pm_migrate.commands import verify
from pm_migrate.errors import DeviceMissing, ProvisionError
from pm_migrate.verify import devices, tasks
from pm_migrate.verify.report import Comparison, Report, TermDisagreement, Verdict, to_json

LOG = Path(__file__).with_name("log.txt")


def log(*words):
    with LOG.open("a") as file:
        print(os.getpid(), *words, file=file)


def find_reference(python):
    if python == "missing":
        raise ProvisionError("there is no PyMC3")
    return python or "found"


def require_device(device):
    if device.startswith("GPU"):
        raise DeviceMissing(f"TensorFlow sees no {device}")


def proofs(paths, choices):
    log("compared", *paths, choices.roads, *choices.task.values())
    text = Path(paths[-1].partition("::")[0]).read_text()
    if "interrupt" in text:
        raise KeyboardInterrupt
    if "broken" in text:
        return [{"path": paths[0], "ok": False, "error": "it cannot be read"}]
    comparison = Comparison("radon", "rewrite", Verdict.EQUAL, 3, 21, logp_bits=2.0)
    if "different" in text:
        terms = (TermDisagreement("sigma", 0.25, 0.25),)
        detail = "the log density is off by +0.25"
        comparison = Comparison("radon", "rewrite", Verdict.DIFFERENT, 3, 21, detail=detail, terms=terms)
    report = Report(Path(paths[0]), None, (comparison,))
    return [{"path": paths[0], "ok": report.ok, "report": to_json(report)}]


verify.find_reference, verify.proofs, devices.require_device = find_reference, proofs, require_device
tasks.close_workers = lambda: log("closed")
"""


@pytest.fixture
def session(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with programs, in which pytest loads no plugin but ours."""
    from pm_migrate.commands import verify
    from pm_migrate.verify import devices, tasks

    for module, name in ((verify, "find_reference"), (verify, "proofs"), (devices, "require_device")):
        monkeypatch.setattr(module, name, getattr(module, name))  # put back what the stand-ins replace
    monkeypatch.setattr(tasks, "close_workers", tasks.close_workers)
    monkeypatch.delenv(devices.VARIABLE, raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    pytester.makeconftest(FAKE)
    for name in ("before", "after", "different", "interrupt", "broken"):
        (pytester.path / f"{name}.py").write_text(f"# {name}\n")
    return pytester


def logged(session: pytest.Pytester) -> list[str]:
    """What happened, without the number of the process."""
    path = session.path / "log.txt"
    return [line.partition(" ")[2] for line in path.read_text().splitlines()] if path.exists() else []


def test_marked_tests_compare_and_then_run(session: pytest.Pytester) -> None:
    session.makepyfile(
        """
        import pathlib, pytest

        @pytest.mark.pm_equivalence("before.py::build", "after.py::make", args=[85, "a"], points=7)
        def test_a():
            assert "compared" in pathlib.Path("log.txt").read_text()

        @pytest.mark.pm_equivalence("before.py")
        def test_body():
            assert False, "the body"

        def test_unmarked():
            pass
        """
    )
    result = session.runpytest_inprocess(*PLUGIN, "--strict-markers")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*the body"])
    assert logged(session) == [
        "compared before.py::build after.py::make rewrite [85, 'a'] 7 found None",
        "compared before.py both None 10 found None",
        "closed",
    ]


def test_a_marked_test_that_differs_shows_the_table_alone(session: pytest.Pytester) -> None:
    session.makepyfile(
        """
        import pytest

        @pytest.mark.pm_equivalence("before.py", "different.py")
        def test_a():
            print("the body ran")
        """
    )
    result = session.runpytest_inprocess(*PLUGIN, "-rA")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["the models are not equivalent", "*before.py*", "*radon*rewrite*different*"])
    result.stdout.fnmatch_lines(
        ["radon (rewrite): the log density is off by +0.25", "  sigma: off by +0.25 at every point"]
    )
    text = result.stdout.str()
    assert "the body ran" not in text and "pytest_plugin.py" not in text


def test_several_markers_are_all_held(session: pytest.Pytester) -> None:
    session.makepyfile(
        """
        import pytest

        @pytest.mark.pm_equivalence("before.py", "different.py")
        class TestAll:
            def test_one(self): ...

            @pytest.mark.pm_equivalence("before.py", "after.py")
            def test_two(self): ...

        @pytest.mark.parametrize("x", [
            pytest.param(1, marks=pytest.mark.pm_equivalence("before.py", "after.py")),
            pytest.param(2, marks=pytest.mark.pm_equivalence("before.py", "different.py")),
        ])
        def test_parameters(x): ...
        """
    )
    session.runpytest_inprocess(*PLUGIN).assert_outcomes(passed=1, failed=3)


def test_the_fixture_gives_the_report_or_raises_at_the_line(session: pytest.Pytester) -> None:
    session.makepyfile(
        """
        import pathlib, pytest

        def test_equal(pm_equivalence):
            report = pm_equivalence.assert_equivalent(pathlib.Path("before.py"), "after.py", roads="both", points=3)
            assert report["ok"] and report["report"]["models"][0]["logp_bits"] == 2.0

        def test_caught(pm_equivalence):
            with pytest.raises(AssertionError, match="not equivalent") as caught:
                pm_equivalence.assert_equivalent("before.py", "different.py", args={"n": 1})
            assert caught.value.proof["report"]["models"][0]["model"] == "radon"

        def test_different(pm_equivalence):
            pm_equivalence.assert_equivalent("before.py", "different.py")  # the line
        """
    )
    result = session.runpytest_inprocess(*PLUGIN)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(['>*assert_equivalent("before.py", "different.py")  # the line', "E*radon*different*"])
    assert "pytest_plugin.py" not in result.stdout.str().replace("verify.pytest_plugin.", "")
    assert "compared before.py after.py both None 3 found None" in logged(session)
    assert "compared before.py different.py rewrite {'n': 1} 10 found None" in logged(session)


def test_paths_are_those_beside_the_test_or_below_the_root(session: pytest.Pytester) -> None:
    folder = session.mkdir("nested")
    (folder / "before.py").write_text("# nested\n")
    (folder / "test_nested.py").write_text(
        "import pytest\n"
        "@pytest.mark.pm_equivalence('before.py', 'after.py')\ndef test_a(): ...\n"
        "@pytest.mark.pm_equivalence('gone.py::build')\ndef test_gone(): ...\n"
    )
    result = session.runpytest_inprocess(*PLUGIN)
    result.assert_outcomes(passed=1, failed=1)
    assert logged(session)[0] == f"compared {Path('nested/before.py')} after.py rewrite None 10 found None"
    result.stdout.fnmatch_lines([f"gone.py: no such file in {folder}, nor in {session.path}"])


@pytest.mark.parametrize("arguments", ["", "'before.py', point=3", "'before.py', 'after.py', 'more.py'"])
def test_markers_with_wrong_arguments_say_what_is_right(session: pytest.Pytester, arguments: str) -> None:
    session.makepyfile(f"import pytest\n@pytest.mark.pm_equivalence({arguments})\ndef test_a(): ...")
    result = session.runpytest_inprocess(*PLUGIN)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*the marker is pm_equivalence(before, after=None*"])


def test_what_could_not_be_compared_is_a_failure(session: pytest.Pytester) -> None:
    session.makepyfile(
        """
        import pytest

        @pytest.mark.pm_equivalence("before.py", "broken.py")
        def test_a(): ...

        def test_roads(pm_equivalence):
            pm_equivalence.assert_equivalent("before.py", roads="detour")
        """
    )
    result = session.runpytest_inprocess(*PLUGIN)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["before.py: it cannot be read", "*roads is 'detour'*"])


MARKED = "import pytest\n@pytest.mark.pm_equivalence('before.py')\ndef test_a(): ...\ndef test_b(pm_equivalence): ...\n"


def test_without_pymc3_it_is_an_error_unless_skipping_is_wanted(session: pytest.Pytester) -> None:
    session.makepyfile(MARKED)
    result = session.runpytest_inprocess(*PLUGIN, "--pm-reference-python", "missing")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["there is no PyMC3", "--pm-reference-python=PATH names an interpreter*"])
    result = session.runpytest_inprocess(*PLUGIN, "--pm-reference-python=missing", "--pm-missing-reference=skip")
    result.assert_outcomes(skipped=2)
    result.stdout.fnmatch_lines(["2 not compared with PyMC3: there is no PyMC3"])
    assert result.ret == 0 and not logged(session)


def test_without_the_device_it_is_skipped_and_said(session: pytest.Pytester) -> None:
    session.makepyfile(MARKED)
    result = session.runpytest_inprocess(*PLUGIN, "--pm-device", "gpu")
    result.assert_outcomes(skipped=2)
    result.stdout.fnmatch_lines(["2 not compared with PyMC3: TensorFlow sees no GPU:0"])


def test_the_real_search_for_pymc3_is_an_error_with_a_way_out(
    session: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.makeconftest("")
    session.makepyfile(MARKED)
    monkeypatch.delenv(provision.OVERRIDE, raising=False)
    monkeypatch.setenv("PM_MIGRATE_CACHE", str(session.path / "cache"))
    result = session.runpytest_inprocess(*PLUGIN)
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*pm-migrate reference install*"])
    result = session.runpytest_inprocess(*PLUGIN, "--pm-reference-python", "/nowhere/python")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*/nowhere/python*"])


def test_settings_of_the_configuration_file(session: pytest.Pytester) -> None:
    session.makeini("[pytest]\npm_points = 5\npm_reference_python = old\npm_device = cpu\n")
    session.makepyfile(MARKED)
    session.runpytest_inprocess(*PLUGIN).assert_outcomes(passed=2)
    assert logged(session)[0] == "compared before.py both None 5 old CPU:0"
    session.runpytest_inprocess(*PLUGIN, "--pm-points", "6").assert_outcomes(passed=2)
    assert "compared before.py both None 6 old CPU:0" in logged(session)


@pytest.mark.parametrize(
    ("option", "words"),
    [("points=0", "a whole number"), ("points=x", "a whole number"), ("missing-reference=pass", "one of error, skip"),
     ("device=tpu", "is no device")],
)  # fmt: skip
def test_options_that_cannot_be(session: pytest.Pytester, option: str, words: str) -> None:
    result = session.runpytest_inprocess(*PLUGIN, f"--pm-{option}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*--pm-{option.replace('=', ' ')}*{words}*"])


def test_processes_end_with_the_session_also_when_it_is_interrupted(session: pytest.Pytester) -> None:
    session.makepyfile("import pytest\n@pytest.mark.pm_equivalence('before.py', 'interrupt.py')\ndef test_a(): ...")
    result = session.runpytest_subprocess(*PLUGIN)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert logged(session) == ["compared before.py interrupt.py rewrite None 10 found None", "closed"]


def test_one_crew_for_each_worker_of_xdist(session: pytest.Pytester) -> None:
    session.makepyfile(
        """
        import pytest, time

        @pytest.mark.parametrize("x", range(6))
        @pytest.mark.pm_equivalence("before.py", "after.py")
        def test_a(x):
            time.sleep(0.1)
        """
    )
    result = session.runpytest_subprocess(*PLUGIN, "-p", "xdist", "-n", "2")
    result.assert_outcomes(passed=6)
    by_process: dict[str, list[str]] = {}
    for line in (session.path / "log.txt").read_text().splitlines():
        process, what = line.split()[:2]
        by_process.setdefault(process, []).append(what)
    assert len(by_process) == 2
    for events in by_process.values():
        assert events.count("closed") == 1 and events[-1] == "closed"
        assert set(events[:-1]) == {"compared"}


def test_a_session_without_comparisons_pays_nothing(session: pytest.Pytester) -> None:
    """The plugin is loaded wherever pm-migrate is installed: nothing is imported, made or printed."""
    script = "import sys, pytest, pm_migrate.verify.pytest_plugin; print(*sys.modules)"
    bare = "import sys, pytest; print(*sys.modules)"
    loaded, before = (
        set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())
        for code in (script, bare)
    )
    ours = {"pm_migrate", "pm_migrate.errors", "pm_migrate.verify", "pm_migrate.verify.pytest_plugin"}
    assert loaded - before == ours
    session.makepyfile("def test_a(): ...")
    result = session.runpytest_subprocess(*PLUGIN)
    result.assert_outcomes(passed=1)
    assert not logged(session)
    assert "pm-migrate" not in result.stdout.str() and "pm_" not in result.stdout.str()


def test_pytest_finds_it() -> None:
    if sys.version_info < (3, 11):
        pytest.skip("tomllib is in the standard library from Python 3.11")
    import tomllib

    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (target,) = table["project"]["entry-points"]["pytest11"].values()
    assert importlib.import_module(target).pytest_addoption


BEFORE = """
import numpy as np
import pymc3 as pm

def build(n):
    with pm.Model() as model:
        mu = pm.Normal("mu", 0.0, 10.0)
        sigma = pm.HalfNormal("sigma", 2.0)
        pm.Normal("y", mu, sigma, observed=np.arange(float(n)))
    return model
"""

AFTER = """
import numpy as np
import pm_migrate.pymc4 as pm

@pm.model(name=None)
def model(n):
    mu = yield pm.Normal("mu", loc=0.0, scale={scale})
    sigma = yield pm.HalfNormal("sigma", scale=2.0)
    yield pm.Normal("y", mu, scale=sigma, observed=np.arange(float(n)))

def build(n):
    return model(n)
"""


@pytest.fixture(scope="module")
def reference_python() -> str:
    """The PyMC3 interpreter, looked for before pytester gives the tests another home."""
    python = provision.find()
    if python is None:
        pytest.skip("no PyMC3 reference interpreter: run `pm-migrate reference install`")
    return str(python)


def test_real_models_in_real_processes(
    reference_python: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PM_TEST_FOLDER", str(pytester.path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (pytester.path / "before.py").write_text(BEFORE)
    for name, scale in (("after", 10.0), ("wrong", 11.0)):
        (pytester.path / f"{name}.py").write_text(AFTER.format(scale=scale))
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.pm_equivalence("before.py::build", "after.py::build", args=[4], at=["test", "near"])
        def test_marked(): ...

        def test_fixture(pm_equivalence):
            programs = "before.py::build", "after.py::build"
            proof = pm_equivalence.assert_equivalent(*programs, args={"n": 3}, points=2, at=["test"])
            (model,) = proof["report"]["models"]
            assert model["variables"] == 2 and model["logp_bits"] < 8 and model["road"] == "rewrite"

        @pytest.mark.pm_equivalence("before.py::build", "wrong.py::build", args=[4], at=["near"])
        def test_wrong(): ...
        """
    )
    result = pytester.runpytest_subprocess(*PLUGIN, "--pm-points", "3", f"--pm-reference-python={reference_python}")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        ["*before.py*", "*build()*rewrite*different*", "*  mu: off by*", "*PyMC3 has *, it has *"]
    )
    assert "sigma: off" not in result.stdout.str()
    assert not left_behind(pytester.path)


HANGS = """
import threading, time
import pymc3 as pm

open("begun", "w").close()
threading.Thread(target=time.sleep, args=(600.0,)).start()
time.sleep(600.0)
"""


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL], ids=["interrupted", "killed"])
def test_nothing_is_left_of_a_session_that_is_ended(
    ending: signal.Signals,
    reference_python: str,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    if request.config.getoption("--profile") != "deep":
        pytest.skip("starts PyMC3 again: with --profile deep")
    monkeypatch.setenv("PM_TEST_FOLDER", str(pytester.path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    (pytester.path / "before.py").write_text(HANGS)
    pytester.makepyfile("def test_a(pm_equivalence):\n    pm_equivalence.assert_equivalent('before.py')\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        *PLUGIN,
        "-p",
        "no:cacheprovider",
        f"--pm-reference-python={reference_python}",
    ]
    with subprocess.Popen(command, cwd=pytester.path, stdout=subprocess.PIPE, text=True) as process:
        until(lambda: (pytester.path / "begun").exists(), seconds=300.0)
        process.send_signal(ending)
        process.communicate(timeout=60.0)
    assert process.returncode == (pytest.ExitCode.INTERRUPTED if ending == signal.SIGINT else -signal.SIGKILL)
    until(lambda: not left_behind(pytester.path), seconds=30.0)  # a worker looks every two seconds for its parent


def until(condition: Callable[[], bool], *, seconds: float) -> None:
    """Wait for something that has to come true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.2)


def left_behind(folder: Path) -> list[str]:
    """Command lines of processes that were started with the folder in their environment, where the system tells."""
    lines = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"PM_TEST_FOLDER={folder}".encode() in (process / "environ").read_bytes() and process.name != str(
                os.getpid()
            ):
                lines.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return lines

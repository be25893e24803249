"""Programs that Hypothesis writes, on all roads; what campaigns found; seeded faults."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from equivalence_tests.fuzzing import campaign, found
from equivalence_tests.fuzzing.campaign import run_chunk
from equivalence_tests.fuzzing.draft import Written
from equivalence_tests.fuzzing.judge import Find, Outcome, Workers, ask_pymc3, judge
from equivalence_tests.fuzzing.known import KNOWN
from equivalence_tests.fuzzing.places import Watch, place
from equivalence_tests.fuzzing.programs import drawn
from equivalence_tests.fuzzing.seeded import FAULTS, ROOT
from pm_migrate.catalog import DISTRIBUTIONS
from pm_migrate.reference import provision

FOUND = list(found.every())
#: Programs of the default profile, and of ``--profile deep``.
QUICK, DEEP = 12, 500
#: The fault that the default profile plants; ``--profile deep`` plants all.
PLANTED = "generators: potentials are dropped"


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    if provision.find() is None:
        pytest.skip("no PyMC3 reference interpreter: run `pm-migrate reference install`")
    with Workers() as both:
        yield both


def test_programs_agree(workers: Workers, request: pytest.FixtureRequest) -> None:
    count = DEEP if request.config.getoption("--profile") == "deep" else QUICK
    tally = run_chunk(workers, 0, 2, set(), count, tries=30)
    shown = [f"{signature}\n{find['detail']}\n{find['program']}" for signature, find in tally.finds.items()]
    assert not shown, "\n\n".join(shown)
    assert tally.programs == count
    assert tally.discarded <= 0.05 * count, tally.why


def test_less_work_changes_no_number(workers: Workers) -> None:
    written = [drawn(f"5/{i}")[0] for i in range(3)]
    with Workers(180.0, plain=True) as plain:
        pairs = [(ask_pymc3(plain, w), ask_pymc3(workers, w)) for w in written]
    for theirs, ours in pairs:
        assert theirs["error"] is ours["error"] is None
        assert repr(theirs["models"]) == repr(ours["models"])
        for what in ("points", "terms", "gradient"):
            assert theirs[what].keys() == ours[what].keys()
            for name, values in ours[what].items():
                np.testing.assert_allclose(
                    values, theirs[what][name], rtol=1e-12, atol=1e-12, err_msg=f"{what} of {name}"
                )


@pytest.mark.parametrize("program", FOUND, ids=lambda program: program.name)
def test_what_was_found_is_settled(program: found.FoundProgram, workers: Workers) -> None:
    outcome = judge(workers, Written((program.source,), frozenset()))
    assert outcome.status != "discarded", outcome.why
    details = [find.detail for find in outcome.finds]
    if program.verdict == "ours":
        assert not details, "\n".join([program.settled, *details])
    elif program.where != "everywhere":
        assert {find.signature for find in outcome.finds} <= {program.signature}, details
    else:
        assert details or outcome.explained, f"{program.name} does not differ any more: its verdict is stale"


def test_a_find_is_shrunk_to_a_short_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def judged(workers: Any, written: Written) -> Outcome:
        wrong = "Potential(" in written.source and "Normal" in written.source
        return Outcome("find", (Find("rewrite", "crash", "no"),)) if wrong else Outcome("agree")

    monkeypatch.setattr(campaign, "judge", judged)
    tally = run_chunk(cast(Workers, None), 0, 0, set(), 60, tries=60)
    (found_,) = tally.finds.values()
    assert found_["times"] > 1 and found_["lines"] <= 3, found_["program"]
    assert "Potential(" in found_["program"] and "Normal" in found_["program"]
    tally.write(tmp_path / "tally.json")
    again = campaign.Tally.read(tmp_path / "tally.json")
    assert vars(again) == vars(tally)
    again.merge(tally)
    assert again.programs == 120 and next(iter(again.finds.values()))["times"] == 2 * found_["times"]


def test_programs_parse_and_differ() -> None:
    written = [drawn(f"3/{i}")[0] for i in range(300)]
    assert len({w.source for w in written}) == 300
    for each in written:
        ast.parse(each.source)
    features = frozenset().union(*(w.features for w in written))
    assert len(features) >= 90, sorted(features)


def test_found_programs_are_short() -> None:
    lengths = sorted(program.lines for program in FOUND)
    page = (ROOT / "docs" / "fuzzing.md").read_text(encoding="utf-8")
    assert not [program.name for program in FOUND if f"`{program.name}`" not in page]
    assert all(program.verdict in ("ours", "PyMC3's", "TFP's", "neither's") for program in FOUND)
    assert not lengths or lengths[len(lengths) // 2] <= 12


def test_known_differences_are_documented() -> None:
    page = (ROOT / "docs" / "known-differences.md").read_text(encoding="utf-8")
    assert not [difference.page for difference in KNOWN if difference.page not in page]


def test_seeded_faults_fit_the_code(request: pytest.FixtureRequest) -> None:
    stale = [fault.name for fault in FAULTS if fault.old not in fault.source]
    # a change elsewhere may leave a few behind; they are planted anew before the deep profile runs
    allowed = 0 if request.config.getoption("--profile") == "deep" else 3
    assert len(stale) <= allowed, f"plant them anew: {stale}"
    for fault in FAULTS:
        if fault.name not in stale:
            changed = fault.source.replace(fault.old, fault.new, 1)
            assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(fault.source)), fault.name


def test_fuzzer_notices_a_seeded_fault() -> None:
    if provision.find() is None:
        pytest.skip("no PyMC3 reference interpreter: run `pm-migrate reference install`")
    said = json.loads(faults("--quick", "potential", "--only", PLANTED).splitlines()[-1])
    assert said == {"nothing": "", PLANTED: said[PLANTED]} and said[PLANTED], said


def test_seeded_faults_are_noticed(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    if request.config.getoption("--profile") != "deep":
        pytest.skip("all faults take an hour; with --profile deep")
    faults("--output", str(tmp_path), "--tests", "--keep-page")
    tally = json.loads((tmp_path / "faults.json").read_text(encoding="utf-8"))
    unseen = [fault.name for fault in FAULTS if not any(tally[fault.name].values())]
    assert len(unseen) <= 0.05 * len(FAULTS), unseen


def test_a_fault_is_where_its_text_is() -> None:
    places = {fault.name: place(fault) for fault in FAULTS}
    assert places["log: no Jacobian"] == {("pm_migrate.shims.transforms.elementwise", 35)}
    assert places["Gamma: the rate is taken for a scale"] == {("row", "Gamma")}
    assert places["codemod: -= becomes +="] is None  # in a table of the module
    assert sum(where is None for where in places.values()) <= 10


def test_watch_notes_what_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "watched_module.py").write_text(
        "def f(x):\n    if x:\n        return [\n            x]\n    return 0\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("watched_module")
    watch = Watch({"watched_module": [3, 4, 5]})
    with watch.running():
        module.f(1)
    assert watch.modules() >= {("watched_module", 4)} and ("watched_module", 5) not in watch.modules()
    with watch.running():
        module.f(0)
        assert DISTRIBUTIONS["Beta"].name == "Beta"
    assert watch.modules() == {("watched_module", 5), ("row", "Beta")}


def faults(*arguments: str) -> str:
    """Run the tool in a process of its own: it forks before TensorFlow computes."""
    command = [sys.executable, "-m", "equivalence_tests.fuzzing.faults", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout

"""The engine as a whole: what it promises for every program."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.codemod.safety import check_rewrite
from pm_migrate.errors import SourceError
from pm_migrate.findings import Confidence

PROGRAM = textwrap.dedent(
    """\
    import numpy as np
    import pymc3 as pm

    with pm.Model() as good:
        a = pm.Normal('a', 0, 1)
        trace = pm.sample(10, tune=10, chains=1)

    with pm.Model() as bad:
        b = pm.BART('b', X, y)

    print(pm.summary(trace), pm.hpd(trace['a']))
    """
)
GOOD = PROGRAM.split("\nwith pm.Model() as bad")[0]


def test_programs_without_pymc3_cost_nothing():
    code = (
        "import sys\nfrom pm_migrate import migrate_source\n"
        "assert not migrate_source('import numpy\\n').changed\n"
        "assert not {'libcst', 'numpy', 'tensorflow'} & set(sys.modules), sorted(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_run_imports_neither_tensorflow_nor_numpy():
    code = (
        f"import sys\nfrom pm_migrate import migrate_source\nassert migrate_source({PROGRAM!r}).changed\n"
        "assert not {'tensorflow', 'numpy', 'arviz', 'theano', 'pymc3'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("text", "where"),
    [("import pymc3\nx = (\n", "line"), ("import pymc3\nx = = 1\n", "line 2, column 5"), ("\x00pymc3", "line")],
)
def test_what_does_not_parse(text, where):
    with pytest.raises(SourceError, match=where):
        migrate_source(text)


def test_what_is_nested_too_deeply():
    text = "import pymc3 as pm\nx = 1" + "+1" * 1500 + "\n"
    with pytest.raises(SourceError, match="nested too deeply"):
        migrate_source(text)


def test_references_add_up_and_findings_are_in_order():
    result = migrate_source(PROGRAM)
    assert result.references.total == 8
    assert (result.references.migrated, result.references.todo, result.references.unknown) == (5, 3, 0)
    places = [(f.line, f.column) for f in result.findings]
    assert places == sorted(places)
    assert result.models == 2
    lines = PROGRAM.splitlines()
    for f in result.findings:
        assert f.line <= f.end_line <= len(lines)


def test_second_run_reports_the_same_and_changes_nothing():
    first = migrate_source(PROGRAM)
    second = migrate_source(first.code)
    assert not second.changed and second.code == first.code
    manual = [f.code for f in first.findings if f.confidence is Confidence.MANUAL]
    assert [f.code for f in second.findings if f.confidence is Confidence.MANUAL] == manual == ["PM211"]
    assert second.references.todo == first.references.todo
    assert first.code.count("TODO(pm-migrate PM211)") == 1
    check_rewrite(PROGRAM, first.code, migrate_source)


def test_ignored_places_get_no_comment_and_stay_reported():
    line = "    b = pm.BART('b', X, y)"
    for comment, silent in (
        ("# pm-migrate: ignore[PM211]", True),
        ("# pm-migrate: ignore[PM999, PM211]", True),
        ("# pm-migrate: ignore", True),
        ("# pm-migrate: ignore[PM202]", False),
    ):
        result = migrate_source(PROGRAM.replace(line, f"{line}  {comment}"))
        assert ("TODO(pm-migrate" not in result.code) == silent
        assert "PM211" in {f.code for f in result.findings}


def test_safe_only_leaves_what_has_to_be_reviewed():
    text = GOOD + "print(pm.hpd(trace['a']))\n"
    assert "az.hdi(" in migrate_source(text).code
    kept = migrate_source(text, safe_only=True)
    assert "pm.hpd(" in kept.code and "TODO(pm-migrate PM304)" in kept.code
    assert Confidence.REVIEW not in {f.confidence for f in kept.findings}


@pytest.mark.parametrize("code", ["PM201", "PM202", "PM301"])
def test_rules_that_do_not_take_part_leave_their_models(code):
    result = migrate_source(GOOD, ignore={code})
    assert result.code == GOOD and result.references.migrated == 0
    assert code not in {f.code for f in result.findings}


def test_models_never_use_the_alias_of_an_import_that_stays():
    code = migrate_source(GOOD, ignore={"PM101"}).code
    assert "import pymc3 as pm\nimport pm_migrate.pymc4 as pm4\n" in code
    assert "yield pm4.Normal" in code and "= pm4.sample(" in code


def test_selected_rules():
    assert migrate_source(GOOD, select={"PM101"}).code == GOOD
    assert migrate_source("import theano\nx = 1\n", select={"pm102"}).code == "x = 1\n"
    assert migrate_source("import theano\nx = 1\n", select={"PM101"}).code == "import theano\nx = 1\n"


def test_line_endings_and_tabs_stay():
    text = GOOD.replace("    ", "\t")
    code = migrate_source(text).code
    assert "def build_good():\n\ta = yield" in code
    code = migrate_source(GOOD.replace("\n", "\r\n")).code
    assert "\r\n" in code and "\n" not in code.replace("\r\n", "")
    assert code.replace("\r\n", "\n") == migrate_source(GOOD).code


def test_untouched_code_is_untouched():
    odd = 'x = { "a" :1 ,\n   "b": [ 1,2 ] }   # odd\n\n\n\ndef  f( a,b ) :\n      return (a\n  +b)\n;'.rstrip(";")
    code = migrate_source(odd + GOOD).code
    assert code.startswith(odd)


def test_multi_line_strings_keep_their_lines():
    text = (
        "import pymc3 as pm\n\ndef f():\n    with pm.Model() as m:\n        a = pm.Normal('a', 0, 1)\n"
        '        trace = pm.sample()\n        text = """one\n    two\n            three"""\n    return text\n'
    )
    assert 'text = """one\n    two\n            three"""' in migrate_source(text).code


@pytest.mark.parametrize("text", ["pymc3", "'pymc3'\n", "# theano\n", "import pymc3_x\n", "\n", "x = 1 # pymc3"])
def test_mentions_are_no_references(text):
    result = migrate_source(text)
    assert not result.changed and result.code == text and result.references.total == 0


def test_the_same_program_twice_gives_the_same():
    assert migrate_source(PROGRAM) == migrate_source(PROGRAM)

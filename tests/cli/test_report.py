"""The report formats, from outcomes made by hand."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from pm_migrate.codemod.driver import Outcome
from pm_migrate.findings import Confidence, Finding, References
from pm_migrate.report import FORMATS, RunReport, render

pytestmark = pytest.mark.usefixtures("engine")

NASTY = "a <b>&\"' 100% :,\r\n::error::x"
BEFORE = "".join(f"line {number}\n" for number in range(30))
OUTCOMES = (
    Outcome(
        "src/a b.py",
        "changed",
        before=BEFORE,
        after=BEFORE.replace("line 20", "<script>alert(1)</script>"),
        data=b"x",
        findings=(
            Finding(3, 4, 3, 9, "PM101", Confidence.SAFE, "safe one"),
            Finding(5, 0, 7, 2, "PM201", Confidence.REVIEW, NASTY),
        ),
        models=2,
        references=References(5, 4, 1),
    ),
    Outcome("b.py", "unchanged"),
    Outcome(
        "n.ipynb",
        "unchanged",
        notebook=True,
        findings=(Finding(2, 1, 2, 3, "PM999", Confidence.MANUAL, "in a cell", cell=4),),
        references=References(1, 0, 0, 1),
    ),
    Outcome("bad,file:.py", "error", error="not valid Python: line 1\n100%"),
)
RUN = RunReport(OUTCOMES, "1.2.3")


def test_json() -> None:
    report = json.loads(render(RUN, "json"))
    assert report["version"] == "1.2.3"
    assert report["summary"] == {
        "files": 4,
        "changed": 1,
        "models": 2,
        "references": {"total": 6, "migrated": 4, "todo": 1, "unknown": 1},
        "errors": 1,
    }
    assert [(file["path"], file["status"], file["models"]) for file in report["files"]] == [
        ("src/a b.py", "changed", 2),
        ("b.py", "unchanged", 0),
        ("n.ipynb", "unchanged", 0),
        ("bad,file:.py", "error", 0),
    ]
    assert report["files"][0]["findings"][1] == {
        "code": "PM201",
        "confidence": "review",
        "message": NASTY,
        "line": 5,
        "column": 0,
        "end_line": 7,
        "end_column": 2,
        "cell": None,
    }
    assert report["files"][2]["findings"][0]["cell"] == 4
    assert [file.get("error") for file in report["files"]] == [None, None, None, "not valid Python: line 1\n100%"]
    assert not any("diff" in file for file in report["files"])


def test_a_proof_is_part_of_the_report() -> None:
    proofs = {"b.py": {"ok": False, "error": "it hung <b>"}}
    files = json.loads(render(RunReport(OUTCOMES, "1", proofs=proofs), "json"))["files"]
    assert [file.get("proof") for file in files] == [None, proofs["b.py"], None, None]
    page = render(RunReport(OUTCOMES, "1", proofs=proofs), "html")
    assert "not verified: it hung &lt;b&gt;" in page and "not proved" in page


def test_text() -> None:
    lines = re.sub(r"\x1b\[[\d;]*m", "", render(RunReport(OUTCOMES[:1] + OUTCOMES[2:], "1"), "text")).split("\n")
    assert lines[0] == "src/a b.py: rewritten: 2 models, 1 safe edit"
    assert lines[1].startswith("src/a b.py:5:1: PM201 review: a <b>")
    assert "n.ipynb:cell 4:2:2: PM999 manual: in a cell" in lines
    assert "bad,file:.py: error: not valid Python: line 1" in lines
    assert (
        "3 files: 1 rewritten, 1 unchanged, 1 not done because of an error. "
        "2 models; 4 of 6 references to PyMC3 and Theano migrated, 1 to do, 1 not understood."
    ) in lines


def test_github() -> None:
    lines = render(RUN, "github").split("\n")
    assert lines == [
        "::notice file=src/a b.py,line=3,endLine=3,col=5,endColumn=9,title=PM101::safe one",
        "::warning file=src/a b.py,line=5,endLine=7,col=1,title=PM201::a <b>&\"' 100%25 :,%0D%0A::error::x",
        "::warning file=n.ipynb,line=1,title=PM999::cell 4, line 2: in a cell",
        "::error file=bad%2Cfile%3A.py,title=pm-migrate::not valid Python: line 1%0A100%25",
        "",
    ]


def test_sarif() -> None:
    """The structure that SARIF 2.1.0 asks for: section 3.13 (log), 3.14 (run), 3.27 (result), 3.30 (region)."""
    log = json.loads(render(RUN, "sarif"))
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("pm-migrate", "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == ["PM101", "PM201", "PM999"]
    assert driver["rules"][0]["shortDescription"] == {"text": "Title of PM101"}
    assert "shortDescription" not in driver["rules"][2], "a code that nobody explains"
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("note", "warning", "error") and result["message"]["text"]
    first, second, third = run["results"]
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "src/a%20b.py"},
        "region": {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 10},
    }
    assert second["message"]["text"] == NASTY
    assert "region" not in third["locations"][0]["physicalLocation"]
    assert third["locations"][0]["logicalLocations"][0]["name"] == "cell 4, line 2"
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == OUTCOMES[3].error


class Page(HTMLParser):
    VOID = ("meta",)

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_is_one_well_formed_page_that_fetches_nothing() -> None:
    page = Page()
    page.feed(render(RUN, "html"))
    assert page.open == []
    tags = [tag for tag, _ in page.tags]
    assert "script" not in tags and "link" not in tags and "img" not in tags
    assert ("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}) in page.tags
    assert not any(name.startswith("on") or name == "src" for _, attrs in page.tags for name in attrs)
    links = [attrs["href"] or "" for _, attrs in page.tags if "href" in attrs]
    places = {f"#{attrs['id']}" for _, attrs in page.tags if "id" in attrs}
    assert len(links) == 3 and set(links) <= places, "to places of the page only"
    for text in ("src/a b.py", "<script>alert(1)</script>", "a <b>&\"' 100%", "cell 4, line 2", "bad,file:.py"):
        assert text in page.text
    assert "b.py" in page.text and "… from line 18" in page.text
    assert page.text.count("line 20") == 1, "on the left only"
    assert page.text.count("a <b>&") == 1, "in the list only: its line is not among those shown"
    assert "line 10" not in page.text, "context only"


@pytest.mark.parametrize("format", FORMATS)
def test_an_empty_run(format: str) -> None:
    assert isinstance(render(RunReport((), "1"), format), str)


def test_no_such_format() -> None:
    with pytest.raises(ValueError, match="no report format 'xml'"):
        render(RUN, "xml")

"""What ``pm-migrate verify`` writes besides tables: JUnit XML and the proof as a page."""

from __future__ import annotations

import html.parser
from typing import Any
from xml.etree import ElementTree

import pytest

from pm_migrate.report import junit, proof

BAD = "<script>alert(1)</script> & \x00"


def model(name: str, road: str, *, ok: bool = True, **more: Any) -> dict[str, Any]:
    """One comparison as ``to_json`` makes it."""
    return {
        "model": name,
        "road": road,
        "verdict": "equal" if ok else "different",
        "variables": 2,
        "points": 5,
        "outside": 1,
        "logp": 1e-15,
        "gradient": None,
        "logp_bits": 1.0,
        "gradient_bits": None,
        "detail": "" if ok else f"the log density is off {BAD}",
        "terms": [] if ok else [{"text": ["mu: off by +0.25 at every point", "at the test point (test)"]}],
        "notes": ["a note"],
        "kinds": [["test", 1], ["tails", 4]],
        "heat": [
            {"name": "mu", "what": "log density", "kind": "test", "bits": 0.0},
            {"name": "mu", "what": "log density", "kind": "tails", "bits": 52.0},
            {"name": "sigma_log__", "what": "gradient", "kind": "tails", "bits": "inf"},
        ],
        "densities": [["test", -1.0, -1.0], ["tails", -1e5, -1.1e5], ["tails", 0.0, 1e-12]],
        "posterior": None,
        "ok": ok,
        **more,
    }


RESULTS: list[dict[str, Any]] = [
    {
        "path": "good.py",
        "ok": True,
        "seconds": 1.5,
        "sha256": {"original": "aa11", "rewritten": "bb22"},
        "versions": {"original": {"pymc3": "3.11.6"}, "rewrite": {"tensorflow": "2.x", "device": ""}},
        "settings": {"seed": 3},
        "report": {"models": [model("m", "drop-in"), model("m", "rewrite")], "notes": ["it raised"]},
    },
    {
        "path": "bad.py",
        "ok": False,
        "seconds": 2.0,
        "report": {
            "models": [
                model("m", "rewrite", ok=False),
                model("-", "original", ok=False, verdict="error", heat=[], densities=[], kinds=[]),
            ],
            "notes": [],
        },
    },
    {"path": f"lost {BAD}.py", "ok": False, "error": f"it crashed\n{BAD}"},
]


def test_junit() -> None:
    root = ElementTree.fromstring(junit.render_proofs(RESULTS).encode())
    assert [root.get(key) for key in ("tests", "failures", "errors")] == ["5", "1", "2"]
    good, bad, lost = root
    assert (good.get("name"), good.get("time"), good.get("failures")) == ("good.py", "1.5", "0")
    assert [case.get("name") for case in good.iter("testcase")] == ["m (drop-in)", "m (rewrite)"]
    failure = bad.find("testcase/failure")
    assert failure is not None and failure.get("message") == "different"
    assert "off by +0.25 at every point" in (failure.text or "") and "\ufffd" in (failure.text or "")
    assert [case.find("error") is not None for case in bad.iter("testcase")] == [False, True]
    error = lost.find("testcase/error")
    assert error is not None and error.get("message") == "it crashed"
    assert good.findtext("system-out") == "it raised"


class Page(html.parser.HTMLParser):
    """Tags of a page, whether they close, and its text."""

    VOID = ("meta", "br", "line", "path", "circle")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_stands_alone_and_has_everything() -> None:
    text = proof.render_proofs(RESULTS, "1.2")
    page = Page(text)
    assert not {"script", "img", "link", "iframe"} & {tag for tag, _ in page.tags}
    assert not [a for _, a in page.tags if "src" in a or (a.get("href") or "#").startswith("http")]
    for words in ("3 program(s), 1 proved equal, 2 not", "aa11", "bb22", "pymc3 3.11.6", "Reviewed by", "a note"):
        assert words in page.text
    assert "mu: off by +0.25 at every point" in page.text and "it crashed" in page.text
    assert "alert(1)" in page.text and "<script>alert" not in text
    assert len([1 for tag, _ in page.tags if tag == "svg"]) == 6
    assert "nan" not in text.lower().replace("tenant", "") and ">inf<" in text


def test_the_map_is_coloured_by_bits() -> None:
    cells = [a["style"] for tag, a in Page(proof.render_proofs(RESULTS[:1], "1")).tags if a.get("class") == "bits"]
    assert len(cells) == 6 and "hsl(130" in str(cells[0]) and "hsl(0" in str(cells[1]) and cells[1] == cells[2]


@pytest.mark.parametrize("densities", [[["test", 0.0, 0.0]], [["test", -5.0, -5.0]] * 3, [["near", 1e300, -1e300]]])
def test_plots_of_few_points(densities: list[Any]) -> None:
    result = {**RESULTS[0], "report": {"models": [model("m", "rewrite", densities=densities)], "notes": []}}
    page = Page(proof.render_proofs([result], "1"))
    circles = [attributes for tag, attributes in page.tags if tag == "circle"]
    assert len(circles) == 2 * len(densities)
    assert all(0 <= float(c["cx"] or "x") <= 380 and 0 <= float(c["cy"] or "x") <= 300 for c in circles)

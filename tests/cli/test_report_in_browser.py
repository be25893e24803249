"""The HTML report in a real browser: what it looks like on a desk and on a phone. Chromium has to be installed."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pm_migrate.report import RunReport, render

from .test_report import OUTCOMES

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = [
    pytest.mark.usefixtures("engine"),
    pytest.mark.skipif(BROWSER is None, reason="no Chromium on the PATH (Debian: apt-get install chromium)"),
]

#: Measures the page after layout and puts the result where --dump-dom shows it.
MEASURE = """
<script>
const box = (query) => document.querySelector(query).getBoundingClientRect();
const shown = (query) => getComputedStyle(document.querySelector(query)).display;
document.title = JSON.stringify({
  page: document.documentElement.scrollWidth, window: innerWidth,
  left: box('.side.del'), right: box('.side.ins'), twice: shown('.row.same .side + .side'),
  text: document.body.innerText,
});
</script>
"""

LONG = "x" * 400
PROOF = {
    "ok": True,
    "report": {
        "models": [
            {"model": LONG, "road": "rewrite", "variables": 2, "points": 21, "logp": 1e-12, "gradient": None}
            | {"verdict": "equal", "ok": True, "detail": "", "notes": ["a note"]}
        ],
        "notes": [],
    },
}


def measured(folder: Path, width: int) -> dict:
    """What the browser made of the page in a window of a width."""
    page = render(RunReport(OUTCOMES, "1.2.3", proofs={"src/a b.py": PROOF}), "html")
    (folder / "page.html").write_text(page.replace("</body>", f"{MEASURE}</body>"), encoding="utf-8")
    assert BROWSER is not None
    # a window of Chromium is at least 500 pixels wide: a narrower page is laid out in a frame of that width
    (folder / "frame.html").write_text(
        f'<iframe src="page.html" style="width:{width}px;height:800px;border:0"></iframe>'
        "<script>onload = () => {document.title = frames[0].document.title}</script>"
    )
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files", "--dump-dom"]
    options += [f"--user-data-dir={folder / 'profile'}", f"--window-size={width + 100},900"]
    done = subprocess.run(
        [BROWSER, *options, (folder / "frame.html").as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
    )
    title = re.search(r"<title>(.*?)</title>", done.stdout, re.DOTALL)
    assert title is not None, done.stderr
    return json.loads(html.unescape(title[1]))


def test_side_by_side_on_a_desk(tmp_path: Path) -> None:
    page = measured(tmp_path, 1200)
    assert page["window"] == 1200 and page["page"] <= 1200
    assert page["left"]["y"] == page["right"]["y"] and page["left"]["right"] <= page["right"]["left"] + 1
    assert page["twice"] == "grid"
    for text in ("proved equal", "<script>alert(1)</script>", "a note", "cell 4, line 2"):
        assert text in page["text"]


def test_one_above_the_other_on_a_phone_and_nothing_wider_than_it(tmp_path: Path) -> None:
    page = measured(tmp_path, 380)
    assert page["window"] == 380 and page["page"] <= 380
    assert page["left"]["bottom"] <= page["right"]["y"] + 1 and page["left"]["x"] == page["right"]["x"]
    assert page["twice"] == "none", "a line that stays is shown once"

"""Verifications as JUnit XML, which every CI system shows: a suite per program, a test per model and road."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

#: What XML 1.0 cannot hold, escaped or not.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_proofs(results: Sequence[Mapping[str, Any]]) -> str:
    """Render what :func:`pm_migrate.verify.run_task` returned for several programs."""
    root = ElementTree.Element("testsuites", name="pm-migrate verify")
    for result in results:
        _suite(root, result)
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(root: ElementTree.Element, result: Mapping[str, Any]) -> None:
    path = _text(result["path"])
    suite = ElementTree.SubElement(root, "testsuite", name=path, time=str(result.get("seconds", 0)))
    models = result["report"]["models"] if "report" in result else []
    for model in models:
        name = f"{model['model']} ({model['road']})"
        case = ElementTree.SubElement(suite, "testcase", classname=path, name=_text(name))
        lines = [model["detail"], *(line for term in model["terms"] for line in term["text"])]
        if not model["ok"]:
            kind = "error" if model["verdict"] in ("error", "no model") else "failure"
            failed = ElementTree.SubElement(case, kind, message=_text(model["verdict"]), type=_text(model["verdict"]))
            failed.text = _text("\n".join(line for line in lines if line))
        if model["notes"]:
            ElementTree.SubElement(case, "system-out").text = _text("\n".join(model["notes"]))
    if not models:
        case = ElementTree.SubElement(suite, "testcase", classname=path, name="verify")
        error = result.get("error", "no model was compared")
        ElementTree.SubElement(case, "error", message=_text(error.splitlines()[0]), type="error").text = _text(error)
    notes = result["report"]["notes"] if "report" in result else []
    if notes:
        ElementTree.SubElement(suite, "system-out").text = _text("\n".join(notes))
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    suite.set("errors", str(sum(case.find("error") is not None for case in cases)))


def _text(value: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", value)

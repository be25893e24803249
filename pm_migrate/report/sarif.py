"""SARIF 2.1.0, which code hosts show beside the code (OASIS standard, 27 March 2020)."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pm_migrate.findings import Confidence

if TYPE_CHECKING:
    from pm_migrate.codemod.driver import Outcome
    from pm_migrate.findings import Finding
    from pm_migrate.report import RunReport

_LEVELS = {Confidence.SAFE: "note", Confidence.REVIEW: "warning", Confidence.MANUAL: "error"}
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(run: RunReport) -> str:
    """Render the report as one SARIF log."""
    failed = [outcome for outcome in run.outcomes if outcome.status == "error"]
    codes = sorted({finding.code for outcome in run.outcomes for finding in outcome.findings})
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {"name": "pm-migrate", "version": run.version, "rules": [_rule(code) for code in codes]}
                },
                "columnKind": "unicodeCodePoints",
                "invocations": [
                    {
                        "executionSuccessful": not failed,
                        "toolExecutionNotifications": [_notification(outcome) for outcome in failed],
                    }
                ],
                "results": [
                    _result(outcome, finding, codes.index(finding.code))
                    for outcome in run.outcomes
                    for finding in outcome.findings
                ],
            }
        ],
    }
    return json.dumps(log, indent=2) + "\n"


def _rule(code: str) -> dict[str, Any]:
    from pm_migrate.codemod.explain import EXPLANATIONS

    explanation = EXPLANATIONS.get(code)
    if explanation is None:
        return {"id": code}
    return {
        "id": code,
        "shortDescription": {"text": explanation.title},
        "fullDescription": {"text": explanation.what},
        "help": {"text": f"pm-migrate explain {code}"},
    }


def _result(outcome: Outcome, finding: Finding, rule: int) -> dict[str, Any]:
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": _uri(outcome.path)}}}
    message = f"{finding.part}: {finding.message}" if finding.part else finding.message
    if finding.cell is None:
        # SARIF counts columns from 1, and an end column is the one after the last.
        location["physicalLocation"]["region"] = {
            "startLine": finding.line,
            "startColumn": finding.column + 1,
            "endLine": finding.end_line,
            "endColumn": finding.end_column + 1,
        }
    else:
        # A region would be one of the notebook's JSON text, where the code is not legible.
        place = finding.place
        location["logicalLocations"] = [{"name": place, "fullyQualifiedName": f"{outcome.path}:{place}"}]
        message = f"{place}: {message}"
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _LEVELS[finding.confidence],
        "message": {"text": message},
        "locations": [location],
    }


def _notification(outcome: Outcome) -> dict[str, Any]:
    return {
        "level": "error",
        "message": {"text": outcome.error},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(outcome.path)}}}],
    }


def _uri(path: str) -> str:
    encoded = quote(os.fsencode(path.replace(os.sep, "/")))
    return f"file://{encoded}" if path.startswith("/") else encoded

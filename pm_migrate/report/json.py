"""The report for programs; lines count from 1, columns from 0."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pm_migrate.report.diff import unified
from pm_migrate.report.statistics import counts

if TYPE_CHECKING:
    from pm_migrate.codemod.driver import Outcome
    from pm_migrate.findings import Finding
    from pm_migrate.report import RunReport


def render(run: RunReport) -> str:
    """Render the report as JSON."""
    references = run.references
    report = {
        "version": run.version,
        "files": [_file(outcome, run) for outcome in run.outcomes],
        "statistics": counts(run.outcomes),
        "summary": {
            "files": len(run.outcomes),
            "changed": run.count("changed"),
            "models": run.models,
            "references": {
                "total": references.total,
                "migrated": references.migrated,
                "todo": references.todo,
                "unknown": references.unknown,
            },
            "errors": run.count("error"),
        },
    }
    return json.dumps(report, indent=2) + "\n"


def _file(outcome: Outcome, run: RunReport) -> dict[str, Any]:
    file: dict[str, Any] = {
        "path": outcome.path,
        "status": outcome.status,
        "models": outcome.models,
        "findings": [_finding(finding) for finding in outcome.findings],
    }
    if outcome.status == "error":
        file["error"] = outcome.error
    if run.diffs and outcome.status == "changed":
        file["diff"] = unified(outcome)
    if outcome.path in run.proofs:
        file["proof"] = dict(run.proofs[outcome.path])
    return file


def _finding(finding: Finding) -> dict[str, Any]:
    part = {"part": finding.part} if finding.part else {}
    return part | {
        "code": finding.code,
        "confidence": finding.confidence.value,
        "message": finding.message,
        "line": finding.line,
        "column": finding.column,
        "end_line": finding.end_line,
        "end_column": finding.end_column,
        "cell": finding.cell,
    }

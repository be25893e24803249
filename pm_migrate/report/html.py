"""One self-contained page: the diff of each file side by side, its findings, and the proof where there is one.

On a narrow screen the two sides stand under each other. No scripts, nothing fetched.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from pm_migrate.findings import Confidence
from pm_migrate.report.diff import lines_of, parts
from pm_migrate.report.statistics import counts, title_of
from pm_migrate.report.style import STYLE

if TYPE_CHECKING:
    from pm_migrate.codemod.driver import Outcome
    from pm_migrate.findings import Finding
    from pm_migrate.report import RunReport

_CONTEXT = 3


def render(run: RunReport) -> str:
    """Render the report as a page."""
    from pm_migrate.report.text import summary

    shown = [outcome for outcome in run.outcomes if _worth_showing(outcome) or outcome.path in run.proofs]
    files = "\n".join(_file(number, outcome, run) for number, outcome in enumerate(shown))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>pm-migrate report</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<h1>pm-migrate {escape(run.version)}</h1>\n<p class="totals">{escape(summary(run))}</p>\n'
        f"{_contents(shown, run)}{_codes(run)}{files}\n</body>\n</html>\n"
    )


def _worth_showing(outcome: Outcome) -> bool:
    return outcome.status != "unchanged" or bool(outcome.findings)


def _contents(shown: list[Outcome], run: RunReport) -> str:
    """A table of the files, where there are several."""
    if len(shown) < 2:
        return ""
    rows = []
    for number, outcome in enumerate(shown):
        per = {kind: sum(f.confidence is kind for f in outcome.findings) for kind in Confidence}
        numbers = "".join(f'<td class="{kind.value}">{per[kind] or ""}</td>' for kind in Confidence)
        proof = _verdict(run.proofs.get(outcome.path))
        rows.append(
            f'<tr><td><a href="#file-{number}">{escape(outcome.path)}</a></td><td>{_status(outcome, run)}</td>'
            f"<td>{outcome.models or ''}</td>{numbers}<td>{proof}</td></tr>"
        )
    heads = "".join(f"<th>{head}</th>" for head in ("file", "", "models", "safe", "review", "manual", "proof"))
    return f'<div class="wide"><table><tr>{heads}</tr>{"".join(rows)}</table></div>\n'


def _codes(run: RunReport) -> str:
    """The codes that appear, with their titles."""
    table = counts(run.outcomes)
    if not table:
        return ""
    rows = "".join(
        f"<tr><td><code>{escape(code)}</code></td><td>{sum(per.values())}</td><td>{escape(title_of(code))}</td></tr>"
        for code, per in table.items()
    )
    return (
        f"<details><summary>{len(table)} kinds of findings</summary>"
        f'<div class="wide"><table>{rows}</table></div></details>\n'
    )


def _status(outcome: Outcome, run: RunReport) -> str:
    words = {"changed": "rewritten" if run.wrote else "would be rewritten"}
    return f'<span class="tag {escape(outcome.status)}">{words.get(outcome.status, outcome.status)}</span>'


def _file(number: int, outcome: Outcome, run: RunReport) -> str:
    body = f'<p class="error">{escape(outcome.error)}</p>' if outcome.error else ""
    body += _proof(run.proofs.get(outcome.path))
    todo = [finding for finding in outcome.findings if finding.confidence is not Confidence.SAFE]
    safe = [finding for finding in outcome.findings if finding.confidence is Confidence.SAFE]
    if todo:
        body += f"<ul>{''.join(map(_finding, todo))}</ul>"
    if safe:
        body += f"<details><summary>{len(safe)} safe</summary><ul>{''.join(map(_finding, safe))}</ul></details>"
    if outcome.status == "changed":
        for label, before, after in parts(outcome):
            heading = f"<h3>{escape(label)}</h3>" if label != outcome.path else ""
            here = [f for f in todo if f.cell is None or label == f"{outcome.path}:cell {f.cell}"]
            body += f'{heading}<div class="diff">{"".join(_rows(before, after, here))}</div>'
    return (
        f'<details class="file" id="file-{number}" open><summary><h2>{escape(outcome.path)}</h2> '
        f"{_status(outcome, run)} {_verdict(run.proofs.get(outcome.path))}</summary>{body}</details>"
    )


def _verdict(proof: Mapping[str, Any] | None) -> str:
    if proof is None:
        return ""
    kind, word = ("equal", "proved equal") if proof["ok"] else ("error", "not proved")
    return f'<span class="tag {kind}">{word}</span>'


def _proof(proof: Mapping[str, Any] | None) -> str:
    """The table of a verification: a row per model and road."""
    if proof is None:
        return ""
    if "error" in proof:
        return f'<p class="error">not verified: {escape(proof["error"])}</p>'
    report = proof["report"]
    rows = []
    below = []
    for model in report["models"]:
        cells = [
            *(escape(str(model[key])) for key in ("model", "road", "variables", "points")),
            *(_number(model[key]) for key in ("logp", "gradient")),
            f'<span class="{"equal" if model["ok"] else "error"}">{escape(model["verdict"])}</span>',
        ]
        rows.append(f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
        below += [f"{model['model']} ({model['road']}): {text}" for text in (model["detail"], *model["notes"]) if text]
    below += report["notes"]
    heads = ("model", "road", "variables", "points", "log density", "gradient", "against PyMC3")
    notes = "".join(f'<p class="note">{escape(text)}</p>' for text in below)
    table = f"<table><tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr>{''.join(rows)}</table>"
    return f'<div class="wide">{table}</div>{notes}'


def _number(value: object) -> str:
    return f"{value:.1e}" if isinstance(value, float) else "" if value is None else escape(str(value))


def _finding(finding: Finding) -> str:
    kind = finding.confidence.value
    return (
        f'<li><code>{escape(finding.code)}</code> <span class="tag {kind}">{kind}</span> {escape(finding.place)}: '
        f"{escape(finding.message)}</li>"
    )


def _rows(before: str, after: str, findings: list[Finding]) -> Iterator[str]:
    """The rows of a diff: lines that stay side by side, and what changed as two blocks side by side."""
    old, new = ([line.rstrip("\r\n") for line in lines_of(text)] for text in (before, after))
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for number, group in enumerate(matcher.get_grouped_opcodes(_CONTEXT)):
        if number or group[0][1] or group[0][3]:
            yield f'<div class="gap">… from line {group[0][1] + 1}</div>'
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                for step in range(old_to - old_from):
                    left, right = _line(old, old_from + step), _line(new, new_from + step)
                    yield f'<div class="row same"><div class="side">{left}</div><div class="side">{right}</div></div>'
                    yield from (_beside(f) for f in findings if f.line == old_from + step + 1)
                continue
            left, right = (_side(*side) for side in ((old, old_from, old_to, "del"), (new, new_from, new_to, "ins")))
            yield f'<div class="row">{left}{right}</div>'
            yield from (_beside(f) for f in findings if old_from < f.line <= old_to)


def _beside(finding: Finding) -> str:
    kind = finding.confidence.value
    return f'<div class="beside {kind}">{escape(finding.code)} {kind}: {escape(finding.message)}</div>'


def _side(lines: list[str], start: int, end: int, kind: str) -> str:
    if start == end:
        return '<div class="side none"></div>'
    return f'<div class="side {kind}">{"".join(_line(lines, at) for at in range(start, end))}</div>'


def _line(lines: list[str], at: int) -> str:
    return f"<b>{at + 1}</b><pre>{escape(lines[at]) or ' '}</pre>"

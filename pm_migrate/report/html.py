"""One self-contained page: the diff of each file side by side, and its findings.

On a narrow screen the two sides stand under each other. No scripts, nothing fetched.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from pm_migrate.report.diff import lines_of, parts

if TYPE_CHECKING:
    from pm_migrate.codemod.driver import Outcome
    from pm_migrate.findings import Finding
    from pm_migrate.report import RunReport

_CONTEXT = 3

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --del: #f851; --ins: #3a52; --dim: #8888; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 100rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; overflow-wrap: anywhere; } h3 { font-size: 1rem; }
details, .totals { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .8rem; margin: .8rem 0; }
summary { cursor: pointer; } summary h2 { display: inline; }
ul { padding-left: 1.2rem; } li { margin: .3rem 0; overflow-wrap: anywhere; }
code, .diff { font-family: ui-monospace, monospace; font-size: .85rem; }
.tag { border-radius: .3rem; padding: 0 .35rem; border: 1px solid var(--line); font-size: .85rem; }
.manual, .error { color: #c33; } .review { color: #a60; } .safe { color: #383; }
.diff { border: 1px solid var(--line); border-radius: .3rem; overflow: hidden; }
.row { display: grid; grid-template-columns: 1fr 1fr; }
.side { display: grid; grid-template-columns: 3.2rem 1fr; min-width: 0; }
.side b { font-weight: normal; color: var(--dim); text-align: right; padding-right: .6rem; user-select: none; }
.side pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; }
.del { background: var(--del); } .ins { background: var(--ins); }
.gap { color: var(--dim); padding: .1rem .6rem; border-block: 1px solid var(--line); }
@media (max-width: 50rem) {
  .row { grid-template-columns: 1fr; } .side.none, .row.same .side + .side { display: none; }
  .side { grid-template-columns: 2.4rem 1fr; }
}
"""


def render(run: RunReport) -> str:
    """Render the report as a page."""
    from pm_migrate.report.text import summary

    files = "\n".join(_file(outcome, run.wrote) for outcome in run.outcomes if _worth_showing(outcome))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>pm-migrate report</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<h1>pm-migrate {escape(run.version)}</h1>\n<p class="totals">{escape(summary(run))}</p>\n'
        f"{files}\n</body>\n</html>\n"
    )


def _worth_showing(outcome: Outcome) -> bool:
    return outcome.status != "unchanged" or bool(outcome.findings)


def _file(outcome: Outcome, wrote: bool) -> str:
    status = {"changed": "rewritten" if wrote else "would be rewritten"}.get(outcome.status, outcome.status)
    tag = f'<span class="tag {escape(outcome.status)}">{status}</span>'
    body = f'<p class="error">{escape(outcome.error)}</p>' if outcome.error else ""
    if outcome.findings:
        body += f"<ul>{''.join(map(_finding, outcome.findings))}</ul>"
    if outcome.status == "changed":
        for label, before, after in parts(outcome):
            heading = f"<h3>{escape(label)}</h3>" if label != outcome.path else ""
            body += f'{heading}<div class="diff">{"".join(_rows(before, after))}</div>'
    return f"<details open><summary><h2>{escape(outcome.path)}</h2> {tag}</summary>{body}</details>"


def _finding(finding: Finding) -> str:
    place = f"line {finding.line}" if finding.cell is None else f"cell {finding.cell}, line {finding.line}"
    kind = finding.confidence.value
    return (
        f'<li><code>{escape(finding.code)}</code> <span class="tag {kind}">{kind}</span> {place}: '
        f"{escape(finding.message)}</li>"
    )


def _rows(before: str, after: str) -> Iterator[str]:
    old, new = ([line.rstrip("\r\n") for line in lines_of(text)] for text in (before, after))
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for number, group in enumerate(matcher.get_grouped_opcodes(_CONTEXT)):
        if number or group[0][1] or group[0][3]:
            yield f'<div class="gap">… from line {group[0][1] + 1}</div>'
        for tag, old_from, old_to, new_from, new_to in group:
            for step in range(max(old_to - old_from, new_to - new_from)):
                left = _side(old, old_from + step, old_to, "" if tag == "equal" else "del")
                right = _side(new, new_from + step, new_to, "" if tag == "equal" else "ins")
                yield f'<div class="row{" same" if tag == "equal" else ""}">{left}{right}</div>'


def _side(lines: list[str], at: int, end: int, kind: str) -> str:
    if at >= end:
        return '<div class="side none"></div>'
    return f'<div class="side {kind}"><b>{at + 1}</b><pre>{escape(lines[at]) or " "}</pre></div>'

"""The proof as one self-contained page that a reviewer can sign: no scripts, nothing fetched.

For each program: its verdict, the hash of both sources, what ran it; for each model and road the numbers, a map of
wrong bits by variable and kind of point, and the log densities of both against each other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from pm_migrate.report.plot import agreement, errors
from pm_migrate.report.style import STYLE

_MORE_STYLE = """
.heat td, .heat th { padding: .1rem .5rem; } .heat td.bits { text-align: right; min-width: 3.2rem; color: #000; }
svg { max-width: 100%; height: auto; } .plots { display: flex; flex-wrap: wrap; gap: 1rem; }
svg text { font: 11px system-ui, sans-serif; fill: currentColor; }
.sign { display: grid; grid-template-columns: 1fr 1fr; gap: 2rem; margin: 2rem 0; }
.sign div { border-top: 1px solid currentColor; padding-top: .2rem; margin-top: 3rem; }
.hash { font-family: ui-monospace, monospace; font-size: .8rem; overflow-wrap: anywhere; }
@media print { details { break-inside: avoid; } }
"""
#: Bits from which a colour is full: float64 has 53.
_FULL = 40.0


def render_proofs(results: Sequence[Mapping[str, Any]], version: str) -> str:
    """Render what :func:`pm_migrate.verify.run_task` returned for several programs."""
    equal = sum(result["ok"] for result in results)
    totals = f"{len(results)} program(s), {equal} proved equal, {len(results) - equal} not"
    programs = "\n".join(_program(number, result) for number, result in enumerate(results))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>pm-migrate: proof</title>\n<style>{STYLE}{_MORE_STYLE}</style>\n</head>\n<body>\n"
        f'<h1>Proof of a migration</h1>\n<p class="totals">pm-migrate {escape(version)}: {escape(totals)}</p>\n'
        f"{_contents(results)}{programs}\n"
        '<div class="sign"><div>Reviewed by</div><div>Date</div></div>\n</body>\n</html>\n'
    )


def _contents(results: Sequence[Mapping[str, Any]]) -> str:
    if len(results) < 2:
        return ""
    rows = []
    for number, result in enumerate(results):
        models = result["report"]["models"] if "report" in result else []
        good = sum(model["ok"] for model in models)
        rows.append(
            f'<tr><td><a href="#program-{number}">{escape(result["path"])}</a></td><td>{_verdict(result["ok"])}</td>'
            f"<td>{good} of {len(models)}</td></tr>"
        )
    return f'<div class="wide"><table><tr><th>program</th><th></th><th>equal</th></tr>{"".join(rows)}</table></div>\n'


def _verdict(ok: bool, word: str = "") -> str:
    kind, default = ("equal", "proved equal") if ok else ("error", "not proved")
    return f'<span class="tag {kind}">{escape(word or default)}</span>'


def _program(number: int, result: Mapping[str, Any]) -> str:
    body = _identity(result)
    if "error" in result:
        body += f'<p class="error">not verified: {escape(result["error"])}</p>'
    else:
        body += "".join(f'<p class="note">{escape(note)}</p>' for note in result["report"]["notes"])
        body += "".join(map(_model, result["report"]["models"]))
    return (
        f'<details class="file" id="program-{number}" open><summary><h2>{escape(result["path"])}</h2> '
        f"{_verdict(result['ok'])}</summary>{body}</details>"
    )


def _identity(result: Mapping[str, Any]) -> str:
    """Which sources were compared, by what, and how."""
    rows = [(f"SHA-256 of the {name}", digest) for name, digest in result.get("sha256", {}).items()]
    for side, versions in result.get("versions", {}).items():
        rows.append((side, ", ".join(f"{name} {version}" for name, version in versions.items() if version)))
    rows += [(name, str(value)) for name, value in result.get("settings", {}).items()]
    cells = "".join(f'<tr><td>{escape(name)}</td><td class="hash">{escape(value)}</td></tr>' for name, value in rows)
    return f'<div class="wide"><table>{cells}</table></div>' if rows else ""


def _model(model: Mapping[str, Any]) -> str:
    numbers = [
        ("value variables", model["variables"]),
        ("points", ", ".join(f"{count} {kind}" for kind, count in model["kinds"]) or model["points"]),
        ("points outside of the support on both sides", model["outside"]),
        ("log density: worst relative difference", _number(model["logp"])),
        ("gradient: worst relative difference", _number(model["gradient"])),
        ("wrong bits of log density and gradient", f"{_bits(model['logp_bits'])} / {_bits(model['gradient_bits'])}"),
    ]
    rows = "".join(f"<tr><td>{name}</td><td>{escape(str(value))}</td></tr>" for name, value in numbers)
    wrong = [model["detail"], *(line for term in model["terms"] for line in term["text"])]
    lines = "".join(f'<p class="error">{escape(line)}</p>' for line in wrong if line)
    lines += "".join(f'<p class="note">{escape(note)}</p>' for note in model["notes"])
    plots = ""
    if model["densities"]:
        points = [(kind, _float(a), _float(b)) for kind, a, b in model["densities"]]
        plots = f'<div class="plots">{agreement(points)}{errors(points)}</div>'
    return (
        f"<h3>{escape(model['model'])}, {escape(model['road'])} {_verdict(model['ok'], model['verdict'])}</h3>"
        f"<table>{rows}</table>{lines}{_posterior(model)}{_heat(model)}{plots}"
    )


def _posterior(model: Mapping[str, Any]) -> str:
    found = model.get("posterior")
    if not found:
        return ""
    return "".join(f'<p class="note">{escape(line)}</p>' for line in found["text"])


def _heat(model: Mapping[str, Any]) -> str:
    """Wrong bits: a row per variable and what was compared of it, a column per kind of point."""
    if not model["heat"]:
        return ""
    kinds = list(dict.fromkeys(cell["kind"] for cell in model["heat"]))
    rows: dict[tuple[str, str], dict[str, float]] = {}
    for cell in model["heat"]:
        rows.setdefault((cell["name"], cell["what"]), {})[cell["kind"]] = _float(cell["bits"])
    body = ""
    for (name, what), cells in rows.items():
        columns = "".join(_cell(cells.get(kind)) for kind in kinds)
        body += f"<tr><td>{escape(name)}</td><td>{escape(what)}</td>{columns}</tr>"
    heads = "".join(f"<th>{escape(kind)}</th>" for kind in ("wrong bits of", "", *kinds))
    return f'<div class="wide"><table class="heat"><tr>{heads}</tr>{body}</table></div>'


def _cell(bits: float | None) -> str:
    if bits is None:
        return "<td></td>"
    share = min(1.0, bits / _FULL) if math.isfinite(bits) else 1.0
    hue = 130 * (1 - share)
    return f'<td class="bits" style="background:hsl({hue:.0f} 60% {88 - 25 * share:.0f}%)">{bits:.0f}</td>'


def _float(value: Any) -> float:
    return math.nan if value is None else float(value)


def _number(value: Any) -> str:
    return "-" if value is None else f"{float(value):.1e}"


def _bits(value: Any) -> str:
    return "-" if value is None else f"{float(value):.0f}"

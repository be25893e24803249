"""Write docs/distributions.md from the catalogue: ``python docs/generate.py``. A test fails when the page is stale."""

from __future__ import annotations

from pathlib import Path

from pm_migrate.catalog import ROWS, Distribution

PAGE = Path(__file__).parent / "distributions.md"

HEAD = """\
# Distributions

Made from the catalogue by `docs/generate.py`. Each row works in both front ends and in the rewrite; its log density is
compared with the formula below in high precision and with PyMC3 3.11.6, in every parametrisation.

"""


def section(row: Distribution) -> str:
    """The entry of one distribution."""
    title = row.name + "".join(f", {alias}" for alias in row.aliases)
    forms = "; ".join(f"`{row.name}({', '.join(form.given)})`" for form in row.forms)
    spelled = [f"`{alias}` for `{p.name}`" for p in row.params for alias in p.aliases]
    generator = f"`{row.pymc4_name}({', '.join(row.pymc4_signature)})`" + ("" if row.in_pymc4 else " (not in PyMC4)")
    lines = [
        f"## {title}",
        "",
        f"- Parametrisations: {forms}" + (f"; {', '.join(spelled)}" if spelled else ""),
        f"- Generator front end: {generator}",
        f"- Default transform: {row.transform or 'none'}; test value: `{row.test_value}`",
        f"- Log density: `{row.logp}`",
        f"- Source: {row.source}",
        *(f"- {note}" for note in row.notes),
    ]
    return "\n".join(lines) + "\n"


def page() -> str:
    """The whole page."""
    return HEAD + "\n".join(section(row) for row in ROWS)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

"""docs/findings.md: every finding code, made from the rules. ``docs/generate.py`` writes it."""

from __future__ import annotations

from pm_migrate.codemod.explain import EXPLANATIONS, Explanation

HEAD = """\
# Findings

Made from the rules by `docs/generate.py`; `pm-migrate explain CODE` prints the same. What a finding means is in
[the codemod](codemod.md#findings). What programs written by Hypothesis found in PyMC3, TensorFlow Probability and here
is another list: [finds of the fuzzer](fuzzing.md#what-was-found).

"""


def page() -> str:
    """The table of all codes, and a section for each."""
    codes = sorted(EXPLANATIONS)
    rows = [f"| [{code}](#{_anchor(EXPLANATIONS[code])}) | {EXPLANATIONS[code].title} |" for code in codes]
    table = "\n".join(["| code | what |", "|---|---|", *rows])
    return HEAD + table + "\n\n" + "\n".join(_section(EXPLANATIONS[code]) for code in codes)


def _anchor(explanation: Explanation) -> str:
    text = f"{explanation.code} {explanation.title}".lower()
    return "".join(c for c in text if c.isalnum() or c in " -_").replace(" ", "-")


def _section(explanation: Explanation) -> str:
    prose = [explanation.what]
    prose += [f"Why: {explanation.why}"] if explanation.why else []
    prose += [f"Limits: {explanation.limits}"] if explanation.limits else []
    parts = [f"## {explanation.code} {explanation.title}", *(text.replace("``", "`") for text in prose)]
    for heading, code in (
        ("Before:", explanation.before),
        ("After:", explanation.after),
        ("By hand, what you have:", explanation.hand_before),
        ("By hand, what you write:", explanation.hand_after),
    ):
        if code:
            parts.append(f"{heading}\n\n```python\n{code.strip()}\n```")
    return "\n\n".join(parts) + "\n"

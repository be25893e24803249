"""The style sheet of the HTML report: light and dark, wide and narrow."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --line: #8886; --del: #f8514926; --ins: #2ea04326; --dim: #767676;
  --bad: #c5303c; --warn: #9a6700; --good: #1a7f37; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff7b72; --warn: #d8a534; --good: #56d364; --dim: #9a9a9a; } }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 100rem; }
h1 { font-size: 1.4rem; margin: .2rem 0 .6rem; } h3 { font-size: .95rem; margin: .8rem 0 .3rem; }
h2 { font-size: 1.05rem; overflow-wrap: anywhere; }
details, .totals { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .8rem; margin: .8rem 0; }
details details { border-style: dashed; padding: .1rem .8rem; }
summary { cursor: pointer; } summary h2 { display: inline; }
ul { padding-left: 1.2rem; margin: .4rem 0; } li { margin: .3rem 0; overflow-wrap: anywhere; }
a { color: inherit; overflow-wrap: anywhere; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .9rem; margin: .4rem 0; }
td:first-child { min-width: 11rem; }
th, td { text-align: left; padding: .15rem .8rem .15rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
code, .diff { font-family: ui-monospace, monospace; font-size: .85rem; }
.tag { border-radius: .3rem; padding: 0 .35rem; border: 1px solid var(--line); font-size: .85rem; white-space: nowrap; }
.manual, .error { color: var(--bad); } .review { color: var(--warn); } .safe, .equal { color: var(--good); }
.error { white-space: pre-wrap; overflow-wrap: anywhere; }
.note { color: var(--dim); font-size: .9rem; margin: .2rem 0; overflow-wrap: anywhere; white-space: pre-wrap; }
.diff { border: 1px solid var(--line); border-radius: .3rem; overflow: hidden; }
.row { display: grid; grid-template-columns: 1fr 1fr; }
.side { display: grid; grid-template-columns: 3.2rem 1fr; min-width: 0; align-content: start; }
.side b { font-weight: normal; color: var(--dim); text-align: right; padding-right: .6rem; user-select: none; }
.side pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; }
.del { background: var(--del); } .ins { background: var(--ins); }
.gap { color: var(--dim); padding: .1rem .6rem; border-block: 1px solid var(--line); }
.beside { padding: .1rem .6rem .2rem 3.2rem; border-left: 3px solid currentColor; overflow-wrap: anywhere; }
@media (max-width: 50rem) {
  body { padding: .6rem; }
  .row { grid-template-columns: 1fr; } .side.none, .row.same .side + .side { display: none; }
  .side { grid-template-columns: 2.4rem 1fr; } .beside { padding-left: 2.4rem; }
}
"""

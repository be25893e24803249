"""Two plots of log densities as inline SVG: one side against the other, and their differences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

Points = Sequence[tuple[str, float, float]]

WIDTH, HEIGHT, EDGE = 380, 300, 46
COLOURS = {"test": "#d62728", "near": "#1f77b4", "prior": "#2ca02c", "posterior": "#9467bd", "tails": "#ff7f0e"}
#: Differences below this are drawn on the lower edge.
LEAST = -17.0
#: log10 of the difference that is allowed, as ``verify/tolerances.py`` has it.
ALLOWED = -8.0


def agreement(points: Points) -> str:
    """The candidate's log density against the original's, on an axis that shows large and small numbers."""
    numbers = [_squeeze(value) for _, a, b in points for value in (a, b)]
    low, high = min(numbers), max(numbers)
    high = high if high > low else low + 1.0
    across, up = _Scale(low, high, EDGE, WIDTH - 12), _Scale(low, high, HEIGHT - EDGE, 24)
    marks = [f'<line x1="{across(low)}" y1="{up(low)}" x2="{across(high)}" y2="{up(high)}" {_LINE}/>']
    marks += [_dot(kind, across(_squeeze(a)), up(_squeeze(b))) for kind, a, b in points]
    ticks = [low, (low + high) / 2, high]
    for tick in ticks:
        label = f"{_stretch(tick):.3g}"
        marks.append(f'<text x="{across(tick)}" y="{HEIGHT - EDGE + 16}" text-anchor="middle">{label}</text>')
        marks.append(f'<text x="{EDGE - 5}" y="{up(tick) + 4}" text-anchor="end">{label}</text>')
    marks.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 12}" text-anchor="middle">log density under PyMC3</text>')
    return _figure("log density: the candidate's against PyMC3's", marks)


def errors(points: Points) -> str:
    """Relative differences of the log densities by kind of point, on a logarithmic axis with what is allowed."""
    kinds = list(dict.fromkeys(kind for kind, _, _ in points))
    up = _Scale(LEAST, 2.0, HEIGHT - EDGE, 24)
    marks = [f'<line x1="{EDGE}" y1="{up(ALLOWED)}" x2="{WIDTH - 12}" y2="{up(ALLOWED)}" {_LINE}/>']
    marks.append(f'<text x="{WIDTH - 12}" y="{up(ALLOWED) - 4}" text-anchor="end">allowed</text>')
    room = (WIDTH - EDGE - 12) / len(kinds)
    for number, kind in enumerate(kinds):
        here = [(a, b) for k, a, b in points if k == kind]
        for i, (a, b) in enumerate(here):
            x = EDGE + room * (number + 0.15 + 0.7 * (i + 0.5) / len(here))
            marks.append(_dot(kind, x, up(_difference(a, b))))
        label = f'<text x="{EDGE + room * (number + 0.5)}" y="{HEIGHT - EDGE + 16}" text-anchor="middle">'
        marks.append(f"{label}{escape(kind)}</text>")
    for tick in (-16, -12, -8, -4, 0):
        marks.append(f'<text x="{EDGE - 5}" y="{up(tick) + 4}" text-anchor="end">1e{tick}</text>')
    return _figure("relative difference of the log density", marks)


_LINE = 'stroke="currentColor" stroke-opacity=".5" stroke-dasharray="4 3"'


def _figure(title: str, marks: Sequence[str]) -> str:
    frame = f'<path d="M{EDGE} 24V{HEIGHT - EDGE}H{WIDTH - 12}" fill="none" stroke="currentColor" stroke-opacity=".6"/>'
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    return (
        f'<svg {size} role="img" aria-label="{escape(title)}">'
        f'<text x="{EDGE}" y="14">{escape(title)}</text>{frame}{"".join(marks)}</svg>'
    )


def _dot(kind: str, x: float, y: float) -> str:
    colour = COLOURS.get(kind, "#555555")
    place = f'cx="{x:.1f}" cy="{y:.1f}" r="3.2" fill="{colour}" fill-opacity=".75"'
    return f"<circle {place}><title>{escape(kind)}</title></circle>"


def _difference(a: float, b: float) -> float:
    error = abs(a - b) / max(1.0, abs(a))
    return min(2.0, max(LEAST, math.log10(error))) if error else LEAST


def _squeeze(value: float) -> float:
    return math.copysign(math.log10(1.0 + abs(value)), value)


def _stretch(value: float) -> float:
    return math.copysign(10.0 ** abs(value) - 1.0, value)


class _Scale:
    """Numbers from ``low`` to ``high`` to lengths from ``first`` to ``last``."""

    def __init__(self, low: float, high: float, first: float, last: float) -> None:
        self.low, self.high, self.first, self.last = low, high, first, last

    def __call__(self, value: float) -> float:
        return round(self.first + (value - self.low) / (self.high - self.low) * (self.last - self.first), 1)

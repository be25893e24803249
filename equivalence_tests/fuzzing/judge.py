"""One program on all roads: what agrees, what does not, and how far apart it is."""

from __future__ import annotations

import math
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from equivalence_tests.fuzzing import known
from equivalence_tests.fuzzing.draft import Written
from equivalence_tests.oracle import EPS
from equivalence_tests.tolerances import GRADIENT_BITS, LOG_DENSITY_BITS
from pm_migrate.errors import PmMigrateError
from pm_migrate.reference import provision, worker
from pm_migrate.reference.process import WorkerClient
from pm_migrate.verify.blame import ROUNDINGS
from pm_migrate.verify.tolerances import TEST_POINT

ROADS = ("drop-in", "rewrite")
POINTS = 1
TAGS = {"sigmoid": "logodds"}

#: Points besides the test point when something differs and PyMC3 is asked again, with the graph that it runs itself.
POINTS_IN_FULL = 4


@dataclass(frozen=True)
class Find:
    """A disagreement.

    Parameters
    ----------
    road
        ``drop-in`` or ``rewrite``.
    kind
        ``crash``, ``variables``, ``test point``, ``log density``, ``gradient``.
    detail
        In words, with numbers.
    about
        What makes two finds the same: the kind of an error, or the family of the term.
    bits
        Wrong bits, where there are numbers.
    """

    road: str
    kind: str
    detail: str
    about: str = ""
    bits: float = math.inf

    @property
    def signature(self) -> str:
        """Finds with the same signature are taken for one while a campaign runs."""
        return f"{self.road}: {self.kind}: {self.about}"


@dataclass(frozen=True)
class Outcome:
    """What became of one program.

    Parameters
    ----------
    status
        ``agree``, ``find``, or ``discarded`` (PyMC3 itself refuses the program).
    finds
        Disagreements.
    why
        Of a discarded program.
    findings
        What the codemod had to say.
    finite, points
        Points compared, and those where PyMC3 is finite.
    explained
        Why other differences are known ones.
    """

    status: str
    finds: tuple[Find, ...] = ()
    why: str = ""
    findings: tuple[str, ...] = ()
    finite: int = 0
    points: int = 0
    explained: tuple[str, ...] = ()


def ours_environment(base: Mapping[str, str]) -> dict[str, str]:
    """Variables of a process that runs our side: this checkout first, one thread, no GPU."""
    root = str(Path(__file__).parent.parent.parent)
    return {
        **base,
        "PYTHONPATH": os.pathsep.join(filter(None, (root, base.get("PYTHONPATH", "")))),
        "PYTHONHASHSEED": "0",
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
        "MPLBACKEND": "Agg",
    }


class Workers:
    """PyMC3 on Theano and TensorFlow, each in a process that is replaced when a program ends it.

    Parameters
    ----------
    timeout
        Seconds for one program on one side; four times as many for the start of a side.
    plain
        PyMC3 and Theano as they are, which takes four times as long: to show that the numbers are the same.
    """

    def __init__(self, timeout: float = 60.0, *, plain: bool = False) -> None:
        python = provision.find()
        if python is None:
            raise PmMigrateError("there is no PyMC3 to compare with: run `pm-migrate reference install`")
        here = Path(__file__).parent
        self.reference = WorkerClient(
            [str(python), "-W", "ignore", str(here / "reference_side.py"), worker.__file__, *["plain"] * plain],
            {**provision.environment(Path(python)), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            title="PyMC3", timeout=timeout, start_timeout=4 * timeout,
        )  # fmt: skip
        self.ours = WorkerClient(
            [sys.executable, "-W", "ignore", str(here / "our_side.py")], ours_environment(os.environ),
            title="TensorFlow", timeout=timeout, start_timeout=4 * timeout,
        )  # fmt: skip
        self._folder = tempfile.TemporaryDirectory(prefix="pm-migrate-fuzz-")
        self.folder = Path(self._folder.name)

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End both processes."""
        self.reference.close()
        self.ours.close()
        self._folder.cleanup()


def judge(
    workers: Workers, written: Written, seed: int = 0, full: bool = False, roads: Sequence[str] = ROADS
) -> Outcome:
    """Run a program on all roads and compare.

    Numbers that differ are judged again with PyMC3's own optimised graph: only what differs then is a find.
    """
    try:
        theirs = ask_pymc3(workers, written, seed, full)
    except PmMigrateError as error:
        return Outcome("discarded", why=f"PyMC3: {type(error).__name__}: {_last_line(str(error))}")
    if theirs["error"] or not theirs["models"]:
        return Outcome("discarded", why=f"PyMC3: {_last_line(theirs['error'] or 'no model')}")
    answers = ask_ours(workers, written, theirs, roads)
    finds = _named(written, theirs, answers, roads)
    if finds and not full and not all(f.kind in ("crash", "variables") for f in finds):
        return judge(workers, written, seed, True, roads)
    finite = int(np.sum(np.isfinite(theirs["logp"])))
    findings = tuple(answers.get("rewrite", {}).get("findings", ()))
    left, explained = _left(finds, written.source)
    if left and full:  # of what is left, numbers that are not determined count no more
        standing = _named(written, {**theirs, "allowed": theirs["spread"]}, answers, roads)
        if standing != finds:
            left, explained = _left(standing, written.source)
            explained += (known.UNDETERMINED,)
    return Outcome("find" if left else "agree", left, "", findings, finite, len(theirs["logp"]), explained)


def _left(finds: Sequence[Find], source: str) -> tuple[tuple[Find, ...], tuple[str, ...]]:
    """Finds that nothing known explains, and what explains the others."""
    reasons = [known.explanation(find, source) for find in finds]
    left = tuple(find for find, reason in zip(finds, reasons, strict=True) if not reason)
    return left, tuple(filter(None, reasons))


def _named(
    written: Written, theirs: Mapping[str, Any], answers: Mapping[str, Any], roads: Sequence[str]
) -> tuple[Find, ...]:
    return tuple(
        replace(find, about=family(written.source, find.about)) for road in roads
        for find in compare(road, theirs, answers[road])
    )  # fmt: skip


def family(source: str, about: str) -> str:
    """A find is about a family of variables, not about the name that one has in a program."""
    name = about.removesuffix("__").rsplit("_", 1)[0] if about.endswith("__") else about
    made = re.search(rf"(\w+)(?:\([^()]*\))?\(['\"]{re.escape(name)}['\"]", source)
    return made[1] if made else about


def ask_pymc3(workers: Workers, written: Written, seed: int = 0, full: bool = False) -> dict[str, Any]:
    """What PyMC3 says of a program's last model; see ``reference_side.judge``."""
    path = workers.folder / "program.py"
    path.write_text(written.source, encoding="utf-8")
    count = POINTS_IN_FULL if full else POINTS
    theirs = workers.reference.call("judge", path=str(path), seed=seed, count=count, full=full)
    if "terms" in theirs:
        theirs["logp"] = sum(theirs["terms"].values())
    return theirs


def ask_ours(
    workers: Workers, written: Written, theirs: Mapping[str, Any], roads: Sequence[str] = ROADS
) -> dict[str, Any]:
    """What each road says at the same points; a process that a program ends costs the other road nothing."""
    path = workers.folder / "program.py"
    path.write_text(written.source, encoding="utf-8")
    points = {v["rv_name"]: theirs["points"][v["name"]] for v in theirs["models"][0]["variables"]}
    cells = list(written.cells) if written.notebook else []
    try:
        return workers.ours.call("judge", path=str(path), points=points, roads=list(roads), cells=cells)
    except PmMigrateError as error:
        if len(roads) == 1:
            return {roads[0]: {"error": f"{type(error).__name__}: {error}"}}
        return {r: a for road in roads for r, a in ask_ours(workers, written, theirs, (road,)).items()}


def compare(road: str, theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> Iterator[Find]:
    """Everything in which two answers about one model differ.

    Where ``theirs`` has ``allowed`` (by ``terms`` and ``gradient``, name and point), numbers that are no farther apart
    than so many times that are equal.
    """
    if ours["error"]:
        last = _last_line(ours["error"])
        yield Find(road, "crash", last, _normal(last))
        return
    model = theirs["models"][0]
    apart = _variables(model["variables"], ours["variables"])
    if apart:
        yield Find(road, "variables", "; ".join(apart), _normal(apart[0]))
        return
    names = {v["rv_name"]: v["name"] for v in model["variables"]}
    others = {v["rv_name"]: v["name"] for v in ours["variables"]}
    if road == "drop-in":  # PyMC4's start values are other ones by design
        for rv, name in names.items():
            a, b = np.asarray(model["test_point"][name], float), np.asarray(ours["test_point"][others[rv]], float)
            difference = float(np.max(np.abs(a - b) / np.maximum(1.0, np.abs(a)), initial=0.0))
            if not difference <= TEST_POINT:
                yield Find(road, "test point", f"{rv}: {b} where PyMC3 has {a}", "test point")
                break
    yield from _densities(road, theirs, ours)
    yield from _gradients(road, theirs, ours, {names[rv]: others[rv] for rv in names})


def _variables(theirs: Sequence[Mapping[str, Any]], ours: Sequence[Mapping[str, Any]]) -> list[str]:
    known = {v["rv_name"]: v for v in ours}
    apart = [f"{v['rv_name']} is missing" for v in theirs if v["rv_name"] not in known]
    apart += [f"{n} is not in the original" for n in known.keys() - {v["rv_name"] for v in theirs}]
    for v in theirs:
        other = known.get(v["rv_name"])
        for what in ("shape", "transform", "discrete") if other else ():
            mine, yours = (TAGS.get(x, x) if isinstance(x, str) else x for x in (v[what], other[what]))
            if mine != yours:
                apart.append(f"{v['rv_name']} has {what} {yours} instead of {mine}")
    return apart


def _densities(road: str, theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> Iterator[Find]:
    """Terms that differ; the total where no term does."""
    found = []
    pull = _pull(theirs)
    for name, values in theirs["terms"].items():
        if name not in ours["terms"]:
            found.append((math.inf, f"the term of {name} is missing"))
            continue
        size = theirs["sizes"].get(name, np.abs(values)) + pull
        bits, i = _worst(ours["terms"][name], values, size, _allowed(theirs, "terms", name, len(values)))
        if bits > LOG_DENSITY_BITS:
            found.append((bits, f"{name}: {ours['terms'][name][i]!r} where PyMC3 has {values[i]!r} at point {i}"))
    found += [(math.inf, f"the term {n} is new") for n in ours["terms"].keys() - theirs["terms"].keys()]
    if not found:
        sizes = sum(map(np.abs, theirs["terms"].values())) + sum(theirs["sizes"].values()) + pull
        allowed = sum(_allowed(theirs, "terms", name, len(pull)) for name in theirs["terms"])
        bits, i = _worst(ours["logp"], theirs["logp"], sizes, allowed)
        if bits > LOG_DENSITY_BITS:
            found.append((bits, f"total {ours['logp'][i]!r} where PyMC3 has {theirs['logp'][i]!r} at point {i}"))
    if found:
        bits, detail = max(found, key=lambda f: f[0])
        yield Find(road, "log density", detail, re.sub(r": .*", "", detail), bits)


def _pull(theirs: Mapping[str, Any]) -> np.ndarray:
    """``sum |x_i df/dx_i|`` at each point."""
    total = np.zeros(len(theirs["logp"]))
    with np.errstate(all="ignore"):
        for name, slopes in theirs["gradient"].items():
            pulls = np.abs(slopes * theirs["points"][name]).reshape(len(slopes), -1).sum(axis=1)
            total += np.where(np.isfinite(pulls), pulls, 0.0)
    return total


def _gradients(
    road: str, theirs: Mapping[str, Any], ours: Mapping[str, Any], names: Mapping[str, str]
) -> Iterator[Find]:
    worst = (0.0, "", "")
    inside = np.isfinite(theirs["logp"])
    for name, slopes in theirs["gradient"].items():
        other = np.asarray(ours["gradient"][names[name]])
        bend = theirs["curvature"].get(name, np.zeros(slopes.shape))
        size = np.max(np.abs(slopes).reshape(len(slopes), -1), axis=1, initial=0.0)
        size = size.reshape(-1, *[1] * (slopes.ndim - 1)) + np.where(np.isfinite(bend), bend, 0.0)
        first = len(slopes) - len(other)
        allowed = _allowed(theirs, "gradient", name, len(slopes))
        for i in range(first, len(slopes)):
            flat = other[i - first].reshape(-1), slopes[i].reshape(-1), size[i].reshape(-1)
            bits, _ = _worst(*flat, allowed[i]) if inside[i] else (0.0, 0)
            mine = other[i - first]
            if bits > max(GRADIENT_BITS, worst[0]):
                worst = bits, f"{name}: {mine.tolist()} where PyMC3 has {slopes[i].tolist()} at point {i}", name
    if worst[1]:
        yield Find(road, "gradient", worst[1], worst[2], worst[0])


def _allowed(theirs: Mapping[str, Any], what: str, name: str, count: int) -> np.ndarray:
    """What roundings of its operations move a number of PyMC3 by, at each point; 0 where that is not asked."""
    found = theirs.get("allowed", {}).get(what, {}).get(name)
    return np.zeros(count) if found is None else ROUNDINGS * np.asarray(found, float)


def _worst(
    ours: np.ndarray, theirs: np.ndarray, size: np.ndarray, allowed: np.ndarray | float = 0.0
) -> tuple[float, int]:
    """Most wrong bits among numbers, and where; a NaN of PyMC3 is not compared."""
    worst, at = 0.0, 0
    sizes, allowances = np.broadcast_to(size, np.shape(ours)), np.broadcast_to(allowed, np.shape(ours))
    for i, (a, b, c, d) in enumerate(zip(ours, theirs, sizes, allowances, strict=True)):
        if a == b or np.isnan(b) or abs(a - b) <= d:
            continue
        if not (np.isfinite(a) and np.isfinite(b)):
            return math.inf, i
        c = c if np.isfinite(c) else 0.0
        bits = math.log2(max(1.0, abs(a - b) / (EPS * max(c, abs(b), 1.0))))
        if bits > worst:
            worst, at = bits, i
    return worst, at


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"^[\w.]*(Error|Exception|Crashed|Timeout|Exit)\b", line)]
    return (errors or lines or [""])[-1][:400]


def _normal(text: str) -> str:
    """A message without what differs between programs."""
    text = re.sub(r"'[^']*'|\"[^\"]*\"", "'…'", text)
    text = re.sub(r"\b[a-z_]+\d*(_log__|_logodds__|_interval__)?\b(?= (is|has)\b)", "X", text)
    return re.sub(r"-?\d[\d.e+-]*", "#", text)[:120]

"""Densities of the benchmark models on a device and on the CPU: wrong bits, times, whether they are the same each time.

``python benchmarks/gpu_table.py --device GPU:0 --page docs/gpu.md``; ``benchmarks/gpu.sh`` runs it. A device like CPU:1
is a part of the CPU and shows that the script works.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from pm_migrate.errors import PmMigrateError
from pm_migrate.verify.devices import environment, parse_device, prepare

sys.path.insert(0, str(Path(__file__).parent))

#: Models of benchmarks/sampling/models.py, with the sizes of their data.
SIZES = {"eight_schools": 8, "radon": 919, "logistic": 10_000, "mvnormal": 200, "mixture": 1000, "volatility": 1000}
QUICK = {"eight_schools": 8, "radon": 200}
CHAINS = (4, 256)
EPS = {"float64": 2.0**-52, "float32": 2.0**-23}
SECONDS = 1.0

BEGIN, END = "<!-- begin: benchmarks/gpu.sh -->", "<!-- end: benchmarks/gpu.sh -->"


@dataclass(frozen=True)
class Evaluated:
    """Log densities and gradients of a batch of draws.

    Parameters
    ----------
    logp, gradient
        ``(chains,)`` and ``(chains, coordinates)``.
    seconds
        Median time of a call.
    compiling
        Time of the first.
    same
        Whether all calls gave the same bits.
    place
        The device that the numbers were on.
    """

    logp: np.ndarray
    gradient: np.ndarray
    seconds: float
    compiling: float
    same: bool
    place: str


def density_of(name: str, size: int, dtype: str) -> Any:
    """The log density of a benchmark model, all of it in one dtype."""
    from sampling.models import MODELS

    import pm_migrate.shims as pm
    from pm_migrate.shims.theano.config import config

    data, program, _ = MODELS[name]
    with config.change_flags(floatX=dtype):
        with pm.Model() as model:
            program(pm, data(size))
        return model.log_density()


def draws_of(density: Any, chains: int) -> np.ndarray:
    """Points around the test point, exact in float32."""
    noise = np.random.default_rng(5).normal(scale=0.2, size=(chains, sum(v.size for v in density.continuous)))
    return (density.flatten(density.test_point) + noise).astype(np.float32).astype(np.float64)


def batched(density: Any) -> Callable[[Any], Any]:
    """Log density and gradient of many draws as one XLA program."""
    import tensorflow as tf

    def one(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            logp = density.logp(density.unflatten(x))
        return logp, tape.gradient(logp, x)

    return tf.function(lambda flat: tf.vectorized_map(one, flat), jit_compile=True, autograph=False)


def evaluate(density: Any, draws: np.ndarray, dtype: str, device: str, seconds: float) -> Evaluated:
    """Evaluate a batch on a device, again and again for a while."""
    import tensorflow as tf

    with tf.device(f"/{device}"):
        function, flat = batched(density), tf.constant(draws.astype(dtype))

        def call() -> tuple[Any, Any, float]:
            begun = time.perf_counter()
            logp, gradient = function(flat)
            answer = logp.numpy(), gradient.numpy()  # waits for the device
            return answer, logp.device, time.perf_counter() - begun

        first, place, compiling = call()
        calls = [call() for _ in range(3)]
        while sum(spent for *_, spent in calls) < seconds:
            calls.append(call())
    same = all(np.array_equal(a, b) for answer, *_ in calls for a, b in zip(answer, first, strict=True))
    return Evaluated(*first, statistics.median(spent for *_, spent in calls), compiling, same, place)


def wrong_bits(found: Evaluated, truth: Evaluated, sizes: np.ndarray, eps: float) -> tuple[float, float]:
    """Worst wrong bits of log densities, in units of the sum of absolute terms, and of gradients, of their largest."""
    largest = np.maximum(1.0, np.max(np.abs(truth.gradient), axis=1, keepdims=True))
    apart = (
        np.abs(found.logp - truth.logp) / np.maximum(1.0, sizes),
        np.abs(found.gradient - truth.gradient) / largest,
    )
    logp, gradient = (float(np.max(np.where(np.isnan(x), math.inf, x))) / eps for x in apart)
    return tuple(math.log2(x) if x > 1.0 else 0.0 for x in (logp, gradient))  # type: ignore[return-value] -- two


def sizes_of(density: Any, draws: np.ndarray) -> np.ndarray:
    """Sum of the absolute terms at each draw."""
    points = [{k: v.numpy() for k, v in density.unflatten(draw).items()} for draw in draws[: min(CHAINS)]]
    here = [sum(abs(term) for term in density.terms_at(point).values()) for point in points]
    # the same terms, at points that lie close together: what a few of them are is what all are, within a factor
    return np.full(len(draws), min(here))


def rows_of(name: str, size: int, device: str, seconds: float) -> list[str]:
    """The lines of the table about one model."""
    doubles = density_of(name, size, "float64")
    lines = []
    for chains in CHAINS:
        draws = draws_of(doubles, chains)
        truth = evaluate(doubles, draws, "float64", "CPU:0", seconds)
        sizes = sizes_of(doubles, draws)
        for dtype in ("float64", "float32"):
            density = doubles if dtype == "float64" else density_of(name, size, dtype)
            here = evaluate(density, draws, dtype, device, seconds)
            if not here.place.endswith(device):
                raise SystemExit(f"{name}: evaluated on {here.place}, not on {device}")
            cpu = truth if dtype == "float64" else evaluate(density, draws, dtype, "CPU:0", seconds)
            logp, gradient = wrong_bits(here, truth, sizes, EPS[dtype])
            cells = [
                f"{name}, {draws.shape[1]} coordinates, {chains} draws",
                dtype,
                f"{logp:.1f} / {gradient:.1f}",
                "yes" if here.same else "no",
                f"{1e3 * cpu.seconds:.3g}",
                f"{1e3 * here.seconds:.3g}",
                f"{cpu.seconds / here.seconds:.2g}",
            ]
            lines.append("| " + " | ".join(cells) + " |")
    return lines


def rows_of_distributions(folder: Path) -> list[str]:
    """The lines about distributions, from what the tests recorded."""
    entries = [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text().splitlines()]
    lines = []
    for mode in sorted({entry["mode"] for entry in entries}):
        here = [entry for entry in entries if entry["mode"] == mode]
        kind, dtype, _ = mode.split()
        cases = {(entry["row"], tuple(entry["form"])) for entry in here}
        logp, gradient = (max(entry[key] for entry in here) for key in ("logp_bits", "gradient_bits"))
        what = f"{len(cases)} parametrisations of distributions, {len(here):,} points, {kind}"
        lines.append(f"| {what} | {dtype} | {logp:.1f} / {gradient:.1f} | - | - | - | - |")
    return lines


def setting(device: str, what: str) -> str:
    """Where and when the numbers were taken."""
    import tensorflow as tf
    import tensorflow_probability as tfp

    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=Path(__file__).parent
    )
    commit = done.stdout.strip() or "an unknown commit"
    kind = "with deterministic operations" if device.startswith("GPU") else "which is a stand-in, and no GPU"
    return (
        f"{date.today().isoformat()}, {commit}: {device} ({what}), {kind}; {os.cpu_count()} CPU cores "
        f"({platform.machine()}); Python {platform.python_version()}, TensorFlow {tf.__version__}, "
        f"TensorFlow Probability {tfp.__version__}."
    )


def page_with(text: str, section: str) -> str:
    """A page with its section of results replaced."""
    before, begun, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not begun or not ended:
        raise SystemExit(f"the page has no section between {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{section}\n{END}{after}"


def section_of(device: str, what: str, sizes: Mapping[str, int], bits: Path | None, seconds: float) -> str:
    """The text and the table."""
    lines: Sequence[str] = rows_of_distributions(bits) if bits else []
    for name, size in sizes.items():
        print(f"{name} ...", file=sys.stderr, flush=True)
        lines = [*lines, *rows_of(name, size, device, seconds)]
    head = ["what", "dtype", "wrong bits", "same each time", "CPU, ms", f"{device}, ms", "CPU / device"]
    return "\n".join([setting(device, what), "", f"| {' | '.join(head)} |", "|" + "---|" * len(head), *lines])


def main() -> int:
    """Measure, and print the section or write it into a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", type=parse_device, default="GPU:0")
    parser.add_argument("--bits", type=Path, help="folder of `pytest --record-wrong-bits`")
    parser.add_argument("--page", type=Path, help="page whose section of results is replaced")
    parser.add_argument("--quick", action="store_true", help="two small models, short times")
    parser.add_argument("--check", action="store_true", help="only say whether the device is there")
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.update(environment(options.device))
    try:
        what = prepare(options.device)
    except PmMigrateError as error:
        print(error, file=sys.stderr)
        return 2
    if options.check:
        print(f"{options.device}: {what}")
        return 0
    sizes, seconds = (QUICK, 0.05) if options.quick else (SIZES, SECONDS)
    section = section_of(options.device, what, sizes, options.bits, seconds)
    if options.page is None:
        print(section)
        return 0
    options.page.write_text(page_with(options.page.read_text(encoding="utf-8"), section), encoding="utf-8")
    print(f"written to {options.page}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""One process of a benchmark: samples a model with one framework, and says how long it took.

Run by ``ess.py`` and ``scaling.py`` in the interpreter of the framework. Prints one JSON object; draws go to a file.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

BEGAN = time.perf_counter()

import numpy as np  # noqa: E402  (the clock runs)

Draws = dict[str, Any]
#: What samples with a seed: the draws by name ``(chains, draws, ...)``, and what else is known of the run.
Sampler = Callable[[int], tuple[Draws, dict[str, float]]]


def with_pymc3(options: Any, pm: Any) -> Sampler:
    """PyMC3, or the drop-in: the same program."""
    from models import MODELS

    data, program, size = MODELS[options.model]
    with pm.Model() as model:
        program(pm, data(options.size or size))

    def sample(seed: int) -> tuple[Draws, dict[str, float]]:
        with model:
            trace = pm.sample(
                options.draws,
                tune=options.tune,
                chains=options.chains,
                cores=min(options.cores, options.chains),
                random_seed=[seed + i for i in range(options.chains)],
                progressbar=False,
                return_inferencedata=False,
                compute_convergence_checks=False,
            )
        names = [v.name for v in model.free_RVs]
        values = {name: np.stack(trace.get_values(name, combine=False, squeeze=False)) for name in names}
        facts = {"leapfrogs": float(trace.get_sampler_stats("tree_size").sum())}
        return values, {**facts, **getattr(trace.report, "_timing", {})}

    return sample


def with_pymc(options: Any) -> Sampler:
    """Current PyMC, with its own sampler or nutpie's."""
    import pymc as pm
    from models import MODELS

    data, program, size = MODELS[options.model]
    with pm.Model() as model:
        program(pm, data(options.size or size))
    compiled: list[Any] = []

    def sample(seed: int) -> tuple[Draws, dict[str, float]]:
        if options.framework == "nutpie":
            import nutpie

            if not compiled:
                compiled.append(nutpie.compile_pymc_model(model))
            arguments = {"draws": options.draws, "tune": options.tune, "chains": options.chains, "seed": seed}
            tree = nutpie.sample(compiled[0], cores=options.cores, progress_bar=False, **arguments)
        else:
            with model:
                tree = pm.sample(
                    options.draws,
                    tune=options.tune,
                    chains=options.chains,
                    cores=min(options.cores, options.chains),
                    random_seed=seed,
                    progressbar=False,
                    compute_convergence_checks=False,
                )
        names = [v.name for v in model.free_RVs]
        return {name: np.asarray(tree.posterior[name].values) for name in names}, {}

    return sample


def with_numpyro(options: Any) -> Sampler:
    """NumPyro, its chains vectorised (it runs them one after the other when they are more than the devices)."""
    import numpyro

    numpyro.enable_x64()
    import jax
    import models
    from numpyro.infer import MCMC, NUTS
    from numpyro_models import MODELS

    data, _, size = models.MODELS[options.model]
    values = {name: jax.numpy.asarray(x) if np.ndim(x) else x for name, x in data(options.size or size).items()}
    how = {"num_chains": options.chains, "chain_method": "vectorized", "progress_bar": False}
    mcmc = MCMC(NUTS(partial(MODELS[options.model], values)), num_warmup=options.tune, num_samples=options.draws, **how)

    def sample(seed: int) -> tuple[Draws, dict[str, float]]:
        mcmc.run(jax.random.PRNGKey(seed))
        return {name: np.asarray(x) for name, x in mcmc.get_samples(group_by_chain=True).items()}, {}

    return sample


def sampler(options: Any) -> Sampler:
    """The sampler of a framework for a model."""
    if options.framework in ("pymc", "nutpie"):
        return with_pymc(options)
    if options.framework == "numpyro":
        return with_numpyro(options)
    if options.framework == "drop-in":
        import pm_migrate.shims as pm
    else:
        import pymc3 as pm
    return with_pymc3(options, pm)


def main() -> None:
    """Sample once, or twice in the same process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--framework", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--size", type=int, default=0)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--tune", type=int, default=1000)
    parser.add_argument("--chains", type=int, default=4)
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--calls", type=int, default=1)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    sample = sampler(options)
    ready = time.perf_counter()
    report: dict[str, Any] = {"ready": ready - BEGAN, "calls": []}
    for call in range(options.calls):
        began = time.perf_counter()
        draws, facts = sample(100 * (call + 1))
        seconds = time.perf_counter() - began
        np.savez(f"{options.out}.{call}.npz", **draws)
        report["calls"].append({"seconds": seconds, **facts})
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({**report, "megabytes": peak / 1024}))


if __name__ == "__main__":
    main()

"""What :mod:`benchmarks.model_cost` measures: one program, run under PyMC3 and under the drop-in.

Prints one JSON object per line as it goes. Runs on Python 3.8 with PyMC3, so it keeps to what both sides have.
"""

import json
import statistics
import sys
import time

import numpy as np

if "--drop-in" in sys.argv:
    import pm_migrate.shims

    pm_migrate.shims.install()

import pymc3 as pm

N_SCALARS = 1000
#: Calls of one timing, and how many timings; the middle one counts.
CALLS, ROUNDS = 200, 15


def eight_schools():
    y = np.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0])
    sigma = np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0])
    with pm.Model() as model:
        mu = pm.Normal("mu", 0.0, 5.0)
        tau = pm.HalfCauchy("tau", 5.0)
        offset = pm.Normal("offset", 0.0, 1.0, shape=8)
        pm.Normal("obs", mu + tau * offset, sigma, observed=y)
    return model


def radon():
    rng = np.random.RandomState(8)
    counties, houses = 85, 919
    county = np.sort(np.concatenate([np.arange(counties), rng.randint(0, counties, houses - counties)]))
    floor = (rng.uniform(size=houses) < 0.17).astype(float)
    log_radon = rng.normal(1.5 - 0.65 * floor, 0.7)
    with pm.Model() as model:
        mu_a = pm.Normal("mu_a", 0.0, 10.0)
        sigma_a = pm.HalfNormal("sigma_a", 5.0)
        mu_b = pm.Normal("mu_b", 0.0, 10.0)
        sigma_b = pm.HalfNormal("sigma_b", 5.0)
        a = mu_a + sigma_a * pm.Normal("a_offset", 0.0, 1.0, shape=counties)
        b = mu_b + sigma_b * pm.Normal("b_offset", 0.0, 1.0, shape=counties)
        eps = pm.HalfCauchy("eps", 5.0)
        pm.Normal("like", a[county] + b[county] * floor, eps, observed=log_radon)
    return model


def regression():
    rng = np.random.RandomState(1)
    X = rng.normal(size=(1000, 50))
    y = X.dot(rng.normal(size=50)) + rng.normal(size=1000)
    with pm.Model() as model:
        beta = pm.Normal("beta", 0.0, 1.0, shape=50)
        sigma = pm.HalfNormal("sigma", 1.0)
        pm.Normal("like", pm.math.dot(X, beta), sigma, observed=y)
    return model


def scalars():
    with pm.Model() as model:
        for i in range(N_SCALARS):
            pm.Normal(f"x{i}", 0.0, 1.0)
    return model


def say(**line):
    print(json.dumps(line), flush=True)


def seconds(action):
    start = time.perf_counter()
    result = action()
    return time.perf_counter() - start, result


def main():
    eight_schools().logp(eight_schools().test_point)  # imports and caches of either side
    took, model = seconds(scalars)
    say(what=f"build {N_SCALARS} scalar variables", seconds=took)
    took, value = seconds(lambda: float(model.logp(model.test_point)))
    say(what="their first log density", seconds=took, value=value)
    for build in (eight_schools, radon, regression):
        model = build()
        took, function = seconds(lambda: model.logp_dlogp_function())  # noqa: B023  called at once
        function.set_extra_values({})
        point = function.dict_to_array(model.test_point)
        first, (value, slope) = seconds(lambda: function(point))  # noqa: B023
        total = float(np.abs(slope).sum())
        say(what=f"{build.__name__}: compile and first call", seconds=took + first, value=float(value), slope=total)
        rounds = [seconds(lambda: [function(point) for _ in range(CALLS)])[0] / CALLS for _ in range(ROUNDS)]  # noqa: B023
        say(what=f"{build.__name__}: one call", seconds=statistics.median(rounds))


if __name__ == "__main__":
    main()

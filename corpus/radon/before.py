"""Radon in 85 counties: a hierarchical regression with varying intercepts and slopes.

The measurements are simulated: 919 houses, log radon on the lowest floor that was measured (0 = basement).
"""
import arviz as az
import numpy as np
import pymc3 as pm

N_COUNTIES = 85
N_HOUSES = 919


def simulate(seed=8):
    rng = np.random.RandomState(seed)
    county = np.sort(np.concatenate([np.arange(N_COUNTIES), rng.randint(0, N_COUNTIES, N_HOUSES - N_COUNTIES)]))
    floor = (rng.uniform(size=N_HOUSES) < 0.17).astype(float)
    intercepts = rng.normal(1.5, 0.3, size=N_COUNTIES)
    slopes = rng.normal(-0.65, 0.25, size=N_COUNTIES)
    log_radon = rng.normal(intercepts[county] + slopes[county] * floor, 0.7)
    return county, floor, log_radon


county_idx, floor, log_radon = simulate()

with pm.Model() as hierarchical_model:
    # Number of counties, for the shape of the county effects
    n_counties = len(np.unique(county_idx))

    # Hyperpriors for the group of counties
    mu_a = pm.Normal('mu_a', mu=0., sigma=10.)
    sigma_a = pm.HalfNormal('sigma_a', 5.)
    mu_b = pm.Normal('mu_b', mu=0., sigma=10.)
    sigma_b = pm.HalfNormal('sigma_b', 5.)

    # Non-centered intercepts and slopes: the centered form diverges here
    a_offset = pm.Normal('a_offset', mu=0, sd=1, shape=n_counties)
    a = pm.Deterministic('a', mu_a + a_offset * sigma_a)
    b_offset = pm.Normal('b_offset', mu=0, sd=1, shape=n_counties)
    b = pm.Deterministic('b', mu_b + b_offset * sigma_b)

    # Model error
    eps = pm.HalfCauchy('eps', 5.)

    # Expected value of each house, given its county and floor
    radon_est = a[county_idx] + b[county_idx] * floor

    # Data likelihood
    radon_like = pm.Normal('radon_like', mu=radon_est,
                           sd=eps, observed=log_radon)

with hierarchical_model:
    hierarchical_trace = pm.sample(draws=1000, tune=1000, chains=2, cores=1, random_seed=3)

az.plot_trace(hierarchical_trace, var_names=['mu_a', 'mu_b', 'eps'])
pm.forestplot(hierarchical_trace, var_names=['a'])
print(pm.summary(hierarchical_trace, var_names=['mu_a', 'sigma_a', 'mu_b', 'sigma_b', 'eps']))

# Shrinkage: a county with few houses is pulled towards the mean of all counties
a_mean = hierarchical_trace['a'].mean(axis=0)
for county in (0, 1, 2):
    houses = (county_idx == county) & (floor == 0)
    print(county, houses.sum(), log_radon[houses].mean().round(2), a_mean[county].round(2))

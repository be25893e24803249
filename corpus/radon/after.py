"""Radon in 85 counties: a hierarchical regression with varying intercepts and slopes.

The measurements are simulated: 919 houses, log radon on the lowest floor that was measured (0 = basement).
"""
import arviz as az
import numpy as np
import pm_migrate.pymc4 as pm

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

# Number of counties, for the shape of the county effects
n_counties = len(np.unique(county_idx))


@pm.model(name=None)
def build_hierarchical_model():
    # Hyperpriors for the group of counties
    mu_a = yield pm.Normal('mu_a', loc=0., scale=10.)
    sigma_a = yield pm.HalfNormal('sigma_a', 5.)
    mu_b = yield pm.Normal('mu_b', loc=0., scale=10.)
    sigma_b = yield pm.HalfNormal('sigma_b', 5.)

    # Non-centered intercepts and slopes: the centered form diverges here
    a_offset = yield pm.Normal('a_offset', loc=0, scale=1, batch_stack=n_counties)
    a = yield pm.Deterministic('a', mu_a + a_offset * sigma_a)
    b_offset = yield pm.Normal('b_offset', loc=0, scale=1, batch_stack=n_counties)
    b = yield pm.Deterministic('b', mu_b + b_offset * sigma_b)

    # Model error
    eps = yield pm.HalfCauchy('eps', 5.)

    # Expected value of each house, given its county and floor
    radon_est = a[county_idx] + b[county_idx] * floor

    # Data likelihood
    radon_like = yield pm.Normal('radon_like', loc=radon_est,
                                 scale=eps, observed=log_radon)


hierarchical_model = build_hierarchical_model()

hierarchical_trace = pm.sample(hierarchical_model, num_samples=1000, burn_in=1000, num_chains=2, seed=3)

az.plot_trace(hierarchical_trace, var_names=['mu_a', 'mu_b', 'eps'])
az.plot_forest(hierarchical_trace, var_names=['a'])
print(az.summary(hierarchical_trace, var_names=['mu_a', 'sigma_a', 'mu_b', 'sigma_b', 'eps']))

# Shrinkage: a county with few houses is pulled towards the mean of all counties
a_mean = pm.draws(hierarchical_trace, 'a').mean(axis=0)
for county in (0, 1, 2):
    houses = (county_idx == county) & (floor == 0)
    print(county, houses.sum(), log_radon[houses].mean().round(2), a_mean[county].round(2))

"""Counts of sneezing fits in eight clinics: a hierarchical negative binomial regression on simulated data."""
import numpy as np
import pymc3 as pm

rng = np.random.RandomState(2021)
n_clinics, per_clinic = 8, 60
clinic = np.repeat(np.arange(n_clinics), per_clinic)
medicine = rng.binomial(1, 0.5, size=clinic.size)
alcohol = rng.binomial(1, 0.5, size=clinic.size)
log_mean = rng.normal(1.5, 0.4, size=n_clinics)[clinic] - 0.7 * medicine + 0.5 * alcohol
sneezes = rng.negative_binomial(3, 3 / (3 + np.exp(log_mean)))

with pm.Model() as model:
    # Clinics share a common mean
    mu_clinic = pm.Normal('mu_clinic', mu=0, sd=2)
    sd_clinic = pm.HalfNormal('sd_clinic', sd=1)
    a = pm.Normal('a', mu=mu_clinic, sd=sd_clinic, shape=n_clinics)

    # One coefficient per covariate
    effects = {}
    for name, column in [('medicine', medicine), ('alcohol', alcohol)]:
        effects[name] = pm.Normal('b_' + name, mu=0, tau=0.25) * column

    mu = pm.math.exp(a[clinic] + effects['medicine'] + effects['alcohol'])
    alpha = pm.Gamma('alpha', mu=3, sd=2)
    pm.NegativeBinomial('sneezes', mu=mu, alpha=alpha, observed=sneezes)

    trace = pm.sample(1000, tune=1000, chains=2, cores=2, init='adapt_diag', random_seed=9)

print(pm.summary(trace, var_names=['mu_clinic', 'sd_clinic', 'b_medicine', 'b_alcohol', 'alpha']))
print('medicine divides the mean count by %.2f' % np.exp(-trace['b_medicine']).mean())
pm.plot_posterior(trace, var_names=['b_medicine', 'b_alcohol'])

with model:
    ppc = pm.sample_posterior_predictive(trace, var_names=['sneezes'], random_seed=10)

for group in range(n_clinics):
    replicated = ppc['sneezes'][:, clinic == group]
    print(group, sneezes[clinic == group].mean().round(2), replicated.mean().round(2))

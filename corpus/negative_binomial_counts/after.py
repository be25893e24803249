"""Counts of sneezing fits in eight clinics: a hierarchical negative binomial regression on simulated data."""
import arviz as az
import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

rng = np.random.RandomState(2021)
n_clinics, per_clinic = 8, 60
clinic = np.repeat(np.arange(n_clinics), per_clinic)
medicine = rng.binomial(1, 0.5, size=clinic.size)
alcohol = rng.binomial(1, 0.5, size=clinic.size)
log_mean = rng.normal(1.5, 0.4, size=n_clinics)[clinic] - 0.7 * medicine + 0.5 * alcohol
sneezes = rng.negative_binomial(3, 3 / (3 + np.exp(log_mean)))


@pm.model(name=None)
def build_model():
    # Clinics share a common mean
    mu_clinic = yield pm.Normal('mu_clinic', loc=0, scale=2)
    sd_clinic = yield pm.HalfNormal('sd_clinic', scale=1)
    a = yield pm.Normal('a', loc=mu_clinic, scale=sd_clinic, batch_stack=n_clinics)

    # One coefficient per covariate
    effects = {}
    for name, column in [('medicine', medicine), ('alcohol', alcohol)]:
        effects[name] = (yield pm.Normal('b_' + name, loc=0, scale=0.25 ** -0.5)) * column

    mu = tf.exp(a[clinic] + effects['medicine'] + effects['alcohol'])
    alpha = yield pm.Gamma('alpha', concentration=3 ** 2 / 2 ** 2, rate=3 / 2 ** 2)
    yield pm.NegativeBinomial('sneezes', logits=tf.math.log(mu) - tf.math.log(alpha), total_count=alpha,
                              observed=sneezes)


model = build_model()
trace = pm.sample(model, num_samples=1000, burn_in=1000, num_chains=2, init='adapt_diag', seed=9)

print(az.summary(trace, var_names=['mu_clinic', 'sd_clinic', 'b_medicine', 'b_alcohol', 'alpha']))
print('medicine divides the mean count by %.2f' % np.exp(-pm.draws(trace, 'b_medicine')).mean())
az.plot_posterior(trace, var_names=['b_medicine', 'b_alcohol'])

ppc = pm.sample_posterior_predictive(model, trace, var_names=['sneezes'], seed=10)

for group in range(n_clinics):
    replicated = pm.draws(ppc, 'sneezes', group='posterior_predictive')[:, clinic == group]
    print(group, sneezes[clinic == group].mean().round(2), replicated.mean().round(2))

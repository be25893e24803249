"""Logistic regression on simulated data, with a prior predictive check, and predictions for new cases."""
import arviz as az
import numpy as np
import pm_migrate.pymc4 as pm
import tensorflow as tf

np.random.seed(42)
N = 250
true_alpha, true_beta = 0.5, np.array([1.2, -0.8])
X = np.random.normal(size=(N, 2))
p_true = 1 / (1 + np.exp(-(true_alpha + X.dot(true_beta))))
y = np.random.binomial(1, p_true)


def fit(X, y, draws=1000):
    # Standardise inside the model, as everybody does
    mean = X.mean(axis=0)
    scale = X.std(axis=0)

    @pm.model(name=None)
    def build_model():
        alpha = yield pm.Normal('alpha', loc=0, scale=2.5)
        beta = yield pm.Normal('beta', loc=0, scale=2.5, batch_stack=X.shape[1])
        eta = alpha + pm.math.dot((X - mean) / scale, beta)
        p = yield pm.Deterministic('p', pm.math.invlogit(eta))
        yield pm.Bernoulli('y', probs=p, observed=y)

        # Effect of one standard deviation on the odds
        yield pm.Deterministic('odds_ratio', tf.exp(beta))

    model = build_model()
    prior = pm.sample_prior_predictive(model, sample_shape=500, seed=6)
    trace = pm.sample(model, num_samples=draws, burn_in=1000, num_chains=2, seed=7)

    return model, prior, trace, mean, scale


model, prior, trace, mean, scale = fit(X, y)

share = pm.draws(prior, 'y', group='prior_predictive').mean(axis=1)
print('prior: share of successes between %.2f and %.2f' % tuple(np.percentile(share, [5, 95])))
print(az.summary(trace, var_names=['alpha', 'beta', 'odds_ratio']))

new_cases = (np.array([[0., 0.], [1., -1.], [-1., 1.]]) - mean) / scale
logits = pm.draws(trace, 'alpha')[:, None] + pm.draws(trace, 'beta') @ new_cases.T
print('P(success) of the new cases:', (1 / (1 + np.exp(-logits))).mean(axis=0))

ppc = pm.sample_posterior_predictive(model, trace, seed=8)
print('observed share of successes %.3f' % y.mean())
print('replicated share of successes %.3f' % pm.draws(ppc, 'y', group='posterior_predictive').mean())

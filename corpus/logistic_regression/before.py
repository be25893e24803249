"""Logistic regression on simulated data, with a prior predictive check, and predictions for new cases."""
import numpy as np
import pymc3 as pm
import theano.tensor as tt

np.random.seed(42)
N = 250
true_alpha, true_beta = 0.5, np.array([1.2, -0.8])
X = np.random.normal(size=(N, 2))
p_true = 1 / (1 + np.exp(-(true_alpha + X.dot(true_beta))))
y = np.random.binomial(1, p_true)


def fit(X, y, draws=1000):
    with pm.Model() as model:
        # Standardise inside the model, as everybody does
        mean = X.mean(axis=0)
        scale = X.std(axis=0)

        alpha = pm.Normal('alpha', mu=0, sd=2.5)
        beta = pm.Normal('beta', mu=0, sd=2.5, shape=X.shape[1])
        eta = alpha + pm.math.dot((X - mean) / scale, beta)
        p = pm.Deterministic('p', pm.math.invlogit(eta))
        pm.Bernoulli('y', p=p, observed=y)

        # Effect of one standard deviation on the odds
        pm.Deterministic('odds_ratio', tt.exp(beta))

        prior = pm.sample_prior_predictive(500, random_seed=6)
        trace = pm.sample(draws, tune=1000, chains=2, random_seed=7)

    return model, prior, trace, mean, scale


model, prior, trace, mean, scale = fit(X, y)

share = prior['y'].mean(axis=1)
print('prior: share of successes between %.2f and %.2f' % tuple(np.percentile(share, [5, 95])))
print(pm.summary(trace, var_names=['alpha', 'beta', 'odds_ratio']))

new_cases = (np.array([[0., 0.], [1., -1.], [-1., 1.]]) - mean) / scale
logits = trace['alpha'][:, None] + trace['beta'] @ new_cases.T
print('P(success) of the new cases:', (1 / (1 + np.exp(-logits))).mean(axis=0))

with model:
    ppc = pm.sample_posterior_predictive(trace, random_seed=8)
print('observed share of successes %.3f' % y.mean())
print('replicated share of successes %.3f' % ppc['y'].mean())

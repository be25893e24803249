"""A script that works without plots, and imports its tools where it needs them."""
import numpy as np

try:
    import matplotlib.pyplot as plt
except ImportError:
    plt = None

scores = np.random.RandomState(1).binomial(20, 0.65, size=12)


def fit(draws=300):
    import pymc3 as pm

    with pm.Model() as exam:
        ability = pm.Normal('ability', 0, 1)
        p = pm.math.sigmoid(ability)
        pm.Binomial('scores', n=20, p=p, observed=scores)
        trace = pm.sample(draws, tune=300, chains=2, cores=1, random_seed=3)
    return trace


def show(trace):
    import arviz as az
    if plt is not None:
        az.plot_trace(trace)
        plt.close('all')
    return az.summary(trace)


if __name__ == '__main__':
    print(show(fit()))
